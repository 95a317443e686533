"""A DynamoDB in memory, with the rules of the real one and no faults: those are the simulation's to add.

It takes and answers what boto3's client does for the operations that the adapters use. One call is one instant:
nothing happens between its parts. What it does not play raises NotImplementedError, so that nothing passes by being
overlooked. Reads of tables are of the present even where they need not be.
"""

from __future__ import annotations

import marshal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from torture.aws import reads
from torture.aws.refusals import InvalidError, UnfitError, answer, only, refusal
from torture.aws.shapes import TableShape
from torture.aws.stored import Place, Row, StoredTable
from torture.aws.values import Item, copied
from torture.aws.writes import FIELDS, Request, Write, read_single, read_write

Change = Callable[[str, str, Item, Item | None, Item | None], None]
"""Hears of a table's change: its name, `INSERT`, `MODIFY` or `REMOVE`, the keys, what was and what is."""

_Call = Callable[..., dict[str, Any]]
_Changed = tuple[Write, Row | None, Row | None]
_MOST_ACTIONS = 100
_LARGEST_TRANSACTION = 4 * 1024 * 1024
_TOKEN_LIVES = 10 * 60 * 1000
_LONGEST_TOKEN = 36
_REFUSED = "The conditional request failed"
_MOST_KEYS = 100
_LARGEST_BATCH = 16 * 1024 * 1024
_READ = frozenset({"ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"})
_GET = _READ | {"TableName", "Key"}
_BATCHED = _READ | {"Keys"}
_OLD = frozenset({"NONE", "ALL_OLD"})
_ANY = _OLD | {"ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"}


def _operation(name: str) -> Callable[[_Call], _Call]:
    """An operation of DynamoDB's: what is wrong with a request is said as DynamoDB says it."""

    def made(call: _Call) -> _Call:
        @wraps(call)
        def refusing(*store: Any, **request: Any) -> dict[str, Any]:
            try:
                return call(*store, **request)
            except (InvalidError, UnfitError) as error:
                raise refusal(name, "ValidationException", str(error)) from error

        return refusing

    return made


class VirtualDynamoDB:
    """The store.

    Args:
        tables: their shapes by name.
        now: the instant (milliseconds UTC), for tokens, indexes and what expires.

    Attributes:
        on_change: hears of each change after it was committed, in that order; a write that changes nothing is none.
        index_lag: after how many milliseconds an index shows a change, asked for each change; None for at once.
    """

    def __init__(self, tables: Mapping[str, TableShape], now: Callable[[], int]) -> None:
        self._tables = {name: StoredTable(name, shape) for name, shape in tables.items()}
        self._now = now
        self._tokens: dict[str, bytes] = {}
        self._fading: deque[tuple[int, str]] = deque()
        self.on_change: Change | None = None
        self.index_lag: Callable[[], int] | None = None

    @_operation("GetItem")
    def get_item(self, **request: Any) -> dict[str, Any]:
        """GetItem."""
        only("GetItem", request, _GET)
        [row] = reads.get(self._table("GetItem", request), request, [request["Key"]])
        return answer(Item=row.item) if row is not None else answer()

    @_operation("BatchGetItem")
    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        """BatchGetItem: as many as 16 MB hold, and the keys of the rest."""
        operation = "BatchGetItem"
        only(operation, request, {"RequestItems"})
        asked: Mapping[str, Request] = request["RequestItems"]
        if not 1 <= sum(len(of["Keys"]) for of in asked.values()) <= _MOST_KEYS:
            raise InvalidError("Too many items requested for the BatchGetItem call")
        found: dict[str, list[Item]] = {}
        rest: dict[str, Any] = {}
        left = _LARGEST_BATCH
        for name, of in asked.items():
            only(operation, of, _BATCHED)
            later = []
            found[name] = []
            rows = reads.get(self._table(operation, {"TableName": name}), of, of["Keys"])
            for key, row in zip(of["Keys"], rows, strict=True):
                left -= row.size if row is not None else 0
                if left < 0:
                    later.append(key)
                elif row is not None:
                    found[name].append(row.item)
            if later:
                rest[name] = {**of, "Keys": later}
        return answer(Responses=found, UnprocessedKeys=rest)

    @_operation("Query")
    def query(self, **request: Any) -> dict[str, Any]:
        """Query: one page."""
        table = self._table("Query", request)
        if "IndexName" in request and request["IndexName"] in table.indexes:
            table.indexes[request["IndexName"]].settle(self._now())
        return answer(**reads.query(table, request))

    @_operation("Scan")
    def scan(self, **request: Any) -> dict[str, Any]:
        """Scan: one page."""
        return answer(**reads.scan(self._table("Scan", request), request))

    @_operation("PutItem")
    def put_item(self, **request: Any) -> dict[str, Any]:
        """PutItem."""
        return self._write("PutItem", "Put", request, _OLD)

    @_operation("DeleteItem")
    def delete_item(self, **request: Any) -> dict[str, Any]:
        """DeleteItem."""
        return self._write("DeleteItem", "Delete", request, _OLD)

    @_operation("UpdateItem")
    def update_item(self, **request: Any) -> dict[str, Any]:
        """UpdateItem."""
        return self._write("UpdateItem", "Update", request, _ANY)

    @_operation("TransactWriteItems")
    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """TransactWriteItems: all of it, or nothing.

        A token that was used in the last ten minutes for the same actions succeeds and writes nothing.
        """
        operation = "TransactWriteItems"
        only(operation, request, {"TransactItems", "ClientRequestToken"})
        actions: Sequence[Mapping[str, Request]] = request["TransactItems"]
        if not 1 <= len(actions) <= _MOST_ACTIONS:
            raise InvalidError(f"Member must have length between 1 and {_MOST_ACTIONS}, inclusive")
        token: str | None = request.get("ClientRequestToken")
        if token is not None and self._seen(operation, token, actions):
            return answer()
        planned = [self._planned(action) for action in actions]
        places = [(write.table.name, write.place) for write, _ in planned if write is not None]
        if len(set(places)) < len(places):
            raise InvalidError("Transaction request cannot include multiple operations on one item")
        self._commit(operation, planned)
        if token is not None:
            self._tokens[token] = _bytes_of(actions)
            self._fading.append((self._now() + _TOKEN_LIVES, token))
        return answer()

    def expire(self) -> int:
        """Take away what its table's time to live lets go by now, as DynamoDB does within days; how many."""
        now, gone = self._now() // 1000, 0
        for table in self._tables.values():
            attribute = table.shape.expires
            rows = [row for each in table.partitions.values() for row in each.rows.values() if attribute in row.item]
            for row in rows:
                if int(row.item[attribute].get("N", str(now))) < now:
                    self._apply(table, table.place(row.item), row, None)
                    gone += 1
        return gone

    def rows(self, table: str) -> Iterator[Item]:
        """Copies of all items of a table, for whoever checks what came of a run."""
        for partition in self._tables[table].partitions.values():
            for order in partition.orders:
                yield copied(partition.rows[order].item)

    def _planned(self, action: Mapping[str, Request]) -> tuple[Write | None, str]:
        """What an action does, or why it cannot fit."""
        if len(action) != 1:
            raise InvalidError("TransactItems can only contain one of Check, Put, Update or Delete")
        [(kind, body)] = action.items()
        if kind not in FIELDS:
            raise NotImplementedError(f"{kind} in a transaction is not played")
        only(kind, body, FIELDS[kind])
        table = self._table("TransactWriteItems", body)
        try:
            return read_write(kind, body, table), ""
        except UnfitError as error:
            return None, str(error)

    def _commit(self, operation: str, planned: list[tuple[Write | None, str]]) -> None:
        tried = [_tried(write) if write is not None else _unfit(why) for write, why in planned]
        codes = [reason["Code"] for reason, _ in tried]
        if any(code != "None" for code in codes):
            raise refusal(
                operation,
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]",
                CancellationReasons=[reason for reason, _ in tried],
            )
        changes = [change for _, change in tried if change is not None]
        if sum((new or old or Row({}, 0)).size for _, old, new in changes) > _LARGEST_TRANSACTION:
            raise InvalidError("The aggregate size of the items in the transaction exceeds 4 MB")
        for write, old, new in changes:
            self._apply(write.table, write.place, old, new)

    def _write(self, operation: str, kind: str, request: Request, returns: frozenset[str]) -> dict[str, Any]:
        table = self._table(operation, request)
        write = read_single(operation, kind, request, table, returns)
        old = table.row(write.place)
        if not write.holds(old.item if old is not None else {}):
            shown: Any = {"Item": copied(old.item)} if write.shows_old and old is not None else {}
            raise refusal(operation, "ConditionalCheckFailedException", _REFUSED, **shown)
        new = write.becomes(old)
        self._apply(table, write.place, old, new)
        return answer(**_returned(request.get("ReturnValues", "NONE"), write, old, new))

    def _apply(self, table: StoredTable, place: Place, old: Row | None, new: Row | None) -> None:
        if (old and old.item) == (new and new.item):
            return
        table.write(place, new)
        for index in table.indexes.values():
            index.follow(place, old, new, None if self.index_lag is None else self._index_shows)
        if self.on_change is not None:
            event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
            seen = new or old
            keys = {name: seen.item[name] for name in table.keys} if seen is not None else {}
            was, is_now = (row.item if row is not None else None for row in (old, new))
            self.on_change(table.name, event, keys, was, is_now)

    def _index_shows(self) -> int:
        return self._now() + (self.index_lag() if self.index_lag is not None else 0)

    def _seen(self, operation: str, token: str, actions: Sequence[Mapping[str, Request]]) -> bool:
        if not 1 <= len(token) <= _LONGEST_TOKEN:
            raise InvalidError(f"Member must have length less than or equal to {_LONGEST_TOKEN}")
        now = self._now()
        while self._fading and self._fading[0][0] <= now:
            self._tokens.pop(self._fading.popleft()[1], None)
        before = self._tokens.get(token)
        if before is None:
            return False
        if before != _bytes_of(actions) and marshal.loads(before) != actions:  # noqa: S302 - our own bytes
            raise refusal(
                operation,
                "IdempotentParameterMismatchException",
                "The request uses the same client token as a previous, but non-identical request",
            )
        return True

    def _table(self, operation: str, request: Request) -> StoredTable:
        name = request["TableName"]
        if name not in self._tables:
            raise refusal(operation, "ResourceNotFoundException", "Requested resource not found")
        return self._tables[name]


def _tried(write: Write) -> tuple[dict[str, Any], _Changed | None]:
    """Why an action of a transaction is refused, or what it changes."""
    old = write.table.row(write.place)
    if not write.holds(old.item if old is not None else {}):
        reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": _REFUSED}
        if write.shows_old and old is not None:
            reason["Item"] = copied(old.item)
        return reason, None
    try:
        return {"Code": "None"}, (write, old, write.becomes(old))
    except UnfitError as error:
        return _unfit(str(error))


def _unfit(why: str) -> tuple[dict[str, Any], None]:
    return {"Code": "ValidationError", "Message": why}, None


def _bytes_of(actions: Any) -> bytes:
    return marshal.dumps(actions, 2)  # version 2 does not depend on who else holds its parts


def _returned(asked: str, write: Write, old: Row | None, new: Row | None) -> dict[str, Any]:
    if asked == "NONE":
        return {}
    row = old if asked.endswith("_OLD") else new
    if row is None:
        return {}
    if asked.startswith("ALL_"):
        return {"Attributes": copied(row.item)}
    shown = copied({name: row.item[name] for name in write.touched if name in row.item})
    return {"Attributes": shown} if shown else {}
