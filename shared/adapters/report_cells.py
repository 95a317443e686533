"""What the parts of a report are made of: tables of cells."""

from dataclasses import dataclass
from typing import Literal

from shared.adapters.report_reader import ReportReader
from shared.domain.after_action import Report

Tone = Literal["", "good", "bad", "code"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; the tone adds to what the words say and never stands alone."""

    text: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One part of the report; `empty` is what to say where it has no rows."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str


def table(key: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], reading: ReportReader) -> Table:
    """A part of the report, named and headed by its keys in the report's words."""
    words = reading.words
    return Table(key, words.parts[key], tuple(words.columns[name] for name in columns), rows, words.empty[key])


def late_words(late: int, report: Report, reading: ReportReader, *, done: bool) -> str:
    """By how much something is late, and that it still grows; of what was never done there is no such figure."""
    span = reading.late(late)
    if done or not span:
        return span
    never = reading.words.nothing if report.ended_at is not None else reading.words.phrases["so_far"]
    return str(never).format(span=span)
