"""What `roster check` finds in the weeks to come, and from when to when (B5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.adapters.policy_yaml import dotted
from shared.domain.instants import DAY
from shared.domain.policy import Policy
from shared.domain.roster_check import roster_findings
from tests.unit.policy_text import policy
from tests.unit.rosters import at, away

HOUSE = """\
policy: house
levels:
  low: {clocks: {respond: 2h}, window: 30m}
classification: {default: low}
chains:
  default: [{rung: first, people: [ann]}]
people:
  ann: {name: Ann, email: ann@example.com}
  bob: {name: Bob, email: bob@example.com}
  cy: {name: Cy, email: cy@example.com}
  dee: {name: Dee, email: dee@example.com}
  eve: {name: Eve, email: eve@example.com}
roster:
  zone: Asia/Shanghai
  starts: 2026-01-05
  rotation: [east, west]
  roles: {commander: {}}
  teams:
    east: {seats: {commander: [{a: ann, b: bob}]}}
    west: {seats: {commander: [{a: cy, b: dee}]}}
operations: [ann]
"""
START = at("2026-03-02T08:00", "Asia/Shanghai")
ALL_90_DAYS = "from 2026-03-02T08:00+08:00 to 2026-05-31T08:00+08:00"
ONLY = "is complete: there must be 2"


def found(change: Callable[[Any], object] = lambda _: None, days: int = 90) -> list[tuple[str, str]]:
    return [
        (dotted(finding.path), finding.message)
        for finding in roster_findings(policy(HOUSE, change), START, days)
    ]  # fmt: skip


def seat(data: Any, team: str) -> Any:
    return data["roster"]["teams"][team]["seats"]["commander"][0]


def overridden(data: Any, *overrides: dict[str, str]) -> None:
    data["roster"]["overrides"] = list(overrides)


def test_a_sound_roster_has_no_findings() -> None:
    assert found() == []


def test_a_policy_without_a_roster_has_none_either() -> None:
    assert found(lambda d: d.pop("roster")) == []


@pytest.mark.parametrize("moment", [START, at("2030-07-01T00:00")])
def test_the_shipped_roster_holds(moment: int) -> None:
    assert roster_findings(policy_yaml.load("retail"), moment) == ()


def test_one_team_is_not_enough() -> None:
    def one(data: Any) -> None:
        data["roster"]["rotation"] = ["east"]
        del data["roster"]["teams"]["west"]

    assert found(one) == [("roster.teams", f"only east {ONLY}, {ALL_90_DAYS}")]


def test_a_qualification_that_runs_out_is_named_with_its_day_and_the_teams_it_leaves() -> None:
    """The last day counts in full, on the wall clock of the roster's zone."""
    span = "from 2026-04-02T00:00+08:00 to 2026-05-31T08:00+08:00"
    assert found(lambda d: d["people"]["bob"].update(qualified_until="2026-04-01")) == [
        ("people.bob.qualified_until", f"'bob' is in a seat of east and was qualified until 2026-04-01, {span}"),
        ("roster.teams", f"only west {ONLY}, {span}"),
    ]
    assert found(lambda d: d["people"]["bob"].update(qualified_until="2026-05-31")) == []
    assert found(lambda d: d["people"]["eve"].update(qualified_until="2026-04-01")) == []  # in no seat


def test_without_any_complete_team_it_is_said_so() -> None:
    last = {"qualified_until": "2026-01-31"}
    findings = found(lambda d: (d["people"]["ann"].update(last), d["people"]["cy"].update(last)))
    assert findings[-1] == ("roster.teams", f"no team {ONLY}, {ALL_90_DAYS}")


def test_a_qualification_that_ran_out_long_ago_is_found_for_the_whole_time() -> None:
    [(place, said), _] = found(lambda d: d["people"]["cy"].update(qualified_until="2020-01-01"))
    assert place == "people.cy.qualified_until"
    assert said.endswith(ALL_90_DAYS)


@pytest.mark.parametrize(
    ("change", "place", "message"),
    [
        (lambda d: seat(d, "west").update(b="cy"), "roster.teams.west.seats.commander[0]", "'cy' is both A and B"),
        (lambda d: seat(d, "west").update(b="zoe"), "roster.teams.west.seats.commander[0].b", "not in the directory"),
        (
            lambda d: d["people"]["dee"].update(channels=["sms"]),
            "roster.teams.west.seats.commander[0].b",
            "'dee' cannot be reached",
        ),
        (lambda d: d["roster"]["teams"]["west"].update(seats={}), "roster.teams.west.seats", "commander has nobody"),
    ],
)
def test_a_seat_that_is_not_well_filled_makes_its_team_incomplete(
    change: Callable[[Any], object], place: str, message: str
) -> None:
    [first, second] = found(change)
    assert first[0] == place
    assert message in first[1]
    assert second == ("roster.teams", f"only east {ONLY}, {ALL_90_DAYS}")


def test_nobody_is_in_two_seats() -> None:
    assert found(lambda d: seat(d, "west").update(a="bob")) == [
        ("roster.teams", f"'bob' is in 2 seats: commander of east, commander of west, {ALL_90_DAYS}")
    ]


def test_overrides_are_checked_for_as_long_as_they_last() -> None:
    week = ("2026-04-06T09:00", "2026-04-13T09:00")
    span = "from 2026-04-06T09:00+08:00 to 2026-04-13T09:00+08:00"
    assert found(lambda d: overridden(d, away(*week, person="ann", instead="eve"))) == []
    assert found(lambda d: overridden(d, away(*week, person="ann", instead="cy"))) == [
        ("roster.teams", f"'cy' is in 2 seats: commander of east, commander of west, {span}")
    ]
    assert (
        "roster.teams.east.seats.commander[0]",
        f"'bob' is both A and B, {span}",
    ) in found(lambda d: overridden(d, away(*week, person="ann", instead="bob")))


def test_an_override_heals_what_it_covers() -> None:
    def change(data: Any) -> None:
        data["people"]["bob"]["qualified_until"] = "2026-04-01"
        overridden(data, away("2026-04-02T00:00", "2026-05-31T08:00", person="bob", instead="eve"))

    assert found(change) == []
    assert found(change, days=91)[0][1].endswith("from 2026-05-31T08:00+08:00 to 2026-06-01T08:00+08:00")


def test_somebody_who_is_away_does_not_stand_in_but_two_may_swap() -> None:
    week = ("2026-04-06T09:00", "2026-04-13T09:00")
    span = "from 2026-04-06T09:00+08:00 to 2026-04-13T09:00+08:00"
    passed_on = [away(*week, person="ann", instead="eve"), away(*week, person="eve", instead="bob")]
    assert [each for each in found(lambda d: overridden(d, *passed_on)) if "overrides" in each[0]] == [
        ("roster.overrides[0].instead", f"'eve' stands in for 'ann', but 'bob' stands in for 'eve', {span}")
    ]
    swapped = [away(*week, person="ann", instead="cy"), away(*week, person="cy", instead="ann")]
    assert found(lambda d: overridden(d, *swapped)) == []


def test_nothing_before_and_nothing_after_the_span_is_told() -> None:
    def change(data: Any) -> None:
        overridden(data, away("2026-02-01T00:00", "2026-03-02T08:00", person="ann", instead="bob"),
                   away("2026-03-12T08:00", "2026-03-13T08:00", person="ann", instead="bob"))  # fmt: skip

    assert found(change, days=10) == []
    assert found(change, days=11) != []


def test_the_check_is_of_all_teams_also_of_those_without_a_turn() -> None:
    def spare(data: Any) -> None:
        data["roster"]["rotation"] = ["east"]

    assert found(spare) == []


def test_it_ends_where_it_was_asked_to() -> None:
    made: Policy = policy(HOUSE, lambda d: seat(d, "west").update(b="zoe"))
    [first, _] = roster_findings(made, START, days=1)
    assert first.message.endswith("from 2026-03-02T08:00+08:00 to 2026-03-03T08:00+08:00")
    assert roster_findings(made, START + DAY, days=1)[0].message.endswith("to 2026-03-04T08:00+08:00")
