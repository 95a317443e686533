"""What somebody was told, as it reached them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

TOPIC: Final = "operations topic"
SWITCH: Final = "dead man's switch"
ALERT: Final = "alert"
"""What the pager's own alerts are filed under: they are in words and have no alarm."""

# A stack, a stage, the alarm's name in infra/monitoring.py, and letters of CloudFormation's.
_ALARM = re.compile(r"TocsinMonitoring-[a-z0-9]+-(\w+?)[0-9A-F]{8}(-\w+)?")


@dataclass(frozen=True)
class Told:
    """One thing somebody was told.

    Attributes:
        at: when it reached them (milliseconds UTC).
        by: over which way.
        alarm: its name in the runbook.
        text: what it said.
    """

    at: int
    by: str
    alarm: str
    state: Literal["ALARM", "OK"]
    text: str


def alarm_of(name: str) -> str:
    """An alarm's name in the runbook, from the one CloudFormation gave it."""
    found = _ALARM.fullmatch(name)
    return found[1] if found else name


def from_topic(notification: Mapping[str, Any], at: int) -> Told | None:
    """What a subscriber of the operations topic was told; None: CloudWatch does not know yet, which tells nobody."""
    message = notification["Message"]
    try:
        alarm = json.loads(message)
        name, state = alarm["AlarmName"], alarm["NewStateValue"]
    except (ValueError, KeyError, TypeError):
        return Told(at, TOPIC, ALERT, "ALARM", f"{notification.get('Subject') or ''} {message}".strip())
    if state not in ("ALARM", "OK"):
        return None
    return Told(at, TOPIC, alarm_of(name), state, alarm["AlarmDescription"])
