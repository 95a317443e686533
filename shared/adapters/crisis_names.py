"""What the things of a crisis are called in the reader's language: grade, kind, seats, roles, statements."""

from shared.adapters.language import Reader
from shared.domain import statement_approval
from shared.domain.crisis import Crisis, Statement
from shared.domain.crisis_policy import CrisisType
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.domain.roster import role_of
from shared.domain.sms import one_line


def crisis_type(policy: Policy, crisis: Crisis | None) -> CrisisType | None:
    """The rules of a crisis, None where the policy has no such type."""
    return policy.crises.get(crisis.kind) if crisis else None


def kind_name(policy: Policy, crisis: Crisis, reader: Reader) -> str:
    """What the policy calls this kind of crisis, else its id."""
    kind = crisis_type(policy, crisis)
    return one_line(reader.named(kind.name if kind else {}, _blanks(crisis.kind)))


def grade_name(grade: str, reader: Reader, *, drill: bool = False) -> str:
    """A grade in words, `RED crisis`; of an exercise it says so first."""
    name = str(reader.words.grades.get(grade, _blanks(grade)))
    return f"{reader.words.drill['before']}{name}" if drill else name


def role_name(policy: Policy, role: str, reader: Reader) -> str:
    """What the roster calls a role, else its id."""
    known = policy.roster.roles.get(role) if policy.roster else None
    return one_line(reader.named(known.name if known else {}, _blanks(role)))


def is_seat(policy: Policy, name: str) -> bool:
    """Whether this names a seat of the response group: `commander`, `quality.2`."""
    return policy.roster is not None and role_of(name) in policy.roster.roles


def seat_name(policy: Policy, seat: str, reader: Reader, *, numbered: bool = True) -> str:
    """A seat as people know it: its role, with the number where a role has several and that tells them apart."""
    role = role_of(seat)
    name = role_name(policy, role, reader)
    if not numbered or role == seat:
        return name
    return f"{name}{reader.words.punctuation['number']}{seat.removeprefix(f'{role}.')}"


def statement_title(policy: Policy, incident: Incident, rung: str, reader: Reader) -> str:
    """The title of a rung of the statement ladder, else what we call it, else its id."""
    kind = crisis_type(policy, incident.course.crisis)
    rule = kind.statements.rungs.get(rung) if kind and kind.statements else None
    return one_line(reader.named(rule.title if rule else {}, reader.words.statements.get(rung, _blanks(rung))))


def statement_of(incident: Incident | None, rung: str | None) -> Statement | None:
    """The rung of the ladder a message is about."""
    return next((each for each in incident.statements if each.rung == rung), None) if incident else None


def approvals_wanted(policy: Policy, incident: Incident, statement: Statement) -> tuple[str, ...]:
    """Roles that have not approved the draft yet; all of them where there is none."""
    kind = crisis_type(policy, incident.course.crisis)
    if kind is None or kind.statements is None:
        return ()
    draft = statement.draft
    return statement_approval.approvals_wanted(draft, draft.approvals if draft else (), kind.statements)


def _blanks(name: str) -> str:
    return name.replace("_", " ")
