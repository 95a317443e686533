"""Was somebody told of every break, in time and in words that help, and of nothing else? Judged from the records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cli.watch_demo.told import ALERT, Told

_ROW = re.compile(r"^\|([^|]*`[^|]*)\|", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SAID = "operations"
"""What every text says, so that whoever reads it knows where to look: the name of the runbook."""


@dataclass(frozen=True)
class Broken:
    """One thing that was broken.

    Attributes:
        title: what it was.
        alarm: which alarm has to tell of it, as the runbook calls it.
        by: over which way.
        within: in how many milliseconds.
        brings: alarms that may come along.
        began: when it was broken; mended: when it was put right (milliseconds UTC).
    """

    title: str
    alarm: str
    by: str
    within: int
    brings: frozenset[str]
    began: int
    mended: int


@dataclass(frozen=True)
class Finding:
    """How one break was told of; None: it was not, or its end was not."""

    broken: Broken
    told: Told | None
    ended: Told | None

    @property
    def after(self) -> int | None:
        """Milliseconds from the break to the telling."""
        return None if self.told is None else self.told.at - self.broken.began

    @property
    def ended_after(self) -> int | None:
        """Milliseconds from the mending to the word that it is over."""
        return None if self.ended is None else self.ended.at - self.broken.mended


@dataclass(frozen=True)
class Check:
    """What has to hold, and what speaks against it."""

    says: str
    against: Sequence[str]


@dataclass
class Outcome:
    """The records of a run.

    Attributes:
        watched_from: when everything was quiet and somebody began to listen (milliseconds UTC).
        broken: in the order in which it was broken.
        told: everything somebody was told since then, in the order in which it came.
        lost: complaints that were accepted during a break and are not there after it.
    """

    watched_from: int = 0
    broken: list[Broken] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def findings(outcome: Outcome) -> list[Finding]:
    """What was told of each break, and of its end."""
    return [_finding(broken, outcome.told) for broken in outcome.broken]


def _finding(broken: Broken, told: Sequence[Told]) -> Finding:
    of_it = [each for each in told if each.alarm == broken.alarm and each.by == broken.by]
    alarm = next((each for each in of_it if each.state == "ALARM" and each.at >= broken.began), None)
    ended = next((each for each in of_it if each.state == "OK" and alarm and each.at > alarm.at), None)
    return Finding(broken, alarm, ended)


def judge(outcome: Outcome, runbook: str) -> list[Check]:
    """Every check, in the order in which it is shown.

    Args:
        outcome: the records.
        runbook: the text of docs/operations.md.
    """
    found = findings(outcome)
    pages = explained(runbook)
    first = min((broken.began for broken in outcome.broken), default=0)
    healthy = [told for told in outcome.told if outcome.watched_from <= told.at < first and told.state == "ALARM"]
    return [
        Check("nobody was told anything while all was well", [shown(told) for told in healthy]),
        Check("every break was told of", [each.broken.title for each in found if each.told is None]),
        Check("each within its bound", list(_late(found))),
        Check("in words that name the runbook, where the alarm has its page", list(_unexplained(found, pages))),
        Check("when it was mended, that was told too", [each.broken.title for each in found if each.ended is None]),
        Check("and nobody was told of anything that had not happened", list(_false(outcome, healthy))),
        Check("in the end every alarm is quiet again", still_on(outcome)),
        Check("what came in during a break is there after it", outcome.lost),
    ]


def explained(runbook: str) -> frozenset[str]:
    """The alarms that have a row of their own in the runbook, and its sections."""
    named = (name for row in _ROW.findall(runbook) for name in re.findall(r"`(\w+)`", row))
    return frozenset((*named, *_HEADING.findall(runbook)))


def shown(told: Told) -> str:
    """For whoever reads the verdict."""
    return f"{told.alarm} by {told.by}: {told.text}"


def _late(found: Sequence[Finding]) -> Iterator[str]:
    for each in found:
        if each.after is not None and each.after > each.broken.within:
            yield f"{each.broken.title}: {each.after / 1000:.1f} s, allowed {each.broken.within / 1000:.1f} s"


def _unexplained(found: Sequence[Finding], pages: frozenset[str]) -> Iterator[str]:
    for each in found:
        if each.told is not None and _SAID not in each.told.text.casefold():
            yield f"{each.broken.title}: `{each.told.text}`"
        if each.broken.alarm not in pages:
            yield f"{each.broken.alarm} has no page in the runbook"


def _false(outcome: Outcome, healthy: Sequence[Told]) -> Iterator[str]:
    for told in outcome.told:
        causes = [each for each in outcome.broken if told.alarm in {each.alarm, *each.brings} and each.began <= told.at]
        if told.state == "ALARM" and told not in healthy and not causes:
            yield shown(told)


def still_on(outcome: Outcome) -> list[str]:
    """Alarms whose end nobody was told of; an alert of the pager's own has none."""
    last = {told.alarm: told.state for told in outcome.told if told.alarm != ALERT}
    return [alarm for alarm, state in last.items() if state == "ALARM"]


def came_along(outcome: Outcome) -> list[str]:
    """Alarms beside the expected ones, each once."""
    expected = {each.alarm for each in outcome.broken}
    return list(
        dict.fromkeys(
            told.alarm
            for told in outcome.told
            if told.state == "ALARM" and told.alarm not in expected and told.alarm != ALERT
        )
    )
