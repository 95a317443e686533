"""The page behind a link: what a phone shows to somebody who was paged.

It works without a script: the buttons are forms, the deadlines stand in words. With one the countdown ticks and a
second tap sends nothing. Style and script stand in the page and are allowed by their hashes, nothing else is.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

from shared.adapters.incident_sheet import (
    ClockLine,
    authority,
    clock_lines,
    level_name,
    person_name,
    rung_name,
    rung_of,
)
from shared.adapters.language import LOCALES, Reader, locale_for, reader, vocabulary
from shared.adapters.link_page import Page, draw, notice
from shared.adapters.room_page import SeenRoom, room_context, room_words
from shared.adapters.timeline_words import Happening, newest_first
from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.sms import one_line

_REFUSED = {"bad_request": 400, "too_many": 429, "unavailable": 503}
_ACTING = frozenset({"open", "done", "used", "invalid"})
_VERBS = ("acknowledge", "resolve", "escalate", "hand_over")
_MOST_TAKERS = 300

Refusal = Literal["bad_request", "too_many", "unavailable"]


class Seen(Protocol):
    """What the reader of a link sees; `shared.application.answer_link.LinkView` is one."""

    @property
    def state(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def today(self) -> Policy | None: ...
    @property
    def now(self) -> int: ...
    @property
    def verbs(self) -> Sequence[str]: ...
    @property
    def verb(self) -> str | None: ...
    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def person(self) -> str | None: ...
    @property
    def incident(self) -> Incident | None: ...
    @property
    def rules(self) -> Policy | None: ...
    @property
    def room(self) -> SeenRoom | None: ...


class Line(Protocol):
    """A line of a timeline, as far as it is shown."""

    @property
    def entries(self) -> Sequence[Entry]: ...


class AnswerPages:
    """Draws the pages.

    Attributes:
        timeline: the lines of an incident's timeline; when it raises, the page goes out without them.
    """

    def __init__(self, timeline: Callable[[str], Sequence[Line]] = lambda _incident: ()) -> None:
        self.timeline = timeline

    def page(self, view: Seen) -> Page:
        """The page of what a link shows or did."""
        if view.today is None:
            return refusal("unavailable")
        reading = reader(view.today, view.person)
        if view.incident is None or view.rules is None:
            notices = [notice(view.state, reading.locale)]
            return draw(view.state, view.status, reading.locale, notices, words=reading.words)
        policy = _with_people(view.rules, view.today)
        if view.room is not None or view.state == "stood_down":
            return self._of_room(view, view.incident, policy, reading)
        return self._of_incident(view, view.incident, policy, reading)

    def _of_room(self, view: Seen, incident: Incident, policy: Policy, reading: Reader) -> Page:
        person = view.person or ""
        context = room_context(view.room, incident, policy, reading, person, view.now)
        if context is None:
            return self._of_incident(view, incident, policy, reading)
        which, filled = _of_the_room(view, policy, reading)
        told = [notice(which, reading.locale, context["room"].notices, **filled)] if which else []
        buttons = context["room"].buttons
        return draw(
            which or view.state,
            view.status,
            reading.locale,
            told,
            template="page_room.html.j2",
            words=reading.words,
            now=view.now,
            back=view.state in ("used", "settled"),
            drill=incident.drill,
            verbs=view.verbs,
            thumb={"verb": "confirm", "word": buttons["confirm"]} if "confirm" in view.verbs else None,
            asked=view.verb if view.state == "invalid" else None,
            timeline=self._happenings(incident, policy, reading, view.now),
            zone=reading.offset(view.now),
            time=reading.moment(view.now, view.now),
            **context,
        )

    def _of_incident(self, view: Seen, incident: Incident, policy: Policy, reading: Reader) -> Page:
        person = view.person or ""
        verbs = sensible(incident, policy, person, view.verbs) if view.state in _ACTING else ()
        takers = _takers(incident, policy, person, reading)
        verbs = tuple(verb for verb in verbs if verb != "hand_over" or takers)
        sheet = _sheet(incident, policy, person, reading, view.now)
        acting = view.state in _ACTING
        pressing = next((line for line in sheet["clocks"] if acting and line.left is not None), None)
        taking = "acknowledge" in verbs
        return draw(
            view.state,
            view.status,
            reading.locale,
            [] if view.state == "open" else [_said(view, incident, policy, reading)],
            words=reading.words,
            now=view.now,
            back=view.state == "used",
            sheet={**sheet, "clocks": [line for line in sheet["clocks"] if line is not pressing]},
            pressing=_pressing(pressing, reading) if pressing else None,
            drill=incident.drill,
            verbs=verbs,
            thumb={"verb": "acknowledge", "word": reading.words.buttons["acknowledge"]} if taking else None,
            others=[verb for verb in verbs if verb != "acknowledge"],
            asked=view.verb if view.state == "invalid" else None,
            takers=takers,
            timeline=self._happenings(incident, policy, reading, view.now),
            zone=reading.offset(view.now),
            time=reading.moment(view.now, view.now),
        )

    def _happenings(self, incident: Incident, policy: Policy, reading: Reader, now: int) -> tuple[Happening, ...]:
        try:
            lines = self.timeline(incident.id)
        except Exception:  # noqa: BLE001 - see above
            return ()
        entries = [entry for line in lines for entry in line.entries]
        return newest_first(entries, incident, policy, reading, now)


def refusal(kind: Refusal, locale: str | None = None) -> Page:
    """A page about no incident; in every language where the reader's is not known."""
    locales = LOCALES if locale is None else (locale_for(locale),)
    notices = [notice(kind, one) for one in locales]
    return draw(kind, _REFUSED[kind], locales[0], notices, words=vocabulary(locales[0]))


def sensible(incident: Incident, policy: Policy, person: str, verbs: Sequence[str]) -> tuple[str, ...]:
    """Those of a link's actions that would do something in the incident's state, the one that is wanted most first."""
    course, handover = incident.course, incident.handover
    handled = course.phase in ("open", "waiting")
    takes = handled and (not course.acknowledged or course.holder != person)
    asked = incident.ladder is not None or (handover is not None and handover.taker == person)
    rungs = policy.chains.get(incident.chain, ())
    on_top = bool(rungs) and person in rungs[-1].people
    would = {
        "acknowledge": takes or asked,
        "resolve": handled,
        "escalate": handled and not on_top,
        "hand_over": handled,
    }
    return tuple(verb for verb in _VERBS if verb in verbs and would[verb])


def _with_people(rules: Policy, today: Policy) -> Policy:
    """The incident's own rules with the people and the roster of today (I10)."""
    return rules.model_copy(update={"people": today.people, "roster": today.roster})


def _sheet(incident: Incident, policy: Policy, person: str, reading: Reader, now: int) -> dict[str, Any]:
    course, words = incident.course, reading.words
    level = policy.levels.get(course.level)
    rung = rung_of(incident, policy, person, now=now)
    if not course.acknowledged or course.holder is None:
        holder = words.page["free"]
    elif course.holder == person:
        holder = words.page["held_by_you"]
    else:
        holder = words.page["held"].format(name=person_name(policy, course.holder))
    handled = course.phase in ("open", "waiting")
    return {
        "case": one_line(incident.subject),
        "summary": one_line(incident.summary),
        "level": level_name(policy, course.level, reading),
        "urgent": level is not None and level.urgent,
        "phase": words.phases[course.phase],
        "holder": holder if handled else "",
        "clocks": clock_lines(incident, reading, now),
        "rung": rung_name(rung, reading) if rung else "",
        "authority": authority(rung, reading) if rung else "",
    }


def _pressing(line: ClockLine, reading: Reader) -> dict[str, Any]:
    over = line.state == "overdue"
    due = reading.words.page["was_due" if over else "due"].format(deadline=line.deadline)
    return {
        "name": line.name,
        "state": line.state,
        "at": line.at,
        "due": due,
        "figure": reading.span(line.left or 0),
    }


def _takers(incident: Incident, policy: Policy, person: str, reading: Reader) -> list[dict[str, Any]]:
    """Whom it may be handed to: the people of the chain by rung, then everybody else who can be reached."""
    left = {
        name: one
        for name, one in policy.people.items()
        if one.reachable_by and name not in (person, incident.course.holder)
    }
    groups = []
    for rung in policy.chains.get(incident.chain, ()):
        people = [{"id": name, "name": one_line(left.pop(name).name)} for name in rung.people if name in left]
        groups.append({"name": rung_name(rung, reading), "people": people})
    others = sorted(left.items(), key=lambda pair: pair[1].name)[:_MOST_TAKERS]
    groups.append(
        {"name": reading.words.page["others"], "people": [{"id": n, "name": one_line(p.name)} for n, p in others]}
    )
    return [group for group in groups if group["people"]]


def _said(view: Seen, incident: Incident, policy: Policy, reading: Reader) -> dict[str, str]:
    """What the page tells before anything else."""
    words, holder = reading.words, incident.course.holder
    which = view.state
    if view.state == "done":
        which = view.verb or "acknowledge"
    elif view.state == "superseded" and incident.course.acknowledged and holder not in (None, view.person):
        which = "taken"
    taker = incident.handover.taker if incident.handover else None
    return notice(
        which,
        reading.locale,
        name=person_name(policy, view.person),
        time=reading.moment(view.now, view.now),
        holder=person_name(policy, holder),
        taker=person_name(policy, taker) or words.hints["hand_over"],
        fields=reading.several([words.fields.get(field, field) for field in view.fields]),
    )


def _of_the_room(view: Seen, policy: Policy, reading: Reader) -> tuple[str, dict[str, str]]:
    """What the page of a room tells before anything else, "" for nothing, and what it fills in."""
    room, which = view.room, view.state
    if which == "done":
        which = view.verb or ""
    elif room is not None and which in ("open", "settled") and room.lost_to is not None:
        which = "lost"
    elif room is not None and which == "open":
        idle = not (view.verbs or room.is_in or room.drafts)
        which = "watching" if idle else ""
    words = {**reading.words.fields, **room_words(reading.locale).fields}
    fields = [words.get(f"{view.verb}_{field}", words.get(field, field)) for field in view.fields]
    return which, {
        "name": person_name(policy, view.person),
        "time": reading.moment(view.now, view.now),
        "holder": person_name(policy, room.lost_to if room else None),
        "fields": reading.several(fields),
    }
