"""The timers table in memory."""

from collections import Counter
from collections.abc import Sequence

from shared.domain.timer import Timer
from shared.ports import SignOfLife
from tests.fakes.shelf import Shelf


class FakeTimers:
    """`ports.Timers`; `parked`: taken out of the sweep's way, with the reason; `store_has`: the store's clock."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._failures: Counter[Timer] = Counter()
        self._hour = 0
        self._instant = 0
        self._signs: Counter[SignOfLife] = Counter()
        self.parked: dict[Timer, str] = {}
        self.store_has: int | None = None

    @property
    def all(self) -> Sequence[Timer]:
        """Everything pending, the next one first."""
        with self._shelf.lock:
            return tuple(sorted(self._shelf.timers, key=lambda timer: (timer.due, timer.sort)))

    def take_new(self) -> Sequence[Timer]:
        """What the table's stream carries since the last call."""
        with self._shelf.lock:
            new, self._shelf.new_timers = tuple(self._shelf.new_timers), []
            return new

    def clock(self) -> int | None:
        return self.store_has

    def due(self, hour: int, shard: int, until: int) -> Sequence[Timer]:
        return tuple(timer for timer in self.all if (timer.hour, timer.shard) == (hour, shard) and timer.due <= until)

    def put(self, timer: Timer) -> None:
        with self._shelf.lock:
            self._shelf.add_timer(timer)

    def claim(self, timer: Timer) -> bool:
        with self._shelf.lock:
            there = timer in self._shelf.timers
            self._shelf.timers.discard(timer)
            return there

    def pending(self, timer: Timer) -> bool:
        with self._shelf.lock:
            return timer in self._shelf.timers

    def failed(self, timer: Timer) -> int:
        with self._shelf.lock:
            if timer not in self._shelf.timers:
                return 0
            self._failures[timer] += 1
            return self._failures[timer]

    def park(self, timer: Timer, reason: str) -> None:
        with self._shelf.lock:
            if timer in self._shelf.timers:
                self._shelf.timers.remove(timer)
                self.parked[timer] = reason

    def forget(self, timer: Timer) -> None:
        with self._shelf.lock:
            self.parked.pop(timer, None)

    def cursor(self) -> int:
        return self._hour

    def move_cursor(self, hour: int) -> None:
        self._hour = hour

    def watermark(self) -> int:
        return self._instant

    def move_watermark(self, instant: int) -> None:
        self._instant = instant

    def sign(self, of: SignOfLife) -> int:
        return self._signs[of]

    def leave_sign(self, of: SignOfLife, at: int) -> None:
        self._signs[of] = at
