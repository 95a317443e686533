"""What a carrier does with a message, and what its refusals and silences mean (I7)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from select import select
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from functions.record_delivery import receipts
from shared.adapters import aws, deadline
from shared.adapters.ses_email import REFERENCE_TAG, SesEmail
from shared.adapters.sns_sms import SnsSms
from shared.ports import Carrier, PermanentFailure, TemporaryFailure, UnknownOutcome

REGION = "eu-central-1"
KEYS: dict[str, Any] = {"region_name": REGION, "aws_access_key_id": "x", "aws_secret_access_key": "x"}
ONCE = Config(connect_timeout=1, read_timeout=0.3, retries={"total_max_attempts": 1})

SMS = ("+8613800000001", "", "Case C-1 is overdue", None, "ref1")
EMAIL = ("lin@example.com", "Case C-1\nis overdue", "It is overdue", "<p>It is overdue</p>", "ref1")

KINDS: dict[str, tuple[str, str, Callable[[Any], Carrier], tuple[Any, ...]]] = {
    "sms": ("sns", "publish", lambda client: SnsSms(lambda: client, "Tocsin"), SMS),
    "email": ("sesv2", "send_email", lambda client: SesEmail(lambda: client, "pager@example.com"), EMAIL),
}


def test_a_text_goes_out_as_an_urgent_one_from_our_sender() -> None:
    client = boto3.client("sns", **KEYS)
    attributes = {
        "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"},
        "AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Tocsin"},
    }
    expected = {"PhoneNumber": SMS[0], "Message": SMS[2], "MessageAttributes": attributes}
    with Stubber(client) as stubber:
        stubber.add_response("publish", {"MessageId": "m-1"}, expected)

        assert SnsSms(lambda: client, "Tocsin").send(*SMS) == "m-1"


def test_a_text_arrives_without_a_sender_too() -> None:
    with mock_aws():
        client = boto3.client("sns", region_name=REGION)

        reference = SnsSms(lambda: client).send(*SMS)

        sent = sns_backends[DEFAULT_ACCOUNT_ID][REGION].sms_messages
        assert sent == {reference: (SMS[0], SMS[2])}


def test_an_email_goes_out_with_both_parts_and_our_reference_for_its_receipts() -> None:
    client = boto3.client("sesv2", **KEYS)
    expected = {
        "FromEmailAddress": "pager@example.com",
        "Destination": {"ToAddresses": ["lin@example.com"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "Case C-1 is overdue", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "It is overdue", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>It is overdue</p>", "Charset": "UTF-8"},
                },
            }
        },
        "EmailTags": [{"Name": "tocsin_reference", "Value": "ref1"}],
        "ConfigurationSetName": "receipts",
    }
    with Stubber(client) as stubber:
        stubber.add_response("send_email", {"MessageId": "m-1"}, expected)

        assert SesEmail(lambda: client, "pager@example.com", "receipts").send(*EMAIL) == "m-1"


def test_receipts_look_for_our_reference_where_it_was_put() -> None:
    assert receipts.REFERENCE_TAG == REFERENCE_TAG


REFUSALS = [
    ("Throttling", 400, TemporaryFailure),
    ("ThrottledException", 429, TemporaryFailure),
    ("TooManyRequestsException", 429, TemporaryFailure),
    ("LimitExceededException", 400, TemporaryFailure),
    ("InternalError", 500, TemporaryFailure),
    ("SomethingNew", 503, TemporaryFailure),
    ("ExpiredToken", 403, TemporaryFailure),
    ("InvalidParameter", 400, PermanentFailure),
    ("OptedOutException", 400, PermanentFailure),
    ("MessageRejected", 400, PermanentFailure),
    ("MailFromDomainNotVerifiedException", 400, PermanentFailure),
    ("SendingPausedException", 400, PermanentFailure),
    ("AuthorizationError", 403, PermanentFailure),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("code", "status", "failure"), REFUSALS)
def test_a_refusal_is_told_apart(kind: str, code: str, status: int, failure: type[Exception]) -> None:
    service, operation, carrier, message = KINDS[kind]
    client = boto3.client(service, **KEYS, config=ONCE)  # type: ignore[call-overload]
    with Stubber(client) as stubber:
        stubber.add_client_error(operation, code, http_status_code=status)

        with pytest.raises(failure):
            carrier(client).send(*message)


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """A server that does something odd with each connection; its URL, and a count of the connections."""
    connections: list[int] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connections.append(1)
                with connection:
                    behave(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}", connections
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def hangs_up(connection: socket.socket) -> None:
    connection.recv(65_536)


def says_nothing(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behave", [hangs_up, says_nothing])
def test_a_carrier_that_goes_silent_is_asked_once_and_leaves_it_open(
    kind: str, behave: Callable[[socket.socket], None]
) -> None:
    service, _, carrier, message = KINDS[kind]
    with server(behave) as (url, connections):
        client = boto3.client(service, **KEYS, endpoint_url=url, config=ONCE)  # type: ignore[call-overload]

        with pytest.raises(UnknownOutcome):
            carrier(client).send(*message)
        client.close()

    assert len(connections) == 1


def drips(connection: socket.socket) -> None:
    """Answer byte by byte: each comes well in time, all of them take longer than there is."""
    connection.recv(65_536)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Slow: " + 40 * b"x" + b"\r\n\r\n{}":
        readable, _, _ = select([connection], [], [], 0.02)
        if readable and not connection.recv(65_536):
            return
        connection.sendall(bytes([byte]))


@pytest.mark.parametrize(("make", "kind"), [(aws.sns_once, "sms"), (aws.ses_once, "email")])
def test_a_carrier_that_drips_its_answer_is_given_up_at_the_deadline(
    make: Callable[[], Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "SEND_SECONDS", 0.3)
    for name, value in {"DEFAULT_REGION": REGION, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(aws, "_client", aws._client.__wrapped__)  # a client of this test's own
    _, _, carrier, message = KINDS[kind]
    with server(drips) as (url, connections):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        client = make()
        with pytest.raises(UnknownOutcome):
            carrier(client).send(*message)
        client.close()

    assert len(connections) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_carrier_that_is_not_there_took_nothing(kind: str) -> None:
    service, _, carrier, message = KINDS[kind]
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    client = boto3.client(service, **KEYS, endpoint_url=f"http://127.0.0.1:{port}", config=ONCE)  # type: ignore[call-overload]

    with pytest.raises(TemporaryFailure):
        carrier(client).send(*message)


@pytest.mark.parametrize("make", [aws.sns_once, aws.ses_once])
def test_the_clients_of_carriers_call_once_and_do_not_wait_long(
    make: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    config = make().meta.config

    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout <= 10
