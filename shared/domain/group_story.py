"""How the seats of a response group were filled: who was called, who answered after how long, who never did (C3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.domain.crisis import GUEST
from shared.domain.outcome import Entry

CALLED = frozenset({"called", "called_b", "invited"})
Answer = Literal["in", "declined", "too_late", "released", "silent"]
"""What came of a call: they took the seat; said no; were in when the seat was taken or the crisis over; were told that
they are no longer needed before they answered; never answered."""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody was called for a seat.

    Attributes:
        after: how long their answer took, in milliseconds; None where there was none.
        as_b: because another was silent or declined.
    """

    person: str
    at: int
    answer: Answer
    after: int | None = None
    as_b: bool = False


@dataclass(frozen=True, slots=True)
class SeatStory:
    """One seat; `guest` stands for everybody who was invited beyond the seats.

    Attributes:
        taken: who sat there, and since when.
        empty_at: when nobody was left to call.
    """

    seat: str
    calls: tuple[Call, ...]
    taken: tuple[tuple[str, int], ...]
    empty_at: int | None = None

    @property
    def taken_after(self) -> int | None:
        """How long the seat was open after the first call; None where nobody took it."""
        return self.taken[0][1] - self.calls[0].at if self.taken and self.calls else None


def seat_stories(entries: Sequence[Entry]) -> tuple[SeatStory, ...]:
    """The seats in the order in which they were called, guests last."""
    seats: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.kind == "group_called":
            seats |= {seat: seats.get(seat, []) for seat in entry.data["seats"]}
        elif entry.kind == "paged" and entry.data["reason"] in CALLED:
            seats.setdefault(entry.data["rung"], []).append(entry)
    guests = seats.pop(GUEST, None)
    if guests:
        seats[GUEST] = guests
    return tuple(_story(seat, calls, entries) for seat, calls in seats.items())


def _story(seat: str, calls: Sequence[Entry], entries: Sequence[Entry]) -> SeatStory:
    taken = [
        (entry.data["person"], _event_time(entries, number, entry))
        for number, entry in enumerate(entries)
        if entry.kind == "seat_taken" and entry.data["seat"] == seat
    ]
    if seat == GUEST:
        taken = [(person, at) for call in calls if (at := _came(entries, person := call.data["person"], call.at))]
    empty = next((entry.at for entry in entries if entry.kind == "seat_empty" and entry.data["seat"] == seat), None)
    return SeatStory(seat, tuple(_call(each, seat, dict(taken), entries) for each in calls), tuple(taken), empty)


def _call(paged: Entry, seat: str, taken: dict[str, int], entries: Sequence[Entry]) -> Call:
    person = paged.data["person"]
    answers: list[tuple[int, Answer]] = []
    if taken.get(person, -1) >= paged.at:
        answers.append((taken[person], "in"))
    for entry in entries:
        if entry.at < paged.at:
            continue
        if entry.kind == "crisis.declined" and _by(entry) == person:
            answers.append((entry.at, "declined"))
        elif entry.kind == "crisis.confirmed" and _by(entry) == person:
            answers.append((entry.at, "too_late"))
        elif entry.kind == "told" and entry.data["to"] == person and _releases(entry, seat):
            answers.append((entry.at, "released"))
    order: dict[Answer, int] = {"in": 0, "declined": 1, "too_late": 2, "released": 3}
    as_b = paged.data["reason"] == "called_b"
    if not answers:
        return Call(person, paged.at, "silent", as_b=as_b)
    at, answer = min(answers, key=lambda each: (each[0], order[each[1]]))
    return Call(person, paged.at, answer, None if answer == "released" else at - paged.at, as_b)


def _releases(entry: Entry, seat: str) -> bool:
    reason = entry.data["reason"]
    return reason == "stood_down" or (reason == "seat_taken" and entry.data.get("about") == seat)


def _came(entries: Sequence[Entry], person: str, since: int) -> int | None:
    """When an invited person said that they are in."""
    return next((e.at for e in entries if e.kind == "crisis.confirmed" and _by(e) == person and e.at >= since), None)


def _event_time(entries: Sequence[Entry], number: int, taken: Entry) -> int:
    """When the confirmation that took a seat happened: it stands before, in the same step."""
    person = taken.data["person"]
    before = (
        entry.at for entry in reversed(entries[:number]) if entry.kind == "crisis.confirmed" and _by(entry) == person
    )
    return next(before, taken.at)


def _by(entry: Entry) -> str:
    return str((entry.data.get("data") or {}).get("by", ""))
