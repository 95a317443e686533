"""The three functions of the bare path (`bench/bare_path.py`), uploaded as this one file."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import Any

import boto3


@cache
def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]  # the stubs want a literal


def put(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - as Lambda calls it
    """Wait for each message's time and put one item."""
    bodies = sorted((json.loads(record["body"]) for record in event["Records"]), key=lambda body: body["due"])
    for body in bodies:
        time.sleep(max(0.0, body["due"] / 1_000 - time.time()))
        _client("dynamodb").put_item(TableName=os.environ["TABLE"], Item={"PK": {"S": body["name"]}})
        print(body["name"])  # noqa: T201 - the emulator is slower with a silent function


def relay(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - as Lambda calls it
    """Send a message for each new item, ten at a time."""
    names = [record["dynamodb"]["Keys"]["PK"]["S"] for record in event["Records"]]
    for first in range(0, len(names), 10):
        entries = [{"Id": str(n), "MessageBody": name} for n, name in enumerate(names[first : first + 10])]
        _client("sqs").send_message_batch(QueueUrl=os.environ["NEXT"], Entries=entries)
    print(len(names))  # noqa: T201 - see above


def mail(event: dict[str, Any], context: object) -> None:  # noqa: ARG001 - as Lambda calls it
    """Send a mail for each message."""
    for record in event["Records"]:
        _client("sesv2").send_email(
            FromEmailAddress=os.environ["FROM"],
            Destination={"ToAddresses": [os.environ["TO"]]},
            Content={"Simple": {"Subject": {"Data": record["body"]}, "Body": {"Text": {"Data": record["body"]}}}},
        )
        print(record["body"])  # noqa: T201 - see above
