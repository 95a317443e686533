"""The roster as data (B5): roles and head counts, teams that take turns by the week, overrides for a while."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.domain.policy_parts import Identifier, Part, Zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Role(Part):
    """A role of the response group and how many sit in it (C3)."""

    seats: Annotated[int, Field(ge=1, le=20)] = 1
    name: Annotated[Mapping[str, str], Field(description="what people read, by locale")] = {}


class Pair(Part):
    """Who takes a seat: A first, B when A is silent."""

    a: Identifier
    b: Identifier


class Team(Part):
    """A whole response group, in turn with the others."""

    name: Mapping[str, str] = {}
    seats: Mapping[Identifier, tuple[Pair, ...]]


class Handover(Part):
    """When one team follows the other, on the wall clock of the roster's zone."""

    day: Weekday = "mon"
    at: time = time(9)


class Override(Part):
    """For a while another team is on duty, or one person stands in for another.

    Attributes:
        since, until: wall-clock times in the roster's zone; `until` is the first moment no longer covered.
        team: who is on duty instead; or `person`, for whom `instead` stands in.
    """

    since: datetime
    until: datetime
    team: Identifier | None = None
    person: Identifier | None = None
    instead: Identifier | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Override":
        if (self.team is None) == (self.person is None or self.instead is None):
            raise ValueError("an override names a team, or a person and who stands in instead")
        if self.since.tzinfo or self.until.tzinfo:
            raise ValueError("times of an override are wall-clock times of the roster's zone, without an offset")
        if self.since >= self.until:
            raise ValueError("`until` must come after `since`")
        return self


class Roster(Part):
    """Who is on duty for a crisis, week by week.

    Attributes:
        starts: the day of the first hand-over: from then on `rotation[0]` is on duty, a week later `rotation[1]`.
        rotation: the teams in their turn.
    """

    zone: Zone
    handover: Handover = Handover()
    starts: date
    rotation: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    roles: Annotated[Mapping[Identifier, Role], Field(min_length=1)]
    teams: Annotated[Mapping[Identifier, Team], Field(min_length=1)]
    overrides: tuple[Override, ...] = ()
