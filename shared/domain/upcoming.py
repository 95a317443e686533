"""What an incident does next: the earliest of its deadlines, warnings, windows and reminders (I3)."""

from typing import NamedTuple

from shared.domain.clocks import is_aftercare
from shared.domain.incident import Clock, Course, Incident, StepKind
from shared.domain.policy import Policy
from shared.domain.response_group import next_window
from shared.domain.statement_ladder import next_point

_OF_NO_CLOCK: frozenset[StepKind] = frozenset(
    {"window", "handover", "unmoved_above", "unmoved", "reminder", "seat", "statement", "still_on"}
)


class Due(NamedTuple):
    """One pending step: when (milliseconds UTC), what, and for which clock."""

    at: int
    kind: StepKind
    clock: Clock | None = None


def next_due(incident: Incident, policy: Policy) -> Due | None:
    """The step that comes next, None where nothing does."""
    due = _next_of_clocks(incident)
    ladder, handover, course = incident.ladder, incident.handover, incident.course
    if ladder is not None:
        due = _earlier(due, ladder.window_end, "window")
    if handover is not None:
        due = _earlier(due, handover.window_end, "handover")
    elif ladder is None and course.phase == "open":
        if incident.nudge_above_at is not None:
            due = _earlier(due, incident.nudge_above_at, "unmoved_above")
        if course.acknowledged or not (incident.remind_at is not None or _runs(course)):
            due = _earlier(due, incident.quiet_since + quiet_time(course, policy), "unmoved")
    if incident.remind_at is not None and course.phase != "closed":
        due = _earlier(due, incident.remind_at, "reminder")
    return _with_crisis(incident, due) if incident.group is not None or incident.statements else due


def _with_crisis(incident: Incident, due: Due | None) -> Due | None:
    group = incident.group
    if (window := next_window(group)) is not None:
        due = _earlier(due, window, "seat")
    if (point := next_point(incident)) is not None:
        due = _earlier(due, point.at, "statement")
    if group is not None and group.remind_at is not None:
        due = _earlier(due, group.remind_at, "still_on")
    return due


def noted(incident: Incident, policy: Policy) -> Due | None:
    """The step that comes next of an incident as it was stored, which has its time and kind written down."""
    at, kind = incident.next_step_at, incident.next_step
    if at is not None and kind in _OF_NO_CLOCK:
        return Due(at, kind)
    return next_due(incident, policy)


def quiet_time(course: Course, policy: Policy) -> int:
    """How long an acknowledged incident may see no event: a quarter of its resolve clock, within bounds."""
    return policy.quiet_times[course.level, course.known.channel]


def _next_of_clocks(incident: Incident) -> Due | None:
    closed = incident.course.phase == "closed"
    best: Clock | None = None
    warning: Clock | None = None
    at = 0
    for clock in incident.course.clocks:
        if clock.verdict == "running":
            if best is None or clock.deadline < at:
                best, at = clock, clock.deadline
            if clock.key not in incident.warned and not (closed and not is_aftercare(clock)):
                warning = clock if warning is None or clock.warn_at < warning.warn_at else warning
        elif clock.verdict == "missed" and clock.key not in incident.entered:
            ended = clock.ended or clock.deadline
            if best is None or ended < at:
                best, at = clock, ended
    if warning is not None and (best is None or warning.warn_at < at):
        return Due(warning.warn_at, "warning", warning)
    return None if best is None else Due(at, "deadline", best)


def _earlier(due: Due | None, at: int, kind: StepKind) -> Due:
    """The one that comes first; at one instant a warning goes after everything but a reminder."""
    if due is None or at < due.at or (at == due.at and due.kind == "warning"):
        return Due(at, kind)
    return due


def _runs(course: Course) -> bool:
    return any(clock.verdict == "running" for clock in course.clocks)
