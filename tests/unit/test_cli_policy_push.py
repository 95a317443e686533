"""`tocsin policy push`: a checked policy becomes the one that new incidents open under."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.policy_store import reference_of
from shared.adapters.policy_yaml import read_text
from tests.unit.cli_stage import Stage, stage, tocsin
from tests.unit.policy_text import SMALL


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        yield made


def test_a_pushed_policy_is_the_current_one(deployed: Stage) -> None:
    result = tocsin("policy", "push", "three-tier")
    reference = reference_of("three-tier", read_text("three-tier")[1])
    assert (result.exit_code, result.stdout) == (0, f"{reference}\n"), result.stderr
    assert deployed.policies().current()[0] == reference
    assert deployed.policies().current()[1].policy == "three-tier"


def test_a_file_is_pushed_as_it_is_written(deployed: Stage, tmp_path: Path) -> None:
    house = tmp_path / "house.yaml"
    house.write_text(SMALL, encoding="utf-8")
    first = tocsin("policy", "push", house).stdout.strip()
    house.write_text(SMALL.replace("window: 30m", "window: 45m"), encoding="utf-8")
    second = tocsin("policy", "push", house).stdout.strip()
    assert first != second
    assert deployed.policies().current()[0] == second
    assert deployed.policies().at(first) != deployed.policies().at(second)


def test_a_bad_policy_is_refused_with_its_findings(deployed: Stage, tmp_path: Path) -> None:
    before = deployed.policies().current()[0]
    house = tmp_path / "house.yaml"
    house.write_text(SMALL.replace("window: 30m", "window: soon"), encoding="utf-8")
    result = tocsin("policy", "push", house)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{house}:5: levels.low.window: must be a duration" in result.stderr
    assert deployed.policies().current()[0] == before


def test_a_policy_that_is_not_there_is_said(deployed: Stage) -> None:
    result = tocsin("policy", "push", "nowhere")
    assert result.exit_code == 1
    assert result.stderr.startswith("nowhere:1: cannot be read")
