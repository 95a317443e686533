"""The events of a crisis: what people do about it, and what the system tells itself."""

from typing import Literal

from shared.domain.crisis_data import (
    Adopted,
    Approved,
    Declared,
    Declined,
    Drafted,
    EvidenceAdded,
    Invited,
    Joined,
    Published,
    Rejected,
    Seated,
    StoodDown,
)
from shared.domain.envelope import Envelope
from shared.domain.event_data import Act

OWN_SOURCE = "tocsin"
"""Where the system's own events come from; nobody outside may use it."""


class CrisisDeclared(Envelope):
    """A person declares a crisis, or its grade."""

    type: Literal["crisis.declared"]
    data: Declared


class CrisisConfirmed(Envelope):
    """Somebody who was called is in."""

    type: Literal["crisis.confirmed"]
    data: Act


class CrisisDeclined(Envelope):
    """Somebody who was called is not coming."""

    type: Literal["crisis.declined"]
    data: Declined


class CrisisInvited(Envelope):
    """Somebody beyond the seats is asked to join."""

    type: Literal["crisis.invited"]
    data: Invited


class CrisisSeated(Envelope):
    """A seat changes hands."""

    type: Literal["crisis.seated"]
    data: Seated


class CrisisJoined(Envelope):
    """A complaint about the same matter is part of it."""

    type: Literal["crisis.joined"]
    data: Joined


class ComplaintJoined(Envelope):
    """This complaint is part of a crisis by now."""

    type: Literal["complaint.joined"]
    data: Adopted


class CrisisStoodDown(Envelope):
    """It is over."""

    type: Literal["crisis.stood_down"]
    data: StoodDown


class StatementDrafted(Envelope):
    """A text for the public."""

    type: Literal["statement.drafted"]
    data: Drafted


class StatementApproved(Envelope):
    """A role stands by a revision."""

    type: Literal["statement.approved"]
    data: Approved


class StatementRejected(Envelope):
    """A role vetoes a revision."""

    type: Literal["statement.rejected"]
    data: Rejected


class StatementCorrected(Envelope):
    """Another revision of what is public already."""

    type: Literal["statement.corrected"]
    data: Drafted


class StatementOut(Envelope):
    """The public can read it."""

    type: Literal["statement.out"]
    data: Published


class EvidenceWasAdded(Envelope):
    """A file was put with the evidence."""

    type: Literal["evidence.added"]
    data: EvidenceAdded
