"""Every kind of row has a lifetime in docs/operations.md, and goes by itself exactly where that says so."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.deployment import Deployment
from shared.adapters import dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_crises import matter_row
from shared.adapters.dynamo_errands import errand_row
from shared.adapters.dynamo_links import DynamoLinks
from shared.adapters.dynamo_outbox import DynamoOutbox, message_row
from shared.adapters.dynamo_statements import publication_row
from shared.domain.instants import DAY, MINUTE, SECOND
from shared.domain.message import Link
from shared.ports import Matter
from tests.contract.made import errand, message, publication
from tests.unit.cli_stage import stage, tocsin
from tests.unit.door_requests import INCIDENT, complaint

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NOW = 1_772_323_200_000


def lifetimes() -> dict[str, str]:
    """When each kind of row goes, as the runbook says."""
    section = PAGE.partition("## What is kept, and for how long")[2].partition("\n## ")[0]
    found = {}
    for line in section.splitlines():
        if line.startswith("| `"):
            kinds, _, goes = (cell.strip() for cell in line.strip("|").split("|"))
            found.update(dict.fromkeys(re.findall(r"`(\w+)`", kinds.partition(":")[0]), goes))
    return found


def test_every_kind_of_row_has_its_lifetime() -> None:
    kinds = {
        name
        for name, made in inspect.getmembers(dynamo_keys, inspect.isfunction)
        if made.__module__ == dynamo_keys.__name__ and made.__annotations__.get("return") is Item
    }
    rows = {name for name in kinds if name != "key" and not name.startswith("_") and "expiry" not in name}
    assert set(lifetimes()) == rows | {"message"}  # whose key is its own: incident and sort
    assert all(lifetimes().values())


def days(kind: str) -> int:
    """How many days the runbook says, of a kind that goes by itself."""
    [said] = re.findall(r"(\d+) days?", lifetimes()[kind])
    return int(said)


@pytest.fixture
def place() -> Iterator[Deployment]:
    with stage() as made:
        made.take(complaint(data__customer={"name": "Wang Fang", "phone": "+8613800138000"}))
        yield made


def rows(place: Deployment, table: str) -> list[dict[str, Any]]:
    return list(place.client("dynamodb").scan(TableName=getattr(place.tables, table))["Items"])


def ends(row: dict[str, Any]) -> int:
    return int(row["ttl"]["N"]) * SECOND


def test_what_goes_by_itself_goes_when_the_runbook_says(place: Deployment) -> None:
    assert ends(message_row(message(at=NOW))) == NOW + days("message") * DAY
    assert ends(errand_row(errand(at=NOW))) == NOW + days("errand") * DAY
    assert ends(matter_row(Matter("batch/1", "inc-1", NOW))) == NOW + days("matter") * DAY
    DynamoLinks(lambda: place.client("dynamodb"), place.tables).put(Link("a" * 64, "inc-1", "li.na", 0, NOW))
    DynamoOutbox(lambda: place.client("dynamodb"), place.tables).count_message("li.na", NOW // MINUTE)
    kept = {row["PK"]["S"].partition("#")[0]: row for row in rows(place, "incidents")}
    assert ends(kept["LINK"]) == NOW + days("link") * DAY
    assert ends(kept["STORM"]) == NOW + days("storm") * DAY


def test_nothing_of_a_complaint_goes_but_its_messages(place: Deployment) -> None:
    for table in ("incidents", "timers", "timeline"):
        found = rows(place, table)
        assert found, table
        assert [row["SK"]["S"] for row in found if "ttl" in row] == [], table
    assert all("ttl" in row for row in rows(place, "outbox"))
    assert "ttl" not in publication_row(publication())


def test_what_a_customer_told_of_themselves_can_be_erased_and_nothing_else_goes(place: Deployment) -> None:
    before = {table: rows(place, table) for table in ("incidents", "timers", "timeline", "outbox")}
    assert "Wang Fang" in str(before)
    done = tocsin("erase", INCIDENT, "--yes")
    assert (done.exit_code, done.stdout) == (0, "erased\n")
    after = {table: rows(place, table) for table in before}
    assert "Wang Fang" not in str(after)
    assert "13800138000" not in str(after)
    assert len(after["incidents"]) == len(before["incidents"]) - 1
    assert {table: after[table] for table in ("timers", "timeline", "outbox")} == {
        table: before[table] for table in ("timers", "timeline", "outbox")
    }
    assert tocsin("erase", INCIDENT, "--yes").stdout == "nothing was kept of the customer\n"


def test_nothing_is_erased_unasked_or_of_nobody(place: Deployment) -> None:
    assert tocsin("erase", INCIDENT, stdin="n\n").exit_code == 1
    assert "Wang Fang" in str(rows(place, "incidents"))
    assert tocsin("erase", "crm/hotline#nobody", "--yes").exit_code == 1
