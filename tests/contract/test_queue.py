"""What `ports.Queue` promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from shared.adapters.sqs_queue import SqsQueue
from shared.domain.instants import MINUTE
from shared.ports import Queue, UnavailableError
from tests.fakes import FakeQueue, FakeTime
from torture.aws.queues import VirtualQueue, VirtualSQS

REGION = "eu-central-1"


@dataclass(frozen=True)
class Line:
    """A queue and what a consumer would be given now."""

    queue: Queue
    take: Callable[[], Sequence[str]]


@pytest.fixture(params=["fake", "sqs", "virtual"])
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    if request.param == "fake":
        fake = FakeQueue(FakeTime())
        yield Line(fake, fake.take)
        return
    if request.param == "virtual":
        time, queue, dice = FakeTime(), VirtualQueue(MINUTE), Random(1)  # noqa: S311 - dice
        sender: Any = VirtualSQS({"url": queue}, time.now)
        yield Line(SqsQueue(lambda: sender, "url"), lambda: [each.body for each in queue.take(time.now(), dice, 100)])
        return
    with mock_aws():
        client = boto3.client("sqs", region_name=REGION)
        url = client.create_queue(QueueName="timers")["QueueUrl"]
        yield Line(SqsQueue(lambda: client, url), lambda: _receive(client, url))


def _receive(client: Any, url: str) -> list[str]:
    bodies: list[str] = []
    while found := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        bodies.extend(message["Body"] for message in found)
    return bodies


def test_all_bodies_arrive(line: Line) -> None:
    line.queue.send((f"body {count}", 0) for count in range(27))

    assert sorted(line.take()) == sorted(f"body {count}" for count in range(27))


def test_nothing_to_send_sends_nothing(line: Line) -> None:
    line.queue.send([])

    assert list(line.take()) == []


def test_a_delayed_body_is_not_there_yet(line: Line) -> None:
    line.queue.send([("later", 900), ("now", 0)])

    assert list(line.take()) == ["now"]


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_that_no_queue_keeps_is_refused(line: Line, delay: int) -> None:
    with pytest.raises(ValueError, match="delay"):
        line.queue.send([("body", delay)])


def test_large_bodies_arrive(line: Line) -> None:
    large = ["投" * 70_000 + str(count) for count in range(5)]

    line.queue.send((body, 0) for body in large)

    assert sorted(line.take()) == sorted(large)


@pytest.fixture
def refusing() -> Iterator[tuple[SqsQueue, Stubber]]:
    client = boto3.client("sqs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield SqsQueue(lambda: client, "https://sqs/queue"), stubber


@pytest.mark.parametrize(("sender", "error"), [(False, UnavailableError), (True, ValueError)])
def test_a_batch_that_was_taken_in_part_is_not_taken(
    refusing: tuple[SqsQueue, Stubber], sender: object, error: type[Exception]
) -> None:
    queue, stubber = refusing
    failed = [{"Id": "1", "SenderFault": sender, "Code": "InternalError"}]
    answer = {"Successful": [{"Id": "0", "MessageId": "m", "MD5OfMessageBody": "x"}], "Failed": failed}
    stubber.add_response("send_message_batch", answer, {"QueueUrl": ANY, "Entries": ANY})

    with pytest.raises(error):
        queue.send([("one", 0), ("two", 0)])


@pytest.mark.parametrize(("code", "status"), [("RequestThrottled", 403), ("ServiceUnavailable", 503), ("Odd", 500)])
def test_a_queue_under_load_is_unavailable(refusing: tuple[SqsQueue, Stubber], code: str, status: int) -> None:
    queue, stubber = refusing
    stubber.add_client_error("send_message_batch", code, http_status_code=status)

    with pytest.raises(UnavailableError):
        queue.send([("one", 0)])
