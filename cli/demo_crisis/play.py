"""Play the crisis on a deployed stack: everybody acts at their time, and not before they were paged."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from cli.demo.carrier import CarrierRecord, Sent
from cli.demo.wake import wake
from cli.demo_crisis.acting import Done, RefusedError, Troupe
from cli.demo_crisis.expected import Expected, expected, fitted
from cli.demo_crisis.outcome import Outcome
from cli.demo_crisis.policy import demo_policy
from cli.demo_crisis.proof import deployment_of
from cli.demo_crisis.public import PublicPage
from cli.demo_crisis.report import show_act, show_awake, show_public, show_sent
from cli.demo_crisis.said import says
from cli.demo_crisis.story import CALLED, CASE, SOURCE, STORY, Act, Cast, in_order, stream
from cli.key_ring import KeyRing
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.site import public_page
from cli.local_stack.stack import LocalStack
from shared.adapters import policy_yaml
from shared.domain.events import incident_id
from shared.domain.instants import MINUTE, SECOND
from shared.domain.roster import candidates, seats_of

SPEED: Final = 60
"""30 minutes in 30 seconds."""
WATCHER: Final = "headquarters"
"""Whose key the incident is read with afterwards."""
_LOOK_EVERY: Final = 0.2
"""Seconds between two looks at the carrier's record: how exact the times shown are."""
_READ_EVERY: Final = 500
"""Milliseconds between two looks at the public page."""
_AT_ONCE: Final = 500
"""Milliseconds from the wake-up to the post."""
_OVERDUE: Final = 15 * SECOND
"""How long after their time people wait for the page they act upon (milliseconds); then the story has failed."""
_SETTLE: Final = 3 * SECOND
"""How long the carrier is watched after the last message, for one that should not come (milliseconds)."""
_COMPANIONS: Final = tuple(
    {"level": "suggestion", **to} for to in ({}, {"region": "east-china"}, {"department": "information-security"}) * 4
)
"""Complaints that nobody has to answer before the story is over, spread over three chains: nobody gets a digest."""
_HANDS: Final = 2
"""How many people act at one time."""


class Play:
    """One run of the story."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        text = demo_policy()
        self._policy = policy_yaml.parse(text, "demo")
        deployment_of(stack).policies().push(text)
        self._record = CarrierRecord(stack, self._policy)
        self._keys = self._give_keys()
        self._waiting: list[tuple[int, int, Act]] = []
        self._acting: dict[Future[Done], Act] = {}

    def run(self) -> Outcome:
        """From the post to the last message about the end of the crisis, and a little longer.

        Raises:
            LocalStackError: the stack could not be woken, or does not tell what became of the incident.
        """
        outcome = self._begin()
        plan = expected(
            stream(self._policy, outcome.start, SPEED), self._policy.scaled(SPEED), outcome.start + MINUTE * 10
        )
        self._waiting = [
            (outcome.start + after // SPEED, number, act) for number, (after, act) in enumerate(in_order(self._policy))
        ]
        troupe = Troupe(self._stack, outcome.cast, self._keys)
        end = self._waiting[-1][0] + _OVERDUE + _SETTLE
        read_at, quiet_since = 0, 0
        with ThreadPoolExecutor(_HANDS) as hands:
            while (now := _now()) < end:
                self._act(hands, troupe, outcome, now)
                if new := self._record.look(now):
                    _show(new, plan, self._record.sent, outcome.start)
                    quiet_since = now
                if now - read_at >= _READ_EVERY:
                    read_at = now
                    for rung in outcome.public.look(_now()):
                        show_public(rung, _now() - outcome.start)
                if not self._waiting and not self._acting and len(self._record.sent) >= len(plan):
                    end = min(end, quiet_since + _SETTLE)
                time.sleep(_LOOK_EVERY)
        outcome.refused += [
            f"minute {(at - outcome.start) / SECOND:.0f}: {_named(act)}: never came to it"
            for at, _, act in self._waiting
        ]
        outcome.ended, outcome.sent = _now(), list(self._record.sent)
        outcome.view = self._look_up(outcome)
        return outcome

    def _begin(self) -> Outcome:
        headers = {"authorization": f"Bearer {self._stack.api_key}"}
        with self._stack.http(base_url=self._stack.api_url, headers=headers, timeout=60) as http:
            awake = wake(self._stack, http, self._record, SOURCE, level="major", at_once=2, companions=_COMPANIONS)
            show_awake(awake)
        self._warm_hands()
        start = _now() + _AT_ONCE
        cast = Cast(self._policy, start + CALLED * MINUTE // SPEED)
        public = PublicPage(partial(public_page, self._stack), self._stack.site_url, incident_id(SOURCE, CASE))
        return Outcome(start, self._policy, cast, public)

    def _warm_hands(self) -> None:
        """Let as many people look at a link at one time as will act at one time: each needs a function of its own."""
        unknown = f"{self._stack.api_url}/l/AAAAAAAAAAA"
        with ThreadPoolExecutor(_HANDS) as hands, self._stack.http(timeout=60) as phone:
            for _ in range(2):
                list(hands.map(phone.get, [unknown] * _HANDS))

    def _act(self, hands: ThreadPoolExecutor, troupe: Troupe, outcome: Outcome, now: int) -> None:
        """Let everybody begin whose time has come and who was paged; say what came of those who are through."""
        for at, number, act in list(self._waiting):
            if at > now:
                break
            message = self._message(troupe.person(act), act)
            if act.upon and message is None:
                if now > at + _OVERDUE:
                    self._waiting.remove((at, number, act))
                    outcome.refused.append(f"{_named(act)}: the page `{act.upon}` never came")
                continue
            self._waiting.remove((at, number, act))
            self._acting[hands.submit(troupe.do, act, f"{number:03}", at, outcome.incident, message)] = act
        for future in [each for each in self._acting if each.done()]:
            act = self._acting.pop(future)
            try:
                done = future.result()
            except Exception as error:  # noqa: BLE001 - whatever it was, this act has failed and the story says so
                outcome.refused.append(f"{_named(act)}: {error if isinstance(error, RefusedError) else repr(error)}")
            else:
                outcome.taken.append(done)
                show_act(done, _now() - outcome.start)

    def _message(self, person: str, act: Act) -> Sent | None:
        """The page somebody acts upon, with its link."""
        about = act.data.get("rung") if act.upon == "statement_late" else None
        mine = (sent for sent in self._record.sent if sent.person == person and sent.via == "SMS")
        return next((sent for sent in mine if act.upon and says(sent, act.upon, about)), None)

    def _look_up(self, outcome: Outcome) -> Mapping[str, Any]:
        key = self._keys[outcome.cast.person(WATCHER)]
        with self._stack.http(headers={"authorization": f"Bearer {key}"}, timeout=60) as http:
            answer = http.get(f"{self._stack.api_url}/v1/incidents/{outcome.incident}")
        if not answer.is_success:
            raise LocalStackError(f"the API says nothing of {outcome.incident}: {answer.status_code}")
        return dict(answer.json())

    def _give_keys(self) -> dict[str, str]:
        """Keys before anybody uses the API, which remembers them for a minute; for whichever team will be on duty."""
        ring = KeyRing(self._stack.client("secretsmanager"), self._stack.outputs["ApiKeysSecretArn"])
        roster, cast = self._policy.roster, Cast(self._policy, _now())
        seats = [seat for role in roster.roles for seat in seats_of(roster, role)] if roster else []
        people = {cast.person(WATCHER)}
        for act in STORY:
            if act.door == "api":
                of_seat = [seat for seat in seats if seat.name == act.who.partition("/")[0]]
                both = [one.person for seat in of_seat if roster for one in candidates(roster, seat, cast.called_at)]
                people |= set(both) or {cast.person(act.who)}
        return {person: ring.add(f"demo {person}", person=person) for person in sorted(people)}


def _show(new: list[Sent], plan: list[Expected], sent: list[Sent], start: int) -> None:
    matches, _ = fitted(plan, sent)
    for one in new:
        show_sent(one, next((match for match in matches if match.sent is one), None), start)


def _named(act: Act) -> str:
    return f"{act.who} {act.what}"


def _now() -> int:
    return time.time_ns() // 1_000_000
