"""Who listens in `make watch-demo`, and the carriers that refuse, over real HTTP on the loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

import boto3
import httpx
import pytest

from cli.watch_demo.carriers import RefusingCarriers
from cli.watch_demo.outside import HEARTBEAT, DeadMansSwitch, Outside
from cli.watch_demo.told import ALERT, SWITCH, TOPIC, Told
from shared.adapters.aws import ONCE
from shared.adapters.ses_email import SesEmail
from shared.adapters.sns_sms import SnsSms
from shared.ports import PermanentFailure

LONG = 30
"""Seconds after which something never came; nothing waits that long where it does."""


@pytest.fixture
def heard() -> SimpleQueue[Told]:
    return SimpleQueue()


@pytest.fixture
def switch() -> DeadMansSwitch:
    return DeadMansSwitch(period=0, grace=0)


@pytest.fixture
def outside(heard: SimpleQueue[Told], switch: DeadMansSwitch) -> Iterator[Outside]:
    with Outside(switch, heard.put) as listening:
        yield listening


class Emulator:
    """Answers like the emulator, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: SimpleQueue[str] = SimpleQueue()
        emulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(self.path)

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["content-length"])).decode())

            def _answer(self, asked: str) -> None:
                emulator.asked.put(asked)
                told = b"<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>"
                self.send_response(200)
                self.send_header("content-type", "text/xml")
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    made = Emulator()
    yield made
    made.server.shutdown()
    made.server.server_close()


def post(url: str, body: dict[str, Any]) -> int:
    return httpx.post(url, content=json.dumps(body), trust_env=False).status_code


def test_a_subscription_is_confirmed_where_sns_says(
    outside: Outside, emulator: Emulator, heard: SimpleQueue[Told]
) -> None:
    asks = {"Type": "SubscriptionConfirmation", "SubscribeURL": f"{emulator.url}/?Action=ConfirmSubscription"}
    assert post(outside.operations, asks) == 200
    assert emulator.asked.get(timeout=LONG) == "/?Action=ConfirmSubscription"
    assert heard.empty()


def test_a_notification_is_heard(outside: Outside, heard: SimpleQueue[Told]) -> None:
    assert post(outside.operations, {"Type": "Notification", "Subject": "Tocsin", "Message": "look"}) == 200
    told = heard.get(timeout=LONG)
    assert (told.by, told.alarm, told.text) == (TOPIC, ALERT, "Tocsin look")


def test_a_heartbeat_that_stops_is_told_of_without_anybody_asking(
    outside: Outside, switch: DeadMansSwitch, heard: SimpleQueue[Told]
) -> None:
    assert httpx.get(outside.alive, trust_env=False).status_code == 200
    told = heard.get(timeout=LONG)
    assert (told.by, told.alarm, told.state) == (SWITCH, HEARTBEAT, "ALARM")
    httpx.get(outside.alive, trust_env=False)
    assert heard.get(timeout=LONG).state == "OK"
    assert switch.heard


def test_other_addresses_are_nobody(outside: Outside, switch: DeadMansSwitch) -> None:
    assert httpx.get(outside.alive + "/x", trust_env=False).status_code == 404
    assert post(outside.operations + "x", {"Type": "Notification", "Message": ""}) == 404
    assert not switch.heard


def client(service: Any, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=ONCE,
    )


def test_messages_to_people_are_refused_for_good(emulator: Emulator) -> None:
    with RefusingCarriers(emulator.url) as carriers:
        sms = SnsSms(lambda: client("sns", carriers.url))
        with pytest.raises(PermanentFailure):
            sms.send("+8614599990001", "", "a page", None, "ref")
        email = SesEmail(lambda: client("sesv2", carriers.url), "tocsin@example.com")
        with pytest.raises(PermanentFailure):
            email.send("li.na@example.com", "a page", "a page", None, "ref")
        assert carriers.refused == 2
    assert emulator.asked.empty()


def test_operations_are_told_all_the_same(emulator: Emulator) -> None:
    with RefusingCarriers(emulator.url) as carriers:
        topic = "arn:aws:sns:us-east-1:000000000000:operations"
        answer = client("sns", carriers.url).publish(TopicArn=topic, Message="nobody was reached")
    assert answer["MessageId"] == "m-1"
    assert "nobody+was+reached" in emulator.asked.get(timeout=LONG)
