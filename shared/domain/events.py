"""The events intake systems and people post (CloudEvents 1.0): the only shapes that come in.

One class a `type`, so that an error names the field it is about and the JSON Schema can be generated.
Unknown fields are kept, never refused. Times become milliseconds UTC as they are read.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
)

from shared.domain.instants import format_instant, parse_instant

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

_EARLIEST = parse_instant("2000-01-01T00:00:00Z")
_LATEST = parse_instant("2200-01-01T00:00:00Z")


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _instant(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 time with a zone, as a string")  # noqa: TRY004 - pydantic wants ValueError
    instant = parse_instant(value)
    if not _EARLIEST <= instant < _LATEST:
        raise ValueError("must lie between the years 2000 and 2200")
    return instant


def _no_controls(text: str) -> str:
    if not text.isprintable() and _CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


def _no_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode: it holds half a surrogate pair") from None
    return text


Instant = Annotated[
    int,
    BeforeValidator(_instant),
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_Plain = (AfterValidator(_no_surrogates), AfterValidator(_no_controls))
Name = Annotated[str, Field(min_length=1, max_length=256), *_Plain, AfterValidator(_not_blank)]
Short = Annotated[str, Field(min_length=1, max_length=500), *_Plain, AfterValidator(_not_blank)]
Text = Annotated[str, Field(max_length=20_000), *_Plain]
Level = Annotated[str, Field(min_length=1, max_length=64), *_Plain]
Channel = Literal["store", "hotline", "web", "app", "wechat", "weibo", "email", "api"]
Scope = Literal["store", "region", "nation"]


class _Kept(BaseModel):
    """A part of an event: frozen, and what is unknown stays with it."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)


class Customer(_Kept):
    """Who complains. Personal data: never on the timeline's chain, never in a log (I12)."""

    name: Name | None = None
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    vip: bool | None = None


class Attachment(_Kept):
    """A file the intake system holds, named by its content."""

    name: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    url: Annotated[str, Field(max_length=2_048, pattern=r"^https?://")] | None = None


class Facts(_Kept):
    """What is known of a complaint; every field may come later or grow."""

    details: Text | None = None
    category: Name | None = None
    level: Level | None = None
    scope: Scope | None = None
    amount_cny: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False, strict=False)] | None = None
    reposts: Annotated[int, Field(ge=0, le=10**12)] | None = None
    store: Name | None = None
    region: Name | None = None
    department: Name | None = None
    product: Name | None = None
    customer: Customer | None = None
    attachments: Annotated[tuple[Attachment, ...], Field(max_length=100, strict=False)] | None = None


class Received(Facts):
    """`complaint.received`: a complaint and what is known of it."""

    summary: Short
    channel: Channel


class Updated(Facts):
    """`complaint.updated`: any of the facts, new or grown."""

    summary: Short | None = None
    channel: Channel | None = None


class Target(_Kept):
    """Which incident an act of a person is about, where the envelope does not say it."""

    incident: Name | None = None
    of: Name | None = None


class Act(Target):
    """Something somebody did. `by` is free text from an intake system, a person of the directory elsewhere."""

    by: Name


class Proposed(Act):
    """`complaint.proposed`: a solution was offered to the customer."""

    solution: Text


class Waiting(Target):
    """`complaint.waiting`: for the customer; resolve clocks stop (A8)."""

    by: Name | None = None
    reason: Text


class Resumed(Target):
    """`complaint.resumed`: the customer answered."""

    by: Name | None = None


class Resolved(Act):
    """`complaint.resolved`: solved, in the eyes of who handles it."""

    solution: Text | None = None


class Rated(Target):
    """`complaint.rated`: what the customer thinks of it, 1 to 5 (A6)."""

    score: Annotated[int, Field(ge=1, le=5)]
    comment: Text | None = None


class RootCauseStarted(Act):
    """`complaint.root_cause_started`: the analysis a bad rating asks for began (A6)."""

    text: Text | None = None


class Reopened(Target):
    """`complaint.reopened`: back into handling (A5)."""

    by: Name | None = None
    reason: Text | None = None


class Closed(Target):
    """`complaint.closed`: the record is done with."""

    by: Name | None = None


class Escalated(Act):
    """`complaint.escalated`: to the next rung now."""

    reason: Text


class HandedOver(Act):
    """`complaint.handed_over`: somebody else takes it on."""

    to: Name


class Reclassified(Act):
    """`complaint.reclassified`: a person sets the level, up or down."""

    level: Level
    reason: Text


class MilestoneMet(Act):
    """`milestone.met`: a step of a level's own plan is done (A7)."""

    milestone: Name
    text: Text | None = None


class _Event(BaseModel):
    """What every event carries. Clocks are anchored at `time`; (`source`, `subject`) names the incident."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)

    specversion: Literal["1.0"]
    id: Name
    source: Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[^\s#<>\"\\^`{|}]+$"), *_Plain]
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
