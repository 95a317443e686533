"""Each change to the emulator is still needed: where one of these fails, take the change out of the launcher."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import time
from typing import Any

import pytest
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import cloudwatch, eventbridge, lambda_svc, s3, scheduler
from ministack.services.cloudformation import provisioners

from cli.local_stack import launcher
from cli.local_stack.cloudwatch import CloudWatch


def test_the_emulator_is_the_version_the_changes_were_made_for() -> None:
    assert importlib.metadata.version("ministack") == "1.5.33"


def test_schedules_still_tick_too_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scheduler._SCHEDULE_TICK_INTERVAL > launcher.SCHEDULE_TICK_SECONDS
    assert "time.sleep(_SCHEDULE_TICK_INTERVAL)" in inspect.getsource(scheduler._ticker_loop)
    monkeypatch.setattr(scheduler, "_SCHEDULE_TICK_INTERVAL", 10)
    launcher.tick_schedules_every_second()
    assert scheduler._SCHEDULE_TICK_INTERVAL == launcher.SCHEDULE_TICK_SECONDS


def test_an_idle_queue_is_still_polled_once_a_second() -> None:
    assert "_esm_wake.wait(1 if _esms.has_any() else 5)" in inspect.getsource(lambda_svc._poll_loop)


def test_a_burst_still_starts_more_workers_than_a_small_machine_has_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lambda_svc._ESM_SQS_DEFAULT_CONCURRENCY > launcher.BATCHES_AT_ONCE
    monkeypatch.setattr(lambda_svc, "_ESM_SQS_DEFAULT_CONCURRENCY", 5)
    launcher.take_few_batches_at_once()
    assert lambda_svc._sqs_esm_concurrency({}, {}, {}) == launcher.BATCHES_AT_ONCE


def test_port_443_is_still_taken_with_tls() -> None:
    assert "_port_is_bindable(bind_host, 443)" in inspect.getsource(app.main)


def test_a_batch_still_wants_a_right_that_aws_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    request: tuple[Any, ...] = ("sqs", "POST", "/", {"x-amz-target": "AmazonSQS.SendMessageBatch"}, b"{}", {})
    monkeypatch.setattr(iam_actions, "extract_iam_action", iam_actions.extract_iam_action)
    assert iam_actions.extract_iam_action(*request) == "sqs:SendMessageBatch"
    launcher.authorize_batches_like_single_messages()
    assert iam_actions.extract_iam_action(*request) == "sqs:SendMessage"


def test_an_origin_is_still_fetched_the_way_the_viewer_came(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that takes TLS only answers a viewer without it, as on AWS, where CloudFront itself always uses TLS."""
    seen: list[bool] = []

    def look(*_: object, **__: object) -> bool:
        seen.append(iam_evaluator.EvalContext("*", "Service", "", "s3:GetObject", "arn", "r").secure_transport)
        return False

    monkeypatch.setattr(s3, "_cloudfront_origin_allows", look)
    monkeypatch.setattr(s3, "_ensure_bucket", lambda _: {"objects": {}})
    monkeypatch.setattr(s3, "serve_cloudfront_origin_fetch", s3.serve_cloudfront_origin_fetch)
    iam_evaluator.pin_request_origin("127.0.0.1", secure_transport=False)
    s3.serve_cloudfront_origin_fetch("site", "index.html", "GET", {})
    launcher.fetch_origins_over_tls()
    s3.serve_cloudfront_origin_fetch("site", "index.html", "GET", {})
    assert seen == [False, True]


def test_a_bucket_of_a_template_still_has_no_lock() -> None:
    """Otherwise `seeds` need not set it."""
    assert "ObjectLock" not in inspect.getsource(provisioners)


def test_a_worker_that_dies_still_takes_the_others_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(_: object) -> None:
        raise RuntimeError("Worker process exited immediately")

    monkeypatch.setattr(lambda_runtime.Worker, "_spawn", dies)
    monkeypatch.setattr(lambda_runtime.Worker, "invoke", lambda_runtime.Worker.invoke)
    monkeypatch.setattr(lambda_runtime, "_workers", {})
    config = {"FunctionName": "fire_timer", "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:fire_timer"}
    other = lambda_runtime.Worker("fire_timer", config, b"code")
    other.in_use = True

    function = {"config": config, "code_zip": b"code"}

    def call() -> list[lambda_runtime.Worker]:
        """The workers that are left after one of them died."""
        lambda_runtime._workers[lambda_runtime._worker_key("fire_timer", config, "$LATEST")] = [other]
        assert lambda_svc._execute_function_warm(function, {}, "request").get("error") is True
        return [worker for pool in lambda_runtime._workers.values() for worker in pool]

    assert other not in call()
    launcher.let_a_worker_die_alone()
    assert other in call()


def test_a_schedule_still_cannot_beat_faster_than_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventbridge, "_parse_rate_seconds", eventbridge._parse_rate_seconds)
    monkeypatch.setattr(scheduler, "_SCHEDULE_TICK_INTERVAL", 10)
    assert eventbridge._parse_rate_seconds("rate(1 minute)") == 60
    assert eventbridge._parse_rate_seconds("rate(5 seconds)") is None
    launcher.run_faster(12)
    assert eventbridge._parse_rate_seconds("rate(1 minute)") == 5
    assert eventbridge._parse_rate_seconds("rate(5 minutes)") == 25
    assert eventbridge._parse_rate_seconds("cron(0 8 * * ? *)") is None
    assert scheduler._SCHEDULE_TICK_INTERVAL < 1


@pytest.fixture
def fresh_alarms(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """An alarm on errors of one function, and whatever the launcher changes put back afterwards."""
    for module, name in (
        (lambda_svc, "_emit_lambda_logs"),
        (lambda_svc, "_execute_function_dispatch"),
        (lambda_svc, "_emit_lambda_metrics"),
        (cloudwatch, "_evaluate_alarm"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(CloudWatch, "run", lambda _: None)
    cloudwatch.reset()
    alarm = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": "intake"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "OK",
    }
    cloudwatch._alarms["errors"] = alarm
    return alarm


def test_alarms_are_still_looked_at_only_when_something_comes_and_over_all_dimensions(
    fresh_alarms: dict[str, Any],
) -> None:
    cloudwatch.record_metric("AWS/Lambda", "Errors", 1, dimensions={"FunctionName": "another"})
    cloudwatch._evaluate_all_alarms()
    assert fresh_alarms["StateValue"] == "ALARM"  # by the errors of another function
    fresh_alarms["StateValue"] = "OK"
    launcher.let_alarms_speak(1)
    cloudwatch._evaluate_all_alarms()
    assert fresh_alarms["StateValue"] == "OK"
    assert "_evaluate_all_alarms()" in inspect.getsource(cloudwatch._put_metric_data)


def test_log_lines_are_still_no_figures(fresh_alarms: dict[str, Any]) -> None:
    line = json.dumps(
        {
            "_aws": {
                "Timestamp": time.time() * 1000,
                "CloudWatchMetrics": [
                    {"Namespace": "Tocsin/local", "Dimensions": [["service"]], "Metrics": [{"Name": "Beats"}]}
                ],
            },
            "service": "audit",
            "Beats": [1.0],
        }
    )
    function = {"FunctionName": "audit"}
    lambda_svc._emit_lambda_logs(function, "request", line, error=False, duration_ms=1)
    beats = ("Tocsin/local", "Beats", "service=audit")
    assert cloudwatch._metrics.get(beats) is None
    launcher.let_alarms_speak(1)
    lambda_svc._emit_lambda_logs(function, "request", line, error=False, duration_ms=1)
    assert [point["Value"] for point in cloudwatch._metrics[beats]] == [1.0]


def test_calls_by_queues_streams_and_schedules_are_still_not_counted(
    fresh_alarms: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> dict[str, Any]:
        return {"error": True}

    assert "_emit_lambda_metrics" not in inspect.getsource(lambda_svc._run_sqs_batch)
    assert "_emit_lambda_metrics" not in inspect.getsource(lambda_svc._execute_function_dispatch)
    monkeypatch.setattr(lambda_svc, "_execute_function_dispatch", fail)
    launcher.let_alarms_speak(1)
    lambda_svc._execute_function_dispatch({}, {"FunctionName": "intake"}, {}, "request", time.time())
    CloudWatch(1).evaluate(time.time() + 1)
    assert fresh_alarms["StateValue"] == "ALARM"
