"""Wake the functions before the story: a complaint of our own goes the whole way once, through the cold starts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

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
    stack: LocalStack,
    http: httpx.Client,
    record: CarrierRecord,
    source: str,
    *,
    level: str = "p1",
    at_once: int = 1,
    companions: Sequence[Mapping[str, Any]] = (),
) -> float:
    """Seconds from the post to the first page; afterwards its incident is resolved through its own link.

    Args:
        stack: the deployed stack; `http`: its API with the key of `source`; `record`: where the pages come in.
        source: of the complaint.
        level: one whose first response is due in 30 minutes of the story.
        at_once: how many people such a complaint pages when it comes in.
        companions: further complaints, each of which pages one person and is left alone. While the first page starts
            one worker, theirs start the second, which a burst would otherwise start in the midst of the story.

    Raises:
        LocalStackError: nothing came within a minute.
    """
    started = time.monotonic()
    main = _complaint(_CASE, source, {"level": level})
    others = [_complaint(f"WAKE-{number:03}", source, told) for number, told in enumerate(companions)]
    http.post("/v1/events", json=[main, *others]).raise_for_status()
    first = _wait_for(record, _CASE, 1)
    took = time.monotonic() - started
    _wait_for(record, _CASE, at_once + 1)
    for other in others:
        _wait_for(record, other["subject"], 1)
    with stack.http(timeout=30) as phone:
        phone.get(first.link or "").raise_for_status()
        phone.post(first.link or "", data={"verb": "resolve"}).raise_for_status()
    for complaint in (main, *others):
        record.pass_over(complaint["subject"])
    return took


def _complaint(case: str, source: str, told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": case,
        "source": source,
        "type": "complaint.received",
        "subject": case,
        "time": format_instant(time.time_ns() // 1_000_000 - _OLD),
        "data": {"summary": "Is anybody awake?", "channel": "api", **told},
    }


def _wait_for(record: CarrierRecord, case: str, messages: int) -> Sent:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        record.look(time.time_ns() // 1_000_000)
        about = [sent for sent in record.sent if sent.is_about(case)]
        if len(about) >= messages:
            return about[0]
        time.sleep(0.1)
    raise LocalStackError(f"no page within {_PATIENCE} s: the logs of a run with --keep-logs say why")
