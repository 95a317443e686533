"""What is done when something is due: a miss, a window, a warning, a reminder (SEMANTICS: Warning, Miss)."""

from collections.abc import Callable

from shared.domain.course import missed_by
from shared.domain.crisis_course import is_of_crisis
from shared.domain.crisis_policy import COMMANDER
from shared.domain.crisis_reactions import remind
from shared.domain.escalation import clock_missed, window_ended
from shared.domain.incident import StepKind
from shared.domain.outcome import OPERATIONS, PageReason
from shared.domain.response_group import sitting, windows_ended
from shared.domain.statement_ladder import points_reached
from shared.domain.step import Step
from shared.domain.upcoming import Due, quiet_time


def take(step: Step, due: Due) -> None:
    """Do one step that is due; `due.at` is its own time, however late it is now."""
    _TAKEN_BY[due.kind](step, due)


def _deadline(step: Step, due: Due) -> None:
    step.change(course=missed_by(step.course, due.at))
    for clock in step.course.clocks:
        if due.clock is not None and clock.key == due.clock.key:
            clock_missed(step, clock)


def _window(step: Step, due: Due) -> None:
    window_ended(step, due.at)


def _warning(step: Step, due: Due) -> None:
    clock = due.clock
    if clock is None:
        return
    step.change(warned=(*step.incident.warned, clock.key))
    if clock.deadline <= step.now:
        step.enter(due.at, "stale", reason="warning", clock=clock.name)
    elif is_of_crisis(step.course, clock, step.policy) and (chief := sitting(step.incident, COMMANDER)):
        step.page_members(chief, "warning", due.at, clock.name)
    else:
        step.page_holder("warning", due.at, clock.name)


def _handover(step: Step, due: Due) -> None:
    handover = step.incident.handover
    if handover is None:
        return
    step.change(handover=None)
    step.enter(due.at, "handover_lapsed", giver=handover.giver, taker=handover.taker)
    if handover.giver is not None and step.directory.reachable(handover.giver):
        step.page_person(handover.giver, "unacknowledged", due.at)
    above = max(step.standing(handover.taker), step.standing(handover.giver))
    _page_above(step, above, "unacknowledged", due.at)


def _unmoved(step: Step, due: Due) -> None:
    above_at = due.at + step.window(1)
    step.change(quiet_since=due.at, nudge_above_at=above_at)
    if above_at <= step.now:
        step.enter(due.at, "stale", reason="unmoved")  # after an outage: the rung above is due
    else:
        step.page_holder("unmoved", due.at)


def _unmoved_above(step: Step, due: Due) -> None:
    step.change(nudge_above_at=None)
    if step.incident.quiet_since + quiet_time(step.course, step.policy) <= step.now:
        step.enter(due.at, "stale", reason="unmoved")  # the holder is due again
    else:
        _page_above(step, step.holder_rung(), "unmoved", due.at)


def _reminder(step: Step, due: Due) -> None:
    every = step.policy.reminder
    step.change(remind_at=due.at + (max(0, step.now - due.at) // every + 1) * every)
    if step.course.phase == "open":  # it was too old to page anybody, and operations hear of it until somebody has it
        if step.course.acknowledged:
            step.change(remind_at=None)
        else:
            step.tell(OPERATIONS, "too_old")
        return
    to = step.holder() or next(iter(step.people_on(1)), OPERATIONS)
    if step.course.phase == "waiting":
        step.tell(to, "waiting")
    elif step.incident.ladder is None and not _follow_up_runs(step):  # else somebody is asked to act on it already
        step.tell(to, "unconfirmed")


def _follow_up_runs(step: Step) -> bool:
    return any(c.name == "follow_up" and not c.milestone and c.verdict == "running" for c in step.course.clocks)


def _page_above(step: Step, rung: int, reason: PageReason, due: int) -> None:
    """Page the rung above one; rung 2 for somebody on none."""
    above = step.reachable_from(min(max(1, rung) + 1, len(step.rungs)), due)
    if above is not None:
        step.page_rung(above, reason, due)


_TAKEN_BY: dict[StepKind, Callable[[Step, Due], None]] = {
    "deadline": _deadline,
    "window": _window,
    "warning": _warning,
    "handover": _handover,
    "unmoved": _unmoved,
    "unmoved_above": _unmoved_above,
    "reminder": _reminder,
    "seat": lambda step, due: windows_ended(step, due.at),
    "statement": lambda step, due: points_reached(step, due.at),
    "still_on": lambda step, due: remind(step, due.at),
}
