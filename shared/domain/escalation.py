"""The ladder (B2): missed clocks go up the chain until somebody acknowledges.

An incident has one ladder. Its deadlines are absolute: an outage delays a page, it does not shift the ladder; rungs
whose window passed meanwhile are entered as stale, only the rung that is due now is paged.
"""

from shared.domain.clocks import is_aftercare
from shared.domain.crisis_course import is_of_crisis
from shared.domain.incident import Clock, Ladder, changed
from shared.domain.outcome import OPERATIONS, PageReason
from shared.domain.policy import STOPPED_BY_WAITING
from shared.domain.response_group import above_commander, commander
from shared.domain.step import Step

ESCALATION = "escalation"
"""What feeds a ladder that a person asked for; a resolve or a close ends it as it ends a missed clock."""


def clock_missed(step: Step, clock: Clock) -> None:
    """A deadline passed: start the ladder, or feed the one that runs."""
    incident = step.incident
    step.change(entered=(*incident.entered, clock.key))
    step.enter(clock.deadline, "missed", clock=clock.name, level=clock.level)
    if is_of_crisis(step.course, clock, step.policy):
        _milestone_missed(step, clock)
        return
    if not _feeds(step, clock):
        return
    if incident.silent_until is not None and clock.deadline <= incident.silent_until:
        return  # it was over before the complaint arrived, days too late: operations know (too_old)
    feed(step, clock.key, clock.deadline)


def _milestone_missed(step: Step, clock: Clock) -> None:
    """The commander and the chain above hear of it, each milestone by itself (C4)."""
    if clock.is_owed and step.incident.in_crisis:
        people = (*commander(step.incident), *above_commander(step))
        step.page_members(people, "milestone_missed", clock.deadline, clock.name)


def feed(step: Step, key: str, due: int, reason: PageReason = "missed") -> None:
    """Let a missed clock drive the ladder from `due` on."""
    ladder = step.incident.ladder
    if ladder is not None:
        if key not in ladder.feeds:
            step.change(ladder=changed(ladder, feeds=(*ladder.feeds, key)))
        return
    step.change(ladder=Ladder((key,), rung=0, round=0, window_end=due), nudge_above_at=None)
    _climb(step, _first_rung(step), due, reason)


def restart(step: Step) -> None:
    """Climb anew, on another chain: the rungs counted so far were those of the old one."""
    ladder = step.incident.ladder
    if ladder is None:
        return
    step.change(ladder=changed(ladder, rung=0, round=0))
    _climb(step, _first_rung(step), step.now, "missed")


def _first_rung(step: Step) -> int:
    """The lowest rung not yet paged since the last acknowledgement; above a holder at the top there is only the top."""
    top = len(step.rungs)
    unpaged = next((number for number in range(1, top + 1) if number not in step.incident.paged), None)
    if unpaged is not None:
        return unpaged
    return top if step.course.acknowledged else min(step.policy.repeat.from_rung, top)


def window_ended(step: Step, due: int) -> None:
    """The rung paged last did not acknowledge: the next one, or a new round."""
    ladder = step.incident.ladder
    if ladder is not None:
        _climb(step, ladder.rung + 1, due, "unacknowledged")


def escalated(step: Step, due: int) -> None:
    """A person wants the next rung now."""
    ladder = step.incident.ladder
    if ladder is None:
        feed(step, ESCALATION, due, "escalated")
    else:
        step.change(ladder=changed(ladder, feeds=tuple(dict.fromkeys((*ladder.feeds, ESCALATION)))))
        _climb(step, ladder.rung + 1, due, "escalated")


def settle(step: Step) -> None:
    """Stop the ladder when every missed clock that feeds it has had its event."""
    ladder = step.incident.ladder
    if ladder is None:
        return
    feeds = tuple(key for key in ladder.feeds if _drives(step, key))
    if step.course.phase == "waiting":
        paused = [key for key in ladder.feeds if key not in feeds and _is_owed(step, key)]
        step.change(paused_feeds=(*step.incident.paused_feeds, *paused))
    if not feeds:
        stop(step, "answered")
    elif feeds != ladder.feeds:
        step.change(ladder=changed(ladder, feeds=feeds))


def stop(step: Step, why: str) -> None:
    """End the ladder: none of its pages is created or sent from here on (I6)."""
    if step.incident.ladder is not None:
        step.enter(step.now, "ladder_stopped", why=why)
    step.change(ladder=None, fence=step.incident.fence + 1)


def refeed(step: Step, due: int) -> None:
    """After waiting: what the waiting stopped, and still wants its event, goes on."""
    paused = step.incident.paused_feeds
    step.change(paused_feeds=())
    for key in paused:
        if _drives(step, key):
            feed(step, key, due)


def _drives(step: Step, key: str) -> bool:
    """Whether what feeds a ladder still does."""
    if key == ESCALATION:
        return not step.incident.is_solved
    return any(
        clock.key == key and _feeds(step, clock) for clock in step.course.clocks
    )  # a late event may undo a start


def _is_owed(step: Step, key: str) -> bool:
    return any(clock.key == key and clock.is_owed for clock in step.course.clocks)


def _feeds(step: Step, clock: Clock) -> bool:
    """Whether a missed clock still asks for somebody."""
    if not clock.is_owed or is_of_crisis(step.course, clock, step.policy):
        return False
    if step.course.phase == "closed":
        return is_aftercare(clock)
    return not (step.course.phase == "waiting" and clock.name in STOPPED_BY_WAITING and not clock.milestone)


def _climb(step: Step, rung: int, due: int, reason: PageReason) -> None:
    """Page a rung of the ladder, or begin a new round where there is none above (B2)."""
    ladder = step.incident.ladder
    if ladder is None:
        return
    round_number, skipped = ladder.round, step.skipped
    number = step.reachable_from(rung, due)
    ended = number is None
    if number is None:
        round_number += 1
        first = min(step.policy.repeat.from_rung, len(step.rungs))
        number = step.reachable_from(first, due) or step.reachable_from(1, due)
    nobody = number is None
    number = number or len(step.rungs)
    window_end = due + step.window(number, round_number)
    step.change(ladder=changed(ladder, rung=number, round=round_number, window_end=window_end))
    clock, also = _named(step)
    if round_number and reason == "unacknowledged":
        reason = "repeat"
    if window_end <= step.now:
        step.enter(due, "stale", rung=step.rungs[number - 1].rung, reason=reason, clock=clock)
        step.mark_paged(number)
        step.skipped = skipped  # nobody is told who would have been skipped
        return
    if ended:
        step.tell(OPERATIONS, "nobody_reachable" if nobody else "ladder_ended")
    step.page_rung(number, reason, due, clock, also)


def _named(step: Step) -> tuple[str | None, tuple[str, ...]]:
    ladder, clocks = step.incident.ladder, step.course.clocks
    feeds = ladder.feeds if ladder else ()
    missed = [clock.name for key in feeds for clock in clocks if clock.key == key]
    return (missed[0] if missed else None), tuple(missed[1:])
