"""What `ports.SealedHeads` promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from shared.adapters.sealed_heads import S3SealedHeads
from shared.domain.heads import Head
from shared.domain.instants import DAY, HOUR, MINUTE, parse_instant
from shared.ports import SealedHeads, UnavailableError
from tests.contract import tables
from tests.fakes import FakeSealedHeads, FakeTime
from torture.aws.s3 import BucketShape, VirtualS3

AT = parse_instant("2026-03-01T08:30:00Z")


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="eu-central-1")
        tables.create_bucket(client)
        yield client


@pytest.fixture
def virtual_s3() -> VirtualS3:
    return VirtualS3({tables.EVIDENCE: BucketShape(locked_days=3650)}, FakeTime().now)


@pytest.fixture(params=["fake", "s3", "virtual_s3"])
def storage(request: pytest.FixtureRequest) -> SealedHeads:
    if request.param == "fake":
        return FakeSealedHeads()
    client = request.getfixturevalue(request.param)
    return S3SealedHeads(lambda: client, tables.EVIDENCE)


def head(at: int, number: int = 1, incident: str = "inc-1") -> Head:
    return Head(incident, number, f"{number:064x}", at)


def found(storage: SealedHeads, since: int, until: int) -> list[Head]:
    return [head for each in storage.found(since, until) for head in each.heads]


def test_what_was_sealed_is_found_in_its_hour(storage: SealedHeads) -> None:
    storage.seal([head(AT, 1), head(AT + MINUTE, 2)])
    storage.seal([head(AT + HOUR, 3)])
    storage.seal([head(AT + 3 * DAY, 4)])
    storage.seal([head(AT - HOUR, 5)])
    assert found(storage, AT, AT) == [head(AT, 1), head(AT + MINUTE, 2)]
    assert found(storage, AT, AT + HOUR) == [head(AT, 1), head(AT + MINUTE, 2), head(AT + HOUR, 3)]
    assert [each.number for each in found(storage, 0, AT + 9 * DAY)] == [5, 1, 2, 3, 4]
    assert found(storage, AT + DAY, AT + 2 * DAY) == []


def test_the_same_batch_again_changes_nothing(storage: SealedHeads) -> None:
    storage.seal([head(AT, 1), head(AT, 2)])
    before = list(storage.found(AT, AT))
    storage.seal([head(AT, 2), head(AT, 1)])
    assert list(storage.found(AT, AT)) == before


def test_many_objects_are_found_in_order(storage: SealedHeads) -> None:
    for number in range(230):
        storage.seal([head(AT + number, number)])
    assert [each.number for each in found(storage, AT, AT)] == list(range(230))


def test_an_object_is_locked_and_says_until_when(s3: Any) -> None:
    storage = S3SealedHeads(lambda: s3, tables.EVIDENCE)
    storage.seal([head(AT)])
    (kept,) = storage.found(AT, AT)
    assert kept.sealed_at is not None
    assert kept.kept_until is not None
    assert 3649 * DAY < kept.kept_until - kept.sealed_at <= 3650 * DAY
    (version,) = s3.list_object_versions(Bucket=tables.EVIDENCE)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=tables.EVIDENCE, Key=version["Key"], VersionId=version["VersionId"])


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        (EndpointConnectionError(endpoint_url="https://s3"), True),
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), True),
        (ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject"), True),
        (ClientError({"Error": {"Code": "X"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "PutObject"), True),  # type: ignore[typeddict-item]
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"), False),
    ],
)
def test_what_passes_is_told_from_what_does_not(failure: Exception, *, passes: bool) -> None:
    class Failing:
        def put_object(self, **request: Any) -> None:
            raise failure

    storage = S3SealedHeads(Failing, tables.EVIDENCE)  # type: ignore[arg-type]
    with pytest.raises(UnavailableError if passes else ClientError):
        storage.seal([head(AT)])
