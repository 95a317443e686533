"""The timeline in human words, for the page behind a link. What only operators care about is left out."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.adapters.incident_sheet import level_name, person_name, rung_name
from shared.adapters.language import Reader, first_upper
from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.sms import cut, one_line

_LONGEST_TEXT = 140
_PEOPLE = ("by", "to", "person", "taker", "giver")


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
    clock = said.get("clock") or said.get("milestone") or ""
    verdict = str(said.get("now", ""))
    what = str(reader.words.entries[entry.kind]).format(
        **people,
        level=level_name(policy, str(said.get("level", "")), reader),
        clock=one_line(reader.clock(str(clock))),
        rung=_rung(str(said.get("rung", "")), incident, policy, reader),
        score=said.get("score", ""),
        now=reader.words.verdict_words.get(verdict, verdict),
        text=_free_text(said, reader),
    )
    return first_upper(what)


def _rung(name: str, incident: Incident, policy: Policy, reader: Reader) -> str:
    rungs = policy.chains.get(incident.chain, ())
    return next((rung_name(rung, reader) for rung in rungs if rung.rung == name), reader.words.rungs.get(name, name))


def _free_text(said: Mapping[str, Any], reader: Reader) -> str:
    """What somebody wrote about it, cut to two lines."""
    found = next((said[name] for name in ("solution", "reason", "text", "comment") if said.get(name)), "")
    written = cut(one_line(str(found)), _LONGEST_TEXT)
    return f"{reader.words.punctuation['colon']}{written}" if written else ""
