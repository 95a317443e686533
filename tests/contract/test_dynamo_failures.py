"""What DynamoDB's refusals and silences mean: the cases no emulator plays, played by botocore's Stubber."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from shared.adapters.aws import dynamodb as real_client
from shared.ports import CalledBackError, ConflictError, DuplicateError, UnavailableError
from tests.contract.conftest import Store, over
from tests.contract.made import NOW, errand, message, opening, timer

KEYS: dict[str, Any] = {
    "region_name": "eu-central-1",
    "aws_access_key_id": "x",
    "aws_secret_access_key": "x",
}


@pytest.fixture
def stubbed() -> Iterator[tuple[Store, Stubber]]:
    client = boto3.client("dynamodb", **KEYS, config=Config(retries={"total_max_attempts": 1}))
    with Stubber(client) as stubber:
        yield over(lambda: client), stubber


def cancelled(stubber: Stubber, *codes: str, item: dict[str, Any] | None = None) -> None:
    reasons = [
        {"Code": code, **({"Item": item} if item and code == "ConditionalCheckFailed" else {})} for code in codes
    ]
    stubber.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        http_status_code=400,
        modeled_fields={"CancellationReasons": reasons},
    )


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "ConditionalCheckFailed"]
)
def test_a_step_that_lost_or_met_load_is_decided_again(stubbed: tuple[Store, Stubber], code: str) -> None:
    store, stubber = stubbed
    cancelled(stubber, "None", code, "None", "None", "None")

    with pytest.raises(ConflictError):
        store.incidents.commit(opening())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InternalServerError", 500),
        ("SomethingNew", 503),
        ("ThrottlingException", 400),
        ("ProvisionedThroughputExceededException", 400),
        ("RequestLimitExceeded", 400),
        ("TransactionInProgressException", 400),
    ],
)
def test_a_request_that_the_store_could_not_serve_is_decided_again(
    stubbed: tuple[Store, Stubber], code: str, status: int
) -> None:
    store, stubber = stubbed
    stubber.add_client_error("transact_write_items", code, http_status_code=status)

    with pytest.raises(ConflictError):
        store.incidents.commit(opening())


@pytest.mark.parametrize("codes", [("ValidationError",), ("TransactionConflict", "ValidationError")])
def test_a_transaction_that_is_wrong_is_a_bug(stubbed: tuple[Store, Stubber], codes: tuple[str, ...]) -> None:
    store, stubber = stubbed
    cancelled(stubber, *codes)

    with pytest.raises(ClientError):
        store.incidents.commit(opening())


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_request_that_is_wrong_is_a_bug(stubbed: tuple[Store, Stubber], code: str) -> None:
    store, stubber = stubbed
    stubber.add_client_error("transact_write_items", code, http_status_code=400)

    with pytest.raises(ClientError):
        store.incidents.commit(opening())


def test_a_duplicate_is_worth_more_than_a_lost_race(stubbed: tuple[Store, Stubber]) -> None:
    store, stubber = stubbed
    kept = {"fingerprint": {"S": "f0"}, "incident": {"S": "inc-9"}}
    cancelled(stubber, "ConditionalCheckFailed", "ConditionalCheckFailed", "TransactionConflict", item=kept)

    with pytest.raises(DuplicateError) as duplicate:
        store.incidents.commit(opening())

    assert (duplicate.value.fingerprint, duplicate.value.incident) == ("f0", "inc-9")


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (("None", "ConditionalCheckFailed"), CalledBackError),
        (("ConditionalCheckFailed", "None"), ConflictError),
        (("ConditionalCheckFailed", "ConditionalCheckFailed"), ConflictError),
        (("None", "TransactionConflict"), ConflictError),
        (("ThrottlingError", "None"), ConflictError),
    ],
)
def test_a_page_is_called_back_only_where_the_fence_says_so(
    stubbed: tuple[Store, Stubber], codes: tuple[str, ...], error: type[Exception]
) -> None:
    store, stubber = stubbed
    cancelled(stubber, *codes)

    with pytest.raises(error):
        store.outbox.start_sending(message(fence=1), "ref", NOW)


def test_a_claim_of_which_the_outcome_is_unknown_is_neither_won_nor_lost(stubbed: tuple[Store, Stubber]) -> None:
    store, stubber = stubbed
    cancelled(stubber, "TransactionConflict")

    with pytest.raises(ConflictError):
        store.timers.claim(timer())


CALLS: dict[str, tuple[str, Callable[[Store], object]]] = {
    "load": ("get_item", lambda store: store.incidents.load("inc-1")),
    "taken": ("get_item", lambda store: store.incidents.taken("a", "b")),
    "timeline": ("query", lambda store: store.incidents.timeline("inc-1")),
    "due": ("query", lambda store: store.timers.due(1, 1, NOW)),
    "put timer": ("put_item", lambda store: store.timers.put(timer())),
    "failed": ("update_item", lambda store: store.timers.failed(timer())),
    "cursor": ("put_item", lambda store: store.timers.move_cursor(5)),
    "count": ("update_item", lambda store: store.outbox.count_message("lin", 1)),
    "about": ("query", lambda store: store.crises.about(["food/store/S-1"], NOW)),
    "drills": ("query", lambda store: store.crises.running_drills()),
    "text": ("get_item", lambda store: store.statements.text("inc-1", "first", 1)),
    "published": ("query", lambda store: store.statements.published()),
    "errand": ("get_item", lambda store: store.errands.get("inc-1", "join")),
    "finish errand": ("update_item", lambda store: store.errands.finish(errand())),
    "stuck errands": ("query", lambda store: store.errands.stuck(NOW, 10)),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_refuses_for_load_is_unavailable(stubbed: tuple[Store, Stubber], call: str) -> None:
    store, stubber = stubbed
    operation, act = CALLS[call]
    stubber.add_client_error(operation, "ThrottlingException", http_status_code=400)

    with pytest.raises(UnavailableError):
        act(store)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_is_not_allowed_is_a_bug(stubbed: tuple[Store, Stubber], call: str) -> None:
    store, stubber = stubbed
    operation, act = CALLS[call]
    stubber.add_client_error(operation, "AccessDeniedException", http_status_code=400)

    with pytest.raises(ClientError):
        act(store)


def test_a_store_that_cannot_be_reached() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    config = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    client = boto3.client("dynamodb", **KEYS, endpoint_url=f"http://127.0.0.1:{port}", config=config)
    store = over(lambda: client)

    with pytest.raises(UnavailableError):
        store.incidents.load("inc-1")
    with pytest.raises(ConflictError):
        store.incidents.commit(opening())


def test_a_step_too_large_for_one_transaction_is_refused_before_it_is_tried(stubbed: tuple[Store, Stubber]) -> None:
    store, _ = stubbed

    with pytest.raises(ValueError, match="a transaction holds 100"):
        store.incidents.commit(opening(messages=tuple(message(f"p{count}") for count in range(100))))


def test_every_call_has_a_token_of_its_own(dynamodb: Any) -> None:
    """Of two callers with equal steps only one may succeed: a shared token would tell both that they did (I7)."""
    tokens: list[str] = []

    def remember(request: Any, **_: Any) -> None:
        tokens.append(json.loads(request.data)["ClientRequestToken"])

    dynamodb.meta.events.register("before-sign.dynamodb.TransactWriteItems", remember)
    step = opening()
    over(lambda: dynamodb).incidents.commit(step)
    with pytest.raises(DuplicateError):
        over(lambda: dynamodb).incidents.commit(step)

    assert len(tokens) == len(set(tokens)) == 2


def test_the_store_is_asked_again_by_the_sdk_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")

    config: Any = real_client().meta.config

    assert config.retries["total_max_attempts"] > 1
    assert config.read_timeout <= 5


@pytest.mark.parametrize(
    "code", ["ConditionalCheckFailedException", "TransactionConflictException", "ThrottlingException"]
)
def test_how_a_send_went_is_read_again_where_the_store_did_not_take_it(
    stubbed: tuple[Store, Stubber], code: str
) -> None:
    """As after a lost answer, too: the repeat finds the row moved, by the very update that was lost."""
    store, stubber = stubbed
    stubber.add_client_error("update_item", code, http_status_code=400)

    with pytest.raises(ConflictError):
        store.outbox.finish(message(), "sent", reference="carrier-1")


def test_how_a_send_went_is_not_known_to_be_written_where_no_answer_came(stubbed: tuple[Store, Stubber]) -> None:
    store, stubber = stubbed
    stubber.add_client_error("update_item", "InternalServerError", http_status_code=500)

    with pytest.raises(ConflictError):
        store.outbox.finish(message(), "sent", reference="carrier-1")
