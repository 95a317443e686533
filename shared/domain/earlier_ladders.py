"""The statement ladders of an incident, one for each time its crisis opened one (C5, I8).

The incident keeps the last of them. What an earlier one said, and what of it the public read, stands on the timeline
alone: a crisis that is declared anew takes none of it back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise

from shared.domain.crisis import Revision
from shared.domain.incident import Incident
from shared.domain.outcome import Entry


@dataclass(frozen=True, slots=True)
class Ladder:
    """One ladder as it came about.

    Attributes:
        kind: the crisis type it is of.
        opened_at: from when its times count (milliseconds UTC).
        revisions: by rung, in the order of the ladder. Of an earlier one `roles` are not told.
        entries: of the timeline, from its opening until the next one's.
        is_last: whether it is the one the incident keeps.
    """

    kind: str
    opened_at: int
    revisions: dict[str, tuple[Revision, ...]]
    entries: tuple[Entry, ...]
    is_last: bool


def ladders_of(incident: Incident, entries: Sequence[Entry]) -> tuple[Ladder, ...]:
    """All of them, the oldest first; none where the public was never to be told."""
    opened = [place for place, entry in enumerate(entries) if entry.kind == "ladder_opened"]
    kept = {statement.rung: statement.revisions for statement in incident.statements}
    made, first = [], 1
    for start, end in pairwise([*opened, len(entries)]):
        own, rungs = tuple(entries[start:end]), entries[start].data["rungs"]
        is_last = end == len(entries)
        told = {rung: kept.get(rung, ()) if is_last else _told(own, entries, rung, first) for rung in rungs}
        made.append(Ladder(_kind(entries[:start]), entries[start].at, told, own, is_last))
        first += max((len(revisions) for revisions in told.values()), default=0)  # as `open_ladder` goes on counting
    return tuple(made)


def about(entry: Entry) -> tuple[object, object]:
    """The rung and the revision that an entry is about, None where it names none."""
    said = (entry.data.get("data") or {}) if "record" in entry.data else entry.data
    return said.get("rung"), said.get("revision")


def _kind(before: Sequence[Entry]) -> str:
    return next((str(entry.data["crisis"]) for entry in reversed(before) if entry.kind == "graded"), "")


def _told(own: Iterable[Entry], entries: Iterable[Entry], rung: str, first: int) -> tuple[Revision, ...]:
    """The revisions of a rung as they were entered, then what became of each, however late the site carried it."""
    made: dict[int, Revision] = {}
    event = ""
    for entry in own:
        event = entry.kind if "record" in entry.data else event
        data, number = entry.data, first + len(made)
        if entry.kind == "drafted" and data["rung"] == rung:
            corrects = event == "statement.corrected"
            made[number] = Revision(number, data["by"], entry.at, data.get("hash", ""), corrects=corrects)
        elif entry.kind == "holding_text" and data["rung"] == rung:
            approvals = tuple(("policy", person) for person in data["approved_by"])
            made[number] = Revision(number, "policy", entry.at, "", approvals=approvals, holding=True)
    counted = [(about(entry), entry) for entry in _with_vetoes(entries)]
    return tuple(
        reduce(_after, (entry for of, entry in counted if of == (rung, number)), revision)
        for number, revision in made.items()
    )


def _after(revision: Revision, entry: Entry) -> Revision:
    match entry.kind:
        case "approved":  # whoever took the seat since stands for the role
            given = {**dict(revision.approvals), entry.data["role"]: entry.data["by"]}
            return replace(revision, approvals=tuple(given.items()))
        case "statement.rejected":
            return replace(revision, rejected_by=entry.data["data"]["by"])
        case "statement_published":
            return replace(revision, published_at=entry.at, hash=entry.data["hash"])
        case "statement.out":
            return replace(revision, out_at=entry.at)
        case _:
            return revision


def _with_vetoes(entries: Iterable[Entry]) -> Iterable[Entry]:
    """The entries without vetoes that led nowhere: one that counted was told to whoever wrote the text."""
    asked: Entry | None = None
    for entry in entries:
        if "record" in entry.data:
            asked = entry if entry.kind == "statement.rejected" else None
            if asked is not None:
                continue
        elif asked is not None and (entry.kind == "unreachable" or entry.data.get("reason") == "vetoed"):
            yield asked
            asked = None
        yield entry
