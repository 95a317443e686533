"""`tocsin policy`: what an operator sees and what a build server decides by."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.policy import app
from shared.adapters import policy_yaml
from tests.unit.policy_text import FULL, SMALL


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path / "house.yaml"


def test_good_policies_pass_with_a_line_each(house: Path) -> None:
    house.write_text(SMALL, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "retail", str(house)])
    assert done.exit_code == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "retail: good, 7 levels, 3 chains, 71 people, 0 warnings",
        f"{house}: good, 2 levels, 1 chain, 3 people, 0 warnings",
    ]


def test_one_bad_policy_fails_the_check_and_the_others_are_still_read(house: Path) -> None:
    house.write_text(SMALL.replace("window: 30m", "window: soon").replace("[bob]", "[bert]"), encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(house), "nowhere", "three-tier"])
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0].startswith(f"{house}:5: levels.low.window: must be a duration")
    assert done.stderr.splitlines()[1].startswith("nowhere:1: cannot be read")
    assert [line.split(", ")[0] for line in done.stdout.splitlines()] == [f"{house}: refused", "three-tier: good"]


def test_warnings_pass_unless_they_are_refused(house: Path) -> None:
    house.write_text(SMALL.replace("[bob]", "[ann]"), encoding="utf-8")
    runner = CliRunner()
    lenient, strict = runner.invoke(app, ["check", str(house)]), runner.invoke(app, ["check", "--strict", str(house)])
    assert (lenient.exit_code, strict.exit_code) == (0, 1)
    assert f"{house}:19: warning: chains.default[1].people[0]" in lenient.stderr
    assert lenient.stdout == f"{house}: good, 2 levels, 1 chain, 3 people, 1 warning\n"
    assert strict.stdout == f"{house}: refused, 0 errors, 1 warning\n"


@pytest.mark.parametrize("name", policy_yaml.shipped())
def test_show_names_levels_rungs_and_people_but_no_contact(name: str) -> None:
    done = CliRunner().invoke(app, ["show", name], env={"COLUMNS": "160"})
    assert done.exit_code == 0
    policy = policy_yaml.load(name)
    rungs = [rung for chain in policy.chains.values() for rung in chain]
    for word in (*policy.levels, *policy.chains, *(rung.rung for rung in rungs), *(p for r in rungs for p in r.people)):
        assert word in done.stdout
    for word in (word for kind in policy.crises.values() for word in (*kind.grades, *kind.milestones)):
        assert word in done.stdout
    for person in policy.people.values():
        assert str(person.phone) not in done.stdout
        assert str(person.email) not in done.stdout


def test_show_says_how_long_and_from_where(house: Path) -> None:
    done = CliRunner().invoke(app, ["show", "retail"], env={"COLUMNS": "160"})
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert ["major", "respond 30m, step_in 4h, resolve 1d", "10m", "rung 1, 2", "24 x 7, urgent"] in rows
    assert ["amount_cny_from 1,000,000", "crisis"] in rows
    assert ["none of these", "ordinary"] in rows


def test_show_of_a_bad_policy_says_what_is_wrong(house: Path) -> None:
    house.write_text("policy: x\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["show", str(house)])
    assert done.exit_code == 1
    assert f"{house}:1: levels: is missing" in done.stderr


def test_show_says_which_role_stands_on_a_rung(house: Path) -> None:
    house.write_text(FULL.replace("{rung: second, people: [bob], window: 20m}", "{rung: second, role: legal}"), "utf-8")
    done = CliRunner().invoke(app, ["show", str(house)], env={"COLUMNS": "160"})
    assert "2 second: whoever is on duty as legal" in done.stdout
    assert "calls the group" in done.stdout
