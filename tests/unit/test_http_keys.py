"""`tocsin keys` and the door agree: a key that was given out opens, one that was taken back does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cli.keys import app
from shared.adapters.api_keys import SecretApiKeys
from shared.adapters.secret import Secret
from shared.ports import KeyHolder
from tests.fakes import FakeTime


@pytest.fixture
def secret() -> Iterator[str]:
    with mock_aws():
        made = boto3.client("secretsmanager").create_secret(Name="keys", SecretString='{"keys": []}')
        yield made["ARN"]


def run(secret: str, *words: str) -> Any:
    return CliRunner().invoke(app, [*words, "--secret", secret])


def holder(secret: str, key: str) -> KeyHolder | None:
    return SecretApiKeys(Secret(lambda: boto3.client("secretsmanager"), secret, FakeTime())).holder(key)


def test_a_key_opens_for_its_holder_until_it_is_taken_back(secret: str) -> None:
    system = run(secret, "add", "Hotline", "--source", "crm/hotline").stdout.strip()
    person = run(secret, "add", "Li Na's phone", "--person", "li.na").stdout.strip()

    assert holder(secret, system) == KeyHolder("Hotline", source="crm/hotline")
    assert holder(secret, person) == KeyHolder("Li Na's phone", person="li.na")
    assert run(secret, "revoke", "Hotline").exit_code == 0
    assert holder(secret, system) is None
    assert holder(secret, person) is not None


def test_a_key_is_seen_once(secret: str) -> None:
    key = run(secret, "add", "Hotline", "--source", "crm").stdout.strip()
    kept = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    listed = run(secret, "list").stdout
    assert "Hotline\tsource crm" in listed
    assert key not in kept + listed


@pytest.mark.parametrize(
    "words",
    [
        ("Hotline",),
        ("Hotline", "--source", "crm", "--person", "li.na"),
        ("Hotline", "--source", "api"),
        ("Hotline", "--source", "console/x"),
        ("Hotline", "--source", "crm hotline"),
        ("Hotline", "--person", "Li Na"),
        ("taken", "--source", "crm"),
        (" ", "--source", "crm"),
    ],
)
def test_keys_that_would_open_the_wrong_door_are_not_made(secret: str, words: tuple[str, ...]) -> None:
    run(secret, "add", "taken", "--source", "shop")
    before = run(secret, "list").stdout
    refused = run(secret, "add", *words)
    assert refused.exit_code == 1
    assert refused.stderr
    assert run(secret, "list").stdout == before


def test_what_is_not_there_cannot_be_taken_back(secret: str) -> None:
    assert run(secret, "revoke", "nobody").exit_code == 1
