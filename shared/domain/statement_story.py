"""How the statements of a crisis came about: due when, drafted, approved, vetoed and public when, and by whom (C5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.crisis import Revision
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
    """The rungs in the order of the ladder; none where it was never opened."""
    opened = next((entry for entry in entries if entry.kind == "ladder_opened"), None)
    kind = next((str(entry.data["crisis"]) for entry in reversed(entries) if entry.kind == "graded"), "")
    rules = policy.crises[kind].statements if kind in policy.crises else None
    if opened is None or rules is None:
        return ()
    revisions = {statement.rung: statement.revisions for statement in incident.statements}
    stories = []
    for name in opened.data["rungs"]:
        due = opened.at + rules.rungs[name].due
        own = tuple(entry for entry in entries if _rung(entry) == name)
        told = tuple(_revision(each, own) for each in revisions.get(name, ()))
        published = min((each.published_at for each in told if each.published_at is not None), default=None)
        cancelled = _first(own, "statement_cancelled")
        end = published if published is not None else (cancelled if cancelled is not None else now)
        stories.append(
            StatementStory(
                rung=name,
                since=opened.at,
                due=due,
                publish_at=max(opened.at, due - rules.lead),
                revisions=told,
                asked=tuple(entry.at for entry in own if entry.kind == "approval_wanted"),
                escalated_at=_first(own, "statement_late"),
                cancelled_at=cancelled,
                late=max(0, end - due),
            )
        )
    return tuple(stories)


def _revision(revision: Revision, own: Sequence[Entry]) -> RevisionStory:
    about = tuple(entry for entry in own if _number(entry) == revision.number)
    rejected = next(
        (e for e in about if e.kind == "statement.rejected" and _said(e).get("by") == revision.rejected_by), None
    )
    return RevisionStory(
        number=revision.number,
        by=revision.by,
        at=revision.at,
        approvals=tuple(
            Approval(entry.data["role"], entry.data["by"], entry.at, entry.at - revision.at)
            for entry in about
            if entry.kind == "approved"
        ),
        rejected_by=revision.rejected_by,
        rejected_at=rejected.at if rejected else None,
        reason=str(_said(rejected).get("reason", "")) if rejected else "",
        fell=_first(about, "approvals_fell") is not None,
        published_at=_first(about, "statement_published"),
        out_at=_first(about, "statement.out"),
        corrects=revision.corrects,
        holding=revision.holding,
    )


def _said(entry: Entry) -> dict[str, object]:
    return dict(entry.data.get("data") or {})


def _rung(entry: Entry) -> object:
    return _said(entry).get("rung") if "record" in entry.data else entry.data.get("rung")


def _number(entry: Entry) -> object:
    return _said(entry).get("revision") if "record" in entry.data else entry.data.get("revision")


def _first(entries: Sequence[Entry], kind: str) -> int | None:
    return next((entry.at for entry in entries if entry.kind == kind), None)
