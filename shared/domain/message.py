"""A message on its way: one outbox row per page (or tell), person, channel and attempt (I7)."""

from dataclasses import dataclass
from typing import Literal

from shared.domain.policy_parts import Via

MessageState = Literal[
    "pending", "sending", "sent", "delivered", "failed", "unknown", "called_back", "held", "digested"
]
"""`called_back`: an acknowledgement came first (I6). `held`: storm control keeps it for the digest.
`unknown`: the carrier may or may not have it; the next channel carries on (I7)."""

OPEN_STATES: frozenset[MessageState] = frozenset({"pending", "sending"})
MessageKind = Literal["page", "tell", "digest"]
DRILL_ITEM = "DRILL"
"""First word of a digest's line about a drill; no level is written in capitals."""


@dataclass(frozen=True, slots=True)
class MessageKey:
    """Identity of a row: (incident, step, person, channel, attempt); it says for itself what it is about."""

    incident: str
    step: int
    person: str
    via: Via
    attempt: int = 1

    def __str__(self) -> str:
        return f"{self.incident}/{self.sort}"

    @property
    def sort(self) -> str:
        """Sort key within the incident."""
        return f"{self.step:06d}#{self.person}#{self.via}#{self.attempt}"


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to one person on one channel. The text is rendered when it is sent, the link made then too.

    Attributes:
        key: its identity.
        kind: a page asks to act and carries a link; a tell informs; a digest lists what was held back.
        fence: the incident's fence when it was made; None where no acknowledgement calls it back (I6).
        at: when it was decided; due: when it should have been (milliseconds UTC).
        drill: an exercise, and it says so.
        group: to the response group: `epoch` is the group's, so acknowledging the complaint leaves its link alone.
        urgent: storm control never holds it back.
        perhaps_again: an earlier attempt's outcome is unknown, and this says so (I7).
        sending_at: when SENDING was recorded; reference: the carrier's name for it.
        items: for a digest, one line each.
    """

    key: MessageKey
    kind: MessageKind
    reason: str
    level: str
    at: int
    due: int
    epoch: int
    fence: int | None = None
    clock: str | None = None
    also: tuple[str, ...] = ()
    rung: str = ""
    about: str = ""
    urgent: bool = False
    perhaps_again: bool = False
    state: MessageState = "pending"
    sending_at: int | None = None
    reference: str | None = None
    tries: int = 0
    items: tuple[str, ...] = ()
    drill: bool = False
    group: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """What a link's token opens. Only the token's SHA-256 is stored (I11).

    Attributes:
        epoch: the incident's epoch when it was sent; a link of an older epoch is superseded.
        group: whether that is the epoch of its response group, which moves when the crisis is stood down.
        expires: milliseconds UTC.
        version: of the incident when the link was made: while it stands there, nobody has done anything by it.
    """

    token_hash: str
    incident: str
    person: str
    epoch: int
    expires: int
    group: bool = False
    version: int | None = None
