"""`tocsin site publish` and `tocsin keys console`: what an operator does after a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cli.console_keys import add_console_key, has_console_key
from cli.key_ring import KeyRing
from cli.keys import app as keys


@pytest.fixture
def secret() -> Iterator[str]:
    with mock_aws():
        yield boto3.client("secretsmanager").create_secret(Name="console", SecretString='{"keys": []}')["ARN"]


def live(secret: str) -> list[str]:
    kept = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    return list(kept["keys"])


def test_a_new_console_key_signs_and_the_one_before_still_opens(secret: str) -> None:
    said = [CliRunner().invoke(keys, ["console", "--secret", secret]).stdout for _ in range(3)]
    assert [line.split()[0] for line in said] == ["1", "2", "2"]
    before = live(secret)
    add_console_key(boto3.client("secretsmanager"), secret)
    assert live(secret)[0] == before[-1]  # the newest is last
    assert all(key not in "".join(said) for key in before)


def test_a_secret_without_a_key_signs_nobody_in(secret: str) -> None:
    client = boto3.client("secretsmanager")
    assert not has_console_key(client, secret)
    add_console_key(client, secret)
    assert has_console_key(client, secret)
    assert len(live(secret)[0]) >= 32


def test_a_renewed_key_takes_the_place_of_the_one_before(secret: str) -> None:
    ring = KeyRing(boto3.client("secretsmanager"), secret)
    first = ring.renew("local intake", source="crm")
    second = ring.renew("local intake", source="crm")
    assert [ring.knows(first), ring.knows(second), ring.knows("")] == [False, True, False]
    assert [entry["name"] for entry in ring.entries()] == ["local intake"]
