"""Put aside what cannot be taken, as it came and with the reason (I1).

The id follows from the reason and from what was put aside: the same again is the same row, anything else a row of
its own.
"""

import hashlib

from shared.application.world import World
from shared.domain.events import Event, fingerprint
from shared.ports import Quarantined


def put_aside(world: World, event: Event, surface: str, reason: str, detail: str) -> None:
    """Keep a validated event that cannot be taken."""
    world.quarantine.put(as_quarantined(event, world.time.now(), surface, reason, detail))
    world.metrics.count("Quarantined")


def put_body_aside(world: World, body: str, reason: str, detail: str) -> None:
    """Keep a message of the queue that holds no event, or none that may come in there."""
    name = _short(body.encode("utf-8", "surrogatepass"))
    world.quarantine.put(Quarantined(f"{reason}/{name}", world.time.now(), reason, detail, body, "queue"))
    world.metrics.count("Quarantined")


def as_quarantined(event: Event, at: int, surface: str, reason: str, detail: str) -> Quarantined:
    """A validated event as it is put aside."""
    name = _short(f"{event.source}\n{event.id}\n{fingerprint(event)}".encode())
    return Quarantined(f"{reason}/{name}", at, reason, detail, event.model_dump_json(exclude_none=True), surface)


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]
