"""The crisis room as its reader sees it: everything the page shows, in words, before it is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from shared.adapters import safe_markdown
from shared.adapters.crisis_names import approvals_wanted, crisis_type, grade_name, kind_name, role_name, seat_name
from shared.adapters.crisis_names import role_of as role_of_seat
from shared.adapters.crisis_sheet import CrisisSheet, SeatLine, crisis_sheet
from shared.adapters.incident_sheet import ClockLine, line_of, person_name
from shared.adapters.language import LOCALES, Reader, locale_for
from shared.adapters.statement_line import StatementLine
from shared.adapters.timeline_words import Happening, newest_first
from shared.domain.crisis import Crisis, Revision, Statement
from shared.domain.crisis_course import GUEST, is_met_by_group
from shared.domain.crisis_policy import GRADES, MET_BY_QUORUM
from shared.domain.incident import Clock, Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from shared.domain.response_group import seat_called_for
from shared.domain.roster import Seat, candidates
from shared.domain.sms import one_line

MOST_HAPPENINGS = 40
_SHORT_HASH = 12
_KILO = 1024


class FileSeen(Protocol):
    """A file of the evidence."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def by(self) -> str: ...
    @property
    def at(self) -> int: ...


class RoomSeen(Protocol):
    """What a person sees; `shared.application.console.Room` is one."""

    @property
    def person(self) -> str: ...
    @property
    def incident(self) -> Incident: ...
    @property
    def rules(self) -> Policy: ...
    @property
    def today(self) -> Policy: ...
    @property
    def now(self) -> int: ...
    @property
    def texts(self) -> Mapping[tuple[str, int], StatementText]: ...
    @property
    def files(self) -> Sequence[FileSeen]: ...
    @property
    def entries(self) -> Sequence[Entry]: ...


class Part(NamedTuple):
    """What is asked of the reader: `called`, `late_call`, `invited`, `in`, `guest` or `looking`."""

    state: str
    text: str
    until: int | None = None


class SeatShown(NamedTuple):
    """A seat with what came before: who was asked, who said no, and whether it is the reader's."""

    line: SeatLine
    before: str
    mine: bool


class MilestoneShown(NamedTuple):
    """A milestone; `id` is what a form names it by, None where nobody reports it."""

    line: ClockLine
    id: str | None
    by_group: bool


class TextShown(NamedTuple):
    """A revision as the public would read it: HTML by locale."""

    revision: Revision
    by: str
    versions: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    approvals: tuple[tuple[str, str], ...]
    short_hash: str


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


class Shown(NamedTuple):
    """The whole room."""

    incident: Incident
    sheet: CrisisSheet | None
    part: Part | None
    may_confirm: bool
    may_leave: bool
    seats: tuple[SeatShown, ...]
    milestones: tuple[MilestoneShown, ...]
    statements: tuple[StatementShown, ...]
    files: tuple[tuple[str, str, str], ...]
    happenings: tuple[Happening, ...]
    people: tuple[tuple[str, str], ...]
    grades: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]


def room_shown(seen: RoomSeen, reading: Reader, words: Any) -> Shown:
    """Everything the page says, in the words of its reader."""
    policy = with_today(seen.rules, seen.today)
    incident, crisis = seen.incident, seen.incident.course.crisis
    called = seat_called_for(incident, seen.person) if crisis and crisis.is_on else None
    inside = crisis is not None and seen.person in crisis.members
    return Shown(
        incident=incident,
        sheet=crisis_sheet(incident, policy, reading, seen.person, seen.now),
        part=_part(incident, crisis, seen, policy, reading, words, called) if crisis and crisis.is_on else None,
        may_confirm=called is not None and not inside,
        may_leave=crisis is not None and crisis.is_on and inside,
        seats=_seats(seen, policy, reading, words),
        milestones=_milestones(incident, policy, reading, seen.now),
        statements=_statements(seen, policy, reading, words),
        files=tuple(_file(file, policy, reading, words, seen.now) for file in seen.files),
        happenings=newest_first(seen.entries, incident, policy, reading, seen.now, most=MOST_HAPPENINGS),
        people=tuple(
            sorted(((name, one_line(one.name)) for name, one in seen.today.people.items()), key=lambda pair: pair[1])
        ),
        grades=tuple((grade, grade_name(grade, reading)) for grade in reversed(GRADES)),
        kinds=tuple((kind, kind_name(policy, Crisis(kind, "blue", 0), reading)) for kind in policy.crises),
    )


def with_today(rules: Policy, today: Policy) -> Policy:
    """The incident's own rules with the people and the roster of today (I10)."""
    return rules.model_copy(update={"people": today.people, "roster": today.roster})


def locales_of(policy: Policy, *texts: StatementText | None) -> tuple[str, ...]:
    """The languages a statement is written in: the policy's own first, then ours, then what was written already."""
    written = [locale for text in texts if text for locale, _ in text.text]
    return tuple(dict.fromkeys((locale_for(policy.locale), *LOCALES, *written)))


def _part(
    incident: Incident, crisis: Crisis, seen: RoomSeen, policy: Policy, reading: Reader, words: Any, called: str | None
) -> Part:
    mine = [seat for seat, person in crisis.seated if person == seen.person]
    if mine:
        seats = reading.several([seat_name(policy, seat, reading) for seat in mine])
        return Part("in", words.room["in"].format(seat=seats))
    if seen.person in crisis.guests:
        return Part("guest", words.room["guest"])
    if called == GUEST:
        return Part("invited", words.room["invited"])
    if called is None:
        return Part("looking", words.room["looking"])
    call = next((seat for seat in incident.group.seats if seat.seat == called), None) if incident.group else None
    name = seat_name(policy, called, reading)
    if call and call.window_end is not None and call.asked[-1:] == (seen.person,):
        until = reading.moment(call.window_end, seen.now)
        return Part("called", words.room["called"].format(seat=name, until=until), call.window_end)
    return Part("late_call", words.room["late_call"].format(seat=name))


def _seats(seen: RoomSeen, policy: Policy, reading: Reader, words: Any) -> tuple[SeatShown, ...]:
    sheet = crisis_sheet(seen.incident, policy, reading, seen.person, seen.now)
    calls = {call.seat: call for call in seen.incident.group.seats} if seen.incident.group else {}
    first: dict[str, int] = {}
    for entry in seen.entries:
        if entry.kind == "paged" and entry.data.get("rung") in calls:
            first.setdefault(str(entry.data["rung"]), entry.at)
    shown = []
    for line in sheet.seats if sheet else ():
        call, parts = calls[line.seat], []
        if line.seat in first and line.state != "taken":
            parts.append(words.room["called_first"].format(when=reading.moment(first[line.seat], seen.now)))
        asked = [name for name in call.asked if name not in (*call.declined, line.person)]
        if asked and line.state != "taken":
            names = reading.several([person_name(policy, name) for name in asked])
            parts.append(words.room["asked"].format(names=names))
        if call.declined:
            names = reading.several([person_name(policy, name) for name in call.declined])
            parts.append(words.room["declined"].format(names=names))
        before = str(reading.words.punctuation["clause"]).join(parts)
        shown.append(SeatShown(line, before, line.person == seen.person))
    return tuple(shown)


def _milestones(incident: Incident, policy: Policy, reading: Reader, now: int) -> tuple[MilestoneShown, ...]:
    course = incident.course
    clocks = [clock for clock in course.clocks if clock.milestone or clock.name in MET_BY_QUORUM]
    over = course.phase == "closed" and not incident.in_crisis
    return tuple(
        _milestone(clock, incident, policy, line_of(clock, reading, now, over=over))
        for clock in sorted(clocks, key=lambda clock: clock.deadline)
        if clock.verdict != "cancelled"
    )


def _milestone(clock: Clock, incident: Incident, policy: Policy, line: ClockLine) -> MilestoneShown:
    by_group = is_met_by_group(incident.course, clock, policy)
    wants = clock.verdict == "running" or clock.is_owed
    return MilestoneShown(line, clock.name if wants and not by_group else None, by_group and wants)


def _statements(seen: RoomSeen, policy: Policy, reading: Reader, words: Any) -> tuple[StatementShown, ...]:
    sheet = crisis_sheet(seen.incident, policy, reading, seen.person, seen.now)
    if sheet is None:
        return ()
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
        writes=None if closed else "correct" if public else "draft",
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
    sits = {role_of_seat(seat) for seat, one in crisis.seated if one == person}
    if sits & set(kind.statements.approvals):
        return True
    drafters = [
        seat for seat, one in crisis.seated if one == draft.by and role_of_seat(seat) in kind.statements.approvals
    ]
    return any(person in _stand_ins(policy, seat, crisis) for seat in drafters)


def _stand_ins(policy: Policy, seat: str, crisis: Crisis) -> tuple[str, ...]:
    """Those who might stand in where who sits there wrote the text."""
    role, number = role_of_seat(seat), seat.rpartition(".")[2]
    if policy.roster is None or role not in policy.roster.roles:
        return ()
    place = Seat(seat, role, int(number) if number.isdigit() else 1)
    return tuple(each.person for each in candidates(policy.roster, place, crisis.called_at or crisis.since))


def _text(revision: Revision, seen: RoomSeen, policy: Policy, reading: Reader, rung: str) -> TextShown:
    text = seen.texts.get((rung, revision.number))
    when = reading.moment(revision.published_at or revision.at, seen.now)
    writer = person_name(policy, revision.by)
    return TextShown(
        revision=revision,
        by=f"{writer}{reading.words.punctuation['comma']}{when}",
        versions=tuple((locale, safe_markdown.html(said)) for locale, said in text.text) if text else (),
        evidence=tuple(one_line(name) for name, _ in text.evidence) if text else (),
        approvals=tuple(
            (person_name(policy, person), role_name(policy, role, reading)) for role, person in revision.approvals
        ),
        short_hash=revision.hash[:_SHORT_HASH],
    )


def _file(file: FileSeen, policy: Policy, reading: Reader, words: Any, now: int) -> tuple[str, str, str]:
    """Name, hash, and the line that says the rest."""
    by = person_name(policy, file.by)
    line = words.room["file"].format(
        name=one_line(file.name), size=_size(file.size, words), by=by, when=reading.moment(file.at, now)
    )
    return one_line(file.name), file.sha256, line


def _size(count: int, words: Any) -> str:
    if count < _KILO:
        return str(words.sizes["b"].format(n=count))
    if count < _KILO * _KILO:
        return str(words.sizes["k"].format(n=round(count / _KILO)))
    return str(words.sizes["m"].format(n=round(count / _KILO / _KILO, 1)))
