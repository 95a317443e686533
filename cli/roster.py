"""`tocsin roster`: who is on duty, whether it holds for the weeks to come, and each person's calendar (B5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.duty_calendar import duty_calendar
from cli.paper import paper
from cli.refuse import FAILED, refuse
from shared.adapters import marked_yaml
from shared.adapters.policy_yaml import PolicyError, dotted, load, read_text, shipped
from shared.adapters.system_time import SystemTime
from shared.domain.duties import duties_of
from shared.domain.finding import Path as PolicyPath
from shared.domain.instants import DAY, SECOND, format_instant, parse_instant
from shared.domain.policy import Policy
from shared.domain.roster import Seat, candidates, pair_of, seats_of, stand_ins, team_on_duty, turns
from shared.domain.roster_check import DAYS_AHEAD, roster_findings
from shared.domain.roster_policy import Roster

app = typer.Typer(name="roster", help="Who is on duty for a crisis: teams, seats, turns.", no_args_is_help=True)

_YEAR = 366 * DAY
_HALF_A_YEAR = 26 * 7

Source = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="NAME-OR-FILE",
        help=f"A policy of the disk; without it, today's of the stage. Shipped: {', '.join(shipped())}.",
    ),
]
At = Annotated[str, typer.Option("--at", metavar="TIME", help="RFC 3339; without it, now.")]


class _Read(NamedTuple):
    """A policy with a roster.

    Attributes:
        name: what to call it; text: as it is written, empty where it was read from a stage.
    """

    name: str
    policy: Policy
    roster: Roster
    text: str = ""


@app.command()
def show(
    at: At = "",
    source: Source = "",
    as_json: Annotated[bool, typer.Option("--json", help="Prints JSON.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Show who is in which seat at a time, A and B, and who is called when both are silent."""
    moment, read = _moment(at), _read(source, stage)
    told = _told(read, moment)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    until = f", until {_local(read, parse_instant(told['until']))}" if told["until"] else ""
    typer.echo(f"{told['team']} is on duty at {_local(read, moment)}{until} ({read.roster.zone})")
    table = Table("seat", "A", "B", "then")
    for seat in told["seats"]:
        table.add_row(seat["seat"], *(_shown(seat.get(place)) for place in ("a", "b")), escape(", ".join(seat["then"])))
    paper().print(table)


@app.command("check")
def check_roster(
    at: At = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = DAYS_AHEAD,
    source: Source = "",
    stage: StageOption = LOCAL,
) -> None:
    """Check that two complete teams stand ready at any time of the next 90 days; exit code 1 where not.

    Complete: every seat has an A and a B, two people who can be reached, whose qualification has not run out, and who
    are in no other seat.
    """
    moment, read = _moment(at), _read(source, stage)
    findings = roster_findings(read.policy, moment, days)
    for finding in findings:
        typer.echo(f"{_place(read, finding.path)}: {finding.message}", err=True)
    if findings:
        refuse(f"{read.name}: {len(findings)} {'finding' if len(findings) == 1 else 'findings'}", FAILED)
    until = format_instant(moment + days * DAY)
    typer.echo(f"{read.name}: good, {len(read.roster.teams)} teams from {format_instant(moment)} to {until}")


@app.command()
def ical(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="An id of the policy's `people`.")],
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Without it: stdout.")] = None,
    at: At = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look ahead.")] = _HALF_A_YEAR,
    source: Source = "",
    stage: StageOption = LOCAL,
) -> None:
    """Write a person's turns as a calendar (iCalendar), from this week on: publish it, and phones subscribe to it."""
    moment, read = _moment(at), _read(source, stage)
    if person not in read.policy.people:
        close = get_close_matches(person, read.policy.people, n=1)
        refuse(f"{read.name} has no person '{person}'" + (f"; did you mean '{close[0]}'?" if close else ""), FAILED)
    turns_of = duties_of(read.roster, person, moment, moment + days * DAY)
    written = duty_calendar(read.policy, read.roster, person, turns_of, moment)
    if not turns_of:
        typer.echo(f"{person} is in no seat in these {days} days", err=True)
    if out is None:
        typer.echo(written.decode(), nl=False)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        refuse(f"{out}: cannot be written ({error.strerror})")


def _moment(at: str) -> int:
    if not at:
        return SystemTime().now()
    try:
        return parse_instant(at)
    except ValueError as error:
        refuse(f"--at {error}")


def _read(source: str, stage: str) -> _Read:
    """The policy that was named, else today's of the stage; ends the command where it has no roster."""
    if source:
        try:
            (name, text), policy = read_text(source), load(source)
        except PolicyError as error:
            refuse(str(error))
    else:
        with reaching(stage):
            name, policy = find(stage).policies().current()
        text = ""
    if policy.roster is None:
        refuse(f"{name} has no roster", FAILED)
    return _Read(name, policy, policy.roster, text)


def _local(read: _Read, at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, ZoneInfo(read.roster.zone)).isoformat(timespec="minutes")


def _told(read: _Read, at: int) -> dict[str, Any]:
    roster = read.roster
    team = team_on_duty(roster, at)
    return {
        "at": format_instant(at),
        "team": team,
        "until": next(
            (format_instant(turn) for turn in turns(roster, at, at + _YEAR) if team_on_duty(roster, turn) != team), None
        ),
        "seats": [_seat(read, seat, team, at) for role in roster.roles for seat in seats_of(roster, role)],
    }


def _seat(read: _Read, seat: Seat, team: str, at: int) -> dict[str, Any]:
    pair, standing_in = pair_of(read.roster, team, seat), stand_ins(read.roster, at)
    sitting = {place: _sitting(read, getattr(pair, place), standing_in, at) for place in ("a", "b")} if pair else {}
    here = {each["person"] for each in sitting.values()}
    called = (each.person for each in candidates(read.roster, seat, at))
    return {"seat": seat.name, **sitting, "then": [person for person in called if person not in here]}


def _sitting(read: _Read, named: str, standing_in: Mapping[str, str], at: int) -> dict[str, Any]:
    who = standing_in.get(named, named)
    known = read.policy.people.get(who)
    day = datetime.fromtimestamp(at / SECOND, ZoneInfo(read.roster.zone)).date()
    return {
        "person": who,
        "name": known.name if known else None,
        "instead_of": named if who != named else None,
        "reachable": known is not None and bool(known.reachable_by),
        "qualified": known is not None and known.qualified_on(day),
    }


def _shown(sitting: dict[str, Any] | None) -> str:
    if sitting is None:
        return "nobody"
    notes = [f"for {sitting['instead_of']}"] if sitting["instead_of"] else []
    notes += [f"not {what}" for what in ("reachable", "qualified") if not sitting[what]]
    return escape(f"{sitting['person']} ({', '.join(notes)})" if notes else sitting["person"])


def _place(read: _Read, path: PolicyPath) -> str:
    """Where to look: the line too, where there is a file."""
    return f"{read.name}:{marked_yaml.read(read.text).line(path)}: {dotted(path)}" if read.text else dotted(path)
