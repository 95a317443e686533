"""What CloudWatch does beside keeping figures, and the emulator does not: the local stack's alarms speak with it.

Figures come out of log lines (embedded metric format), queues and functions publish their own, and every alarm is
looked at once a minute whether anything came or not. All times are the stage's: at ten times the speed a minute is six
seconds, and a message that waited for twelve seconds is told to be two minutes old.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ministack.services import cloudwatch, sqs

from cli.local_stack.alarm_rule import AlarmRule, State

MINUTE_SECONDS: Final = 60
_GIVEN_BACK: Final = 3
"""A message that was received so often no longer counts for the age of the oldest."""
_log = logging.getLogger("tocsin.cloudwatch")


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a metric; `at` in seconds UTC."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    unit: str
    value: float
    at: float


def figures_of(line: str) -> Iterator[Figure]:
    """What a log line of the embedded metric format says; nothing for any other line."""
    start = line.find("{")
    if start < 0 or '"CloudWatchMetrics"' not in line:
        return
    try:
        told = json.loads(line[start:])
    except ValueError:
        return
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for metric in directive["Metrics"]:
            values = told[metric["Name"]]
            for names in directive["Dimensions"]:
                for value in values if isinstance(values, list) else [values]:
                    yield Figure(
                        namespace=directive["Namespace"],
                        name=metric["Name"],
                        dimensions={name: told[name] for name in names},
                        unit=metric.get("Unit", "None"),
                        value=float(value),
                        at=told["_aws"]["Timestamp"] / 1000,
                    )


class CloudWatch:
    """Runs in the emulator's process, on its own stores: the launcher starts it, and it stops when the emulator does.

    Args:
        speed: how many times as fast as the world's the stage's clocks are.
    """

    def __init__(self, speed: int) -> None:
        self._speed = speed
        self._unknown: set[str] = set()

    @property
    def minute(self) -> float:
        """Seconds of the world in a minute of the stage."""
        return MINUTE_SECONDS / self._speed

    def run(self) -> None:
        """For ever: queues tell about themselves ten times a minute, alarms are looked at once."""
        evaluated = time.time()
        while True:
            time.sleep(self.minute / 10)
            try:
                self.watch_queues(time.time())
                if time.time() >= evaluated + self.minute:
                    evaluated = time.time()
                    self.evaluate(evaluated)
            except Exception:  # noqa: BLE001 - whatever it was, the next look may be luckier; the log has it
                _log.exception("the local CloudWatch stumbled")

    def take_log(self, text: str) -> None:
        """Lines of a function's log."""
        for line in text.splitlines():
            for each in figures_of(line):
                self._keep(each)

    def took(self, function: str, started: float, *, failed: bool, event: Any) -> None:
        """A function was called, however it was called."""
        now = time.time()
        of = {"FunctionName": function}
        self._keep(Figure("AWS/Lambda", "Invocations", of, "Count", 1, now))
        self._keep(Figure("AWS/Lambda", "Errors", of, "Count", int(failed), now))
        self._keep(Figure("AWS/Lambda", "Duration", of, "Milliseconds", (now - started) * 1000, now))
        if (written := _written(event)) is not None:
            behind = max(0.0, started - written) * 1000 * self._speed
            self._keep(Figure("AWS/Lambda", "IteratorAge", of, "Milliseconds", behind, now))

    def watch_queues(self, now: float) -> None:
        """How many messages of each queue are visible, and how old the oldest is."""
        for queue in list(sqs._queues.values()):  # noqa: SLF001 - the service has no other way in
            messages = list(queue["messages"])
            of = {"QueueName": queue["name"]}
            visible = sum(message["visible_at"] <= now for message in messages)
            ages = [self._age(message, now) for message in messages if message["receive_count"] < _GIVEN_BACK]
            age = max(ages, default=0)
            self._keep(Figure("AWS/SQS", "ApproximateNumberOfMessagesVisible", of, "Count", visible, now))
            self._keep(Figure("AWS/SQS", "ApproximateAgeOfOldestMessage", of, "Seconds", age, now))

    def _age(self, message: Mapping[str, Any], now: float) -> float:
        """Seconds since it was sent. Those of its delay stay the world's: delays do not run faster with the stage."""
        due = message["first_receive_at"] if message["receive_count"] else message["visible_at"]
        return float(now - message["sent_at"] + max(0, now - due) * (self._speed - 1))

    def evaluate(self, now: float) -> None:
        """Look at every alarm; one that changed its state tells whom it should."""
        for alarm in list(cloudwatch._alarms.values()):  # noqa: SLF001
            name = alarm["AlarmName"]
            try:
                rule = AlarmRule.of(alarm)
            except (KeyError, ValueError):
                if name not in self._unknown:
                    _log.exception("%s is not evaluated", name)
                self._unknown.add(name)
                continue
            points = list(self._points(alarm, rule, now))
            state = rule.state(points)
            if state != alarm["StateValue"]:
                self._change(alarm, state, f"{rule.comparison} {rule.threshold:g}, latest last: {_shown(points)}")

    def _points(self, alarm: Mapping[str, Any], rule: AlarmRule, now: float) -> Iterator[float | None]:
        """Data points, oldest first; the window slides with each evaluation (AWS's default)."""
        dimensions = cloudwatch._dims_key({each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []})  # noqa: SLF001
        kept = list(cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or [])  # noqa: SLF001
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        period = rule.period / self._speed
        for back in range(rule.looked_at, 0, -1):
            begin = now - back * period
            within = [point for point in kept if begin <= point["Timestamp"] < begin + period]
            stats = cloudwatch._calc_stats(within)  # noqa: SLF001
            yield cloudwatch._stat_value(stats, statistic, within) if within else None  # noqa: SLF001

    @staticmethod
    def _change(alarm: dict[str, Any], state: State, why: str) -> None:
        before = alarm["StateValue"]
        reason = f"Threshold Crossed: {why}" if state == "ALARM" else f"Back within the threshold: {why}"
        alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
        cloudwatch._record_history(alarm["AlarmName"], before, state, reason)  # noqa: SLF001
        cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)  # noqa: SLF001

    @staticmethod
    def _keep(figure: Figure) -> None:
        cloudwatch._store_datum(  # noqa: SLF001
            figure.namespace,
            figure.name,
            dict(figure.dimensions),
            figure.at,
            figure.unit,
            figure.value,
            None,
            None,
            None,
        )


def _written(event: Any) -> float | None:
    """When the last record of a stream's batch was written (seconds UTC); None: the call is of no stream."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not records or records[-1].get("eventSource") != "aws:dynamodb":
        return None
    written = records[-1]["dynamodb"].get("ApproximateCreationDateTime")
    return None if written is None else float(written)


def _shown(points: list[float | None]) -> str:
    return " ".join("-" if point is None else f"{point:g}" for point in points)
