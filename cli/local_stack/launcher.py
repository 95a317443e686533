"""Runs the emulator, with what Tocsin changes in it. All of that is here, each change with its reason.

`tests/infra/test_launcher.py` says when a change is no longer needed. The emulator is pinned exactly (pyproject.toml).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from typing import Any

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.core.concurrency import esm_wake
from ministack.core.iam_evaluator import pin_request_origin
from ministack.services import cloudwatch, eventbridge, lambda_svc, s3, scheduler

from cli.local_stack.cloudwatch import CloudWatch

SCHEDULE_TICK_SECONDS = 1
WAKE_SECONDS = 0.1
BATCHES_AT_ONCE = 2


def tick_schedules_every_second() -> None:
    """Schedules fire on a tick of 10 seconds, which a demo at sixty times the speed feels as ten minutes."""
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_TICK_SECONDS  # noqa: SLF001 - it has no other way in


def wake_the_queues() -> None:
    """An idle queue is looked at once a second; AWS polls long and hands a message on in milliseconds."""

    def keep_waking() -> None:
        while True:
            time.sleep(WAKE_SECONDS)
            esm_wake.set()

    threading.Thread(target=keep_waking, daemon=True, name="tocsin-wake").start()


def take_few_batches_at_once() -> None:
    """A burst starts five workers of each function at once; two cores spend it on their cold starts."""
    lambda_svc._ESM_SQS_DEFAULT_CONCURRENCY = BATCHES_AT_ONCE  # noqa: SLF001 - it has no other way in


def leave_port_443_alone() -> None:
    """With TLS and as root the emulator takes the machine's port 443 too."""
    app._port_is_bindable = lambda *_: False  # noqa: SLF001 - it has no other way in


def authorize_batches_like_single_messages() -> None:
    """SQS has no right of its own for a batch: on AWS `sqs:SendMessage` covers both, here it would be refused."""
    named = iam_actions.extract_iam_action

    def as_aws_does(*request: Any) -> str | None:
        action: str | None = named(*request)
        return action.removesuffix("Batch") if action and action.startswith("sqs:") else action

    iam_actions.extract_iam_action = as_aws_does


def fetch_origins_over_tls() -> None:
    """CloudFront asks S3 over TLS, whatever its viewer came by; here the viewer's way is taken for both."""
    fetch = s3.serve_cloudfront_origin_fetch

    def over_tls(*request: Any, **more: Any) -> Any:
        pin_request_origin("127.0.0.1", secure_transport=True)
        return fetch(*request, **more)

    s3.serve_cloudfront_origin_fetch = over_tls


def let_a_worker_die_alone() -> None:
    """One worker that dies while it starts takes all others of its function along, those that start just then too: they
    fail in turn, and on a busy machine it never ends. On AWS a worker is nobody's business but its own.
    """
    invoke = lambda_runtime.Worker.invoke

    def invoke_or_fail(worker: Any, *call: Any, **more: Any) -> Any:
        try:
            return invoke(worker, *call, **more)
        except Exception as error:  # noqa: BLE001 - whatever ended it, the call has failed and the next one starts anew
            process, worker._proc = worker._proc, None  # noqa: SLF001 - as it does itself where a handler fails
            if process is not None:
                lambda_runtime._signal(process)  # noqa: SLF001
            return {"status": "error", "error": f"{type(error).__name__}: {error}", "cold_start": True, "log": ""}

    lambda_runtime.Worker.invoke = invoke_or_fail


def run_faster(speed: int) -> None:
    """On AWS no schedule beats faster than a minute; a stage whose clocks run faster is to feel its minutes."""
    seconds = eventbridge._parse_rate_seconds  # noqa: SLF001 - it has no other way in

    def scaled(expression: str) -> float | None:
        rate = seconds(expression)
        return None if rate is None else rate / speed

    eventbridge._parse_rate_seconds = scaled  # noqa: SLF001
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_TICK_SECONDS / speed  # noqa: SLF001


def let_alarms_speak(speed: int) -> None:
    """Log lines are no figures yet, only what is invoked by hand is counted, and alarms look at all dimensions at once
    and only when something came: silence, which is what most of ours listen for, is never heard.
    """
    watch = CloudWatch(speed)
    write_log, call = lambda_svc._emit_lambda_logs, lambda_svc._execute_function_dispatch  # noqa: SLF001
    count = lambda_svc._emit_lambda_metrics  # noqa: SLF001

    def write_log_and_figures(function: Any, request: str, text: str, *more: Any, **others: Any) -> None:
        watch.take_log(text)
        write_log(function, request, text, *more, **others)

    def call_and_count(function: Any, config: Any, event: Any, request: str, started: float) -> Any:
        failed = True
        try:
            answer = call(function, config, event, request, started)
            failed = bool(answer.get("error"))
            return answer
        finally:
            watch.took(config["FunctionName"], started, failed=failed, event=event)

    def count_throttles(name: str, **told: Any) -> None:
        if told["throttle"]:
            count(name, **told)

    lambda_svc._emit_lambda_logs = write_log_and_figures  # noqa: SLF001
    lambda_svc._execute_function_dispatch = call_and_count  # noqa: SLF001
    lambda_svc._emit_lambda_metrics = count_throttles  # noqa: SLF001
    cloudwatch._evaluate_alarm = lambda _: None  # noqa: SLF001
    threading.Thread(target=watch.run, daemon=True, name="tocsin-cloudwatch").start()


def end_with(parent: int) -> None:
    """When whoever started the stack is gone, even killed, so is the stack."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.killpg(0, signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="tocsin-parent").start()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, help="end when this process ends")
    parser.add_argument("--watched", type=int, metavar="SPEED", help="let alarms speak, on clocks that much faster")
    given = parser.parse_args()
    if given.parent is not None:
        end_with(given.parent)
    tick_schedules_every_second()
    wake_the_queues()
    take_few_batches_at_once()
    leave_port_443_alone()
    authorize_batches_like_single_messages()
    fetch_origins_over_tls()
    let_a_worker_die_alone()
    if given.watched is not None:
        run_faster(given.watched)
        let_alarms_speak(given.watched)

    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main()
