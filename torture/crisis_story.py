"""A crisis as its people play it: they come when called, draft what is due, read what is drafted, and judge it.

Each looks before acting and acts some while after, so that what was read may have changed; some act in the very
instant in which a statement is due.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any
from urllib.parse import quote

from shared.domain.instants import MINUTE, SECOND, parse_instant
from torture.clockwork import Clockwork
from torture.people import Doors

RUNGS = (("first", 10), ("progress", 20), ("full", 32))
"""The statement ladder of policy.yaml: rungs, and minutes after the declaration."""
_SEATS = {"public_relations": ("jon", "kim"), "legal": ("hal", "ida"), "commander": ("fay", "gus")}
_DRAFTS, _OTHERS = "public_relations", ("gus", "ida", "jon", "kim", "eve")
_SEES = "eve"
_LOOKS, _TRIES = 7, 4
_NOT_FOUND, _CONFLICT = 404, 409


class CrisisStory:
    """Who does what in one crisis.

    Args:
        case: the incident it is about, once it is known.
    """

    def __init__(self, clock: Clockwork, doors: Doors, case: str) -> None:
        self._clock = clock
        self._doors = doors
        self._case = case

    @property
    def _dice(self) -> Random:
        return self._clock.rng

    def begin(self, at: int) -> None:
        """Plan it all, from its first complaint on."""
        dice = self._dice
        for first, second in _SEATS.values():
            if dice.random() < _FIRST_COMES:
                self.act(at + dice.randrange(3 * MINUTE), first, "confirm-call", {})
            if dice.random() < _SECOND_COMES:
                self.act(at + dice.randrange(2 * MINUTE, 8 * MINUTE), second, "confirm-call", {})
        for rung, due in RUNGS:
            self._statement(rung, at + round(due * MINUTE * dice.uniform(0.2, 1.1)))
        for _ in range(dice.randrange(3)):
            self.act(at + dice.randrange(15 * MINUTE), dice.choice(_OTHERS), "milestone", {"milestone": "plan"})
        if dice.random() < _STANDS_DOWN:
            over = at + dice.randrange(10 * MINUTE, 35 * MINUTE)
            self.act(over, dice.choice(("fay", "gus")), "stand-down", {"reason": "it is over"})

    def act(self, at: int, person: str, verb: str, said: dict[str, Any]) -> None:
        """Have somebody say something about the crisis; again where it is not there yet, or calls them later."""
        waits = {"no_effect"} if verb == "confirm-call" else set()

        def do() -> None:
            for _ in range(_TRIES if waits else _LOOKS):
                code, status = self._say(person, verb, said)
                if code not in (_NOT_FOUND, _CONFLICT) and status not in waits:
                    break
                self._clock.pause(2 * MINUTE)

        self._start(at, person, do)

    def _statement(self, rung: str, at: int) -> None:
        """Somebody drafts it, perhaps twice; perhaps what is public has to be corrected."""
        dice = self._dice
        for number in range(1, 1 + dice.choice((1, 1, 2, 3))):
            at += number * dice.randrange(2 * MINUTE)
            self._write(at, rung, "draft", f"{rung} {number}: we are looking into it.")
        if dice.random() < _CORRECTS:
            self._write(at + dice.randrange(20 * MINUTE), rung, "correct", f"{rung}, corrected.")

    def _write(self, at: int, rung: str, verb: str, words: str) -> None:
        """A text by whoever sits there for it; then some of those read it who may judge it, and some who may not."""
        dice = self._dice

        def fits(crisis: dict[str, Any]) -> bool:
            there = _rung(crisis, rung)
            return bool(there and _sitting(crisis, _DRAFTS) and (verb == "correct") == (there["state"] == "published"))

        def write() -> None:
            crisis = self._seen(fits)
            if crisis is None:
                return
            drafter = _sitting(crisis, _DRAFTS)
            self._say(drafter, verb, {"rung": rung, "text": {"en": words, "zh-CN": f"{words} 我们正在调查。"}})
            judges = [*_SEATS, dice.choice(_OTHERS)]
            for judge in judges:
                if dice.random() < _READS:
                    later = self._clock.now + dice.randrange(3 * MINUTE)
                    self._start(later, judge, partial(self._judge, judge, rung))

        self._start(at, "drafter", write)

    def _judge(self, judge: str, rung: str) -> None:
        """Read the newest text and stand by it, or not; it may have changed meanwhile.

        Args:
            judge: a role, for who sits there, or a person.
        """
        dice = self._dice

        def fits(crisis: dict[str, Any]) -> bool:
            there = _rung(crisis, rung)
            return bool(there and there["revisions"] and (judge not in _SEATS or _sitting(crisis, judge)))

        crisis = self._seen(fits)
        seen = _rung(crisis, rung) if crisis else None
        if crisis is None or seen is None:
            return
        reads_until = self._clock.now + dice.randrange(SECOND, 2 * MINUTE)
        if dice.random() < _WORST_MOMENT:
            due = parse_instant(seen[dice.choice(("publish_at", "due"))]) + dice.randrange(-60, 60)
            reads_until = due if due > self._clock.now else reads_until
        self._clock.pause(reads_until - self._clock.now)
        said: dict[str, Any] = {"rung": rung, "revision": seen["revisions"][-1]["revision"]}
        person = _sitting(crisis, judge) or judge
        if dice.random() < _VETOES:
            self._say(person, "reject", {**said, "reason": "not true"})
        else:
            self._say(person, "approve", said)
            if dice.random() < _LEAVES:  # and no longer stands by it, unless they are asked again
                self.act(self._clock.now + dice.randrange(4 * MINUTE), person, "decline-call", {"reason": "ill"})

    def _seen(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
        """The crisis as the top of the chain sees it, once it is as it should be; None where it never is."""
        path = f"/v1/incidents/{quote(self._case)}"
        for _ in range(_LOOKS):
            answer = self._doors.insist("intake_api", "GET", path, key=self._doors.keys[_SEES])
            crisis: dict[str, Any] | None = json.loads(answer.body).get("crisis") if answer.status == _FINE else None
            if crisis and crisis["over_at"]:
                return None
            if crisis and fits(crisis):
                return crisis
            self._clock.pause(round(MINUTE * self._dice.uniform(1, 4)))
        return None

    def _say(self, person: str, verb: str, said: dict[str, Any]) -> tuple[int, str]:
        answer = self._doors.say(person, self._case, verb, said)
        self._clock.tell(person, f"{verb} {said.get('rung', '')}: {answer.status} {_status(answer.body)}")
        return answer.status, _status(answer.body)

    def _start(self, at: int, person: str, work: Callable[[], None]) -> None:
        self._clock.at(at, lambda: self._clock.start(person, work))


def _rung(crisis: dict[str, Any], rung: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next((each for each in crisis["statements"] if each["rung"] == rung), None)
    return found


def _sitting(crisis: dict[str, Any], role: str) -> str:
    """Who sits for a role; "" where nobody does."""
    return next((seat["person"] for seat in crisis["seats"] if seat["role"] == role and seat["person"]), "")


def _status(body: str) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("status", "")) if isinstance(said, dict) else ""


_FINE = 200
_FIRST_COMES = 0.8
_SECOND_COMES = 0.4
_READS = 0.75
_WORST_MOMENT = 0.25
_VETOES = 0.08
_CORRECTS = 0.3
_LEAVES = 0.1
_STANDS_DOWN = 0.2
