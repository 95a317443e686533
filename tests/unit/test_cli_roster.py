"""`tocsin roster`: who is on duty, whether it holds, and calendars that other programs read."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from tests.unit.cli_stage import stage, tocsin
from tests.unit.policy_text import SMALL
from tests.unit.test_roster_check import HOUSE

AT = ("--at", "2026-03-05T12:00:00+08:00")
SWAPPED = """\
  overrides:
    - {since: 2026-03-03T09:00:00, until: 2026-03-04T09:00:00, team: west}
    - {since: 2026-03-05T09:00:00, until: 2026-03-07T09:00:00, person: ann, instead: eve}
operations:"""


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., Path]:
    def written(text: str = HOUSE) -> Path:
        file = tmp_path / "house.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_show_says_who_is_on_duty_until_when_and_who_comes_then(house: Callable[..., Path]) -> None:
    shown = tocsin("roster", "show", "--policy", house(), *AT)
    assert shown.exit_code == 0, shown.stderr
    said, *table = shown.stdout.splitlines()
    assert said == "east is on duty at 2026-03-05T12:00+08:00, until 2026-03-09T09:00+08:00 (Asia/Shanghai)"
    [row] = [line for line in table if "commander" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["commander", "ann", "bob", "cy, dee"]


def test_show_names_who_stands_in_and_who_should_not_be_there(house: Callable[..., Path]) -> None:
    text = HOUSE.replace("operations:", SWAPPED)
    text = text.replace("bob@example.com}", "bob@example.com, qualified_until: 2026-03-04}")
    shown = tocsin("roster", "show", "--policy", house(text), *AT)
    assert "eve (for ann)" in shown.stdout
    assert "bob (not qualified)" in shown.stdout
    told = json.loads(tocsin("roster", "show", "--policy", house(text), *AT, "--json").stdout)
    assert (told["team"], told["at"], told["until"]) == ("east", "2026-03-05T04:00:00Z", "2026-03-09T01:00:00Z")
    assert told["seats"] == [
        {
            "seat": "commander",
            "a": {"person": "eve", "name": "Eve", "instead_of": "ann", "reachable": True, "qualified": True},
            "b": {"person": "bob", "name": "Bob", "instead_of": None, "reachable": True, "qualified": False},
            "then": ["cy", "dee"],
        }
    ]


def test_the_team_is_on_duty_until_an_override_where_one_begins(house: Callable[..., Path]) -> None:
    text = HOUSE.replace("operations:", SWAPPED)
    told = tocsin("roster", "show", "--policy", house(text), "--at", "2026-03-02T12:00:00+08:00").stdout
    assert told.startswith("east is on duty at 2026-03-02T12:00+08:00, until 2026-03-03T09:00+08:00 ")
    told = tocsin("roster", "show", "--policy", house(text), "--at", "2026-03-03T12:00:00+08:00").stdout
    assert told.startswith("west is on duty at 2026-03-03T12:00+08:00, until 2026-03-04T09:00+08:00 ")


def test_a_team_that_is_always_on_duty_has_no_end(house: Callable[..., Path]) -> None:
    told = tocsin("roster", "show", "--policy", house(HOUSE.replace("[east, west]", "[east]")), *AT).stdout
    assert told.startswith("east is on duty at 2026-03-05T12:00+08:00 (Asia/Shanghai)")


def test_no_contact_is_shown() -> None:
    shown = tocsin("roster", "show", "--policy", "retail", *AT)
    assert shown.exit_code == 0
    assert "lin.guodong" in shown.stdout
    assert "@" not in shown.stdout
    assert "+86" not in shown.stdout


def test_check_of_a_sound_roster() -> None:
    done = tocsin("roster", "check", "--policy", "retail", *AT)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "retail.yaml: good, 2 teams from 2026-03-05T04:00:00Z to 2026-06-03T04:00:00Z\n"


def test_check_names_file_line_and_field_of_what_it_finds(house: Callable[..., Path]) -> None:
    file = house(HOUSE.replace("bob@example.com}", "bob@example.com, qualified_until: 2026-04-01}"))
    done = tocsin("roster", "check", "--policy", file, *AT)
    span = "from 2026-04-02T00:00+08:00 to 2026-06-03T12:00+08:00"
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"{file}:9: people.bob.qualified_until: 'bob' is in a seat of east and was qualified until 2026-04-01, {span}",
        f"{file}:18: roster.teams: only west is complete: there must be 2, {span}",
        f"{file}: 2 findings",
    ]
    assert tocsin("roster", "check", "--policy", file, *AT, "--days", "27").exit_code == 0


def test_without_a_policy_it_is_todays_of_the_stage(house: Callable[..., Path]) -> None:
    with stage() as deployed:
        assert tocsin("policy", "push", house()).exit_code == 0
        reference = deployed.policies().current()[0]
        assert tocsin("roster", "show", *AT).stdout.startswith("east is on duty")
        assert tocsin("roster", "check", *AT).stdout.startswith(f"{reference}: good, 2 teams")
        assert b"Ann" in tocsin("roster", "ical", "ann", *AT).stdout_bytes
        broken = HOUSE.replace("bob@example.com}", "bob@example.com, qualified_until: 2026-01-01}")
        assert tocsin("policy", "push", house(broken)).exit_code == 0
        done = tocsin("roster", "check", *AT)
        assert done.exit_code == 1
        assert done.stderr.startswith("people.bob.qualified_until: 'bob' is in a seat of east")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "--policy", "retail", "--at", "soon"), 2, "--at must be an RFC 3339 time"),
        (("show", "--policy", "nowhere"), 2, "nowhere:1: cannot be read"),
        (("check", "--policy", "three-tier"), 1, "three-tier.yaml has no roster"),
        (("ical", "lin.guodon", "--policy", "retail"), 1, "has no person 'lin.guodon'; did you mean 'lin.guodong'?"),
        (
            ("ical", "lin.guodong", "--policy", "retail", "--out", "/nowhere/x.ics"),
            2,
            "/nowhere/x.ics: cannot be written",
        ),
    ],
)
def test_what_cannot_be_done_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    done = tocsin("roster", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_mistake_of_the_policy_is_said_instead(house: Callable[..., Path]) -> None:
    file = house(HOUSE.replace("[east, west]", "[east, wset]"))
    done = tocsin("roster", "check", "--policy", file)
    assert done.exit_code == 2
    assert f"{file}:16: roster.rotation[1]: there is no team 'wset'; did you mean 'west'?" in done.stderr
    assert tocsin("roster", "show", "--policy", house(SMALL)).exit_code == 1


def calendar(*arguments: object) -> Any:
    done = tocsin("roster", "ical", *arguments)
    assert done.exit_code == 0, done.stderr
    return Calendar.from_ical(done.stdout)


def turns(read: Any) -> list[tuple[str, datetime, datetime]]:
    return [(str(event["summary"]), event.start, event.end) for event in read.walk("VEVENT")]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_calendar_has_the_weeks_of_a_person_to_the_second(house: Callable[..., Path]) -> None:
    read = calendar("dee", "--policy", house(), *AT, "--days", "28")
    assert str(read["x-wr-calname"]) == "应急值班: Dee"
    assert turns(read) == [
        ("commander B, west", utc("2026-03-09T01:00"), utc("2026-03-16T01:00")),
        ("commander B, west", utc("2026-03-23T01:00"), utc("2026-03-30T01:00")),
    ]


def test_a_calendar_follows_the_clocks_of_its_zone(house: Callable[..., Path]) -> None:
    text = HOUSE.replace("Asia/Shanghai\n  starts", "America/New_York\n  starts").replace("[east, west]", "[east]")
    read = calendar("ann", "--policy", house(text), "--at", "2026-03-05T12:00:00Z", "--days", "7")
    assert [(start, end) for _, start, end in turns(read)] == [
        (utc("2026-03-02T14:00"), utc("2026-03-09T13:00")),
        (utc("2026-03-09T13:00"), utc("2026-03-16T13:00")),
    ]


def test_a_calendar_is_in_the_persons_language_with_the_seat_in_the_title(tmp_path: Path) -> None:
    file = tmp_path / "gao.ics"
    assert tocsin("roster", "ical", "gao.minghui", "--policy", "retail", *AT, "--out", file).exit_code == 0
    english = Calendar.from_ical(file.read_bytes())
    assert {title for title, _, _ in turns(english)} == {"Quality expert 1 A, Team East"}
    chinese = calendar("he.xiulan", "--policy", "retail", *AT)
    assert {title for title, _, _ in turns(chinese)} == {"总指挥 B, 东区应急组"}


def test_overrides_are_in_the_calendars_of_all_they_concern(house: Callable[..., Path]) -> None:
    file = house(HOUSE.replace("operations:", SWAPPED))
    when = ("--policy", file, *AT, "--days", "1")
    assert [(str(start.date()), str(end.date())) for _, start, end in turns(calendar("ann", *when))] == [
        ("2026-03-02", "2026-03-03"),
        ("2026-03-04", "2026-03-05"),
        ("2026-03-07", "2026-03-09"),
    ]
    assert turns(calendar("eve", *when)) == [
        ("commander A（代Ann）, east", utc("2026-03-05T01:00"), utc("2026-03-07T01:00"))
    ]
    assert turns(calendar("cy", *when)) == [("commander A, west", utc("2026-03-03T01:00"), utc("2026-03-04T01:00"))]


def test_a_turn_keeps_its_uid_and_no_two_share_one(house: Callable[..., Path]) -> None:
    def uids(*when: str) -> list[str]:
        read = calendar("ann", "--policy", house(), *when)
        return [str(event["uid"]) for event in read.walk("VEVENT")]

    first = uids("--at", "2026-03-02T01:00:00Z", "--days", "60")
    later = uids("--at", "2026-03-07T20:00:00Z", "--days", "60")
    assert len(set(first)) == len(first) > 3
    assert first[: len(later)] == later[: len(first)]


def test_somebody_in_no_seat_has_an_empty_calendar_and_is_told_so() -> None:
    done = tocsin("roster", "ical", "liu.yang", "--policy", "retail", *AT)
    assert done.exit_code == 0
    assert "liu.yang is in no seat" in done.stderr
    assert turns(Calendar.from_ical(done.stdout)) == []
