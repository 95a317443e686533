"""Reads what carriers report: SES events from the EventBridge bus, SNS delivery logs from CloudWatch Logs."""

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared.application.record_delivery import Outcome, Receipt

REFERENCE_TAG = "tocsin_reference"
"""The SES tag that carries our own name for a send: it comes back with every event about it."""

_OUTCOMES: Mapping[str, Outcome] = {
    "Email Delivered": "delivered",
    "Email Bounced": "undeliverable",
    "Email Complaint Received": "doubtful",
    "Email Rejected": "undeliverable",
    "Email Rendering Failed": "undeliverable",
}


def receipts(event: Mapping[str, Any]) -> Iterator[Receipt]:
    """All receipts in an event, none where it says nothing final (sent, opened, delayed).

    Raises:
        KeyError, ValueError: the event is of no known form.
    """
    if "awslogs" in event:
        yield from _of_sms_log(event["awslogs"]["data"])
    elif event.get("source") == "aws.ses":
        yield from _of_email(event["detail-type"], event["detail"])
    else:
        raise ValueError("neither an SES event nor a log of SNS")


def _of_email(what: str, detail: Mapping[str, Any]) -> Iterator[Receipt]:
    outcome = _OUTCOMES.get(what)
    if outcome is None:
        return
    mail, bounce = detail["mail"], detail.get("bounce", {})
    if outcome == "undeliverable" and bounce.get("bounceType", "Permanent") != "Permanent":
        outcome = "doubtful"  # a full mailbox, but also an automatic answer
    why = "/".join(str(bounce[part]) for part in ("bounceType", "bounceSubType") if part in bounce)
    ours = next(iter(mail.get("tags", {}).get(REFERENCE_TAG, [])), None)
    yield Receipt(mail["messageId"], outcome, ours, f"({why})" if why else "")


def _of_sms_log(data: str) -> Iterator[Receipt]:
    for line in json.loads(gzip.decompress(base64.b64decode(data))).get("logEvents", []):
        entry = json.loads(line["message"])
        outcome: Outcome = "delivered" if entry["status"] == "SUCCESS" else "undeliverable"
        yield Receipt(entry["notification"]["messageId"], outcome)
