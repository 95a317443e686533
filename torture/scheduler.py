"""EventBridge Scheduler: the minute's sweep and the audit, on time, late, twice or not at all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shared.domain.instants import MINUTE, SECOND
from torture.clockwork import Clockwork
from torture.faults import Faults
from torture.lambdas import Lambdas

_USUALLY_LATE = 2 * SECOND
_RETRIES = 2


class Scheduler:
    """Calls a function for ever; a call that fails is made again, at most twice, a minute later."""

    def __init__(self, clock: Clockwork, faults: Callable[[], Faults], lambdas: Lambdas) -> None:
        self._clock = clock
        self._faults = faults
        self._lambdas = lambdas

    def every(self, minutes: int, function: str) -> None:
        """From the next whole step on."""
        step = minutes * MINUTE
        self._clock.at(-(-(self._clock.now + 1) // step) * step, partial(self._tick, step, function))

    def _tick(self, step: int, function: str) -> None:
        clock, faults = self._clock, self._faults()
        clock.after(step, partial(self._tick, step, function))
        if clock.chance(faults.no_tick):
            return
        late = 59 * SECOND if clock.chance(faults.late_tick) else _USUALLY_LATE
        for _ in range(2 if clock.chance(faults.two_ticks) else 1):
            clock.after(clock.rng.randrange(late), partial(self._call, function, _RETRIES))

    def _call(self, function: str, retries: int) -> None:
        if self._lambdas.free(function):
            self._lambdas.invoke(function, {}, partial(self._ended, function, retries))
        elif retries:
            self._clock.after(MINUTE, partial(self._call, function, retries - 1))

    def _ended(self, function: str, retries: int, succeeded: bool, _: object) -> None:  # noqa: FBT001 - a callback
        if not succeeded and retries:
            self._clock.after(MINUTE, partial(self._call, function, retries - 1))
