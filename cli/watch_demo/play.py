"""Break one thing after another on a deployed stack, and listen to who is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Final

from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import LocalStack
from cli.watch_demo.faults import complaint, post, restart
from cli.watch_demo.outside import DeadMansSwitch, Outside, now
from cli.watch_demo.report import show_break, show_healthy, show_mended, show_quiet, show_told
from cli.watch_demo.story import GRACE_MINUTES, HEALTHY_MINUTES, PERIOD_MINUTES, STORY, Break, Pace
from cli.watch_demo.told import Told, alarm_of
from cli.watch_demo.verdict import Broken, Outcome, still_on

_QUIET_WITHIN: Final = 18
"""Minutes of the stage a new stack has until its first sweep, pulse and audit are behind it."""
_AWAKE_WITHIN: Final = 120
"""Seconds the first page has, which starts every function on its way."""
_PAGED_WITHIN: Final = 30
"""Seconds: the promise of C1."""
_LOOK_EVERY: Final = 0.1
_BEYOND: Final = 3
"""How many minutes of the stage longer than its bound a telling is waited for: a late one is shown as late."""
_ENDED_WITHIN: Final = 20
"""Minutes of the stage until the last word that all is well: an alarm on something rare looks back 15 minutes."""


class Play:
    """One run of the story."""

    def __init__(self, stack: LocalStack, pace: Pace) -> None:
        self._stack = stack
        self._minute = pace.minute
        self._outcome = Outcome()
        self._lock = threading.Lock()
        self._switch = DeadMansSwitch(period=PERIOD_MINUTES * self._minute, grace=GRACE_MINUTES * self._minute)

    def run(self) -> Outcome:
        """Until everything was broken, told, mended, and told to be over.

        Raises:
            LocalStackError: the stack never came to rest, or pages nobody although nothing is broken.
        """
        with Outside(self._switch, self._hear) as outside:
            self._connect(outside)
            self._be_healthy()
            for act in STORY:
                self._break(act)
            self._wait(lambda: not still_on(self._outcome), _ENDED_WITHIN * self._minute)
        return self._outcome

    def _hear(self, told: Told) -> None:
        with self._lock:
            self._outcome.told.append(told)
            show_told(told, self._since(told.at))

    def _connect(self, outside: Outside) -> None:
        """The heartbeat's URL first; then, once no alarm is left over from the deployment, the operations topic."""
        stack = self._stack
        secret = {"SecretId": stack.outputs["HeartbeatSecretArn"], "SecretString": json.dumps({"url": outside.alive})}
        stack.client("secretsmanager").put_secret_value(**secret)
        restart(stack, stack.outputs["ProveAliveFunction"])
        self._page(_AWAKE_WITHIN)
        cloudwatch = stack.client("cloudwatch").get_paginator("describe_alarms")
        states: dict[str, str] = {}

        def quiet() -> bool:
            for page in cloudwatch.paginate():
                states.update({alarm_of(alarm["AlarmName"]): alarm["StateValue"] for alarm in page["MetricAlarms"]})
            return self._switch.heard and set(states.values()) == {"OK"}

        if not self._wait(quiet, _QUIET_WITHIN * self._minute, every=1):
            on = [alarm for alarm, state in states.items() if state != "OK"]
            heard = "" if self._switch.heard else "no heartbeat was heard; "
            raise LocalStackError(
                f"not at rest {_QUIET_WITHIN} minutes of the stage after its deployment: {heard}{', '.join(on)}. "
                f"Such a minute is {self._minute / 1000:g} s; where functions start too slowly for it, "
                "take a lower --speed"
            )
        topic = stack.outputs["OperationsTopicArn"]
        stack.client("sns").subscribe(TopicArn=topic, Protocol="http", Endpoint=outside.operations)
        self._outcome.watched_from = now()
        show_quiet(len(states))

    def _be_healthy(self) -> None:
        """The pager at work: a complaint comes in, somebody is paged, and nobody else hears of it."""
        show_healthy(self._page(_PAGED_WITHIN))
        rest = self._outcome.watched_from + HEALTHY_MINUTES * self._minute - now()
        time.sleep(max(0, rest) / 1000)

    def _page(self, within: int) -> float:
        """Seconds from a complaint to the page in the carrier's record."""
        event, posted = complaint(), time.monotonic()
        post(self._stack, event)
        if not self._wait(
            lambda: any(event["id"] in sms["Message"] for sms in self._stack.carrier_sms()), within * 1000
        ):
            raise LocalStackError(f"nobody was paged within {within} s, and nothing was broken yet")
        return time.monotonic() - posted

    def _break(self, act: Break) -> None:
        fault, within = act.fault(self._stack), act.within * self._minute
        began = now()
        show_break(act, self._since(began))
        try:
            fault.begin()
            self._wait(lambda: self._is_told(act, began), within + _BEYOND * self._minute)
        finally:
            mended = now()
            lost = fault.mend()
        show_mended(act, self._since(mended))
        with self._lock:
            self._outcome.lost += lost
            self._outcome.broken.append(
                Broken(act.title, act.alarm, act.by, within, act.brings, began=began, mended=mended)
            )

    def _is_told(self, act: Break, began: int) -> bool:
        with self._lock:
            return any(
                (each.alarm, each.by, each.state) == (act.alarm, act.by, "ALARM") and each.at >= began
                for each in self._outcome.told
            )

    def _wait(self, until: Callable[[], bool], longest: int, every: float = _LOOK_EVERY) -> bool:
        end = time.monotonic() + longest / 1000
        while not (done := until()) and time.monotonic() < end:
            time.sleep(every)
        return done

    def _since(self, at: int) -> float:
        return (at - self._outcome.watched_from) / 1000
