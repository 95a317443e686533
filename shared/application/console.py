"""The crisis room: what a signed-in person sees of a crisis, and what they do about it.

Everything done here is an event like any other, with the source `console` and the person who is signed in; the
domain answers what became of it.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.application import problem
from shared.application.answer import make_event
from shared.application.attach import Announced, announce, confirm
from shared.application.console_forms import KINDS, Refused, evidence_among, said_by
from shared.application.problem import Problem
from shared.application.show_incident import is_incident_id
from shared.application.take_event import take_event
from shared.application.who_may_look import may_look
from shared.application.world import World
from shared.domain.events import incident_id
from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.plain import canonical
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from shared.ports import KeyHolder

_MOST_DIGITS = 15
_SHORT = 8

Outcome = Literal["accepted", "duplicate", "kept", "no_effect"]


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was not taken, or not yet: it is shown again with what was typed, and why.

    Attributes:
        why: of `Refused`; `no_effect`, `preview`; `other_session`: the form was made for another sign-in; `unavailable`
            and `unexpected`: whether it was taken is not known, and sending it again does no harm.
        fields: which are wrong.
    """

    verb: str
    form: Mapping[str, str]
    why: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file that lies with the evidence (C6); `at` in milliseconds UTC."""

    name: str
    sha256: str
    size: int
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class Going:
    """A crisis that is on."""

    incident: Incident
    now: int


@dataclass(frozen=True, slots=True)
class Room:
    """What a person sees.

    Attributes:
        rules: the policy the incident was opened under; today: the one with the people of now.
        now: milliseconds UTC.
        texts: of the newest and of the published revision of each statement, by rung and number.
        files: the evidence, oldest first; entries: the timeline, oldest first.
    """

    person: str
    incident: Incident
    rules: Policy
    today: Policy
    now: int
    texts: Mapping[tuple[str, int], StatementText]
    files: Sequence[File]
    entries: Sequence[Entry]


def open_room(world: World, person: str, incident: str) -> Room:
    """What a person sees of a crisis.

    Raises:
        Problem: 404 for what is not there, and alike for what is none of theirs.
    """
    found = _visible(world, person, incident)
    entries = [entry for line in world.incidents.timeline(found.id) for entry in line.entries]
    return Room(
        person=person,
        incident=found,
        rules=world.policies.at(found.rules),
        today=world.policies.current()[1],
        now=world.time.now(),
        texts=_texts(world, found),
        files=_files(entries),
        entries=entries,
    )


def version_of(world: World, person: str, incident: str) -> int:
    """How often the incident was changed: while it is the same, so is what there is to see.

    Raises:
        Problem: 404, see `open_room`.
    """
    return _visible(world, person, incident).version


def rooms_of(world: World, person: str) -> Sequence[Going]:
    """The crises that are on and that somebody may look into, the newest first."""
    now, today = world.time.now(), world.policies.current()[1]
    stored = [world.incidents.load(incident) for incident in world.crises.running()]
    seen = [
        each.incident
        for each in stored
        if each and may_look(each.incident, person, world.policies.at(each.incident.rules), today, now)
    ]
    return tuple(Going(each, now) for each in sorted(seen, key=_began, reverse=True) if each.in_crisis)


def incident_named(text: str) -> str | None:
    """The incident that somebody typed or pasted: its id, an address that ends in it, or `source subject`."""
    words = text.strip().rstrip("/").split(maxsplit=1)
    if not words:
        return None
    last = words[-1].rpartition("/")[2].partition("?")[0]
    if is_incident_id(last):
        return last
    return incident_id(words[0], words[1]) if len(words) > 1 else None


def announce_file(world: World, person: str, incident: str, form: Mapping[str, str]) -> Announced:
    """Allow the upload of one file of evidence, which goes from the browser straight to write-once storage.

    Raises:
        Problem: 404, see `open_room`; 400 wrong fields.
        UnavailableError: the storage cannot be reached; safe to repeat.
    """
    return announce(world, _holder(person), _visible(world, person, incident).id, _file_of(form))


def confirm_file(world: World, person: str, incident: str, form: Mapping[str, str]) -> None:
    """Enter a file that was uploaded on the timeline.

    Raises:
        Problem: 404, see `open_room`; 400 wrong fields; 409 nothing, or something else, was uploaded.
        UnavailableError: nothing was taken; safe to repeat.
    """
    said = _file_of(form)
    confirm(world, _holder(person), _visible(world, person, incident).id, str(said.pop("sha256")), said)


def act(world: World, person: str, incident: str, verb: str, form: Mapping[str, str]) -> Outcome:
    """Do what a form of the room asks for.

    The event's id is made of what was said and of the form's own token: a double click is one event, however often
    it arrives; the same form filled in anew is another.

    Raises:
        Problem: 404, see `open_room`; there is no such form either.
        Refused: it was not taken, and why.
        UnavailableError: nothing was taken; safe to repeat.
    """
    found = _visible(world, person, incident)
    if verb not in KINDS:
        raise problem.not_found("There is no such form.")
    lines = world.incidents.timeline(found.id) if evidence_among(form) else ()
    files = _named_apart(_files([entry for line in lines for entry in line.entries]))
    data = said_by(found, verb, form, files)
    token = hashlib.sha256(canonical([form.get("once", ""), data]).encode()).hexdigest()[:32]
    event_id = f"{person}/{found.id}/{verb}/{token}"
    try:
        event = make_event(world, found, KINDS[verb], data, person, source="console", event_id=event_id)
    except Problem as wrong:
        raise Refused("fields", tuple(dict.fromkeys(fault.field.partition(".")[0] for fault in wrong.faults))) from None
    taken = take_event(world, event, surface="console", trusted_by=True)
    match taken.status:
        case "accepted" | "duplicate" | "kept" | "no_effect":
            return taken.status
        case "id_conflict":  # a double click: only the time can differ
            return "duplicate"
        case _:
            raise Refused("moved")


def _visible(world: World, person: str, incident: str) -> Incident:
    stored = world.incidents.load(incident) if is_incident_id(incident) else None
    if stored is not None:
        found, today = stored.incident, world.policies.current()[1]
        if may_look(found, person, world.policies.at(found.rules), today, world.time.now()):
            return found
    raise problem.not_found("There is no such crisis, or it is none of yours.")


def _began(incident: Incident) -> int:
    return incident.course.crisis.since if incident.course.crisis else 0


def _holder(person: str) -> KeyHolder:
    return KeyHolder(name="console", person=person)


def _file_of(form: Mapping[str, str]) -> dict[str, Any]:
    size = form.get("size", "")
    said: dict[str, Any] = {name: form.get(name, "") for name in ("name", "sha256", "media_type")}
    return said | {"size": int(size) if size.isascii() and size.isdigit() and len(size) < _MOST_DIGITS else 0}


def _texts(world: World, incident: Incident) -> Mapping[tuple[str, int], StatementText]:
    wanted = {
        (statement.rung, revision.number)
        for statement in incident.statements
        for revision in (statement.published, *statement.revisions[-1:])
        if revision is not None
    }
    found = {key: world.statements.text(incident.id, *key) for key in sorted(wanted)}
    return {key: text for key, text in found.items() if text is not None}


def _named_apart(files: Sequence[File]) -> dict[str, str]:
    """Names by hash; files of one name are told apart by their hashes, as a statement names what it rests on."""
    names = Counter(file.name for file in files)
    return {
        file.sha256: file.name if names[file.name] == 1 else f"{file.name} ({file.sha256[:_SHORT]})" for file in files
    }


def _files(entries: Sequence[Entry]) -> tuple[File, ...]:
    """The evidence as the timeline has it; what was added twice stands once."""
    found: dict[str, File] = {}
    for entry in entries:
        said = entry.data.get("data") or {}
        if entry.kind == "evidence.added" and isinstance(said.get("sha256"), str):
            file = File(
                str(said.get("name", "")), said["sha256"], int(said.get("size", 0)), str(said.get("by", "")), entry.at
            )
            found.setdefault(file.sha256, file)
    return tuple(found.values())
