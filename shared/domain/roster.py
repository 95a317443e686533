"""Who is on duty for a crisis (B5): a weekly rotation on the wall clock of its zone, with overrides on top. Pure.

Weeks are counted on the calendar and only then turned into instants, so a week is an hour longer or shorter when the
clocks change. A wall-clock time that is skipped is read with the offset before the change, one that comes twice is the
first (RFC 5545): each hand-over is exactly one instant.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.instants import SECOND
from shared.domain.roster_policy import WEEKDAYS, Override, Pair, Roster

_WEEK = timedelta(weeks=1)


class Seat(NamedTuple):
    """One place in the response group: `commander`, or `quality.2` where a role has several."""

    name: str
    role: str
    number: int


class Candidate(NamedTuple):
    """Somebody who may take a seat; `as_b` where they are called because another was silent."""

    person: str
    team: str
    as_b: bool


class Week(NamedTuple):
    """From one hand-over to the next: `until` is the first instant that is no longer covered. Milliseconds UTC."""

    number: int
    since: int
    until: int


def seats_of(roster: Roster, role: str) -> tuple[Seat, ...]:
    """The seats of a role, in order."""
    count = roster.roles[role].seats
    if count == 1:
        return (Seat(role, role, 1),)
    return tuple(Seat(f"{role}.{number}", role, number) for number in range(1, count + 1))


def seat_named(name: str) -> Seat:
    """The seat a name stands for: number 2 of `quality` for `quality.2`, the only one of `commander`."""
    role, dot, number = name.rpartition(".")
    return Seat(name, role, int(number)) if dot and number.isdigit() else Seat(name, name, 1)


def role_of(seat: str) -> str:
    """The role of a seat: `quality` of `quality.2`."""
    return seat_named(seat).role


def week_at(roster: Roster, at: int) -> Week:
    """The week an instant lies in. The first one has number 0; those before `starts` have negative numbers."""
    local = datetime.fromtimestamp(at / SECOND, UTC).astimezone(ZoneInfo(roster.zone)).date()
    number = (local - _first_day(roster)) // _WEEK
    while _handover(roster, number) > at:
        number -= 1
    while _handover(roster, number + 1) <= at:
        number += 1
    return Week(number, _handover(roster, number), _handover(roster, number + 1))


def team_on_duty(roster: Roster, at: int) -> str:
    """The team on duty at an instant (milliseconds UTC): always exactly one, whatever the overrides."""
    return _teams_at(roster, at)[0]


def candidates(roster: Roster, seat: Seat, at: int) -> tuple[Candidate, ...]:
    """Who is called for a seat, in order: A, B, then A and B of the other teams in their turn; nobody twice."""
    standing_in = stand_ins(roster, at)
    called: dict[str, Candidate] = {}
    for team in _teams_at(roster, at):
        pair = pair_of(roster, team, seat)
        for person, as_b in ((pair.a, False), (pair.b, True)) if pair else ():
            who = standing_in.get(person, person)
            called.setdefault(who, Candidate(who, team, as_b))
    return tuple(called.values())


def on_duty(roster: Roster, role: str, at: int) -> tuple[str, ...]:
    """The A of each seat of a role at an instant, for a rung of an escalation chain that names the role."""
    called = (candidates(roster, seat, at) for seat in seats_of(roster, role))
    return tuple(dict.fromkeys(first[0].person for first in called if first))


def pair_of(roster: Roster, team: str, seat: Seat) -> Pair | None:
    """Who takes a seat in a team, before overrides; None where the team has no such seat."""
    pairs = roster.teams[team].seats.get(seat.role, ())
    return pairs[seat.number - 1] if seat.number <= len(pairs) else None


def stand_ins(roster: Roster, at: int) -> Mapping[str, str]:
    """Who stands in for whom at an instant. Not passed on: two people may stand in for each other and so swap."""
    return {
        override.person: override.instead
        for override in roster.overrides
        if override.person is not None and override.instead is not None and _covers(roster, override, at)
    }


def turns(roster: Roster, since: int, until: int) -> tuple[int, ...]:
    """`since`, and each later instant before `until` at which somebody else may be on duty, in order."""
    moments = {since}
    week = week_at(roster, since)
    while week.until < until:
        moments.add(week.until)
        week = week_at(roster, week.until)
    for override in roster.overrides:
        moments |= {moment for moment in span_of(roster, override) if since < moment < until}
    return tuple(sorted(moments))


def span_of(roster: Roster, override: Override) -> tuple[int, int]:
    """The instants an override begins and ends at; empty where the clock skips all of it."""
    return _instant(roster, override.since), _instant(roster, override.until)


def _teams_at(roster: Roster, at: int) -> tuple[str, ...]:
    """The team on duty, the others in the order of the rotation, then those that have no turn."""
    turn = week_at(roster, at).number % len(roster.rotation)
    ordered = [*roster.rotation[turn:], *roster.rotation[:turn], *roster.teams]
    for override in roster.overrides:  # a later one comes first: it wins
        if override.team is not None and _covers(roster, override, at):
            ordered.insert(0, override.team)
    return tuple(dict.fromkeys(ordered))


def _covers(roster: Roster, override: Override, at: int) -> bool:
    since, until = span_of(roster, override)
    return since <= at < until


def _first_day(roster: Roster) -> date:
    """The day of the first hand-over: `starts`, or the first hand-over day after it."""
    return roster.starts + timedelta(days=(WEEKDAYS.index(roster.handover.day) - roster.starts.weekday()) % 7)


def _handover(roster: Roster, number: int) -> int:
    return _instant(roster, datetime.combine(_first_day(roster) + number * _WEEK, roster.handover.at))


def _instant(roster: Roster, wall_clock: datetime) -> int:
    return int(wall_clock.replace(tzinfo=ZoneInfo(roster.zone), fold=0).timestamp() * SECOND)
