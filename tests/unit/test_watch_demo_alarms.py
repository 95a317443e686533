"""The local CloudWatch: figures out of log lines, and when an alarm changes its state (AWS's own examples)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from cli.local_stack.alarm_rule import AlarmRule
from cli.local_stack.cloudwatch import CloudWatch, figures_of


def alarm(**told: Any) -> dict[str, Any]:
    return {
        "AlarmName": "Silent",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 0.0,
        "Period": 60,
        "EvaluationPeriods": 3,
        "TreatMissingData": "breaching",
        **told,
    }


def points(drawn: str) -> list[float | None]:
    """As AWS's documentation draws them: 0 within the threshold, X beyond, - missing."""
    return [{"0": 0.0, "X": 1.0, "-": None}[each] for each in drawn.split()]


# "Configuring how CloudWatch alarms treat missing data", both tables, columns BREACHING and NOT BREACHING


@pytest.mark.parametrize(
    ("to_alarm", "drawn", "breaching", "not_breaching"),
    [
        (3, "0 - X - X", "OK", "OK"),
        (3, "- - - - 0", "OK", "OK"),
        (3, "- - - - -", "ALARM", "OK"),
        (3, "0 X X - X", "ALARM", "ALARM"),
        (3, "- - X - -", "ALARM", "OK"),
        (2, "0 - X - X", "ALARM", "ALARM"),
        (2, "0 0 X 0 X", "ALARM", "ALARM"),
        (2, "0 - X - -", "ALARM", "OK"),
        (2, "- - - - 0", "ALARM", "OK"),
        (2, "- - - - X", "ALARM", "OK"),
    ],
)
def test_so_many_of_three_periods(to_alarm: int, drawn: str, breaching: str, not_breaching: str) -> None:
    for treatment, state in (("breaching", breaching), ("notBreaching", not_breaching)):
        rule = AlarmRule.of(alarm(DatapointsToAlarm=to_alarm, TreatMissingData=treatment))
        assert rule.state(points(drawn)) == state


def test_an_alarm_of_three_periods_looks_back_over_five() -> None:
    assert AlarmRule.of(alarm()).looked_at == 5


def test_a_single_beat_ends_the_alarm_on_silence() -> None:
    rule = AlarmRule.of(alarm(ComparisonOperator="LessThanThreshold", Threshold=1.0))
    assert [rule.state(points(each)) for each in ("X - - - -", "- - - - -", "- - - - X")] == ["OK", "ALARM", "OK"]


@pytest.mark.parametrize("treatment", ["missing", "ignore", None])
def test_what_no_alarm_of_ours_does_is_refused(treatment: str | None) -> None:
    with pytest.raises(ValueError, match="Silent"):
        AlarmRule.of(alarm(TreatMissingData=treatment))


def test_a_threshold_itself_is_not_beyond() -> None:
    rule = AlarmRule.of(alarm(EvaluationPeriods=1, Threshold=2.0, TreatMissingData="notBreaching"))
    assert [rule.state([None, None, value]) for value in (2.0, 2.1)] == ["OK", "ALARM"]


# Figures


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    """What a function's log holds of two sweeps."""
    metrics = EphemeralMetrics(namespace="Tocsin/local", service="sweep_timers")
    for handed in (3, 0):
        metrics.add_metric("TimersHandedOver", MetricUnit.Count, handed)
    metrics.flush_metrics()
    return capsys.readouterr().out


def test_figures_are_read_as_powertools_writes_them(capsys: pytest.CaptureFixture[str]) -> None:
    before = time.time()
    found = list(figures_of(logged(capsys)))
    assert [(each.namespace, each.name, dict(each.dimensions), each.unit, each.value) for each in found] == [
        ("Tocsin/local", "TimersHandedOver", {"service": "sweep_timers"}, "Count", 3.0),
        ("Tocsin/local", "TimersHandedOver", {"service": "sweep_timers"}, "Count", 0.0),
    ]
    assert all(abs(each.at - before) < 60 for each in found)


@pytest.mark.parametrize("line", ["", "END RequestId: 1", '{"message": "swept"}', 'x {"CloudWatchMetrics": '])
def test_other_lines_are_no_figures(line: str) -> None:
    assert list(figures_of(line)) == []


# The whole: an alarm of the emulator's own store


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Whom an alarm told: its name and the state it went to."""
    from ministack.services import cloudwatch, sqs  # noqa: PLC0415

    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(
        cloudwatch, "_dispatch_alarm_actions", lambda alarm, _, new, __: heard.append((alarm["AlarmName"], new))
    )
    cloudwatch.reset()
    monkeypatch.setattr(sqs, "_queues", {})
    return heard


def deploy(**told: Any) -> None:
    from ministack.services import cloudwatch  # noqa: PLC0415

    cloudwatch._alarms["it"] = {
        **alarm(AlarmName="it", StateValue="OK", Statistic="SampleCount", EvaluationPeriods=1),
        **told,
    }


def test_silence_is_heard_and_the_end_of_it(told: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]) -> None:
    deploy(
        Namespace="Tocsin/local",
        MetricName="TimersHandedOver",
        Dimensions=[{"Name": "service", "Value": "sweep_timers"}],
        ComparisonOperator="LessThanThreshold",
        Threshold=1.0,
    )
    watch, line = CloudWatch(speed=10), logged(capsys)
    watch.take_log(f"START\n{line}END")
    now = time.time() + 1
    for later in (0, 12, 19, 40):
        watch.evaluate(now + later)  # a minute of the stage is six seconds: the figure is 19 seconds in sight
    assert told == [("it", "ALARM")]
    watch.take_log(line)
    watch.evaluate(now)
    assert told == [("it", "ALARM"), ("it", "OK")]


def test_figures_of_others_are_not_mistaken_for_its_own(
    told: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(Namespace="Tocsin/local", MetricName="TimersHandedOver", TreatMissingData="notBreaching")
    watch = CloudWatch(speed=10)
    watch.take_log(logged(capsys))
    watch.evaluate(time.time() + 1)
    assert told == []  # this alarm watches the metric without dimensions


def test_the_age_of_a_message_is_told_in_the_minutes_of_the_stage(
    told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ministack.services import sqs  # noqa: PLC0415

    now = time.time()
    waiting = {"sent_at": now - 13, "visible_at": now - 13, "receive_count": 0}
    given_back = {"sent_at": now - 99, "visible_at": now + 60, "receive_count": 3, "first_receive_at": now - 99}
    delayed = {"sent_at": now - 99, "visible_at": now + 60, "receive_count": 0}
    monkeypatch.setattr(sqs, "_queues", {"url": {"name": "events", "messages": [waiting, given_back, delayed]}})
    of_queue = {"Namespace": "AWS/SQS", "Dimensions": [{"Name": "QueueName", "Value": "events"}]}
    deploy(
        **of_queue,
        MetricName="ApproximateAgeOfOldestMessage",
        Statistic="Maximum",
        Threshold=120.0,
        TreatMissingData="notBreaching",
    )
    CloudWatch(speed=9).watch_queues(now)
    CloudWatch(speed=9).evaluate(now + 0.001)
    assert told == []
    CloudWatch(speed=10).watch_queues(now)
    CloudWatch(speed=10).evaluate(now + 0.001)
    assert told == [("it", "ALARM")]


def test_a_message_on_its_way_is_as_old_as_since_it_was_first_given_out(
    told: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ministack.services import sqs  # noqa: PLC0415

    now = time.time()
    tried = {"sent_at": now - 20, "visible_at": now + 60, "receive_count": 1, "first_receive_at": now - 11}
    monkeypatch.setattr(sqs, "_queues", {"url": {"name": "timers", "messages": [tried]}})
    of_queue = {"Namespace": "AWS/SQS", "Dimensions": [{"Name": "QueueName", "Value": "timers"}]}
    deploy(
        **of_queue,
        MetricName="ApproximateAgeOfOldestMessage",
        Statistic="Maximum",
        Threshold=118.0,
        TreatMissingData="notBreaching",
    )
    CloudWatch(speed=10).watch_queues(now)
    CloudWatch(speed=10).evaluate(now + 0.001)
    assert told == [("it", "ALARM")]  # nine seconds of delay, and eleven that count tenfold


def test_a_failed_call_is_an_error_however_it_was_made(told: list[tuple[str, str]]) -> None:
    deploy(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Dimensions=[{"Name": "FunctionName", "Value": "intake"}],
        TreatMissingData="notBreaching",
    )
    watch = CloudWatch(speed=10)
    watch.took("intake", time.time(), failed=False, event={})
    watch.evaluate(time.time() + 1)
    assert told == []
    watch.took("intake", time.time(), failed=True, event={})
    watch.evaluate(time.time() + 1)
    assert told == [("it", "ALARM")]


def test_a_stream_that_is_behind_is_told_by_the_age_of_its_records(told: list[tuple[str, str]]) -> None:
    deploy(
        Namespace="AWS/Lambda",
        MetricName="IteratorAge",
        Statistic="Maximum",
        Threshold=60_000.0,
        Dimensions=[{"Name": "FunctionName", "Value": "arm_timers"}],
        TreatMissingData="notBreaching",
    )
    started = time.time()
    record = {"eventSource": "aws:dynamodb", "dynamodb": {"ApproximateCreationDateTime": started - 7}}
    watch = CloudWatch(speed=10)
    watch.took("arm_timers", started, failed=False, event=json.loads(json.dumps({"Records": [record]})))
    watch.evaluate(time.time() + 1)
    assert told == [("it", "ALARM")]
