"""What is done about an event: who hears of it, whether the ladder stops (SEMANTICS: Acknowledge to Level raised)."""

from shared.domain.classification import chain_for
from shared.domain.course import may_close
from shared.domain.crisis_reactions import react_to_crisis
from shared.domain.escalation import ESCALATION, escalated, refeed, restart, settle, stop
from shared.domain.events import ComplaintHandedOver, Event
from shared.domain.incident import SOLVED, Course, Handover
from shared.domain.outcome import Answer
from shared.domain.record import Record
from shared.domain.step import Step


def react(step: Step, before: Course, record: Record, event: Event, link: str | None) -> Answer:
    """Compare the course before and after an event and do what follows; what whoever asked is told."""
    after = step.course
    if after.level != before.level:
        _level_changed(step, before, record)
    if after.phase != before.phase or after.reopenings != before.reopenings:
        _phase_changed(step, before, record)
    answer: Answer = "accepted"
    if record.type == "complaint.acknowledged":
        answer = _acknowledged(step, before, record, link)
    elif record.type == "complaint.closed" and not may_close(record, step.policy) and after.phase != "closed":
        step.enter(step.now, "close_kept", by=record.by)
        answer = "kept"
    elif record.type == "complaint.escalated":
        answer = _escalated(step)
    elif isinstance(event, ComplaintHandedOver):
        answer = _handed_over(step, record, event.data.to)
    if step.policy.crises and (reacted := react_to_crisis(step, before, record, event)) != "accepted":
        answer = reacted
    settle(step)
    return answer


def _acknowledged(step: Step, before: Course, record: Record, link: str | None) -> Answer:
    incident, course = step.incident, step.course
    handled = not incident.is_solved
    if handled and not course.acknowledged:
        return "no_effect"  # it comes late, and the incident was re-opened since
    moved = (course.holder, course.acknowledged) != (before.holder, before.acknowledged)
    ladder = incident.ladder is not None and not _is_newer(step, record.time)
    handover = incident.handover is not None and record.time >= incident.handover.since
    if not (handled and moved) and not ladder and not handover:
        return "no_effect"
    if ladder or incident.ladder is None:
        stop(step, "acknowledged")
        step.change(paged=tuple(range(1, max(1, step.holder_rung()) + 1)))
    if handover:
        step.change(handover=None)
    step.change(epoch=incident.epoch + 1, link=link, silent_until=None, paused_feeds=())
    return "accepted"


def _is_newer(step: Step, time: int) -> bool:
    """Whether the running ladder is about something that came after `time`: a late acknowledgement cannot mean it."""
    ladder, clocks = step.incident.ladder, {clock.key: clock for clock in step.course.clocks}
    if ladder is None or time >= step.course.last[0]:
        return False
    missed = [clocks[key].ended or 0 for key in ladder.feeds if key in clocks]
    return any(ended > time for ended in missed) or ESCALATION in ladder.feeds


def _escalated(step: Step) -> Answer:
    if step.incident.is_solved:
        return "no_effect"
    escalated(step, step.now)
    return "accepted"


def _handed_over(step: Step, record: Record, taker: str) -> Answer:
    if step.incident.is_solved:
        return "no_effect"
    giver = step.course.holder or record.by
    window = 0  # somebody who cannot be paged cannot take over: the old holder hears of it at once
    if step.directory.reachable(taker):
        step.page_person(taker, "handed_over", step.now)
        window = step.window(max(1, step.standing(taker)))
    else:
        step.enter(step.now, "unreachable", person=taker)
    step.change(handover=Handover(giver, taker, step.now + window, step.now))
    return "accepted"


def _level_changed(step: Step, before: Course, record: Record) -> None:
    after, severity = step.course, step.policy.severity
    raised = severity[after.level] > severity[before.level]
    chain = chain_for(step.policy, after.known, after.level)
    moved = chain != step.incident.chain
    step.change(chain=chain)
    step.enter(record.time, "raised" if raised else "lowered", level=after.level, was=before.level, by=record.by)
    if after.phase == "closed" or not (raised or moved):
        return
    step.change(epoch=step.incident.epoch + 1, link=None)
    if moved:  # nobody on the new chain has heard of it, and the old one's rungs count for nothing here
        step.enter(step.now, "rerouted", chain=chain)
        step.change(paged=())
    rungs = [rung for rung in step.level.page_at_opening if (moved or rung > 1) and rung <= len(step.rungs)]
    for rung in dict.fromkeys(step.reachable_from(rung, step.now) for rung in rungs):
        if rung is not None:
            step.page_rung(rung, "raised" if raised else "opened", step.now)
    if moved:
        restart(step)


def _phase_changed(step: Step, before: Course, record: Record) -> None:
    after = step.course
    waits = after.phase in ("waiting", "awaiting_confirmation")
    step.change(remind_at=record.time + step.policy.reminder if waits else None)
    if after.reopenings > before.reopenings and after.phase not in SOLVED:
        _reopened(step, before, record)
    elif after.phase in SOLVED:
        step.change(handover=None)
    elif before.phase == "waiting":
        refeed(step, step.now)


def _reopened(step: Step, before: Course, record: Record) -> None:
    step.change(epoch=step.incident.epoch + 1, link=None, silent_until=None)
    step.enter(record.time, "reopened", was=before.phase)
    first = step.reachable_from(1, step.now)
    if first is not None:
        step.page_rung(first, "reopened", step.now)
    holder = step.holder()
    if holder is not None and (first is None or holder not in step.people_on(first)):
        step.page_person(holder, "reopened", step.now)
