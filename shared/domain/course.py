"""The course of an incident: verdicts as a fold over its events by (`time`, `id`); timers come after events.

Nothing here pages anybody or knows what time it is: a late event is put in its place and the fold run again.
"""

from collections.abc import Callable, Sequence

from shared.domain import clocks as on_clock
from shared.domain.classification import first_level, raised_level, together
from shared.domain.crisis_course import (
    ended_with,
    graded,
    is_met_by_group,
    is_of_crisis,
    joined_to,
    may_meet,
    tell,
    without_group_clocks,
)
from shared.domain.incident import SOLVED, Clock, Course, changed
from shared.domain.level_clocks import MET_BY, at_level, level_clocks, missing_clocks, paused, with_clock
from shared.domain.policy import STOPPED_BY_WAITING, Policy
from shared.domain.record import Record

_STEP_IN_RUNG = 3
_CLOSING_RUNG = 2


def opened(record: Record, policy: Policy) -> Course:
    """The course of a complaint that was just received: its level, and its clocks from the complaint's own time.

    Raises:
        ValueError: the record is not one of a complaint.
    """
    if record.known is None:
        raise ValueError(f"an incident is opened by a complaint, not by {record.type}")
    level = first_level(policy, record.known)
    empty = Course(
        opened_at=record.time,
        level=level,
        known=record.known,
        clocks=(),
        last=(record.time, record.id),
        part_of=record.joins or None,
    )
    course = changed(empty, clocks=level_clocks(empty, policy, record.time))
    return without_group_clocks(course if record.old else graded(course, record.time, policy))


def fold(course: Course, record: Record, policy: Policy) -> Course:
    """The course after one more event, which must not be older than the last one."""
    course = missed_by(course, record.time - 1)
    if record.joins is not None:
        course = joined_to(course, record.joins, record.time, policy)
    if first := _BEFORE_VERDICTS.get(record.type):
        course = first(course, record, policy)
    course = _met(tell(course, record, policy), record, policy)
    if then := _AFTER_VERDICTS.get(record.type):
        course = then(course, record, policy)
        course = ended_with(course, record.time)
    return changed(without_group_clocks(course), last=max(course.last, (record.time, record.id)))


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
            if clock.name != milestone or is_met_by_group(course, clock, policy):
                return False
            of_group = is_of_crisis(course, clock, policy)
            return (clock.milestone or clock.name == "group") and (not of_group or may_meet(course, record, policy))
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
    if asked is not None and policy.severity[asked] > policy.severity[course.level]:
        course = at_level(course, asked, record.time, policy)
    return course if record.old else graded(course, record.time, policy)


def _taken_over(course: Course, record: Record, policy: Policy) -> Course:  # noqa: ARG001 - one form for all
    return changed(course, holder=record.by, holder_is_person=record.person, acknowledged=True)


def _reclassified(course: Course, record: Record, policy: Policy) -> Course:
    return graded(at_level(course, record.level or course.level, record.time, policy), record.time, policy)


def _waiting(course: Course, record: Record, policy: Policy) -> Course:
    return paused(changed(course, phase="waiting"), record.time, policy) if course.phase == "open" else course


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
    return course if length is None else with_clock(course, "follow_up", length, record.time, policy)


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
    return with_clock(course, "root_cause", length, record.time, policy)


def _reopened(course: Course, record: Record, policy: Policy) -> Course:
    if course.phase not in SOLVED:
        return course
    clocks = tuple(on_clock.withdrawn(clock, record.time) for clock in course.clocks)
    course = changed(course, phase="open", acknowledged=False, reopenings=course.reopenings + 1, clocks=clocks)
    course = changed(course, clocks=clocks + missing_clocks(course, policy, record.time))
    started = {clock.key for clock in course.clocks if clock.verdict == "running"}
    for (name, milestone), length in on_clock.durations(policy, course.level, course.known.channel).items():
        if name in STOPPED_BY_WAITING and not milestone and not any(key.startswith(f"{name}#") for key in started):
            course = with_clock(course, name, length, record.time, policy)
    return course


def _resumed(course: Course, record: Record, policy: Policy) -> Course:
    if course.phase != "waiting":
        return course
    calendar, share = policy.calendar_of(course.level), policy.warning_share
    clocks = tuple(on_clock.restarted(clock, record.time, calendar, share) for clock in course.clocks)
    return changed(course, phase="open", clocks=clocks)


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
