"""Whether the roster holds for the weeks to come (B5): two complete teams at any time, everybody fit to be called.

A policy is checked once, when it is written; this is checked every day, because qualifications run out and overrides
begin by themselves. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.domain.finding import Finding, Path
from shared.domain.instants import DAY, SECOND
from shared.domain.policy import Policy
from shared.domain.roster import seats_of, stand_ins, turns
from shared.domain.roster_policy import Roster

COMPLETE_TEAMS = 2
"""On standby at any time (B5)."""
DAYS_AHEAD = 90

_Fault = tuple[Path, str]


def roster_findings(policy: Policy, at: int, days: int = DAYS_AHEAD) -> tuple[Finding, ...]:
    """What is wrong at any time of the `days` from `at` (milliseconds UTC) on, and from when to when.

    At least two teams are complete: every seat has an A and a B, not the same person, who are in the directory, can be
    reached and are qualified then; and nobody sits in two seats. Overrides are applied. Without a roster: nothing.
    """
    roster = policy.roster
    if roster is None:
        return ()
    end = at + days * DAY
    lasting: dict[_Fault, int] = {}
    found: list[tuple[int, _Fault, int]] = []
    moments = sorted({*turns(roster, at, end), *_expiries(policy, roster, at, end)})
    for moment in moments:
        faults = dict.fromkeys(_faults(policy, roster, moment))
        found += [(since, fault, moment) for fault, since in lasting.items() if fault not in faults]
        lasting = {fault: lasting.get(fault, moment) for fault in faults}
    found += [(since, fault, end) for fault, since in lasting.items()]
    zone = ZoneInfo(roster.zone)
    return tuple(
        Finding(path, f"{message}, from {_written(since, zone)} to {_written(until, zone)}")
        for since, (path, message), until in sorted(found, key=lambda each: each[0])
    )


def _faults(policy: Policy, roster: Roster, at: int) -> Iterator[_Fault]:
    """What is wrong at one instant."""
    standing_in = stand_ins(roster, at)
    complete = []
    for team in roster.teams:
        faults = list(_faults_of_team(policy, roster, team, standing_in, at))
        yield from faults
        if not faults:
            complete.append(team)
    if len(complete) < COMPLETE_TEAMS:
        there = f"only {', '.join(complete)} is" if complete else "no team is"
        yield ("roster", "teams"), f"{there} complete: there must be {COMPLETE_TEAMS}"
    yield from _in_two_seats(roster, standing_in)
    yield from _passed_on(roster, standing_in)


def _faults_of_team(
    policy: Policy, roster: Roster, team: str, standing_in: Mapping[str, str], at: int
) -> Iterator[_Fault]:
    day = datetime.fromtimestamp(at / SECOND, UTC).astimezone(ZoneInfo(roster.zone)).date()
    for role in roster.roles:
        pairs = roster.teams[team].seats.get(role, ())
        for seat in seats_of(roster, role)[len(pairs) :]:
            yield ("roster", "teams", team, "seats"), f"seat {seat.name} has nobody"
        for index, pair in enumerate(pairs):
            here: Path = ("roster", "teams", team, "seats", role, index)
            sitting = {field: standing_in.get(person, person) for field, person in (("a", pair.a), ("b", pair.b))}
            if sitting["a"] == sitting["b"]:
                yield here, f"'{sitting['a']}' is both A and B"
            for field, person in sitting.items():
                known = policy.people.get(person)
                if known is None:
                    yield (*here, field), f"'{person}' is not in the directory"
                elif not known.reachable_by:
                    yield (*here, field), f"'{person}' cannot be reached"
                elif not known.qualified_on(day):
                    message = f"'{person}' is in a seat of {team} and was qualified until {known.qualified_until}"
                    yield ("people", person, "qualified_until"), message


def _in_two_seats(roster: Roster, standing_in: Mapping[str, str]) -> Iterator[_Fault]:
    seats: dict[str, list[str]] = {}
    for team, rules in roster.teams.items():
        for role, pairs in rules.seats.items():
            for index, pair in enumerate(pairs, 1):
                where = f"{role}.{index} of {team}" if len(pairs) > 1 else f"{role} of {team}"
                for person in dict.fromkeys(standing_in.get(each, each) for each in (pair.a, pair.b)):
                    seats.setdefault(person, []).append(where)
    for person, places in seats.items():
        if len(places) > 1:
            yield ("roster", "teams"), f"'{person}' is in {len(places)} seats: {', '.join(places)}"


def _passed_on(roster: Roster, standing_in: Mapping[str, str]) -> Iterator[_Fault]:
    """Whoever stands in for somebody is away too, unless they all change places among themselves."""
    for index, override in enumerate(roster.overrides):
        person, instead = override.person, override.instead
        if person is None or instead is None or standing_in.get(person) != instead or instead not in standing_in:
            continue
        if not _comes_back(person, standing_in):
            message = f"'{instead}' stands in for '{person}', but '{standing_in[instead]}' stands in for '{instead}'"
            yield ("roster", "overrides", index, "instead"), message


def _comes_back(person: str, standing_in: Mapping[str, str]) -> bool:
    at = person
    for _ in standing_in:
        at = standing_in.get(at, "")
        if at == person:
            return True
    return False


def _expiries(policy: Policy, roster: Roster, since: int, until: int) -> Iterator[int]:
    """The midnights between two instants at which somebody's qualification is over."""
    zone = ZoneInfo(roster.zone)
    last = datetime.fromtimestamp(until / SECOND, UTC).astimezone(zone).date()
    for day in {person.qualified_until for person in policy.people.values()}:
        if day is not None and day < last:
            midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
            if since < (moment := int(midnight.timestamp() * SECOND)) < until:
                yield moment


def _written(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).astimezone(zone).isoformat(timespec="minutes")
