"""The events intake systems and people post (CloudEvents 1.0): the only shapes that come in."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from shared.domain.event_data import (
    PLAIN,
    Act,
    Closed,
    Escalated,
    HandedOver,
    Instant,
    MilestoneMet,
    Name,
    Proposed,
    Rated,
    Received,
    Reclassified,
    Reopened,
    Resolved,
    Resumed,
    RootCauseStarted,
    Updated,
    Waiting,
)

PEOPLE_SURFACES = frozenset({"link", "sms", "console", "cli", "api"})
"""Sources that name a surface for people; no intake system may use one."""

SYSTEM_TYPES = frozenset(
    f"complaint.{what}"
    for what in (
        "received",
        "updated",
        "acknowledged",
        "proposed",
        "waiting",
        "resumed",
        "resolved",
        "followed_up",
        "confirmed",
        "rated",
        "root_cause_started",
        "reopened",
        "closed",
    )
)
"""What intake systems may say; the other types are commands of authenticated people."""


class _Event(BaseModel):
    """What every event carries. Clocks are anchored at `time`; (`source`, `subject`) names the incident."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)

    specversion: Literal["1.0"]
    id: Name
    source: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\s#<>\"\\^`{|}]+$"), *PLAIN]
    time: Instant
    subject: Name | None = None

    @property
    def incident(self) -> str | None:
        """The id of the incident this event is about, None where it names none."""
        said = vars(self.data)  # type: ignore[attr-defined]  # each type has its own `data`
        if (target := said.get("incident")) is not None:
            return str(target)
        if self.subject is None:
            return None
        return incident_id(said.get("of") or self.source, self.subject)


class ComplaintReceived(_Event):
    """A complaint came in."""

    type: Literal["complaint.received"]
    subject: Name
    data: Received


class ComplaintUpdated(_Event):
    """Something became known or grew."""

    type: Literal["complaint.updated"]
    data: Updated


class ComplaintAcknowledged(_Event):
    """Somebody takes it over."""

    type: Literal["complaint.acknowledged"]
    data: Act


class ComplaintProposed(_Event):
    """A solution was offered."""

    type: Literal["complaint.proposed"]
    data: Proposed


class ComplaintWaiting(_Event):
    """Waiting for the customer."""

    type: Literal["complaint.waiting"]
    data: Waiting


class ComplaintResumed(_Event):
    """No longer waiting."""

    type: Literal["complaint.resumed"]
    data: Resumed = Resumed()


class ComplaintResolved(_Event):
    """Solved."""

    type: Literal["complaint.resolved"]
    data: Resolved


class ComplaintFollowedUp(_Event):
    """The customer was called afterwards."""

    type: Literal["complaint.followed_up"]
    data: Act


class ComplaintConfirmed(_Event):
    """The customer agrees that it is solved."""

    type: Literal["complaint.confirmed"]
    data: Act


class ComplaintRated(_Event):
    """The customer's grade."""

    type: Literal["complaint.rated"]
    data: Rated


class ComplaintRootCauseStarted(_Event):
    """Root-cause analysis began."""

    type: Literal["complaint.root_cause_started"]
    data: RootCauseStarted


class ComplaintReopened(_Event):
    """Back into handling."""

    type: Literal["complaint.reopened"]
    data: Reopened = Reopened()


class ComplaintClosed(_Event):
    """Done with."""

    type: Literal["complaint.closed"]
    data: Closed = Closed()


class ComplaintEscalated(_Event):
    """A person wants the next rung now."""

    type: Literal["complaint.escalated"]
    data: Escalated


class ComplaintHandedOver(_Event):
    """A person gives it to another."""

    type: Literal["complaint.handed_over"]
    data: HandedOver


class ComplaintReclassified(_Event):
    """A person sets the level."""

    type: Literal["complaint.reclassified"]
    data: Reclassified


class MilestoneWasMet(_Event):
    """A milestone of the level is done."""

    type: Literal["milestone.met"]
    data: MilestoneMet


Event = (
    ComplaintReceived
    | ComplaintUpdated
    | ComplaintAcknowledged
    | ComplaintProposed
    | ComplaintWaiting
    | ComplaintResumed
    | ComplaintResolved
    | ComplaintFollowedUp
    | ComplaintConfirmed
    | ComplaintRated
    | ComplaintRootCauseStarted
    | ComplaintReopened
    | ComplaintClosed
    | ComplaintEscalated
    | ComplaintHandedOver
    | ComplaintReclassified
    | MilestoneWasMet
)

EVENT: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=ConfigDict(defer_build=True)
)
"""Reads one event: `EVENT.validate_python(dict)` or `EVENT.validate_json(bytes)`; raises pydantic's ValidationError."""


def incident_id(source: str, subject: str) -> str:
    """The id of the incident that (`source`, `subject`) names: known before anything is stored, safe in a URL."""
    return "inc-" + hashlib.sha256(f"{source}\n{subject}".encode()).hexdigest()[:20]


def fingerprint(event: Event) -> str:
    """What two deliveries of one event share and two different events under one id do not."""
    return hashlib.sha256(event.model_dump_json(exclude_none=True).encode()).hexdigest()[:32]


def without_personal_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as it may stand on the chain: the customer is left out, so that it can be erased (I9)."""
    return {key: value for key, value in data.items() if key != "customer"}
