"""What a decision sends into the world: pages that ask, tells that inform, entries that record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from shared.domain.errand import Errand
from shared.domain.incident import Incident
from shared.domain.publication import Publication, StatementText

PageReason = Literal[
    "opened",
    "missed",
    "unacknowledged",
    "repeat",
    "escalated",
    "warning",
    "unmoved",
    "handed_over",
    "reopened",
    "raised",
    "graded",
    "called",
    "called_b",
    "seat_empty",
    "invited",
    "milestone_missed",
    "approval_wanted",
    "statement_late",
]
"""Why a person is asked to act. The first five belong to a ladder: an acknowledgement calls them back (I6)."""
OF_GROUP: frozenset[str] = frozenset(
    {"called", "called_b", "seat_empty", "invited", "milestone_missed", "approval_wanted", "statement_late"}
)
"""Reasons that belong to the response group: urgent whatever the level, with links that live as long as the crisis."""
FENCED: frozenset[str] = frozenset({"opened", "missed", "unacknowledged", "repeat", "escalated"})

TellReason = Literal[
    "ladder_ended",
    "rung_skipped",
    "nobody_reachable",
    "too_old",
    "left_out",
    "waiting",
    "unconfirmed",
    "brief",
    "regraded",
    "seat_taken",
    "drafted",
    "vetoed",
    "published",
    "still_on",
    "stood_down",
]
"""Why somebody is informed. `brief`: you are in, and this is what is known; `published`: the public can read it."""
OUTSIDERS: frozenset[str] = frozenset({"published"})
"""Tells whose readers may be anybody: they learn what the public learns, and nothing of the case."""
TOLD_OF_GROUP: frozenset[str] = OUTSIDERS | {
    "brief",
    "regraded",
    "seat_taken",
    "drafted",
    "vetoed",
    "still_on",
    "stood_down",
}
"""Tells of a crisis; as urgent as its pages."""
Answer = Literal["accepted", "kept", "no_effect"]
"""What whoever asked is told: done; kept, but not in effect; nothing was left to do."""

OPERATIONS = "operations"
"""The addressee of a tell that concerns whoever runs Tocsin."""


class Page(NamedTuple):
    """A message that asks one person to act; its identity is incident, epoch, step and person (and the channel).

    Attributes:
        fence: the incident's fence when it was made, None where no acknowledgement calls it back.
        at: when it was decided; due: when it should have been, were there no outage.
        clock: the clock it is about; also: further missed clocks it names.
        clock: of a page about a statement its rung.
        group: whether it goes to the response group, whose epoch it then has (I11).
        rung: name of the rung, or of the seat in the response group; `holder` where the person stands on none.
    """

    incident: str
    step: int
    epoch: int
    fence: int | None
    at: int
    due: int
    level: str
    clock: str | None
    rung: str
    person: str
    reason: PageReason
    also: tuple[str, ...] = ()
    group: bool = False


class Tell(NamedTuple):
    """A message that informs a person, or operations."""

    incident: str
    step: int
    epoch: int
    at: int
    to: str
    reason: TellReason
    about: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline: what happened at `at` (milliseconds UTC)."""

    at: int
    kind: str
    data: Mapping[str, Any]


class Decision(NamedTuple):
    """Everything one step changes; it commits whole or not at all (I4).

    Attributes:
        answer: what whoever asked is told: `accepted`, or why nothing (or less) happened.
        errands: what is to be done outside the incident afterwards.
        texts: revisions that were drafted; publications: those that are public from now on.
    """

    incident: Incident
    pages: tuple[Page, ...] = ()
    tells: tuple[Tell, ...] = ()
    entries: tuple[Entry, ...] = ()
    answer: Answer = "accepted"
    errands: tuple[Errand, ...] = ()
    texts: tuple[StatementText, ...] = ()
    publications: tuple[Publication, ...] = ()

    def then(self, later: "Decision") -> "Decision":
        """Two decisions in a row about one incident, as one step: what the later called back never leaves (I6)."""
        pages, entries = called_back(self.pages + later.pages, self.entries + later.entries, later.incident.fence)
        return Decision(
            incident=later.incident,
            pages=pages,
            tells=self.tells + later.tells,
            entries=entries,
            answer=later.answer,
            errands=tuple({errand.name: errand for errand in self.errands + later.errands}.values()),
            texts=self.texts + later.texts,
            publications=self.publications + later.publications,
        )


def called_back(
    pages: Sequence[Page], entries: Sequence[Entry], fence: int
) -> tuple[tuple[Page, ...], tuple[Entry, ...]]:
    """Without the pages of a ladder that ended meanwhile; their entries say so, so that steps leave no gap (I6)."""
    gone = {page.step for page in pages if page.fence is not None and page.fence != fence}
    return (
        tuple(page for page in pages if page.step not in gone),
        tuple(Entry(e.at, "called_back", e.data) if e.data.get("step") in gone else e for e in entries),
    )
