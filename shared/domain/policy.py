"""A policy: every number of the rulebooks as data (A1 to A9, B1 to B4), validated once, frozen with each incident.

Durations are written `30m` and held in milliseconds. The rules are frozen with an incident (I10); the people in
`people` and on the rungs are looked up when a page is made.
"""

from collections.abc import Mapping
from datetime import date, time
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from shared.domain.calendar import BusinessHours
from shared.domain.crisis_policy import CrisisType, DrillRules
from shared.domain.event_data import Channel, Scope
from shared.domain.instants import parse_duration
from shared.domain.policy_parts import Duration, Identifier, Part, Share, Via, Zone, shorter
from shared.domain.roster_policy import Roster

HANDLING_CLOCKS = ("respond", "propose", "step_in", "resolve", "group")
"""Clocks a level starts at the complaint's time, in the order in which one instant reports them."""
AFTERCARE_CLOCKS = ("follow_up", "root_cause")
"""Clocks that start later: at the resolve, and at a bad rating (A5, A6)."""
STOPPED_BY_WAITING = frozenset({"propose", "resolve"})
"""Waiting for the customer is not the company's time; the first response always is (A8)."""


class Clocks(Part):
    """How long each clock of a level runs; a clock that is not named is not started."""

    respond: Duration | None = None
    propose: Duration | None = None
    step_in: Duration | None = None
    resolve: Duration | None = None
    group: Duration | None = None

    @cached_property
    def running(self) -> tuple[tuple[str, int], ...]:
        """Name and milliseconds of each clock there is."""
        return tuple((name, length) for name in HANDLING_CLOCKS if (length := getattr(self, name)) is not None)


class LevelRules(Part):
    """One level of the warning scale (A1 to A4, A7, A9).

    Attributes:
        clocks: durations of its clocks.
        channels: durations that differ for complaints of one channel (A4).
        milestones: steps of the level's own plan, each with a deadline (A7).
        page_at_opening: rungs paged as soon as the complaint is there; 1 is always among them (A3).
        window: how long a paged rung has to acknowledge (B2).
        urgent: never held back by storm control, never put off by business hours (A9).
        calendar: business hours its clocks run in; none means 24 x 7.
    """

    clocks: Clocks = Field(default_factory=Clocks)
    channels: Mapping[Channel, Clocks] = {}
    milestones: Mapping[Identifier, Duration] = {}
    page_at_opening: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1,)
    window: Duration
    urgent: bool = False
    calendar: Identifier | None = None
    name: Annotated[Mapping[str, str], Field(description="what people read, by locale")] = {}

    def durations(self, channel: str | None) -> tuple[tuple[str, int], ...]:
        """Clock names and milliseconds for a complaint of this channel."""
        own = self._own.get(channel)
        return self.clocks.running if own is None else tuple(dict(self.clocks.running + own.running).items())

    def duration_of(self, clock: str, channel: str | None) -> int | None:
        """Milliseconds of one clock for a complaint of this channel, None where it is not started."""
        own = self._own.get(channel)
        length: int | None = (own and getattr(own, clock)) or getattr(self.clocks, clock)
        return length

    @cached_property
    def _own(self) -> dict[str | None, Clocks]:
        return {channel: clocks for channel, clocks in self.channels.items()}  # noqa: C416 - another key type


class Condition(Part):
    """When a classification rule holds: everything it names must be so."""

    keywords: Identifier | None = None
    scope: tuple[Scope, ...] = ()
    amount_cny_from: Annotated[float, Field(ge=0)] | None = None
    reposts_from: Annotated[int, Field(ge=0)] | None = None
    channel: tuple[Channel, ...] = ()
    category: tuple[str, ...] = ()
    vip: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Condition":
        if not self.model_fields_set:
            raise ValueError("a rule without a condition would always hold: use `default`")
        return self


class ClassificationRule(Part):
    """A level for complaints that meet a condition."""

    when: Condition
    level: Identifier


class Classification(Part):
    """How a complaint without a level gets one: the highest of the rules that hold, else `default`."""

    default: Identifier
    rules: tuple[ClassificationRule, ...] = ()


class RouteCondition(Part):
    """Which incidents a route is for; the one naming the most fields wins, then the first (B4)."""

    department: str | None = None
    store: str | None = None
    region: str | None = None
    category: str | None = None
    product: str | None = None
    level: Identifier | None = None

    @cached_property
    def wanted(self) -> tuple[tuple[str, str], ...]:
        """The fields this condition names, with their values."""
        return tuple((field, value) for field in type(self).model_fields if (value := getattr(self, field)) is not None)


class Route(Part):
    """Incidents that meet a condition go up this chain."""

    when: RouteCondition
    chain: Identifier


class Authority(Part):
    """What a rung may decide by itself (B3)."""

    compensation_cny: Annotated[int, Field(ge=0)] = 0
    actions: tuple[str, ...] = ()


class Rung(Part):
    """One step of an escalation chain."""

    rung: Identifier
    people: tuple[Identifier, ...] = ()
    role: Annotated[Identifier | None, Field(description="of the roster: whoever is on duty in it stands here")] = None
    authority: Authority = Field(default_factory=Authority)
    window: Duration | None = None
    tier: Annotated[int, Field(ge=1, le=3)] = 1
    title: Mapping[str, str] = {}


class Person(Part):
    """Somebody who can be paged. Contacts are personal data: never in a log (I12)."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    webhook: Annotated[str, Field(max_length=2_048, pattern=r"^https?://")] | None = None
    channels: tuple[Via, ...] = ("sms", "email", "webhook")
    locale: str | None = None
    zone: Zone | None = None
    qualified_until: Annotated[date | None, Field(description="the last day of the crisis qualification")] = None

    @cached_property
    def reachable_by(self) -> tuple[Via, ...]:
        """The channels to try, in this person's order, that have a contact."""
        contacts = {"sms": self.phone, "email": self.email, "webhook": self.webhook}
        return tuple(channel for channel in self.channels if contacts[channel])

    def qualified_on(self, day: date) -> bool:
        """Whether the crisis qualification holds on a day, which is that of the roster's zone."""
        return self.qualified_until is None or day <= self.qualified_until

    def address(self, via: Via) -> str | None:
        """The number, address or URL of a channel."""
        return {"sms": self.phone, "email": self.email, "webhook": self.webhook}[via]


class Opening(Part):
    """One interval of business hours; a closing time of 00:00 is the end of the day."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    opens: time
    closes: time


class Calendar(Part):
    """Business hours of levels that are not urgent (A9)."""

    zone: Zone
    open: Annotated[tuple[Opening, ...], Field(min_length=1)]
    holidays: tuple[date, ...] = ()

    @cached_property
    def hours(self) -> BusinessHours:
        """The calendar as the clocks use it."""
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        week = tuple(
            tuple(sorted((opening.opens, opening.closes) for opening in self.open if day in opening.days))
            for day in days
        )
        return BusinessHours(self.zone, week, frozenset(self.holidays))


class Rating(Part):
    """What a grade of the customer does (A5, A6)."""

    reopen_at_most: Annotated[int, Field(ge=0, le=5)] = 3
    confirm_at_least: Annotated[int, Field(ge=1, le=6)] = 4
    root_cause_at_most: Annotated[int, Field(ge=0, le=5)] = 2


class Aftercare(Part):
    """Clocks that start after the solution (A5, A6); one that is not named is not started."""

    follow_up: Duration | None = None
    root_cause: Duration | None = None


class Unmoved(Part):
    """When the holder of an acknowledged incident that sees no event is paged again."""

    share_of_resolve: Share = 0.25
    at_least: Duration = parse_duration("30m")
    without_resolve: Duration = parse_duration("24h")


class Repeat(Part):
    """How the ladder goes on after its last rung (B2)."""

    from_rung: Annotated[int, Field(ge=1)] = 2
    factor: Annotated[int, Field(ge=1, le=10)] = 2
    longest_window: Duration = parse_duration("24h")


class Arrival(Part):
    """What is done with events that come too early or too late. Never scaled: these are service levels."""

    early_kept: Duration = parse_duration("24h")
    silent_after: Duration = parse_duration("7d")


class Storm(Part):
    """At most so many messages a person and minute; the rest comes in one digest. Urgent levels are exempt."""

    messages_per_minute: Annotated[int, Field(ge=1)] = 6


class Policy(Part):
    """The whole of it. `levels` stand in rising order of severity."""

    policy: Identifier
    description: str = ""
    locale: str = "zh-CN"
    zone: Zone = "Asia/Shanghai"
    levels: Annotated[Mapping[Identifier, LevelRules], Field(min_length=1)]
    classification: Classification
    keywords: Mapping[Identifier, tuple[Annotated[str, Field(min_length=1)], ...]] = {}
    close_requires: Literal["none", "confirmation"] = "none"
    rating: Rating = Field(default_factory=Rating)
    aftercare: Aftercare = Field(default_factory=Aftercare)
    warning_share: Share = 0.8
    unmoved: Unmoved = Field(default_factory=Unmoved)
    repeat: Repeat = Field(default_factory=Repeat)
    reminder: Duration = parse_duration("24h")
    arrival: Arrival = Field(default_factory=Arrival)
    storm: Storm = Field(default_factory=Storm)
    calendars: Mapping[Identifier, Calendar] = {}
    routing: tuple[Route, ...] = ()
    chains: Mapping[Identifier, Annotated[tuple[Rung, ...], Field(min_length=1)]]
    people: Mapping[Identifier, Person]
    crises: Mapping[Identifier, CrisisType] = {}
    roster: Roster | None = None
    drills: DrillRules = Field(default_factory=DrillRules)
    probe: Annotated[Identifier | None, Field(description="the level of synthetic complaints, and of no real one")] = (
        None
    )
    operations: Annotated[tuple[Identifier, ...], Field(min_length=1)]

    @cached_property
    def severity(self) -> Mapping[str, int]:
        """How grave each level is: 0 is the least."""
        return {level: rank for rank, level in enumerate(self.levels)}

    @property
    def real_levels(self) -> tuple[str, ...]:
        """The levels a complaint may have that somebody made: a real one never goes the way of the synthetic ones."""
        return tuple(level for level in self.levels if level != self.probe)

    @property
    def real_people(self) -> Mapping[str, Person]:
        """Everybody but who is there for synthetic complaints alone: nobody is to be put into a seat who is nobody."""
        ways = {route.chain for route in self.routing if self.probe is not None and route.when.level == self.probe}
        tested = {person for way in ways for rung in self.chains.get(way, ()) for person in rung.people}
        return {name: person for name, person in self.people.items() if name not in tested}

    @cached_property
    def quiet_times(self) -> Mapping[tuple[str, str | None], int]:
        """Milliseconds without an event after which an acknowledged incident is brought up, by level and channel."""
        rules = self.unmoved

        def quiet(resolve: int | None) -> int:
            if resolve is None:
                return rules.without_resolve
            return max(rules.at_least, round(resolve * rules.share_of_resolve))

        return {
            (name, channel): quiet(level.duration_of("resolve", channel))
            for name, level in self.levels.items()
            for channel in (None, *get_args(Channel))
        }

    def calendar_of(self, level: str) -> BusinessHours | None:
        """The business hours a level's clocks run in; none for urgent levels (A9)."""
        rules = self.levels[level]
        return None if rules.urgent or rules.calendar is None else self.calendars[rules.calendar].hours

    def scaled(self, factor: int) -> "Policy":
        """The same policy with every duration and window `factor` times shorter, for demos and drills.

        What is a service level (how long early events are kept, how old is too old) stays.
        """
        if factor == 1:
            return self

        levels = {
            name: shorter(
                level,
                factor,
                "window",
                clocks=shorter(level.clocks, factor, *HANDLING_CLOCKS),
                channels={channel: shorter(own, factor, *HANDLING_CLOCKS) for channel, own in level.channels.items()},
                milestones={step: max(1, length // factor) for step, length in level.milestones.items()},
            )
            for name, level in self.levels.items()
        }
        return shorter(
            self,
            factor,
            "reminder",
            levels=levels,
            aftercare=shorter(self.aftercare, factor, *AFTERCARE_CLOCKS),
            unmoved=shorter(self.unmoved, factor, "at_least", "without_resolve"),
            repeat=shorter(self.repeat, factor, "longest_window"),
            chains={
                name: tuple(shorter(rung, factor, "window") for rung in chain) for name, chain in self.chains.items()
            },
            crises={name: crisis.scaled(factor) for name, crisis in self.crises.items()},
        )
