"""Run a stream of events through the product's own decisions in virtual time (CONTRACT.md, `simulate`).

No second engine: the same `open_incident`, `apply_event` and `pass_time` the functions call. Incidents do not touch
each other, so each is played to its end by itself, and what all of them did is put in time order afterwards.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shared.domain.course import missed_by
from shared.domain.decision import apply_event, needs_history, open_incident, pass_time, record_for
from shared.domain.directory import Directory
from shared.domain.events import PEOPLE_SURFACES, SYSTEM_TYPES, ComplaintReceived, Event, incident_id
from shared.domain.incident import Incident
from shared.domain.instants import DAY
from shared.domain.outcome import Decision, Entry, Page
from shared.domain.policy import Policy

RUN_ON = 30 * DAY
"""How long a run without an end goes on after the last event."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that would be quarantined."""

    event: str
    source: str
    at: int
    reason: str


@dataclass(slots=True)
class Outcome:
    """What a run counted and collected.

    Attributes:
        clocks: for (level, clock) how many were met, missed and open at the end.
        pages: with the complaint they are about, in time order.
        timeline: entries with their complaint, in time order; empty unless asked for.
    """

    until: int
    incidents: int = 0
    duplicates: int = 0
    quarantined: list[Refused] = field(default_factory=list)
    clocks: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pages: list[tuple[Page, ComplaintReceived]] = field(default_factory=list)
    timeline: list[tuple[Entry, ComplaintReceived]] = field(default_factory=list)


def simulate(events: Iterable[Event], policy: Policy, *, until: int | None = None, timeline: bool = False) -> Outcome:
    """Play a stream until `until` (milliseconds UTC; 30 days after the last event where it is None).

    Args:
        events: in any order; they are sorted by (`time`, `id`).
        policy: the rules, and the people.
        until: events after it are not taken, timers at it still fire.
        timeline: whether to collect the entries.
    """
    incidents, outcome = by_incident(events, policy, until)
    return play(incidents, policy, outcome, timeline=timeline)


def by_incident(events: Iterable[Event], policy: Policy, until: int | None = None) -> tuple[list[list[Event]], Outcome]:
    """Each incident's events in time order, without duplicates and without what no incident could take.

    Returns:
        The events, incident by incident, and an outcome that has counted the others.
    """
    stream = sorted(events, key=lambda event: (event.time, event.id.encode()))
    outcome = Outcome((stream[-1].time if stream else 0) + RUN_ON if until is None else until)
    sources: dict[str, set[str]] = defaultdict(set)
    for event in stream:
        if isinstance(event, ComplaintReceived):
            sources[event.subject].add(event.source)
    taken: dict[tuple[str, str], Event] = {}
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in stream:
        if event.time > outcome.until:
            break
        first = taken.setdefault((event.source, event.id), event)
        if first is not event:
            if first == event:
                outcome.duplicates += 1
            else:
                _refuse(outcome, event, event.time, "id_conflict")
            continue
        level = vars(event.data).get("level")
        if level is not None and level not in policy.levels:
            _refuse(outcome, event, event.time, "unknown_level")
            continue
        incident = _incident_of(event, sources)
        if incident is None:
            _refuse(outcome, event, event.time, "no_incident")
            continue
        groups[incident].append(event)
    return list(groups.values()), outcome


def play(incidents: Iterable[Sequence[Event]], policy: Policy, outcome: Outcome, *, timeline: bool = False) -> Outcome:
    """Play incidents to the outcome's `until`, add what they did to it and put that in time order."""
    directory = Directory(policy, policy)
    for events in incidents:
        _play(events, policy, directory, outcome, timeline=timeline)
    outcome.pages.sort(key=lambda page: page[0].at)
    outcome.timeline.sort(key=lambda line: line[0].at)
    return outcome


def _incident_of(event: Event, sources: dict[str, set[str]]) -> str | None:
    """In a stream a person's command may name its incident by the subject alone, where that is unique."""
    named = vars(event.data).get("incident") or vars(event.data).get("of")
    known = sources.get(event.subject or "", set())
    of_people = event.source.partition("/")[0] in PEOPLE_SURFACES or event.type not in SYSTEM_TYPES
    if named is not None or event.subject is None or event.source in known or not known or not of_people:
        return event.incident
    return incident_id(next(iter(known)), event.subject) if len(known) == 1 else None


def _play(events: Sequence[Event], policy: Policy, directory: Directory, outcome: Outcome, *, timeline: bool) -> None:
    opening, complaint = next(
        ((n, event) for n, event in enumerate(events) if isinstance(event, ComplaintReceived)), (len(events), None)
    )
    early = list(events[:opening])
    born = outcome.until + 1 if complaint is None else complaint.time
    while early and (gone := early[0].time + policy.arrival.early_kept) < born and gone <= outcome.until:
        for event in [event for event in early if event.time <= gone]:
            _refuse(outcome, event, gone, "no_complaint")
            early.remove(event)
    if complaint is None:
        return
    outcome.incidents += 1
    decision = open_incident(complaint, policy.policy, policy, directory, complaint.time, early)

    def collect(decision: Decision) -> Incident:
        outcome.pages.extend((page, complaint) for page in decision.pages)
        if timeline:
            outcome.timeline.extend((entry, complaint) for entry in decision.entries)
        return decision.incident

    def passed(incident: Incident, until: int) -> Incident:
        while incident.next_step_at is not None and incident.next_step_at <= until:
            incident = collect(pass_time(incident, policy, directory, incident.next_step_at))
        return incident

    now = collect(decision)
    taken = [complaint, *early]
    for event in events[opening + 1 :]:
        now = passed(now, event.time - 1)
        record = record_for(now, event, policy, directory)
        history = [record_for(now, other, policy, directory) for other in taken] if needs_history(now, record) else ()
        now = collect(apply_event(now, event, record, policy, directory, event.time, history=history))
        taken.append(event)
    _count(passed(now, outcome.until), outcome)


def _count(incident: Incident, outcome: Outcome) -> None:
    course = missed_by(incident.course, outcome.until)
    for clock in course.clocks:
        verdict = clock.verdict if clock.verdict in ("met", "missed") else "open"
        outcome.clocks[clock.level or course.level, clock.name][verdict] += 1


def _refuse(outcome: Outcome, event: Event, at: int, reason: str) -> None:
    outcome.quarantined.append(Refused(event.id, event.source, at, reason))
