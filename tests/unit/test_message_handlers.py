"""The three functions on a message's way, called as Lambda calls them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from functions.record_delivery import handler as recording
from functions.relay_outbox import handler as relaying
from functions.send_message import handler as sending
from functions.send_message.handler import LONGEST_SEND_MS
from shared import bootstrap
from shared.adapters.deadline import SEND_SECONDS
from shared.ports import PermanentFailure, UnavailableError
from tests.message_scene import MAIL, PHONE, Scene

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


@dataclass
class Context:
    """What Lambda says about a run."""

    left: int = 30_000
    function_name: str = "send_message"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:send_message"
    aws_request_id: str = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    made = Scene()
    monkeypatch.setattr(bootstrap, "world", lambda: made.world)
    return made


def sqs(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def stream(*keys: tuple[str, str], name: str = "INSERT") -> dict[str, Any]:
    return {
        "Records": [
            {"eventName": name, "dynamodb": {"Keys": {"PK": {"S": partition}, "SK": {"S": sort}}}}
            for partition, sort in keys
        ]
    }


def failed(answer: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_a_new_row_is_passed_on_and_others_are_not(scene: Scene) -> None:
    key = scene.message(scene.open()).key
    relaying.handler(stream((key.incident, key.sort), ("STORM#wang#29538720", "COUNT")), Context())
    relaying.handler(stream((key.incident, key.sort), name="MODIFY"), Context())
    assert scene.world.messages_queue.take() == (str(key),)


def test_one_record_that_cannot_be_passed_on_does_not_hold_up_the_next(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [scene.message(scene.open(f"CASE-{number}")).key for number in range(13)]
    send = scene.world.messages_queue.send

    def refuse_one(bodies: Iterable[tuple[str, int]]) -> None:
        wanted = list(bodies)
        if any(body == str(keys[3]) for body, _ in wanted):
            raise UnavailableError("not this one")
        send(wanted)

    monkeypatch.setattr(scene.world.messages_queue, "send", refuse_one)
    relaying.handler(stream(*((key.incident, key.sort) for key in keys)), Context())
    assert sorted(scene.world.messages_queue.take()) == sorted(str(key) for key in keys if key != keys[3])
    assert scene.world.metrics.totals["MessagesNotRelayed"] == 1


def test_rows_of_one_stream_batch_go_ten_a_request(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [scene.message(scene.open(f"CASE-{number}")).key for number in range(23)]
    requests: list[list[tuple[str, int]]] = []
    monkeypatch.setattr(scene.world.messages_queue, "send", lambda bodies: requests.append(list(bodies)))
    relaying.handler(stream(*((key.incident, key.sort) for key in keys)), Context())
    assert [body for request in requests for body, _ in request] == [str(key) for key in keys]
    assert [len(request) for request in requests] == [10, 10, 3]


def test_only_what_failed_comes_again(scene: Scene) -> None:
    keys = [scene.message(scene.open(f"CASE-{number}")).key for number in range(3)]
    scene.world.carriers["sms"].fail(RuntimeError("boom"))
    answer = sending.handler(sqs(*(str(key) for key in keys)), Context())
    assert failed(answer) == ["m0"]
    assert len(scene.texts("sms")) == 2


def test_a_body_that_is_no_key_fails_alone(scene: Scene) -> None:
    key = scene.message(scene.open()).key
    assert failed(sending.handler(sqs("nonsense", str(key)), Context())) == ["m0"]


def test_no_send_is_begun_that_could_be_cut_off(scene: Scene) -> None:
    key = scene.message(scene.open()).key
    assert failed(sending.handler(sqs(str(key)), Context(left=LONGEST_SEND_MS - 1))) == ["m0"]
    assert not scene.texts("sms")
    assert scene.world.outbox.get(key) is not None


def test_a_send_ends_well_before_its_run_could_be_cut_off() -> None:
    """The rest of `LONGEST_SEND_MS` is for what is written before and after."""
    assert SEND_SECONDS * 1000 <= LONGEST_SEND_MS - 2_000


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the functions write to their logs."""
    log = io.StringIO()
    for logger in (relaying.logger, sending.logger, recording.logger):
        monkeypatch.setattr(logger.registered_handler, "stream", log)
    return log


def test_a_log_names_ids_and_never_addresses_tokens_or_texts(scene: Scene, written: io.StringIO) -> None:
    keys = [scene.message(scene.open(f"CASE-{number}")).key for number in range(3)]
    scene.world.carriers["sms"].fail(PermanentFailure(f"bad number {PHONE}"), RuntimeError(f"no route to {PHONE}"))
    sending.handler(sqs(*(str(key) for key in keys)), Context())
    recording.handler(
        {
            "source": "aws.ses",
            "detail-type": "Email Bounced",
            "detail": {
                "mail": {"messageId": "sms-1", "destination": [MAIL]},
                "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": MAIL}]},
            },
        },
        Context(),
    )
    logged = written.getvalue()
    tokens = [word for text in scene.texts("sms") for word in text.split() if word.startswith("https://")]
    assert tokens
    for secret in (PHONE, MAIL, *tokens, *(token.rpartition("/")[2] for token in tokens), *scene.texts("sms")):
        assert secret not in logged
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    assert {line.get("incident") for line in lines} >= {key.incident for key in keys}


def test_a_receipt_reaches_its_message(scene: Scene) -> None:
    message = scene.message(scene.open())
    sending.handler(sqs(str(message.key)), Context())
    event = {"source": "aws.ses", "detail-type": "Email Delivered", "detail": {"mail": {"messageId": "sms-1"}}}
    assert recording.handler(event, Context()) == {"receipts": 1}
    assert scene.state(message) == "delivered"
