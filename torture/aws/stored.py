"""How the virtual DynamoDB keeps a table and its indexes: by partition, each in the order of its sort keys."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torture.aws.refusals import UnfitError
from torture.aws.shapes import IndexShape, Key, TableShape
from torture.aws.values import Item, Value, rank, size_of, text_size

Place = tuple[Any, Any]
"""Where an item lies: what its partition key and its sort key are compared by."""
_LONGEST_PARTITION = 2048
_LONGEST_SORT = 1024
"""Bytes of a key."""


class Row(NamedTuple):
    """An item, never changed once it is here, and its size in bytes."""

    item: Item
    size: int


class Partition:
    """Rows in order. An order is a tuple that begins with what the sort key is compared by."""

    __slots__ = ("orders", "rows")

    def __init__(self) -> None:
        self.orders: list[tuple[Any, ...]] = []
        self.rows: dict[tuple[Any, ...], Row] = {}

    def put(self, order: tuple[Any, ...], row: Row) -> None:
        if order not in self.rows:
            insort(self.orders, order)
        self.rows[order] = row

    def take(self, order: tuple[Any, ...]) -> None:
        if self.rows.pop(order, None) is not None:
            del self.orders[bisect_left(self.orders, order)]


class Ordered:
    """A table or an index, as a query reads it."""

    def __init__(self, name: str, partition: Key, sort: Key | None) -> None:
        self.name = name
        self.partition = partition
        self.sort = sort
        self.partitions: dict[Any, Partition] = {}

    def _put(self, partition: Any, order: tuple[Any, ...], row: Row) -> None:
        there = self.partitions.get(partition)
        if there is None:
            there = self.partitions[partition] = Partition()
        there.put(order, row)

    def _take(self, partition: Any, order: tuple[Any, ...]) -> None:
        there = self.partitions[partition]
        there.take(order)
        if not there.orders:
            del self.partitions[partition]


class StoredIndex(Ordered):
    """A global secondary index: it follows its table, at once or later, and each item's changes in their order."""

    def __init__(self, name: str, shape: IndexShape, table: TableShape) -> None:
        super().__init__(name, shape.partition, shape.sort)
        self.shape = shape
        keys = (table.partition, table.sort, shape.partition, shape.sort)
        self._projected = tuple(key.name for key in keys if key is not None)
        self._where: dict[Place, tuple[Any, tuple[Any, ...]]] = {}
        self._coming: list[tuple[int, int, Place, Row | None]] = []
        self._last: dict[Place, tuple[int, int]] = {}
        self._number = 0

    def follow(self, place: Place, old: Row | None, new: Row | None, arrives: Callable[[], int] | None) -> None:
        """An item of the table changed; `arrives` says when the index shows it, None for now."""
        before, after = self._seen(old), self._seen(new)
        if before == after:
            return
        if arrives is None:
            self._show(place, after)
            return
        self._number += 1
        at = max(arrives(), self._last.get(place, (0, 0))[0])
        self._last[place] = at, self._number
        heapq.heappush(self._coming, (at, self._number, place, after))

    def settle(self, now: int) -> None:
        """Show what has arrived by now."""
        while self._coming and self._coming[0][0] <= now:
            at, number, place, row = heapq.heappop(self._coming)
            if self._last[place] == (at, number):
                del self._last[place]
            self._show(place, row)

    def fits(self, item: Item) -> None:
        """A key attribute of an index has its type and is not empty, wherever it stands.

        Raises:
            UnfitError: it has not.
        """
        for key in (self.partition, self.sort):
            if key is not None and key.name in item and not item[key.name].get(key.type):
                raise _unfit(key, item[key.name], f" IndexName: {self.name}")

    def _show(self, place: Place, row: Row | None) -> None:
        there = self._where.pop(place, None)
        if there is not None:
            self._take(*there)
        if row is not None:
            partition = rank(row.item[self.partition.name])
            order = place if self.sort is None else (rank(row.item[self.sort.name]), *place)
            self._where[place] = partition, order
            self._put(partition, order, row)

    def _seen(self, row: Row | None) -> Row | None:
        if row is None or self.partition.name not in row.item:
            return None
        if self.sort is not None and self.sort.name not in row.item:
            return None
        if self.shape.whole:
            return row
        item = {name: row.item[name] for name in self._projected}
        return Row(item, size_of(item))


class StoredTable(Ordered):
    """A table with its indexes."""

    def __init__(self, name: str, shape: TableShape) -> None:
        super().__init__(name, shape.partition, shape.sort)
        self.shape = shape
        self.keys = frozenset({shape.partition.name, shape.sort.name})
        self.indexes = {called: StoredIndex(called, each, shape) for called, each in shape.indexes.items()}

    def place(self, item: Mapping[str, Value], *, is_key: bool = False) -> Place:
        """Where an item, or what is asked for by a key, lies.

        Raises:
            UnfitError: a part of its key is missing, empty, too long or of the wrong type, or a key has other parts.
        """
        if is_key and item.keys() != self.keys:
            raise UnfitError("The provided key element does not match the schema")
        return self._part(item, self.shape.partition, _LONGEST_PARTITION, is_key=is_key), self._part(
            item, self.shape.sort, _LONGEST_SORT, is_key=is_key
        )

    def _part(self, item: Mapping[str, Value], key: Key, longest: int, *, is_key: bool) -> Any:
        value = item.get(key.name)
        if value is None:
            raise UnfitError(f"One or more parameter values were invalid: Missing the key {key.name} in the item")
        if is_key and key.type not in value:
            raise UnfitError("The provided key element does not match the schema")
        if not value.get(key.type):
            raise _unfit(key, value, "")
        found = rank(value)
        if key.type == "S" and 4 * len(found) > longest and text_size(found) > longest:
            raise UnfitError(f"One or more parameter values were invalid: the key {key.name} is too long")
        return found

    def row(self, place: Place) -> Row | None:
        partition = self.partitions.get(place[0])
        return partition.rows.get((place[1],)) if partition is not None else None

    def write(self, place: Place, row: Row | None) -> None:
        """Put a row in place of what is there, or take that away."""
        if row is not None:
            self._put(place[0], (place[1],), row)
        elif self.row(place) is not None:
            self._take(place[0], (place[1],))


def _unfit(key: Key, value: Value, where: str) -> UnfitError:
    """What is wrong with a value that cannot be this key."""
    if key.type in value:
        return UnfitError(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            f"empty string value. Key: {key.name}{where}"
        )
    [actual] = value
    return UnfitError(
        f"One or more parameter values were invalid: Type mismatch for key {key.name} "
        f"expected: {key.type} actual: {actual}{where}"
    )
