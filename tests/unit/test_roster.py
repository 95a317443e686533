"""Who is on duty (B5): week by week on the wall clock, whatever the clocks do, with overrides on top."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.duties import duties_of
from shared.domain.instants import HOUR, SECOND
from shared.domain.roster import Seat, candidates, on_duty, seats_of, team_on_duty, week_at
from tests.unit.rosters import at, away, pair, roster

COMMANDER = Seat("commander", "commander", 1)
NEW_YORK = "America/New_York"


def called(seat: Seat, moment: int, **changed: Any) -> list[str]:
    return [each.person for each in candidates(roster(**changed), seat, moment)]


def test_a_role_with_one_seat_gives_it_its_name_and_others_are_numbered() -> None:
    assert seats_of(roster(), "commander") == (COMMANDER,)
    assert [seat.name for seat in seats_of(roster(), "legal")] == ["legal.1", "legal.2"]


@pytest.mark.parametrize(
    ("moment", "team"),
    [
        ("2026-01-05T09:00", "east"),
        ("2026-01-12T08:59:59.999", "east"),
        ("2026-01-12T09:00", "west"),
        ("2026-01-19T09:00", "east"),
        ("2026-01-05T08:59:59.999", "west"),  # before it starts the rotation runs backwards
        ("2025-12-29T09:00", "west"),
        ("2025-12-29T08:59:59.999", "east"),
        ("1970-01-01T00:00", "west"),  # 2,923 weeks and some days before
    ],
)
def test_teams_take_turns_by_the_week_forwards_and_backwards(moment: str, team: str) -> None:
    assert team_on_duty(roster("Asia/Shanghai"), at(moment, "Asia/Shanghai")) == team


def test_a_hand_over_on_another_day_than_it_starts_is_the_next_such_day() -> None:
    wednesday = roster(handover={"day": "wed", "at": "18:30"})
    assert team_on_duty(wednesday, at("2026-01-07T18:29:59")) == "west"
    assert team_on_duty(wednesday, at("2026-01-07T18:30")) == "east"


def test_the_wall_clock_time_stays_when_the_clocks_change() -> None:
    """New York springs forward on 8 March 2026 and falls back on 1 November."""
    rota = roster(NEW_YORK)
    assert week_at(rota, at("2026-03-05T12:00", NEW_YORK)) == (
        8,
        at("2026-03-02T09:00", NEW_YORK),
        at("2026-03-09T09:00", NEW_YORK),
    )
    lengths = [
        (week.until - week.since) // HOUR
        for week in (week_at(rota, at(day, NEW_YORK)) for day in ("2026-03-05", "2026-03-12", "2026-10-29"))
    ]
    assert lengths == [7 * 24 - 1, 7 * 24, 7 * 24 + 1]


def test_a_hand_over_that_the_clocks_skip_is_an_hour_later_on_the_wall_and_happens_once() -> None:
    rota = roster(NEW_YORK, handover={"day": "sun", "at": "02:30"}, starts="2026-01-04")
    moment = at("2026-03-08T03:30", NEW_YORK)
    assert (team_on_duty(rota, moment - 1), team_on_duty(rota, moment)) == ("east", "west")
    assert week_at(rota, moment - 1).until == week_at(rota, moment).since == moment
    assert week_at(rota, moment).until == at("2026-03-15T02:30", NEW_YORK)


def test_a_hand_over_that_comes_twice_happens_the_first_time_only() -> None:
    rota = roster(NEW_YORK, handover={"day": "sun", "at": "01:30"}, starts="2026-01-04")
    first, second = at("2026-11-01T01:30", NEW_YORK), at("2026-11-01T01:30", NEW_YORK, fold=1)
    assert second - first == HOUR
    before, after = team_on_duty(rota, first - 1), team_on_duty(rota, first)
    assert before != after
    assert [team_on_duty(rota, moment) for moment in (second - 1, second, second + 1)] == [after] * 3
    assert week_at(rota, second).since == first


def test_clocks_that_go_back_into_the_day_before_take_no_hand_over_back() -> None:
    """St. John's went from 0:01 of Sunday, 1 November 2009 back to 23:01 of Saturday."""
    zone = "America/St_Johns"
    rota = roster(zone, handover={"day": "sun", "at": "00:00"}, starts="2009-11-01")
    first = at("2009-11-01T00:00", zone)
    again_saturday = at("2009-10-31T23:30", zone, fold=1)
    assert first < again_saturday
    moments = (first - 1, first, again_saturday, first + 2 * HOUR)
    assert [team_on_duty(rota, moment) for moment in moments] == ["west", "east", "east", "east"]


def test_a_b_then_the_other_teams_in_their_turn_then_those_without_a_turn() -> None:
    found = candidates(roster(rotation=["west", "spare", "east"]), COMMANDER, at("2026-01-12T09:00"))
    assert found == (
        ("sa", "spare", False),
        ("sb", "spare", True),
        ("ea", "east", False),
        ("eb", "east", True),
        ("wa", "west", False),
        ("wb", "west", True),
    )
    assert called(COMMANDER, at("2026-01-05T09:00")) == ["ea", "eb", "wa", "wb", "sa", "sb"]
    assert called(Seat("legal.2", "legal", 2), at("2026-01-12T09:00")) == ["wn", "wo", "en", "eo", "sn", "so"]


def test_nobody_is_called_twice_for_a_seat() -> None:
    teams = {name: {"seats": {"commander": [pair("ann", name)]}} for name in ("east", "west")}
    assert called(COMMANDER, at("2026-01-05T09:00"), teams=teams) == ["ann", "east", "west"]


def test_a_team_that_lacks_a_seat_is_passed_over() -> None:
    teams = {"east": {"seats": {}}, "west": {"seats": {"commander": [pair("wa", "wb")]}}}
    assert called(COMMANDER, at("2026-01-05T09:00"), teams=teams) == ["wa", "wb"]


def test_a_team_on_duty_by_an_override_comes_first_and_the_rotation_follows() -> None:
    overrides = [away("2026-01-06T00:00", "2026-01-07T00:00", team="spare")]
    rota = roster(overrides=overrides)
    assert [team_on_duty(rota, at(f"2026-01-0{day}T00:00") - before) for day, before in ((6, 1), (6, 0), (7, 1))] == [
        "east",
        "spare",
        "spare",
    ]
    assert team_on_duty(rota, at("2026-01-07T00:00")) == "east"
    assert called(COMMANDER, at("2026-01-06T12:00"), overrides=overrides) == ["sa", "sb", "ea", "eb", "wa", "wb"]


def test_where_two_overrides_overlap_the_one_listed_later_wins() -> None:
    overrides = [away("2026-01-06T00:00", "2026-01-08T00:00", team="spare"),
                 away("2026-01-07T00:00", "2026-01-09T00:00", team="west"),
                 away("2026-01-06T00:00", "2026-01-08T00:00", person="ea", instead="x"),
                 away("2026-01-07T00:00", "2026-01-09T00:00", person="ea", instead="y")]  # fmt: skip
    rota = roster(overrides=overrides)
    days = [f"2026-01-0{day}T12:00" for day in (5, 6, 7, 8, 9)]
    assert [team_on_duty(rota, at(day)) for day in days] == ["east", "spare", "west", "west", "east"]
    standing = [{"ea", "x", "y"} & set(called(COMMANDER, at(day), overrides=overrides)) for day in days]
    assert standing == [{"ea"}, {"x"}, {"y"}, {"y"}, {"ea"}]


def test_whoever_stands_in_does_so_in_every_seat_and_as_a_or_b() -> None:
    overrides = [away("2026-01-05T09:00", "2026-01-12T09:00", person="eb", instead="zoe")]
    teams = {"east": {"seats": {"commander": [pair("ea", "eb")], "legal": [pair("eb", "el")]}}}
    roles: dict[str, object] = {"commander": {}, "legal": {}}
    moment = at("2026-01-06T00:00")
    rota = roster(overrides=overrides, teams=teams, roles=roles, rotation=["east"])
    assert candidates(rota, COMMANDER, moment) == (("ea", "east", False), ("zoe", "east", True))
    assert on_duty(rota, "legal", moment) == ("zoe",)
    assert on_duty(rota, "legal", at("2026-01-12T09:00")) == ("eb",)


def test_two_people_who_stand_in_for_each_other_swap() -> None:
    overrides = [
        away("2026-01-05T09:00", "2026-01-19T09:00", person="ea", instead="wa"),
        away("2026-01-05T09:00", "2026-01-19T09:00", person="wa", instead="ea"),
    ]
    assert called(COMMANDER, at("2026-01-05T09:00"), overrides=overrides)[:3] == ["wa", "eb", "ea"]
    assert called(COMMANDER, at("2026-01-12T09:00"), overrides=overrides)[:3] == ["ea", "wb", "wa"]


def test_an_override_is_on_the_wall_clock_too() -> None:
    """2:15 does not come on 8 March in New York: read with the offset of the night, it is 3:15."""
    rota = roster(NEW_YORK, overrides=[away("2026-03-08T02:15", "2026-03-08T12:00", team="spare")])
    moment = at("2026-03-08T03:15", NEW_YORK)
    assert (team_on_duty(rota, moment - 1), team_on_duty(rota, moment)) == ("east", "spare")
    swallowed = roster(NEW_YORK, overrides=[away("2026-03-08T02:30", "2026-03-08T03:15", team="spare")])
    assert {
        team_on_duty(swallowed, at("2026-03-08T01:00", NEW_YORK) + minute * 60 * SECOND) for minute in range(180)
    } == {"east"}


def test_on_duty_are_the_as_of_a_role() -> None:
    assert on_duty(roster(), "legal", at("2026-01-05T09:00")) == ("el", "en")
    assert on_duty(roster(), "legal", at("2026-01-12T09:00")) == ("wl", "wn")


def duties(person: str, since: str, until: str, **changed: Any) -> list[tuple[str, str, str, bool, str | None]]:
    """From and to in hours of 5 January 9:00, seat, whether as B, and instead of whom."""
    start = at("2026-01-05T09:00")
    return [
        (f"{(duty.since - start) / HOUR:g}-{(duty.until - start) / HOUR:g}", duty.team, duty.seat.name, duty.as_b,
         duty.instead_of)
        for duty in duties_of(roster(**changed), person, at(since), at(until))
    ]  # fmt: skip


def test_a_person_has_the_weeks_of_their_team_as_a_or_b() -> None:
    assert duties("ea", "2026-01-05T09:00", "2026-02-02T09:00") == [
        ("0-168", "east", "commander", False, None),
        ("336-504", "east", "commander", False, None),
    ]
    assert duties("wo", "2026-01-07T00:00", "2026-01-12T10:00") == [("168-336", "west", "legal.2", True, None)]
    assert duties("sa", "2026-01-05T09:00", "2026-02-02T09:00") == []


def test_a_week_is_never_cut_where_somebody_begins_to_look() -> None:
    whole = duties("ea", "2026-01-05T09:00", "2026-01-12T09:00")
    assert duties("ea", "2026-01-08T00:00", "2026-01-08T00:01") == whole


def test_weeks_of_a_team_that_is_always_on_duty_are_still_weeks() -> None:
    found = duties("ea", "2026-01-05T09:00", "2026-01-19T09:00", rotation=["east"])
    assert [hours for hours, *_ in found] == ["0-168", "168-336"]


def test_overrides_cut_a_week_and_give_turns_to_others() -> None:
    overrides = [
        away("2026-01-06T09:00", "2026-01-07T09:00", team="west"),
        away("2026-01-08T09:00", "2026-01-09T09:00", person="ea", instead="zoe"),
    ]
    span = ("2026-01-05T09:00", "2026-01-12T09:00")
    assert [hours for hours, *_ in duties("ea", *span, overrides=overrides)] == ["0-24", "48-72", "96-168"]
    assert duties("zoe", *span, overrides=overrides) == [("72-96", "east", "commander", False, "ea")]
    assert duties("wb", *span, overrides=overrides) == [("24-48", "west", "commander", True, None)]
