"""What can be broken on a deployed stack, really, and how it is mended."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from cli.demo_crisis.proof import deployment_of
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import LocalStack
from cli.replay import readable, send_again
from cli.watch_demo.carriers import RefusingCarriers
from shared.domain.instants import format_instant

_PATIENCE: Final = 60
"""Seconds a mended stack has to take what waited, and a function to start."""
_NO_TIME: Final = "some time yesterday"


class Fault(Protocol):
    """One way to break the pager."""

    def begin(self) -> None:
        """Break it."""
        ...

    def mend(self) -> list[str]:
        """Put it right; what was lost meanwhile, if anything was."""
        ...


def complaint(**changed: object) -> dict[str, Any]:
    """A complaint of the intake system `crm` that pages the first rung at once."""
    name = f"WATCH-{secrets.token_hex(3)}"
    return {
        "specversion": "1.0",
        "id": name,
        "source": "crm",
        "type": "complaint.received",
        "subject": name,
        "time": format_instant(_now()),
        "data": {"summary": "Is anybody watching?", "channel": "hotline", "level": "major"},
        **changed,
    }


def post(stack: LocalStack, event: dict[str, Any]) -> str:
    """Hand an event in; the incident it is about."""
    key = {"authorization": f"Bearer {stack.api_key}"}
    with stack.http(base_url=stack.api_url, headers=key, timeout=_PATIENCE) as api:
        return str(api.post("/v1/events", json=event).raise_for_status().json()["incident"])


def restart(stack: LocalStack, function: str) -> None:
    """Kill a function's idle workers: the next call starts a new one, which reads its secrets anew."""
    for worker in stack.emulator.workers(function):
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


@dataclass
class PoisonedEvent:
    """The intake system sends a complaint whose time is no time; mended, it is repaired and replayed (I1)."""

    stack: LocalStack
    event: dict[str, Any] = field(default_factory=lambda: complaint(time=_NO_TIME))

    def begin(self) -> None:
        queue = self.stack.outputs["EventsQueueUrl"]
        self.stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(self.event))

    def mend(self) -> list[str]:
        deployment = deployment_of(self.stack)
        quarantine = deployment.quarantine()
        [found] = [each for each in quarantine.list(10) if self.event["id"] in each.body]
        body = found.body.replace(_NO_TIME, format_instant(_now()))
        event = readable(body, _now())
        send_again(event, body, deployment.incidents(), deployment.events_queue(), patience=_PATIENCE)
        quarantine.discard(found.id)
        return _lost(self.stack, str(event.incident))


@dataclass
class RefusedMessages:
    """SNS and SES refuse every message to a person; then a complaint comes in."""

    stack: LocalStack
    incident: str = ""

    def __post_init__(self) -> None:
        self._carriers = RefusingCarriers(self.stack.endpoint_url)
        self._lambda = self.stack.client("lambda")
        self._function = self.stack.outputs["SendMessageFunction"]
        self._before: dict[str, str] = {}

    def begin(self) -> None:
        self._carriers.__enter__()
        settings = self._lambda.get_function_configuration(FunctionName=self._function)
        self._before = settings["Environment"]["Variables"]
        led_astray = {"AWS_ENDPOINT_URL_SNS": self._carriers.url, "AWS_ENDPOINT_URL_SESV2": self._carriers.url}
        self._set({**self._before, **led_astray})
        self.incident = post(self.stack, complaint())

    def mend(self) -> list[str]:
        self._set(self._before)
        self._carriers.__exit__()
        return _lost(self.stack, self.incident) + ([] if self._carriers.refused else ["no carrier was ever asked"])

    def _set(self, variables: dict[str, str]) -> None:
        """Once no message is on its way: the emulator kills a call whose function changes, as AWS would not."""
        _wait_for_none(self.stack, self.stack.outputs["MessagesQueueUrl"])
        self._lambda.update_function_configuration(FunctionName=self._function, Environment={"Variables": variables})


@dataclass
class StoppedSchedule:
    """Somebody disables the schedule of the sweep."""

    stack: LocalStack

    def begin(self) -> None:
        self._set("DISABLED")

    def mend(self) -> list[str]:
        self._set("ENABLED")
        return []

    def _set(self, state: str) -> None:
        client = self.stack.client("scheduler")
        [name] = [each["Name"] for each in client.list_schedules()["Schedules"] if "SweepEveryMinute" in each["Name"]]
        kept = client.get_schedule(Name=name)
        stays = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        client.update_schedule(**{part: kept[part] for part in stays if part in kept}, State=state)


@dataclass
class StoppedConsumer:
    """Nothing takes events off their queue any more; the door goes on accepting them."""

    stack: LocalStack
    incident: str = ""

    def begin(self) -> None:
        self._set(enabled=False)
        self.incident = post(self.stack, complaint())

    def mend(self) -> list[str]:
        self._set(enabled=True)
        return _lost(self.stack, self.incident)

    def _set(self, *, enabled: bool) -> None:
        client = self.stack.client("lambda")
        mappings = client.list_event_source_mappings(FunctionName=self.stack.outputs["IntakeFunction"])
        [mapping] = mappings["EventSourceMappings"]
        client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)


@dataclass
class KilledWorkers:
    """Every worker that fires timers is killed with SIGKILL as soon as it lives, as one that runs out of memory is."""

    stack: LocalStack

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._killer = threading.Thread(target=self._keep_killing, daemon=True, name="tocsin-killer")

    def begin(self) -> None:
        self._killer.start()

    def mend(self) -> list[str]:
        self._over.set()
        self._killer.join()
        return []

    def _keep_killing(self) -> None:
        while not self._over.wait(0.2):
            restart(self.stack, self.stack.outputs["FireTimerFunction"])


@dataclass
class StoppedRegion:
    """The whole emulator is stopped with SIGSTOP: functions, queues, store, alarms and topic, all at once."""

    stack: LocalStack

    def begin(self) -> None:
        self._signal(signal.SIGSTOP)

    def mend(self) -> list[str]:
        self._signal(signal.SIGCONT)
        return []

    def _signal(self, which: signal.Signals) -> None:
        if self.stack.emulator.pid is None:
            raise LocalStackError("the emulator is gone")
        os.killpg(self.stack.emulator.pid, which)  # it leads a group of its own


def _lost(stack: LocalStack, incident: str) -> list[str]:
    """The incident, if it is still not there after a while."""
    end = time.monotonic() + _PATIENCE
    with stack.api as api:
        while time.monotonic() < end:
            if api.get(f"/v1/incidents/{incident}").is_success:
                return []
            time.sleep(0.2)
    return [incident]


def _wait_for_none(stack: LocalStack, queue: str) -> None:
    sqs, end = stack.client("sqs"), time.monotonic() + _PATIENCE
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while time.monotonic() < end:
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        if not any(int(counts[name]) for name in names):
            return
        time.sleep(0.1)


def _now() -> int:
    return time.time_ns() // 1_000_000
