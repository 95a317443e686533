"""The events intake systems and people post (CloudEvents 1.0): the only shapes that come in."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from shared.domain.crisis_events import (
    OWN_SOURCE,
    ComplaintJoined,
    CrisisConfirmed,
    CrisisDeclared,
    CrisisDeclined,
    CrisisInvited,
    CrisisJoined,
    CrisisSeated,
    CrisisStoodDown,
    EvidenceWasAdded,
    StatementApproved,
    StatementCorrected,
    StatementDrafted,
    StatementOut,
    StatementRejected,
)
from shared.domain.envelope import Envelope
from shared.domain.envelope import incident_id as incident_id  # noqa: PLC0414 - whoever speaks of events names incidents
from shared.domain.event_data import (
    Act,
    Closed,
    Escalated,
    HandedOver,
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
"""Sources that name a surface for people."""
DRILL_SOURCE = "drill"
"""Where the complaints of drills come from: they are marked all the way (Drill)."""
PROBE_SOURCE = "probe"
"""Where synthetic complaints come from: they prove that pages go out, reach a test contact alone and are not kept."""
RESERVED_SOURCES = PEOPLE_SURFACES | {OWN_SOURCE, DRILL_SOURCE, PROBE_SOURCE}
"""No intake system may use one of these."""

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


class ComplaintReceived(Envelope):
    """A complaint came in."""

    type: Literal["complaint.received"]
    subject: Name
    data: Received


class ComplaintUpdated(Envelope):
    """Something became known or grew."""

    type: Literal["complaint.updated"]
    data: Updated


class ComplaintAcknowledged(Envelope):
    """Somebody takes it over."""

    type: Literal["complaint.acknowledged"]
    data: Act


class ComplaintProposed(Envelope):
    """A solution was offered."""

    type: Literal["complaint.proposed"]
    data: Proposed


class ComplaintWaiting(Envelope):
    """Waiting for the customer."""

    type: Literal["complaint.waiting"]
    data: Waiting


class ComplaintResumed(Envelope):
    """No longer waiting."""

    type: Literal["complaint.resumed"]
    data: Resumed = Resumed()


class ComplaintResolved(Envelope):
    """Solved."""

    type: Literal["complaint.resolved"]
    data: Resolved


class ComplaintFollowedUp(Envelope):
    """The customer was called afterwards."""

    type: Literal["complaint.followed_up"]
    data: Act


class ComplaintConfirmed(Envelope):
    """The customer agrees that it is solved."""

    type: Literal["complaint.confirmed"]
    data: Act


class ComplaintRated(Envelope):
    """The customer's grade."""

    type: Literal["complaint.rated"]
    data: Rated


class ComplaintRootCauseStarted(Envelope):
    """Root-cause analysis began."""

    type: Literal["complaint.root_cause_started"]
    data: RootCauseStarted


class ComplaintReopened(Envelope):
    """Back into handling."""

    type: Literal["complaint.reopened"]
    data: Reopened = Reopened()


class ComplaintClosed(Envelope):
    """Done with."""

    type: Literal["complaint.closed"]
    data: Closed = Closed()


class ComplaintEscalated(Envelope):
    """A person wants the next rung now."""

    type: Literal["complaint.escalated"]
    data: Escalated


class ComplaintHandedOver(Envelope):
    """A person gives it to another."""

    type: Literal["complaint.handed_over"]
    data: HandedOver


class ComplaintReclassified(Envelope):
    """A person sets the level."""

    type: Literal["complaint.reclassified"]
    data: Reclassified


class MilestoneWasMet(Envelope):
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
    | ComplaintJoined
    | CrisisConfirmed
    | CrisisDeclared
    | CrisisDeclined
    | CrisisInvited
    | CrisisJoined
    | CrisisSeated
    | CrisisStoodDown
    | EvidenceWasAdded
    | StatementApproved
    | StatementCorrected
    | StatementDrafted
    | StatementOut
    | StatementRejected
)

EVENT: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="type")], config=ConfigDict(defer_build=True)
)
"""Reads one event: `EVENT.validate_python(dict)` or `EVENT.validate_json(bytes)`; raises pydantic's ValidationError."""


def fingerprint(event: Event) -> str:
    """What two deliveries of one event share and two different events under one id do not."""
    return hashlib.sha256(event.model_dump_json(exclude_none=True).encode()).hexdigest()[:32]


def without_personal_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as it may stand on the chain: the customer is left out, so that it can be erased (I9)."""
    return {key: value for key, value in data.items() if key != "customer"}
