"""What happens in a run: complaints and what becomes of them, and sometimes a crisis. Drawn from the seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.domain.envelope import incident_id
from shared.domain.instants import MINUTE, SECOND, format_instant
from torture.clockwork import BEGIN, Clockwork
from torture.crisis_story import CrisisStory
from torture.people import Doors

SOURCE = "crm/hotline"
OTHER = "crm/web"
KEYS = {SOURCE: "key-hotline", OTHER: "key-web"}
PLAYED = 40 * MINUTE
"""For so long things happen; afterwards the world calms down."""
_CRISIS = 0.15
"""How often there is a crisis, too. One takes five times as long to play as complaints alone."""


@dataclass
class Sent:
    """One event as it was posted.

    Attributes:
        taken: whether the door said that it has it: from then on it must not be lost (I1).
    """

    id: str
    source: str
    subject: str
    kind: str
    raw: dict[str, Any]
    taken: bool = False


@dataclass
class Story:
    """Everything posted in a run, and whom it concerns."""

    sent: list[Sent] = field(default_factory=list)
    crisis: str | None = None


class Telling:
    """Draws a story and has it happen.

    Args:
        put: puts a body into the events queue, as a system with the right to send does.
    """

    def __init__(self, clock: Clockwork, doors: Doors, put: Callable[[str], None]) -> None:
        self._clock = clock
        self._doors = doors
        self._put = put
        self._dice = clock.rng
        self._number = 0
        self._gathered: dict[str, int] = {}
        self.story = Story()

    def begin(self) -> None:
        """Plan the whole run."""
        dice = self._dice
        for number in range(dice.randrange(1, 4)):
            self._complaint(f"C-{number}", BEGIN + dice.randrange(25 * MINUTE))
        if dice.random() < _CRISIS:
            self._crisis()
        if dice.random() < _RUBBISH:
            self._clock.at(
                BEGIN + dice.randrange(PLAYED), lambda: self._put(dice.choice(("{", "[]", '{"type": "x"}', "\x00")))
            )

    def _complaint(self, subject: str, at: int) -> None:
        dice = self._dice
        source = dice.choice((SOURCE, SOURCE, OTHER))
        if dice.random() < _GATHERED:  # the intake system was down, and tells all of it at once
            self._gathered[subject] = at + dice.randrange(8 * MINUTE)
        facts: dict[str, Any] = {"summary": "The kettle leaks", "channel": dice.choice(("hotline", "web", "weibo"))}
        facts |= dice.choice(
            ({}, {}, {"amount_cny": 20_000}, {"level": "urgent"}, {"level": "no-such"}, {"store": "S-1"})
        )
        facts["customer"] = {"name": "Wang", "phone": "+8613900001234", "email": "customer@example.net"}
        self._post(source, subject, "complaint.received", at, facts)
        if dice.random() < _AGAIN:
            self._post(source, subject, "complaint.received", at + dice.randrange(MINUTE), facts)
        later = at
        for _ in range(dice.randrange(6)):
            later += round(dice.choice((0, SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE)) * dice.random())
            kind, data = dice.choice(_LATER)
            self._post(source, subject, kind, later, dict(data))

    def _post(self, source: str, subject: str, kind: str, at: int, data: dict[str, Any]) -> None:
        dice = self._dice
        self._number += 1
        sent = Sent(f"e-{self._number}", source, subject, kind, {}, taken=False)
        sent.raw = {
            "specversion": "1.0",
            "id": sent.id,
            "source": source,
            "subject": subject,
            "type": kind,
            "time": format_instant(at),
            "data": data,
        }
        self.story.sent.append(sent)
        late = dice.choice((0, 0, 0, 2 * SECOND, MINUTE, 12 * MINUTE))
        if subject in self._gathered:
            at, late = max(at, self._gathered[subject]), 0
        for _ in range(1 + (dice.random() < _DOUBLED)):
            self._deliver(sent, at + round(late * dice.random()) + dice.randrange(30))
        if dice.random() < _CONTRADICTS:
            other = {**sent.raw, "data": {**data, "note": "other"}}
            self._clock.at(at + dice.randrange(5 * MINUTE), lambda: self._put(json.dumps(other)))

    def _deliver(self, sent: Sent, at: int) -> None:
        body = json.dumps(sent.raw)
        if self._dice.random() < _BY_HTTP:
            self._clock.at(at, lambda: self._clock.start(sent.source, lambda: self._over_http(sent, body)))
        else:
            self._clock.at(at, lambda: self._over_queue(sent, body))

    def _over_http(self, sent: Sent, body: str) -> None:
        answer = self._doors.insist("intake_api", "POST", "/v1/events", key=KEYS[sent.source], body=body)
        self._clock.tell(sent.source, f"posts {sent.id} {sent.kind} {sent.subject}: {answer.status}")
        sent.taken = sent.taken or answer.status == _ACCEPTED

    def _over_queue(self, sent: Sent, body: str) -> None:
        self._put(body)
        self._clock.tell(sent.source, f"queues {sent.id} {sent.kind} {sent.subject}")
        sent.taken = True

    def _crisis(self) -> None:
        dice = self._dice
        at = BEGIN + dice.randrange(6 * MINUTE)
        facts = {"summary": "poisoned by milk", "channel": "weibo", "store": "S-1", "category": "food"}
        self._post(SOURCE, "K-1", "complaint.received", at, facts)
        case = self.story.crisis = incident_id(SOURCE, "K-1")
        crisis = CrisisStory(self._clock, self._doors, case)
        if dice.random() < _GROWS:
            self._post(SOURCE, "K-1", "complaint.updated", at + dice.randrange(5 * MINUTE), {"reposts": 2_000})
            self._post(SOURCE, "K-1", "complaint.updated", at + dice.randrange(10 * MINUTE), {"reposts": 20_000})
        else:
            crisis.act(at + dice.randrange(2 * MINUTE), "eve", "declare-crisis", {"reason": "it is everywhere"})
        for number in range(dice.randrange(3)):
            self._post(SOURCE, f"K-{number + 2}", "complaint.received", at + dice.randrange(30 * MINUTE), facts)
        crisis.begin(at)


_LATER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("complaint.acknowledged", {"by": "ann"}),
    ("complaint.acknowledged", {"by": "somebody"}),
    ("complaint.updated", {"amount_cny": 30_000}),
    ("complaint.updated", {"reposts": 200}),
    ("complaint.proposed", {"by": "ann", "solution": "a new one"}),
    ("complaint.resolved", {"by": "ann", "solution": "a new one"}),
    ("complaint.resolved", {"by": "bob"}),
    ("complaint.waiting", {"reason": "no receipt yet"}),
    ("complaint.resumed", {}),
    ("complaint.rated", {"score": 1}),
    ("complaint.rated", {"score": 3}),
    ("complaint.rated", {"score": 5}),
    ("complaint.confirmed", {"by": "customer"}),
    ("complaint.followed_up", {"by": "ann"}),
    ("complaint.root_cause_started", {"by": "dan"}),
    ("complaint.reopened", {"reason": "it leaks again"}),
    ("complaint.closed", {}),
)
_ACCEPTED = 202
_RUBBISH = 0.2
_AGAIN = 0.15
_GATHERED = 0.2
_DOUBLED = 0.25
_CONTRADICTS = 0.06
_BY_HTTP = 0.5
_GROWS = 0.4
