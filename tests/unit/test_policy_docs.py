"""docs/policy.md says what really happens: its policy is good, and what it shows is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.policy import app
from shared.adapters.marked_yaml import read
from shared.adapters.policy_yaml import check
from shared.domain.instants import parse_instant
from shared.domain.policy import Policy
from shared.domain.policy_check import findings
from shared.domain.roster_check import roster_findings

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
[HOUSE, CRISES, PROBE] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SHOWN = re.findall(r"```console\n\$ tocsin policy check house.yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ((), 0),
        ((("window: 10m", "window: ten minutes"), ("page_at_opening", "page_at_openning")), 1),
        ((("[1, 2]", "[1, 3]"), ("people: [cleo]", "people: [cloe]")), 2),
    ],
)
def test_the_page_shows_what_the_command_prints(
    changes: tuple[tuple[str, str], ...], shown: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = HOUSE
    for old, new in changes:
        assert old in house
        house = house.replace(old, new)
    (tmp_path / "house.yaml").write_text(house, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["check", "house.yaml"]).output == SHOWN[shown]


def test_the_probe_of_the_page_fits_its_policy() -> None:
    house = read(HOUSE).data
    for part, said in read(PROBE).data.items():
        house[part] = _with(said, house.get(part))
    assert findings(Policy.model_validate(house)) == ()


def _with(said: Any, before: Any) -> Any:
    return {**said, **before} if isinstance(before, dict) else said


def test_the_crisis_of_the_page_fits_its_policy() -> None:
    more = "".join(
        f"  {name}: {{name: {name}, email: {name}@example.com}}\n"
        for name in ("dora", "emil", "frida", "gero", "hanna")
    )
    text = HOUSE.replace("people:\n", f"people:\n{more}") + CRISES
    checked = check(text, "house.yaml")
    assert checked.problems == ()
    assert checked.policy is not None
    assert roster_findings(checked.policy, parse_instant("2026-03-01T00:00:00Z")) == ()
