"""The same messages over the real store: what the fakes allow, the table allows, and what they refuse, it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import boto3
import pytest
from moto import mock_aws

from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_links import DynamoLinks
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_timers import DynamoTimers
from shared.application.digest import digest
from shared.application.record_delivery import Receipt, record_delivery
from shared.application.send_message import TryLaterError, send_message, settle_sending
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.domain.message import Message, MessageKey
from shared.ports import PermanentFailure, TemporaryFailure, UnknownOutcome
from tests.contract import tables
from tests.message_scene import POLICY, Scene

LIMIT = POLICY.storm.messages_per_minute


@dataclass
class Stage:
    """A scene whose rows also lie in DynamoDB, where they are sent from."""

    scene: Scene
    world: World

    def message(self, subject: str = "CASE-1", **fields: str) -> Message:
        made = self.scene.message(self.scene.open(subject), **fields)
        self.world.outbox.put(made)
        return made

    def state(self, key: MessageKey, **other: object) -> str | None:
        row = self.world.outbox.get(replace(key, **other))  # type: ignore[arg-type]
        return row.state if row else None


@pytest.fixture
def stage() -> Iterator[Stage]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        tables.create(client)
        scene = Scene()
        incidents = DynamoIncidents(lambda: client, tables.NAMES)
        scene.world.incidents.after_commit = incidents.commit
        timers = DynamoTimers(lambda: client, tables.NAMES)
        outbox = DynamoOutbox(lambda: client, tables.NAMES)
        links = DynamoLinks(lambda: client, tables.NAMES)
        plain = {name: getattr(scene.world, name) for name in World.__dataclass_fields__}
        yield Stage(
            scene, World(**plain | {"incidents": incidents, "timers": timers, "outbox": outbox, "links": links})
        )


def test_a_page_is_tried_again_sent_and_delivered(stage: Stage) -> None:
    message = stage.message()
    stage.scene.world.carriers["sms"].fail(TemporaryFailure())
    with pytest.raises(TryLaterError):
        send_message(stage.world, message.key)
    send_message(stage.world, message.key)
    send_message(stage.world, message.key)
    row = stage.world.outbox.get(message.key)
    assert row is not None
    assert (row.state, row.tries, row.reference) == ("sent", 2, "sms-1")
    record_delivery(stage.world, Receipt("sms-1", "delivered"))
    assert stage.state(message.key) == "delivered"
    assert len(stage.scene.texts("sms")) == 1


def test_an_acknowledgement_calls_it_back(stage: Stage) -> None:
    message = stage.message()
    stage.scene.acknowledge(message.key.incident)
    send_message(stage.world, message.key)
    assert stage.state(message.key) == "called_back"
    assert not stage.scene.texts("sms")


def test_every_channel_and_one_repeat_and_then_operations(stage: Stage) -> None:
    message = stage.message()
    stage.scene.world.carriers["sms"].fail(UnknownOutcome(), UnknownOutcome())
    stage.scene.world.carriers["email"].fail(PermanentFailure())
    with pytest.raises(TryLaterError):
        send_message(stage.world, message.key)
    stage.scene.world.time.advance(MINUTE)
    [sending] = stage.world.outbox.stuck(stage.world.time.now(), 10)
    assert settle_sending(stage.world, sending)
    assert stage.state(message.key, via="email") == "pending"
    send_message(stage.world, replace(message.key, via="email"))
    again = replace(message.key, attempt=2)
    with pytest.raises(TryLaterError):
        send_message(stage.world, again)
    stage.scene.world.time.advance(MINUTE)
    send_message(stage.world, again)
    states = {row.key.via + str(row.key.attempt): row.state for row in stage.world.outbox.of_incident("inc-case-1")}
    assert states == {"sms1": "unknown", "email1": "failed", "sms2": "unknown"}
    assert stage.scene.alerts == 1
    assert not stage.world.outbox.stuck(stage.world.time.now() + 1, 10)


def test_a_receipt_by_our_own_name_settles_an_unknown_outcome(stage: Stage) -> None:
    message = stage.message(via="email")
    stage.scene.world.carriers["email"].fail(UnknownOutcome(), took=True)
    with pytest.raises(TryLaterError):
        send_message(stage.world, message.key)
    [sent] = stage.scene.world.carriers["email"].sent
    record_delivery(stage.world, Receipt("theirs", "delivered", ours=sent.reference))
    assert stage.state(message.key) == "delivered"
    record_delivery(stage.world, Receipt("theirs", "undeliverable"))
    assert stage.state(message.key, via="sms") == "pending"


def test_a_storm_is_held_and_digested_once(stage: Stage) -> None:
    pages = [stage.message(f"CASE-{number}") for number in range(LIMIT + 3)]
    for page in pages:
        send_message(stage.world, page.key)
    stage.scene.acknowledge(pages[-1].key.incident)
    minute = stage.world.time.now() // MINUTE
    for _ in range(2):
        digest(stage.world, "wang", minute)
    [made] = stage.world.outbox.of_incident("digest-wang")
    assert made.items == tuple(f"ordinary opened CASE-{number}" for number in range(LIMIT, LIMIT + 2))
    states = [stage.state(page.key) for page in pages]
    assert states == ["sent"] * LIMIT + ["digested"] * 2 + ["called_back"]
    send_message(stage.world, made.key)
    assert len(stage.scene.texts("sms")) == LIMIT + 1
