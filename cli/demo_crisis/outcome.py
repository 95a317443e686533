"""What is known of a crisis that was played: what was sent, read and taken, to be judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.demo.carrier import Sent
from cli.demo_crisis.acting import Done
from cli.demo_crisis.public import PublicPage
from cli.demo_crisis.story import CASE, SOURCE, Cast
from shared.domain.events import incident_id
from shared.domain.policy import Policy


@dataclass
class Outcome:
    """How it went.

    Attributes:
        start: when the post appeared (milliseconds UTC); `ended`: when the carrier was looked at last.
        policy: the demo's rules, not scaled.
        cast: who played.
        taken: acts the product took; `refused`: what became of the others.
        sent: the carrier's record.
        public: what the public read.
        view: what the API says of the incident at the end, to a person.
    """

    start: int
    policy: Policy
    cast: Cast
    public: PublicPage
    ended: int = 0
    taken: list[Done] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    view: Mapping[str, Any] = field(default_factory=dict)

    @property
    def incident(self) -> str:
        """Its id."""
        return incident_id(SOURCE, CASE)
