"""Evidence from people (C6): a file is announced by its hash, uploaded straight to write-once storage, and confirmed.

The bytes never pass through a function. What is confirmed is what lies there: the storage checks the hash at the
upload, the confirmation checks the size, and one `evidence.added` enters it on the incident's timeline.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from shared.application import problem
from shared.application.answer import Answered, incident_of, make_event, person_of
from shared.application.problem import Fault
from shared.application.show_incident import show_incident
from shared.application.take_event import take_event
from shared.application.view import At, View
from shared.application.who_may_look import check_may
from shared.application.world import World
from shared.domain.crisis_data import Sha256
from shared.domain.event_data import Name
from shared.domain.field_words import in_words
from shared.ports import KeyHolder

MOST_FILE_BYTES = 2 * 1024**3
"""Of one file: video is cut into stills or parts."""
ADDED = "evidence.added"
_SOURCE = "api"


class Attachment(View):
    """What is said of a file once it was uploaded."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: Name
    size: Annotated[int, Field(ge=1, le=MOST_FILE_BYTES)]
    media_type: Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$")] = (
        "application/octet-stream"
    )


class NewAttachment(Attachment):
    """A file that somebody wants to add."""

    sha256: Sha256


class UploadView(View):
    """Where to put the file: one PUT to `url` with exactly these headers, before `expires`."""

    url: str
    headers: dict[str, str]
    expires: At


class Announced(View):
    """What is to be done next: `upload` the file, unless that very content is `kept` already; then confirm."""

    sha256: str
    status: Literal["upload", "kept"]
    upload: UploadView | None
    confirm: str


def announce(world: World, caller: KeyHolder, incident_id: str, said: Mapping[str, Any]) -> Announced:
    """Allow the upload of one file.

    Raises:
        Problem: 400 wrong fields, 403 not a person's key, or not one of those who may look, 404 no such incident.
        UnavailableError: the storage cannot be reached; safe to repeat.
    """
    person = person_of(world, caller)
    incident = incident_of(world, incident_id).incident
    check_may(world, incident, person, ADDED)
    file = _read(said)
    confirm = f"/v1/incidents/{incident.id}/attachments/{file.sha256}"
    if world.evidence.size(incident.id, file.sha256) == file.size:
        return Announced(sha256=file.sha256, status="kept", upload=None, confirm=confirm)
    allowed = world.evidence.upload(incident.id, file.sha256, file.size, file.media_type)
    upload = UploadView(url=allowed.url, headers=dict(allowed.headers), expires=allowed.expires)
    return Announced(sha256=file.sha256, status="upload", upload=upload, confirm=confirm)


def confirm(world: World, caller: KeyHolder, incident_id: str, sha256: str, said: Mapping[str, Any]) -> Answered:
    """Enter an uploaded file on the timeline, once however often and by whomever it is confirmed.

    Raises:
        Problem: 400 wrong fields, 403 not a person's key, or not one of those who may look, 404 no such incident,
            409 nothing, or something of another size, lies under this hash.
        UnavailableError: nothing was taken; safe to repeat.
    """
    person = person_of(world, caller)
    incident = incident_of(world, incident_id).incident
    check_may(world, incident, person, ADDED)
    file = _read({**said, "sha256": sha256})
    kept = world.evidence.size(incident.id, sha256)
    if kept is None:
        raise problem.conflict("Nothing was uploaded under this hash yet: upload the file first, then confirm.")
    if kept != file.size:
        raise problem.conflict(f"What lies under this hash holds {kept} bytes, and not {file.size}.")
    event_id = f"evidence/{incident.id}/{sha256}"
    event = make_event(world, incident, ADDED, file.model_dump(), person, source=_SOURCE, event_id=event_id)
    taken = take_event(world, event, surface=_SOURCE, trusted_by=True)
    status = "accepted" if taken.status == "accepted" else "duplicate"
    return Answered.model_validate({**show_incident(world, caller, incident.id).__dict__, "status": status})


def _read(said: Mapping[str, Any]) -> NewAttachment:
    try:
        return NewAttachment.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise problem.invalid([Fault(0, ".".join(map(str, one["loc"])), in_words(one)) for one in found]) from None
