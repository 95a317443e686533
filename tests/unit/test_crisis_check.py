"""Crisis types, the roster and rungs that name a role: every cross-check has an example that fails it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.policy_yaml import check, dotted
from shared.domain.policy_check import findings
from tests.unit.policy_text import FULL, policy


def found(change: Callable[[Any], object]) -> list[tuple[str, str, str]]:
    return [(finding.severity, dotted(finding.path), finding.message) for finding in findings(policy(FULL, change))]


def public(data: Any) -> Any:
    return data["crises"]["public"]


def grade(data: Any, name: str) -> Any:
    return public(data)["grades"][name]


def statements(data: Any) -> Any:
    return public(data)["statements"]


def rung(data: Any, number: int) -> Any:
    return data["chains"]["default"][number - 1]


ERRORS: list[tuple[Callable[[Any], object], str, str]] = [
    # what makes a crisis
    (lambda d: public(d).update(keywords=["hart"]), "crises.public.keywords[0]", "list 'hart'; did you mean 'hurt'?"),
    (lambda d: public(d).update(levels=["mid"]), "crises.public.levels[0]", "there is no level 'mid'"),
    # grades
    (lambda d: grade(d, "red").update(level="mid"), "crises.public.grades.red.level", "there is no level 'mid'"),
    (lambda d: grade(d, "red").update(amount_cny_from="inf"), "crises.public.grades.red.amount_cny_from", "a number"),
    (
        lambda d: grade(d, "yellow").update(amount_cny_from=10),
        "crises.public.grades.yellow.amount_cny_from",
        "is not above that of blue",
    ),
    (
        lambda d: (grade(d, "yellow").pop("reposts_from"), grade(d, "red").update(reposts_from=4)),
        "crises.public.grades.red.reposts_from",
        "is not above that of blue",
    ),
    (
        lambda d: grade(d, "red").update(scope=["region", "nation"]),
        "crises.public.grades.red.scope",
        "is not above that of yellow",
    ),
    (
        lambda d: (
            d["levels"].update(high=d["levels"]["low"]),
            grade(d, "yellow").update(level="high"),
            grade(d, "red").update(level="low"),
        ),
        "crises.public.grades.red.level",
        "is below that of yellow",
    ),
    (lambda d: grade(d, "red").pop("group"), "crises.public.grades.red", "needs `group: true`: it begins at yellow"),
    (
        lambda d: grade(d, "yellow").update(statements=True, group=True) or grade(d, "red").pop("statements"),
        "crises.public.grades.red",
        "needs `statements: true`: it begins at yellow",
    ),
    (lambda d: grade(d, "red").update(told=["bop"]), "crises.public.grades.red.told[0]", "did you mean 'bob'?"),
    (lambda d: grade(d, "red").update(told=["bob", "bob"]), "crises.public.grades.red.told[1]", "stands here twice"),
    (lambda d: public(d).pop("statements"), "crises.public.grades.red.statements", "has no `statements` to publish"),
    (lambda d: d.pop("roster"), "crises.public.grades.yellow.group", "there is no `roster` to call a group from"),
    # the group
    (lambda d: d["crises"]["leak"].update(roles={"legal": 1}), "crises.leak.roles", "needs `commander`"),
    (lambda d: public(d)["roles"].update(police=1), "crises.public.roles.police", "no role 'police'; there is 'comm"),
    (
        lambda d: public(d)["roles"].update(legal=3),
        "crises.public.roles.legal",
        "3 make the quorum, but the roster has 2",
    ),
    (lambda d: public(d)["milestones"].update(resolve="1h"), "crises.public.milestones.resolve", "the name of a clock"),
    # statements
    (lambda d: statements(d).update(drafts="press"), "crises.public.statements.drafts", "there is no role 'press'"),
    (
        lambda d: statements(d).update(approvals=["legal", "boss"]),
        "crises.public.statements.approvals[1]",
        "there is no role 'boss'; there is 'commander' or 'legal'",
    ),
    (
        lambda d: statements(d).update(approvals=["legal", "legal"]),
        "crises.public.statements.approvals[1]",
        "stands here twice",
    ),
    (
        lambda d: statements(d)["rungs"]["full"].update(due="30m"),
        "crises.public.statements.rungs.full.due",
        "is not after that of 'first'",
    ),
    (
        lambda d: statements(d).update(lead="30m"),
        "crises.public.statements.rungs.first.due",
        "is not longer than `lead`, 30m",
    ),
    (
        lambda d: statements(d)["rungs"]["first"]["holding"].update(approved_by=["ann", "cy"]),
        "crises.public.statements.rungs.first.holding.approved_by[1]",
        "there is no person 'cy'",
    ),
    # the roster
    (lambda d: d["roster"].update(starts="2026-01-06"), "roster.starts", "is a tue, but the hand-over is on mon"),
    (lambda d: d["roster"].update(rotation=["north", "soth"]), "roster.rotation[1]", "did you mean 'south'?"),
    (
        lambda d: d["roster"]["teams"]["north"]["seats"].update(press=[]),
        "roster.teams.north.seats.press",
        "there is no role 'press'",
    ),
    (
        lambda d: d["roster"]["teams"]["north"]["seats"]["legal"].pop(),
        "roster.teams.north.seats.legal",
        "'legal' has 2 seats, not 1",
    ),
    (
        lambda d: d["roster"]["teams"]["north"]["seats"].pop("commander"),
        "roster.teams.north.seats",
        "'commander' has 1 seat, not 0",
    ),
    (
        lambda d: d["roster"]["teams"]["south"]["seats"]["legal"][1].update(b="anne"),
        "roster.teams.south.seats.legal[1].b",
        "there is no person 'anne'; did you mean 'ann'?",
    ),
    (lambda d: d["roster"]["overrides"][0].update(team="west"), "roster.overrides[0].team", "there is no team 'west'"),
    (lambda d: d["roster"]["overrides"][1].update(person="cy"), "roster.overrides[1].person", "no person 'cy'"),
    (lambda d: d["roster"]["overrides"][1].update(instead="cy"), "roster.overrides[1].instead", "no person 'cy'"),
    # rungs that name a role
    (lambda d: rung(d, 2).update(people=[], role="boss"), "chains.default[1].role", "there is no role 'boss'"),
    (
        lambda d: (d.pop("roster"), d.pop("crises"), rung(d, 2).update(role="legal")),
        "chains.default[1].role",
        "there is no `roster` to say who is on duty as 'legal'",
    ),
    (
        lambda d: (rung(d, 2).update(role="legal"), d["roster"]["roles"]["legal"].update(seats=20)),
        "chains.default[1].people",
        "21 people stand on this rung: at most 20",
    ),
]

WARNINGS: list[tuple[Callable[[Any], object], str, str]] = [
    (
        lambda d: d["crises"]["leak"].update(levels=["low"]),
        "crises.leak.levels[0]",
        "makes nothing of this type: 'low' stands at 'public', which comes first",
    ),
    (
        lambda d: grade(d, "red").pop("statements"),
        "crises.public.statements",
        "no grade publishes them",
    ),
    (
        lambda d: d["crises"]["leak"].update(grades={"blue": {}}, milestones={"muster": "15m"}),
        "crises.leak.milestones",
        "never start: no grade calls the group",
    ),
    (
        lambda d: statements(d).update(remind_before="30m"),
        "crises.public.statements.rungs.first.due",
        "is not longer than `remind_before`, 30m",
    ),
    (
        lambda d: (rung(d, 2).update(people=[], role="legal"), rung(d, 3).update(people=[], role="legal")),
        "chains.default[2].role",
        "stands on the rung below too",
    ),
]


@pytest.mark.parametrize(("change", "path", "message"), ERRORS, ids=[f"{case[1]}: {case[2]}" for case in ERRORS])
def test_an_error_is_found_at_its_place(change: Callable[[Any], object], path: str, message: str) -> None:
    [(at, said), *_] = [(at, said) for severity, at, said in found(change) if severity == "error"]
    assert at == path
    assert message in said


@pytest.mark.parametrize(("change", "path", "message"), WARNINGS, ids=[f"{case[1]}: {case[2]}" for case in WARNINGS])
def test_what_is_odd_is_a_warning_and_nothing_else(change: Callable[[Any], object], path: str, message: str) -> None:
    [(severity, at, said)] = found(change)
    assert (severity, at) == ("warning", path)
    assert message in said


def test_too_many_seats_to_call_in_one_step_are_an_error() -> None:
    def change(data: Any) -> None:
        pair = {"a": "ann", "b": "bob"}
        for number in range(3):
            data["roster"]["roles"][f"more{number}"] = {"seats": 14}
            data["crises"]["leak"]["roles"][f"more{number}"] = 1
            for team in data["roster"]["teams"].values():
                team["seats"][f"more{number}"] = [pair] * 14

    assert found(change) == [("error", "crises.leak.roles", "have 43 seats: at most 40 are called at once")]


def test_a_rung_may_name_a_role_instead_of_people_or_beside_them() -> None:
    assert found(lambda d: rung(d, 2).update(people=[], role="legal")) == []
    assert found(lambda d: rung(d, 2).update(role="legal")) == []


def test_a_level_without_clocks_is_due_by_the_milestones_of_its_crisis_type() -> None:
    def no_clocks(data: Any) -> None:
        data["levels"]["low"] = {"window": "30m"}
        data["calendars"] = {}

    def nor_a_crisis(data: Any) -> None:
        no_clocks(data)
        public(data)["levels"] = []

    assert found(no_clocks) == []
    assert [at for _, at, _ in found(nor_a_crisis)] == ["levels.low"]


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("at: 09:00}", "at: 09:00Z}", "roster.handover.at", "without a zone"),
        ("2026-12-27T00:00:00", "2026-12-23T00:00:00", "roster.overrides[0]", "`until` must come after `since`"),
        ("2026-12-27T00:00:00", "2026-12-27T00:00:00Z", "roster.overrides[0]", "without an offset"),
        (", team: south}", ", team: south, instead: ann}", "roster.overrides[0]", "names a `team`, or a `person`"),
        (", team: south}", "}", "roster.overrides[0]", "names a `team`, or a `person`"),
        ("instead: bob}", "instead: ann}", "roster.overrides[1]", "nobody stands in for themselves"),
        ("handover: {day: mon", "handover: {dai: mon", "roster.handover.dai", "did you mean 'day'?"),
        ("starts: 2026-01-05", "starts: soon", "roster.starts", "must be a date such as"),
        ("starts: 2026-01-05", "starts: 9999-12-27", "roster.starts", "must be a date such as"),
        ("since: 2026-06-01T09:00:00", "since: 2026", "roster.overrides[1]", "on the wall clock of"),
        ("since: 2026-06-01T09:00:00", "since: June", "roster.overrides[1].since", "must be a time such as 2026-"),
        ("  lead: 60s", "  leed: 60s", "crises.public.statements.leed", "did you mean 'lead'?"),
    ],
)
def test_a_slip_of_the_pen_is_named_with_its_line(old: str, new: str, field: str, message: str) -> None:
    assert FULL.count(old) == 1
    problems = check(FULL.replace(old, new), "house.yaml").problems
    where = FULL[: FULL.index(old)].count("\n") + 1
    said = next(problem for problem in problems if problem.field == field)
    assert said.line == where
    assert message in said.message
