"""What the reader of a link sees: of a complaint its page's actions, of a crisis the room and what it wants of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.domain.incident import Incident
from shared.domain.policy import Policy

LinkVerb = Literal["acknowledge", "resolve", "escalate", "hand_over"]
CrisisVerb = Literal["confirm", "decline", "milestone", "approve", "reject", "seat"]
LinkState = Literal[
    "open",
    "done",
    "over",
    "used",
    "settled",
    "changed",
    "invalid",
    "unknown",
    "not_theirs",
    "expired",
    "superseded",
    "stood_down",
    "bad_request",
    "unavailable",
]

STATUS: Mapping[LinkState, int] = {
    "open": 200,
    "done": 200,
    "over": 200,
    "used": 409,
    "settled": 409,
    "changed": 409,
    "invalid": 400,
    "not_theirs": 403,
    "unknown": 404,
    "expired": 410,
    "superseded": 410,
    "stood_down": 410,
    "bad_request": 400,
    "unavailable": 503,
}
"""The HTTP status that goes with what a link shows."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The newest text of a rung of the statement ladder.

    Attributes:
        hash: of all languages and the evidence: what the reader stands by, and no other text.
        text: by locale; evidence: name and SHA-256.
        approve, reject: whether the reader's role may still do so.
    """

    rung: str
    revision: int
    hash: str
    by: str
    text: tuple[tuple[str, str], ...]
    evidence: tuple[tuple[str, str], ...] = ()
    approve: bool = False
    reject: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """What a crisis wants of the reader.

    Attributes:
        called_for: the open seat they may take, `guest` where they were invited; None where nobody waits for them.
        is_in: whether they are a member.
        lost_to: who is in the seat they were called for, where somebody else was faster.
        milestones: those they may report now.
        drafts: texts they may read.
        empty_seats: seats nobody is in or being called for, where the reader may put somebody: a member, or the top
            of the chain, whom such a seat is reported to.
    """

    called_for: str | None = None
    is_in: bool = False
    lost_to: str | None = None
    milestones: tuple[str, ...] = ()
    drafts: tuple[Draft, ...] = ()
    empty_seats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkView:
    """What the reader of a link sees.

    Attributes:
        state: `open` asks; `done` thanks; `over` says that the complaint is solved already; `settled` that somebody
            else was faster; `changed` that the text is no longer the one that was read; `stood_down` that the crisis
            is over; `not_theirs` that they only hear of statements by now; the rest say why not. `bad_request`: what
            was sent is no form of ours. `unavailable`: the store cannot be reached, and trying again is safe.
        verbs: the actions this link still has.
        verb: the one that was asked for; fields: which of its fields were wrong.
        person: whom the link was sent to.
        incident: None where the link says nothing about one any more.
        rules: the policy the incident was opened under; today: the one with the people of now.
        room: of a link into a crisis.
        now: milliseconds UTC.
    """

    state: LinkState
    today: Policy | None = None
    now: int = 0
    verbs: tuple[LinkVerb | CrisisVerb, ...] = ()
    verb: LinkVerb | CrisisVerb | None = None
    fields: tuple[str, ...] = ()
    person: str | None = None
    incident: Incident | None = None
    rules: Policy | None = None
    room: Room | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.state]

    @property
    def locale(self) -> str | None:
        """The reader's locale, the policy's where theirs is not known."""
        if self.today is None:
            return None
        person = self.today.people.get(self.person) if self.person else None
        return (person.locale if person else None) or self.today.locale
