"""Send a quarantined event again, so that at every moment it is in quarantine, on its way, or taken (I1)."""

from __future__ import annotations

import json
import time

from pydantic import ValidationError

from shared.application.read_event import not_for_systems, problems, unwrapped
from shared.application.strict_json import read_json
from shared.domain.events import EVENT, Event, fingerprint
from shared.ports import Incidents, Queue

_SURFACE = "cli"
_LOOK_AGAIN = 0.25
"""Seconds between looks at whether an event was taken."""


class RefusedError(Exception):
    """This body would come straight back to quarantine, or nobody could tell whether it did."""


def renamed(body: str, event_id: str) -> str:
    """The event of a body under an id of its own.

    Raises:
        RefusedError: the body holds no event.
    """
    try:
        _, event = unwrapped(read_json(body.encode()))
        return json.dumps({**event, "id": event_id}, ensure_ascii=False)
    except (ValueError, TypeError) as error:
        raise RefusedError(f"it holds no event: {error}") from None


def readable(body: str, now: int) -> Event:
    """The event of a body, if the queue's consumer would read it.

    Raises:
        RefusedError: it would not, and why; without the values.
    """
    try:
        event = EVENT.validate_python(unwrapped(read_json(body.encode()))[1])
    except ValidationError as error:
        raise RefusedError(f"{problems(error)}. Repair it: show --show-body, then replay --edit") from None
    except ValueError as error:
        raise RefusedError(f"it is {error}") from None
    if refusal := not_for_systems(event, now):
        raise RefusedError(refusal[1])
    if event.incident is None:
        raise RefusedError("neither subject nor data.incident names an incident")
    return event


def send_again(event: Event, body: str, incidents: Incidents, queue: Queue, *, patience: float) -> str:
    """Send an event to the queue and wait until it was taken; what was done.

    Its consumer quarantines a second time under the same id: whoever forgot the quarantined one before the event is
    known to be taken could forget that one, and the event with it.

    Args:
        event: what `body` holds.
        body: its text, in any wrapping.
        incidents: the store, to see what was taken.
        queue: the events queue.
        patience: seconds to wait.

    Raises:
        RefusedError: its id is used up, or it was not taken in time.
        UnavailableError: the queue could not be reached; sending again is safe.
    """
    if done := _done_before(event, incidents):
        return done
    _, raw = unwrapped(read_json(body.encode()))
    queue.send([(json.dumps({"surface": _SURFACE, "event": raw}, ensure_ascii=False), 0)])
    until = time.monotonic() + patience
    while incidents.taken(event.source, event.id) is None:
        if time.monotonic() >= until:
            raise RefusedError(f"it was sent and not taken within {patience:g} s. Replaying again is safe")
        time.sleep(_LOOK_AGAIN)
    return "taken"


def _done_before(event: Event, incidents: Incidents) -> str | None:
    """What became of an event that came in under this id before, None where none did.

    What was given up since is not known any more: it comes in like any other.

    Raises:
        RefusedError: another one was taken; whatever comes under its id now is a duplicate, or quarantined.
    """
    taken = incidents.taken(event.source, event.id)
    if taken is None:
        return None
    if taken.fingerprint != fingerprint(event):
        raise RefusedError(f"{event.source} sent another event as {event.id}. Replay this one --as an id of its own")
    early = incidents.early(taken.incident)
    return "waits for its complaint" if early is not None and event in early.events else "was taken before"
