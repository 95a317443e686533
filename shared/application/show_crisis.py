"""A crisis as people see it over the API: who is in, what is due, where the statements stand; and their texts.

Intake systems see of their own incident what concerns it: kind, grade, since when, milestones, and when the public
was told; so do people whom it does not concern. Who sits in the group and what is being drafted is for those who may
look (`who_may_look`).
"""

from collections.abc import Sequence
from typing import Literal

from shared.application import problem
from shared.application.view import At, ClockView, View, clock_view, is_incident_id
from shared.application.who_may_look import sees_all
from shared.application.world import World
from shared.domain.crisis import Crisis, Group, Revision, SeatCall, Statement
from shared.domain.crisis_policy import FULL_CHAIN, MET_BY_QUORUM, Grade
from shared.domain.incident import Clock, Incident
from shared.domain.policy import Policy
from shared.domain.statement_approval import approvals_wanted
from shared.ports import KeyHolder

SeatState = Literal["in", "called", "open"]
StatementState = Literal["pending", "missing", "draft", "approved", "rejected", "published", "cancelled"]
"""`pending`: not public yet, which is all that those are told who may not look."""


class SeatView(View):
    """One seat. `asked` are those called for it, in order, and `until` is when the last one has had their time."""

    seat: str
    role: str
    state: SeatState
    person: str | None
    asked: tuple[str, ...]
    declined: tuple[str, ...]
    until: At | None


class JoinedView(View):
    """Another complaint about the same matter, with its figures as they were told last."""

    complaint: str
    case: str
    summary: str
    scope: str | None
    amount_cny: float | None
    reposts: float | None


class ApprovalView(View):
    """A role that stands by a revision, and who said so."""

    role: str
    person: str


class RevisionView(View):
    """One text of a statement, without the text; `hash` is of all languages and the evidence."""

    revision: int
    by: str
    at: At
    hash: str
    approvals: tuple[ApprovalView, ...]
    rejected_by: str | None
    published_at: At | None
    corrects: bool
    holding: bool


class StatementView(View):
    """One rung of the statement ladder. `late`: the public waited, or waits, longer than `due`."""

    rung: str
    state: StatementState
    due: At
    publish_at: At
    published_at: At | None
    late: bool
    missing: tuple[str, ...]
    revisions: tuple[RevisionView, ...]


class CrisisView(View):
    """A crisis; to those who may not look without its people and drafts."""

    kind: str
    grade: Grade
    since: At
    called_at: At | None
    over_at: At | None
    declared_by: str | None
    seats: tuple[SeatView, ...]
    guests: tuple[str, ...]
    invited: tuple[str, ...]
    joined: tuple[JoinedView, ...]
    milestones: tuple[ClockView, ...]
    statements: tuple[StatementView, ...]


class RunningView(View):
    """A crisis whose group was called and not stood down."""

    incident: str
    source: str
    subject: str
    summary: str
    drill: bool
    kind: str
    grade: Grade
    since: At
    seats: int
    seats_taken: int


class RunningCrises(View):
    """All that are on, the newest first."""

    crises: tuple[RunningView, ...]


class ProofView(View):
    """A piece of evidence a text rests on."""

    name: str
    sha256: str


class StatementTextView(View):
    """One text of a statement, in every language it was written in."""

    rung: str
    revision: int
    hash: str
    by: str
    at: At
    text: dict[str, str]
    evidence: tuple[ProofView, ...]


def crisis_view(
    incident: Incident, clocks: Sequence[Clock], rules: Policy, now: int, *, people: bool
) -> CrisisView | None:
    """What there is to see of an incident's crisis, None where there is none.

    Args:
        incident: as it is stored.
        clocks: its clocks as of now.
        rules: those it was opened under.
        now: milliseconds UTC.
        people: whether somebody looks who may see who is in and what is drafted.
    """
    crisis, group = incident.course.crisis, incident.group
    if crisis is None:
        return None
    return CrisisView(
        kind=crisis.kind,
        grade=crisis.grade,
        since=crisis.since,
        called_at=crisis.called_at,
        over_at=crisis.over_at,
        declared_by=crisis.declared_by if people else None,
        seats=_seats(crisis, group) if people else (),
        guests=crisis.guests if people else (),
        invited=group.invited if group and people else (),
        joined=tuple(JoinedView(**vars(each)) for each in crisis.joined) if people else (),
        milestones=tuple(clock_view(clock) for clock in clocks if _is_milestone(clock)),
        statements=tuple(_statement(each, crisis, rules, now, people=people) for each in incident.statements),
    )


def running_crises(world: World, caller: KeyHolder) -> RunningCrises:
    """The crises that are on and that a person may look into, exercises among them.

    Raises:
        Problem: 403 not a person's key.
    """
    if caller.person is None:
        raise problem.forbidden("Which crises are on is for people to see.")
    stored = [world.incidents.load(incident) for incident in world.crises.running()]
    seen = [each.incident for each in stored if each and sees_all(world, caller, each.incident)]
    running = [view for each in seen if (view := _running(each))]
    return RunningCrises(crises=tuple(sorted(running, key=lambda view: view.since, reverse=True)))


def show_statement(world: World, caller: KeyHolder, incident_id: str, rung: str, revision: str) -> StatementTextView:
    """The text of one revision, for those who may look.

    Raises:
        Problem: 403 not a person's key, 404 there is no such text, or none that this person may read.
    """
    if caller.person is None:
        raise problem.forbidden("The texts of statements are for people; what is public is on the status site.")
    stored = world.incidents.load(incident_id) if is_incident_id(incident_id) else None
    statements = stored.incident.statements if stored and sees_all(world, caller, stored.incident) else ()
    revisions = (each for statement in statements if statement.rung == rung for each in statement.revisions)
    known = next((each for each in revisions if str(each.number) == revision), None)
    text = world.statements.text(incident_id, rung, known.number) if known else None
    if known is None or text is None:
        raise problem.not_found("There is no such text of this incident.")
    return StatementTextView(
        rung=rung,
        revision=known.number,
        hash=known.hash,
        by=known.by,
        at=known.at,
        text=dict(text.text),
        evidence=tuple(ProofView(name=name, sha256=sha256) for name, sha256 in text.evidence),
    )


def _running(incident: Incident) -> RunningView | None:
    crisis = incident.course.crisis
    if crisis is None or not incident.in_crisis:
        return None
    return RunningView(
        incident=incident.id,
        source=incident.source,
        subject=incident.subject,
        summary=incident.summary,
        drill=incident.drill,
        kind=crisis.kind,
        grade=crisis.grade,
        since=crisis.since,
        seats=len(incident.group.seats) if incident.group else 0,
        seats_taken=len(crisis.seated),
    )


def _is_milestone(clock: Clock) -> bool:
    return clock.milestone or clock.name in (*MET_BY_QUORUM, FULL_CHAIN)


def _seats(crisis: Crisis, group: Group | None) -> tuple[SeatView, ...]:
    return tuple(_seat(crisis, call) for call in group.seats) if group else ()


def _seat(crisis: Crisis, call: SeatCall) -> SeatView:
    person = crisis.person_in(call.seat)
    called = person is None and call.window_end is not None
    return SeatView(
        seat=call.seat,
        role=call.role,
        state="in" if person else "called" if called else "open",
        person=person,
        asked=call.asked,
        declined=call.declined,
        until=call.window_end if called else None,
    )


def _statement(statement: Statement, crisis: Crisis, rules: Policy, now: int, *, people: bool) -> StatementView:
    public = [each.published_at for each in statement.revisions if each.published_at is not None]
    first = min(public, default=None)
    missing = _missing(statement, crisis, rules)
    return StatementView(
        rung=statement.rung,
        state=_state(statement, missing) if people or public or statement.cancelled else "pending",
        due=statement.due,
        publish_at=statement.publish_at,
        published_at=max(public, default=None),
        late=not statement.cancelled and (now if first is None else first) > statement.due,
        missing=missing if people else (),
        revisions=tuple(_revision(each) for each in statement.revisions) if people else (),
    )


def _missing(statement: Statement, crisis: Crisis, rules: Policy) -> tuple[str, ...]:
    """Roles whose approval the draft still wants."""
    kind = rules.crises.get(crisis.kind)
    if statement.draft is None or kind is None or kind.statements is None:
        return ()
    return approvals_wanted(statement.draft, statement.draft.approvals, kind.statements)


def _state(statement: Statement, missing: Sequence[str]) -> StatementState:
    if statement.published:
        return "published"
    if statement.cancelled:
        return "cancelled"
    if statement.draft:
        return "draft" if missing else "approved"
    return "rejected" if statement.revisions else "missing"


def _revision(revision: Revision) -> RevisionView:
    return RevisionView(
        revision=revision.number,
        by=revision.by,
        at=revision.at,
        hash=revision.hash,
        approvals=tuple(ApprovalView(role=role, person=person) for role, person in revision.approvals),
        rejected_by=revision.rejected_by,
        published_at=revision.published_at,
        corrects=revision.corrects,
        holding=revision.holding,
    )
