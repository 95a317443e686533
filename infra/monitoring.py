"""Who watches the watchman: alarms on everything that could make Tocsin late or silent, and one dashboard.

The functions count under these names (CloudWatch embedded metrics, dimension `service` = the function's name).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import TocsinFunction
from infra.service import ServiceStack
from infra.stages import Stage

HEARTBEAT: Final = "Heartbeat"
"""One a completed run, of `sweep_timers` and of `audit`."""
TIMER_LATENESS: Final = "TimerLateness"
"""Seconds between a timer's due time and its claim, from `fire_timer`."""
FOUND_BY_AUDIT: Final = {
    "OverdueTimers": "timers that nobody fired in time",
    "ParkedTimers": "timers that failed again and again and were set aside",
    "StuckMessages": "messages that never left the outbox",
    "SilentIncidents": "open incidents without a next step",
    "Quarantined": "events that could not be read and wait for a person",
}

_MINUTE: Final = Duration.minutes(1)
_BREACHING = cloudwatch.TreatMissingData.BREACHING
_NOT_BREACHING = cloudwatch.TreatMissingData.NOT_BREACHING


class MonitoringStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, service: ServiceStack) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Monitoring"),
            description=f"Tocsin {stage.name}: alarms and dashboard",
        )
        self._stage = stage
        self._service = service
        self._action = actions.SnsAction(service.operations)
        self._watch_dead_letters()
        self._watch_queues()
        self._watch_functions()
        self._watch_heartbeats()
        self._watch_findings()
        self._dashboard()

    def _alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        *,
        above: float,
        says: str,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = _NOT_BREACHING,
        below: bool = False,
    ) -> None:
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=above,
            comparison_operator=comparison.LESS_THAN_THRESHOLD if below else comparison.GREATER_THAN_THRESHOLD,
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=missing,
            alarm_description=f"Tocsin {self._stage.name}: {says}. See the operations runbook.",
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)

    def _count(self, name: str, service: str, *, statistic: str, period: Duration = _MINUTE) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=self._stage.metrics_namespace,
            metric_name=name,
            dimensions_map={"service": service},
            statistic=statistic,
            period=period,
        )

    def _dead_letter_queues(self) -> Iterator[tuple[str, sqs.Queue]]:
        queues = self._service.queues
        yield "Events", queues.events.dead_letters
        yield "Timers", queues.timers.dead_letters
        yield "Messages", queues.messages.dead_letters
        yield "Bus", queues.bus_failures
        yield "Streams", queues.stream_failures
        yield "Invocations", queues.invocation_failures

    def _watch_dead_letters(self) -> None:
        for name, queue in self._dead_letter_queues():
            self._alarm(
                f"{name}DeadLetters",
                queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="Maximum"),
                above=0,
                says=f"something in {name.lower()} failed for good and waits for a person",
            )

    def _watch_queues(self) -> None:
        queues = self._service.queues
        for name, work in (("Events", queues.events), ("Timers", queues.timers), ("Messages", queues.messages)):
            # A timer may be delayed 5 minutes on purpose; the age counts from when it was sent.
            delayed = 300 if work is queues.timers else 0
            self._alarm(
                f"{name}Waiting",
                work.queue.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic="Maximum"),
                above=self._stage.alarms.oldest_message_seconds + delayed,
                periods=2,
                says=f"{name.lower()} wait too long in their queue",
            )

    def _watch_functions(self) -> None:
        for each in self._service.functions.all:
            name = _title(each)
            self._alarm(
                f"{name}Errors",
                each.function.metric_errors(period=_MINUTE, statistic="Sum"),
                above=0,
                periods=3,
                says=f"{each.name} fails",
            )
            self._alarm(
                f"{name}Throttles",
                each.function.metric_throttles(period=_MINUTE, statistic="Sum"),
                above=0,
                periods=2,
                says=f"{each.name} is throttled",
            )
        for follower in (self._service.functions.arm_timers, self._service.functions.relay_outbox):
            self._alarm(
                f"{_title(follower)}Behind",
                follower.function.metric("IteratorAge", period=_MINUTE, statistic="Maximum"),
                above=self._stage.alarms.oldest_stream_record_seconds * 1000,
                periods=2,
                says=f"{follower.name} falls behind its stream",
            )

    def _watch_heartbeats(self) -> None:
        alarms = self._stage.alarms
        self._alarm(
            "SweepSilent",
            self._count(HEARTBEAT, "sweep_timers", statistic="Sum"),
            above=1,
            below=True,
            periods=alarms.heartbeat_missing_minutes,
            missing=_BREACHING,
            says="no sweep of the timers: deadlines pass unnoticed",
        )
        self._alarm(
            "AuditSilent",
            self._count(HEARTBEAT, "audit", statistic="Sum", period=Duration.minutes(5)),
            above=1,
            below=True,
            periods=max(1, alarms.audit_missing_minutes // 5),
            missing=_BREACHING,
            says="no audit: nobody would notice what the sweep misses",
        )
        self._alarm(
            "TimersLate",
            self._count(TIMER_LATENESS, "fire_timer", statistic="Maximum"),
            above=alarms.timer_lateness_seconds,
            periods=2,
            says="timers fire late",
        )

    def _watch_findings(self) -> None:
        for name, says in FOUND_BY_AUDIT.items():
            self._alarm(
                name,
                self._count(name, "audit", statistic="Maximum", period=Duration.minutes(5)),
                above=0,
                says=says,
            )

    def _dashboard(self) -> None:
        queues, functions = self._service.queues, self._service.functions
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self._stage.stack_name("Dashboard"))
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Heartbeats",
                width=8,
                left=[self._count(HEARTBEAT, name, statistic="Sum") for name in ("sweep_timers", "audit")],
            ),
            cloudwatch.GraphWidget(
                title="Timer lateness, seconds",
                width=8,
                left=[self._count(TIMER_LATENESS, "fire_timer", statistic=each) for each in ("p50", "p99", "Maximum")],
            ),
            cloudwatch.GraphWidget(
                title="Found by the audit",
                width=8,
                left=[
                    self._count(name, "audit", statistic="Maximum", period=Duration.minutes(5))
                    for name in FOUND_BY_AUDIT
                ],
            ),
        )
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Oldest message, seconds",
                width=8,
                left=[
                    work.queue.metric_approximate_age_of_oldest_message(statistic="Maximum")
                    for work in (queues.events, queues.timers, queues.messages)
                ],
            ),
            cloudwatch.GraphWidget(
                title="Dead letters",
                width=8,
                left=[
                    queue.metric_approximate_number_of_messages_visible(statistic="Maximum", label=name)
                    for name, queue in self._dead_letter_queues()
                ],
            ),
            cloudwatch.GraphWidget(
                title="Errors",
                width=8,
                left=[each.function.metric_errors(statistic="Sum", label=each.name) for each in functions.all],
            ),
        )


def _title(function: TocsinFunction) -> str:
    return function.node.id
