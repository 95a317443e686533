"""What the product's own decisions make of events in virtual time, and how that fits to what the carrier was given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from cli.demo.carrier import Sent
from cli.demo_crisis.said import says
from shared.application.message_for import first_channel
from shared.application.simulate import simulate
from shared.domain.events import EVENT
from shared.domain.outcome import OPERATIONS
from shared.domain.policy import Policy

_VIA = {"sms": "SMS", "email": "e-mail", "webhook": "webhook"}


class Expected(NamedTuple):
    """A message the rules ask for, at its exact time (milliseconds UTC)."""

    at: int
    kind: Literal["page", "tell"]
    person: str
    via: str
    reason: str
    about: str | None
    rung: str = ""


@dataclass(frozen=True)
class Match:
    """A message the rules ask for, and what the carrier was given; None: the carrier has none."""

    wanted: Expected
    sent: Sent | None

    @property
    def late(self) -> int | None:
        """Milliseconds from its exact time to the carrier's record."""
        return None if self.sent is None else self.sent.at - self.wanted.at


class Called(NamedTuple):
    """Who was paged why: what has to be the same at any speed."""

    reason: str
    about: str | None
    place: str
    person: str


def expected(events: Iterable[dict[str, Any]], policy: Policy, until: int) -> list[Expected]:
    """Every page and every message that only informs, in the order of their times."""
    run = simulate([EVENT.validate_python(event) for event in events], policy, until=until, timeline=True)
    found = [
        Expected(page.at, "page", page.person, _via(policy, page.person, "page"), page.reason, page.clock, page.rung)
        for page, _ in run.pages
    ]
    for entry, _ in run.timeline:
        if entry.kind == "told":
            to, reason, about = entry.data["to"], entry.data["reason"], entry.data.get("about")
            people = policy.operations if to == OPERATIONS else (to,)
            found += [Expected(entry.at, "tell", name, _via(policy, name, "tell"), reason, about) for name in people]
    return sorted(found, key=lambda one: one.at)


def fitted(wanted: Sequence[Expected], sent: Sequence[Sent]) -> tuple[list[Match], list[Sent]]:
    """Each message with the first of the record that says it to its person; and what nothing asked for."""
    left = list(sent)
    matches = []
    for one in wanted:
        carried = next((each for each in left if _carries(each, one)), None)
        if carried is not None:
            left.remove(carried)
        matches.append(Match(one, carried))
    return matches, left


def in_turn(called: Iterable[tuple[int, Called]]) -> list[tuple[int, list[Called]]]:
    """Who was paged at each instant; at one instant there is no order."""
    by_time = groupby(sorted(called), key=lambda pair: pair[0])
    return [(at, [each for _, each in pairs]) for at, pairs in by_time]


def pages_of(wanted: Iterable[Expected]) -> list[tuple[int, Called]]:
    """The pages among what is expected."""
    return [(one.at, Called(one.reason, one.about, one.rung, one.person)) for one in wanted if one.kind == "page"]


def _via(policy: Policy, person: str, kind: Literal["page", "tell"]) -> str:
    return _VIA[first_channel(policy.people.get(person), kind)]


def _carries(sent: Sent, one: Expected) -> bool:
    return (sent.person, sent.via) == (one.person, one.via) and says(sent, one.reason, one.about)
