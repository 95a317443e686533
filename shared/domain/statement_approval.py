"""Who may approve a statement: each role once, nobody their own draft, and only while they sit there (I8)."""

from shared.domain.crisis import Revision, Statement
from shared.domain.crisis_policy import StatementRules
from shared.domain.response_group import holders, sitting
from shared.domain.roster import seat_named
from shared.domain.step import Step


def roles_for(step: Step, person: str, revision: Revision, rules: StatementRules) -> tuple[str, ...]:
    """The roles in which somebody may approve, or veto, this revision."""
    return tuple(role for role in rules.approvals if may_approve(step, role, person, revision.by))


def may_approve(step: Step, role: str, person: str, drafter: str) -> bool:
    """Whether somebody stands for a role: by their seat, or as its B where who sits there drafted the text."""
    if person == drafter:
        return False
    seated = [one for one, _ in sitting(step.incident, role)]
    return person in seated or person in _stand_ins(step, role, drafter)


def standing_approvals(step: Step, revision: Revision) -> tuple[tuple[str, str], ...]:
    """The approvals that count now: whoever left their seat since no longer stands by the text."""
    return tuple((role, person) for role, person in revision.approvals if may_approve(step, role, person, revision.by))


def approvals_wanted(
    revision: Revision | None, standing: tuple[tuple[str, str], ...], rules: StatementRules
) -> tuple[str, ...]:
    """The roles that have not approved; all of them where there is no text."""
    given = {role for role, _ in standing} if revision else set()
    return tuple(role for role in rules.approvals if role not in given)


def missing_approvers(step: Step, statement: Statement, rules: StatementRules) -> tuple[tuple[str, str], ...]:
    """The people, with their places, whose approval a rung waits for."""
    draft = statement.draft
    standing = standing_approvals(step, draft) if draft else ()
    wanted = approvals_wanted(draft, standing, rules)
    drafter = draft.by if draft else ""
    return tuple(place for role in wanted for place in approvers(step, role, drafter))


def approvers(step: Step, role: str, drafter: str) -> tuple[tuple[str, str], ...]:
    """Who can approve for a role: those who sit for it; where only the drafter does, the B."""
    own = tuple((person, seat) for person, seat in holders(step.incident, role) if person != drafter)
    return own or tuple((person, role) for person in _stand_ins(step, role, drafter)[:1])


def _stand_ins(step: Step, role: str, drafter: str) -> tuple[str, ...]:
    """The other one of the drafter's own seat, A or B: nobody approves what they drafted."""
    crisis = step.course.crisis
    seats = [seat for person, seat in sitting(step.incident, role) if person == drafter]
    if crisis is None or not seats:
        return ()
    pair = step.directory.candidates(seat_named(seats[0]), crisis.called_at or crisis.since)
    team = next((one.team for one in pair if one.person == drafter), pair[0].team if pair else None)
    return tuple(one.person for one in pair if one.person != drafter and one.team == team)
