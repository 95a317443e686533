"""The decisions about an incident: what an event or the passing of time makes of it.

Pure: the Lambdas, `tocsin simulate` and the property tests all run these three functions.
SEMANTICS, sentence by sentence: Opening, Clock, Warning, Miss, Acknowledge, Waiting, Resolve, Re-open, Level raised,
Time order, Late arrival.
"""

from collections.abc import Sequence
from dataclasses import replace

from shared.domain.classification import chain_for
from shared.domain.course import fold, is_late, missed_by, opened, refold
from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.crisis_reactions import graded, joined
from shared.domain.directory import Directory
from shared.domain.drill import may_run_drills
from shared.domain.due_steps import take
from shared.domain.events import DRILL_SOURCE, ComplaintReceived, Event, without_personal_data
from shared.domain.incident import Course, Incident
from shared.domain.outcome import OPERATIONS, Answer, Decision
from shared.domain.policy import Policy
from shared.domain.reactions import react
from shared.domain.record import Record, record_of
from shared.domain.response_group import is_leading, seat_meant
from shared.domain.step import Step
from shared.domain.upcoming import Due, next_due, noted


def record_for(
    incident: Incident,
    event: Event,
    policy: Policy,
    directory: Directory,
    *,
    authority: bool = True,
    joins: str | None = None,
) -> Record:
    """The fold's record of an event, with the rung of whoever did it; `authority` False for free text (no rung).

    `joins` is the crisis about the same matter, if there is one; "" where the one it was part of is over.
    """
    if event.source == OWN_SOURCE:  # the system itself, which no surface lets anybody else be
        return record_of(event, policy, leads=True, drill=incident.drill)
    by = vars(event.data).get("by")
    if not authority or directory.person(by) is None:
        return record_of(event, policy, joins=joins)
    rung = directory.standing(incident.chain, by, event.time)
    if not policy.crises or not event.type.startswith("crisis."):
        return record_of(event, policy, rung, person=True, joins=joins)
    leads = is_leading(incident, str(by), rung, len(policy.chains[incident.chain]))
    if incident.drill and not leads:
        leads = may_run_drills(directory, str(by), event.time)
    at_top = rung >= len(policy.chains[incident.chain])
    seat = seat_meant(incident, event, leads=leads, at_top=at_top)
    if event.type == "crisis.seated" and not directory.reachable(vars(event.data).get("who")):
        seat = None  # nobody loses a seat to somebody who cannot be called
    return record_of(event, policy, rung, person=True, leads=leads, seat=seat, drill=incident.drill)


def open_incident(
    event: ComplaintReceived,
    rules: str,
    policy: Policy,
    directory: Directory,
    now: int,
    early: Sequence[Event] = (),
    joins: str | None = None,
) -> Decision:
    """A complaint is accepted: its clocks start at its own time and the first rung is paged (Opening, Late arrival).

    Args:
        event: the complaint.
        rules: name and version of `policy`, frozen with the incident (I10).
        policy: the rules of today.
        directory: today's people.
        now: milliseconds UTC.
        early: events of the incident that overtook it; they are applied in the same step (I1).
        joins: the crisis about the same matter, if there is one that is on.
    """
    decision = _open(event, rules, policy, directory, now, joins)
    history = [record_for(decision.incident, event, policy, directory, joins=joins)]
    for update in sorted(early, key=lambda event: (event.time, event.id.encode())):
        record = record_for(decision.incident, update, policy, directory, authority=False)
        decision = decision.then(
            apply_event(decision.incident, update, record, policy, directory, now, history=history)
        )
        history.append(record)
    return decision


def _open(
    event: ComplaintReceived, rules: str, policy: Policy, directory: Directory, now: int, joins: str | None
) -> Decision:
    record = replace(record_of(event, policy, joins=joins), old=_is_old(event, policy, now))
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
    step.change(drill=event.source == DRILL_SOURCE)
    step.enter(event.time, "opened", level=course.level, chain=incident.chain, rules=rules)
    if record.old:
        step.change(silent_until=now, paged=step.level.page_at_opening, remind_at=now + policy.reminder)
        step.tell(OPERATIONS, "too_old")
    else:
        on_the_ladder = any(clock.deadline < now for clock in course.clocks)
        rungs = [
            step.reachable_from(rung, event.time) for rung in step.level.page_at_opening if rung <= len(step.rungs)
        ]
        for rung in dict.fromkeys(rungs):
            if rung is not None and rung > 1 and on_the_ladder:
                step.enter(event.time, "stale", rung=step.rungs[rung - 1].rung, reason="opened")
                step.mark_paged(rung)
            elif rung is not None:
                step.page_rung(rung, "opened", event.time)
    graded(step, None)
    joined(step, None)
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
    if record.known is not None and _is_old(event, policy, now):
        record = replace(record, old=True)
    step = Step(incident, policy, directory, now)
    if late:
        if not history:
            raise ValueError("a late event needs the incident's history")
        before = step.course
        after = missed_by(refold([*history, record], policy), now - 1)
    else:
        _take_what_is_due(step, before=min(event.time, now))
        before = step.course
        after = fold(before, record, policy)
    step.change(course=after, quiet_since=max(incident.quiet_since, now), nudge_above_at=None)
    _enter_event(step, event, record, late=late)
    if late:
        _enter_corrections(step, before)
    answer = react(step, before, record, event, link)
    return _finish(step, before=now, answer=answer)


def pass_time(incident: Incident, policy: Policy, directory: Directory, now: int) -> Decision:
    """Everything that is due by `now`: misses, windows, warnings, reminders. Nothing due: nothing changes."""
    step = Step(incident, policy, directory, now)
    return _finish(step, before=now + 1, first=noted(incident, policy))


def _finish(step: Step, *, before: int, answer: Answer = "accepted", first: Due | None = None) -> Decision:
    """Do what is due before an instant, in its order, then name the next step (I3)."""
    due = _take_what_is_due(step, before=before, first=first)
    step.change(next_step_at=due.at if due else None, next_step=due.kind if due else None)
    return step.decision(answer)


def _take_what_is_due(step: Step, *, before: int, first: Due | None = None) -> Due | None:
    """Do what is due before an instant, in its order, beginning with `first` where it is known; what comes next."""
    due = first or next_due(step.incident, step.policy)
    while due is not None and due.at < before:
        take(step, due)
        due = next_due(step.incident, step.policy)
    return due


def _is_old(event: Event, policy: Policy, now: int) -> bool:
    return now - event.time > policy.arrival.silent_after


def _enter_event(step: Step, event: Event, record: Record, *, late: bool) -> None:
    data = without_personal_data(event.data.model_dump(exclude_none=True))
    step.enter(event.time, event.type, event=event.id, source=event.source, late=late or None, record=record, data=data)


def _enter_corrections(step: Step, before: Course) -> None:
    fallen = {clock.key: clock.verdict for clock in before.clocks if clock.verdict in ("met", "missed")}
    for clock in step.course.clocks:
        if fallen.get(clock.key, clock.verdict) != clock.verdict:
            step.enter(step.now, "corrected", clock=clock.name, was=fallen[clock.key], now=clock.verdict)
    missed = {clock.key for clock in step.course.clocks if clock.verdict == "missed"}
    step.change(entered=tuple(key for key in step.incident.entered if key in missed))  # else a new miss is overlooked
