"""A timer: one row of the timers table, due at an instant, claimed by deleting it (I4)."""

import zlib
from dataclasses import dataclass, field
from typing import Literal

from shared.domain.instants import HOUR, MINUTE

SHARDS = 16
"""How many partitions the timers of one hour are spread over."""

BORN_SOON = 15 * MINUTE
"""A timer that is due within so long of its birth is looked at when it is born: the sweep may have passed its time.

Sweeps look five minutes ahead; the rest is for clocks that differ, and for the time between a decision and its commit.
"""

TimerKind = Literal["incident", "early", "digest", "heartbeat"]


@dataclass(frozen=True, slots=True)
class Timer:
    """Something is due.

    Attributes:
        due: milliseconds UTC.
        kind: `incident`: its next step; `early`: events whose complaint never came; `digest`: held-back messages of a
            person; `heartbeat`: the pager's own pulse.
        subject: the incident's id, the person's, or the minute.
        step: tells timers of one subject apart (the incident's version).
        hour: the hour the row is filed under: of the later of `due` and the commit, in hours since 1970.
        soon: whether it was due within 15 minutes of its birth; said of one that is born, and of no other.
    """

    due: int
    kind: TimerKind
    subject: str
    step: int
    hour: int
    soon: bool = field(default=False, compare=False)

    @property
    def shard(self) -> int:
        """The partition within its hour."""
        return zlib.crc32(self.subject.encode()) % SHARDS

    @property
    def partition(self) -> str:
        """Partition key: `<hour>#<shard>`."""
        return f"{self.hour}#{self.shard:02d}"

    @property
    def sort(self) -> str:
        """Sort key: due time first, so that one query reads what is due."""
        return f"{self.due:015d}#{self.kind}#{self.subject}#{self.step}"


def timer_for(kind: TimerKind, subject: str, due: int, step: int, now: int) -> Timer:
    """A timer committed at `now`: one that is overdue is filed under the current hour, where the sweep still looks."""
    return Timer(due, kind, subject, step, max(due, now) // HOUR, soon=due <= now + BORN_SOON)


def timer_from(partition: str, sort: str) -> Timer:
    """The timer of a row's keys."""
    due, kind, rest = sort.split("#", 2)
    subject, step = rest.rsplit("#", 1)
    if kind not in ("incident", "early", "digest", "heartbeat"):
        raise ValueError(f"no timer of the kind {kind!r}")
    return Timer(int(due), kind, subject, int(step), int(partition.split("#", maxsplit=1)[0]))  # type: ignore[arg-type]
