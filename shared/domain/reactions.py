"""What is done about an event: who hears of it, whether the ladder stops (SEMANTICS: Acknowledge to Level raised)."""

from shared.domain.classification import chain_for
from shared.domain.course import SOLVED, Record, may_close
from shared.domain.escalation import escalated, refeed, settle, stop
from shared.domain.events import ComplaintHandedOver, Event
from shared.domain.incident import Course, Handover
from shared.domain.outcome import Answer
from shared.domain.step import Step


def react(step: Step, before: Course, record: Record, event: Event, link: str | None) -> Answer:
    """Compare the course before and after an event and do what follows; what whoever asked is told."""
    after = step.course
    if after.level != before.level:
        _level_changed(step, before, record)
    if after.phase != before.phase:
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
    settle(step)
    return answer


def _acknowledged(step: Step, before: Course, record: Record, link: str | None) -> Answer:
    incident = step.incident
    if incident.is_open and not step.course.acknowledged:
        return "no_effect"  # it comes late, and the incident was re-opened since
    fresh = incident.is_open and (not before.acknowledged or before.holder != record.by)
    if not fresh and incident.ladder is None and incident.handover is None:
        return "no_effect"
    stop(step, "acknowledged")
    step.change(
        epoch=incident.epoch + 1,
        link=link,
        handover=None,
        paged=tuple(range(1, max(1, step.standing(step.course.holder)) + 1)),
    )
    return "accepted"


def _escalated(step: Step) -> Answer:
    if not step.incident.is_open:
        return "no_effect"
    escalated(step, step.now)
    return "accepted"


def _handed_over(step: Step, record: Record, taker: str) -> Answer:
    if not step.incident.is_open:
        return "no_effect"
    giver = step.course.holder or record.by
    window = 0  # somebody who cannot be paged cannot take over: the old holder hears of it at once
    if step.directory.reachable(taker):
        step.page_person(taker, "handed_over", step.now)
        window = step.window(max(1, step.standing(taker)))
    else:
        step.enter(step.now, "unreachable", person=taker)
    step.change(handover=Handover(giver, taker, step.now + window))
    return "accepted"


def _level_changed(step: Step, before: Course, record: Record) -> None:
    after, severity = step.course, step.policy.severity
    raised = severity[after.level] > severity[before.level]
    step.change(chain=chain_for(step.policy, after.known, after.level))
    step.enter(record.time, "raised" if raised else "lowered", level=after.level, was=before.level, by=record.by)
    if not raised or after.phase == "closed":
        return
    step.change(epoch=step.incident.epoch + 1, link=None)
    for rung in step.level.page_at_opening:
        reachable = step.reachable_from(rung, step.now) if 1 < rung <= len(step.rungs) else None
        if reachable is not None:
            step.page_rung(reachable, "raised", step.now)


def _phase_changed(step: Step, before: Course, record: Record) -> None:
    after = step.course
    waits = after.phase in ("waiting", "awaiting_confirmation")
    step.change(remind_at=record.time + step.policy.reminder if waits else None)
    if before.phase in SOLVED and after.phase not in SOLVED:
        _reopened(step, before, record)
    elif after.phase in SOLVED:
        step.change(handover=None)
    elif before.phase == "waiting":
        refeed(step, step.now)


def _reopened(step: Step, before: Course, record: Record) -> None:
    step.change(epoch=step.incident.epoch + 1, link=None)
    step.enter(record.time, "reopened", was=before.phase)
    first = step.reachable_from(1, step.now)
    if first is not None:
        step.page_rung(first, "reopened", step.now)
    holder = step.holder()
    if holder is not None and (first is None or holder not in step.people_on(first)):
        step.page_person(holder, "reopened", step.now)
