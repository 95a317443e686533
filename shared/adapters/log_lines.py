"""How log lines are written: short, because every byte of them is paid for, and few are ever read (ADR 74)."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

_SAID_ELSEWHERE = ("function_name", "function_memory_size", "function_arn", "xray_trace_id")
"""`service` is the function's name; X-Ray, where it is on, finds a trace by its request id."""


def logger() -> Logger:
    """The logger of a function: JSON, one line each, with its request id.

    Times are RFC 3339, which Lambda reads a line's own time and level by. Everybody else's loggers only warn, whatever
    level the stage has: at DEBUG, botocore writes down each request, numbers and texts and secrets among it (I12).
    """
    logging.getLogger().setLevel(logging.WARNING)
    return Logger(json_serializer=short, use_rfc3339=True, utc=True)


def short(line: Mapping[str, Any]) -> str:
    """A line without what is known from elsewhere; where in the code it comes from is asked of warnings and errors."""
    left_out = {*_SAID_ELSEWHERE}
    if line.get("level") in ("INFO", "DEBUG"):
        left_out.add("location")
    if not line.get("cold_start"):
        left_out.add("cold_start")
    kept = {name: value for name, value in line.items() if name not in left_out}
    return json.dumps(kept, default=str, separators=(",", ":"), ensure_ascii=False)
