"""What the pages of the console are drawn from: what a use case found, as far as it is shown."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from shared.domain.incident import Incident
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.publication import StatementText


class FileSeen(Protocol):
    """A file of the evidence."""

    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def by(self) -> str: ...
    @property
    def at(self) -> int: ...


class RoomSeen(Protocol):
    """What a person sees; `shared.application.console.Room` is one."""

    @property
    def person(self) -> str: ...
    @property
    def incident(self) -> Incident: ...
    @property
    def rules(self) -> Policy: ...
    @property
    def today(self) -> Policy: ...
    @property
    def now(self) -> int: ...
    @property
    def texts(self) -> Mapping[tuple[str, int], StatementText]: ...
    @property
    def files(self) -> Sequence[FileSeen]: ...
    @property
    def entries(self) -> Sequence[Entry]: ...


class Going(Protocol):
    """A crisis that is on; `shared.application.console.Going` is one."""

    @property
    def incident(self) -> Incident: ...
    @property
    def now(self) -> int: ...


class SessionSeen(Protocol):
    """Who is signed in."""

    @property
    def person(self) -> str: ...
    @property
    def csrf(self) -> str: ...


class TypedSeen(Protocol):
    """A form that was not taken, or not yet: what was typed, and why it is shown again."""

    @property
    def verb(self) -> str: ...
    @property
    def form(self) -> Mapping[str, str]: ...
    @property
    def why(self) -> str: ...
    @property
    def fields(self) -> Sequence[str]: ...


def with_today(rules: Policy, today: Policy) -> Policy:
    """The incident's own rules with the people and the roster of today (I10)."""
    return rules.model_copy(update={"people": today.people, "roster": today.roster})
