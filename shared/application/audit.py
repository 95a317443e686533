"""The second engine: find what was lost on its way and drive it again (I1, I3, I7)."""

from dataclasses import dataclass

from shared.application.fire_timer import advance
from shared.application.send_message import settle_sending
from shared.application.sweep_timers import OVERDUE, due_timers, hand_over
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.ports import ConflictError, UnavailableError

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
    overdue = hand_over(world, list(due_timers(world, now, now - OVERDUE))[:_AT_ONCE], now)
    silent = world.incidents.silent(now - _STUCK, _AT_ONCE)
    for incident in silent:
        _wake(world, incident)
    stuck = world.outbox.stuck(now - _STUCK, _AT_ONCE)
    for message in stuck:
        if message.state == "sending":
            settle_sending(world, message)
        else:
            world.messages_queue.send([(str(message.key), 0)])
    findings = Findings(overdue, len(silent), len(stuck))
    world.metrics.count("OverdueTimers", findings.overdue_timers)
    world.metrics.count("SilentIncidents", findings.silent_incidents)
    world.metrics.count("StuckMessages", findings.stuck_messages)
    world.metrics.count("AuditHeartbeat")
    return findings


def _wake(world: World, incident: str) -> None:
    stored = world.incidents.load(incident)
    if stored is None:
        return
    if stored.alarm is not None and not world.timers.pending(stored.alarm):
        world.timers.put(stored.alarm)  # lost or parked: the step can only be taken by claiming it
    try:
        advance(world, incident, None)
    except (ConflictError, UnavailableError):
        world.metrics.count("AuditGaveUp")  # somebody is at work on it
