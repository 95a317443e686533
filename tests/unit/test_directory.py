"""Who stands on a rung that names a role, and who is called for a seat: those on duty at that moment (B5, I10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.domain.decision import open_incident, pass_time, record_for
from shared.domain.directory import Directory
from shared.domain.events import EVENT, ComplaintReceived
from shared.domain.instants import HOUR
from shared.domain.roster import Seat
from tests.unit.policy_text import policy
from tests.unit.rosters import at, away
from tests.unit.test_roster_check import HOUSE

COMMANDER = Seat("commander", "commander", 1)
EAST, WEST = at("2026-03-02T09:00", "Asia/Shanghai"), at("2026-03-09T09:00", "Asia/Shanghai")


def with_duty(data: Any) -> None:
    data["chains"]["default"] = [
        {"rung": "first", "people": ["eve"]},
        {"rung": "duty", "role": "commander"},
        {"rung": "both", "people": ["eve"], "role": "commander"},
    ]


def unreachable(data: Any, *people: str) -> None:
    for person in people:
        del data["people"][person]["email"]


def directory(*changes: Callable[[Any], object], rules: Callable[[Any], object] = with_duty) -> Directory:
    def change(data: Any) -> None:
        with_duty(data)
        for each in changes:
            each(data)

    return Directory(policy(HOUSE, change), policy(HOUSE, rules))


def test_whoever_is_on_duty_at_the_moment_stands_on_a_rung_with_a_role() -> None:
    people = directory()
    assert people.reachable_on("default", 2, EAST) == ("ann",)
    assert people.reachable_on("default", 2, WEST - 1) == ("ann",)
    assert people.reachable_on("default", 2, WEST) == ("cy",)
    assert people.reachable_on("default", 3, WEST) == ("eve", "cy")
    assert people.reachable_on("default", 1, WEST) == ("eve",)


def test_where_a_cannot_be_reached_b_stands_there_and_never_the_other_team() -> None:
    assert directory(lambda d: unreachable(d, "ann")).reachable_on("default", 2, EAST) == ("bob",)
    assert directory(lambda d: unreachable(d, "ann", "bob")).reachable_on("default", 2, EAST) == ()


def test_overrides_hold_on_rungs_too() -> None:
    def change(data: Any) -> None:
        data["roster"]["overrides"] = [away("2026-03-02T09:00", "2026-03-03T09:00", person="ann", instead="dee")]

    assert directory(change).reachable_on("default", 2, EAST) == ("dee",)


def test_somebody_stands_on_the_rung_while_on_duty_and_not_before_or_after() -> None:
    people = directory()
    assert [people.standing("default", "ann", moment) for moment in (EAST - 1, EAST, WEST - 1, WEST)] == [0, 3, 3, 0]
    assert [people.standing("default", who, EAST) for who in ("eve", "bob", "nobody", None)] == [3, 0, 0, 0]


def test_a_rung_of_the_rules_reads_todays_roster_and_todays_rung() -> None:
    def other_team(data: Any) -> None:
        data["roster"]["teams"]["east"]["seats"]["commander"] = [{"a": "dee", "b": "ann"}]

    assert directory(other_team).reachable_on("default", 2, EAST) == ("dee",)


def test_a_rung_that_got_a_role_meanwhile_has_it_and_one_that_lost_it_has_not() -> None:
    def with_bob(data: Any) -> None:
        with_duty(data)
        data["chains"]["default"][1] = {"rung": "duty", "people": ["bob"]}

    assert directory(with_bob).reachable_on("default", 2, EAST) == ("bob",)
    role_instead = directory(rules=with_bob)
    assert role_instead.reachable_on("default", 2, EAST) == ("ann",)
    assert role_instead.reachable_on("default", 2, WEST) == ("cy",)


def test_without_a_roster_today_nobody_is_on_duty() -> None:
    people = directory(lambda d: d.pop("roster"))
    assert people.roster is None
    assert people.reachable_on("default", 2, EAST) == ()
    assert people.reachable_on("default", 3, EAST) == ("eve",)
    assert people.candidates(COMMANDER, EAST) == ()


def test_candidates_are_those_who_can_be_reached() -> None:
    people = directory(lambda d: unreachable(d, "bob"))
    assert [each.person for each in people.candidates(COMMANDER, EAST)] == ["ann", "cy", "dee"]
    assert people.candidates(Seat("legal.1", "legal", 1), EAST) == ()


def test_candidates_whose_qualification_ran_out_come_last_from_the_midnight_of_the_zone_on() -> None:
    people = directory(lambda d: d["people"]["ann"].update(qualified_until="2026-03-03"))
    midnight = at("2026-03-04T00:00", "Asia/Shanghai")
    assert [each.person for each in people.candidates(COMMANDER, midnight - 1)] == ["ann", "bob", "cy", "dee"]
    found = people.candidates(COMMANDER, midnight)
    assert [each.person for each in found] == ["bob", "cy", "dee", "ann"]
    assert [each.as_b for each in found] == [True, False, True, False]


def test_a_page_goes_to_whoever_is_on_duty_when_it_is_made() -> None:
    """The complaint comes an hour before the hand-over, its clock is missed an hour after."""
    made = policy(HOUSE, with_duty)
    people = Directory(made, made)
    event = EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": "e1",
            "source": "crm/desk",
            "type": "complaint.received",
            "subject": "C-1",
            "time": "2026-03-09T08:00:00+08:00",
            "data": {"channel": "hotline", "summary": "broken"},
        }
    )
    assert isinstance(event, ComplaintReceived)
    opened = open_incident(event, "house@1", made, people, WEST - HOUR)
    assert [page.person for page in opened.pages] == ["eve"]
    missed = pass_time(opened.incident, made, people, WEST + HOUR)
    assert [(page.rung, page.person) for page in missed.pages] == [("duty", "cy")]


def test_what_somebody_does_counts_for_the_rung_on_which_they_stood_then() -> None:
    made = policy(HOUSE, with_duty)
    people = Directory(made, made)
    said = {"specversion": "1.0", "source": "crm/desk", "type": "complaint.received", "subject": "C-1"}
    opening = EVENT.validate_python(
        {**said, "id": "e1", "time": "2026-03-09T08:00:00+08:00", "data": {"channel": "hotline", "summary": "broken"}}
    )
    assert isinstance(opening, ComplaintReceived)
    incident = open_incident(opening, "house@1", made, people, WEST - HOUR).incident
    rungs = []
    for moment in ("2026-03-09T08:59:59+08:00", "2026-03-09T09:00:00+08:00"):
        acknowledged = EVENT.validate_python(
            {
                **said,
                "type": "complaint.acknowledged",
                "source": "cli",
                "id": moment,
                "time": moment,
                "data": {"by": "ann"},
            }
        )
        rungs.append(record_for(incident, acknowledged, made, people).rung)
    assert rungs == [3, 0]
