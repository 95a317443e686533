"""One suite, two stores: the fakes that all other tests stand on, and the adapters over moto's DynamoDB."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from shared import ports
from shared.adapters.dynamo_crises import DynamoCrises
from shared.adapters.dynamo_errands import DynamoErrands
from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_keys import key
from shared.adapters.dynamo_links import DynamoLinks
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_quarantine import DynamoQuarantine
from shared.adapters.dynamo_statements import DynamoStatements
from shared.adapters.dynamo_timers import DynamoTimers
from tests.contract import tables, virtual
from tests.fakes import (
    FakeCrises,
    FakeErrands,
    FakeIncidents,
    FakeLinks,
    FakeOutbox,
    FakeQuarantine,
    FakeStatements,
    FakeTimers,
    Shelf,
)

ENDPOINT = os.environ.get("TOCSIN_CONTRACT_ENDPOINT", "")
"""A DynamoDB, all of whose tables the suite deletes: `http://127.0.0.1:4566`. Unset, the suite runs on moto; set, only
what asks the store is run (`make conformance`)."""
HERE = Path(__file__).parent
LOCAL_KEYS: dict[str, Any] = {"region_name": "eu-central-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if ENDPOINT:
        idle = [item for item in items if HERE in item.path.parents and not _asks_dynamodb(item)]
        config.hook.pytest_deselected(items=idle)
        items[:] = [item for item in items if item not in idle]


def _asks_dynamodb(item: pytest.Item) -> bool:
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "dynamodb" in {*getattr(item, "fixturenames", ()), *map(str, given)}


@dataclass(frozen=True)
class Store:
    """The ports that share one store."""

    incidents: ports.Incidents
    timers: ports.Timers
    outbox: ports.Outbox
    links: ports.Links
    quarantine: ports.Quarantine
    crises: ports.Crises
    statements: ports.Statements
    errands: ports.Errands


@pytest.fixture
def virtual_dynamodb() -> Any:
    """A client of the fault simulation's DynamoDB."""
    return virtual.client(virtual.store())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks a DynamoDB by name asks both."""
    if "dynamodb" in metafunc.fixturenames and not ENDPOINT:
        metafunc.parametrize("dynamodb", ["moto", "virtual"], indirect=True)


@pytest.fixture
def dynamodb(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a DynamoDB with the four tables, empty: moto's, or the one at TOCSIN_CONTRACT_ENDPOINT."""
    if ENDPOINT:
        client = boto3.client("dynamodb", endpoint_url=ENDPOINT, config=Config(max_pool_connections=50), **LOCAL_KEYS)
        _renew_tables(client)
        if not _knows_transactions(client):
            client.meta.events.register("before-call.dynamodb.TransactWriteItems", _skip)
        yield client
        return
    if getattr(request, "param", "") == "virtual":
        yield request.getfixturevalue("virtual_dynamodb")
        return
    _one_request_at_a_time(monkeypatch)
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        tables.create(client)
        yield client


@pytest.fixture(params=["fake", "dynamodb", "virtual_dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        shelf = Shelf()
        return Store(
            FakeIncidents(shelf),
            FakeTimers(shelf),
            FakeOutbox(shelf),
            FakeLinks(),
            FakeQuarantine(shelf),
            FakeCrises(shelf),
            FakeStatements(shelf),
            FakeErrands(shelf),
        )
    client = request.getfixturevalue(request.param)
    return over(lambda: client)


def over(client: Callable[[], Any]) -> Store:
    """The adapters over a client."""
    names = tables.NAMES
    return Store(
        DynamoIncidents(client, names),
        DynamoTimers(client, names),
        DynamoOutbox(client, names),
        DynamoLinks(client, names),
        DynamoQuarantine(client, names),
        DynamoCrises(client, names),
        DynamoStatements(client, names),
        DynamoErrands(client, names),
    )


def _renew_tables(client: Any) -> None:
    often = {"Delay": 0.05, "MaxAttempts": 200}
    old = client.list_tables()["TableNames"]
    for table in old:
        client.delete_table(TableName=table)
    for table in old:
        client.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig=often)
    tables.create(client)
    for table in tables.INDEXES:
        client.get_waiter("table_exists").wait(TableName=table, WaiterConfig=often)


def _knows_transactions(client: Any) -> bool:
    try:
        client.transact_get_items(TransactItems=[{"Get": {"TableName": "incidents", "Key": key("-", "-")}}])
    except ClientError as error:
        if error.response["Error"]["Code"] != "UnknownOperationException":
            raise
        return False
    return True


def _skip(**_: Any) -> None:
    pytest.skip("this store has no transactions")


def _one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto is not made for threads; a request to DynamoDB is atomic, so here it is too, its answer included."""
    lock, answer = RLock(), DynamoHandler.call_action

    def alone(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", alone)
