"""Who watches the watchman: alarms on everything in Tocsin that could make a page late or silent."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import counted
from infra.counted import FIVE_MINUTES, MINUTE, Counted, metric
from infra.functions import SEALED_EVERY_SECONDS, Queues
from infra.queues import WorkQueue
from infra.service import ServiceStack, camel
from infra.stages import Stage

BREACHING = cloudwatch.TreatMissingData.BREACHING
"""Silence is what such an alarm is about."""
NOT_BREACHING = cloudwatch.TreatMissingData.NOT_BREACHING


class Bell:
    """Makes alarms of a stack that all ring at one topic, and say so again when they are over."""

    def __init__(self, scope: Construct, *, stage: Stage, topic: sns.ITopic) -> None:
        self._scope = scope
        self._stage = stage
        self._action = actions.SnsAction(topic)

    def alarm(
        self,
        construct_id: str,
        figure: cloudwatch.IMetric,
        *,
        says: str,
        above: float | None = None,
        below: float | None = None,
        periods: int = 1,
        missing: cloudwatch.TreatMissingData = NOT_BREACHING,
    ) -> None:
        """One alarm, above or below a threshold in each of some periods; its name is its page in the runbook."""
        threshold = above if above is not None else below
        if threshold is None or (above is not None and below is not None):
            raise ValueError(f"{construct_id}: above or below what?")
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self._scope,
            construct_id,
            metric=figure,
            threshold=threshold,
            comparison_operator=(
                comparison.GREATER_THAN_THRESHOLD if above is not None else comparison.LESS_THAN_THRESHOLD
            ),
            evaluation_periods=periods,
            datapoints_to_alarm=periods,
            treat_missing_data=missing,
            alarm_description=f"Tocsin {self._stage.name}: {says}. See the operations runbook.",
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)

    def silence(self, construct_id: str, of: Counted, *, says: str, period: Duration = MINUTE, periods: int) -> None:
        """An alarm on something that should be counted in every period, whatever its figure, and is not."""
        beat = metric(self._stage, of, statistic="SampleCount", period=period)
        self.alarm(construct_id, beat, below=1, periods=periods, missing=BREACHING, says=says)

    def late(
        self,
        construct_id: str,
        lateness: Counted,
        *,
        seconds: int,
        says: str,
        period: Duration = MINUTE,
        periods: int = 1,
    ) -> None:
        """An alarm on a lateness, counted in milliseconds, above so many seconds."""
        latest = metric(self._stage, lateness, statistic="Maximum", period=period)
        self.alarm(construct_id, latest, above=seconds * 1000, periods=periods, says=says)


def watch_heartbeats(bell: Bell, stage: Stage) -> None:
    """The pager itself: that it beats, and on time."""
    alarms = stage.alarms
    for name, beat, says in (
        ("SweepSilent", counted.SWEPT, "no sweep of the timers: deadlines pass unnoticed"),
        ("TimersSilent", counted.PULSE, "the minute's own timer did not fire: nor does any other"),
    ):
        bell.silence(name, beat, periods=alarms.heartbeat_missing_minutes, says=says)
    bell.silence(
        "AuditSilent",
        counted.AUDITED,
        period=FIVE_MINUTES,
        periods=max(1, alarms.audit_missing_minutes // 5),
        says="no audit: nobody would notice what the sweep misses",
    )
    bell.alarm(
        "NotProvedAlive",
        metric(stage, counted.ALIVE, statistic="Maximum", period=FIVE_MINUTES),
        below=1,
        periods=2,
        missing=BREACHING,
        says="a part of the pager shows no sign of life, so nobody outside is told that it lives",
    )
    bell.alarm(
        "HeartbeatNotHeard",
        metric(stage, counted.OUTSIDE_DEAF, statistic="Sum", period=FIVE_MINUTES),
        above=2,
        says="the service outside that would call if all of this were down cannot be told",
    )
    for name, lateness in (("PulseLate", counted.PULSE), ("StepsLate", counted.STEP)):
        bell.late(name, lateness, seconds=alarms.timer_lateness_seconds, periods=2, says="timers fire late")
    bell.late(
        "ErrandsLate",
        counted.ERRAND,
        seconds=alarms.errand_lateness_seconds,
        says="an errand was done late: a statement may have reached the site after it was due",
    )


def watch_probe(bell: Bell, stage: Stage) -> None:
    """The synthetic complaint, where the stage has one."""
    if stage.probe_minutes is None:
        return
    period = Duration.minutes(stage.probe_minutes)
    bell.silence(
        "ProbeSilent",
        counted.PROBE,
        period=period,
        periods=3,
        says="no synthetic complaint came through: pages may not go out",
    )
    bell.late(
        "ProbeLate",
        counted.PROBE,
        seconds=stage.alarms.probe_lateness_seconds,
        period=period,
        says="the pages of a synthetic complaint went out late",
    )
    _findings(bell, stage, counted.PROBE_FINDINGS)


def watch_findings(bell: Bell, stage: Stage) -> None:
    """What the functions count when a person should look."""
    _findings(bell, stage, counted.FINDINGS)


def _findings(bell: Bell, stage: Stage, findings: dict[Counted, str]) -> None:
    for (name, service), says in findings.items():
        bell.alarm(
            f"{name}In{camel(service)}",
            metric(stage, (name, service), statistic="Sum", period=FIVE_MINUTES),
            above=0,
            says=says,
        )


def dead_letter_queues(queues: Queues) -> Iterator[tuple[str, sqs.Queue]]:
    yield "Events", queues.events.dead_letters
    yield "Timers", queues.timers.dead_letters
    yield "Messages", queues.messages.dead_letters
    yield "Errands", queues.errands.dead_letters
    yield "Bus", queues.bus_failures
    yield "Streams", queues.stream_failures
    yield "Invocations", queues.invocation_failures


def work_queues(queues: Queues) -> Iterator[tuple[str, WorkQueue]]:
    yield "Events", queues.events
    yield "Timers", queues.timers
    yield "Messages", queues.messages
    yield "Errands", queues.errands


def watch_queues(bell: Bell, stage: Stage, queues: Queues) -> None:
    """Work that waits, and work that nobody could do."""
    for name, queue in dead_letter_queues(queues):
        bell.alarm(
            f"{name}DeadLetters",
            queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
            above=0,
            says=f"something in {name.lower()} failed for good and waits for a person",
        )
    for name, work in work_queues(queues):
        # A timer may be delayed 5 minutes on purpose; the age counts from when it was sent.
        delayed = 300 if name == "Timers" else 0
        bell.alarm(
            f"{name}Waiting",
            work.queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
            above=stage.alarms.oldest_message_seconds + delayed,
            periods=2,
            says=f"{name.lower()} wait too long in their queue",
        )


def watch_functions(bell: Bell, stage: Stage, service: ServiceStack) -> None:
    """What fails, is throttled, falls behind, or was taken for an endless loop."""
    functions = service.functions
    for each in functions.all:
        bell.alarm(
            f"{camel(each.name)}Errors",
            each.function.metric_errors(period=MINUTE, statistic="Sum"),
            above=0,
            periods=3,
            says=f"{each.name} fails",
        )
        bell.alarm(
            f"{camel(each.name)}Throttles",
            each.function.metric_throttles(period=MINUTE, statistic="Sum"),
            above=0,
            periods=2,
            says=f"{each.name} is throttled",
        )
    for consumer in (functions.intake, functions.fire_timer, functions.send_message, functions.run_errands):
        bell.alarm(
            f"{camel(consumer.name)}LoopsDropped",
            consumer.function.metric("RecursiveInvocationsDropped", period=FIVE_MINUTES, statistic="Sum"),
            above=0,
            says=f"Lambda took calls of {consumer.name} for an endless loop and dropped them",
        )
    for follower, gathered_seconds in (
        (functions.arm_timers, 0),
        (functions.relay_outbox, 0),
        (functions.seal_heads, SEALED_EVERY_SECONDS),
    ):
        bell.alarm(
            f"{camel(follower.name)}Behind",
            follower.function.metric("IteratorAge", period=MINUTE, statistic="Maximum"),
            above=(stage.alarms.oldest_stream_record_seconds + gathered_seconds) * 1000,
            periods=2,
            says=f"{follower.name} falls behind its stream",
        )
