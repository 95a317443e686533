"""One thing that was looked at, and what to do about it. Names and ids only: never a number or an address (I12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["must", "should", "unchecked", "good"]
"""`must`: pages may not go out, or data may be lost, until it is done. `should`: soon. `unchecked`: nobody knows."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found in an area.

    Attributes:
        what: the finding; do: what to do about it, a command where there is one.
    """

    area: str
    verdict: Verdict
    what: str
    do: str = ""


def good(area: str, what: str) -> Diagnosis:
    """Nothing is to be done."""
    return Diagnosis(area, "good", what)


def must(area: str, what: str, do: str) -> Diagnosis:
    """Something must be done."""
    return Diagnosis(area, "must", what, do)


def should(area: str, what: str, do: str) -> Diagnosis:
    """Something should be done."""
    return Diagnosis(area, "should", what, do)


def by_weight(area: str, what: str, do: str, *, heavy: bool) -> Diagnosis:
    """A must where it is heavy (on production, mostly), else a should."""
    return Diagnosis(area, "must" if heavy else "should", what, do)


def unchecked(area: str, why: str) -> Diagnosis:
    """It could not be looked at, so nobody may think that it is fine."""
    return Diagnosis(
        area, "unchecked", f"could not be checked: {why}", "look at it by hand, or ask again with the right"
    )


def counted(number: int, one: str, many: str = "") -> str:
    """`1 timer`, `3 timers`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def named(names: list[str], most: int = 5) -> str:
    """Some names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
