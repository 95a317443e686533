"""The brief: what somebody who comes into a crisis has to know, in their language and their zone.

One shape for the e-mail, the page behind a link and the console. It holds names and no contacts (I12).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.adapters.crisis_names import grade_name, kind_name, seat_name
from shared.adapters.incident_sheet import (
    ClockLine,
    authority,
    level_name,
    line_of,
    person_name,
    rung_name,
    rung_of,
)
from shared.adapters.language import Reader
from shared.adapters.statement_line import StatementLine, statement_line
from shared.domain.crisis import Crisis, JoinedComplaint, SeatCall
from shared.domain.crisis_policy import COMMANDER, MET_BY_QUORUM
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.domain.sms import cut, one_line

MOST_JOINED = 20
_LONGEST_JOINED = 120

SeatState = Literal["taken", "called", "empty"]


class Fact(NamedTuple):
    """One thing that is known: what it is called, and what it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SeatLine:
    """One seat of the response group.

    Attributes:
        seat: its id, `quality.2`; name: in words; role: its id.
        person: id of who is in, or who is called and has not answered; who: their name. Empty where nobody is.
        detail: the state in words, with the name.
        until: when whoever is called has had their time, in milliseconds UTC.
    """

    seat: str
    name: str
    role: str
    state: SeatState
    person: str
    who: str
    detail: str
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CrisisSheet:
    """A crisis as one reader sees it; instants are in the reader's zone, those named `_at` milliseconds UTC.

    Attributes:
        grade: its id, `red`; grade_name: in words.
        facts: what is known of the complaint, the money at stake among it.
        money_cny: at stake in this case and the joined ones together.
        standing: as whom the reader decides; may: what, by themselves (B3).
        joined: other complaints about the matter, case and summary; joined_more: how many further ones there are.
        seats: of the response group; guests, invited: names of people beyond them, in and asked.
        milestones: in the order of their deadlines; statements: in the order of publication.
        over: when it was stood down, "" while it is on.
    """

    case: str
    summary: str
    kind: str
    level: str
    drill: bool
    grade: str
    grade_name: str
    since: str
    since_at: int
    declared_by: str
    facts: tuple[Fact, ...]
    money_cny: float
    standing: str
    may: str
    joined: tuple[Fact, ...]
    joined_more: int
    seats: tuple[SeatLine, ...]
    guests: tuple[str, ...]
    invited: tuple[str, ...]
    milestones: tuple[ClockLine, ...]
    statements: tuple[StatementLine, ...]
    over: str
    zone: str

    @property
    def seated(self) -> tuple[SeatLine, ...]:
        """Seats somebody is in."""
        return tuple(line for line in self.seats if line.state == "taken")

    @property
    def open_seats(self) -> tuple[SeatLine, ...]:
        """Seats nobody is in."""
        return tuple(line for line in self.seats if line.state != "taken")


def crisis_sheet(incident: Incident, policy: Policy, reader: Reader, person: str, now: int) -> CrisisSheet | None:
    """The brief for a person, None where there is no crisis.

    Args:
        incident: the one the crisis was declared on.
        policy: the rules it was opened under, with the people and the roster of today (I10).
        reader: in which language and zone; person: whose authority is told.
        now: milliseconds UTC.
    """
    crisis = incident.course.crisis
    if crisis is None:
        return None
    standing, may = _authority(incident, policy, reader, person, now)
    calls, invited = (incident.group.seats, incident.group.invited) if incident.group else ((), ())
    return CrisisSheet(
        case=one_line(incident.subject),
        summary=one_line(incident.summary),
        kind=kind_name(policy, crisis, reader),
        level=level_name(policy, incident.course.level, reader),
        drill=incident.drill,
        grade=crisis.grade,
        grade_name=grade_name(crisis.grade, reader),
        since=reader.moment(crisis.since, now),
        since_at=crisis.since,
        declared_by=person_name(policy, crisis.declared_by),
        facts=_facts(incident, crisis, reader),
        money_cny=_money(incident, crisis),
        standing=standing,
        may=may,
        joined=tuple(_joined(each, reader) for each in crisis.joined[:MOST_JOINED]),
        joined_more=max(0, len(crisis.joined) - MOST_JOINED),
        seats=tuple(_seat(call, crisis, policy, reader, now) for call in calls),
        guests=tuple(person_name(policy, guest) for guest in crisis.guests),
        invited=tuple(person_name(policy, guest) for guest in invited),
        milestones=_milestones(incident, reader, now),
        statements=tuple(statement_line(each, incident, policy, reader, now) for each in incident.statements),
        over="" if crisis.over_at is None else reader.moment(crisis.over_at, now),
        zone=reader.offset(now),
    )


def _facts(incident: Incident, crisis: Crisis, reader: Reader) -> tuple[Fact, ...]:
    known, words = incident.course.known, reader.words
    said = {name: one_line(getattr(known, name) or "") for name in ("store", "product", "region", "category")}
    said["scope"] = words.scopes.get(known.scope, "")
    own, together = known.amount_cny or 0, _money(incident, crisis)
    if together:
        said["money"] = words.brief["cny"].format(amount=money(together))
    if together != own:
        said["money"] += words.brief["with_joined"].format(own=money(own), joined=money(together - own))
    said["reposts"] = f"{known.reposts:,.0f}" if known.reposts else ""
    return tuple(Fact(name, said[key]) for key, name in words.facts.items() if said.get(key))


def money(amount: float) -> str:
    """An amount as it is read: `1,250,000`, with cents only where there are any."""
    return f"{amount:,.2f}".removesuffix(".00")


def _money(incident: Incident, crisis: Crisis) -> float:
    return (incident.course.known.amount_cny or 0) + sum(each.amount_cny or 0 for each in crisis.joined)


def _joined(complaint: JoinedComplaint, reader: Reader) -> Fact:
    said = [cut(one_line(complaint.summary), _LONGEST_JOINED)] if complaint.summary else []
    if complaint.amount_cny:
        said.append(reader.words.brief["cny"].format(amount=money(complaint.amount_cny)))
    return Fact(one_line(complaint.case or complaint.complaint), reader.words.punctuation["clause"].join(said))


def _authority(incident: Incident, policy: Policy, reader: Reader, person: str, now: int) -> tuple[str, str]:
    """As whom somebody decides and what: the commander as the top of the chain, others as the rung they stand on."""
    crisis, group, rungs = incident.course.crisis, incident.group, policy.chains.get(incident.chain, ())
    calls = group.seats if group else ()
    commands = (crisis.person_in(COMMANDER) if crisis else None) or next(
        (call.asked[-1] for call in calls if call.seat == COMMANDER and call.asked), None
    )
    rung = rungs[-1] if rungs and person == commands else rung_of(incident, policy, person, now=now)
    if rung is None:
        return "", str(reader.words.brief["no_authority"])
    return rung_name(rung, reader), authority(rung, reader)


def _seat(call: SeatCall, crisis: Crisis, policy: Policy, reader: Reader, now: int) -> SeatLine:
    state: SeatState = "empty"
    person = crisis.person_in(call.seat)
    if person is not None:
        state = "taken"
    elif call.asked and call.window_end is not None:
        state, person = "called", call.asked[-1]
    until = call.window_end if state == "called" else None
    who = person_name(policy, person)
    detail = reader.words.seats[state].format(name=who, until=reader.moment(until, now) if until else "")
    name = seat_name(policy, call.seat, reader)
    return SeatLine(call.seat, name, call.role, state, person or "", who, detail, until)


def _milestones(incident: Incident, reader: Reader, now: int) -> tuple[ClockLine, ...]:
    clocks = (clock for clock in incident.course.clocks if clock.milestone or clock.name in MET_BY_QUORUM)
    kept = [clock for clock in clocks if clock.verdict != "cancelled"]
    over = incident.course.phase == "closed" and not incident.in_crisis
    return tuple(line_of(clock, reader, now, over=over) for clock in sorted(kept, key=lambda clock: clock.deadline))
