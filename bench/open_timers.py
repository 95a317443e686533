"""A timers table in memory, for more rows than an emulator bears: it answers what the sweep asks, and counts it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from bench.billing import bytes_of, read_units
from shared.domain.timer import Timer


class OpenTimers:
    """As much of a DynamoDB client as `DynamoTimers` asks for while it sweeps.

    Attributes:
        requests: reads that were asked for; read_units: what DynamoDB bills for them.
    """

    def __init__(self, timers: Iterable[Timer]) -> None:
        self.requests = 0
        self.read_units = 0.0
        self._rows: defaultdict[str, list[str]] = defaultdict(list)
        self._cursors: dict[str, dict[str, Any]] = {}
        for timer in timers:
            self._rows[timer.partition].append(timer.sort)
        for rows in self._rows.values():
            rows.sort()

    def query(self, *, ExpressionAttributeValues: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        """All rows of a partition below a sort key."""
        partition = ExpressionAttributeValues[":partition"]["S"]
        rows = self._rows.get(partition, [])
        found = rows[: bisect_left(rows, ExpressionAttributeValues[":until"]["S"])]
        return {"Items": self._read([{"PK": {"S": partition}, "SK": {"S": sort}} for sort in found])}

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        """A cursor."""
        found = self._cursors.get(Key["SK"]["S"])
        self._read([found] if found else [])
        return {"Item": found} if found else {}

    def put_item(self, *, TableName: str, Item: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        """A cursor, or the heartbeat's timer."""
        if TableName == "timers":
            insort(self._rows[Item["PK"]["S"]], Item["SK"]["S"])
        else:
            self._cursors[Item["SK"]["S"]] = Item
        return {}

    def _read(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.requests += 1
        self.read_units += read_units(sum(map(bytes_of, items)), consistent=True)
        return items
