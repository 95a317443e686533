"""An incident: the record that carries a complaint's clocks, and everything the next decision needs of it.

Two parts: the *course* is what the events say (a fold over them, see `course.py`); the rest is what was done about
it: the ladder, who was paged, what comes next.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from shared.domain.classification import Known
from shared.domain.crisis import Crisis, Group, Revision, SeatCall, Statement

_Record = TypeVar("_Record", "Clock", "Course", "Ladder", "Incident", Crisis, Group, SeatCall, Statement, Revision)

Verdict = Literal["running", "stopped", "met", "missed", "cancelled"]
Phase = Literal["open", "waiting", "awaiting_confirmation", "resolved", "closed"]
StepKind = Literal[
    "deadline", "window", "handover", "seat", "statement", "unmoved_above", "unmoved", "warning", "reminder", "still_on"
]
"""Kinds of steps, as they go at one instant: a deadline first, so that the page of a window can name it."""
SOLVED: frozenset[Phase] = frozenset({"awaiting_confirmation", "resolved", "closed"})
"""Phases in which the complaint itself is solved, in the eyes of who handled it."""


@dataclass(frozen=True)
class Clock:
    """One response deadline.

    Attributes:
        key: name and count, unique in the incident: `resolve#2` is the one of the first re-opening.
        milestone: whether it is a step of the level's own plan, met by `milestone.met`.
        duration: milliseconds it was given.
        warn_at: when the share of it is used up at which the holder is warned.
        left: running time left when it was stopped.
        ended: when its verdict fell: the event's time, or the deadline.
        level: the incident's level then; a clock counts at the level at which it ended.
        answered: when its event came, in time or late.
    """

    key: str
    name: str
    milestone: bool
    duration: int
    deadline: int
    warn_at: int
    verdict: Verdict = "running"
    left: int | None = None
    ended: int | None = None
    level: str | None = None
    answered: int | None = None

    @property
    def is_owed(self) -> bool:
        """Whether it was missed and its event has not come since."""
        return self.verdict == "missed" and self.answered is None


@dataclass(frozen=True)
class Course:
    """What the events say of an incident: a pure fold over them in the order of (`time`, `id`).

    Attributes:
        holder: who acknowledged last; a person of the directory, or an intake system's free text.
        reopenings: how often it was re-opened.
        last: order of the last event.
        crisis: what makes it one, None for an ordinary complaint.
        part_of: the incident of the crisis it was joined to; it is then no matter for grading of its own.
    """

    opened_at: int
    level: str
    known: Known
    clocks: tuple[Clock, ...]
    phase: Phase = "open"
    holder: str | None = None
    holder_is_person: bool = False
    acknowledged: bool = False
    reopenings: int = 0
    last: tuple[int, str] = (0, "")
    crisis: Crisis | None = None
    part_of: str | None = None


@dataclass(frozen=True)
class Ladder:
    """The escalation of missed clocks up the chain (B2).

    Attributes:
        feeds: keys of the missed clocks it runs for; `escalation` where a person asked for it.
        rung: the rung paged last, 1 is the lowest.
        round: 0 on the way up the first time; each further round doubles the windows.
        window_end: when the rung paged last has had its time.
    """

    feeds: tuple[str, ...]
    rung: int
    round: int
    window_end: int


@dataclass(frozen=True)
class Handover:
    """Somebody was asked at `since` to take over and has until `window_end` to acknowledge."""

    giver: str | None
    taker: str
    window_end: int
    since: int = 0


@dataclass(frozen=True)
class Incident:
    """The whole record.

    Attributes:
        rules: name and version of the policy it was opened under (I10).
        version: grows with every commit; a commit on an older one is refused (I4).
        epoch: moves with acknowledge, re-open and raise: links of older epochs are dead (I11).
        fence: moves whenever a ladder ends: pages made under an older one are not sent (I6).
        step: number of the last page step; grows, never reused.
        paged: rungs paged since the last acknowledgement.
        warned: keys of clocks whose warning was given or is no longer due.
        entered: keys of missed clocks that were dealt with.
        quiet_since: when the last event came or the holder was last reminded of an unmoved incident.
        nudge_above_at: when the rung above hears of an unmoved incident.
        remind_at: when the holder is next told that the customer is waited for.
        silent_until: it was opened too late to page anybody for what had passed by then; None once somebody cared.
        paused_feeds: missed clocks whose ladder the waiting for the customer stopped; it goes on afterwards.
        link: hash of the link whose acknowledgement moved the epoch last.
        group: the calling for the response group; statements: the ladder of what the public is told.
        drill: whether it is an exercise: every message says so, and nothing is public.
        next_step_at: when the next decision is due; never None while the incident is open (I3).
        next_step: its name.
    """

    id: str
    source: str
    subject: str
    summary: str
    rules: str
    chain: str
    course: Course
    version: int = 0
    epoch: int = 0
    fence: int = 0
    step: int = 0
    ladder: Ladder | None = None
    paged: tuple[int, ...] = ()
    warned: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    quiet_since: int = 0
    nudge_above_at: int | None = None
    handover: Handover | None = None
    remind_at: int | None = None
    silent_until: int | None = None
    paused_feeds: tuple[str, ...] = ()
    link: str | None = None
    group: Group | None = None
    statements: tuple[Statement, ...] = ()
    drill: bool = False
    next_step_at: int | None = None
    next_step: StepKind | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to come, the customer's confirmation included: never silent then (I3)."""
        return self.course.phase not in ("resolved", "closed") or self.in_crisis

    @property
    def in_crisis(self) -> bool:
        """Whether its group is called and not stood down: more is to come, whatever became of the complaint."""
        crisis = self.course.crisis
        return crisis is not None and crisis.is_on and crisis.called_at is not None

    @property
    def part_of(self) -> str | None:
        """The crisis it was joined to."""
        return self.course.part_of

    @property
    def is_solved(self) -> bool:
        """Whether the complaint is solved in the eyes of who handled it."""
        return self.course.phase in SOLVED


def changed(record: _Record, **fields: Any) -> _Record:
    """The record with other values in some fields.

    `dataclasses.replace` without a second `__init__` (ADR 43). The records are frozen, without `__post_init__`, so
    copying their fields is all there is to it.
    """
    copy = object.__new__(type(record))
    vars(copy).update(vars(record), **fields)
    return copy
