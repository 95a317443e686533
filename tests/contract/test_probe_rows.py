"""What a synthetic complaint leaves in the store goes by itself; nothing of a real one does (ADR 76)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_keys import Tables
from shared.domain.events import PROBE_SOURCE
from shared.domain.instants import DAY, SECOND
from shared.ports import Commit
from tests.contract.made import NOW, following, opening, taken

TABLES = Tables("incidents", "timers", "outbox", "timeline")


def of(source: str) -> tuple[Commit, Commit]:
    """The opening of an incident of a source, and its next step."""
    first = opening()
    stored = replace(first.stored, incident=replace(first.stored.incident, source=source))
    first = replace(first, stored=stored, taken=(taken(source=source),))
    return first, replace(following(stored), taken=(taken("e2", source=source),))


def rows(client: Any, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.scan(TableName=table, ConsistentRead=True)["Items"]
    return found


@pytest.mark.parametrize("source", [PROBE_SOURCE, "crm/hotline"])
def test_the_rows_of_an_incident_are_kept_for_ever_or_for_a_day(dynamodb: Any, source: str) -> None:
    store = DynamoIncidents(lambda: dynamodb, TABLES)
    for commit in of(source):
        store.commit(commit)

    left = [*rows(dynamodb, "incidents"), *rows(dynamodb, "timeline")]

    assert len(left) == 5  # the incident, two dedup keys, two lines
    for row in left:
        if source == PROBE_SOURCE:
            assert NOW + DAY <= int(row["ttl"]["N"]) * SECOND <= NOW + DAY + 5 * SECOND
        else:
            assert "ttl" not in row
    stored = store.load("inc-1")
    assert stored is not None
    assert stored.lines == len(store.timeline("inc-1")) == 2
