"""Read an event off the queue, in any of its three wrappings; what does not validate is quarantined (I1)."""

from typing import Any

from pydantic import ValidationError

from shared.application.quarantine import put_body_aside
from shared.application.strict_json import read_json
from shared.application.take_event import Taken, take_event
from shared.application.whose import not_its_own, why_not_said_by_systems, why_reserved
from shared.application.world import World
from shared.domain.events import EVENT, PROBE_SOURCE, Event
from shared.domain.field_words import in_words
from shared.domain.instants import MINUTE
from shared.domain.probe import is_of_probe

MOST_AHEAD = 5 * MINUTE
"""How far in the future an event may claim to have happened: clocks differ."""


def take_body(world: World, body: str) -> Taken:
    """Take the event of a queue message: a CloudEvent, one from the HTTP door, or one in an EventBridge envelope.

    Raises:
        UnavailableError: nothing was taken; the queue delivers the message again.
    """
    try:
        surface, raw = unwrapped(read_json(body.encode("utf-8", "surrogatepass")))
        event = EVENT.validate_python(raw)
    except ValidationError as error:
        return _refuse(world, body, "invalid", problems(error))
    except ValueError as error:
        return _refuse(world, body, "not_json", str(error)[:200])
    if refusal := not_for_systems(event, world.time.now(), surface=surface):
        return _refuse(world, body, *refusal)
    if surface == PROBE_SOURCE and not is_of_probe(event, world.policies.current()[1]):
        return _refuse(world, body, "reserved_source", "it is not what a synthetic complaint says")
    return take_event(world, event, surface=surface, trusted_by=False)


def problems(error: ValidationError) -> str:
    """What is wrong, field by field, without the values (they may be personal data)."""
    return "; ".join(
        f"{'.'.join(str(part) for part in found['loc'][1:]) or 'event'}: {in_words(found)}"
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    )[:2_000]


def unwrapped(message: Any) -> tuple[str, Any]:
    """Where a message came in, and the event in it."""
    if isinstance(message, dict) and "specversion" not in message:
        if "surface" in message and "event" in message:
            return str(message["surface"]), message["event"]
        if "detail-type" in message and "detail" in message:
            return "bus", message["detail"]
    return "queue", message


def not_for_systems(event: Event, now: int, *, surface: str = "queue") -> tuple[str, str] | None:
    """Reason and detail why an intake system may not send this now, None where it may.

    A synthetic complaint comes by the queue and says so; no door lets anybody else say it.
    """
    if event.source != surface == PROBE_SOURCE:
        return "reserved_source", "a synthetic complaint is of the source 'probe'"
    if surface != PROBE_SOURCE and (why := why_reserved(event.source)):
        return "reserved_source", f"'{event.source}' {why}"
    if why := why_not_said_by_systems(event.type):
        return "reserved_type", f"'{event.type}' {why}"
    if event.time > now + MOST_AHEAD:
        return "future_time", "it claims to have happened more than 5 minutes from now"
    if wrong := not_its_own(event):  # whatever the message says of where it came in
        return "not_its_incident", "; ".join(f"{field} {what}" for field, what in wrong)
    return None


def _refuse(world: World, body: str, reason: str, detail: str) -> Taken:
    put_body_aside(world, body, reason, detail)
    return Taken("quarantined", None)
