"""What people do about statements: they draft, approve, veto and correct (C5, I8)."""

from shared.domain.crisis import Revision, Statement
from shared.domain.crisis_events import (
    StatementApproved,
    StatementCorrected,
    StatementDrafted,
    StatementOut,
    StatementRejected,
)
from shared.domain.events import Event
from shared.domain.incident import changed
from shared.domain.outcome import Answer
from shared.domain.publication import text_of
from shared.domain.response_group import kind_of
from shared.domain.roster import role_of
from shared.domain.statement_approval import approvals_wanted, missing_approvers, roles_for, standing_approvals
from shared.domain.statement_ladder import keep, publish_what_may, rules_of, statement_of
from shared.domain.step import Step


def react_to_statement(step: Step, event: Event, by: str | None) -> Answer:
    """Take what somebody says of a statement; `no_effect` where it is not theirs to say, or comes too late."""
    statement = statement_of(step.incident, str(vars(event.data).get("rung")))
    crisis = step.course.crisis
    if statement is None or crisis is None:
        return "no_effect"
    if isinstance(event, StatementOut):
        return _out(step, statement, event)
    if not crisis.is_on or statement.cancelled or by is None:
        return "no_effect"
    if isinstance(event, StatementDrafted | StatementCorrected):
        corrects = isinstance(event, StatementCorrected)
        return _drafted(step, statement, event, by) if corrects == (statement.published is not None) else "no_effect"
    if isinstance(event, StatementApproved | StatementRejected):
        return _judged(step, statement, event, by)
    return "no_effect"


def _drafted(step: Step, statement: Statement, event: StatementDrafted | StatementCorrected, by: str) -> Answer:
    crisis, rules = step.course.crisis, rules_of(step)
    if crisis is None or rules is None or by not in crisis.members:
        return "no_effect"
    number, before = statement.next_number, statement.draft
    evidence = [(proof.name, proof.sha256) for proof in event.data.evidence]
    text = text_of(statement.rung, number, event.data.text, evidence)
    newest = statement.revisions[-1] if statement.revisions else None
    if newest is not None and newest.hash == text.hash and newest.rejected_by is None:
        return "no_effect"  # nothing changed, so approvals stand
    if before is not None and before.approvals:
        step.enter(step.now, "approvals_fell", rung=statement.rung, revision=before.number)
    roles = tuple(dict.fromkeys(role_of(seat) for seat, person in crisis.seated if person == by))
    correction = isinstance(event, StatementCorrected)
    revision = Revision(number, by, step.now, text.hash, roles=roles, corrects=correction)
    statement = changed(statement, revisions=(*statement.revisions, revision))
    keep(step, statement)
    step.texts.append(text)
    step.enter(step.now, "drafted", rung=statement.rung, revision=number, by=by, hash=text.hash)
    for person in dict.fromkeys(person for person, _ in missing_approvers(step, statement, rules)):
        step.tell(person, "drafted", statement.rung)
    return "accepted"


def _judged(step: Step, statement: Statement, event: StatementApproved | StatementRejected, by: str) -> Answer:
    rules, revision = rules_of(step), statement.draft
    if rules is None or revision is None or revision.number != event.data.revision:
        return "no_effect"  # of an older text: it changed, was vetoed, or is public
    roles = roles_for(step, by, revision, rules)
    if not roles:
        return "no_effect"
    if isinstance(event, StatementRejected):
        _keep_revision(step, statement, changed(revision, rejected_by=by))
        step.tell(revision.by, "vetoed", statement.rung)
        return "accepted"
    standing = standing_approvals(step, revision)
    wanted = approvals_wanted(revision, standing, rules)
    given = tuple((role, by) for role in roles if role in wanted)
    if not given:
        return "no_effect"
    for role, _ in given:
        step.enter(step.now, "approved", rung=statement.rung, revision=revision.number, role=role, by=by)
    _keep_revision(step, statement, changed(revision, approvals=(*standing, *given)))
    publish_what_may(step)
    return "accepted"


def _out(step: Step, statement: Statement, event: StatementOut) -> Answer:
    """The public can read it: now, and not before, the lists and the group are told."""
    crisis = step.course.crisis
    revision = next((each for each in statement.revisions if each.number == event.data.revision), None)
    if crisis is None or revision is None or revision.out_at is not None or step.incident.drill:
        return "no_effect"
    _keep_revision(step, statement, changed(revision, out_at=step.now))
    rules = kind_of(crisis, step.policy).grades.get(crisis.grade)
    listed = rules.told if rules else ()
    for person in dict.fromkeys((*listed, *crisis.members)):
        step.tell(person, "published", statement.rung)
    return "accepted"


def _keep_revision(step: Step, statement: Statement, revision: Revision) -> None:
    revisions = tuple(revision if each.number == revision.number else each for each in statement.revisions)
    keep(step, changed(statement, revisions=revisions))
