"""Heads of timelines in write-once storage: they tell when a timeline was rewritten as a whole, or cut off (I9)."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.instants import HOUR, MINUTE
from shared.domain.plain import canonical, plain, read
from shared.domain.timeline import Line

FOLDER = "heads/"
SEALED_WITHIN = 15 * MINUTE
"""A line older than this that was never sealed is remarkable: the stream passes lines on within a minute or two."""

_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Head:
    """The hash of one line of a timeline, under which all lines before it are fixed too.

    Attributes:
        at: when the line was committed, milliseconds UTC.
    """

    incident: str
    number: int
    hash: str
    at: int


@dataclass(frozen=True, slots=True)
class SealedObject:
    """Heads that were sealed together.

    Attributes:
        name: says the hour of the lines and, by its digest, the content.
        sealed_at: when the storage took it; kept_until: how long it cannot be deleted, None where nobody said
            (milliseconds UTC).
    """

    name: str
    content: bytes
    sealed_at: int | None = None
    kept_until: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether its content is what its name says."""
        return self.name.endswith(f"-{_digest(self.content)}.jsonl")

    @property
    def heads(self) -> tuple[Head, ...]:
        """What was sealed; nothing of a content that is not what its name says, or not of our making."""
        try:
            lines = [json.loads(line) for line in self.content.decode().split("\n") if line]
            return tuple(read(Head, line) for line in lines) if self.is_whole else ()
        except (ValueError, TypeError, AttributeError):
            return ()


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where a timeline is not what was sealed.

    Attributes:
        broken: the first line whose sealed hash is another, or that is gone; None where there is none.
        gone: whether that line is missing from the end.
        unsealed: lines old enough that were never sealed.
    """

    broken: int | None
    gone: bool
    unsealed: tuple[int, ...]


def objects_of(heads: Iterable[Head]) -> tuple[SealedObject, ...]:
    """The objects that seal a batch: one for each hour its lines were committed in, so most often one.

    The same heads make the same names and contents in whatever order they come: a batch that is delivered again
    writes what is there. And whoever looks for a line need only look in the folders of its hour.
    """
    hours: dict[int, set[Head]] = {}
    for head in heads:
        hours.setdefault(head.at // HOUR, set()).add(head)
    return tuple(_object(hours[hour]) for hour in sorted(hours))


def folder_of(at: int) -> str:
    """Where the lines committed in the hour of an instant were sealed: `heads/2026-03-01/08/`."""
    return f"{FOLDER}{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d/%H}/"


def deviation(lines: Sequence[Line], sealed: Iterable[Head], now: int) -> Deviation:
    """Compare a timeline with what was sealed of it.

    A line that was sealed with two hashes deviates from one of them: whoever can add to the storage cannot make a
    rewritten line right.
    """
    hashes: dict[int, set[str]] = {}
    for head in sealed:
        hashes.setdefault(head.number, set()).add(head.hash)
    there = {line.number: line.hash for line in lines}
    wrong = [number for number, known in hashes.items() if known != {there.get(number)}]
    first = min(wrong, default=None)
    unsealed = tuple(line.number for line in lines if line.number not in hashes and line.at < now - SEALED_WITHIN)
    return Deviation(first, first is not None and first > max(there, default=0), unsealed)


def _object(heads: set[Head]) -> SealedObject:
    ordered = sorted(heads, key=lambda head: (head.at, head.incident, head.number, head.hash))
    content = "".join(f"{canonical(plain(head))}\n" for head in ordered).encode()
    last = ordered[-1].at
    return SealedObject(f"{folder_of(last)}{last}-{_digest(content)}.jsonl", content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_DIGEST]
