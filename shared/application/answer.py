"""What people answer: a verb becomes an event whose `by` is the authenticated person, and is taken at once."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from shared.application import problem
from shared.application.accept_events import MODELS
from shared.application.problem import Fault
from shared.application.show_incident import IncidentView, show_incident
from shared.application.take_event import Status, take_event
from shared.application.unknown_names import unknown_names
from shared.application.view import is_incident_id
from shared.application.who_may_look import check_may
from shared.application.world import World
from shared.domain.events import Event
from shared.domain.field_words import in_words
from shared.domain.incident import Incident
from shared.domain.instants import format_instant
from shared.domain.plain import plain
from shared.ports import KeyHolder, Stored

HANDLING: Mapping[str, str] = {
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
"""What is done about a complaint, and the event it makes."""
IN_CRISIS: Mapping[str, str] = {
    "declare-crisis": "crisis.declared",
    "confirm-call": "crisis.confirmed",
    "decline-call": "crisis.declined",
    "invite": "crisis.invited",
    "seat": "crisis.seated",
    "join": "crisis.joined",
    "stand-down": "crisis.stood_down",
    "draft": "statement.drafted",
    "approve": "statement.approved",
    "reject": "statement.rejected",
    "correct": "statement.corrected",
}
"""What is done about a crisis (ADR 62 about the names); what the system says itself is not among it."""
VERBS: Mapping[str, str] = {**HANDLING, **IN_CRISIS}
"""The last part of `POST /v1/incidents/{id}/{verb}`, and the event it makes."""

MOST_BYTES = 64 * 1024
"""Of the body of an answer."""
WITH_TEXT = frozenset({"draft", "correct"})
MOST_TEXT_BYTES = 192 * 1024
"""Of one that carries the text of a statement in every language."""
TARGETS = frozenset({"by", "incident", "of"})
"""What of an event the key and the path say, whatever the body does."""
AS_OF_NOW = frozenset({"case", "summary", "scope", "amount_cny", "reposts", "earlier_cny"})
"""What is said of a complaint that joins: not by whoever joins it, but by its own incident, as of now."""


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
        Problem: 400 wrong fields, 403 not a person's key, or not theirs to do (`who_may_look`), 404 no such verb or
            incident, 409 it cannot be taken.
        UnavailableError: nothing was taken; safe to repeat.
    """
    if verb not in VERBS:
        raise problem.not_found(f"The verbs are {', '.join(VERBS)}.")
    person = person_of(world, caller)
    stored = incident_of(world, incident_id)
    if verb in IN_CRISIS and verb != "declare-crisis" and stored.incident.course.crisis is None:
        raise problem.conflict("This incident is no crisis; `declare-crisis` makes it one.")
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
        Problem: 400 with every wrong field, 403 it is not theirs to send.
    """
    check_may(world, incident, person, kind)
    data = {name: value for name, value in said.items() if name not in TARGETS}
    if kind == IN_CRISIS["join"]:
        data = {name: value for name, value in data.items() if name not in AS_OF_NOW} | _figures(world, data)
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
    if faults := unknown_names(world, incident, event):
        raise problem.invalid(faults)
    return event


def incident_of(world: World, incident_id: str) -> Stored:
    """The incident of a path.

    Raises:
        Problem: 404.
    """
    stored = world.incidents.load(incident_id) if is_incident_id(incident_id) else None
    if stored is None:
        raise problem.not_found("There is no incident of this id.")
    return stored


def _figures(world: World, said: Mapping[str, Any]) -> dict[str, Any]:
    """A complaint that joins a crisis, as its own incident knows it now."""
    complaint = said.get("complaint")
    stored = world.incidents.load(complaint) if isinstance(complaint, str) and is_incident_id(complaint) else None
    if stored is None:
        return {}
    incident, known = stored.incident, stored.incident.course.known
    return {
        "case": incident.subject,
        "summary": incident.summary,
        "scope": known.scope,
        "amount_cny": known.amount_cny,
        "reposts": None if known.reposts is None else int(known.reposts),
    }


def _says_the_same(world: World, event: Event) -> bool:
    """Whether the event that was taken under this id said the same; its time, and what grew since, may differ."""
    said = _comparable(plain(event.data.model_dump(exclude_none=True)))
    lines = world.incidents.timeline(event.incident or "")
    return any(
        _comparable(entry.data["data"]) == said
        for line in lines
        for entry in line.entries
        if entry.data.get("event") == event.id
    )


def _comparable(data: Mapping[str, Any]) -> dict[str, Any]:
    if "complaint" not in data:
        return dict(data)
    return {name: value for name, value in data.items() if name not in AS_OF_NOW}


def person_of(world: World, caller: KeyHolder) -> str:
    """The person of the directory whose key it is.

    Raises:
        Problem: 403 it is an intake system's, or somebody's who left.
    """
    if caller.person is None:
        raise problem.forbidden("People answer, with a key of their own; intake systems post events.")
    if caller.person not in world.policies.current()[1].people:
        raise problem.forbidden("Whose key this was is no longer in the directory.")
    return caller.person
