"""Counts what goes out of the product: every request of the real boto3 clients, by botocore's own events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bench import billing
from bench.billing import Index, Item

_SINGLE: Final = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_ROWS: Final = (
    ("incidents", "LINK#", "link"),
    ("incidents", "IDEM#", "dedup key"),
    ("incidents", "STORM#", "storm counter"),
    ("incidents", "POLICY#", "policy"),
    ("incidents", "MATTER#", "matter of a crisis"),
    ("incidents", "CRISES", "crisis that is on"),
    ("incidents", "PUBLISHED", "publication"),
    ("incidents", "CURSOR", "cursor"),
)
_SORTS: Final = {"META": "incident", "EARLY": "early events", "CUSTOMER": "customer"}


@dataclass(frozen=True, slots=True)
class Write:
    """One write, or one action of a transaction.

    Attributes:
        function: who wrote it.
        row: what the row is, in words.
        action: Put, Update, Delete or ConditionCheck.
        size: of the larger of the item before and after, in bytes.
        units: on the table; index_units: on its indexes.
    """

    function: str
    table: str
    row: str
    action: str
    size: int
    units: int
    index_units: int


@dataclass(frozen=True, slots=True)
class Read:
    """One read.

    Attributes:
        function: who read it.
        row: what the rows are, in words.
        how: get or query, by which index, and whether strongly consistent.
        size: of what was found, in bytes.
    """

    function: str
    row: str
    how: str
    size: int
    units: float


@dataclass
class Bill:
    """What was used.

    Attributes:
        requests: calls by service and operation.
        puts: objects written to S3, by function.
        invocations: of each Lambda function; log_bytes: what they logged.
    """

    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    puts: Counter[str] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    log_bytes: int = 0

    @property
    def write_units(self) -> int:
        """On tables and indexes together."""
        return sum(write.units + write.index_units for write in self.writes)

    @property
    def read_units(self) -> float:
        return sum(read.units for read in self.reads)


Written = Callable[[str, Item, Item], None]
"""Told of each row that was written: the table, the item before and after; an empty one is none."""


class Meter:
    """Hooks into clients.

    Args:
        peek: an item of a table as it stands, asked beside the clients that are counted.
        indexes: of each table.
        written: told of each write that was made.
    """

    def __init__(
        self, peek: Callable[[str, Item], Item], indexes: Mapping[str, tuple[Index, ...]], written: Written
    ) -> None:
        self.bill = Bill()
        self.function = ""
        self.said_by_store = 0.0
        """What the store itself answered to ReturnConsumedCapacity; an emulator's word, kept for comparison."""
        self._peek = peek
        self._indexes = indexes
        self._written = written
        self._before: list[tuple[str, str, Item, Item, bool]] = []
        self._asked: Mapping[str, Any] = {}

    def follow(self, client: Any) -> Any:
        """Count whatever this client sends; the client."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-call.{service}", lambda model, **_: self._count(service, model.name))
        if service == "dynamodb":
            client.meta.events.register("provide-client-params.dynamodb", self._note)
            client.meta.events.register("after-call.dynamodb", self._settle)
        return client

    def _count(self, service: str, operation: str) -> None:
        self.bill.requests[f"{service}:{operation}"] += 1
        if operation == "PutObject":
            self.bill.puts[self.function] += 1

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> dict[str, Any]:
        actions = [(kind, body) for action in params.get("TransactItems", ()) for kind, body in action.items()]
        if model.name in _SINGLE:
            actions = [(_SINGLE[model.name], params)]
        self._before = []
        self._asked = params
        for kind, body in actions:
            key = body.get("Key") or {name: body["Item"][name] for name in ("PK", "SK")}
            self._before.append(
                (kind, body["TableName"], key, self._peek(body["TableName"], key), "TransactItems" in params)
            )
        return {**params, "ReturnConsumedCapacity": "INDEXES"}

    def _settle(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name in ("GetItem", "Query"):
            self._read(parsed, model.name)
        for kind, table, key, before, transaction in self._before:
            after = self._peek(table, key)
            size = max(billing.bytes_of(before), billing.bytes_of(after), billing.bytes_of(key))
            units = billing.write_units(before or key, after or key, transaction=transaction)
            indexed = billing.index_units(before, after, self._indexes[table])
            self.bill.writes.append(Write(self.function, table, row_of(table, key), kind, size, units, indexed))
            if before != after:
                self._written(table, before, after)
        self._before = []
        capacity = parsed.get("ConsumedCapacity", ())
        for each in capacity if isinstance(capacity, list) else [capacity]:
            self.said_by_store += each.get("CapacityUnits", 0.0)

    def _read(self, parsed: Mapping[str, Any], operation: str) -> None:
        items = parsed.get("Items", []) if operation == "Query" else [parsed.get("Item", {})]
        size = sum(map(billing.bytes_of, items))
        asked, consistent = self._asked, bool(self._asked.get("ConsistentRead"))
        found = {"PK": next(iter(asked.get("ExpressionAttributeValues", {"": {}}).values())), "SK": {"S": ""}}
        row = row_of(asked["TableName"], asked.get("Key", found))
        how = " ".join(filter(None, (operation, asked.get("IndexName"), "consistent" if consistent else "")))
        units = billing.read_units(size, consistent=consistent)
        self.bill.reads.append(Read(self.function, row, how, size, units))


def row_of(table: str, key: Item) -> str:
    """What a row is, in words."""
    partition, sort = key["PK"]["S"], key["SK"]["S"]
    for of, begins, name in _ROWS:
        if table == of and partition.startswith(begins):
            return name
    if table == "outbox":
        return "errand" if sort.startswith("errand#") else "message"
    if table == "incidents":
        return "statement's text" if sort.startswith("TEXT#") else _SORTS.get(str(sort), str(sort))
    return "timer" if table == "timers" else "line"
