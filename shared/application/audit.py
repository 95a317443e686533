"""The second engine: find what was lost on its way and drive it again (I1, I3, I7)."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from shared.application.errand_body import errand_body
from shared.application.fire_timer import advance, fire_parked
from shared.application.send_message import settle_sending
from shared.application.sweep_timers import OVERDUE, due_timers, hand_over
from shared.application.world import World
from shared.domain.instants import MINUTE, SECOND
from shared.domain.message import Message
from shared.ports import Time

_Found = TypeVar("_Found")
_STUCK = MINUTE
_SECONDS_ARE_CUT = 2 * SECOND
"""How far the store's word may lie behind a clock that is right: it says whole seconds, some time before it is read."""
_AT_ONCE = 200
"""How many of each kind one audit drives again; where there are more, dice say which: what cannot be driven must not
stand in the way of what can, audit after audit."""
_LOOKED_AT = 10_000
"""Among how many silent incidents those are chosen: keys in an index, of which a read brings thousands."""
_MESSAGES_LOOKED_AT = 5 * _AT_ONCE
"""The same of messages and errands, which are read one by one."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What an audit found, each of it driven again."""

    overdue_timers: int
    silent_incidents: int
    stuck_messages: int
    parked_timers: int = 0
    stuck_errands: int = 0


def audit(world: World) -> Findings:
    """Drive again: overdue timers, parked ones, incidents whose step is a minute late, stuck messages and errands.

    It takes steps itself, where nobody else's clock checks its own: of two it trusts the one that is behind (I5).
    """
    world = replace(world, time=_Cautious(world.time, world.timers.clock()))
    now = world.time.now()
    overdue = _some(list(due_timers(world, now, now - OVERDUE)))
    _try(world, lambda: hand_over(world, overdue, now))
    parked = _some(list(world.timers.parked))
    for timer in parked:
        _try(world, partial(fire_parked, world, timer))
    late = _some(world.incidents.silent(now - _STUCK, _LOOKED_AT))
    silent = [_try(world, partial(_wake, world, incident, now - _STUCK)) is not False for incident in late]
    stuck = _some(world.outbox.stuck(now - _STUCK, _MESSAGES_LOOKED_AT))
    for message in stuck:
        _try(world, partial(_drive, world, message))
    errands = _some(world.errands.stuck(now - _STUCK, _MESSAGES_LOOKED_AT))
    _try(world, lambda: world.errands_queue.send((errand_body(each.incident, each.name), 0) for each in errands))
    findings = Findings(len(overdue), sum(silent), len(stuck), len(parked), len(errands))
    world.metrics.count("OverdueTimers", findings.overdue_timers)
    world.metrics.count("SilentIncidents", findings.silent_incidents)
    world.metrics.count("StuckMessages", findings.stuck_messages)
    world.metrics.count("StuckErrands", findings.stuck_errands)
    world.metrics.count("ParkedTimers", findings.parked_timers)
    world.metrics.count("AuditHeartbeat")
    world.timers.leave_sign("audit", world.time.now())
    return findings


class _Cautious:
    """A clock set back by what it is ahead of the store's; a late one finds less, and the next audit the rest."""

    def __init__(self, own: Time, stores: int | None) -> None:
        self._own = own
        self._ahead = 0 if stores is None else max(0, own.now() - stores - _SECONDS_ARE_CUT)

    def now(self) -> int:
        return self._own.now() - self._ahead

    def wait_until(self, instant: int) -> None:
        self._own.wait_until(instant + self._ahead)


def _some(found: Sequence[_Found]) -> Sequence[_Found]:
    return found if len(found) <= _AT_ONCE else random.sample(found, _AT_ONCE)


def _wake(world: World, incident: str, before: int) -> bool:
    """Take an incident's step; False where it was taken meanwhile."""
    stored = world.incidents.load(incident)
    due = stored.incident.next_step_at if stored else None
    if due is None or due >= before:
        return False
    advance(world, incident, None)
    return True


def _drive(world: World, message: Message) -> None:
    if message.state == "sending":
        settle_sending(world, message)
    else:
        world.messages_queue.send([(str(message.key), 0)])


def _try(world: World, work: Callable[[], object]) -> object:
    """One that cannot be driven, or that somebody else is at work on, must not hold up the others."""
    try:
        return work()
    except Exception:  # noqa: BLE001 - a poisoned record may raise anything; its own timer tells operations what
        world.metrics.count("AuditGaveUp")
        return None
