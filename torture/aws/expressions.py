"""DynamoDB's expressions as functions: each text is read once, and what comes of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torture.aws.refusals import InvalidError, UnfitError
from torture.aws.syntax import COMPARATORS, Reader, Tree
from torture.aws.values import Item, Value, added, rank

Names = tuple[tuple[str, str], ...]
"""ExpressionAttributeNames, as a key of a cache."""
Values = Mapping[str, Value]
Test = Callable[[Item, Values], bool]
_Operand = Callable[[Item, Values], Value | None]

_KEPT = 4096
_ORDERED = frozenset({"S", "N", "B"})


@dataclass(frozen=True, slots=True)
class Used:
    """What an expression refers to."""

    names: frozenset[str]
    values: frozenset[str]
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Condition:
    """Of a write, or a filter of a query."""

    used: Used
    holds: Test


@dataclass(frozen=True, slots=True)
class Update:
    """What an item becomes. Everything on the right is read from the item as it was.

    Attributes:
        changes: the attributes it touches, each with its new value or None for no more.
        only_removes: it does nothing but REMOVE.
    """

    used: Used
    changes: Callable[[Item, Values], dict[str, Value | None]]
    touched: tuple[str, ...]
    only_removes: bool


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Which part of a table or an index a query reads.

    Attributes:
        partition: the value that names the partition.
        sign: how sort keys are compared; empty for all of them.
        bounds: the values they are compared with.
    """

    used: Used
    partition: str
    sign: str
    bounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Projection:
    """Which attributes a reader is given."""

    used: Used
    attributes: tuple[str, ...]


@lru_cache(_KEPT)
def condition(kind: str, text: str, names: Names) -> Condition:
    """A ConditionExpression or FilterExpression (`kind`)."""
    reader = Reader(kind, text, dict(names))
    holds = _test(reader.condition(), kind)
    return Condition(_used(reader), holds)


@lru_cache(_KEPT)
def update(text: str, names: Names) -> Update:
    """An UpdateExpression."""
    reader = Reader("UpdateExpression", text, dict(names))
    clauses = reader.update()
    touched = [clause[1] for clause in clauses]
    for name in touched:
        if touched.count(name) > 1:
            raise InvalidError(
                f"Invalid UpdateExpression: Two document paths overlap with each other; path one: [{name}]"
            )
    steps = [(clause[1], _change(clause)) for clause in clauses]
    return Update(
        _used(reader),
        lambda item, values: {name: step(item, values) for name, step in steps},
        tuple(touched),
        all(clause[0] == "REMOVE" for clause in clauses),
    )


@lru_cache(_KEPT)
def key_range(text: str, names: Names, partition: str, sort: str | None) -> KeyRange:
    """A KeyConditionExpression of a table or index with these keys."""
    reader = Reader("KeyConditionExpression", text, dict(names))
    parts = _conjunction(reader.condition())
    found: dict[str, Tree] = {}
    for part in parts:
        sign, left, *right = part
        if sign not in COMPARATORS - {"<>"} | {"between", "begins_with"}:
            raise InvalidError(f"Invalid operator used in KeyConditionExpression: {sign}")
        if left[0] != "name" or any(bound[0] != "value" for bound in right):
            raise NotImplementedError("a key condition that does not compare a key with values is not played")
        if left[1] in found:
            raise InvalidError("KeyConditionExpressions must only contain one condition per key")
        found[left[1]] = part
    if partition not in found or found.keys() - {partition, sort}:
        raise InvalidError(f"Query condition missed key schema element: {partition}")
    by_partition, by_sort = found[partition], found.get(sort or "")
    if by_partition[0] != "=":
        raise InvalidError("Query key condition not supported")
    sign, bounds = (by_sort[0], tuple(bound[1] for bound in by_sort[2:])) if by_sort else ("", ())
    return KeyRange(_used(reader), by_partition[2][1], sign, bounds)


@lru_cache(_KEPT)
def projection(text: str, names: Names) -> Projection:
    """A ProjectionExpression."""
    reader = Reader("ProjectionExpression", text, dict(names))
    return Projection(attributes=reader.names_listed(), used=_used(reader))


def _used(reader: Reader) -> Used:
    return Used(frozenset(reader.aliases), frozenset(reader.values), frozenset(reader.attributes))


def _conjunction(tree: Tree) -> list[Tree]:
    if tree[0] == "and":
        return [*_conjunction(tree[1]), *_conjunction(tree[2])]
    if tree[0] in {"or", "not", "in"}:
        raise InvalidError(f"Invalid operator used in KeyConditionExpression: {tree[0].upper()}")
    return [tree]


def _test(tree: Tree, kind: str) -> Test:
    sign = tree[0]
    if sign in {"and", "or", "not"}:
        return _joined(sign, [_test(part, kind) for part in tree[1:]])
    if sign in {"attribute_exists", "attribute_not_exists"}:
        name, wanted = tree[1][1], sign == "attribute_exists"
        return lambda item, _: (name in item) is wanted
    return _compared(tree, kind)


def _compared(tree: Tree, kind: str) -> Test:
    sign = tree[0]
    left, right, *rest = (_operand(part) for part in tree[1:])
    if sign == "in":
        return lambda item, values: left(item, values) in [each(item, values) for each in (right, *rest)]
    if sign == "between":
        [high] = rest
        at_least, at_most = _ordered(">=", tree[1], tree[2], kind), _ordered("<=", tree[1], tree[3], kind)
        return lambda item, values: (
            at_least(left(item, values), right(item, values)) and at_most(left(item, values), high(item, values))
        )
    if sign == "=":
        return lambda item, values: (found := left(item, values)) is not None and found == right(item, values)
    if sign == "<>":
        return lambda item, values: left(item, values) != right(item, values)
    compare = _begins if sign == "begins_with" else _ordered(sign, tree[1], tree[2], kind)
    return lambda item, values: compare(left(item, values), right(item, values))


def _joined(sign: str, parts: list[Test]) -> Test:
    if sign == "not":
        [part] = parts
        return lambda item, values: not part(item, values)
    one, two = parts
    if sign == "and":
        return lambda item, values: one(item, values) and two(item, values)
    return lambda item, values: one(item, values) or two(item, values)


def _operand(tree: Tree) -> _Operand:
    [kind, name] = tree
    if kind == "name":
        return lambda item, _: item.get(name)
    return lambda _, values: values[name]


_SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
}


def _ordered(sign: str, left: Tree, right: Tree, kind: str) -> Callable[[Value | None, Value | None], bool]:
    """A comparison by order. A value that has none is a mistake, an attribute that has none compares false."""
    holds = _SIGNS[sign]

    def compare(one: Value | None, two: Value | None) -> bool:
        for tree, value in ((left, one), (right, two)):
            if value is not None and tree[0] == "value" and value.keys().isdisjoint(_ORDERED):
                raise InvalidError(f"Invalid {kind}: Incorrect operand type for operator or function; operator: {sign}")
        if one is None or two is None or one.keys() != two.keys() or one.keys().isdisjoint(_ORDERED):
            return False
        return holds(rank(one), rank(two))

    return compare


def _begins(one: Value | None, two: Value | None) -> bool:
    if two is None or not ("S" in two or "B" in two):
        raise InvalidError("Incorrect operand type for operator or function; operator or function: begins_with")
    [(kind, prefix)] = two.items()
    return one is not None and kind in one and bool(one[kind].startswith(prefix))


def _change(clause: Tree) -> _Operand:
    section, name, *rest = clause
    if section == "REMOVE":
        return lambda _item, _values: None
    right = _expression(rest[0])
    if section == "SET":
        return right

    def add(item: Item, values: Values) -> Value:
        more, there = _there(right(item, values)), item.get(name)
        if "N" not in more:
            if more.keys() & {"SS", "NS", "BS"}:
                raise NotImplementedError("ADD to a set is not played")
            raise InvalidError(
                "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD"
            )
        return more if there is None else _sum(there, more, 1)

    return add


def _expression(tree: Tree) -> _Operand:
    """The right side of a SET; UnfitError where it needs an attribute that is not there."""
    if tree[0] in {"+", "-"}:
        left, right, sign = _expression(tree[1]), _expression(tree[2]), 1 if tree[0] == "+" else -1
        return lambda item, values: _sum(_there(left(item, values)), _there(right(item, values)), sign)
    if tree[0] == "if_not_exists":
        name, other = tree[1][1], _expression(tree[2])
        return lambda item, values: item[name] if name in item else other(item, values)
    read = _operand(tree)
    return lambda item, values: _there(read(item, values))


def _there(value: Value | None) -> Value:
    if value is None:
        raise UnfitError("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum(left: Value, right: Value, sign: int) -> Value:
    if "N" not in left or "N" not in right:
        raise UnfitError("An operand in the update expression has an incorrect data type")
    return added(left, right, sign)
