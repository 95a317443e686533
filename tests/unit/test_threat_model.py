"""Every answer of the threat model has a test, and every test it names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")

FEARED = ("forge a page", "forge an acknowledgement", "forge a statement", "read customers' data", "silence the pager")
"""What somebody on the internet is asked about by name."""


def rows() -> list[list[str]]:
    """Who, what, what stops them, the tests; `who` is carried down."""
    found: list[list[str]] = []
    for line in PAGE.splitlines():
        if not line.startswith("| ") or line.startswith(("| ---", "| who")):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        found.append([cells[0] or found[-1][0], *cells[1:]])
    return found


def named(cell: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)


def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_names_who_what_why_not_and_a_test() -> None:
    found = rows()
    assert len(found) > 20
    for row in found:
        assert len(row) == 4, row
        assert all(row), row
        assert named(row[3]), f"no test shows: {row[0]} – {row[1]}"


def test_every_test_that_is_named_is_there() -> None:
    gone = [f"{path}::{name}" for row in rows() for path, name in named(row[3]) if name not in names_in(path)]
    assert gone == []


def test_a_stranger_is_asked_about_everything() -> None:
    wanted = " / ".join(row[1] for row in rows() if row[0] == "anyone on the internet")
    assert [what for what in FEARED if what not in wanted] == []
