"""People: they get a page, look at it, and answer by its link, at once, late, twice, at the worst moment or never."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from shared.domain.instants import MINUTE, SECOND
from shared.domain.policy import Policy
from torture.carriers import Taken
from torture.clockwork import Clockwork
from torture.lambdas import Lambdas

LINK_BASE = "https://t.example"
_LINK = re.compile(re.escape(LINK_BASE) + r"/([A-Za-z0-9_-]{8,})")
_REACTIONS = (SECOND, 8 * SECOND, MINUTE, 3 * MINUTE, 5 * MINUTE, 9 * MINUTE, 15 * MINUTE)
_TRIES = 6
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Answer:
    """What an HTTP request was answered; a status of 0 where no answer came."""

    status: int
    body: str = ""


class Doors:
    """The HTTP API as its users see it: a run that fails or never ends is a 503."""

    def __init__(self, clock: Clockwork, lambdas: Lambdas) -> None:
        self._clock = clock
        self._lambdas = lambdas
        self.keys: dict[str, str] = {}

    def ask(
        self, function: str, method: str, path: str, *, key: str = "", body: str = "", media: str = "application/json"
    ) -> Answer:
        """One request, from within a task."""
        headers = {"host": "t.example", "content-type": media}
        if key:
            headers["authorization"] = f"Bearer {key}"
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": headers,
            "requestContext": {
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "requestId": "torture",
                "stage": "$default",
                "timeEpoch": self._clock.now,
            },
            "body": body,
            "isBase64Encoded": False,
        }
        succeeded, answer = self._lambdas.call(function, event, reads_only=method == "GET")
        if not succeeded:
            return Answer(503)
        return Answer(int(answer["statusCode"]), answer["body"] or "")

    def insist(self, function: str, method: str, path: str, **more: str) -> Answer:
        """The same, again and again until it is answered, as clients do."""
        answer = Answer(503)
        for _ in range(_TRIES):
            answer = self.ask(function, method, path, **more)
            if answer.status < _SERVER_ERROR:
                break
            self._clock.pause(self._clock.rng.randrange(SECOND, 20 * SECOND))
        return answer

    def say(self, person: str, incident: str, verb: str, said: Mapping[str, Any]) -> Answer:
        """A person's verb over the API."""
        path = f"/v1/incidents/{quote(incident)}/{verb}"
        return self.insist("respond", "POST", path, key=self.keys[person], body=json.dumps(said))


class People:
    """Everybody with a telephone or a mailbox.

    Args:
        alertness: how likely somebody answers a page at all.
    """

    def __init__(self, clock: Clockwork, doors: Doors, policy: Policy, alertness: float) -> None:
        self._clock = clock
        self._doors = doors
        self._who = {
            address: name
            for name, person in policy.people.items()
            for address in (person.phone, person.email)
            if address
        }
        self._alertness = alertness
        self.next_steps: list[int] = []

    def hear(self, taken: Taken) -> None:
        """A message is in somebody's hands."""
        person = self._who.get(taken.address)
        found = _LINK.search(taken.text)
        if person is None or found is None:
            return
        token, dice = found[1], self._clock.rng
        if dice.random() < _SCANNED:
            self._clock.start("scanner", lambda: self._look(token), dice.randrange(50, 3_000))
        if dice.random() < self._alertness:
            for _ in range(2 if dice.random() < _TWICE else 1):
                self._clock.start(person, lambda: self._answer(person, token), self._reaction())

    def _reaction(self) -> int:
        """Some while; or so that it comes together with the next thing that is due."""
        dice = self._clock.rng
        if self.next_steps and dice.random() < _WORST_MOMENT:
            due = dice.choice(self.next_steps)
            if due > self._clock.now:
                return max(1, due - self._clock.now + dice.randrange(-60, 60))
        return round(dice.choice(_REACTIONS) * dice.uniform(0.5, 1.2))

    def _look(self, token: str) -> None:
        self._doors.ask("respond", "GET", f"/{token}")

    def _answer(self, person: str, token: str) -> None:
        """Look, think, and press a button; sometimes one that is not there any more, on a page opened long ago."""
        dice = self._clock.rng
        page = self._doors.ask("respond", "GET", f"/{token}").body
        form = self._form(page)
        if form is None:
            return
        if dice.random() < _THINKS:
            self._clock.pause(round(MINUTE * dice.uniform(0.05, 4)))
        said = self._doors.insist(
            "respond", "POST", f"/{token}", body=urlencode(form), media="application/x-www-form-urlencoded"
        )
        self._clock.tell(person, f"{form['verb']} by link: {said.status}")

    def _form(self, page: str) -> dict[str, str] | None:
        dice = self._clock.rng
        offered = set(_BUTTON.findall(page))
        if "confirm" in offered or "decline" in offered:
            return {"verb": "confirm" if dice.random() < _COMES else "decline", "reason": "so it is"}
        if texts := _TEXT.findall(page):
            rung, revision, digest = dice.choice(texts)
            text = {"rung": rung, "revision": revision, "hash": digest}
            return {**text, "verb": "reject" if dice.random() < _VETOES else "approve", "reason": "not true"}
        if (found := _MILESTONE.search(page)) is not None:
            return {"verb": "milestone", "milestone": found[1]}
        verbs = {verb: weight for verb, weight in _HANDLES.items() if verb in offered}
        if not verbs:
            verbs = _HANDLES if dice.random() < _BY_AN_OLD_PAGE else {}
        if not verbs:
            return None
        verb = dice.choices(list(verbs), list(verbs.values()))[0]
        return {"verb": verb, "solution": "a new one", "reason": "too big", "to": "dan"}


_BUTTON = re.compile(r'name="verb" value="([a-z_]+)"')
_TEXT = re.compile(
    r'name="rung" value="([^"]+)"><input type="hidden" name="revision" value="(\d+)"><input [^>]*'
    r'name="hash" value="([0-9a-f]+)">'
)
_MILESTONE = re.compile(r'name="milestone" value="([^"]+)"')
_HANDLES = {"acknowledge": 8, "resolve": 2, "escalate": 1, "hand_over": 1}
_VETOES = 0.06
_THINKS = 0.3
_BY_AN_OLD_PAGE = 0.5
_SCANNED = 0.15
_TWICE = 0.15
_COMES = 0.85
_WORST_MOMENT = 0.4
