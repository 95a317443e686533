"""Receipts: what SES and SNS say, and what it does to the message."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from functions.record_delivery.receipts import receipts
from shared.application.record_delivery import Outcome, Receipt, record_delivery
from shared.application.send_message import TryLaterError, reference_of, send_message
from shared.domain.instants import MINUTE
from shared.domain.message import Message
from shared.ports import ConflictError, PermanentFailure, UnknownOutcome
from tests.fakes import FakeOutbox, FakeWorld
from tests.message_scene import MAIL, PHONE, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def sent(scene: Scene) -> Message:
    """A page to somebody with two channels, taken by the first as `sms-1`."""
    message = scene.message(scene.open())
    send_message(scene.world, message.key)
    return message


def test_delivered_is_delivered(scene: Scene, sent: Message) -> None:
    record_delivery(scene.world, Receipt("sms-1", "delivered"))
    assert scene.state(sent) == "delivered"
    assert scene.row(sent, "email") is None


@pytest.mark.parametrize("outcome", ["undeliverable", "doubtful"])
def test_what_did_not_arrive_is_carried_by_the_next_channel(scene: Scene, sent: Message, outcome: Outcome) -> None:
    record_delivery(scene.world, Receipt("sms-1", outcome))
    scene.run()
    assert (scene.state(sent), scene.state(sent, "email")) == ("failed", "sent")


def test_the_same_receipt_twice_makes_one_successor(scene: Scene, sent: Message) -> None:
    for _ in range(2):
        record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
        scene.run()
    assert len(scene.world.carriers["email"].sent) == 1


def test_a_bounce_on_the_last_channel_is_told_to_operations(scene: Scene) -> None:
    message = scene.message(scene.open(), "li")
    send_message(scene.world, message.key)
    record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
    assert scene.state(message) == "failed"
    assert scene.alerts == 1


def test_a_bounce_after_the_acknowledgement_pages_nobody(scene: Scene, sent: Message) -> None:
    scene.acknowledge(sent.key.incident)
    record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
    assert scene.row(sent, "email") is None
    assert not scene.alerts


def test_a_receipt_of_somebody_elses_message_is_counted_alone(scene: Scene, sent: Message) -> None:
    record_delivery(scene.world, Receipt("elsewhere-1", "undeliverable", ours="neither"))
    assert scene.state(sent) == "sent"
    assert scene.world.metrics.totals["ReceiptsUnknown"] == 1


def test_delivered_after_a_bounce_does_not_go_back(scene: Scene, sent: Message) -> None:
    record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
    record_delivery(scene.world, Receipt("sms-1", "delivered"))
    assert scene.state(sent) == "failed"


def test_a_hard_bounce_after_delivered_means_that_nobody_read_it(scene: Scene, sent: Message) -> None:
    record_delivery(scene.world, Receipt("sms-1", "delivered"))
    record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
    assert (scene.state(sent), scene.state(sent, "email")) == ("failed", "pending")


def test_a_complaint_or_an_automatic_answer_after_delivered_changes_nothing(scene: Scene, sent: Message) -> None:
    record_delivery(scene.world, Receipt("sms-1", "delivered"))
    record_delivery(scene.world, Receipt("sms-1", "doubtful"))
    assert scene.state(sent) == "delivered"
    assert scene.row(sent, "email") is None


def _settled_as_unknown(scene: Scene) -> Message:
    message = scene.message(scene.open())
    scene.world.carriers["sms"].fail(UnknownOutcome(), took=True)
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    scene.world.time.advance(MINUTE)
    send_message(scene.world, message.key)
    assert scene.state(message) == "unknown"
    return message


def test_a_late_receipt_clears_up_what_was_unknown(scene: Scene) -> None:
    message = _settled_as_unknown(scene)
    record_delivery(scene.world, Receipt("late", "delivered", ours=reference_of(message.key)))
    assert (scene.state(message), scene.state(message, "email")) == ("delivered", "pending")


def test_a_late_bounce_of_what_was_unknown_makes_no_second_successor(scene: Scene) -> None:
    message = _settled_as_unknown(scene)
    record_delivery(scene.world, Receipt("late", "undeliverable", ours=reference_of(message.key)))
    assert scene.state(message) == "failed"
    assert len(scene.world.outbox.of_incident(message.key.incident)) == 2
    assert not scene.alerts


def test_no_alert_where_an_unknown_first_channel_turns_out_to_have_delivered(scene: Scene) -> None:
    message = _settled_as_unknown(scene)
    record_delivery(scene.world, Receipt("late", "delivered", ours=reference_of(message.key)))
    scene.world.carriers["email"].fail(PermanentFailure())
    scene.run()
    assert scene.state(message, "email") == "failed"
    assert not scene.alerts
    assert scene.row(message, attempt=2) is None


@pytest.mark.parametrize("state", ["called_back", "held", "digested"])
def test_a_receipt_about_what_was_never_sent_changes_nothing(scene: Scene, sent: Message, state: str) -> None:
    row = scene.row(sent)
    assert row is not None
    scene.world.outbox.finish(row, state)
    record_delivery(scene.world, Receipt("sms-1", "delivered"))
    record_delivery(scene.world, Receipt("sms-1", "undeliverable"))
    assert scene.state(sent) == state


class _Moving(FakeOutbox):
    """Somebody else writes the row so often between reading and writing."""

    def __init__(self, scene: Scene, times: int) -> None:
        super().__init__(scene.world.outbox._shelf)
        self._times = times

    def finish(
        self, message: Message, state: str, *, reference: str | None = None, then: Message | None = None
    ) -> None:
        self._times -= 1
        if self._times >= 0:
            raise ConflictError("moved")
        super().finish(message, state, reference=reference, then=then)


def test_a_row_that_moves_is_read_again(scene: Scene, sent: Message) -> None:
    moving = _Moving(scene, 2)
    record_delivery(_with(scene, moving), Receipt("sms-1", "delivered"))
    assert scene.state(sent) == "delivered"


def test_a_row_that_keeps_moving_brings_the_receipt_again(scene: Scene, sent: Message) -> None:
    with pytest.raises(ConflictError):
        record_delivery(_with(scene, _Moving(scene, 99)), Receipt("sms-1", "delivered"))
    assert scene.state(sent) == "sent"


def _with(scene: Scene, outbox: FakeOutbox) -> FakeWorld:
    return replace(scene.world, outbox=outbox)


def ses(what: str, **detail: Any) -> dict[str, Any]:
    mail = {"messageId": "ses-1", "destination": [MAIL], "tags": {"ses:caller-identity": ["role"]}}
    return {"source": "aws.ses", "detail-type": what, "detail": {"mail": mail, **detail}}


def bounce(kind: str, sub: str = "General") -> dict[str, Any]:
    recipients = [{"emailAddress": MAIL, "diagnosticCode": f"550 {MAIL} unknown"}]
    return ses("Email Bounced", bounce={"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": recipients})


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        (ses("Email Delivered", delivery={"recipients": [MAIL]}), "delivered"),
        (bounce("Permanent"), "undeliverable"),
        (bounce("Undetermined"), "doubtful"),
        (bounce("Transient", "MailboxFull"), "doubtful"),
        (ses("Email Complaint Received", complaint={}), "doubtful"),
        (ses("Email Rejected", reject={"reason": "Bad content"}), "undeliverable"),
    ],
)
def test_what_ses_says_becomes_a_receipt_without_addresses(event: dict[str, Any], outcome: str) -> None:
    [receipt] = receipts(event)
    assert (receipt.reference, receipt.outcome, receipt.ours) == ("ses-1", outcome, None)
    assert MAIL not in repr(receipt)


def test_the_tag_we_gave_an_e_mail_comes_back() -> None:
    event = ses("Email Delivered")
    event["detail"]["mail"]["tags"]["tocsin_reference"] = ["abc"]
    [receipt] = receipts(event)
    assert receipt.ours == "abc"


@pytest.mark.parametrize("what", ["Email Sent", "Email Delivery Delayed", "Email Opened", "Email Clicked"])
def test_what_settles_nothing_makes_no_receipt(what: str) -> None:
    assert not list(receipts(ses(what)))


def sms_log(*entries: dict[str, Any]) -> dict[str, Any]:
    """As CloudWatch Logs hands it to a subscription."""
    lines = [{"id": str(n), "timestamp": 1, "message": json.dumps(entry)} for n, entry in enumerate(entries)]
    body = {"messageType": "DATA_MESSAGE", "logGroup": "sns/DirectPublishToPhoneNumber", "logEvents": lines}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(body).encode())).decode()}}


def test_the_delivery_log_of_sns_becomes_receipts() -> None:
    entries = [
        {
            "notification": {"messageId": f"sns-{status}", "timestamp": "2026-03-01 00:00:00.000"},
            "delivery": {"destination": PHONE, "providerResponse": "Unknown error attempting to reach phone"},
            "status": status,
        }
        for status in ("SUCCESS", "FAILURE")
    ]
    found = list(receipts(sms_log(*entries)))
    assert [(receipt.reference, receipt.outcome) for receipt in found] == [
        ("sns-SUCCESS", "delivered"),
        ("sns-FAILURE", "undeliverable"),
    ]
    assert PHONE not in repr(found)


def test_an_event_of_no_known_form_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        list(receipts({"source": "aws.s3", "detail-type": "x", "detail": {}}))
