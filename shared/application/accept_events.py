"""What `POST /v1/events` does: check every event, take all or none, and hand them to the queue.

The queue's consumer opens and changes incidents; a caller has its answer as soon as the queue has the events (I1).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from shared.application import problem
from shared.application.problem import Fault
from shared.application.read_event import MOST_AHEAD
from shared.application.take_event import MOST_EVENT_BYTES as MOST_EVENT_BYTES  # noqa: PLC0414 - a limit of this door
from shared.application.whose import covers, not_its_own, why_not_said_by_systems, why_reserved
from shared.application.world import World
from shared.domain.events import SYSTEM_TYPES, Event, fingerprint, incident_id
from shared.domain.field_words import in_words
from shared.domain.policy import Policy
from shared.ports import KeyHolder, UnavailableError

MOST_BYTES = 512 * 1024
"""Of a body, decoded."""
MOST_EVENTS = 100

MODELS: dict[str, type[Event]] = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(Event)}
"""The class of each type of event."""
_ADAPTERS: dict[str, TypeAdapter[Event]] = {name: TypeAdapter(kind) for name, kind in MODELS.items()}

Status = Literal["accepted", "duplicate"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one event.

    Attributes:
        incident: derived from `source` and `subject`, so that it is known before the incident is there.
        status: `duplicate` once an event of this id and content is recorded. One of the same id and other content is
            `accepted` here and quarantined as `id_conflict` behind the queue: nothing is lost, and the first one wins.
    """

    id: str
    incident: str
    status: Status


def accept_events(world: World, caller: KeyHolder, body: Any) -> Accepted | tuple[Accepted, ...]:
    """Take one event, or an array of them; all or none.

    Args:
        world: the ports.
        caller: whose key it is; only intake systems post events.
        body: what the JSON says.

    Raises:
        Problem: 400 with every wrong field of every event, 403 for what is not this system's to send, 413.
        UnavailableError: the queue cannot be reached. Some may have been taken; repeating all is safe (I2).
    """
    raws = body if isinstance(body, list) else [body]
    if not raws:
        raise problem.malformed("An array holds at least one event.")
    if len(raws) > MOST_EVENTS:
        raise problem.malformed(f"An array holds at most {MOST_EVENTS} events.")
    source = _source_of(caller)
    events = _checked(raws, source, world.policies.current()[1], world.time.now())
    messages = [_message(caller.name, raw, place) for place, raw in enumerate(raws)]
    answers = tuple(_answer(world, event) for event in events)
    fresh = dict.fromkeys(m for m, answer in zip(messages, answers, strict=True) if answer.status == "accepted")
    if fresh:
        world.events_queue.send([(message, 0) for message in fresh])
    return answers if isinstance(body, list) else answers[0]


def _source_of(caller: KeyHolder) -> str:
    if caller.source is None:
        raise problem.forbidden(
            "A person's key acts through /v1/incidents/{id}/{verb}; events come from intake systems."
        )
    return caller.source


def _checked(raws: Sequence[Any], source: str, policy: Policy, now: int) -> list[Event]:
    faults: list[Fault] = []
    refused: list[Fault] = []
    events: list[Event] = []
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for place, raw in enumerate(raws):
        found, not_theirs, event = _read(raw, place, source)
        faults += found
        refused += not_theirs
        if event is None:
            continue
        faults += _beyond_shape(event, place, policy, now)
        first, content = seen.setdefault((event.source, event.id), (place, fingerprint(event)))
        if content != fingerprint(event):
            faults.append(
                Fault(
                    place, "id", f"event {first} of this array has the same source and id and other content", event.id
                )
            )
        events.append(event)
    if faults:
        raise problem.invalid(faults)
    if refused:
        raise problem.forbidden("Nothing was taken; `errors` names what this key may not send.", refused)
    return events


def _read(raw: Any, place: int, source: str) -> tuple[list[Fault], list[Fault], Event | None]:
    """Faults of its shape, what is not this system's to send, and the event where there are none."""
    if not isinstance(raw, dict):
        return [Fault(place, "", "must be a JSON object")], [], None
    own = raw.get("id")
    name = own[:256] if isinstance(own, str) else None
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in MODELS:
        message = "must be one of " + ", ".join(sorted(SYSTEM_TYPES))
        return [Fault(place, "type", "is missing" if kind is None else message, name)], [], None
    if why := why_not_said_by_systems(kind):
        return [], [Fault(place, "type", f"{kind} {why}", name)], None
    try:
        event = _ADAPTERS[kind].validate_python(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [Fault(place, ".".join(map(str, one["loc"])), in_words(one), name) for one in found], [], None
    if event.subject is None:
        return [Fault(place, "subject", "is missing: it names the complaint", name)], [], None
    return [], [Fault(place, field, message, name) for field, message in _not_theirs(event, source)], event


def _not_theirs(event: Event, source: str) -> list[tuple[str, str]]:
    """Fields by which an intake system would speak for another one, or for people."""
    found = []
    if why := why_reserved(event.source):
        found.append(("source", why))
    elif not covers(source, event.source):
        found.append(("source", "is not this key's: its own source and what lies below it"))
    return found + not_its_own(event)


def _beyond_shape(event: Event, place: int, policy: Policy, now: int) -> list[Fault]:
    faults = []
    if event.time > now + MOST_AHEAD:
        faults.append(Fault(place, "time", "lies more than 5 minutes in the future", event.id))
    level = vars(event.data).get("level")
    if level is not None and level not in policy.real_levels:
        faults.append(Fault(place, "data.level", "must be one of " + ", ".join(policy.real_levels), event.id))
    return faults


def _message(system: str, raw: Any, place: int) -> str:
    """The message for the queue. SQS takes no U+FFFE and U+FFFF as they are, so those stay escaped."""
    text = json.dumps({"surface": "http", "system": system, "event": raw}, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    if len(text.encode()) > MOST_EVENT_BYTES:
        raise problem.too_large(f"Event {place} holds more than {MOST_EVENT_BYTES // 1024} KiB; nothing was taken.")
    return text


def _answer(world: World, event: Event) -> Accepted:
    incident = incident_id(vars(event.data).get("of") or event.source, event.subject or "")
    try:
        known = world.incidents.taken(event.source, event.id)
    except UnavailableError:
        known = None  # the queue's consumer will know; a store that rests must not keep complaints out
    duplicate = known is not None and known.fingerprint == fingerprint(event)
    return Accepted(event.id, incident, "duplicate" if duplicate else "accepted")
