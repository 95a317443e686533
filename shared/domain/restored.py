"""An incident is put back from a copy of the store: what its timeline says happened since happens again, in silence.

Nothing is paged for the time that was lost. Then the incident has a new epoch and a new fence, so that links (I11),
messages (I6) and timers (I4) of before are dead, and what is due *now* is paged once, with its lateness.
"""

from collections.abc import Sequence

from shared.domain.decision import apply_event, pass_time
from shared.domain.directory import Directory
from shared.domain.escalation import ESCALATION
from shared.domain.events import EVENT, Event
from shared.domain.incident import Incident, changed
from shared.domain.instants import format_instant
from shared.domain.outcome import FENCED, Decision, Entry, PageReason
from shared.domain.plain import read
from shared.domain.policy import Policy
from shared.domain.record import Record
from shared.domain.response_group import kind_of
from shared.domain.step import Step
from shared.domain.timeline import Line, records_on

RESTORED = "restored"
"""The entry that a restore leaves on the timeline."""


def replayed(incident: Incident, lines: Sequence[Line], kept: int, policy: Policy, directory: Directory) -> Incident:
    """The incident as it is after all lines of its timeline, when it was copied after the first `kept` of them.

    The same decisions at the same instants (a line's `at`); what they sent went out then and is not sent again.

    Raises:
        ValueError: a line holds an event that these rules cannot read.
    """
    records = list(records_on(lines[:kept]))
    for line in lines[kept:]:
        happened = [entry for entry in line.entries if "record" in entry.data]
        if not happened:
            incident = pass_time(incident, policy, directory, line.at).incident
        for entry in happened:
            record = read(Record, entry.data["record"])
            event = _event(incident, entry)
            incident = apply_event(incident, event, record, policy, directory, line.at, history=records).incident
            records.append(record)
    return incident


def restored(
    incident: Incident,
    policy: Policy,
    directory: Directory,
    now: int,
    *,
    copied_at: int,
    live: Incident,
    last_step: int = 0,
    ended: Sequence[str] = (),
) -> Decision:
    """Put an incident back: a new epoch, its `restored` entry, and its next step from now on (I3, SEMANTICS: outage).

    Args:
        incident: as it is to be; `live` is what stands in the store.
        policy: the rules it was opened under.
        directory: today's people.
        now: milliseconds UTC.
        copied_at: the instant of the copy, milliseconds UTC.
        live: what stands in the store now; its epoch and fence are left behind too.
        last_step: the highest step a message of the incident has; numbers are never used again.
        ended: messages that were on their way and are not sent.
    """
    group = incident.group
    if group is not None:
        group = changed(group, epoch=max(group.epoch, live.group.epoch if live.group else 0) + 1)
    begun = changed(
        incident,
        epoch=max(incident.epoch, live.epoch) + 1,
        fence=max(incident.fence, live.fence) + 1,
        step=max(incident.step, live.step, last_step),
        link=None,
        group=group,
    )
    step = Step(begun, policy, directory, now)
    step.enter(now, RESTORED, copied_at=format_instant(copied_at), epoch=begun.epoch, ended=list(ended) or None)
    overdue = pass_time(step.incident, policy, directory, now)
    again = Step(overdue.incident, policy, directory, now)
    if again.incident.is_open:
        _page_who_is_waited_for(again, overdue)
    return step.decision().then(overdue).then(again.decision())


def _page_who_is_waited_for(step: Step, overdue: Decision) -> None:
    """Whoever was paged before and has time left holds a dead link, or never got the page: they get it again, once."""
    reached = {page.person for page in overdue.pages}
    if not any(page.reason in FENCED for page in overdue.pages):
        _page_ladder(step, reached)
    handover = step.incident.handover
    if handover is not None and handover.taker not in reached and step.directory.reachable(handover.taker):
        step.page_person(handover.taker, "handed_over", handover.since)
    _page_called(step, reached)


def _page_ladder(step: Step, reached: set[str]) -> None:
    incident, ladder = step.incident, step.incident.ladder
    if ladder is not None:
        due = ladder.window_end - step.window(ladder.rung, ladder.round)
        names = [clock.name for key in ladder.feeds for clock in step.course.clocks if clock.key == key]
        reason: PageReason = "escalated" if ladder.feeds == (ESCALATION,) else "repeat" if ladder.round else "missed"
        rung = step.reachable_from(ladder.rung, due)
        if rung is not None:
            step.page_rung(rung, reason, due, names[0] if names else None, tuple(names[1:]))
    elif step.course.phase == "open" and not step.course.acknowledged and incident.silent_until is None:
        for rung in dict.fromkeys(step.reachable_from(rung, step.now) for rung in incident.paged):
            if rung is not None and not reached.issuperset(step.people_on(rung)):
                step.page_rung(rung, "opened", incident.quiet_since)


def _page_called(step: Step, reached: set[str]) -> None:
    """Seats whose window runs; who sits in the group hears that it goes on (their links are dead, too)."""
    crisis, group = step.course.crisis, step.incident.group
    if crisis is None or group is None or not step.incident.in_crisis:
        return
    window = kind_of(crisis, step.policy).seat_window
    for seat in group.seats:
        if seat.window_end is not None and seat.asked and seat.asked[-1] not in reached:
            step.page_members([(seat.asked[-1], seat.seat)], "called", seat.window_end - window)
    for person in crisis.members:
        if person not in reached:
            step.tell(person, "still_on")


def _event(incident: Incident, entry: Entry) -> Event:
    """The event of an entry; what it said of the customer is not on the chain, and no decision asks for it."""
    return EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": entry.data["event"],
            "source": entry.data["source"],
            "type": entry.kind,
            "time": format_instant(entry.at),
            "subject": incident.subject,
            "data": {**entry.data["data"], "incident": incident.id},
        }
    )
