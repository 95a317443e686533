"""Arm timers that are born close to their due time: the sweep would come too late for them."""

from shared.application.sweep_timers import ARM_WITHIN, hand_over
from shared.application.world import World
from shared.domain.timer import Timer


def arm_timer(world: World, timer: Timer) -> bool:
    """Hand a newborn timer to the queue where it is due within six minutes; whether it was.

    Raises:
        UnavailableError: the queue did not take it; the sweep or the audit will.
    """
    now = world.time.now()
    if timer.due > now + ARM_WITHIN:
        return False
    hand_over(world, [timer], now)
    return True
