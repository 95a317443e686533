"""`tocsin keys rotate` and `retire`: two keys live side by side, then one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
from typer.testing import Result

from cli import deployment
from cli.deployment import Deployment
from cli.front_key import retire_front, rotate_front
from cli.key_ring import KeyRing
from cli.live_keys import add_key, keys_of
from shared.adapters.api_keys import SecretApiKeys
from shared.adapters.console_seal import SignedSeal
from shared.adapters.secret import Secret, front_keys, live_keys
from shared.application.front_door import SHOWN_IN
from shared.domain.instants import HOUR
from tests.fakes import FakeTime
from tests.unit.cli_stage import stage, tocsin

SECRETS = {
    "ApiKeysSecretArn": '{"keys": []}',
    "ConsoleSecretArn": '{"keys": []}',
    "WebhookSecretArn": "w" * 64,  # as a deployment makes it
    "FrontSecretArn": json.dumps({"sent": "first"}),
}


@pytest.fixture
def place() -> Iterator[Deployment]:
    """A stage with its four secrets."""
    with stage() as made:
        client = made.client("secretsmanager")
        arns = {name: client.create_secret(Name=name, SecretString=text)["ARN"] for name, text in SECRETS.items()}
        known = replace(made, outputs={**made.outputs, **arns})
        with patch.object(deployment, "_local", lambda: known):
            yield known


def text_of(place: Deployment, output: str) -> str:
    return str(place.client("secretsmanager").get_secret_value(SecretId=place.outputs[output])["SecretString"])


def run(*words: str) -> Result:
    done = tocsin("keys", *words)
    assert done.exit_code == 0, done.stderr
    return done


def holders(place: Deployment) -> SecretApiKeys:
    return SecretApiKeys(Secret(lambda: place.client("secretsmanager"), place.outputs["ApiKeysSecretArn"], FakeTime()))


def test_an_api_key_has_a_successor_before_it_goes(place: Deployment) -> None:
    older = KeyRing(place.client("secretsmanager"), place.outputs["ApiKeysSecretArn"]).add("Hotline", source="crm")
    newer = run("rotate", "api", "Hotline").stdout.strip()
    both = [holders(place).holder(key) for key in (older, newer)]
    assert both[0] == both[1] is not None
    assert newer not in text_of(place, "ApiKeysSecretArn")

    third = tocsin("keys", "rotate", "api", "Hotline")
    assert third.exit_code == 1  # a third key would cut off whoever still shows the first
    assert "retire" in third.stderr

    run("retire", "api", "Hotline")
    assert holders(place).holder(older) is None
    assert holders(place).holder(newer) == both[1]
    assert tocsin("keys", "retire", "api", "Hotline").exit_code == 1
    assert holders(place).holder(newer) == both[1]  # the last one is revoked, not retired


@pytest.mark.parametrize("words", [("rotate", "api"), ("retire", "api"), ("rotate", "api", "nobody")])
def test_a_key_that_is_not_named_or_not_there_is_not_rotated(place: Deployment, words: tuple[str, ...]) -> None:
    assert tocsin("keys", *words).exit_code in (1, 2)
    assert json.loads(text_of(place, "ApiKeysSecretArn")) == {"keys": []}


def test_webhooks_are_signed_with_both_keys_until_the_older_is_retired(place: Deployment) -> None:
    given = run("rotate", "webhook").stdout.strip()
    assert live_keys(text_of(place, "WebhookSecretArn")) == ("w" * 64, given)
    run("retire", "webhook")
    assert live_keys(text_of(place, "WebhookSecretArn")) == (given,)


def test_a_session_outlives_the_rotation_and_not_the_retirement_of_its_key(place: Deployment) -> None:
    time = FakeTime()

    def seal() -> SignedSeal:
        return SignedSeal(Secret(lambda: place.client("secretsmanager"), place.outputs["ConsoleSecretArn"], time), time)

    shown = run("rotate", "console")
    assert shown.stdout == ""
    cookie = seal().seal("session", {"person": "li.na"})
    run("rotate", "console")
    assert seal().opened("session", cookie, HOUR) is not None
    run("retire", "console")
    assert seal().opened("session", cookie, HOUR) is None


def test_a_third_key_drops_the_first(place: Deployment) -> None:
    where = place.client("secretsmanager"), place.outputs["ConsoleSecretArn"]
    assert [add_key(*where) for _ in range(3)] == [1, 2, 2]
    before = keys_of(*where)
    add_key(*where)
    assert keys_of(*where)[0] == before[-1]


@dataclass(frozen=True)
class Stacks:
    """CloudFormation, which names the distribution."""

    distribution: str

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        assert StackName == "TocsinFront-local"
        return {"Stacks": [{"Outputs": [{"OutputKey": "FrontDistributionId", "OutputValue": self.distribution}]}]}


def fronted(place: Deployment) -> tuple[Deployment, str]:
    """The stage with a distribution that shows the key `first`."""
    origin = {
        "Id": "api",
        "DomainName": "abc.execute-api.eu-central-1.amazonaws.com",
        "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": SHOWN_IN.title(), "HeaderValue": "first"}]},
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    config = {
        "CallerReference": "one",
        "Comment": "the front",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "api", "ViewerProtocolPolicy": "https-only"},
    }
    made = place.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]
    stacks = Stacks(made["Id"])
    clients = lambda service: stacks if service == "cloudformation" else place.client(service)  # noqa: E731
    return replace(place, client=clients), made["Id"]


def shown_by(place: Deployment, name: str) -> str:
    config: dict[str, Any] = place.client("cloudfront").get_distribution_config(Id=name)["DistributionConfig"]
    return str(config["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"])


def test_what_cloudfront_shows_is_always_taken(place: Deployment) -> None:
    paused: list[float] = []
    place, name = fronted(place)

    def taken() -> tuple[str, ...]:
        return front_keys(text_of(place, "FrontSecretArn"))

    def pause(seconds: float) -> None:
        paused.append(seconds)
        assert shown_by(place, name) == "first"
        assert len(taken()) == 2  # functions know the new key before anybody shows it

    rotate_front(place, pause)
    assert paused == [61]
    shown = shown_by(place, name)
    assert shown != "first"
    assert taken() == (shown, "first")
    assert json.loads(text_of(place, "FrontSecretArn"))["sent"] == shown  # what the next deployment would show
    retire_front(place)
    assert taken() == (shown,)


def test_a_rotation_that_broke_off_goes_on_where_it_was(place: Deployment) -> None:
    place, name = fronted(place)

    def gone(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_front(place, gone)
    coming = json.loads(text_of(place, "FrontSecretArn"))["next"]
    rotate_front(place, lambda _: None)
    assert shown_by(place, name) == coming
