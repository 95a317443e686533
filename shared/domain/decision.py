"""The decisions about an incident: what an event or the passing of time makes of it.

Pure: the Lambdas, `tocsin simulate` and the property tests all run these three functions.
SEMANTICS, sentence by sentence: Opening, Clock, Warning, Miss, Acknowledge, Waiting, Resolve, Re-open, Level raised,
Time order, Late arrival.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.classification import chain_for
from shared.domain.course import Record, fold, is_late, may_close, missed_by, opened, record_of, refold
from shared.domain.directory import Directory
from shared.domain.escalation import clock_missed, escalated, refeed, settle, stop, window_ended
from shared.domain.events import ComplaintReceived, Event, without_personal_data
from shared.domain.incident import Course, Handover, Incident
from shared.domain.outcome import OPERATIONS, Decision
from shared.domain.policy import Policy
from shared.domain.step import Step
from shared.domain.upcoming import Due, next_due

__all__ = ["apply_event", "needs_history", "open_incident", "pass_time", "record_for"]


def record_for(incident: Incident, event: Event, policy: Policy, directory: Directory, *, authority: bool = True) -> Record:
    """The fold's record of an event, with the rung of whoever did it; `authority` False for free text (no rung)."""
    by = getattr(event.data, "by", None)
    rungs = policy.chains[incident.chain]
    return record_of(event, policy, directory.standing(incident.chain, rungs, by) if authority and by else 0)


def open_incident(event: ComplaintReceived, rules: str, policy: Policy, directory: Directory, now: int) -> Decision:
    """A complaint is accepted: its clocks start at its own time and the first rung is paged (Opening, Late arrival)."""
    record = record_of(event, policy, 0)
    course = opened(record, policy)
    incident = Incident(
        id=event.incident or "",
        source=event.source,
        subject=event.subject,
        summary=event.data.summary,
        rules=rules,
        chain=chain_for(policy, course.known, course.level),
        course=course,
        quiet_since=now,
        warned=tuple(clock.key for clock in course.clocks if clock.warn_at < now),
    )
    step = Step(incident, policy, directory, now)
    _enter_event(step, event, record, late=False)
    step.enter(event.time, "opened", level=course.level, chain=incident.chain, rules=rules)
    if now - event.time > policy.arrival.silent_after:
        step.change(silent=True, paged=step.level.page_at_opening, remind_at=now + policy.reminder)
        step.tell(OPERATIONS, "too_old")
    else:
        for rung in step.level.page_at_opening:
            reachable = step.reachable_from(rung, event.time) if rung <= len(step.rungs) else None
            if reachable is not None:
                step.page_rung(reachable, "opened", event.time)
    return _finish(step, before=now)


def needs_history(incident: Incident, record: Record) -> bool:
    """Whether an event can only be applied with all records of the incident at hand (Time order)."""
    return is_late(incident.course, record)


def apply_event(
    incident: Incident,
    event: Event,
    record: Record,
    policy: Policy,
    directory: Directory,
    now: int,
    *,
    history: Sequence[Record] = (),
    link: str | None = None,
) -> Decision:
    """What an event makes of an open or closed incident.

    Args:
        incident: as it was loaded.
        event: what happened; `record` is the fold's part of it.
        policy: the rules the incident was opened under.
        directory: today's people.
        now: milliseconds UTC.
        history: all records so far, the opening one first; wanted where `needs_history` says so.
        link: hash of the link the person used, if they used one (I11).

    Raises:
        ValueError: the event comes late and no history was given.
    """
    late = is_late(incident.course, record)
    step = Step(incident, policy, directory, now)
    before = incident.course
    if late:
        if not history:
            raise ValueError("a late event needs the incident's history")
        after = missed_by(refold([*history, record], policy), now - 1)
    else:
        after = fold(before, record, policy)
    step.change(course=after, quiet_since=max(incident.quiet_since, now), nudge_above_at=None)
    _enter_event(step, event, record, late=late)
    if late:
        _enter_corrections(step, before)
    answer = _react(step, before, record, event, link)
    settle(step)
    return _finish(step, before=now, answer=answer)


def pass_time(incident: Incident, policy: Policy, directory: Directory, now: int) -> Decision:
    """Everything that is due by `now`: misses, windows, warnings, reminders. Nothing due: nothing changes."""
    return _finish(Step(incident, policy, directory, now), before=now + 1)


def _react(step: Step, before: Course, record: Record, event: Event, link: str | None) -> str:
    after = step.course
    answer = "accepted"
    if after.level != before.level:
        _level_changed(step, before, record)
    was_solved, is_solved = before.phase in _SOLVED, after.phase in _SOLVED
    if was_solved and not is_solved:
        _reopened(step, before, record)
    elif is_solved and not was_solved:
        step.change(handover=None)
    if after.phase != before.phase:
        waits = after.phase in ("waiting", "awaiting_confirmation")
        step.change(remind_at=record.time + step.policy.reminder if waits else None)
        if before.phase == "waiting" and after.phase == "open":
            refeed(step, step.now)
    match record.type:
        case "complaint.acknowledged":
            answer = _acknowledged(step, before, record, link)
        case "complaint.escalated" if step.incident.is_open:
            escalated(step, step.now)
        case "complaint.handed_over" if step.incident.is_open:
            _handed_over(step, record, event)
        case "complaint.closed" if not may_close(record, step.policy) and after.phase != "closed":
            step.enter(step.now, "close_kept", by=record.by)
            answer = "kept"
        case "complaint.escalated" | "complaint.handed_over":
            answer = "no_effect"
        case _:
            pass
    return answer


_SOLVED = frozenset({"awaiting_confirmation", "resolved", "closed"})


def _acknowledged(step: Step, before: Course, record: Record, link: str | None) -> str:
    incident = step.incident
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


def _level_changed(step: Step, before: Course, record: Record) -> None:
    after, policy = step.course, step.policy
    raised = policy.severity[after.level] > policy.severity[before.level]
    step.change(chain=chain_for(policy, after.known, after.level))
    step.enter(record.time, "raised" if raised else "lowered", level=after.level, was=before.level, by=record.by)
    if not raised or after.phase == "closed":
        return
    step.change(epoch=step.incident.epoch + 1, link=None)
    for rung in step.level.page_at_opening:
        reachable = step.reachable_from(rung, step.now) if 1 < rung <= len(step.rungs) else None
        if reachable is not None:
            step.page_rung(reachable, "raised", step.now)


def _reopened(step: Step, before: Course, record: Record) -> None:
    step.change(epoch=step.incident.epoch + 1, link=None, remind_at=None)
    step.enter(record.time, "reopened", was=before.phase)
    first = step.reachable_from(1, step.now)
    if first is not None:
        step.page_rung(first, "reopened", step.now)
    holder = step.holder()
    if holder is not None and (first is None or holder[0] not in step.people_on(first)):
        step.page_person(holder[0], "reopened", step.now)


def _handed_over(step: Step, record: Record, event: Event) -> None:
    taker = str(getattr(event.data, "to", ""))
    giver = step.course.holder or record.by
    if not step.directory.reachable(taker):
        step.enter(step.now, "unreachable", person=taker)
        step.change(handover=Handover(giver, taker, step.now))
        return
    step.page_person(taker, "handed_over", step.now)
    window = step.window(max(1, step.standing(taker)))
    step.change(handover=Handover(giver, taker, step.now + window))


def _handover_ended(step: Step, handover: Handover, due: int) -> None:
    step.change(handover=None)
    step.enter(due, "handover_lapsed", giver=handover.giver, taker=handover.taker)
    if handover.giver is not None and step.directory.reachable(handover.giver):
        step.page_person(handover.giver, "unacknowledged", due)
    above = (step.standing(handover.taker) or step.standing(handover.giver) or 1) + 1
    number = step.reachable_from(min(above, len(step.rungs)), due)
    if number is not None:
        step.page_rung(number, "unacknowledged", due)


def _finish(step: Step, *, before: int, answer: str = "accepted") -> Decision:
    """Do what is due before an instant, in its order, then name the next step (I3)."""
    while (due := next_due(step.incident, step.policy)) is not None and due.at < before:
        _fire(step, due)
    step.change(next_step_at=due.at if due else None, next_step=due.kind if due else None)
    return step.decision(answer)


def _fire(step: Step, due: Due) -> None:
    incident, clock = step.incident, due.clock
    match due.kind:
        case "deadline" if clock is not None:
            step.change(course=missed_by(step.course, due.at))
            for missed in step.course.clocks:
                if missed.key == clock.key:
                    clock_missed(step, missed)
        case "warning" if clock is not None:
            step.change(warned=(*incident.warned, clock.key))
            if clock.deadline <= step.now:
                step.enter(due.at, "stale", reason="warning", clock=clock.name)
            else:
                step.page_holder("warning", due.at, clock.name)
        case "window":
            window_ended(step, due.at)
        case "handover" if incident.handover is not None:
            _handover_ended(step, incident.handover, due.at)
        case "unmoved":
            step.change(quiet_since=due.at, nudge_above_at=due.at + step.window(1))
            step.page_holder("unmoved", due.at)
        case "unmoved_above":
            step.change(nudge_above_at=None)
            above = max(1, step.standing(incident.course.holder)) + 1
            number = step.reachable_from(min(above, len(step.rungs)), due.at)
            if number is not None:
                step.page_rung(number, "unmoved", due.at)
        case "reminder":
            _remind(step, due.at)
        case _:
            raise AssertionError(f"nothing is done for {due}")


def _remind(step: Step, due: int) -> None:
    skipped = max(0, (step.now - due) // step.policy.reminder)
    step.change(remind_at=due + (skipped + 1) * step.policy.reminder)
    if step.incident.silent and not step.course.acknowledged:
        step.tell(OPERATIONS, "too_old")
        return
    followed = any(c.name == "follow_up" and not c.milestone and c.verdict == "running" for c in step.course.clocks)
    if followed or step.incident.ladder is not None:
        return  # somebody is asked to act on it already
    holder = step.holder()
    about = holder[0] if holder else next(iter(step.people_on(1)), OPERATIONS)
    step.tell(about, "waiting" if step.course.phase == "waiting" else "unconfirmed")


def _enter_event(step: Step, event: Event, record: Record, *, late: bool) -> None:
    data = without_personal_data(event.data.model_dump(exclude_none=True))
    step.enter(event.time, event.type, event=event.id, source=event.source, late=late or None, record=record, **{"data": data})


def _enter_corrections(step: Step, before: Course) -> None:
    were = {clock.key: clock.verdict for clock in before.clocks}
    for clock in step.course.clocks:
        if were.get(clock.key, clock.verdict) != clock.verdict:
            step.enter(step.now, "corrected", clock=clock.name, was=were[clock.key], now=clock.verdict)
