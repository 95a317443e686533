"""Writes the figures into docs/performance.md, between the markers; the text around them is people's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bench.figures import RESULTS, Figure, Section, Table, read

DOCUMENT: Final = Path(__file__).parents[1] / "docs" / "performance.md"
BEFORE: Final = RESULTS / "before"
"""Results from before an improvement, kept by hand: figures of the same name get a column with what they were."""

_PART = re.compile(r"(<!-- figures: (?P<name>[a-z]+) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)
_SUMMARY: Final = "summary"


def rendered(text: str, results: Path = RESULTS) -> str:
    """The document with every part written anew from the results.

    Raises:
        ValueError: a result has no place in the document.
    """
    places = [found["name"] for found in _PART.finditer(text)]
    sections = {name: section for name in places if (section := read(name, results)) is not None}
    homeless = {path.stem for path in results.glob("*.json")} - set(places)
    if homeless:
        raise ValueError(f"no markers for {', '.join(sorted(homeless))}: add `<!-- figures: NAME -->`")

    def part(found: re.Match[str]) -> str:
        name = found["name"]
        if name == _SUMMARY:
            body = _summary(sections)
        elif name in sections:
            body = section_text(sections[name], read(name, results / BEFORE.name))
        else:
            body = f"Not measured yet: `make bench ONLY={name}`."
        return f"{found[1]}\n{body}\n\n{found[3]}"

    return _PART.sub(part, text)


def section_text(section: Section, before: Section | None = None) -> str:
    """One measure in Markdown: what missed its aim first, then how it was measured, the figures, tables and plot."""
    if before is not None and before.measured_at == section.measured_at:
        before = None  # nothing was measured since
    parts = [
        *(f"> **Aim missed: {figure.name}** is {_amount(figure)}, {_aim(figure)}." for figure in section.missed),
        section.about,
        _figures(section.figures, before),
        *(_table(table) for table in section.tables),
        *([f"![{section.title}]({section.plot})"] if section.plot else []),
        f"`{section.command}`, {section.measured_at}, {section.machine}.",
        *([f"Before: {before.measured_at}, {before.machine}."] if before else []),
    ]
    return "\n\n".join(parts)


def _summary(sections: Mapping[str, Section]) -> str:
    """Every figure that has an aim, in one table; the missed ones say so."""
    rows = [
        (section.title, figure.name, _amount(figure), _aim(figure), _verdict(figure))
        for section in sections.values()
        for figure in section.figures
        if figure.aim
    ]
    return _markdown(("", "figure", "measured", "aim", ""), rows) if rows else "Nothing was measured yet."


def _figures(figures: Iterable[Figure], before: Section | None) -> str:
    figures = tuple(figures)
    was = {figure.name: figure for figure in before.figures} if before else {}
    columns: dict[str, list[str]] = {"figure": [figure.name for figure in figures]}
    if was:
        columns["before"] = [_amount(was[figure.name]) if figure.name in was else "" for figure in figures]
    columns["measured"] = [_amount(figure) for figure in figures]
    if any(figure.baseline is not None for figure in figures):
        columns["baseline"] = [_number(figure.baseline) if figure.baseline is not None else "" for figure in figures]
        columns["ratio"] = [_ratio(figure) for figure in figures]
    if any(figure.aim for figure in figures):
        columns["aim"] = [" ".join(filter(None, (_aim(figure), _verdict(figure)))) for figure in figures]
    if any(figure.note for figure in figures):
        columns["note"] = [figure.note for figure in figures]
    return _markdown(tuple(columns), list(zip(*columns.values(), strict=True)))


def _table(table: Table) -> str:
    rows = [tuple(_number(cell) if isinstance(cell, int | float) else cell for cell in row) for row in table.rows]
    return f"{table.title}:\n\n{_markdown(table.columns, rows)}"


def _markdown(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = (columns, ("---",) * len(columns), *rows)
    lines = (" | ".join(cell.replace("|", r"\|") for cell in line) for line in cells)
    return "\n".join(f"| {line} |" for line in lines)


def _amount(figure: Figure) -> str:
    return " ".join(filter(None, (_number(figure.value), figure.unit)))


def _ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return ""
    return f"{figure.ratio:.2f}" if figure.ratio >= 0.1 else f"{figure.ratio:.1g}"  # noqa: PLR2004 - else all are 0.0


def _aim(figure: Figure) -> str:
    return f"aim: {figure.aim} {figure.unit}".rstrip() if figure.aim else ""


def _verdict(figure: Figure) -> str:
    return {True: "✓", False: "**✗ missed**", None: ""}[figure.holds]


def _number(value: float) -> str:
    """Three digits that count, and no more zeros than a reader can see."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
