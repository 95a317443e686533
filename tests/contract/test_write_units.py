"""What a step costs: actions and write units of its one transaction (docs/adr/0041). `pytest -s` prints each action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.application.fire_timer import advance
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.events import EVENT
from shared.domain.instants import HOUR, MINUTE, format_instant
from tests.contract import tables
from tests.fakes import FakeWorld, fake_world

_KILOBYTE = 1024
_A_TRANSACTION_COSTS = 2
"""Times the units of plain writes."""


@dataclass
class Desk:
    """A hotline over a store whose transactions are counted."""

    fake: FakeWorld
    world: World
    actions: list[tuple[str, str, int]] = field(default_factory=list)

    def count(self, params: Mapping[str, Any], **_: Any) -> None:
        for action in params["TransactItems"]:
            [(kind, body)] = action.items()
            self.actions.append((kind, body["TableName"], _bytes_of(body.get("Item", body.get("Key")))))

    def post(self, kind: str, event_id: str, **data: str) -> None:
        raw = {
            "specversion": "1.0",
            "id": event_id,
            "source": "crm/hotline",
            "subject": "C-1042",
            "type": kind,
            "time": format_instant(self.fake.time.now()),
            "data": data,
        }
        assert take_event(self.world, EVENT.validate_python(raw), surface="http", trusted_by=False).incident

    def open(self) -> None:
        self.post("complaint.received", "e-1", summary="The kettle leaks", channel="hotline", level="ordinary")

    def bill(self) -> tuple[int, int]:
        """Actions and write units since the last bill, without those of indexes and streams."""
        for kind, table, size in self.actions:
            print(f"{kind:15} {table:10} {size:5} bytes")  # noqa: T201 - for whoever runs it with -s
        units = sum(_A_TRANSACTION_COSTS * ceil(size / _KILOBYTE) for _, _, size in self.actions)
        counted = len(self.actions), units
        self.actions.clear()
        return counted


@pytest.fixture
def desk(dynamodb: Any) -> Desk:
    fake = fake_world(policy_yaml.load("retail"))
    ports = {name: getattr(fake, name) for name in World.__dataclass_fields__}
    made = Desk(fake, World(**ports | {"incidents": DynamoIncidents(lambda: dynamodb, tables.NAMES)}))
    dynamodb.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", made.count)
    return made


def test_an_opening_writes_one_timer_however_many_clocks_start(desk: Desk) -> None:
    desk.open()
    assert [kind for kind, table, _ in desk.actions if table == "timers"] == ["Put"]
    assert desk.bill() == (6, 12)


def test_an_acknowledgement_that_leaves_the_next_step_where_it_is_touches_no_timer(desk: Desk) -> None:
    desk.open()
    desk.actions.clear()
    desk.fake.time.advance(10 * MINUTE)
    desk.post("complaint.acknowledged", "e-2", by="Ms Li")
    assert "timers" not in {table for _, table, _ in desk.actions}
    assert desk.bill() == (3, 6)


def test_a_missed_deadline_moves_the_timer_once(desk: Desk) -> None:
    desk.open()
    desk.actions.clear()
    desk.fake.time.advance(2 * HOUR)
    [incident] = desk.world.incidents.silent(desk.fake.time.now(), limit=10)
    advance(desk.world, incident, None)
    assert [kind for kind, table, _ in desk.actions if table == "timers"] == ["Delete", "Put"]
    assert desk.bill() == (5, 10)


def _bytes_of(item: Mapping[str, Mapping[str, Any]]) -> int:
    """As DynamoDB bills an item: names, texts in UTF-8, numbers at half a byte a digit and one."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def _bytes(attribute: Mapping[str, Any]) -> int:
    [(kind, value)] = attribute.items()
    if kind == "N":
        return (len(value) + 1) // 2 + 1
    return len(value) if kind == "B" else len(value.encode())
