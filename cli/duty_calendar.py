"""A person's turns as a calendar that programs of all makes read (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from shared.adapters.language import Reader, reader
from shared.domain.duties import Duty
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.domain.roster_policy import Roster

_EVERY = timedelta(hours=6)
"""How often a program should ask for it anew: an override of today is for today."""

_WORDS = {"en": ("On call", " for {}"), "zh-CN": ("应急值班", "（代{}）")}


def duty_calendar(policy: Policy, roster: Roster, person: str, duties: Iterable[Duty], now: int) -> bytes:
    """The calendar of a person of the directory, in their language; times are instants, so that no zone can shift them.

    An event keeps its UID for as long as the turn begins when it does, whenever the calendar is written: programs
    change the one they have. `now` is when it is written, milliseconds UTC.
    """
    reads = reader(policy, person)
    calendar = Calendar()
    calendar.add("prodid", "-//Tocsin//roster//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", f"{_WORDS[reads.locale][0]}: {policy.people[person].name}")
    calendar.add("x-wr-calname", f"{_WORDS[reads.locale][0]}: {policy.people[person].name}")
    calendar.add("refresh-interval", _EVERY, parameters={"value": "DURATION"})
    for duty in duties:
        calendar.add_component(_turn(policy, roster, person, duty, reads, now))
    written: bytes = calendar.to_ical()
    return written


def _turn(policy: Policy, roster: Roster, person: str, duty: Duty, reads: Reader, now: int) -> Event:
    event = Event()
    place = "B" if duty.as_b else "A"
    role = reads.named(roster.roles[duty.seat.role].name, duty.seat.role)
    number = f" {duty.seat.number}" if roster.roles[duty.seat.role].seats > 1 else ""
    instead = ""
    if duty.instead_of is not None:
        known = policy.people.get(duty.instead_of)
        instead = _WORDS[reads.locale][1].format(known.name if known else duty.instead_of)
    team = reads.named(roster.teams[duty.team].name, duty.team)
    event.add("uid", f"{_time(duty.since):%Y%m%dT%H%M%SZ}-{duty.seat.name}-{place.lower()}-{person}@tocsin")
    event.add("dtstamp", _time(now))
    event.add("dtstart", _time(duty.since))
    event.add("dtend", _time(duty.until))
    event.add("summary", f"{role}{number} {place}{instead}, {team}")
    event.add("description", f"{duty.seat.name} {place}, {duty.team}")
    event.add("transp", "TRANSPARENT")  # on call is not busy
    return event


def _time(instant: int) -> datetime:
    return datetime.fromtimestamp(instant // SECOND, UTC)
