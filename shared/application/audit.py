"""The second engine: find what was lost on its way and drive it again (I1, I3, I7)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from shared.application.fire_timer import advance
from shared.application.send_message import settle_sending
from shared.application.sweep_timers import OVERDUE, due_timers, hand_over
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.domain.message import Message

_STUCK = MINUTE
_AT_ONCE = 200
"""How many of each kind one audit drives again; the next one takes the rest."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an audit found, each of it driven again."""

    overdue_timers: int
    silent_incidents: int
    stuck_messages: int


def audit(world: World) -> Findings:
    """Drive again: timers overdue by more than 30 s, incidents whose step is a minute late, messages that are stuck."""
    now = world.time.now()
    overdue = list(due_timers(world, now, now - OVERDUE))[:_AT_ONCE]
    _try(world, lambda: hand_over(world, overdue, now))
    silent = world.incidents.silent(now - _STUCK, _AT_ONCE)
    for incident in silent:
        _try(world, partial(advance, world, incident, None))
    stuck = world.outbox.stuck(now - _STUCK, _AT_ONCE)
    for message in stuck:
        _try(world, partial(_drive, world, message))
    findings = Findings(len(overdue), len(silent), len(stuck))
    world.metrics.count("OverdueTimers", findings.overdue_timers)
    world.metrics.count("SilentIncidents", findings.silent_incidents)
    world.metrics.count("StuckMessages", findings.stuck_messages)
    world.metrics.count("AuditHeartbeat")
    return findings


def _drive(world: World, message: Message) -> None:
    if message.state == "sending":
        settle_sending(world, message)
    else:
        world.messages_queue.send([(str(message.key), 0)])


def _try(world: World, work: Callable[[], object]) -> None:
    """One that cannot be driven, or that somebody else is at work on, must not hold up the others."""
    try:
        work()
    except Exception:  # noqa: BLE001 - a poisoned record may raise anything; its own timer tells operations what
        world.metrics.count("AuditGaveUp")
