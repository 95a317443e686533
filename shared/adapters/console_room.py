"""The crisis room as its reader sees it: everything the page shows, in words, before it is drawn."""

from typing import Any, NamedTuple

from shared.adapters.console_seen import FileSeen, RoomSeen, with_today
from shared.adapters.console_statement import StatementShown, statements_shown
from shared.adapters.crisis_names import grade_name, kind_name, seat_name
from shared.adapters.crisis_sheet import CrisisSheet, SeatLine, crisis_sheet
from shared.adapters.incident_sheet import ClockLine, line_of, person_name
from shared.adapters.language import Reader
from shared.adapters.timeline_words import Happening, newest_first
from shared.domain.crisis import GUEST, Crisis
from shared.domain.crisis_course import is_met_by_group
from shared.domain.crisis_policy import GRADES, MET_BY_QUORUM
from shared.domain.directory import Directory
from shared.domain.incident import Clock, Incident
from shared.domain.policy import Policy
from shared.domain.response_group import is_leading, seat_called_for
from shared.domain.sms import one_line

MOST_HAPPENINGS = 40
_KILO = 1024


class Part(NamedTuple):
    """What is asked of the reader: `called`, `late_call`, `invited`, `in`, `guest` or `looking`."""

    state: str
    text: str
    until: int | None = None


class SeatShown(NamedTuple):
    """A seat with what came before: who was asked, who said no, and whether it is the reader's."""

    line: SeatLine
    before: str
    mine: bool


class MilestoneShown(NamedTuple):
    """A milestone; `id` is what a form names it by, None where nobody reports it."""

    line: ClockLine
    id: str | None
    by_group: bool


class Shown(NamedTuple):
    """The whole room.

    Attributes:
        leads: whether inviting, seating and standing down are the reader's to do; reports: milestones.
        part_of: the crisis of another complaint that this one was joined to.
    """

    incident: Incident
    sheet: CrisisSheet | None
    part: Part | None
    may_confirm: bool
    may_leave: bool
    leads: bool
    reports: bool
    part_of: str | None
    seats: tuple[SeatShown, ...]
    milestones: tuple[MilestoneShown, ...]
    statements: tuple[StatementShown, ...]
    files: tuple[tuple[str, str, str], ...]
    happenings: tuple[Happening, ...]
    people: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]


def room_shown(seen: RoomSeen, reading: Reader, words: Any) -> Shown:
    """Everything the page says, in the words of its reader."""
    policy = with_today(seen.rules, seen.today)
    sheet = crisis_sheet(seen.incident, policy, reading, seen.person, seen.now)
    standing = Directory(seen.today, seen.rules).standing(seen.incident.chain, seen.person, seen.now)
    incident, crisis = seen.incident, seen.incident.course.crisis
    called = seat_called_for(incident, seen.person) if crisis and crisis.is_on else None
    inside = crisis is not None and seen.person in crisis.members
    return Shown(
        incident=incident,
        sheet=sheet,
        part=_part(incident, crisis, seen, policy, reading, words, called) if crisis and crisis.is_on else None,
        may_confirm=called is not None and not inside,
        may_leave=crisis is not None and crisis.is_on and inside,
        leads=is_leading(incident, seen.person, standing, len(policy.chains[incident.chain])),
        reports=inside or standing > 0,
        part_of=incident.course.part_of,
        seats=_seats(seen, sheet, policy, reading, words) if sheet else (),
        milestones=_milestones(incident, policy, reading, seen.now),
        statements=statements_shown(seen, sheet, policy, reading, words) if sheet else (),
        files=tuple(_file(file, policy, reading, words, seen.now) for file in seen.files),
        happenings=newest_first(seen.entries, incident, policy, reading, seen.now, most=MOST_HAPPENINGS),
        people=tuple(
            sorted(
                ((name, one_line(one.name)) for name, one in seen.today.real_people.items()), key=lambda pair: pair[1]
            )
        ),
        grades=tuple((grade, grade_name(grade, reading)) for grade in reversed(GRADES)),
        kinds=tuple((kind, kind_name(policy, Crisis(kind, "blue", 0), reading)) for kind in policy.crises),
    )


def _part(
    incident: Incident, crisis: Crisis, seen: RoomSeen, policy: Policy, reading: Reader, words: Any, called: str | None
) -> Part:
    mine = [seat for seat, person in crisis.seated if person == seen.person]
    if mine:
        seats = reading.several([seat_name(policy, seat, reading) for seat in mine])
        return Part("in", words.room["in"].format(seat=seats))
    if seen.person in crisis.guests:
        return Part("guest", words.room["guest"])
    if called == GUEST:
        return Part("invited", words.room["invited"])
    if called is None:
        return Part("looking", words.room["looking"])
    call = next((seat for seat in incident.group.seats if seat.seat == called), None) if incident.group else None
    name = seat_name(policy, called, reading)
    if call and call.window_end is not None and call.asked[-1:] == (seen.person,):
        until = reading.moment(call.window_end, seen.now)
        return Part("called", words.room["called"].format(seat=name, until=until), call.window_end)
    return Part("late_call", words.room["late_call"].format(seat=name))


def _seats(seen: RoomSeen, sheet: CrisisSheet, policy: Policy, reading: Reader, words: Any) -> tuple[SeatShown, ...]:
    calls = {call.seat: call for call in seen.incident.group.seats} if seen.incident.group else {}
    first: dict[str, int] = {}
    for entry in seen.entries:
        if entry.kind == "paged" and entry.data.get("rung") in calls:
            first.setdefault(str(entry.data["rung"]), entry.at)
    shown = []
    for line in sheet.seats:
        call, parts = calls[line.seat], []
        if line.seat in first and line.state != "taken":
            parts.append(words.room["called_first"].format(when=reading.moment(first[line.seat], seen.now)))
        asked = [name for name in call.asked if name not in (*call.declined, line.person)]
        if asked and line.state != "taken":
            names = reading.several([person_name(policy, name) for name in asked])
            parts.append(words.room["asked"].format(names=names))
        if call.declined:
            names = reading.several([person_name(policy, name) for name in call.declined])
            parts.append(words.room["declined"].format(names=names))
        before = str(reading.words.punctuation["clause"]).join(parts)
        shown.append(SeatShown(line, before, line.person == seen.person))
    return tuple(shown)


def _milestones(incident: Incident, policy: Policy, reading: Reader, now: int) -> tuple[MilestoneShown, ...]:
    course = incident.course
    clocks = [clock for clock in course.clocks if clock.milestone or clock.name in MET_BY_QUORUM]
    over = course.phase == "closed" and not incident.in_crisis
    return tuple(
        _milestone(clock, incident, policy, line_of(clock, reading, now, over=over))
        for clock in sorted(clocks, key=lambda clock: clock.deadline)
        if clock.verdict != "cancelled"
    )


def _milestone(clock: Clock, incident: Incident, policy: Policy, line: ClockLine) -> MilestoneShown:
    by_group = is_met_by_group(incident.course, clock, policy)
    wants = clock.verdict == "running" or clock.is_owed
    return MilestoneShown(line, clock.name if wants and not by_group else None, by_group and wants)


def _file(file: FileSeen, policy: Policy, reading: Reader, words: Any, now: int) -> tuple[str, str, str]:
    """Name, hash, and the line that says the rest."""
    by = person_name(policy, file.by)
    line = words.room["file"].format(
        name=one_line(file.name), size=_size(file.size, words), by=by, when=reading.moment(file.at, now)
    )
    return one_line(file.name), file.sha256, line


def _size(count: int, words: Any) -> str:
    if count < _KILO:
        return str(words.sizes["b"].format(n=count))
    if count < _KILO * _KILO:
        return str(words.sizes["k"].format(n=round(count / _KILO)))
    return str(words.sizes["m"].format(n=round(count / _KILO / _KILO, 1)))
