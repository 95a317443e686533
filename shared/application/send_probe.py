"""A complaint that nobody made: every few minutes one goes the whole real way, up to a test contact (ADR 76).

It comes by the events queue as an intake system's does, opens an incident, is paged at its opening by the outbox and
once more by a timer when its deadline passes. The next run looks at what became of it, counts how late it was, and
closes it. What it leaves in the store goes by itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.application.world import World
from shared.domain.events import PROBE_SOURCE, incident_id
from shared.domain.instants import SECOND, format_instant
from shared.domain.message import Message

SETTLED_AFTER: Final = 100 * SECOND
"""What a probe has to come through: 90 s to its deadline, and then some. A tick that repeats itself finds a younger
one and does nothing."""
_ARRIVED = frozenset({"sent", "delivered"})
_PAGES = frozenset({"opened", "missed"})
_SUMMARY = "A synthetic complaint: it proves that pages go out. Nothing happened, nobody need do anything."


@dataclass(frozen=True)
class Probed:
    """What a run found of the synthetic complaint before, and what it handed in.

    Attributes:
        before: the incident that was looked at, None where there was none.
        lateness: milliseconds between when its latest page was due and when it went out; None: one did not.
        filed: the new incident, None where the policy has no probe or the last one is still under way.
    """

    before: str | None = None
    lateness: int | None = None
    filed: str | None = None


def send_probe(world: World, *, receipts: bool) -> Probed:
    """Look at the last synthetic complaint, close it, and hand in the next one.

    Args:
        world: the ports.
        receipts: whether the stage hears from its e-mail carrier what was delivered.

    Raises:
        UnavailableError: the store or the queue cannot be reached; repeating it is safe.
    """
    now, last = world.time.now(), world.timers.sign("probe_filed")
    if last and now - last < SETTLED_AFTER:
        return Probed()
    probe = world.policies.current()[1].probe
    bodies = [*(_end(last, now) if last else ()), *([_complaint(probe, now)] if probe else [])]
    lateness = _look_at(world, last, now, receipts=receipts) if last else None
    if bodies:
        world.events_queue.send([(body, 0) for body in bodies])
        world.timers.leave_sign("probe_filed", now if probe else 0)
    return Probed(_incident(last) if last else None, lateness, _incident(now) if probe else None)


def _look_at(world: World, filed: int, now: int, *, receipts: bool) -> int | None:
    pages = [row for row in world.outbox.of_incident(_incident(filed)) if row.kind == "page"]
    lateness = latest(pages)
    world.metrics.count("ProbesLost", 1 if lateness is None else 0)
    if lateness is None:
        return None
    world.metrics.count("ProbeLateness", lateness, "Milliseconds")
    unconfirmed = [row for row in pages if row.key.via == "email" and row.state == "sent"] if receipts else []
    world.metrics.count("ProbesUnconfirmed", 1 if unconfirmed else 0)
    world.timers.leave_sign("probe_arrived", now)
    return lateness


def latest(pages: Iterable[Message]) -> int | None:
    """How late the latest page of a probe went out (milliseconds), over whichever channel took it first.

    None: one of those it must have, at its opening and at its deadline, is not there or no channel took it.
    """
    steps: dict[int, list[Message]] = {}
    for page in pages:
        steps.setdefault(page.key.step, []).append(page)
    if not {page.reason for rows in steps.values() for page in rows} >= _PAGES:
        return None
    worst = 0
    for rows in steps.values():
        out = [row.sending_at - row.due for row in rows if row.state in _ARRIVED and row.sending_at is not None]
        if not out:
            return None
        worst = max(worst, min(out))
    return worst


def _complaint(level: str, now: int) -> str:
    data = {"summary": _SUMMARY, "channel": "api", "level": level}
    return _body("complaint.received", f"{now}", now, now, data)


def _end(filed: int, now: int) -> Iterator[str]:
    """Solved and confirmed, so that nothing is left to do under any policy's rules of closing and of aftercare."""
    for at, what in ((now - 1, "resolved"), (now, "confirmed")):
        yield _body(f"complaint.{what}", f"{filed}-{what}-{now}", filed, at, {"by": PROBE_SOURCE})


def _body(kind: str, event_id: str, filed: int, at: int, data: Mapping[str, Any]) -> str:
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": PROBE_SOURCE,
        "type": kind,
        "subject": _subject(filed),
        "time": format_instant(at),
        "data": data,
    }
    return json.dumps({"surface": PROBE_SOURCE, "event": event})


def _subject(filed: int) -> str:
    return format_instant(filed)


def _incident(filed: int) -> str:
    return incident_id(PROBE_SOURCE, _subject(filed))
