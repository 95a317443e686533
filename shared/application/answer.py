"""What people answer: a verb becomes an event whose `by` is the authenticated person, and is taken at once."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from shared.application import problem
from shared.application.accept_events import MODELS
from shared.application.problem import Fault
from shared.application.show_incident import IncidentView, is_incident_id, show_incident
from shared.application.take_event import Status, take_event
from shared.application.world import World
from shared.domain.events import Event
from shared.domain.field_words import in_words
from shared.domain.incident import Incident
from shared.domain.instants import format_instant
from shared.domain.plain import plain
from shared.ports import KeyHolder

VERBS: Mapping[str, str] = {
    "acknowledge": "complaint.acknowledged",
    "resolve": "complaint.resolved",
    "close": "complaint.closed",
    "escalate": "complaint.escalated",
    "hand-over": "complaint.handed_over",
    "reclassify": "complaint.reclassified",
    "propose": "complaint.proposed",
    "wait": "complaint.waiting",
    "resume": "complaint.resumed",
    "follow-up": "complaint.followed_up",
    "confirm": "complaint.confirmed",
    "reopen": "complaint.reopened",
    "root-cause": "complaint.root_cause_started",
    "milestone": "milestone.met",
}
"""The last part of `POST /v1/incidents/{id}/{verb}`, and the event it makes."""

MOST_BYTES = 64 * 1024
"""Of the body of an answer."""
_TARGETS = frozenset({"by", "incident", "of"})


class Answered(IncidentView):
    """The incident after an answer: `duplicate` for a repeated one, `kept` or `no_effect` where it changed less."""

    status: Literal["accepted", "duplicate", "kept", "no_effect"]


def answer(world: World, caller: KeyHolder, incident_id: str, verb: str, said: Mapping[str, Any], key: str) -> Answered:
    """Do what a person asks for over the API.

    Args:
        world: the ports.
        caller: whose key it is; only people answer.
        incident_id: as the path has it.
        verb: as the path has it.
        said: the body; a `by` in it is passed over, the key says who it is.
        key: repeating the same verb under the same key changes nothing (`Idempotency-Key`).

    Raises:
        Problem: 400 wrong fields, 403 not a person's key, 404 no such verb or incident, 409 it cannot be taken.
        UnavailableError: nothing was taken; safe to repeat.
    """
    if verb not in VERBS:
        raise problem.not_found(f"The verbs are {', '.join(VERBS)}.")
    person = _person(world, caller)
    stored = world.incidents.load(incident_id) if is_incident_id(incident_id) else None
    if stored is None:
        raise problem.not_found("There is no incident of this id.")
    event_id = f"{person}/{incident_id}/{verb}/{key}"
    event = make_event(world, stored.incident, VERBS[verb], said, person, source="api", event_id=event_id)
    status: Status = "duplicate"
    if world.incidents.taken("api", event_id) is None:
        status = take_event(world, event, surface="api", trusted_by=True).status
    elif not _says_the_same(world, event):
        raise problem.conflict("This Idempotency-Key was used before, for something else.")
    if status in ("early", "quarantined"):
        raise problem.conflict("The incident moved on while this was asked; look at it again.")
    # Under one key only the time can differ, as when two repeats overtake each other: the first one counts.
    seen = "duplicate" if status == "id_conflict" else status
    return Answered.model_validate({**show_incident(world, caller, incident_id).__dict__, "status": seen})


def make_event(
    world: World, incident: Incident, kind: str, said: Mapping[str, Any], person: str, *, source: str, event_id: str
) -> Event:
    """The event of a person's verb, as of now.

    Raises:
        Problem: 400 with every wrong field.
    """
    data = {name: value for name, value in said.items() if name not in _TARGETS}
    raw = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": format_instant(world.time.now()),
        "data": {**data, "by": person, "incident": incident.id},
    }
    try:
        event = MODELS[kind].model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise problem.invalid(
            [Fault(0, ".".join(map(str, one["loc"][1:])) or "body", in_words(one)) for one in found]
        ) from None
    if faults := _unknown_names(world, incident, event):
        raise problem.invalid(faults)
    return event


def _says_the_same(world: World, event: Event) -> bool:
    """Whether the event that was taken under this id had the same data; only its time may differ."""
    data = plain(event.data.model_dump(exclude_none=True))
    lines = world.incidents.timeline(event.incident or "")
    return any(
        entry.data["data"] == data for line in lines for entry in line.entries if entry.data.get("event") == event.id
    )


def _unknown_names(world: World, incident: Incident, event: Event) -> list[Fault]:
    """Names that must exist: the taker in today's directory, the level and the milestone in the incident's rules."""
    said = vars(event.data)
    faults = []
    if (taker := said.get("to")) is not None and taker not in world.policies.current()[1].people:
        faults.append(Fault(0, "to", "is no person of the directory"))
    if (level := said.get("level")) is not None:
        levels = world.policies.at(incident.rules).levels
        if level not in levels:
            faults.append(Fault(0, "level", "must be one of " + ", ".join(levels)))
    if (milestone := said.get("milestone")) is not None:
        names = [clock.name for clock in incident.course.clocks if clock.milestone or clock.name == "group"]
        if milestone not in names:
            known = "must be one of " + ", ".join(names) if names else "this incident has none"
            faults.append(Fault(0, "milestone", known))
    return faults


def _person(world: World, caller: KeyHolder) -> str:
    if caller.person is None:
        raise problem.forbidden("People answer, with a key of their own; intake systems post events.")
    if caller.person not in world.policies.current()[1].people:
        raise problem.forbidden("Whose key this was is no longer in the directory.")
    return caller.person
