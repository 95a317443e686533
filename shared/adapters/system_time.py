"""The real clock."""

import time

from shared.ports import UnavailableError

_LONGEST = 15
"""Seconds: less than any function may take."""


class SystemTime:
    """`ports.Time`."""

    def now(self) -> int:
        """Milliseconds UTC."""
        return time.time_ns() // 1_000_000

    def wait_until(self, instant: int) -> None:
        """Return when `now()` has reached an instant that is a few seconds away (I5).

        Asked again after each sleep: the monotonic clock that sleeps and the clock that tells the time may differ, and
        the latter may be set back meanwhile.

        Raises:
            UnavailableError: it is more than 15 seconds away, or still not reached after as many.
        """
        give_up = time.monotonic() + _LONGEST
        while (left := (instant - self.now()) / 1_000) > 0:
            if time.monotonic() + left > give_up:
                raise UnavailableError(f"{left:.1f} s are too long to wait")
            time.sleep(left)
