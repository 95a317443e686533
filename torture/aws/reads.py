"""Queries and scans, page by page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from torture.aws.expressions import Condition, KeyRange, Projection, Used, Values, condition, key_range, projection
from torture.aws.refusals import InvalidError, UnfitError, only
from torture.aws.stored import Ordered, Partition, Row, StoredIndex, StoredTable
from torture.aws.values import Item, copied, kept, kept_item, rank
from torture.aws.writes import all_used, words

_LARGEST_PAGE = 1024 * 1024
_ORDERED_BY = itemgetter(0)
_SCAN = frozenset(
    {
        "TableName",
        "ConsistentRead",
        "Limit",
        "ExclusiveStartKey",
        "FilterExpression",
        "ProjectionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
    }
)


_QUERY = _SCAN | {"IndexName", "KeyConditionExpression", "ScanIndexForward"}
_NOTHING = Partition()


class Words(NamedTuple):
    """What the expressions of a read say."""

    values: Values
    keys: KeyRange | None
    filtered: Condition | None
    projected: Projection | None


def query(table: StoredTable, request: Mapping[str, Any]) -> dict[str, Any]:
    """One page, as DynamoDB answers it.

    Raises:
        InvalidError, UnfitError: the request is refused.
    """
    only("Query", request, _QUERY)
    source = _source(table, request)
    asked = read_words(request, source)
    if asked.keys is None:
        raise InvalidError("Either the KeyConditions or KeyConditionExpression parameter must be specified")
    _check(asked, asked.keys, source)
    wanted = rank(asked.values[asked.keys.partition])
    partition = source.partitions.get(wanted, _NOTHING)
    low, high = _span(partition, asked.keys, asked.values)
    forward = request.get("ScanIndexForward", True)
    if "ExclusiveStartKey" in request:
        after = _order_of(table, source, request["ExclusiveStartKey"], wanted)
        if forward:
            low = max(low, bisect_right(partition.orders, after))
        else:
            high = min(high, bisect_left(partition.orders, after))
    positions = range(low, high) if forward else range(high - 1, low - 1, -1)
    return _page(table, source, request, asked, (partition.rows[partition.orders[at]] for at in positions))


def get(table: StoredTable, request: Mapping[str, Any], keys: Sequence[Mapping[str, Any]]) -> list[Row | None]:
    """The items of some keys, as far as they are asked for; None where there is none."""
    asked = read_words(request).projected
    places = [table.place(kept_item(key)[0], is_key=True) for key in keys]
    if len(set(places)) < len(places):
        raise InvalidError("Provided list of item keys contains duplicates")
    rows = [table.row(place) for place in places]
    return [row and Row(shown(row.item, asked), row.size) for row in rows]


def scan(table: StoredTable, request: Mapping[str, Any]) -> dict[str, Any]:
    """One page of everything, partition by partition.

    Raises:
        InvalidError, UnfitError: the request is refused.
    """
    only("Scan", request, _SCAN)
    asked = read_words(request, table)
    rows = (partition.rows[order] for _, partition in sorted(table.partitions.items()) for order in partition.orders)
    if "ExclusiveStartKey" in request:
        place = table.place(kept_item(request["ExclusiveStartKey"])[0], is_key=True)
        rows = (row for row in rows if table.place(row.item) > place)
    return _page(table, table, request, asked, rows)


def _source(table: StoredTable, request: Mapping[str, Any]) -> Ordered:
    if "IndexName" not in request:
        return table
    if request.get("ConsistentRead"):
        raise InvalidError("Consistent reads are not supported on global secondary indexes")
    if request["IndexName"] not in table.indexes:
        raise InvalidError(f"The table does not have the specified index: {request['IndexName']}")
    return table.indexes[request["IndexName"]]


def _check(asked: Words, keys: KeyRange, source: Ordered) -> None:
    """Keys are compared with values of their type, and nothing is filtered by them."""
    for key, names in ((source.partition, (keys.partition,)), (source.sort, keys.bounds)):
        if key is not None and asked.filtered is not None and key.name in asked.filtered.used.attributes:
            raise InvalidError(
                f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {key.name}"
            )
        for name in names:
            _bound_fits(asked.values[name], key.type if key is not None else "")


def read_words(request: Mapping[str, Any], source: Ordered | None = None) -> Words:
    """The expressions of a read; the one of a query's keys is for a source.

    Raises:
        InvalidError: one of them, or what stands beside them, is wrong.
    """
    names, values = words(request)
    keys = filtered = projected = None
    if source is not None and "KeyConditionExpression" in request:
        sort = source.sort.name if source.sort is not None else None
        keys = key_range(request["KeyConditionExpression"], names, source.partition.name, sort)
    if "FilterExpression" in request:
        filtered = condition("FilterExpression", request["FilterExpression"], names)
    if "ProjectionExpression" in request:
        projected = projection(request["ProjectionExpression"], names)
    expressions: Iterable[Used] = [each.used for each in (keys, filtered, projected) if each is not None]
    all_used(names, values, *expressions)
    return Words(values, keys, filtered, projected)


def _bound_fits(value: Mapping[str, Any], wanted: str) -> None:
    if wanted not in value:
        raise InvalidError(
            "One or more parameter values were invalid: Condition parameter type does not match schema type"
        )
    if not value[wanted]:
        raise InvalidError(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
            "empty string value."
        )


def _span(partition: Partition, keys: KeyRange, values: Values) -> tuple[int, int]:
    """From which position to before which the sort keys fit."""
    orders, bounds = partition.orders, [rank(values[name]) for name in keys.bounds]
    first = bisect_left(orders, bounds[0], key=_ORDERED_BY) if bounds else 0
    if keys.sign == "":
        return 0, len(orders)
    if keys.sign == "begins_with":
        if "N" in values[keys.bounds[0]]:
            raise InvalidError("Incorrect operand type for operator or function; operator or function: begins_with")
        prefix = bounds[0]
        return first, bisect_left(orders, True, lo=first, key=lambda order: not order[0].startswith(prefix))
    if keys.sign == "between":
        if bounds[0] > bounds[1]:
            raise InvalidError("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
        return first, bisect_right(orders, bounds[1], key=_ORDERED_BY)
    beyond = bisect_right(orders, bounds[0], key=_ORDERED_BY)
    return {
        "=": (first, beyond),
        "<": (0, first),
        "<=": (0, beyond),
        ">": (beyond, len(orders)),
        ">=": (first, len(orders)),
    }[keys.sign]


def _order_of(table: StoredTable, source: Ordered, start: Mapping[str, Any], wanted: Any) -> tuple[Any, ...]:
    key = {name: kept(value)[0] for name, value in start.items()}
    if key.keys() != set(_key_names(table, source)):
        raise InvalidError("The provided starting key is invalid")
    if rank(key[source.partition.name]) != wanted:
        raise InvalidError("The provided starting key is outside query boundaries based on provided conditions")
    place = table.place({name: value for name, value in key.items() if name in table.keys}, is_key=True)
    if not isinstance(source, StoredIndex):
        return (place[1],)
    return place if source.sort is None else (rank(key[source.sort.name]), *place)


def _key_names(table: StoredTable, source: Ordered) -> list[str]:
    keys = (table.partition, table.sort, source.partition, source.sort)
    return list(dict.fromkeys(key.name for key in keys if key is not None))


def _page(
    table: StoredTable, source: Ordered, request: Mapping[str, Any], asked: Words, rows: Iterator[Row]
) -> dict[str, Any]:
    limit = request.get("Limit")
    if limit is not None and limit < 1:
        raise UnfitError("Limit must be greater than or equal to 1")
    read: list[Row] = []
    size, last = 0, None
    for row in islice(rows, limit):
        if read and size + row.size > _LARGEST_PAGE:
            last = read[-1]
            break
        read.append(row)
        size += row.size
    if limit is not None and len(read) == limit:
        last = read[-1]
    found = [row.item for row in read if asked.filtered is None or asked.filtered.holds(row.item, asked.values)]
    items = [shown(item, asked.projected) for item in found]
    page: dict[str, Any] = {"Items": items, "Count": len(items), "ScannedCount": len(read)}
    if last is not None:
        page["LastEvaluatedKey"] = copied({name: last.item[name] for name in _key_names(table, source)})
    return page


def shown(item: Item, projected: Projection | None) -> Item:
    """What a reader is given of an item: a copy."""
    if projected is None:
        return copied(item)
    return copied({name: item[name] for name in projected.attributes if name in item})
