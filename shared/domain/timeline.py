"""The timeline: an append-only chain of lines, each sealed with the hash of the line before (I9)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.outcome import Entry
from shared.domain.plain import canonical, plain, read
from shared.domain.record import Record


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a timeline: what one commit entered, and the hash of the line before (I9).

    Attributes:
        number: 1 for the first.
        at: when it was committed, milliseconds UTC.
        entries: their data is plain JSON, whatever the decision put in.
        previous: hash of the line before, "" for the first.
    """

    number: int
    at: int
    entries: tuple[Entry, ...]
    previous: str
    hash: str


def seal(previous: str, number: int, at: int, entries: Iterable[Entry]) -> Line:
    """The next line of a chain whose last hash is `previous`."""
    kept = tuple(Entry(entry.at, entry.kind, plain(entry.data)) for entry in entries)
    return Line(number, at, kept, previous, _hash(previous, number, at, kept))


def first_broken(lines: Sequence[Line]) -> int | None:
    """The number of the first line that is missing, out of place or not what was sealed; None where all is well."""
    previous = ""
    for number, line in enumerate(lines, 1):
        if line.number != number or line.previous != previous:
            return number
        if line.hash != _hash(previous, number, line.at, line.entries):
            return number
        previous = line.hash
    return None


def records_on(lines: Iterable[Line]) -> tuple[Record, ...]:
    """The records of the events that were entered, in the order they were applied; the opening one is the first."""
    return tuple(
        read(Record, entry.data["record"]) for line in lines for entry in line.entries if "record" in entry.data
    )


def sealed_text(number: int, at: int, entries: Iterable[Entry]) -> str:
    """What the hash of a line is made of, after the hash of the line before and a line break: one line of JSON."""
    return canonical({"number": number, "at": at, "entries": [plain(entry) for entry in entries]})


def _hash(previous: str, number: int, at: int, entries: Iterable[Entry]) -> str:
    return hashlib.sha256(f"{previous}\n{sealed_text(number, at, entries)}".encode()).hexdigest()
