"""Requests that write, read into what they do to one item; PutItem and a Put in a transaction are the same here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torture.aws.expressions import Names, Update, Used, Values, condition, update
from torture.aws.refusals import InvalidError, UnfitError, only
from torture.aws.stored import Place, Row, StoredTable
from torture.aws.values import Item, kept_item, size_of

Request = Mapping[str, Any]
LARGEST_ITEM = 400 * 1024
"""Bytes."""

_ALWAYS = frozenset({"TableName", "ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"})
_SHOWS_OLD = "ReturnValuesOnConditionCheckFailure"
FIELDS: Mapping[str, frozenset[str]] = {
    "Put": _ALWAYS | {"Item", _SHOWS_OLD},
    "Update": _ALWAYS | {"Key", "UpdateExpression", _SHOWS_OLD},
    "Delete": _ALWAYS | {"Key", _SHOWS_OLD},
    "ConditionCheck": _ALWAYS | {"Key", _SHOWS_OLD},
}
"""By kind of write, what a request may say."""
_ALONE = {kind: known | {"ReturnValues"} for kind, known in FIELDS.items()}


class Write(NamedTuple):
    """What is to happen to one item.

    Attributes:
        holds: whether its condition holds for the item that is there, or for nothing (`{}`).
        becomes: the row that is there afterwards, None for none; UnfitError where that cannot be.
        shows_old: a refusal carries the item that is there.
        touched: the attributes an update changes.
    """

    table: StoredTable
    place: Place
    holds: Callable[[Item], bool]
    becomes: Callable[[Row | None], Row | None]
    shows_old: bool
    touched: tuple[str, ...] = ()


def words(request: Request) -> tuple[Names, Values]:
    """The names and values that stand beside the expressions of a request.

    Raises:
        InvalidError: they are malformed.
    """
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if (names is not None and not names) or (values is not None and not values):
        raise InvalidError("ExpressionAttributeNames and ExpressionAttributeValues must not be empty")
    for name in names or ():
        if not name.startswith("#"):
            raise InvalidError(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{name}"')
    for name in values or ():
        if not name.startswith(":"):
            raise InvalidError(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"')
    return (
        tuple(names.items()) if names else (),
        kept_item(values)[0] if values else {},
    )


def all_used(names: Names, values: Values, *expressions: Used) -> None:
    """Every value that is used is there, and whatever is there is used.

    Raises:
        InvalidError: it is not so.
    """
    if len(expressions) == 1 and expressions[0].values == values.keys() and len(expressions[0].names) == len(names):
        return
    used_names = frozenset[str]().union(*(each.names for each in expressions))
    used_values = frozenset[str]().union(*(each.values for each in expressions))
    if missing := used_values - values.keys():
        raise InvalidError(
            "An expression attribute value used in expression is not defined; "
            f"attribute value: {', '.join(sorted(missing))}"
        )
    if idle := sorted(values.keys() - used_values):
        raise InvalidError(f"Value provided in ExpressionAttributeValues unused in expressions: keys: {idle}")
    if len(used_names) < len(names):
        idle = sorted({name for name, _ in names} - used_names)
        raise InvalidError(f"Value provided in ExpressionAttributeNames unused in expressions: keys: {idle}")


def read_write(kind: str, request: Request, table: StoredTable) -> Write:
    """A request of a kind: `Put`, `Update`, `Delete` or `ConditionCheck`.

    Raises:
        InvalidError, UnfitError: it is refused whatever is there.
    """
    names, values = words(request)
    text = request.get("ConditionExpression")
    tested = condition("ConditionExpression", text, names) if text is not None else None
    changing: Update | None = None
    if kind == "Update":
        if "UpdateExpression" not in request:
            raise NotImplementedError("an update without UpdateExpression is not played")
        changing = update(request["UpdateExpression"], names)
    all_used(names, values, *[each.used for each in (tested, changing) if each is not None])
    if kind == "ConditionCheck" and tested is None:
        raise InvalidError("A ConditionCheck needs a ConditionExpression")

    place, becomes = _effect(kind, request, table, changing, values)
    shows = request.get(_SHOWS_OLD, "NONE")
    if shows not in {"NONE", "ALL_OLD"}:
        raise InvalidError(f"{_SHOWS_OLD} is {shows}")
    return Write(
        table,
        place,
        (lambda _: True) if tested is None else lambda item: tested.holds(item, values),
        becomes,
        shows_old=shows == "ALL_OLD",
        touched=changing.touched if changing is not None else (),
    )


def _effect(
    kind: str, request: Request, table: StoredTable, changing: Update | None, values: Values
) -> tuple[Place, Callable[[Row | None], Row | None]]:
    if kind == "Put":
        row = Row(*kept_item(request["Item"]))
        if row.size > LARGEST_ITEM:
            raise InvalidError("Item size has exceeded the maximum allowed size")
        place = table.place(row.item)
        for index in table.indexes.values():
            index.fits(row.item)
        return place, lambda _: row
    key, _ = kept_item(request["Key"])
    place = table.place(key, is_key=True)
    if changing is None:
        return place, (lambda _: None) if kind == "Delete" else lambda old: old
    for name in changing.touched:
        if name in table.keys:
            raise UnfitError(
                f"One or more parameter values were invalid: Cannot update attribute {name}. "
                "This attribute is part of the key"
            )
    return place, lambda old: _updated(table, key, changing, values, old)


def _updated(table: StoredTable, key: Item, changing: Update, values: Values, old: Row | None) -> Row:
    if old is None and changing.only_removes:
        raise NotImplementedError("a REMOVE from an item that is not there is not played")
    item = dict(key) if old is None else dict(old.item)
    for name, value in changing.changes(item, values).items():
        if value is None:
            item.pop(name, None)
        else:
            item[name] = value
    for index in table.indexes.values():
        index.fits(item)
    row = Row(item, size_of(item))
    if row.size > LARGEST_ITEM:
        raise UnfitError("Item size to update has exceeded the maximum allowed size")
    return row


def read_single(operation: str, kind: str, request: Request, table: StoredTable, returns: frozenset[str]) -> Write:
    """A request of its own, which may also ask for what was there.

    Raises:
        NotImplementedError: it asks for more than is played.
    """
    only(operation, request, _ALONE[kind])
    asked = request.get("ReturnValues", "NONE")
    if asked not in returns:
        raise InvalidError(f"Return values set to invalid value: {asked}")
    return read_write(kind, request, table)
