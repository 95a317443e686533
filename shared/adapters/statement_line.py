"""A rung of the statement ladder as its reader sees it: how far it got, who is wanted, and until when (C5, I8)."""

from dataclasses import dataclass
from typing import Literal

from shared.adapters.crisis_names import approvals_wanted, role_name, statement_title
from shared.adapters.incident_sheet import person_name
from shared.adapters.language import Reader
from shared.domain.crisis import Statement
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE
from shared.domain.policy import Policy

StatementState = Literal["missing", "draft", "rejected", "approved", "published", "cancelled"]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One rung of the statement ladder.

    Attributes:
        rung: its id; name: its title in words.
        state: how far it got; `published` though a correction of it may be in draft.
        overdue: not public, though it was due.
        detail: the state in words, with who is wanted and when it is due.
        due: in the reader's zone; at: milliseconds UTC; left: time left, negative when over, None where nothing runs.
        revision: number of the newest one, 0 for none.
        wanted: names of the roles that have not approved the draft; approved_by: names of the people who have.
    """

    rung: str
    name: str
    state: StatementState
    overdue: bool
    detail: str
    due: str
    at: int
    left: int | None
    revision: int = 0
    wanted: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()


def statement_line(statement: Statement, incident: Incident, policy: Policy, reader: Reader, now: int) -> StatementLine:
    """One rung of the ladder at an instant; the policy with the roster of today names the roles."""
    state, wanted = _state(statement, incident, policy)
    approvals = statement.draft.approvals if statement.draft else ()
    public, running = statement.published, state not in ("published", "cancelled")
    left = statement.due - now if running else None
    overdue = left is not None and left <= 0
    due = reader.moment(statement.due, now)
    words = reader.words.statement_states
    names = tuple(role_name(policy, role, reader) for role in wanted)
    published_at = public.published_at if public and public.published_at else statement.due
    parts = [
        words[state].format(
            revision=statement.revisions[-1].number if statement.revisions else 0,
            wanted=reader.several(names),
            when=reader.moment(published_at if state == "published" else statement.publish_at, now),
        )
    ]
    if state == "published" and (late := _first_public(statement) - statement.due) > 0:
        parts.append(words["late"].format(span=reader.late(late) if late >= MINUTE else reader.span(late)))
    if left is not None:
        parts.append(words["overdue" if overdue else "due"].format(due=due, span=reader.span(left)))
    return StatementLine(
        rung=statement.rung,
        name=statement_title(policy, incident, statement.rung, reader),
        state=state,
        overdue=overdue,
        detail=str(reader.words.punctuation["clause"]).join(parts),
        due=due,
        at=statement.due,
        left=left,
        revision=statement.revisions[-1].number if statement.revisions else 0,
        wanted=names,
        approved_by=tuple(person_name(policy, name) for _, name in approvals),
    )


def _first_public(statement: Statement) -> int:
    """When the public could first read it: a correction of it is not late."""
    return min((each.published_at for each in statement.revisions if each.published_at is not None), default=0)


def _state(statement: Statement, incident: Incident, policy: Policy) -> tuple[StatementState, tuple[str, ...]]:
    """How far it got, and the roles whose approval its draft still wants."""
    if statement.draft is None:
        if statement.published:
            return "published", ()
        if statement.cancelled:
            return "cancelled", ()
        return ("rejected" if statement.revisions else "missing"), ()
    wanted = approvals_wanted(policy, incident, statement)
    if statement.published:
        return "published", wanted
    if statement.cancelled:
        return "cancelled", ()
    return ("draft" if wanted else "approved"), wanted
