"""The roster as data (B5): roles and head counts, teams that take turns by the week, overrides for a while."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from shared.domain.policy_parts import Identifier, Part, Zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


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

    @field_validator("at")
    @classmethod
    def _is_on_the_wall_clock(cls, at: time) -> time:
        if at.tzinfo or at.microsecond:
            raise ValueError("must be a time such as 09:00, without a zone: the roster has one")
        return at


class Override(Part):
    """For a while another team is on duty, or one person stands in for another.

    Attributes:
        since, until: wall-clock times in the roster's zone; `until` is the first moment no longer covered.
        team: who is on duty instead, the last that is listed where two overlap; or `person`, in whose seats `instead`
            sits. Two people who stand in for each other swap.
    """

    since: datetime
    until: datetime
    team: Identifier | None = None
    person: Identifier | None = None
    instead: Identifier | None = None

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Override":
        people = (self.person is not None) + (self.instead is not None)
        if (self.team is not None, people) not in {(True, 0), (False, 2)}:
            raise ValueError("an override names a `team`, or a `person` and who stands in `instead`")
        if self.person is not None and self.person == self.instead:
            raise ValueError("nobody stands in for themselves")
        if self.since.tzinfo or self.until.tzinfo:
            raise ValueError(
                "times are on the wall clock of the roster's zone, such as 2026-02-17T09:00:00, without an offset"
            )
        if self.since >= self.until:
            raise ValueError("`until` must come after `since`")
        return self


class Roster(Part):
    """Who is on duty for a crisis, week by week.

    Attributes:
        starts: the day of the first hand-over: from then on `rotation[0]` is on duty, a week later `rotation[1]`.
            Before it the rotation runs backwards.
        rotation: the teams in their turn. One that has no turn is called last, and on duty only by an override.
    """

    zone: Zone
    handover: Handover = Field(default_factory=Handover)
    starts: date
    rotation: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    roles: Annotated[Mapping[Identifier, Role], Field(min_length=1)]
    teams: Annotated[Mapping[Identifier, Team], Field(min_length=1)]
    overrides: tuple[Override, ...] = ()
