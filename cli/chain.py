"""A timeline with everything that says whether it is what was written: its chain, its incident, its sealed heads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cli.deployment import Deployment
from cli.unreadable import reading
from shared.adapters.sealed_heads import S3SealedHeads
from shared.domain.heads import Deviation, Head, SealedObject, deviation
from shared.domain.instants import DAY, HOUR
from shared.domain.timeline import Line, first_broken
from shared.ports import Incidents, SealedHeads, Stored

LOOKED_AHEAD = 2 * DAY
"""How long after the last line there is sealed heads are looked for, to find lines that were cut off: an incident that
is open is never silent for longer (I3), so a longer cut begins within it."""


@dataclass(frozen=True)
class Chain:
    """What is there of an incident: its record, its lines, and how these differ from what was sealed."""

    stored: Stored | None
    lines: Sequence[Line]
    deviation: Deviation

    @property
    def broken_link(self) -> str | None:
        """The first broken link in words, None where all is whole.

        The chain itself cannot tell that its end was cut off, or that all of it was written anew; the incident can, it
        knows its number of lines and the last hash; and where that was changed too, what was sealed.
        """
        links = [link for link in (self._in_itself(), self._in_the_heads()) if link is not None]
        if self.stored is None and self.lines:
            return f"{len(self.lines)} lines and no incident"
        if self.stored is None and not links:
            return "there is no such incident"
        return "line {} is broken: {}".format(*min(links, key=lambda link: link[0])) if links else None

    @property
    def warning(self) -> str | None:
        """What is not as it should be and breaks nothing."""
        unsealed = self.deviation.unsealed
        if not unsealed:
            return None
        if len(unsealed) == 1:
            return f"line {unsealed[0]} was never sealed"
        return f"{len(unsealed)} lines from {unsealed[0]} to {unsealed[-1]} were never sealed"

    def _in_itself(self) -> tuple[int, str] | None:
        stored, lines = self.stored, self.lines
        if (number := first_broken(lines)) is not None:
            return number, "it is missing, out of its place, or was changed"
        if stored is None:
            return None
        if len(lines) < stored.lines:
            return len(lines) + 1, f"{stored.lines} were written, and the last are missing"
        if stored.lines and lines[stored.lines - 1].hash != stored.head:
            return stored.lines, "the incident knows another hash of it"
        return None

    def _in_the_heads(self) -> tuple[int, str] | None:
        number = self.deviation.broken
        if number is None:
            return None
        gone = "it was sealed, and is gone from the end"
        return number, gone if self.deviation.gone else "it was sealed with another hash"


def chain_of(incidents: Incidents, incident: str, sealed: Iterable[Head], now: int) -> Chain:
    """Read an incident and compare it with what was sealed of it.

    The heads are there first, then the incident is read, then its lines: what is written meanwhile is one more line,
    and not one missing.

    Raises:
        UnreadableError: the incident or one of its lines is not what any release wrote.
    """
    with reading("its record"):
        stored = incidents.load(incident)
    with reading("a line of its timeline"):
        lines = incidents.timeline(incident)
    return Chain(stored, lines, deviation(lines, (head for head in sealed if head.incident == incident), now))


def sealed_near(storage: SealedHeads, incident: str, lines: Sequence[Line]) -> Iterator[SealedObject]:
    """The objects that hold heads of an incident whose lines are known: of their time, and of some time after."""
    if lines:
        times = [line.at for line in lines]
        for each in storage.found(min(times) - HOUR, max(times) + LOOKED_AHEAD):
            if any(head.incident == incident for head in each.heads):
                yield each


def sealed_heads(deployment: Deployment) -> S3SealedHeads:
    """The sealed heads of a stage."""
    return S3SealedHeads(lambda: deployment.client("s3"), deployment.output("EvidenceBucket"))
