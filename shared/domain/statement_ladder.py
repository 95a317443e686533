"""The statement ladder (C5, I8): when each statement is due, who is paged while it is not approved, what is public.

Nothing is public before its time, without its approvals, or twice; rungs are published in order.
"""

from typing import NamedTuple

from shared.domain.crisis import Crisis, Revision, Statement
from shared.domain.crisis_policy import StatementRules
from shared.domain.errand import Errand
from shared.domain.incident import Incident, changed
from shared.domain.outcome import PageReason
from shared.domain.publication import Publication, StatementText, public_name
from shared.domain.response_group import chain_top, commander, holders, kind_of
from shared.domain.statement_approval import approvals_wanted, missing_approvers, standing_approvals
from shared.domain.step import Step


class Point(NamedTuple):
    """Something is due of a rung of the ladder: a reminder, its publication time, its latest time."""

    at: int
    name: str
    rung: str


def open_ladder(step: Step, crisis: Crisis, stated_at: int) -> None:
    """The rungs with their times, all counted from the event that opened the ladder.

    Of a crisis declared anew the revisions go on counting: a text, and an address, is one revision's for good.
    """
    rules = kind_of(crisis, step.policy).statements
    if rules is None:
        return
    first = max((statement.next_number for statement in step.incident.statements), default=1)
    step.change(
        statements=tuple(
            Statement(
                rung=name,
                due=stated_at + rung.due,
                publish_at=stated_at + max(0, rung.due - rules.lead),
                half_at=stated_at + round(rung.due * rules.remind_share),
                soon_at=stated_at + max(0, rung.due - rules.remind_before),
                first=first,
            )
            for name, rung in rules.rungs.items()
        )
    )
    step.enter(stated_at, "ladder_opened", rungs=list(rules.rungs))


def next_point(incident: Incident) -> Point | None:
    """What is due next of the ladder, None where nothing is."""
    points = (point for statement in incident.statements for point in _points(statement))
    return min(points, default=None, key=lambda point: point.at)


def points_reached(step: Step, due: int) -> None:
    """Do what is due of each rung, in their order."""
    for name in [statement.rung for statement in step.incident.statements]:
        for point in _points(statement_of(step.incident, name)):
            if point.at <= due:
                _reach(step, point)


def statement_of(incident: Incident, rung: str) -> Statement | None:
    """A rung of the ladder."""
    return next((statement for statement in incident.statements if statement.rung == rung), None)


def keep(step: Step, statement: Statement) -> None:
    """Put a rung back into the ladder."""
    statements = tuple(statement if each.rung == statement.rung else each for each in step.incident.statements)
    step.change(statements=statements)


def publish_what_may(step: Step) -> None:
    """Publish every rung whose time has come and whose text is approved, in order: a later one waits (I8)."""
    crisis, waits_for = step.course.crisis, None
    if crisis is None or not crisis.is_on:
        return
    for name in [statement.rung for statement in step.incident.statements]:
        statement = statement_of(step.incident, name)
        if statement is None or statement.cancelled:
            continue
        ready = _ready(step, statement)
        if ready and statement.publish_at <= step.now and (waits_for is None or ready.corrects):
            _publish(step, statement, ready)
        if _is_unpublished(statement_of(step.incident, name)):
            waits_for = waits_for or name


def cancel_rest(step: Step) -> None:
    """Standing down cancels what is not public yet, with an entry for each."""
    for statement in step.incident.statements:
        if statement.published is None and not statement.cancelled:
            keep(step, changed(statement, cancelled=True))
            step.enter(step.now, "statement_cancelled", rung=statement.rung)


def rules_of(step: Step) -> StatementRules | None:
    """The ladder's rules, None where the crisis has none."""
    crisis = step.course.crisis
    return kind_of(crisis, step.policy).statements if crisis else None


def _points(statement: Statement | None) -> list[Point]:
    if statement is None or statement.cancelled or statement.published is not None:
        return []
    times = (
        ("half", statement.half_at),
        ("soon", statement.soon_at),
        ("out", statement.publish_at),
        ("late", statement.due),
    )
    return [Point(at, name, statement.rung) for name, at in times if name not in statement.passed]


def _reach(step: Step, point: Point) -> None:
    statement = statement_of(step.incident, point.rung)
    if statement is None or statement.published is not None:
        return
    keep(step, changed(statement, passed=(*statement.passed, point.name)))
    if point.name == "out":
        _publish_holding_text(step, statement)
        publish_what_may(step)
        left = statement_of(step.incident, point.rung)
        if _is_unpublished(left) and left is not None and _ready(step, left) is not None:
            step.enter(point.at, "statement_waits", rung=point.rung)
        return
    if point.name == "late":
        _page(step, "statement_late", (*commander(step.incident), *chain_top(step)), point)
    elif _ready(step, statement) is None:
        next_one = statement.soon_at if point.name == "half" else statement.due
        if next_one <= step.now:
            step.enter(point.at, "stale", reason="approval_wanted", rung=point.rung)
        else:
            _page(step, "approval_wanted", _wanted(step, statement), point)


def _page(step: Step, reason: PageReason, people: tuple[tuple[str, str], ...], point: Point) -> None:
    step.enter(point.at, reason, rung=point.rung)
    step.page_members(people, reason, point.at, point.rung)


def _wanted(step: Step, statement: Statement) -> tuple[tuple[str, str], ...]:
    """The drafter's role, then the approvers who are missing."""
    rules = rules_of(step)
    if rules is None:
        return ()
    return (*holders(step.incident, rules.drafts), *missing_approvers(step, statement, rules))


def _ready(step: Step, statement: Statement) -> Revision | None:
    """The revision that may be public as soon as its time comes: approved by everybody, each still in their seat."""
    draft, rules = statement.draft, rules_of(step)
    if draft is None or rules is None or (draft.holding and statement.published is not None):
        return None
    if draft.holding:
        return draft
    return None if approvals_wanted(draft, standing_approvals(step, draft), rules) else draft


def _is_unpublished(statement: Statement | None) -> bool:
    return statement is not None and statement.published is None and not statement.cancelled


def _publish_holding_text(step: Step, statement: Statement) -> None:
    """Where the policy carries an approved holding text and nothing else is ready, that is what the public reads."""
    rules, crisis = rules_of(step), step.course.crisis
    holding = rules.rungs[statement.rung].holding if rules and statement.rung in rules.rungs else None
    if holding is None or crisis is None or _ready(step, statement) is not None:
        return
    text = StatementText(statement.rung, statement.next_number, tuple(sorted(holding.text.items())))
    approvals = tuple(("policy", person) for person in holding.approved_by)
    revision = Revision(text.revision, "policy", step.now, text.hash, approvals=approvals, holding=True)
    current = statement_of(step.incident, statement.rung) or statement
    step.texts.append(text)
    step.enter(step.now, "holding_text", rung=statement.rung, approved_by=list(holding.approved_by))
    keep(step, changed(current, revisions=(*current.revisions, revision)))


def _publish(step: Step, statement: Statement, revision: Revision) -> None:
    """Decide that a revision is public: from here on it is, and nothing takes it back."""
    out = changed(revision, published_at=step.now)
    statement = statement_of(step.incident, statement.rung) or statement
    revisions = tuple(out if each.number == out.number else each for each in statement.revisions)
    keep(step, changed(statement, revisions=revisions))
    late = max(0, step.now - statement.due) if not revision.corrects else 0
    step.enter(
        step.now, "statement_published", rung=statement.rung, revision=out.number, hash=out.hash, late_by=late or None
    )
    if step.incident.drill:
        return
    data = {"rung": statement.rung, "revision": out.number, "published_at": step.now}
    name = f"publish-{statement.rung}-{out.number}"
    step.errands.append(Errand(step.incident.id, name, "publish", step.now, data))
    step.publications.append(_publication(step, statement, out))


def _publication(step: Step, statement: Statement, revision: Revision) -> Publication:
    """What the site shows. Its text is put in where the decision commits, from where the draft lies."""
    crisis, rules = step.course.crisis, rules_of(step)
    kind = kind_of(crisis, step.policy).name if crisis else {}
    rung = rules.rungs.get(statement.rung) if rules else None
    return Publication(
        crisis=public_name(step.incident.id, statement.first),
        incident=step.incident.id,
        rung=statement.rung,
        revision=revision.number,
        published_at=step.now,
        due=statement.due,
        text=(),
        hash=revision.hash,
        kind=tuple(sorted(kind.items())),
        titles=tuple(sorted(rung.title.items())) if rung else (),
        corrects=revision.corrects,
    )
