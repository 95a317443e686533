"""Shift and scale the times of a stream: what happened in 2016 happens from now on, faster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.domain.instants import format_instant, parse_instant


def rebased(events: Iterable[dict[str, Any]], start: int, speed: float = 1) -> list[dict[str, Any]]:
    """The events in time order, the first at `start` (milliseconds UTC), every distance divided by `speed`.

    Ids stay: the same stream rebased twice is the same events at other times, so give them a new source or subject
    before they are posted to a stage that had them.
    """
    stream = sorted(events, key=lambda event: (parse_instant(event["time"]), str(event["id"]).encode()))
    if not stream:
        return []
    first = parse_instant(stream[0]["time"])
    return [
        {**event, "time": format_instant(start + round((parse_instant(event["time"]) - first) / speed))}
        for event in stream
    ]
