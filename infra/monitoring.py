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

from infra.functions import SEALED_EVERY_SECONDS
from infra.queues import WorkQueue
from infra.service import ServiceStack, camel
from infra.stages import Stage

SWEPT: Final = ("TimersHandedOver", "sweep_timers")
"""One sample a sweep, whatever it found."""
AUDITED: Final = ("AuditHeartbeat", "audit")
PULSE: Final = ("HeartbeatLateness", "fire_timer")
"""A timer every minute that pages nobody: it proves the way from the sweep to the claim."""
STEP: Final = ("StepLateness", "fire_timer")
"""Milliseconds between a step's due time and its commit."""
ERRAND: Final = ("ErrandLateness", "run_errands")
"""Milliseconds between the step that asked for something, a statement on the site for one, and its being done."""
FINDINGS: Final = {
    ("OverdueTimers", "audit"): "timers that nobody fired in time",
    ("StuckMessages", "audit"): "messages that never left the outbox",
    ("StuckErrands", "audit"): "errands that nobody ran: a statement may not be on the site",
    ("SilentIncidents", "audit"): "open incidents whose next step did not come",
    ("TimersParked", "fire_timer"): "timers that failed again and again and were set aside",
    ("TimersNotArmed", "arm_timers"): "timers born late could not be handed on and wait for the sweep",
    ("MessagesNotRelayed", "relay_outbox"): "messages could not be handed on and wait for the audit",
    ("SendsFailed", "send_message"): "a send failed for a reason that is not the carrier's",
    ("ErrandsPutAside", "run_errands"): "an errand led nowhere and waits in quarantine",
    ("HeadsNotSealed", "seal_heads"): "a line of a timeline could not be read and has no copy of its hash",
    ("AuditGaveUp", "audit"): "the audit could not drive something again",
    ("Quarantined", "intake"): "events that could not be taken and wait for a person",
    ("Quarantined", "fire_timer"): "updates whose complaint never came and wait for a person",
    ("MessagesUndeliverable", "send_message"): "somebody could not be reached over any channel",
    ("MessagesUndeliverable", "record_delivery"): "somebody could not be reached over any channel",
    ("MessagesUndeliverable", "audit"): "somebody could not be reached over any channel",
}
"""What the functions count when a person should look."""

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

    def _count(
        self,
        counted: tuple[str, str],
        *,
        statistic: str,
        period: Duration = _MINUTE,
    ) -> cloudwatch.Metric:
        name, service = counted
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
        yield "Errands", queues.errands.dead_letters
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

    def _work_queues(self) -> Iterator[tuple[str, WorkQueue]]:
        queues = self._service.queues
        yield "Events", queues.events
        yield "Timers", queues.timers
        yield "Messages", queues.messages
        yield "Errands", queues.errands

    def _watch_queues(self) -> None:
        for name, work in self._work_queues():
            # A timer may be delayed 5 minutes on purpose; the age counts from when it was sent.
            delayed = 300 if name == "Timers" else 0
            self._alarm(
                f"{name}Waiting",
                work.queue.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic="Maximum"),
                above=self._stage.alarms.oldest_message_seconds + delayed,
                periods=2,
                says=f"{name.lower()} wait too long in their queue",
            )

    def _watch_functions(self) -> None:
        for each in self._service.functions.all:
            name = camel(each.name)
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
        functions = self._service.functions
        for follower, gathered_seconds in (
            (functions.arm_timers, 0),
            (functions.relay_outbox, 0),
            (functions.seal_heads, SEALED_EVERY_SECONDS),
        ):
            self._alarm(
                f"{camel(follower.name)}Behind",
                follower.function.metric("IteratorAge", period=_MINUTE, statistic="Maximum"),
                above=(self._stage.alarms.oldest_stream_record_seconds + gathered_seconds) * 1000,
                periods=2,
                says=f"{follower.name} falls behind its stream",
            )

    def _watch_heartbeats(self) -> None:
        alarms = self._stage.alarms
        for construct_id, counted, says in (
            ("SweepSilent", SWEPT, "no sweep of the timers: deadlines pass unnoticed"),
            ("TimersSilent", PULSE, "the minute's own timer did not fire: nor does any other"),
        ):
            self._alarm(
                construct_id,
                self._count(counted, statistic="SampleCount"),
                above=1,
                below=True,
                periods=alarms.heartbeat_missing_minutes,
                missing=_BREACHING,
                says=says,
            )
        self._alarm(
            "AuditSilent",
            self._count(AUDITED, statistic="SampleCount", period=Duration.minutes(5)),
            above=1,
            below=True,
            periods=max(1, alarms.audit_missing_minutes // 5),
            missing=_BREACHING,
            says="no audit: nobody would notice what the sweep misses",
        )
        for construct_id, counted in (("PulseLate", PULSE), ("StepsLate", STEP)):
            self._alarm(
                construct_id,
                self._count(counted, statistic="Maximum"),
                above=alarms.timer_lateness_seconds * 1000,
                periods=2,
                says="timers fire late",
            )
        self._alarm(
            "ErrandsLate",
            self._count(ERRAND, statistic="Maximum"),
            above=alarms.errand_lateness_seconds * 1000,
            says="an errand was done late: a statement may have reached the site after it was due",
        )

    def _watch_findings(self) -> None:
        for (name, service), says in FINDINGS.items():
            self._alarm(
                f"{name}In{camel(service)}",
                self._count((name, service), statistic="Sum", period=Duration.minutes(5)),
                above=0,
                says=says,
            )

    def _dashboard(self) -> None:
        functions = self._service.functions
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self._stage.stack_name("Dashboard"))
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Heartbeats",
                width=8,
                left=[self._count(each, statistic="SampleCount") for each in (SWEPT, PULSE, AUDITED)],
            ),
            cloudwatch.GraphWidget(
                title="Lateness of steps, milliseconds",
                width=8,
                left=[self._count(STEP, statistic=each) for each in ("p50", "p99", "Maximum")],
            ),
            cloudwatch.GraphWidget(
                title="For a person to look at",
                width=8,
                left=[self._count(each, statistic="Sum", period=Duration.minutes(5)) for each in FINDINGS],
            ),
        )
        board.add_widgets(
            cloudwatch.GraphWidget(
                title="Oldest message, seconds",
                width=8,
                left=[
                    work.queue.metric_approximate_age_of_oldest_message(statistic="Maximum")
                    for _, work in self._work_queues()
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
