"""Play the story on a deployed stack: post what happened when it happens, answer one page, wait for the rest."""

from __future__ import annotations

import time
from typing import Any, Final

import httpx

from cli.demo.carrier import CarrierRecord, Sent
from cli.demo.report import show_answer, show_awake, show_sent
from cli.demo.story import ANSWERED, ANSWERED_BY, LAST_RUNG, POLICY, SPEED, UNANSWERED, Slice, from_now
from cli.demo.verdict import Match, Outcome, expected_pages, held_together
from cli.demo.wake import wake
from cli.key_ring import KeyRing
from cli.local_stack.stack import LocalStack
from shared.adapters import policy_yaml
from shared.domain.instants import parse_instant

_LOOK_EVERY: Final = 0.1
"""Seconds between two looks at the carrier's record: how exact the times shown are."""
_SETTLE: Final = 5_000
"""Milliseconds the carrier is watched after the last page, for one that should not come."""
_GIVE_UP: Final = 150_000
"""Milliseconds after which the story has failed, whatever is missing."""
_AT_ONCE: Final = 1_000
"""Milliseconds from deployment to the first event."""


class Play:
    """One run of the story."""

    def __init__(self, stack: LocalStack, story: Slice) -> None:
        self._stack = stack
        self._policy = policy_yaml.load(POLICY).scaled(SPEED)
        self._record = CarrierRecord(stack, self._policy)
        ring = KeyRing(stack.client("secretsmanager"), stack.outputs["ApiKeysSecretArn"])
        key = ring.add("ServiceNow", source=story.events[0]["source"])
        self._auth = {"authorization": f"Bearer {key}"}
        self._story = story
        self._outcome = Outcome(start=0)
        self._events: list[dict[str, Any]] = []
        self._happened: list[dict[str, Any]] = []
        self._ids: dict[str, str] = {}

    def run(self) -> Outcome:
        """Until the last rung was paged for the unanswered incident, and a little longer."""
        outcome = self._outcome
        with self._stack.http(base_url=self._stack.api_url, headers=self._auth, timeout=60) as http:
            show_awake(wake(self._stack, http, self._record, self._story.events[0]["source"]))
            outcome.start = _now() + _AT_ONCE
            end = outcome.start + _GIVE_UP
            self._events = from_now(self._story, outcome.start)
            while (now := _now()) < end:
                self._post_what_is_due(http, now)
                if new := self._record.look(now):
                    self._hold_together(now)
                    for sent in new:
                        match = next((match for match in outcome.matches if match.sent is sent), None)
                        show_sent(sent, match, outcome.start)
                        self._answer(http, sent, match)
                        if _is_last(match):
                            end = now + _SETTLE
                time.sleep(_LOOK_EVERY)
            self._hold_together(_now() - _SETTLE // 2)
            outcome.states = {
                subject: http.get(f"/v1/incidents/{incident}").raise_for_status().json()
                for subject, incident in self._ids.items()
            }
        return outcome

    def _post_what_is_due(self, http: httpx.Client, now: int) -> None:
        while self._events and parse_instant(self._events[0]["time"]) <= now:
            event = self._events.pop(0)
            taken = http.post("/v1/events", json=event).raise_for_status().json()
            self._ids[event["subject"]] = taken["incident"]
            self._happened.append(event)

    def _hold_together(self, until: int) -> None:
        expected = expected_pages(self._happened, self._policy, until)
        self._outcome.matches, self._outcome.extra = held_together(expected, self._record.sent)

    def _answer(self, http: httpx.Client, sent: Sent, match: Match | None) -> None:
        """The team lead opens the link as it stands in the SMS and takes the incident over."""
        if match is None or match.page.subject != ANSWERED or sent.person != ANSWERED_BY or self._outcome.answered_at:
            return
        link = sent.link or ""
        with self._stack.http(timeout=30) as phone:
            shown, done = phone.get(link), phone.post(link, data={"verb": "acknowledge"})
        show_answer(sent, shown.status_code, done.status_code)
        timeline = http.get(f"/v1/incidents/{self._ids[ANSWERED]}").raise_for_status().json()["timeline"]
        taken = next((entry for entry in timeline if entry["kind"] == "complaint.acknowledged"), None)
        if taken is None:
            return
        self._outcome.answered_at = parse_instant(taken["at"])
        first = next(event for event in self._happened if event["subject"] == ANSWERED)
        self._happened.append(
            {
                **first,
                "id": "the-link",
                "source": "link",
                "type": "complaint.acknowledged",
                "time": taken["at"],
                "data": {"by": ANSWERED_BY, "of": first["source"]},
            }
        )


def _is_last(match: Match | None) -> bool:
    return match is not None and match.page.subject == UNANSWERED and match.page.rung == LAST_RUNG


def _now() -> int:
    return time.time_ns() // 1_000_000
