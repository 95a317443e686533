"""Who holds a key, as the secret says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from shared.adapters.api_keys import SecretApiKeys, new_key
from shared.adapters.secret import Secret
from shared.domain.instants import SECOND
from shared.ports import KeyHolder, UnavailableError
from tests.fakes import FakeTime


class Vault:
    """A secret that a test may change, and the keys read from it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.time = FakeTime()
        self.arn = client.create_secret(Name="keys", SecretString="{}")["ARN"]
        self.keys = SecretApiKeys(Secret(lambda: client, self.arn, self.time))

    def keep(self, text: object) -> None:
        written = text if isinstance(text, str) else json.dumps(text)
        self.client.put_secret_value(SecretId=self.arn, SecretString=written)


@pytest.fixture
def vault() -> Iterator[Vault]:
    with mock_aws():
        yield Vault(boto3.client("secretsmanager", region_name="eu-central-1"))


def test_a_key_names_its_holder(vault: Vault) -> None:
    (hotline, hotline_hash), (lin, lin_hash) = new_key(), new_key()
    vault.keep(
        {
            "keys": [
                {"name": "Hotline", "sha256": hotline_hash, "source": "crm/hotline"},
                {"name": "Lin's script", "sha256": lin_hash.upper(), "person": "lin"},
            ]
        }
    )

    assert vault.keys.holder(hotline) == KeyHolder("Hotline", source="crm/hotline")
    assert vault.keys.holder(lin) == KeyHolder("Lin's script", person="lin")
    assert vault.keys.holder(hotline + "x") is None
    assert vault.keys.holder(hotline_hash) is None
    assert vault.keys.holder("") is None
    assert vault.keys.holder("\ud83d客") is None


def test_keys_are_long_and_never_the_same() -> None:
    keys = {new_key()[0] for _ in range(50)}

    assert len(keys) == 50
    assert all(len(key) >= 43 for key in keys)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"keys": ""}',
        '{"keys": [1, {"name": "n"}, {"sha256": 5, "source": "a"}]}',
    ],
)
def test_a_secret_without_keys_lets_nobody_in(vault: Vault, text: str) -> None:
    vault.keep(text or "{}")

    assert vault.keys.holder(new_key()[0]) is None


def test_a_key_that_speaks_for_nobody_or_for_two_lets_nobody_in(vault: Vault) -> None:
    (one, one_hash), (two, two_hash) = new_key(), new_key()
    vault.keep({"keys": [{"sha256": one_hash}, {"sha256": two_hash, "source": "crm", "person": "lin"}]})

    assert vault.keys.holder(one) is None
    assert vault.keys.holder(two) is None


def test_a_key_that_is_taken_away_stops_working_within_a_minute(vault: Vault) -> None:
    key, hashed = new_key()
    vault.keep({"keys": [{"name": "n", "sha256": hashed, "source": "crm"}]})
    assert vault.keys.holder(key) is not None

    vault.keep({"keys": []})

    vault.time.advance(59 * SECOND)
    assert vault.keys.holder(key) is not None
    vault.time.advance(1 * SECOND)
    assert vault.keys.holder(key) is None


def test_while_the_secret_cannot_be_read_the_keys_read_last_stand(vault: Vault) -> None:
    key, hashed = new_key()
    vault.keep({"keys": [{"name": "n", "sha256": hashed, "source": "crm"}]})
    assert vault.keys.holder(key) is not None

    vault.client.delete_secret(SecretId=vault.arn, ForceDeleteWithoutRecovery=True)
    vault.time.advance(61 * SECOND)

    assert vault.keys.holder(key) is not None


def test_a_secret_that_was_never_read_says_so(vault: Vault) -> None:
    vault.client.delete_secret(SecretId=vault.arn, ForceDeleteWithoutRecovery=True)

    with pytest.raises(UnavailableError):
        vault.keys.holder("anything")
