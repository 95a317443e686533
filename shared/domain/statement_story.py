"""How the statements of a crisis came about: due when, drafted, approved, vetoed and public when, and by whom (C5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.crisis import Revision
from shared.domain.crisis_policy import StatementRules
from shared.domain.earlier_ladders import Ladder, about, ladders_of
from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Approval:
    """A role stood by a revision; `after`: how long it had waited for that (milliseconds)."""

    role: str
    by: str
    at: int
    after: int


@dataclass(frozen=True, slots=True)
class RevisionStory:
    """One text.

    Attributes:
        fell: whether approvals fell away because the text changed.
        published_at: when it was decided to be public; out_at: when the site carried it.
    """

    number: int
    by: str
    at: int
    approvals: tuple[Approval, ...]
    rejected_by: str | None = None
    rejected_at: int | None = None
    reason: str = ""
    fell: bool = False
    published_at: int | None = None
    out_at: int | None = None
    corrects: bool = False
    holding: bool = False


@dataclass(frozen=True, slots=True)
class StatementStory:
    """One rung of the ladder.

    Attributes:
        since: when the ladder was opened, from which its times count.
        asked: when whoever was missing was paged; escalated_at: when the commander and the chain were.
        late: by how much, so far where the public still waits; 0 for in time.
    """

    rung: str
    since: int
    due: int
    publish_at: int
    revisions: tuple[RevisionStory, ...]
    asked: tuple[int, ...] = ()
    escalated_at: int | None = None
    cancelled_at: int | None = None
    late: int = 0

    @property
    def published_at(self) -> int | None:
        """When the public could first read it."""
        return min((each.published_at for each in self.revisions if each.published_at is not None), default=None)


def statement_stories(
    incident: Incident, entries: Sequence[Entry], policy: Policy, now: int
) -> tuple[StatementStory, ...]:
    """The rungs in the order of their ladder, ladder by ladder; none where none was ever opened."""
    return tuple(
        _story(name, revisions, ladder, rules, entries, now)
        for ladder in ladders_of(incident, entries)
        if ladder.kind in policy.crises and (rules := policy.crises[ladder.kind].statements) is not None
        for name, revisions in ladder.revisions.items()
    )


def _story(
    name: str, revisions: Sequence[Revision], ladder: Ladder, rules: StatementRules, entries: Sequence[Entry], now: int
) -> StatementStory:
    due = ladder.opened_at + rules.rungs[name].due
    own = tuple(entry for entry in ladder.entries if about(entry)[0] == name)
    told = tuple(_revision(name, each, entries) for each in revisions)
    published = min((each.published_at for each in told if each.published_at is not None), default=None)
    cancelled = _first(own, "statement_cancelled")
    end = published if published is not None else (cancelled if cancelled is not None else now)
    return StatementStory(
        rung=name,
        since=ladder.opened_at,
        due=due,
        publish_at=max(ladder.opened_at, due - rules.lead),
        revisions=told,
        asked=tuple(entry.at for entry in own if entry.kind == "approval_wanted"),
        escalated_at=_first(own, "statement_late"),
        cancelled_at=cancelled,
        late=max(0, end - due),
    )


def _revision(rung: str, revision: Revision, entries: Sequence[Entry]) -> RevisionStory:
    own = tuple(entry for entry in entries if about(entry) == (rung, revision.number))
    rejected = next(
        (e for e in own if e.kind == "statement.rejected" and _said(e).get("by") == revision.rejected_by), None
    )
    return RevisionStory(
        number=revision.number,
        by=revision.by,
        at=revision.at,
        approvals=tuple(
            Approval(entry.data["role"], entry.data["by"], entry.at, entry.at - revision.at)
            for entry in own
            if entry.kind == "approved"
        ),
        rejected_by=revision.rejected_by,
        rejected_at=rejected.at if rejected else None,
        reason=str(_said(rejected).get("reason", "")) if rejected else "",
        fell=_first(own, "approvals_fell") is not None,
        published_at=_first(own, "statement_published"),
        out_at=_first(own, "statement.out"),
        corrects=revision.corrects,
        holding=revision.holding,
    )


def _said(entry: Entry) -> dict[str, object]:
    return dict(entry.data.get("data") or {})


def _first(entries: Sequence[Entry], kind: str) -> int | None:
    return next((entry.at for entry in entries if entry.kind == kind), None)
