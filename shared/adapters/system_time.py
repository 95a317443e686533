"""The real clock."""

import time


class SystemTime:
    """`ports.Time`."""

    def now(self) -> int:
        """Milliseconds UTC."""
        return time.time_ns() // 1_000_000

    def wait_until(self, instant: int) -> None:
        """Return when `now()` has reached an instant that is at most a second or two away (I5).

        Asked again after each sleep: the monotonic clock that sleeps and the clock that tells the time may differ.
        """
        while (left := instant - self.now()) > 0:
            time.sleep(left / 1_000)
