"""What a message of the response group is about, in words: its seat, milestone or statement, and the reader's part."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.adapters import site_address
from shared.adapters.crisis_names import (
    approvals_wanted,
    crisis_type,
    grade_name,
    is_seat,
    seat_name,
    statement_of,
    statement_title,
)
from shared.adapters.language import Reader
from shared.domain.crisis import Statement
from shared.domain.incident import Incident
from shared.domain.message import Message
from shared.domain.outcome import OF_GROUP, OUTSIDERS, TOLD_OF_GROUP
from shared.domain.policy import Policy
from shared.domain.publication import public_name
from shared.domain.roster import role_of

BRIEFED = frozenset({"called", "called_b", "invited", "brief", "regraded"})
"""Messages whose e-mail holds the brief."""
_OF_CRISIS = OF_GROUP | TOLD_OF_GROUP | {"graded"}
_OF_STATEMENT = frozenset({"approval_wanted", "statement_late", "drafted", "vetoed", "published"})


@dataclass(frozen=True, slots=True)
class CrisisWords:
    """The words.

    Attributes:
        grade: the crisis by its grade, "" for outsiders.
        clock: seat, milestone or statement, short; full: the same in full.
        by: when a statement is or was due, as the reason's words want it.
        also: what else, by name.
        part: words that know the reader's part in a statement, None for the reason's own.
    """

    grade: str
    clock: str = ""
    full: str = ""
    by: str = ""
    also: tuple[str, ...] = ()
    part: Mapping[str, str] | None = None


def crisis_words(
    message: Message, incident: Incident | None, policy: Policy, reader: Reader, now: int
) -> CrisisWords | None:
    """The words of a message of a crisis; None for a message about the complaint."""
    crisis = incident.course.crisis if incident else None
    if incident is None or crisis is None or message.reason not in _OF_CRISIS:
        return None
    grade = "" if message.reason in OUTSIDERS else grade_name(crisis.grade, reader)
    if message.reason in _OF_STATEMENT:
        return _of_statement(message, incident, policy, reader, now, grade)
    things = (message.clock or "", *message.also)
    if message.reason == "milestone_missed":
        return _of_several(grade, [reader.clock(name) for name in things], reader)
    if message.reason == "seat_empty":
        return _of_several(grade, [seat_name(policy, seat, reader) for seat in things], reader)
    seat = {"seat_taken": message.about, "brief": _seat_of(incident, message.key.person)}.get(
        message.reason, message.rung
    )
    name = seat_name(policy, seat, reader, numbered=False) if is_seat(policy, seat) else ""
    return CrisisWords(grade, name, name)


def public_address(message: Message, incident: Incident, reader: Reader, site_url: str) -> str | None:
    """Where the public reads the statement a message is about, None where there is no site."""
    rung = message.about
    statement = statement_of(incident, rung)
    if not site_url or statement is None:
        return site_url or None
    path = site_address.statement(reader.locale, public_name(incident.id, statement.first), rung)
    return site_address.absolute(site_url, path)


def place(message: Message, policy: Policy, reader: Reader) -> str:
    """As what a page of the group asks somebody: their seat, or as a guest; "" for a rung of the chain."""
    if is_seat(policy, message.rung):
        return seat_name(policy, message.rung, reader)
    return str(reader.words.rungs["guest"]) if message.reason == "invited" else ""


def _of_statement(
    message: Message, incident: Incident, policy: Policy, reader: Reader, now: int, grade: str
) -> CrisisWords:
    rung = message.clock or message.about
    statement, title = statement_of(incident, rung), statement_title(policy, incident, rung, reader)
    by = ""
    if statement is not None:
        due = reader.moment(statement.due, now)
        by = reader.words.more["by" if statement.due > now else "at"].format(deadline=due)
    part = _part(message, incident, policy, statement) if message.reason == "approval_wanted" else None
    return CrisisWords(grade, _head(title), title, by, part=reader.words.parts[part] if part else None)


def _of_several(grade: str, names: list[str], reader: Reader) -> CrisisWords:
    return CrisisWords(grade, names[0], reader.several([name for name in names if name]), also=tuple(names[1:]))


def _part(message: Message, incident: Incident, policy: Policy, statement: Statement | None) -> str | None:
    """What the reader has to do for a statement that is not approved."""
    kind = crisis_type(policy, incident.course.crisis)
    if statement is None or kind is None or kind.statements is None:
        return None
    role = role_of(message.rung)
    if statement.draft is None:
        return "draft" if role == kind.statements.drafts else "undrafted"
    return "approve" if role in approvals_wanted(policy, incident, statement) else None


def _seat_of(incident: Incident, person: str) -> str:
    crisis = incident.course.crisis
    return next((seat for seat, holder in crisis.seated if holder == person), "") if crisis else ""


def _head(title: str) -> str:
    """A title up to its colon: `First statement: the confirmed facts` is known by its first half."""
    for colon in ("：", ": "):
        head = title.partition(colon)[0].strip()
        if head and head != title:
            return head
    return title
