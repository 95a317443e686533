"""Play one matter in virtual time: an incident, or several that may join one crisis (CONTRACT.md, `simulate`).

No second engine: the same `open_incident`, `apply_event` and `pass_time` the functions call, and what a step asks to
be done elsewhere is done at the same instant.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.domain.course import missed_by
from shared.domain.decision import apply_event, needs_history, open_incident, pass_time, record_for
from shared.domain.directory import Directory
from shared.domain.errand import Errand
from shared.domain.events import ComplaintReceived, Event
from shared.domain.incident import Incident
from shared.domain.matter import crisis_to_join, is_on, matters_changed
from shared.domain.outcome import Decision, Entry, Page
from shared.domain.own_event import event_of, released
from shared.domain.policy import Policy
from shared.domain.record import Record


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
        statements: for each rung of a statement ladder how many were published, and how many were due and were not.
        pages: with the complaint they are about, in time order.
        timeline: entries with their complaint, in time order; empty unless asked for.
    """

    until: int
    incidents: int = 0
    duplicates: int = 0
    quarantined: list[Refused] = field(default_factory=list)
    clocks: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    statements: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pages: list[tuple[Page, ComplaintReceived]] = field(default_factory=list)
    timeline: list[tuple[Entry, ComplaintReceived]] = field(default_factory=list)


def refuse(outcome: Outcome, event: Event, at: int, reason: str) -> None:
    """Note an event that would be quarantined."""
    outcome.quarantined.append(Refused(event.id, event.source, at, reason))


def play_matter(
    incidents: Sequence[Sequence[Event]], policy: Policy, directory: Directory, outcome: Outcome, *, timeline: bool
) -> None:
    """Play incidents until the outcome's `until`: each in its own time order, and all of them in that of all."""
    matter = _Matter(policy, directory, outcome, timeline=timeline)
    lives = [life for events in incidents if (life := matter.begin(events)) is not None]
    if len(lives) == 1:
        matter.alone(lives[0])
    else:
        matter.together(lives)
    for life in lives:
        _count(life.incident, outcome)


@dataclass(slots=True)
class _Life:
    """One incident: what is to come, and what it is by now."""

    complaint: ComplaintReceived
    early: list[Event]
    coming: list[Event]
    taken: list[Event] = field(default_factory=list)
    incident: Incident | None = None
    next_event: int = -1

    def next_at(self) -> tuple[int, int] | None:
        """When something happens next: at one instant an event (0) goes before a timer (1)."""
        event: tuple[int, int] | None = None
        if self.next_event < 0:
            event = (self.complaint.time, 0)
        elif self.next_event < len(self.coming):
            event = (self.coming[self.next_event].time, 0)
        due = self.incident.next_step_at if self.incident else None
        if due is None:
            return event
        return (due, 1) if event is None else min(event, (due, 1))


class _Matter:
    """Incidents that share which crises are on."""

    def __init__(self, policy: Policy, directory: Directory, outcome: Outcome, *, timeline: bool) -> None:
        self._policy = policy
        self._directory = directory
        self._outcome = outcome
        self._timeline = timeline
        self._crises: dict[str, tuple[str, int]] = {}
        self._lives: dict[str, _Life] = {}
        self._told: list[_Life] = []

    def begin(self, events: Sequence[Event]) -> _Life | None:
        """An incident's life, None where its complaint never comes; what waited too long for it is quarantined."""
        outcome = self._outcome
        opening, complaint = next(
            ((n, event) for n, event in enumerate(events) if isinstance(event, ComplaintReceived)), (len(events), None)
        )
        early = list(events[:opening])
        born = outcome.until + 1 if complaint is None else complaint.time
        kept = self._policy.arrival.early_kept
        while early and (gone := early[0].time + kept) < born and gone <= outcome.until:
            for event in [event for event in early if event.time <= gone]:
                refuse(outcome, event, gone, "no_complaint")
                early.remove(event)
        if complaint is None:
            return None
        life = _Life(complaint, early, list(events[opening + 1 :]))
        self._lives[complaint.incident or ""] = life
        return life

    def alone(self, life: _Life) -> None:
        """Play one incident to the end."""
        until = self._outcome.until
        while (at := life.next_at()) is not None and at[0] <= until:
            self._step(life, *at)

    def together(self, lives: Sequence[_Life]) -> None:
        """Play several, whatever happens first at each moment."""
        number_of = {id(life): number for number, life in enumerate(lives)}
        queue = [(*first, number) for number, life in enumerate(lives) if (first := life.next_at()) is not None]
        heapq.heapify(queue)
        while queue and queue[0][0] <= self._outcome.until:
            at, kind, number = heapq.heappop(queue)
            if lives[number].next_at() != (at, kind):
                continue  # it was told something meanwhile, and stands in the queue anew
            self._told = [lives[number]]
            self._step(lives[number], at, kind)
            for life in self._told:
                if (following := life.next_at()) is not None:
                    heapq.heappush(queue, (*following, number_of[id(life)]))

    def _step(self, life: _Life, at: int, kind: int) -> None:
        if kind == 1 and life.incident is not None:
            self._collect(life, pass_time(life.incident, self._policy, self._directory, at), at)
            return
        number, life.next_event = life.next_event, life.next_event + 1
        if number < 0:
            life.taken = [life.complaint, *life.early]
            joins = self._joins(life.complaint, None, at)
            policy, early = self._policy, life.early
            opened = open_incident(life.complaint, policy.policy, policy, self._directory, at, early, joins)
            self._collect(life, opened, at)
        else:
            self._apply(life, life.coming[number], at)

    def _apply(self, life: _Life, event: Event, at: int) -> None:
        incident = life.incident
        if incident is None:
            return
        policy, directory = self._policy, self._directory
        record = record_for(incident, event, policy, directory, joins=self._joins(event, incident, at))
        history: list[Record] = []
        if needs_history(incident, record):
            history = [record_for(incident, other, policy, directory) for other in life.taken]
        life.taken.append(event)
        self._collect(life, apply_event(incident, event, record, policy, directory, at, history=history), at)

    def _collect(self, life: _Life, decision: Decision, at: int) -> None:
        before, life.incident = life.incident, decision.incident
        self._outcome.pages.extend((page, life.complaint) for page in decision.pages)
        if self._timeline:
            self._outcome.timeline.extend((entry, life.complaint) for entry in decision.entries)
        for name, until in matters_changed(before, decision.incident, self._policy, at).items():
            self._crises[name] = (decision.incident.id, until)
        for errand in decision.errands:
            self._run(errand, at)

    def _run(self, errand: Errand, at: int) -> None:
        """What a step asks to be done elsewhere is done at once; there is no site to write and nobody to renew."""
        event = event_of(errand, at)
        told = self._lives.get(event.incident or "") if event else None
        if event is not None and told is not None:
            self._told.append(told)
            self._apply(told, event, at)
            joining = self._lives.get(errand.incident)
            if errand.kind == "join" and joining and told.incident and not is_on(told.incident):
                self._told.append(joining)
                self._apply(joining, released(errand, at), at)

    def _joins(self, event: Event, incident: Incident | None, at: int) -> str | None:
        def crisis_of(crisis: str) -> Incident | None:
            life = self._lives.get(crisis)
            return life.incident if life else None

        def about(matters: Sequence[str]) -> str | None:
            crises = (self._crises.get(name, ("", 0)) for name in matters)
            return next((crisis for crisis, until in crises if until > at), None)

        return crisis_to_join(event, self._policy, incident, about=about, crisis_of=crisis_of)


def _count(incident: Incident | None, outcome: Outcome) -> None:
    """Add an incident's clocks and statements; a drill counts for nothing but its own score."""
    if incident is None or incident.drill:
        return
    outcome.incidents += 1
    course = missed_by(incident.course, outcome.until)
    for clock in course.clocks:
        verdict = clock.verdict if clock.verdict in ("met", "missed") else "open"
        outcome.clocks[clock.level or course.level, clock.name][verdict] += 1
    over = course.crisis.over_at if course.crisis else None
    for statement in incident.statements:
        if statement.published is not None:
            outcome.statements[statement.rung]["published"] += 1
        elif statement.due <= (outcome.until if over is None else min(over, outcome.until)):
            outcome.statements[statement.rung]["unapproved"] += 1
