"""What an incident does next: the earliest of its deadlines, warnings, windows and reminders (I3)."""

from dataclasses import dataclass
from typing import Literal

from shared.domain.incident import Clock, Course, Incident
from shared.domain.policy import AFTERCARE_CLOCKS, Policy

StepKind = Literal["deadline", "window", "handover", "unmoved", "unmoved_above", "warning", "reminder"]


@dataclass(frozen=True, slots=True)
class Due:
    """One pending step: when (milliseconds UTC), what, and for which clock."""

    at: int
    kind: StepKind
    clock: Clock | None = None


def next_due(incident: Incident, policy: Policy) -> Due | None:
    """The step that comes next; at one instant a deadline goes first, so that the page of a window can name it."""
    course = incident.course
    best: Due | None = None
    closed = course.phase == "closed"
    running = False
    for clock in course.clocks:
        if clock.verdict == "running":
            running = True
            if best is None or clock.deadline < best.at:
                best = Due(clock.deadline, "deadline", clock)
        elif clock.verdict == "missed" and clock.key not in incident.entered:
            ended = clock.ended or clock.deadline
            if best is None or ended < best.at:
                best = Due(ended, "deadline", clock)
    if incident.ladder is not None:
        best = _earlier(best, incident.ladder.window_end, "window")
    if incident.handover is not None:
        best = _earlier(best, incident.handover.window_end, "handover")
    if course.phase == "open" and incident.ladder is None and incident.handover is None:
        if incident.nudge_above_at is not None:
            best = _earlier(best, incident.nudge_above_at, "unmoved_above")
        if course.acknowledged or not (running or incident.silent):
            best = _earlier(best, incident.quiet_since + quiet_time(course, policy), "unmoved")
    for clock in course.clocks:
        if (
            clock.verdict == "running"
            and clock.key not in incident.warned
            and (not closed or (clock.name in AFTERCARE_CLOCKS and not clock.milestone))
            and (best is None or clock.warn_at < best.at)
        ):
            best = Due(clock.warn_at, "warning", clock)
    if incident.remind_at is not None and not closed:
        best = _earlier(best, incident.remind_at, "reminder")
    return best


def quiet_time(course: Course, policy: Policy) -> int:
    """How long an acknowledged incident may see no event: a quarter of its resolve clock, within the policy's bounds."""
    rules = policy.unmoved
    resolve = dict(policy.levels[course.level].durations(course.known.channel)).get("resolve")
    return rules.without_resolve if resolve is None else max(rules.at_least, round(resolve * rules.share_of_resolve))


def _earlier(best: Due | None, at: int, kind: StepKind) -> Due:
    return best if best is not None and best.at <= at else Due(at, kind)
