"""What became of a crisis: what was due when, what happened when, who did it and how late (D1, D4).

All of it is read from the timeline, under the rules the incident was opened with: its records are folded once more,
and the rest is what was entered. The incident itself tells only how its newest statements are numbered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from shared.domain.course import missed_by, refold
from shared.domain.crisis import Crisis
from shared.domain.group_story import CALLED, Call, SeatStory, seat_stories
from shared.domain.incident import Clock, Course, Incident, Verdict
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.statement_story import StatementStory, statement_stories
from shared.domain.timeline import Line, records_on

_FIGURES = ("scope", "amount_cny", "reposts")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A clock and what became of it.

    Attributes:
        since: when it began to run (for one that was stopped or shortened: when it would have).
        done_at: when its event came, in time or late; by: whose it was, where one person's.
        late: by how much; where nobody did it, up to now or the end of the crisis; 0 for in time.
    """

    name: str
    milestone: bool
    since: int
    due: int
    verdict: Verdict
    done_at: int | None
    late: int
    by: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Grading:
    """The crisis at a grade from an instant on; `by` where a person declared it."""

    at: int
    grade: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What was known of scope, money and heat from an instant on; `complaint`: of one that joined."""

    at: int
    scope: str | None = None
    amount_cny: float | None = None
    reposts: float | None = None
    complaint: str | None = None


@dataclass(frozen=True, slots=True)
class Paging:
    """People who were asked to act by one step: whom, and for which rung or seat.

    Attributes:
        late: how much later than it was due it was made (an outage).
        about: the clocks, the seats or the statement.
    """

    at: int
    late: int
    reason: str
    about: tuple[str, ...]
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EvidenceNote:
    """A file that was added."""

    at: int
    by: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """The after-action report of an incident. Instants are milliseconds UTC, spans milliseconds.

    Attributes:
        as_of: when it was made; what still runs is counted up to then.
        crisis: None where it never was one.
        quorum_at: when enough of every role were in.
        ended_by, reason: who stood it down, and why.
        pages: to the escalation chain and to members about what was late; calls for seats stand with the seats.
        lines, head: of the timeline this was read from: number and last hash.
    """

    incident: Incident
    as_of: int
    opened_at: int
    crisis: Crisis | None
    gradings: tuple[Grading, ...]
    figures: tuple[Figures, ...]
    deadlines: tuple[Deadline, ...]
    seats: tuple[SeatStory, ...]
    quorum_at: int | None
    statements: tuple[StatementStory, ...]
    pages: tuple[Paging, ...]
    evidence: tuple[EvidenceNote, ...]
    lines: int
    head: str
    ended_by: str | None = None
    reason: str = ""

    @property
    def began_at(self) -> int:
        """When what is reported began: the matter, else the complaint."""
        return self.crisis.since if self.crisis else self.opened_at

    @property
    def ended_at(self) -> int | None:
        """When the crisis was stood down."""
        return self.crisis.over_at if self.crisis else None

    @property
    def silent(self) -> tuple[tuple[str, Call], ...]:
        """Who was called and never answered, with the seat."""
        return tuple((story.seat, call) for story in self.seats for call in story.calls if call.answer == "silent")


def after_action(incident: Incident, lines: Sequence[Line], policy: Policy, now: int) -> Report:
    """The report of an incident, as of `now`; `policy` are the rules it was opened under.

    Raises:
        ValueError: the timeline does not begin with a complaint.
    """
    records = records_on(lines)
    if not records:
        raise ValueError(f"the timeline of {incident.id} holds no events")
    course = missed_by(refold(records, policy), now - 1)
    entries = tuple(entry for line in lines for entry in line.entries)
    ended = _last(entries, "crisis.stood_down") if course.crisis and not course.crisis.is_on else None
    return Report(
        incident=incident,
        as_of=now,
        opened_at=course.opened_at,
        crisis=course.crisis,
        gradings=tuple(
            Grading(entry.at, entry.data["grade"], entry.data.get("by")) for entry in entries if entry.kind == "graded"
        ),
        figures=_figures(entries),
        deadlines=_deadlines(course, entries, now),
        seats=seat_stories(entries),
        quorum_at=next((entry.at for entry in entries if entry.kind == "quorum"), None),
        statements=statement_stories(incident, entries, policy, now),
        pages=_pages(entries),
        evidence=tuple(_evidence(entry) for entry in entries if entry.kind == "evidence.added"),
        lines=len(lines),
        head=lines[-1].hash,
        ended_by=said(ended).get("by") if ended else None,
        reason=said(ended).get("reason", "") if ended else "",
    )


def said(entry: Entry) -> dict[str, Any]:
    """What the event of an entry said."""
    return dict(entry.data.get("data") or {})


def _deadlines(course: Course, entries: Sequence[Entry], now: int) -> tuple[Deadline, ...]:
    """Clocks in the order of their deadlines; those that were withdrawn bound nobody and are left out."""
    started = sorted((clock for clock in course.clocks if clock.verdict != "cancelled"), key=lambda c: c.deadline)
    over = course.crisis.over_at if course.crisis else None
    return tuple(_deadline(clock, entries, over if over and clock.milestone else now) for clock in started)


def _deadline(clock: Clock, entries: Sequence[Entry], until: int) -> Deadline:
    done = clock.answered if clock.answered is not None else (clock.ended if clock.verdict == "met" else None)
    late = 0
    if clock.verdict == "missed":
        late = max(0, (until if done is None else done) - clock.deadline)
    event = next((entry for entry in entries if entry.at == done and "record" in entry.data), None)
    about = said(event).get("milestone") if event else None
    own = event is not None and (about == clock.name or not clock.milestone)
    return Deadline(
        name=clock.name,
        milestone=clock.milestone,
        since=clock.deadline - clock.duration,
        due=clock.deadline,
        verdict=clock.verdict,
        done_at=done,
        late=late,
        by=said(event).get("by") if event and own else None,
        text=str(said(event).get("text", "")) if event and about == clock.name else "",
    )


def _figures(entries: Sequence[Entry]) -> tuple[Figures, ...]:
    told = (entry for entry in entries if entry.kind in ("complaint.received", "complaint.updated", "crisis.joined"))
    rows = []
    for entry in told:
        data = said(entry)
        known = {name: data[name] for name in _FIGURES if data.get(name) is not None}
        joined = data.get("complaint") if entry.kind == "crisis.joined" else None
        if known or joined:
            rows.append(Figures(entry.at, complaint=joined, **known))
    return tuple(rows)


def _pages(entries: Sequence[Entry]) -> tuple[Paging, ...]:
    paged = [entry for entry in entries if entry.kind == "paged" and entry.data["reason"] not in CALLED]
    return tuple(_paging(tuple(of_step)) for _, of_step in groupby(paged, key=lambda entry: entry.data["step"]))


def _paging(of_step: Sequence[Entry]) -> Paging:
    first = of_step[0]
    return Paging(
        at=first.at,
        late=max(0, first.at - first.data["due"]),
        reason=first.data["reason"],
        about=tuple(name for name in (first.data.get("clock"), *first.data.get("also", ())) if name),
        people=tuple((entry.data["person"], entry.data["rung"]) for entry in of_step),
    )


def _evidence(entry: Entry) -> EvidenceNote:
    data = said(entry)
    return EvidenceNote(entry.at, data.get("by", ""), data["name"], data["sha256"], data["size"])


def _last(entries: Sequence[Entry], kind: str) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.kind == kind), None)
