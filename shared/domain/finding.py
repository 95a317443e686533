"""What a check has to say about one place of a policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Path = tuple[str | int, ...]
"""Keys and indexes from the top of a policy: `("levels", "major", "window")`."""

FIRST_YEAR = 2000
"""A time before it is a bare number that was read as seconds since 1970."""
_FEW = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or odd, at one place of a policy.

    Attributes:
        severity: a policy with an `error` is refused; a `warning` is told.
    """

    path: Path
    message: str
    severity: Literal["error", "warning"] = "error"


def unknown(path: Path, what: str, name: str, known: Iterable[str]) -> Finding:
    """A reference that leads nowhere, with the name that may have been meant or the names there are."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return Finding(path, f"there is no {what} '{name}'; did you mean '{close[0]}'?")
    if 0 < len(names) <= _FEW:
        return Finding(path, f"there is no {what} '{name}'; there is {either(names)}")
    return Finding(path, f"there is no {what} '{name}'")


def either(names: Iterable[str]) -> str:
    """`'a', 'b' or 'c'`."""
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last
