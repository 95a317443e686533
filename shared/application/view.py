"""What views of the API are built of: instants as RFC 3339, frozen models, clocks, ids of incidents."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from shared.domain.incident import Clock, Verdict
from shared.domain.instants import format_instant

At = Annotated[
    int,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class View(BaseModel):
    """What a caller sees. Built when it is first shown: a cold start that shows another view does not wait for it."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class ClockView(View):
    """One response deadline. `ended` is when its verdict fell, `answered` when its event came, in time or late."""

    clock: str
    verdict: Verdict
    milestone: bool
    deadline: At
    level: str | None = None
    ended: At | None = None
    answered: At | None = None


def clock_view(clock: Clock) -> ClockView:
    """A clock as callers see it."""
    return ClockView(
        clock=clock.name,
        verdict=clock.verdict,
        milestone=clock.milestone,
        deadline=clock.deadline,
        level=clock.level,
        ended=clock.ended,
        answered=clock.answered,
    )


def is_incident_id(text: str) -> bool:
    """Whether this can be an incident's id; anything else never reaches the store."""
    return _INCIDENT_ID.fullmatch(text) is not None


def incident_in(text: str) -> str | None:
    """The incident that a path or a key names, for the log: nothing else of what somebody sent is written there."""
    found = _INCIDENT_ID.search(text)
    return found.group() if found else None


_INCIDENT_ID = re.compile(r"inc-[0-9a-f]{20}", re.ASCII)
