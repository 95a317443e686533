"""A roster to try things on: two teams of three, and a third that has no turn."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.roster_policy import Roster


def roster(zone: str = "UTC", **changed: Any) -> Roster:
    """Team `east` is on duty in the week of 5 January 2026 (a Monday), `west` in the next."""
    data: dict[str, Any] = {
        "zone": zone,
        "handover": {"day": "mon", "at": "09:00"},
        "starts": "2026-01-05",
        "rotation": ["east", "west"],
        "roles": {"commander": {}, "legal": {"seats": 2}},
        "teams": {
            "east": {"seats": {"commander": [pair("ea", "eb")], "legal": [pair("el", "em"), pair("en", "eo")]}},
            "west": {"seats": {"commander": [pair("wa", "wb")], "legal": [pair("wl", "wm"), pair("wn", "wo")]}},
            "spare": {"seats": {"commander": [pair("sa", "sb")], "legal": [pair("sl", "sm"), pair("sn", "so")]}},
        },
    }
    return Roster.model_validate(data | changed)


def pair(a: str, b: str) -> dict[str, str]:
    """A seat."""
    return {"a": a, "b": b}


def away(since: str, until: str, **who: str) -> dict[str, str]:
    """An override."""
    return {"since": since, "until": until, **who}


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """Milliseconds of a wall-clock time; `fold` 1 is the second of two equal ones."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1_000)
