"""Streams of the tables and who follows them: in order within a shard, at least once, and sometimes not for minutes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from shared.domain.instants import MINUTE, SECOND
from torture.clockwork import Clockwork
from torture.faults import Faults
from torture.lambdas import Lambdas

_SHARDS = 2
_BATCH = 100
_MOST_STALL = 8 * MINUTE


@dataclass
class _Shard:
    records: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    busy: bool = False
    planned: bool = False
    stalled_until: int = 0


@dataclass(frozen=True)
class Following:
    """How a function follows a table, as infra/functions.py says.

    Attributes:
        window: for how long records are gathered, milliseconds.
        attempts: how often a batch is tried before it goes to the failures; None: for ever.
        marked: attributes a row must have; of any other the function is not told.
    """

    function: str
    window: int = 0
    attempts: int | None = 5
    marked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Stream:
    """The inserts of one table on their way to a function."""

    def __init__(self, clock: Clockwork, faults: Callable[[], Faults], lambdas: Lambdas, following: Following) -> None:
        self._clock = clock
        self._faults = faults
        self._lambdas = lambdas
        self._following = following
        self._shards = [_Shard() for _ in range(_SHARDS)]
        self._number = 0
        self.given_up = 0

    def inserted(self, keys: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """A row was added."""
        if any(row.get(name) != value for name, value in self._following.marked.items()):
            return
        self._number += 1
        record = {
            "eventID": str(self._number),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": self._clock.now // 1000,
                "Keys": dict(keys),
                "NewImage": dict(row),
                "SequenceNumber": f"{self._number:021d}",
                "SizeBytes": 1,
                "StreamViewType": "NEW_IMAGE",
            },
        }
        shard = self._shards[zlib.crc32(keys["PK"]["S"].encode()) % _SHARDS]
        shard.records.append(record)
        self._plan(shard, self._following.window or self._clock.rng.randrange(5, 120))

    @property
    def waiting(self) -> int:
        """How many records nobody has read yet."""
        return sum(len(shard.records) for shard in self._shards)

    def _plan(self, shard: _Shard, wait: int) -> None:
        if not shard.planned and not shard.busy and shard.records:
            shard.planned = True
            self._clock.after(wait, partial(self._deliver, shard))

    def _deliver(self, shard: _Shard) -> None:
        clock = self._clock
        shard.planned = False
        if shard.busy or not shard.records:
            return
        if clock.chance(self._faults().stalled):
            self._plan(shard, clock.rng.randrange(_MOST_STALL))
            return
        if not self._lambdas.free(self._following.function):
            self._plan(shard, clock.rng.randrange(100, 1_000))
            return
        shard.busy = True
        size = clock.rng.randrange(1, _BATCH + 1)
        if shard.tries > 1:
            size = 1 + size // 4  # Lambda halves a batch that fails
        batch = shard.records[:size]
        self._lambdas.invoke(
            self._following.function, {"Records": batch}, lambda succeeded, _: self._done(shard, len(batch), succeeded)
        )

    def _done(self, shard: _Shard, size: int, succeeded: bool) -> None:  # noqa: FBT001 - a callback
        shard.busy = False
        shard.tries += 1
        again = not succeeded
        if not again and self._clock.chance(self._faults().doubled):
            again = True  # it was done, and is delivered once more
        gives_up = self._following.attempts is not None and shard.tries >= self._following.attempts
        if again and not gives_up:
            self._plan(shard, self._clock.rng.randrange(SECOND, 10 * SECOND))
            return
        if not succeeded:
            self.given_up += size
        del shard.records[:size]
        shard.tries = 0
        self._plan(shard, self._clock.rng.randrange(5, 120))
