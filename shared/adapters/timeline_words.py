"""The timeline in human words, for the page behind a link. What only operators care about is left out."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.adapters.crisis_names import grade_name, is_seat, seat_name, statement_title
from shared.adapters.incident_sheet import level_name, person_name, rung_name
from shared.adapters.language import Reader, first_upper
from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.sms import cut, one_line

_LONGEST_TEXT = 140
_PEOPLE = ("by", "to", "person", "taker", "giver", "who")


class Happening(NamedTuple):
    """One thing that happened, as a reader sees it; `at` in milliseconds UTC."""

    at: int
    when: str
    what: str


def newest_first(
    entries: Iterable[Entry], incident: Incident, policy: Policy, reader: Reader, now: int, *, most: int = 8
) -> tuple[Happening, ...]:
    """The latest happenings in words."""
    told = [entry for entry in entries if entry.kind in reader.words.entries]
    latest = sorted(enumerate(told), key=lambda pair: (pair[1].at, pair[0]), reverse=True)[:most]
    return tuple(
        Happening(entry.at, reader.moment(entry.at, now), _words(entry, incident, policy, reader))
        for _, entry in latest
    )


def _words(entry: Entry, incident: Incident, policy: Policy, reader: Reader) -> str:
    said: Mapping[str, Any] = {**dict(entry.data.get("data") or {}), **entry.data}
    people = {name: person_name(policy, str(said[name])) if said.get(name) else "" for name in _PEOPLE}
    what = str(reader.words.entries[entry.kind]).format(
        **people,
        **_of_crisis(entry, said, incident, policy, reader),
        level=level_name(policy, str(said.get("level", "")), reader),
        clock=one_line(reader.clock(str(said.get("clock") or said.get("milestone") or ""))),
        score=said.get("score", ""),
        now=reader.words.verdict_words.get(verdict := str(said.get("now", "")), verdict),
        text=_free_text(said, reader),
    )
    return first_upper(what)


def _of_crisis(
    entry: Entry, said: Mapping[str, Any], incident: Incident, policy: Policy, reader: Reader
) -> dict[str, str]:
    """The names an entry of a crisis may ask for; of any other entry only its rung."""
    rung = str(said.get("rung", ""))
    seat = str(said.get("seat", ""))
    late = said.get("late_by")
    waits_for, earlier = said.get("waits_for"), reader.words.more["earlier"]
    return {
        "rung": _rung(rung, incident, policy, reader),
        "seat": seat_name(policy, seat, reader) if seat else "",
        "grade": grade_name(str(said.get("grade") or "red"), reader) if entry.kind in _GRADING else "",
        "statement": statement_title(policy, incident, rung, reader) if rung else "",
        "waits_for": statement_title(policy, incident, str(waits_for), reader) if waits_for else earlier,
        "revision": str(said.get("revision", "")),
        "late": _late(int(late), reader) if late else "",
        "case": one_line(str(said.get("case") or said.get("complaint") or "")),
        "name": one_line(str(said.get("name", ""))),
    }


_GRADING = frozenset({"graded", "crisis.declared"})
"""Entries that name a grade; declared without one, a crisis is red."""


def _late(length: int, reader: Reader) -> str:
    return f"{reader.words.punctuation['comma']}{reader.words.late.format(span=reader.late(length))}"


def _rung(name: str, incident: Incident, policy: Policy, reader: Reader) -> str:
    """A rung of the chain, or a seat of the response group, as people know it."""
    if is_seat(policy, name):
        return seat_name(policy, name, reader)
    rungs = policy.chains.get(incident.chain, ())
    return next((rung_name(rung, reader) for rung in rungs if rung.rung == name), reader.words.rungs.get(name, name))


def _free_text(said: Mapping[str, Any], reader: Reader) -> str:
    """What somebody wrote about it, cut to two lines; a statement's own text is not for the timeline."""
    written = (said.get(name) for name in ("solution", "reason", "text", "comment"))
    found = next((text for text in written if text and isinstance(text, str)), "")
    shown = cut(one_line(found), _LONGEST_TEXT)
    return f"{reader.words.punctuation['colon']}{shown}" if shown else ""
