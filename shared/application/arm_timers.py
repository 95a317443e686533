"""Arm timers that are born close to their due time: the sweep would come too late for them."""

from collections.abc import Iterable

from shared.application.pass_on import pass_on
from shared.application.sweep_timers import ARM_WITHIN
from shared.application.timer_body import timer_body
from shared.application.world import World
from shared.domain.timer import Timer, timer_from

Row = tuple[str, str]
"""Partition and sort key of a row of the timers table."""


def arm_timers(world: World, rows: Iterable[Row]) -> list[tuple[Row, Exception]]:
    """Hand newborn timers that are due within six minutes to the queue, ten a request.

    Returns:
        The rows that could not be handed over, and why: they are no timers, or the queue did not take them. The sweep
        or the audit will.
    """
    now = world.time.now()
    near: list[tuple[Row, Timer]] = []
    left: list[tuple[Row, Exception]] = []
    for row in rows:
        try:
            timer = timer_from(*row)
        except ValueError as error:
            left.append((row, error))
        else:
            if timer.due <= now + ARM_WITHIN:
                near.append((row, timer))
    left.extend(pass_on(world.timers_queue, ((row, timer_body(timer, now)) for row, timer in near)))
    return left
