"""JSON as RFC 8259 means it: what two readers could understand differently is refused."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 32


def read_json(body: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        ValueError: it is none, repeats a key, holds NaN, a number beyond all measure or half a surrogate pair, or
            nests deeper than 32 levels. The message never quotes content.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte {error.start} fits no character") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _check(value)
    return value


_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_LONGEST_NUMBER = 40


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("an object names the same key twice")
    return read


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON numbers")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number is too large")
    return int(digits)


def _check(value: Any) -> None:
    """Walk without recursion: the depth and the strings, keys included."""
    level, depth = [value], 0
    while level:
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inner.extend(part)
                inner.extend(part.values())
            elif isinstance(part, list):
                inner.extend(part)
            elif isinstance(part, str):
                _whole_characters(part)
        depth += any(isinstance(part, dict | list) for part in level)
        if depth > MAX_DEPTH:
            raise ValueError(_TOO_DEEP)
        level = inner


def _whole_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("a string holds half a surrogate pair") from None
