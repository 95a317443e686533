"""`python -m bench` with measures of our own: what it keeps, prints and answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from bench import __main__ as command
from bench import document, figures
from bench.figures import Figure, Section, held_to

_PLACES = "".join(f"<!-- figures: {name} -->\n<!-- end: {name} -->\n" for name in ("summary", "life", "sweep"))
Say = Callable[[str], None]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two measures: `life` misses its aim, `sweep` breaks."""

    def life(say: Say) -> Section:
        say("counting")
        figure = held_to(Figure(name="write units", value=40, unit="units"), "at most", 32)
        return Section(name="life", title="Life", about="Counted.", figures=(figure,))

    def sweep(_: Say) -> Section:
        raise OSError("no store")

    for name, measure in (("life", life), ("sweep", sweep)):
        module = ModuleType(f"measure_of_{name}")
        module.measure = measure  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(command.MEASURES, name, module.__name__)
    monkeypatch.setattr(figures, "RESULTS", tmp_path)
    monkeypatch.setattr(document, "DOCUMENT", tmp_path / "performance.md")
    (tmp_path / "performance.md").write_text(_PLACES)
    return tmp_path


def bench(*only: str) -> Result:
    return CliRunner().invoke(command.app, [part for name in only for part in ("--only", name)])


def test_a_missed_aim_is_said_loudly_and_is_no_failure_of_the_command(results: Path) -> None:
    answer = bench("life")
    assert answer.exit_code == 0
    assert "AIM MISSED  life: write units is 40 units, aim at most 32" in answer.output
    assert "**Aim missed: write units**" in (results / "performance.md").read_text()


def test_a_measure_that_breaks_fails_the_command_and_leaves_the_others_and_its_last_result(results: Path) -> None:
    last = Section(name="sweep", title="Sweep", about="Counted before.", figures=())
    figures.write(last, results)
    answer = bench("sweep", "life")
    assert answer.exit_code == 1
    assert "BROKEN      sweep" in answer.output
    assert figures.read("sweep", results) == last
    assert figures.read("life", results) is not None


def test_a_measure_that_does_not_exist_is_refused_before_anything_is_measured(results: Path) -> None:
    assert bench("life", "weather").exit_code == 2
    assert figures.read("life", results) is None
