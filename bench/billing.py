"""What DynamoDB bills for a request, by AWS's rules, from the request and the items it meets.

Emulators answer ReturnConsumedCapacity by rules of their own, so the units are computed here: a write costs the larger
of the item before and after, by the kilobyte; in a transaction twice that, a condition check too; an index costs one
plain write for an entry that comes or goes, two where its key changes. A strongly consistent read costs one unit by
4 KB, at least one, any other half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, Final

Item = Mapping[str, Mapping[str, Any]]
Index = tuple[frozenset[str], str]
"""The key attributes of an index, and what it projects: `KEYS_ONLY` or `ALL`."""

_WRITTEN_BY: Final = 1024
_READ_BY: Final = 4096
_IN_A_TRANSACTION: Final = 2
_OF_A_CONTAINER: Final = 3
_OF_AN_ELEMENT: Final = 1


def bytes_of(item: Item) -> int:
    """As DynamoDB counts an item: names and texts in UTF-8, numbers at half a byte a digit and one."""
    return sum(len(name.encode()) + _bytes(value) for name, value in item.items())


def write_units(before: Item, after: Item, *, transaction: bool) -> int:
    """Units of a put, an update, a delete or a condition check (of which nothing differs) on the table itself."""
    size = max(bytes_of(before), bytes_of(after))
    return max(1, ceil(size / _WRITTEN_BY)) * (_IN_A_TRANSACTION if transaction else 1)


def index_units(before: Item, after: Item, indexes: Iterable[Index]) -> int:
    """Units that a write costs on the indexes: they follow by plain writes, whatever wrote the table."""
    return sum(_of_index(before, after, keys, projected) for keys, projected in indexes)


def read_units(sizes: int, *, consistent: bool) -> float:
    """Units of a get or a query that found so many bytes; nothing found costs as much as the least."""
    return max(1, ceil(sizes / _READ_BY)) * (1 if consistent else 0.5)


def _of_index(before: Item, after: Item, keys: frozenset[str], projected: str) -> int:
    was, there = _entry(before, keys, projected), _entry(after, keys, projected)
    if was == there:
        return 0
    if was and there and all(was[name] == there[name] for name in keys):
        return ceil(max(bytes_of(was), bytes_of(there)) / _WRITTEN_BY)
    return sum(ceil(bytes_of(entry) / _WRITTEN_BY) for entry in (was, there) if entry)


def _entry(item: Item, keys: frozenset[str], projected: str) -> Item:
    if not all(name in item for name in keys):
        return {}
    return item if projected == "ALL" else {name: item[name] for name in (*sorted(keys), "PK", "SK")}


def _bytes(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    if kind == "N":
        return (len(str(held).lstrip("-").replace(".", "")) + 1) // 2 + 1
    if kind in ("BOOL", "NULL"):
        return 1
    if kind == "M":
        return _OF_A_CONTAINER + sum(len(name.encode()) + _bytes(each) + _OF_AN_ELEMENT for name, each in held.items())
    if kind == "L":
        return _OF_A_CONTAINER + sum(_bytes(each) + _OF_AN_ELEMENT for each in held)
    return len(held) if kind == "B" else len(held.encode())
