"""Run a stream of events through the product's own decisions in virtual time (CONTRACT.md, `simulate`).

Incidents do not touch each other unless they are about one matter: what does not is played to its end by itself, and
what all of them did is put in time order afterwards.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from shared.application.play_matter import Outcome as Outcome  # noqa: PLC0414 - what a run comes to
from shared.application.play_matter import Refused as Refused  # noqa: PLC0414 - the same
from shared.application.play_matter import play_matter, refuse
from shared.domain.directory import Directory
from shared.domain.events import PEOPLE_SURFACES, SYSTEM_TYPES, ComplaintReceived, Event, incident_id
from shared.domain.instants import DAY
from shared.domain.policy import Policy

RUN_ON = 30 * DAY
"""How long a run without an end goes on after the last event."""


def simulate(events: Iterable[Event], policy: Policy, *, until: int | None = None, timeline: bool = False) -> Outcome:
    """Play a stream until `until` (milliseconds UTC; 30 days after the last event where it is None).

    Args:
        events: in any order; they are sorted by (`time`, `id`).
        policy: the rules, and the people.
        until: events after it are not taken, timers at it still fire.
        timeline: whether to collect the entries.
    """
    incidents, outcome = by_incident(events, policy, until)
    return play(by_matter(incidents, policy), policy, outcome, timeline=timeline)


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
                refuse(outcome, event, event.time, "id_conflict")
            continue
        level = vars(event.data).get("level")
        if level is not None and level not in policy.real_levels:
            refuse(outcome, event, event.time, "unknown_level")
            continue
        incident = _incident_of(event, sources)
        if incident is None:
            refuse(outcome, event, event.time, "no_incident")
            continue
        groups[incident].append(event)
    return list(groups.values()), outcome


def by_matter(incidents: Iterable[Sequence[Event]], policy: Policy) -> list[list[Sequence[Event]]]:
    """Incidents that may come to be about one matter, together: they join one crisis (see `domain/matter.py`).

    All others stay by themselves; so do all where the policy knows no crisis.
    """
    if not policy.crises:
        return [[events] for events in incidents]
    everything = list(incidents)
    leader = list(range(len(everything)))

    def led_by(number: int) -> int:
        while leader[number] != number:
            leader[number] = number = leader[leader[number]]
        return number

    first: dict[str, int] = {}
    for number, events in enumerate(everything):
        for name in _matters_named(events):
            other = led_by(first.setdefault(name, number))
            leader[max(other, led_by(number))] = min(other, led_by(number))
    groups: dict[int, list[Sequence[Event]]] = defaultdict(list)
    for number, events in enumerate(everything):
        groups[led_by(number)].append(events)
    return list(groups.values())


def _matters_named(events: Sequence[Event]) -> set[str]:
    """Everything the facts of an incident may be about, and the incidents that are joined by hand."""
    told = [vars(event.data) for event in events]
    stores, products, categories = ({data[f] for data in told if data.get(f)} for f in ("store", "product", "category"))
    named = {f"{category}/store/{store}" for category in categories for store in stores}
    named |= {f"{category}/product/{product}" for category in categories for product in products}
    named |= {str(data["complaint"]) for data in told if data.get("complaint")}
    return named | {event.incident for event in events if event.incident}


def play(
    matters: Iterable[Sequence[Sequence[Event]]], policy: Policy, outcome: Outcome, *, timeline: bool = False
) -> Outcome:
    """Play incidents to the outcome's `until`, add what they did to it and put that in time order."""
    directory = Directory(policy, policy)
    for incidents in matters:
        play_matter(incidents, policy, directory, outcome, timeline=timeline)
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
