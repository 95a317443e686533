"""Play a stream's incidents, on all cores where there are many: they do not touch each other.

What is told of them is put together in the order of the incidents, so it is the same on any number of cores.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache

from shared.application import simulate
from shared.domain.events import DRILL_SOURCE, ComplaintReceived, Event
from shared.domain.instants import format_instant
from shared.domain.outcome import Entry, Page
from shared.domain.plain import plain
from shared.domain.policy import Policy

WORTH_FORKING = 1_000
"""Events; below, starting processes takes longer than playing."""
_A_SLICE = 50
"""Matters that are played and told at a time."""

Matters = Sequence[Sequence[Sequence[Event]]]
"""Incidents that may be about one matter together; of most matters there is one."""


@dataclass(slots=True)
class Played:
    """What is told of incidents that were played.

    Attributes:
        quarantined: events whose complaint never came.
        clocks: for (level, clock) how many were met, missed and open at the end.
        rungs: pages by rung; statements: how many of each rung were published, and were due and not.
        pages: instant and JSON of each, where it was asked for; `timeline` likewise.
    """

    incidents: int = 0
    quarantined: list[simulate.Refused] = field(default_factory=list)
    clocks: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rungs: Counter[str] = field(default_factory=Counter)
    statements: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pages: list[tuple[int, str]] = field(default_factory=list)
    timeline: list[tuple[int, str]] = field(default_factory=list)

    def add(self, other: Played) -> None:
        """Take what was told of further incidents."""
        self.incidents += other.incidents
        self.quarantined += other.quarantined
        for name, verdicts in other.clocks.items():
            self.clocks[name].update(verdicts)
        self.rungs.update(other.rungs)
        for rung, counts in other.statements.items():
            self.statements[rung].update(counts)
        self.pages += other.pages
        self.timeline += other.timeline


@dataclass(frozen=True, slots=True)
class Player:
    """Plays incidents under a policy until an instant; tells pages and timeline only where they are wanted."""

    policy: Policy
    until: int
    pages: bool = False
    timeline: bool = False

    def play(
        self, matters: Matters, progress: Callable[[int], None] = lambda _done: None, *, cores: int | None = None
    ) -> Played:
        """Play all of them.

        Args:
            matters: of each its incidents, and of those the events in time order.
            progress: called with the number of events that were played since the last call.
            cores: at most so many processes; all there are where it is None.
        """
        slices = [matters[first : first + _A_SLICE] for first in range(0, len(matters), _A_SLICE)]
        events = [sum(len(events) for incidents in part for events in incidents) for part in slices]
        processes = min(len(slices), _cores() if cores is None else cores)
        forking = processes > 1 and sum(events) >= WORTH_FORKING and _can_fork()
        played = Played()
        for part, done in zip(
            _forked(self, slices, processes) if forking else map(self.one, slices), events, strict=True
        ):
            played.add(part)
            progress(done)
        # A stable sort: what happens at one instant stays in the order of the incidents.
        played.pages.sort(key=lambda line: line[0])
        played.timeline.sort(key=lambda line: line[0])
        return played

    def one(self, matters: Matters) -> Played:
        """Play one slice."""
        outcome = simulate.play(matters, self.policy, simulate.Outcome(self.until), timeline=self.timeline)
        return Played(
            outcome.incidents,
            outcome.quarantined,
            outcome.clocks,
            Counter(page.rung for page, about in outcome.pages if about.source != DRILL_SOURCE),
            outcome.statements,
            [(page.at, _page(page, about)) for page, about in outcome.pages] if self.pages else [],
            [(entry.at, _entry(entry, about)) for entry, about in outcome.timeline],
        )


def _page(page: Page, complaint: ComplaintReceived) -> str:
    return _json(
        {
            "at": _instant(page.at),
            "incident": complaint.subject,
            "source": complaint.source,
            "level": page.level,
            "clock": page.clock,
            "rung": page.rung,
            "person": page.person,
            "reason": page.reason,
        }
    )


def _entry(entry: Entry, complaint: ComplaintReceived) -> str:
    told = {"at": _instant(entry.at), "incident": complaint.subject, "source": complaint.source}
    data = {_RENAMED.get(key, key): value for key, value in entry.data.items() if key not in _LEFT_OUT}
    if "due" in data:
        data["due"] = _instant(data["due"])
    return _json(told | {"kind": entry.kind} | data)


_RENAMED = {"source": "from"}
"""An event's own source: `source` of a line is the complaint's, which with `incident` names the incident."""
_LEFT_OUT = frozenset({"record"})
"""What the fold keeps for itself."""
_instant = lru_cache(maxsize=1_024)(format_instant)
_json = json.JSONEncoder(ensure_ascii=False, default=plain).encode


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _can_fork() -> bool:
    """Forked processes have the stream in memory already; a thread's locks they would have for ever."""
    return sys.platform == "linux" and threading.active_count() == 1


_given: tuple[Player, Sequence[Matters]]
"""What a forked process plays; nothing is copied to it."""


def _forked(player: Player, slices: Sequence[Matters], processes: int) -> Iterator[Played]:
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), initializer=_take, initargs=(player, slices)
    ) as pool:
        try:
            yield from pool.map(_play_slice, range(len(slices)))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _take(player: Player, slices: Sequence[Matters]) -> None:
    global _given  # noqa: PLW0603 - a process of the pool keeps what it was born with
    _given = player, slices
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us


def _play_slice(number: int) -> Played:
    player, slices = _given
    return player.one(slices[number])
