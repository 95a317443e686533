"""Keys that a stage is given when it starts."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from cli.key_ring import KeyRing


@pytest.fixture
def secret() -> Iterator[str]:
    with mock_aws():
        yield boto3.client("secretsmanager").create_secret(Name="console", SecretString='{"keys": []}')["ARN"]


def test_a_renewed_key_takes_the_place_of_the_one_before(secret: str) -> None:
    ring = KeyRing(boto3.client("secretsmanager"), secret)
    first = ring.renew("local intake", source="crm")
    second = ring.renew("local intake", source="crm")
    assert [ring.knows(first), ring.knows(second), ring.knows("")] == [False, True, False]
    assert [entry["name"] for entry in ring.entries()] == ["local intake"]
