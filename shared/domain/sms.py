"""How long an SMS is, and how to make it shorter without hurting it.

A carrier bills by the segment: 160 septets of the GSM 03.38 alphabet (153 where there are several), or 70 UCS-2 units
(67) as soon as one character is outside it. A page that breaks in two may arrive in halves, so it is kept to one.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "…": "..", "•": "*", "·": "."}
)
_CAPACITY = {"gsm": (160, 153), "ucs2": (70, 67)}
_BEYOND_BMP = 0xFFFF
_JOINER = "\u200d"
_JOINERS = frozenset("\u200c\u200d")
_LONGEST_CLUSTER = 32


@dataclass(frozen=True, slots=True)
class Size:
    """What a text takes on the air: its alphabet, its units in that alphabet and the segments they fill."""

    alphabet: Literal["gsm", "ucs2"]
    units: int
    segments: int


def measure(text: str) -> Size:
    """The size of a text as an SMS.

    A character of the extension table takes two septets, one beyond the basic plane (most emoji) two units; neither
    pair is ever split between two segments, so that a long text may need one more than division says.
    """
    alphabet: Literal["gsm", "ucs2"] = "gsm" if all(c in _BASIC or c in _EXTENSION for c in text) else "ucs2"
    if alphabet == "gsm":
        widths = [2 if character in _EXTENSION else 1 for character in text]
    else:
        widths = [2 if ord(character) > _BEYOND_BMP else 1 for character in text]
    units = sum(widths)
    alone, among_others = _CAPACITY[alphabet]
    if units <= alone:
        return Size(alphabet, units, 1)
    segments, filled = 1, 0
    for width in widths:
        if filled + width > among_others:
            segments, filled = segments + 1, 0
        filled += width
    return Size(alphabet, units, segments)


def shortest_of(wordings: Iterable[str]) -> str:
    """The first wording that takes one segment; where none does, the first of those that take the fewest.

    Raises:
        ValueError: there is no wording at all.
    """
    best, fewest = None, 0
    for wording in wordings:
        segments = measure(wording).segments
        if best is None or segments < fewest:
            best, fewest = wording, segments
        if fewest == 1:
            break
    if best is None:
        raise ValueError("an SMS needs at least one wording")
    return best


def one_line(text: str) -> str:
    """The text on one line: control and direction characters go, any run of white space is one blank.

    What holds letters and emoji together (joiners, variation selectors) stays.
    """
    if text.isprintable():  # nearly all are, and hold nothing of what goes but blanks in a row
        return re.sub(r" {2,}", " ", text).strip()
    kept = (
        " " if character.isspace() or unicodedata.category(character) in ("Zl", "Zp", "Cc") else character
        for character in text
        if unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn")
        or character in _JOINERS
        or _is_tag(character)
    )
    return re.sub(r" {2,}", " ", "".join(kept)).strip()


def in_plain_letters(text: str) -> str:
    """The text with typographic quotes, dashes and dots as GSM 03.38 has them: one of them would halve the room."""
    return text.translate(_TYPOGRAPHY)


def only_gsm(text: str) -> str:
    """What GSM 03.38 has of a text; the digits and letters at the end of a case number, as a rule."""
    return "".join(c for c in text if c in _BASIC or c in _EXTENSION).strip()


def cut(text: str, longest: int, mark: str = "…") -> str:
    """At most so many characters, the mark included, cut from the end and never within what the eye sees as one."""
    if len(text) <= longest:
        return text
    end = _boundary(text, max(0, longest - len(mark)))
    return text[:end].rstrip() + mark


def cut_front(text: str, longest: int, mark: str = "…") -> str:
    """The same from the front: the tail of a case number is what tells it from its neighbours."""
    if len(text) <= longest:
        return text
    start = len(text) - max(0, longest - len(mark))
    while start < len(text) and _clings(text, start):
        start += 1
    return mark + text[start:].lstrip()


def _boundary(text: str, index: int) -> int:
    end = index
    while end > 0 and index - end < _LONGEST_CLUSTER and _clings(text, end):
        end -= 1
    return end if end and index - end < _LONGEST_CLUSTER else index


def _clings(text: str, index: int) -> bool:
    """Whether the character at an index belongs to the one before it."""
    if not 0 < index < len(text):
        return False
    character, before = text[index], text[index - 1]
    return (
        _JOINER in (character, before)
        or unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or _is_tag(character)
        or (_is_flag_letter(character) and _flag_letters_before(text, index) % 2 == 1)
    )


def _is_tag(character: str) -> bool:
    return "\U000e0020" <= character <= "\U000e007f"


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_letters_before(text: str, index: int) -> int:
    count = 0
    while index - count > 0 and _is_flag_letter(text[index - count - 1]):
        count += 1
    return count
