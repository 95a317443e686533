"""Hold the carrier's record against the deadlines: every page once, to the right person, in time, and no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.demo.carrier import Sent
from shared.application.simulate import simulate
from shared.domain.events import EVENT
from shared.domain.policy import Policy


@dataclass(frozen=True)
class Expected:
    """A page the rules ask for, at its exact time (milliseconds UTC)."""

    at: int
    subject: str
    person: str
    rung: str
    reason: str
    clock: str | None


@dataclass(frozen=True)
class Match:
    """A page and the message that carried it; None: the carrier has none."""

    page: Expected
    sent: Sent | None

    @property
    def late(self) -> int | None:
        """Milliseconds from the exact deadline to the carrier's record."""
        return None if self.sent is None else self.sent.at - self.page.at


@dataclass
class Outcome:
    """How it went.

    Attributes:
        start: when the story began (milliseconds UTC).
        matches: every page the rules ask for, with the message that carried it.
        extra: messages that nothing asked for.
        answered_at: when the answer through the link took effect; None: the link was never used, or refused.
        states: what the API says of each incident at the end, by case number.
    """

    start: int
    matches: list[Match] = field(default_factory=list)
    extra: list[Sent] = field(default_factory=list)
    answered_at: int | None = None
    states: dict[str, dict[str, Any]] = field(default_factory=dict)


def expected_pages(events: Sequence[dict[str, Any]], policy: Policy, until: int) -> list[Expected]:
    """What the product's own decisions make of the events in virtual time."""
    run = simulate([EVENT.validate_python(event) for event in events], policy, until=until)
    return [
        Expected(page.at, complaint.subject, page.person, page.rung, page.reason, page.clock)
        for page, complaint in run.pages
    ]


def held_together(pages: Sequence[Expected], sent: Sequence[Sent]) -> tuple[list[Match], list[Sent]]:
    """Each page with the message for its person and case that came in its order, and the messages no page asked for."""
    waiting: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    subjects = {page.subject for page in pages}
    extra: list[Sent] = []
    for message in sent:
        about = next((subject for subject in subjects if message.is_about(subject)), None)
        (extra if about is None else waiting[message.person, about]).append(message)
    matches: list[Match] = []
    for page in pages:
        messages = waiting[page.person, page.subject]
        matches.append(Match(page, messages.pop(0) if messages else None))
    return matches, extra + [message for messages in waiting.values() for message in messages]
