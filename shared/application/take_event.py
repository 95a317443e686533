"""Take one event: a complaint opens an incident, what follows is applied, what does not fit is quarantined (I1, I2)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from shared.application.commit_step import ATTEMPTS, commit_for, with_texts
from shared.application.quarantine import put_aside
from shared.application.world import World
from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.decision import apply_event, needs_history, open_incident, record_for
from shared.domain.directory import Directory
from shared.domain.events import PEOPLE_SURFACES, ComplaintReceived, Event, fingerprint
from shared.domain.incident import Incident
from shared.domain.matter import crisis_to_join
from shared.domain.message import Link
from shared.domain.plain import canonical
from shared.domain.policy import Policy
from shared.domain.probe import levels_of
from shared.domain.timer import timer_for
from shared.ports import ConflictError, DuplicateError, EarlyEvents, Stored, TakenEvent, UnavailableError

MOST_EVENT_BYTES = 200 * 1024
"""Of one event in compact JSON. An item of the store holds 400 KB: twice this is what an opening writes in one line."""
MOST_EARLY = 40
"""Events that wait for one complaint: each takes two actions of the transaction in which they expire."""
MOST_EARLY_BYTES = MOST_EVENT_BYTES
"""Of them together: they are kept in one item, and entered in one line with their complaint."""
MOST_CUSTOMER_BYTES = 2 * MOST_EVENT_BYTES
"""Of what is known of a customer, which every event may add to."""

Status = Literal["accepted", "duplicate", "id_conflict", "early", "quarantined", "kept", "no_effect", "superseded"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of an event, and of which incident it is now a part.

    Attributes:
        after: that incident as this event left it; None where the event changed none.
    """

    status: Status
    incident: str | None
    after: Incident | None = field(default=None, compare=False)


def take_event(
    world: World,
    event: Event,
    *,
    surface: str,
    trusted_by: bool,
    link: Link | None = None,
    seen: Stored | None = None,
) -> Taken:
    """Take an event, however often and however concurrently it is delivered.

    Args:
        world: the ports.
        event: validated.
        surface: where it came in, for the quarantine (`http`, `queue`, `bus`, `link`, `api`, `cli`).
        trusted_by: whether `data.by` is an authenticated person; else it is free text without authority.
        link: the link that was used (I11).
        seen: the incident as the caller has just read it, finding this event not taken yet. What moved since refuses
            the commit, and everything is read again (I2, I4).

    Raises:
        UnavailableError: too many conflicts in a row; nothing was taken, safe to repeat.
    """
    try:
        return _take(world, event, surface, trusted_by=trusted_by, link=link, seen=seen)
    except _UnfitError as unfit:
        put_aside(world, event, surface, unfit.reason, unfit.detail)
        return Taken("quarantined", unfit.incident)


def link_lives(link: Link | None, incident: Incident) -> bool:
    """Whether a link still speaks of the incident's epoch, or moved it itself by its acknowledgement (I11).

    One of a page to the response group lives as long as its crisis is on.
    """
    if link is None:
        return False
    if link.group:
        return incident.group is not None and incident.group.epoch == link.epoch
    return link.epoch == incident.epoch or link.token_hash == incident.link


class _UnfitError(Exception):
    """The event cannot be taken, now or later: it is put aside."""

    def __init__(self, reason: str, detail: str, incident: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.incident = incident


def _take(
    world: World, event: Event, surface: str, *, trusted_by: bool, link: Link | None, seen: Stored | None
) -> Taken:
    incident_id = event.incident
    if incident_id is None:
        raise _UnfitError("no_incident", "neither subject nor data.incident names an incident")
    if (size := _bytes_of(event)) > MOST_EVENT_BYTES:
        raise _UnfitError("too_large", f"{size} bytes, and {MOST_EVENT_BYTES} can be kept")
    known = world.incidents.taken(event.source, event.id) if seen is None else None
    mark = TakenEvent(event.source, event.id, fingerprint(event), incident_id)
    for _ in range(ATTEMPTS):
        if known is not None:
            return _again(world, event, surface, known, mark)
        try:
            return _attempt(world, event, mark, trusted_by=trusted_by, link=link, seen=seen)
        except DuplicateError as duplicate:
            known = TakenEvent(event.source, event.id, duplicate.fingerprint, duplicate.incident)
        except ConflictError:
            seen = None
    raise UnavailableError(f"{incident_id} is changing too fast")


def _again(world: World, event: Event, surface: str, known: TakenEvent, mark: TakenEvent) -> Taken:
    # A second tap has another time, and so has an errand's second run.
    if known.fingerprint == mark.fingerprint or event.source in PEOPLE_SURFACES or event.source == OWN_SOURCE:
        return Taken("duplicate", known.incident)
    put_aside(
        world, event, surface, "id_conflict", "an event with this source and id and other content was taken before"
    )
    return Taken("id_conflict", known.incident)


def _attempt(
    world: World, event: Event, mark: TakenEvent, *, trusted_by: bool, link: Link | None, seen: Stored | None
) -> Taken:
    now = world.time.now()
    rules, today = world.policies.current()
    stored = seen or world.incidents.load(mark.incident)
    if stored is None and not isinstance(event, ComplaintReceived):
        if vars(event.data).get("incident") is not None:
            raise _UnfitError("unknown_incident", f"there is no incident {mark.incident}")
        _keep_early(world, event, mark, now)
        return Taken("early", mark.incident)
    policy = today if stored is None else world.policies.at(stored.incident.rules)
    level = vars(event.data).get("level")
    if level is not None and level not in levels_of(event.source, policy):
        raise _UnfitError("unknown_level", _no_level(level, policy), mark.incident)
    directory = Directory(today, policy)
    if stored is None and isinstance(event, ComplaintReceived):
        return _open(world, event, mark, rules, directory, now)
    if stored is None:
        raise ConflictError("the incident went away")
    if link is not None and not link_lives(link, stored.incident):
        return Taken("superseded", mark.incident)
    joins = _joins(world, event, policy, stored.incident, now)
    record = record_for(stored.incident, event, policy, directory, authority=trusted_by, joins=joins)
    history = world.incidents.history(mark.incident) if needs_history(stored.incident, record) else ()
    used = link.token_hash if link is not None else None
    decision = apply_event(stored.incident, event, record, policy, directory, now, history=history, link=used)
    decision = with_texts(world, decision)
    customer = _customer(event)
    if customer is not None:
        customer = {**(world.incidents.customer(mark.incident) or {}), **customer}
        if len(canonical(customer).encode()) > MOST_CUSTOMER_BYTES:
            raise _UnfitError("too_large", "more would be known of the customer than can be kept", mark.incident)
    commit = commit_for(stored, decision, policy, directory, now, taken=(mark,), customer=customer)
    world.incidents.commit(commit)
    return Taken(decision.answer, mark.incident, commit.stored.incident)


def _open(
    world: World, event: ComplaintReceived, mark: TakenEvent, rules: str, directory: Directory, now: int
) -> Taken:
    policy = directory.today
    early = world.incidents.early(mark.incident)
    fitting, unfit = [], []
    for update in early.events if early else ():
        level = vars(update.data).get("level")
        if level is not None and level not in policy.real_levels:
            put_aside(world, update, "early", "unknown_level", _no_level(level, policy))
            unfit.append((update.source, update.id))
        else:
            fitting.append(update)
    joins = _joins(world, event, policy, None, now)
    decision = with_texts(world, open_incident(event, rules, policy, directory, now, fitting, joins))
    empty = Stored(replace(decision.incident, course=replace(decision.incident.course, crisis=None)), None, 0, "")
    customer = dict(part for each in (event, *fitting) for part in (_customer(each) or {}).items()) or None
    commit = commit_for(
        empty, decision, policy, directory, now, taken=(mark,), customer=customer, released=tuple(unfit)
    )
    world.incidents.commit(replace(commit, expected=None, early_version=early.version if early else None))
    return Taken("accepted", mark.incident)


def _joins(world: World, event: Event, policy: Policy, incident: Incident | None, now: int) -> str | None:
    def crisis_of(crisis: str) -> Incident | None:
        stored = world.incidents.load(crisis)
        return stored.incident if stored else None

    def about(matters: Sequence[str]) -> str | None:
        return world.crises.about(matters, now)

    return crisis_to_join(event, policy, incident, about=about, crisis_of=crisis_of)


def _no_level(level: str, policy: Policy) -> str:
    return f"'{level}' is none of {', '.join(policy.real_levels)}"


def _keep_early(world: World, event: Event, mark: TakenEvent, now: int) -> None:
    early = world.incidents.early(mark.incident)
    if early is None:
        kept = world.policies.current()[1].arrival.early_kept
        timer = timer_for("early", mark.incident, now + kept, 1, now)
        world.incidents.keep_early(EarlyEvents(mark.incident, (event,), 1, now), mark, timer)
        return
    more = EarlyEvents(mark.incident, (*early.events, event), early.version + 1, early.since)
    if len(more.events) > MOST_EARLY or sum(map(_bytes_of, more.events)) > MOST_EARLY_BYTES:
        raise _UnfitError(
            "too_many_early", f"{len(early.events)} events wait for this complaint already", mark.incident
        )
    world.incidents.keep_early(more, mark, None)


def _bytes_of(event: Event) -> int:
    return len(event.model_dump_json(exclude_unset=True).encode())


def _customer(event: Event) -> dict[str, object] | None:
    """What an event says of the customer: personal data, kept beside the incident (I9)."""
    customer = vars(event.data).get("customer")
    return None if customer is None else json.loads(customer.model_dump_json(exclude_none=True))
