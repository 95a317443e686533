"""Domain objects as plain JSON values and back, in a form that old and new versions of this code both read.

A field that holds its default is left out, so an object written before the field existed reads the same and hashes
the same; a field this code does not know is passed over. Sets are written sorted: one value has one text.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_Reader = Callable[[Any], Any]


def plain(value: object) -> Any:
    """The value as JSON knows it: dictionaries with text keys, lists, texts, numbers, booleans and None.

    Raises:
        TypeError: it holds something JSON has no word for.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: plain(item)
            for field in _fields(type(value))
            if not _is_default(field, item := getattr(value, field.name))
        }
    if isinstance(value, AbstractSet):
        return sorted(plain(item) for item in value)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain form")


def read(kind: type[_T], data: Any) -> _T:
    """The domain object of a type that `plain` wrote, perhaps an older or a newer version of it.

    Raises:
        TypeError: a field without a default is missing.
    """
    value: _T = _reader(cast("Hashable", kind))(data)
    return value


def canonical(data: Any) -> str:
    """The one JSON text of plain data: sorted keys, no spaces, text as it is read."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair in a field we only keep: no UTF-8 has it, an escape does
        return json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text


@cache
def _fields(kind: type) -> "tuple[Field[Any], ...]":
    return fields(kind)


def _is_default(field: "Field[Any]", value: object) -> bool:
    default = field.default
    return default is not MISSING and type(default) is type(value) and default == value


@cache
def _reader(kind: Any) -> _Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        wanted = [argument for argument in arguments if argument is not NoneType]
        return _optional(_reader(wanted[0])) if len(wanted) == 1 else _as_it_is
    if origin is tuple:
        return _tuple_of(arguments)
    if origin is frozenset:
        return frozenset
    if isinstance(kind, type) and is_dataclass(kind):
        return _object_of(kind)
    if origin is Literal or kind in (str, int, float, bool, Any):
        return _as_it_is
    raise TypeError(f"no reader for {kind}")


def _as_it_is(data: Any) -> Any:
    return data


def _optional(reader: _Reader) -> _Reader:
    return lambda data: None if data is None else reader(data)


def _tuple_of(arguments: tuple[Any, ...]) -> _Reader:
    if arguments[-1] is Ellipsis:
        each = _reader(arguments[0])
        return lambda data: tuple(each(item) for item in data)
    readers = tuple(_reader(argument) for argument in arguments)
    return lambda data: tuple(reader(item) for reader, item in zip(readers, data, strict=True))


def _object_of(kind: type) -> _Reader:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind)}

    def reader(data: Any) -> Any:
        return kind(**{name: readers[name](item) for name, item in data.items() if name in readers})

    return reader
