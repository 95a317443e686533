"""A timer as it travels on the timers queue."""

import json

from shared.domain.instants import SECOND
from shared.domain.timer import Timer, timer_from


def timer_body(timer: Timer, now: int) -> tuple[str, int]:
    """Body and delay in whole seconds; the consumer waits out the last fraction (I5)."""
    return json.dumps({"PK": timer.partition, "SK": timer.sort}), max(0, timer.due - now) // SECOND


def read_timer(body: str) -> Timer:
    """The timer of a body."""
    keys = json.loads(body)
    return timer_from(keys["PK"], keys["SK"])
