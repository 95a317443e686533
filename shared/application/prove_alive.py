"""The dead man's switch: every minute somebody outside is told that the whole pager lives, and calls when they are not.

Silence is the alarm, so that it works when nothing here does: nothing is sent unless every part has shown a sign of
life of its own lately. Which one was missing is in the log and in the alarms of the stage, as long as those work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.application.sweep_timers import LOOK_AHEAD
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.ports import Heartbeat, UnavailableError

TICKS_APART: Final = 3 * MINUTE
"""Longer than two ticks of the scheduler lie apart (119 s), and what a sweep or a pulse may miss."""


@dataclass(frozen=True)
class Watch:
    """Who is told, and how often the parts of the pager work.

    Attributes:
        heartbeat: who is told.
        audit_minutes: minutes between two audits; one may be missed.
        probe_minutes: minutes between two synthetic complaints, of which one may be missed; 0: the stage has none.
    """

    heartbeat: Heartbeat
    audit_minutes: int
    probe_minutes: int


def prove_alive(world: World, watch: Watch) -> Mapping[str, int]:
    """Tell the service outside that the pager lives, if it does.

    Returns:
        The parts without a recent sign of life and how long they are silent (milliseconds); empty: it was told.

    Raises:
        UnavailableError: the store cannot be asked, and nobody was told. That is the switch at work.
    """
    silent = silent_parts(world, watch)
    world.metrics.count("ProvedAlive", 0 if silent else 1)
    if not silent:
        try:
            world.metrics.count("HeartbeatsSent", 1 if watch.heartbeat.beat() else 0)
        except UnavailableError:
            world.metrics.count("HeartbeatsFailed")  # the next minute tells them; they allow for a few
    return silent


def silent_parts(world: World, watch: Watch) -> Mapping[str, int]:
    """Each part that has shown no sign of life for longer than it may, and for how long (milliseconds)."""
    now, signs = world.time.now(), world.timers
    last = {
        "sweep": (signs.watermark() - LOOK_AHEAD, TICKS_APART),
        "pulse": (signs.sign("pulse"), TICKS_APART),
        "audit": (signs.sign("audit"), 2 * watch.audit_minutes * MINUTE + MINUTE),
    }
    if watch.probe_minutes:
        last["probe"] = (signs.sign("probe_arrived"), 2 * watch.probe_minutes * MINUTE + MINUTE)
    return {part: now - at for part, (at, longest) in last.items() if now - at > longest}
