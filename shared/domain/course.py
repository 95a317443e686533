"""The course of an incident: verdicts as a fold over its events by (`time`, `id`); timers come after events.

Nothing here pages anybody or knows what time it is: a late event is put in its place and the fold run again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain import clocks as on_clock
from shared.domain.classification import Known, first_level, keywords_in, known_from, raised_level, together
from shared.domain.event_data import Facts
from shared.domain.events import Event
from shared.domain.incident import SOLVED, Clock, Course, changed
from shared.domain.policy import STOPPED_BY_WAITING, Policy

MET_BY: dict[str, tuple[str, ...]] = {
    "complaint.acknowledged": ("respond",),
    "complaint.proposed": ("respond", "propose"),
    "complaint.resolved": ("respond", "propose", "step_in", "resolve"),
    "complaint.closed": ("respond",),
    "complaint.followed_up": ("follow_up",),
    "complaint.confirmed": ("follow_up",),
    "complaint.rated": ("follow_up",),
    "complaint.root_cause_started": ("root_cause",),
}
"""Which clocks an event meets (milestones: by name)."""

_STEP_IN_RUNG = 3
_CLOSING_RUNG = 2


@dataclass(frozen=True, slots=True)
class Record:
    """What the fold needs of an event. It stands on the timeline, so that the fold can be run again.

    Attributes:
        rung: the highest rung of the chain on which `by` stood when the event arrived; 0 for none.
        person: whether `by` is a person of the directory who was authenticated, not an intake system's free text.
        known: what it tells of the complaint, where it tells something.
    """

    time: int
    id: str
    type: str
    by: str | None = None
    rung: int = 0
    person: bool = False
    known: Known | None = None
    level: str | None = None
    score: int | None = None
    milestone: str | None = None


def record_of(event: Event, policy: Policy, rung: int = 0, *, person: bool = False) -> Record:
    """The part of an event that the fold reads; `rung` is where its author stands, `person` whether it is one."""
    data = event.data
    said: Mapping[str, Any] = vars(data)  # a missing field is looked up slowly on a model that keeps unknown ones
    known = None
    if isinstance(data, Facts):
        known = known_from(data, said.get("channel"), keywords_in(policy, said.get("summary"), data.details))
    return Record(
        time=event.time,
        id=event.id,
        type=event.type,
        by=said.get("by"),
        rung=rung,
        person=person,
        known=known,
        level=None if known else said.get("level"),
        score=said.get("score"),
        milestone=said.get("milestone"),
    )


def opened(record: Record, policy: Policy) -> Course:
    """The course of a complaint that was just received: its level, and its clocks from the complaint's own time.

    Raises:
        ValueError: the record is not one of a complaint.
    """
    if record.known is None:
        raise ValueError(f"an incident is opened by a complaint, not by {record.type}")
    level = first_level(policy, record.known)
    empty = Course(opened_at=record.time, level=level, known=record.known, clocks=(), last=(record.time, record.id))
    return changed(empty, clocks=_level_clocks(empty, policy, record.time))


def fold(course: Course, record: Record, policy: Policy) -> Course:
    """The course after one more event, which must not be older than the last one."""
    course = missed_by(course, record.time - 1)
    if first := _BEFORE_VERDICTS.get(record.type):
        course = first(course, record, policy)
    course = _met(course, record, policy)
    if then := _AFTER_VERDICTS.get(record.type):
        course = then(course, record, policy)
    return changed(course, last=max(course.last, (record.time, record.id)))


def refold(records: Sequence[Record], policy: Policy) -> Course:
    """The course as it is when all records are put in their order; the first of the sequence opened the incident."""
    course = opened(records[0], policy)
    for record in sorted(records[1:], key=lambda record: (record.time, record.id.encode())):
        course = fold(course, record, policy)
    return course


def is_late(course: Course, record: Record) -> bool:
    """Whether an event belongs before something that was already folded: a later event, or a clock that ran out."""
    last_time, last_id = course.last
    return (record.time, record.id.encode()) < (last_time, last_id.encode()) or any(
        clock.verdict == "missed" and clock.ended is not None and clock.ended >= record.time for clock in course.clocks
    )


def missed_by(course: Course, instant: int) -> Course:
    """The course at an instant: clocks whose deadline is not later and which have had no event are missed."""
    if all(clock.verdict != "running" or clock.deadline > instant for clock in course.clocks):
        return course
    return changed(
        course,
        clocks=tuple(
            changed(clock, verdict="missed", ended=clock.deadline, level=course.level)
            if clock.verdict == "running" and clock.deadline <= instant
            else clock
            for clock in course.clocks
        ),
    )


def may_close(record: Record, policy: Policy) -> bool:
    """Whether a close takes effect: always, or by a person of rung 2 or above where a confirmation is required (A5)."""
    return policy.close_requires == "none" or record.rung >= _CLOSING_RUNG


def _met(course: Course, record: Record, policy: Policy) -> Course:
    names = MET_BY.get(record.type, ())
    if record.type == "complaint.acknowledged" and record.rung >= _STEP_IN_RUNG:
        names = (*names, "step_in")
    milestone = record.milestone

    def meets(clock: Clock) -> bool:
        if milestone is not None:
            return clock.name == milestone and (clock.milestone or clock.name == "group")
        return clock.name in names and not clock.milestone

    if not names and milestone is None:
        return course
    calendar = policy.calendar_of(course.level)
    clocks = (
        on_clock.answered(clock, record.time, course.level, calendar) if meets(clock) else clock
        for clock in course.clocks
    )
    return changed(course, clocks=tuple(clocks))


def _learn(course: Course, record: Record, policy: Policy) -> Course:
    if record.known is None:
        return course
    known = together(course.known, record.known)
    asked = raised_level(policy, course.known, known)
    course = changed(course, known=known)
    if asked is None or policy.severity[asked] <= policy.severity[course.level]:
        return course
    return _at_level(course, asked, record.time, policy)


def _at_level(course: Course, level: str, time: int, policy: Policy) -> Course:
    """Another level: running clocks take its durations, clocks that only it has start now."""
    if level == course.level:
        return course
    raised = policy.severity[level] > policy.severity[course.level]
    durations = on_clock.durations(policy, level, course.known.channel)
    old, new = policy.calendar_of(course.level), policy.calendar_of(level)
    course = changed(course, level=level)
    if course.phase == "closed":
        return course
    if course.phase in SOLVED:  # what a resolve would meet is met already
        unmet = tuple(clock for clock in _missing_clocks(course, policy, time) if _outlives_resolve(clock))
        return changed(course, clocks=course.clocks + unmet)
    clocks = tuple(
        on_clock.relevelled(
            clock, durations.get((clock.name, clock.milestone)), time, (old, new), policy.warning_share, raised=raised
        )
        for clock in course.clocks
    )
    course = changed(course, clocks=clocks)
    course = changed(course, clocks=clocks + _missing_clocks(course, policy, time))
    return _paused(course, time, policy) if course.phase == "waiting" else course


def _missing_clocks(course: Course, policy: Policy, time: int) -> tuple[Clock, ...]:
    """The level's clocks that were never started, or were withdrawn when it was lowered."""
    present = {(clock.name, clock.milestone) for clock in course.clocks if clock.verdict != "cancelled"}
    return _level_clocks(course, policy, time, without=present)


def _outlives_resolve(clock: Clock) -> bool:
    return clock.milestone or clock.name not in MET_BY["complaint.resolved"]


def _taken_over(course: Course, record: Record, policy: Policy) -> Course:  # noqa: ARG001 - one form for all
    return changed(course, holder=record.by, holder_is_person=record.person, acknowledged=True)


def _reclassified(course: Course, record: Record, policy: Policy) -> Course:
    return _at_level(course, record.level or course.level, record.time, policy)


def _waiting(course: Course, record: Record, policy: Policy) -> Course:
    return _paused(changed(course, phase="waiting"), record.time, policy) if course.phase == "open" else course


def _closed(course: Course, record: Record, policy: Policy) -> Course:
    return changed(course, phase="closed") if may_close(record, policy) else course


def _confirmed(course: Course, record: Record, policy: Policy) -> Course:  # noqa: ARG001 - one form for all
    return changed(course, phase="closed") if course.phase == "awaiting_confirmation" else course


def _solved(course: Course, record: Record, policy: Policy) -> Course:
    if course.phase in SOLVED:
        return course
    confirm = policy.close_requires == "confirmation"
    course = changed(course, phase="awaiting_confirmation" if confirm else "resolved")
    length = policy.aftercare.follow_up
    return course if length is None else _with_clock(course, "follow_up", length, record.time, policy)


def _rated(course: Course, record: Record, policy: Policy) -> Course:
    score = record.score or 0
    if score <= policy.rating.reopen_at_most:
        course = _reopened(course, record, policy)
    elif course.phase == "awaiting_confirmation" and score >= policy.rating.confirm_at_least:
        course = changed(course, phase="closed")
    length = policy.aftercare.root_cause
    running = any(
        clock.name == "root_cause" and not clock.milestone and clock.verdict == "running" for clock in course.clocks
    )
    if length is None or score > policy.rating.root_cause_at_most or running:
        return course
    return _with_clock(course, "root_cause", length, record.time, policy)


def _reopened(course: Course, record: Record, policy: Policy) -> Course:
    if course.phase not in SOLVED:
        return course
    clocks = tuple(on_clock.withdrawn(clock, record.time) for clock in course.clocks)
    course = changed(course, phase="open", acknowledged=False, reopenings=course.reopenings + 1, clocks=clocks)
    course = changed(course, clocks=clocks + _missing_clocks(course, policy, record.time))
    started = {clock.key for clock in course.clocks if clock.verdict == "running"}
    for (name, milestone), length in on_clock.durations(policy, course.level, course.known.channel).items():
        if name in STOPPED_BY_WAITING and not milestone and not any(key.startswith(f"{name}#") for key in started):
            course = _with_clock(course, name, length, record.time, policy)
    return course


def _paused(course: Course, time: int, policy: Policy) -> Course:
    calendar = policy.calendar_of(course.level)
    return changed(course, clocks=tuple(on_clock.stopped(clock, time, calendar) for clock in course.clocks))


def _resumed(course: Course, record: Record, policy: Policy) -> Course:
    if course.phase != "waiting":
        return course
    calendar, share = policy.calendar_of(course.level), policy.warning_share
    clocks = tuple(on_clock.restarted(clock, record.time, calendar, share) for clock in course.clocks)
    return changed(course, phase="open", clocks=clocks)


def _level_clocks(
    course: Course, policy: Policy, time: int, without: Iterable[tuple[str, bool]] = ()
) -> tuple[Clock, ...]:
    present, calendar = set(without), policy.calendar_of(course.level)
    return tuple(
        on_clock.started(course.clocks, name, length, time, calendar, policy.warning_share, milestone=milestone)
        for (name, milestone), length in on_clock.durations(policy, course.level, course.known.channel).items()
        if (name, milestone) not in present
    )


def _with_clock(course: Course, name: str, length: int, time: int, policy: Policy) -> Course:
    calendar = policy.calendar_of(course.level)
    clock = on_clock.started(course.clocks, name, length, time, calendar, policy.warning_share)
    return changed(course, clocks=(*course.clocks, clock))


_Turn = Callable[[Course, Record, Policy], Course]

_BEFORE_VERDICTS: dict[str, _Turn] = {
    "complaint.acknowledged": _taken_over,
    "complaint.received": _learn,
    "complaint.updated": _learn,
    "complaint.reclassified": _reclassified,
    "complaint.waiting": _waiting,
    "complaint.resumed": _resumed,
}
_AFTER_VERDICTS: dict[str, _Turn] = {
    "complaint.resolved": _solved,
    "complaint.closed": _closed,
    "complaint.confirmed": _confirmed,
    "complaint.rated": _rated,
    "complaint.reopened": _reopened,
}
