"""Events in a file, one JSON object a line, as bytes: what is done with them decides how they are read."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from cli.refuse import refuse

STDIN = "-"


@contextmanager
def opened(source: str) -> Iterator[BinaryIO]:
    """The file of this name, or stdin for `-`; ends the command where it cannot be read."""
    if source == STDIN:
        yield sys.stdin.buffer
        return
    try:
        file = open(source, "rb")  # noqa: PTH123, SIM115 - closed below, and only opening it is refused here
    except OSError as error:
        refuse(f"{source}: cannot be read ({error.strerror})")
    with file:
        yield file


def numbered(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line that is not blank; a byte order mark at the beginning is passed over."""
    for number, raw in enumerate(file, 1):
        line = (raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw).strip()
        if line:
            yield number, line
