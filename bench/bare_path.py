"""The shortest way a page could take over the same services: what is left when there is no product.

A delayed message -> a function that waits for its time and puts one item -> the table's stream -> a function that sends
a message -> a function that sends a mail. Deployed with boto3 beside the product, on the same emulator.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bench import bare_functions
from bench.deployed import Mail, now, wait_for
from cli.local_stack.emulator import ACCOUNT
from cli.local_stack.stack import LocalStack
from infra.stages import local
from shared.domain.instants import SECOND

_TO: Final = "bare@example.com"
_BATCH: Final = 10


class BarePath:
    """The three functions, their queues and their table."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._sqs = stack.client("sqs")
        dynamodb = stack.client("dynamodb")
        table = dynamodb.create_table(
            TableName="bare",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        self.first = self._sqs.create_queue(QueueName="bare-first")["QueueUrl"]
        second = self._sqs.create_queue(QueueName="bare-second")["QueueUrl"]
        settings = {"TABLE": "bare", "NEXT": second, "TO": _TO, "FROM": local().email_from}
        first_arn, second_arn = queue_arn(self._sqs, self.first), queue_arn(self._sqs, second)
        deploy(stack, "put", settings, first_arn, BatchSize=_BATCH)
        deploy(stack, "relay", settings, table["LatestStreamArn"], BatchSize=100, StartingPosition="TRIM_HORIZON")
        deploy(stack, "mail", settings, second_arn, BatchSize=_BATCH)

    def wake(self) -> None:
        """Start its workers."""
        due = now() + SECOND
        self.send({f"WAKE-{n:02}": due for n in range(40)})
        wait_for(lambda: self.arrived([f"WAKE-{n:02}" for n in range(40)]), "the bare path's first mails", pause=0.5)

    def send(self, dues: Mapping[str, int]) -> None:
        """A message for each name, delayed by the whole seconds until it is due (milliseconds UTC)."""
        entries = [
            {
                "Id": name,
                "MessageBody": json.dumps({"name": name, "due": due}),
                "DelaySeconds": max(0, due - now()) // SECOND,
            }
            for name, due in dues.items()
        ]
        for first in range(0, len(entries), _BATCH):
            self._sqs.send_message_batch(QueueUrl=self.first, Entries=entries[first : first + _BATCH])

    def arrived(self, names: Iterable[str]) -> dict[str, float] | None:
        """When the carrier had each (milliseconds UTC); None while any is missing."""
        wanted = set(names)
        found = {mail.subject: mail.at for mail in _mails(self._stack) if mail.subject in wanted}
        return found if len(found) == len(wanted) else None


def queue_arn(sqs: Any, url: str) -> str:
    """Of a queue, by boto3's client of SQS."""
    return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def deploy(stack: LocalStack, function: str, settings: Mapping[str, str], source: str, **mapping: Any) -> None:
    """One of the bare functions, fed from a queue or a stream.

    Args:
        function: its name in `bare_functions`.
        settings: its environment.
        source: the ARN of what it consumes; `mapping` says how.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(str(Path(bare_functions.__file__)), "bare_functions.py")
    client = stack.client("lambda")
    client.create_function(
        FunctionName=f"bare-{function}",
        Runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        Role=f"arn:aws:iam::{ACCOUNT}:role/bare",
        Handler=f"bare_functions.{function}",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {**settings, "AWS_ENDPOINT_URL": stack.endpoint_url}},
        Timeout=30,
    )
    client.create_event_source_mapping(FunctionName=f"bare-{function}", EventSourceArn=source, **mapping)


def _mails(stack: LocalStack) -> list[Mail]:
    return [
        Mail(_TO, mail["Subject"], mail["BodyText"], float(mail["Timestamp"]) * SECOND)
        for mail in stack.carrier_emails()
        if _TO in mail["To"]
    ]
