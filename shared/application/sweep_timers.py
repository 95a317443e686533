"""Hand timers that are due soon to the timers queue, each once, with a delay to the second (DESIGN, Time)."""

from collections.abc import Iterable, Iterator

from shared.application.timer_body import timer_body
from shared.application.world import World
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.domain.timer import SHARDS, Timer, timer_for

LOOK_AHEAD = 5 * MINUTE
"""How far ahead a sweep looks; ticks of the scheduler may lie 119 s apart."""
ARM_WITHIN = 6 * MINUTE
"""Timers born this close to their due time are armed from the table's stream; the overlap of a minute is on purpose."""
OVERDUE = 30 * SECOND
"""A timer this late was lost on its way and is handed over again."""
_CLOCKS_DIFFER = 5 * SECOND
"""A watermark further ahead than this was left by a sweep whose clock was wrong."""
_HALF_A_DAY = 12
_HOUR_IS_OVER = 15 * MINUTE
"""How long after its end an hour is still read: longer than any delay on the queue."""


def sweep_timers(world: World) -> int:
    """One tick: timers due in (watermark, now + 5 min] and those overdue by more than 30 s go to the queue.

    Returns:
        How many timers were handed over.
    """
    now = world.time.now()
    horizon = now + LOOK_AHEAD
    reached = world.timers.watermark()
    watermark = now - LOOK_AHEAD
    if reached <= horizon + _CLOCKS_DIFFER:
        watermark = max(watermark, reached)
    wanted = (timer for timer in due_timers(world, now, horizon) if timer.due > watermark or timer.due < now - OVERDUE)
    handed = hand_over(world, wanted, now)
    world.timers.move_watermark(horizon)
    pulse = (now // world.pulse_every + 2) * world.pulse_every
    world.timers.put(timer_for("heartbeat", "heartbeat", pulse, 0, now))
    world.metrics.count("TimersHandedOver", handed)
    return handed


def due_timers(world: World, now: int, until: int) -> Iterator[Timer]:
    """Timers due by `until`, hour by hour from the cursor; hours that are over and empty are passed.

    Any one clock may be wrong: hours that are not over by this one are read wherever the cursor stands, which costs
    nothing in right times, and of a short backlog one hour is passed a tick.
    """
    first, current = world.timers.cursor(), (now - _HOUR_IS_OVER) // HOUR
    if not first or first > current:
        first = (now - HOUR) // HOUR
        world.timers.move_cursor(first)  # else a stage whose sweeps soon stopped would skip hours when they go on
    passable = first + 1 + (current - first) // _HALF_A_DAY
    for hour in range(first, until // HOUR + 1):
        empty = True
        for shard in range(SHARDS):
            for timer in world.timers.due(hour, shard, until):
                empty = False
                yield timer
        if not empty:
            passable = hour
        if hour < passable and now > (hour + 1) * HOUR + _HOUR_IS_OVER:
            world.timers.move_cursor(hour + 1)


def hand_over(world: World, timers: Iterable[Timer], now: int) -> int:
    """Put timers on the queue, each with the whole seconds that are left as its delay; returns how many."""
    bodies = [timer_body(timer, now) for timer in timers]
    world.timers_queue.send(bodies)
    return len(bodies)
