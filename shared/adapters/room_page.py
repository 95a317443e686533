"""The page behind a link into a crisis: the brief, and what is asked of its reader, for one thumb on a phone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, Protocol

from shared.adapters.crisis_names import seat_name, statement_title
from shared.adapters.crisis_sheet import CrisisSheet, crisis_sheet
from shared.adapters.incident_sheet import person_name
from shared.adapters.language import Reader, environment
from shared.domain.crisis import GUEST
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.domain.sms import one_line

_MOST_PEOPLE = 300


class SeenDraft(Protocol):
    """A text to read; `shared.application.link_view.Draft` is one."""

    @property
    def rung(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def text(self) -> Sequence[tuple[str, str]]: ...
    @property
    def evidence(self) -> Sequence[tuple[str, str]]: ...
    @property
    def approve(self) -> bool: ...
    @property
    def reject(self) -> bool: ...


class SeenRoom(Protocol):
    """What a crisis wants of the reader; `shared.application.link_view.Room` is one."""

    @property
    def called_for(self) -> str | None: ...
    @property
    def is_in(self) -> bool: ...
    @property
    def lost_to(self) -> str | None: ...
    @property
    def milestones(self) -> Sequence[str]: ...
    @property
    def drafts(self) -> Sequence[SeenDraft]: ...
    @property
    def empty_seats(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class _Draft:
    """A text as it is shown: the reader's language first; `note` says why there is no button."""

    rung: str
    revision: int
    hash: str
    title: str
    by: str
    texts: tuple[tuple[str, str, str], ...]
    evidence: tuple[tuple[str, str], ...]
    approve: bool
    reject: bool
    note: str


@cache
def room_words(locale: str) -> Any:
    """The words of these pages, as attributes."""
    module = environment().get_template(f"{locale}/answer_crisis.j2").module
    return SimpleNamespace(**{name: value for name, value in vars(module).items() if not name.startswith("_")})


def room_context(
    room: SeenRoom | None, incident: Incident, policy: Policy, reading: Reader, person: str, now: int
) -> Mapping[str, Any] | None:
    """What the template of the room needs, None where there is no crisis.

    Args:
        room: None where nothing can be done any more.
        incident: with its crisis.
        policy: the incident's own rules with the people and the roster of today (I10).
        reading: the reader; person: their id.
        now: milliseconds UTC.
    """
    sheet = crisis_sheet(incident, policy, reading, person, now)
    if sheet is None:
        return None
    words = room_words(reading.locale)
    return {
        "room": words,
        "sheet": sheet,
        "standing": _standing(room, incident, policy, reading, person) if room else "",
        "pressing": _pressing(room, sheet, reading, person, now) if room else None,
        "drafts": [_draft(draft, incident, policy, reading, person) for draft in room.drafts] if room else [],
        "milestones": [
            {"id": name, "hint": words.hints["milestone"].format(milestone=one_line(reading.clock(name)))}
            for name in (room.milestones if room else ())
        ],
        "empty_seats": [
            {"id": seat, "hint": words.hints["seat"].format(seat=seat_name(policy, seat, reading))}
            for seat in (room.empty_seats if room else ())
        ],
        "people": _people(incident, policy) if room and room.empty_seats else [],
    }


def _standing(room: SeenRoom, incident: Incident, policy: Policy, reading: Reader, person: str) -> str:
    words, crisis = room_words(reading.locale).room, incident.course.crisis
    if room.called_for == GUEST:
        return str(words["invited"])
    if room.called_for is not None:
        return str(words["called"].format(seat=seat_name(policy, room.called_for, reading)))
    if not room.is_in or crisis is None:
        return ""
    seats = [seat_name(policy, seat, reading) for seat, holder in crisis.seated if holder == person]
    return str(words["in"].format(seat=reading.several(seats)) if seats else words["guest"])


def _pressing(room: SeenRoom, sheet: CrisisSheet, reading: Reader, person: str, now: int) -> Mapping[str, Any] | None:
    """What counts down: of somebody who is called their answer, of a member the next milestone."""
    words, page = room_words(reading.locale).room, reading.words.page
    called = next((seat for seat in sheet.seats if seat.seat == room.called_for and seat.person == person), None)
    if called is not None and called.until is not None:
        due = words["answer_by"].format(time=reading.moment(called.until, now))
        left = max(0, called.until - now)
        return {"name": called.name, "state": "soon", "at": called.until, "due": due, "figure": reading.span(left)}
    if not room.is_in:
        return None
    clock = next((line for line in sheet.milestones if line.left is not None), None)
    if clock is None:
        return None
    due = page["was_due" if clock.state == "overdue" else "due"].format(deadline=clock.deadline)
    figure = reading.span(clock.left or 0)
    return {"name": clock.name, "state": clock.state, "at": clock.at, "due": due, "figure": figure}


def _people(incident: Incident, policy: Policy) -> list[Mapping[str, str]]:
    """Who can be put into a seat: whoever can be reached and is not in one."""
    crisis = incident.course.crisis
    seated = {person for _, person in crisis.seated} if crisis else set()
    free = {name: one for name, one in policy.real_people.items() if one.reachable_by and name not in seated}
    by_name = sorted(free.items(), key=lambda pair: pair[1].name)[:_MOST_PEOPLE]
    return [{"id": name, "name": one_line(one.name)} for name, one in by_name]


def _draft(draft: SeenDraft, incident: Incident, policy: Policy, reading: Reader, person: str) -> _Draft:
    words = room_words(reading.locale).room
    texts = sorted(draft.text, key=lambda pair: (pair[0] != reading.locale, pair[0]))
    note = "" if draft.approve else words["own"] if draft.by == person else "" if draft.reject else words["read"]
    return _Draft(
        rung=draft.rung,
        revision=draft.revision,
        hash=draft.hash,
        title=statement_title(policy, incident, draft.rung, reading),
        by=person_name(policy, draft.by),
        texts=tuple((locale, words["locales"].get(locale, locale), text) for locale, text in texts),
        evidence=tuple((one_line(name), sha256) for name, sha256 in draft.evidence),
        approve=draft.approve,
        reject=draft.reject,
        note=note,
    )
