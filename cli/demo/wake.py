"""Wake the functions before the story: a complaint of our own goes the whole way once, through the cold starts."""

from __future__ import annotations

import time
from typing import Final

import httpx

from cli.demo.carrier import CarrierRecord, Sent
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import LocalStack
from shared.domain.instants import SECOND, format_instant

_CASE: Final = "WAKE-UP"
_OLD: Final = 22 * SECOND
"""How old it is when it is posted (milliseconds): its warning is due two seconds later and wakes the timers, too."""
_PATIENCE: Final = 60


def wake(
    stack: LocalStack, http: httpx.Client, record: CarrierRecord, source: str, *, level: str = "p1", at_once: int = 1
) -> float:
    """Seconds from the post to the first page; afterwards its incident is resolved through its own link.

    Args:
        stack: the deployed stack; `http`: its API with the key of `source`; `record`: where the pages come in.
        source: of the complaint.
        level: one whose first response is due in 30 minutes of the story.
        at_once: how many people such a complaint pages when it comes in.

    Raises:
        LocalStackError: nothing came within a minute.
    """
    started = time.monotonic()
    complaint = {
        "specversion": "1.0",
        "id": _CASE,
        "source": source,
        "type": "complaint.received",
        "subject": _CASE,
        "time": format_instant(time.time_ns() // 1_000_000 - _OLD),
        "data": {"summary": "Is anybody awake?", "channel": "api", "level": level},
    }
    http.post("/v1/events", json=complaint).raise_for_status()
    first = _wait_for(record, 1)
    took = time.monotonic() - started
    _wait_for(record, at_once + 1)
    with stack.http(timeout=30) as phone:
        phone.get(first.link or "").raise_for_status()
        phone.post(first.link or "", data={"verb": "resolve"}).raise_for_status()
    record.pass_over(_CASE)
    return took


def _wait_for(record: CarrierRecord, messages: int) -> Sent:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        record.look(time.time_ns() // 1_000_000)
        about = [sent for sent in record.sent if sent.is_about(_CASE)]
        if len(about) >= messages:
            return about[0]
        time.sleep(0.1)
    raise LocalStackError(f"no page within {_PATIENCE} s: the logs of a run with --keep-logs say why")
