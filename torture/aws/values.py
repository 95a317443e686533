"""Values of attributes: what DynamoDB takes, how it keeps them, how large they are and in which order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from torture.aws.refusals import InvalidError

Value = dict[str, Any]
"""`{"S": "text"}`"""
Item = dict[str, Value]

_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,37})\Z")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_DIGITS = 38
_EXPONENTS = (-130, 125)
_EXACT = Context(prec=1000)
_DEPTH = 32
_SETS = {"SS": "S", "NS": "N", "BS": "B"}
_PLAIN = frozenset({str, bytes, bool})


def kept(value: Mapping[str, Any], depth: int = 0) -> tuple[Value, int]:
    """A value as it is stored, which is a copy, and its size in bytes.

    Raises:
        InvalidError: DynamoDB would not take it.
    """
    if len(value) != 1:
        raise InvalidError("Supplied AttributeValue must contain exactly one of the supported datatypes")
    [(kind, held)] = value.items()
    if kind == "S" and type(held) is str:
        return {"S": held}, text_size(held)
    if kind == "N" and type(held) is str:
        number = _number(held)
        return {"N": number}, (len(number) + 1) // 2 + 1
    if kind == "B" and isinstance(held, bytes | bytearray):
        return {"B": bytes(held)}, len(held)
    if (kind == "BOOL" and type(held) is bool) or (kind == "NULL" and held is True):
        return {kind: held}, 1
    return _container(kind, held, depth)


def _container(kind: str, held: Any, depth: int) -> tuple[Value, int]:
    if depth >= _DEPTH:
        raise InvalidError("Nesting Levels have exceeded supported limits")
    if kind == "L" and isinstance(held, list | tuple):
        parts = [kept(each, depth + 1) for each in held]
        return {"L": [part for part, _ in parts]}, 3 + sum(1 + size for _, size in parts)
    if kind == "M" and isinstance(held, Mapping):
        named = {name: kept(each, depth + 1) for name, each in held.items()}
        size = 3 + sum(1 + text_size(name) + size for name, (_, size) in named.items())
        return {"M": {name: part for name, (part, _) in named.items()}}, size
    if kind in _SETS and isinstance(held, list | tuple | set | frozenset):
        members = [kept({_SETS[kind]: each}) for each in held]
        plain = sorted({member[_SETS[kind]] for member, _ in members})
        if not plain or len(plain) != len(members):
            raise InvalidError("One or more parameter values were invalid: a set is empty or holds a duplicate")
        return {kind: plain}, sum(size for _, size in members)
    raise InvalidError(f"{type(held).__name__} is no value of the type {kind}")


def kept_item(item: Mapping[str, Mapping[str, Any]]) -> tuple[Item, int]:
    """An item as it is stored, and its size in bytes."""
    stored: Item = {}
    total = 0
    for name, value in item.items():
        text = value.get("S") if len(value) == 1 else None
        if type(text) is str and text.isascii():  # most of them, and nothing here is done more often
            stored[name] = {"S": text}
            total += len(text)
        else:
            stored[name], size = kept(value)
            total += size
        total += len(name) if name.isascii() else text_size(name)
    return stored, total


def size_of(item: Item) -> int:
    """In bytes, of an item that is stored."""
    return kept_item(item)[1]


def copied(item: Item) -> Item:
    """A copy that its reader may change."""
    return {name: _copied(value) for name, value in item.items()}


def _copied(value: Value) -> Value:
    for kind, held in value.items():
        if type(held) in _PLAIN:
            return {kind: held}
    return deepcopy(value)


def rank(value: Value) -> Any:
    """What values of one ordered type are compared by: texts by their UTF-8, which is the order of code points."""
    if "N" not in value:
        [held] = value.values()
        return held
    number: str = value["N"]
    return int(number) if _INTEGER.match(number) else Decimal(number)


def text_size(text: str) -> int:
    """In bytes of UTF-8.

    Raises:
        InvalidError: it has none, for half of a surrogate pair is no character.
    """
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidError("a text is not Unicode") from error


def _number(text: str) -> str:
    """As DynamoDB gives it back: no needless digit, no exponent."""
    if _INTEGER.match(text):
        return text
    if not _NUMBER.match(text):
        raise InvalidError(f"The parameter cannot be converted to a numeric value: {text}")
    try:
        number = Decimal(text).normalize(_EXACT)
    except InvalidOperation as error:
        raise InvalidError(f"The parameter cannot be converted to a numeric value: {text}") from error
    if not number:
        return "0"
    if not _EXPONENTS[0] <= number.adjusted() <= _EXPONENTS[1]:
        raise InvalidError("Number overflow or underflow")
    if len(number.as_tuple().digits) > _DIGITS:
        raise InvalidError("Attempting to store more than 38 significant digits in a Number")
    return format(number, "f")


def added(left: Value, right: Value, sign: int = 1) -> Value:
    """The sum of two numbers, or their difference."""
    return {"N": _number(format(_EXACT.add(Decimal(left["N"]), sign * Decimal(right["N"])), "f"))}
