"""What the last recorded runs found, as data, and the tables of docs/reliability.md that are written from it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torture.mutants import MUTANTS

RESULTS = Path(__file__).with_name("results")
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
_PART = re.compile(r"(<!-- torture: (?P<name>[a-z]+) -->\n).*?(<!-- end: (?P=name) -->)", re.DOTALL)


def keep(name: str, found: Mapping[str, Any]) -> None:
    """Record what a run found, and write the document anew."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    DOCUMENT.write_text(rendered(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


def rendered(text: str) -> str:
    """The document with its tables as the results have them; the text around them is people's."""

    def part(found: re.Match[str]) -> str:
        path = RESULTS / f"{found['name']}.json"
        body = "Not recorded yet."
        if path.exists():
            body = _TABLES[found["name"]](json.loads(path.read_text(encoding="utf-8")))
        return f"{found[1]}\n{body}\n\n{found[3]}"

    return _PART.sub(part, text)


def _seeds(found: Mapping[str, Any]) -> str:
    rows = [
        ("seeds", f"{found['first']} to {found['first'] + found['seeds'] - 1}"),
        ("that broke an invariant", found["broken"]),
        ("incidents", f"{found['incidents']:,}"),
        ("messages that carriers took", f"{found['pages']:,}"),
        ("statements that went public", f"{found['published']:,}"),
        ("requests to AWS", f"{found['calls']:,}"),
        ("seconds", f"{found['seconds']:,} with {found['workers']} processes"),
    ]
    return f"{_table(('', ''), rows)}\n\n`{found['command']}`, {found['at']}."


def _mutants(found: Mapping[str, Any]) -> str:
    without = {mutant.name: mutant.without for mutant in MUTANTS}
    rows = [
        (f"`{one['name']}`", without.get(one["name"], ""), one["seed"] or "**never**", one["rule"], one["what"])
        for one in found["mutants"]
    ]
    columns = ("mutant", "the product without", "first seed that notices", "rule", "how")
    return f"{_table(columns, rows)}\n\n`{found['command']}`, {found['at']}."


def _table(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines)


_TABLES = {"seeds": _seeds, "mutants": _mutants}
