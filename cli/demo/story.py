"""Which slice of the real stream the demo plays, and what its people do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from cli.local_stack.emulator import ROOT
from cli.rebase import rebased

STREAM: Final = ROOT / "tests" / "data" / "servicenow-2days.jsonl"
POLICY: Final = "it-service-desk"
SPEED: Final = 60
"""30 minutes in 30 seconds."""

_FROM, _TO = "2016-03-01T12:03:00Z", "2016-03-01T12:10:00Z"
ANSWERED: Final = "INC0000672"
"""Its team lead takes it over by the link in the SMS."""
UNANSWERED: Final = "INC0000676"
"""Nobody answers: in 2016 nobody did for two days."""
ANSWERED_BY: Final = "ben.ortiz"
LAST_RUNG: Final = "vice_president"


@dataclass(frozen=True)
class Slice:
    """Seven minutes of 1 March 2016, as they were posted.

    Attributes:
        whole: how many events and incidents the stream has.
        events: those of the slice, in time order.
    """

    whole: tuple[int, int]
    events: tuple[dict[str, Any], ...]


def read_slice() -> Slice:
    """Everything that happened in the slice to the incidents that were opened in it."""
    stream = [json.loads(line) for line in STREAM.read_text().splitlines()]
    opened = {event["subject"] for event in stream if event["type"] == "complaint.received"}
    in_time = [event for event in stream if _FROM <= event["time"] < _TO]
    ours = {event["subject"] for event in in_time if event["type"] == "complaint.received"}
    return Slice((len(stream), len(opened)), tuple(event for event in in_time if event["subject"] in ours))


def from_now(story: Slice, start: int) -> list[dict[str, Any]]:
    """The slice's events from `start` on (milliseconds UTC), at the demo's speed."""
    return rebased(story.events, start, SPEED)
