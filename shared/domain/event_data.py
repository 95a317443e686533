"""What events say: one class a `type`, so that an error names the field it is about and a JSON Schema can be made.

Unknown fields are kept, never refused. Times become milliseconds UTC as they are read.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from shared.domain.instants import format_instant, parse_instant

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
PLAIN = (AfterValidator(_no_surrogates), AfterValidator(_no_controls))
Name = Annotated[str, Field(min_length=1, max_length=256), *PLAIN, AfterValidator(_not_blank)]
Short = Annotated[str, Field(min_length=1, max_length=500), *PLAIN, AfterValidator(_not_blank)]
Text = Annotated[str, Field(max_length=20_000), *PLAIN]
Level = Annotated[str, Field(min_length=1, max_length=64), *PLAIN]
Channel = Literal["store", "hotline", "web", "app", "wechat", "weibo", "email", "api"]
Scope = Literal["store", "region", "nation"]


class Kept(BaseModel):
    """A part of an event: frozen, and what is unknown stays with it."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True, defer_build=True)


class Customer(Kept):
    """Who complains. Personal data: never on the timeline's chain, never in a log (I12)."""

    name: Name | None = None
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    vip: bool | None = None


class Attachment(Kept):
    """A file the intake system holds, named by its content."""

    name: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")] | None = None
    url: Annotated[str, Field(max_length=2_048, pattern=r"^https?://")] | None = None


class Facts(Kept):
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


class Target(Kept):
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
