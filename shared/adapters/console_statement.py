"""The statements of a crisis room: their texts as the public would read them, and what the reader may try to do."""

from typing import Any, NamedTuple

from shared.adapters import safe_markdown
from shared.adapters.console_seen import RoomSeen
from shared.adapters.crisis_names import approvals_wanted, crisis_type, role_name
from shared.adapters.crisis_sheet import CrisisSheet
from shared.adapters.incident_sheet import person_name
from shared.adapters.language import LOCALES, Reader, locale_for
from shared.adapters.statement_line import StatementLine
from shared.domain.crisis import Crisis, Revision, Statement
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from shared.domain.roster import candidates, role_of, seat_named
from shared.domain.sms import one_line

_SHORT_HASH = 12


class TextShown(NamedTuple):
    """A revision as the public would read it: HTML by locale; `corrects` is what was public before, 0 for nothing."""

    revision: Revision
    by: str
    versions: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    approvals: tuple[tuple[str, str], ...]
    short_hash: str
    corrects: int


class StatementShown(NamedTuple):
    """A rung of the ladder with its texts and with what the reader may try to do about it.

    Attributes:
        public: what the public reads; draft: the newest text, where it waits for approvals; rejected_by: who vetoed it.
        asks: whether approving is the reader's to try; writes: the form it is written with, None where none can be.
        written: what the form begins with, by locale; picked: hashes of the evidence it rests on.
    """

    line: StatementLine
    statement: Statement
    public: TextShown | None
    draft: TextShown | None
    rejected_by: str
    wants: tuple[str, ...]
    asks: bool
    own: bool
    writes: str | None
    written: tuple[tuple[str, str], ...]
    picked: frozenset[str]
    goes_out: str
    late_note: str


def locales_of(policy: Policy, *texts: StatementText | None) -> tuple[str, ...]:
    """The languages a statement is written in: the policy's own first, then ours, then what was written already."""
    written = [locale for text in texts if text for locale, _ in text.text]
    return tuple(dict.fromkeys((locale_for(policy.locale), *LOCALES, *written)))


def statements_shown(
    seen: RoomSeen, sheet: CrisisSheet, policy: Policy, reading: Reader, words: Any
) -> tuple[StatementShown, ...]:
    """Every rung of the ladder, in the order of publication."""
    return tuple(
        _statement(statement, line, seen, policy, reading, words)
        for statement, line in zip(seen.incident.statements, sheet.statements, strict=True)
    )


def _statement(
    statement: Statement, line: StatementLine, seen: RoomSeen, policy: Policy, reading: Reader, words: Any
) -> StatementShown:
    newest = statement.revisions[-1] if statement.revisions else None
    draft, public = statement.draft, statement.published
    text = seen.texts.get((statement.rung, newest.number)) if newest else None
    crisis = seen.incident.course.crisis
    inside = crisis is not None and seen.person in crisis.members
    closed = statement.cancelled or (public is None and not seen.incident.in_crisis)
    waiting = draft is not None and not closed
    return StatementShown(
        line=line,
        statement=statement,
        public=_text(public, seen, policy, reading, statement.rung) if public else None,
        draft=_text(draft, seen, policy, reading, statement.rung) if draft else None,
        rejected_by=person_name(policy, newest.rejected_by) if newest and newest.rejected_by else "",
        wants=tuple(role_name(policy, role, reading) for role in approvals_wanted(policy, seen.incident, statement))
        if waiting
        else (),
        asks=waiting and may_try_to_approve(seen.incident, policy, seen.person, draft),
        own=waiting and draft is not None and draft.by == seen.person,
        writes=None if closed or not inside else "correct" if public else "draft",
        written=tuple((locale, dict(text.text).get(locale, "") if text else "") for locale in locales_of(policy, text)),
        picked=frozenset(sha256 for _, sha256 in text.evidence) if text else frozenset(),
        goes_out=words.room["goes_out"].format(when=reading.moment(statement.publish_at, seen.now))
        if waiting and public is None and statement.publish_at > seen.now
        else "",
        late_note=words.room["late_note"].format(when=line.due) if waiting and public is None else "",
    )


def may_try_to_approve(incident: Incident, policy: Policy, person: str, draft: Revision | None) -> bool:
    """Whether the approval of a draft may be somebody's to give: the form is shown then, and the domain decides."""
    crisis = incident.course.crisis
    kind = crisis_type(policy, crisis)
    if crisis is None or kind is None or kind.statements is None or draft is None or person == draft.by:
        return False
    given = [name for _, name in draft.approvals]
    if person in given:
        return False
    sits = {role_of(seat) for seat, one in crisis.seated if one == person}
    if sits & set(kind.statements.approvals):
        return True
    drafters = [seat for seat, one in crisis.seated if one == draft.by and role_of(seat) in kind.statements.approvals]
    return any(person in _stand_ins(policy, seat, crisis) for seat in drafters)


def _stand_ins(policy: Policy, seat: str, crisis: Crisis) -> tuple[str, ...]:
    """Those who might stand in where who sits there wrote the text."""
    place = seat_named(seat)
    if policy.roster is None or place.role not in policy.roster.roles:
        return ()
    return tuple(each.person for each in candidates(policy.roster, place, crisis.called_at or crisis.since))


def _text(revision: Revision, seen: RoomSeen, policy: Policy, reading: Reader, rung: str) -> TextShown:
    text = seen.texts.get((rung, revision.number))
    when = reading.moment(revision.published_at or revision.at, seen.now)
    writer = person_name(policy, revision.by)
    statement = next(each for each in seen.incident.statements if each.rung == rung)
    earlier = [each.number for each in statement.revisions if each.published_at and each.number < revision.number]
    return TextShown(
        revision=revision,
        by=f"{writer}{reading.words.punctuation['comma']}{when}",
        versions=tuple(
            (locale, safe_markdown.html(dict(text.text)[locale]))
            for locale in locales_of(policy, text)
            if locale in dict(text.text)
        )
        if text
        else (),
        evidence=tuple(one_line(name) for name, _ in text.evidence) if text else (),
        approvals=tuple(
            (person_name(policy, person), role_name(policy, role, reading)) for role, person in revision.approvals
        ),
        short_hash=revision.hash[:_SHORT_HASH],
        corrects=max(earlier, default=0) if revision.corrects else 0,
    )
