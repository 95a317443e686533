"""Every function's log lines name the request, and the incident where one is concerned: that is how one is followed."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from functions.console import handler as console
from shared import bootstrap
from shared.adapters import codec, dynamo_keys
from shared.adapters.log_lines import logger, short
from shared.adapters.outside_heartbeat import OutsideHeartbeat
from shared.application.errand_body import errand_body
from shared.application.prove_alive import Watch
from shared.application.timer_body import timer_body
from shared.domain.errand import Errand
from shared.domain.instants import MINUTE
from shared.domain.timer import Timer
from tests.fakes import FakeWorld
from tests.probed_policy import probed
from tests.unit.console_scene import crisis_scene
from tests.unit.door_requests import CRM_KEY, INCIDENT, LI_KEY, a_world, complaint, open_incident, request
from tests.unit.test_message_handlers import Context, sqs, stream

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

Run = Callable[[FakeWorld], dict[str, Any]]
Lines = Callable[[str, dict[str, Any]], list[dict[str, Any]]]


class Nowhere:
    """The secret of a heartbeat that nobody set up."""

    def value(self) -> str:
        return '{"url": ""}'


def test_whatever_the_level_others_only_warn() -> None:
    """At DEBUG botocore would write requests down: numbers, texts and links (I12)."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)  # as Lambda's runtime does where the application's level is that
    try:
        logger()
        assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.INFO)
    finally:
        root.setLevel(before)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    """An incident whose first page went out; everything a function may ask for is there."""
    made = a_world()
    made.policies.adopt(probed())
    open_incident(made)
    page = made.outbox.all[0]
    made.outbox.finish(made.outbox.start_sending(page, "ours", made.time.now()), "sent", reference="theirs")
    monkeypatch.setattr(bootstrap, "world", lambda: made)
    monkeypatch.setattr(bootstrap, "has_receipts", lambda: False)
    monkeypatch.setattr(bootstrap, "watch", lambda: Watch(OutsideHeartbeat(Nowhere()), 5, 0))  # type: ignore[arg-type]
    return made


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Runs a function as Lambda does and reads what it logged."""

    def run(name: str, event: dict[str, Any]) -> list[dict[str, Any]]:
        module, log = import_module(f"functions.{name}.handler"), io.StringIO()
        monkeypatch.setattr(module.logger.registered_handler, "stream", log)
        module.handler(json.loads(json.dumps(event)), Context(function_name=name))
        return [json.loads(line) for line in log.getvalue().splitlines() if '"level"' in line]

    return run


def alarm(world: FakeWorld) -> Timer:
    [timer] = [timer for timer in world.timers.all if timer.subject == INCIDENT]
    return timer


def due(world: FakeWorld) -> dict[str, Any]:
    timer = alarm(world)
    world.time.set(timer.due)
    return sqs(timer_body(timer, timer.due)[0])


def newborn(world: FakeWorld) -> dict[str, Any]:
    timer = alarm(world)
    return stream((timer.partition, timer.sort))


def row(world: FakeWorld) -> dict[str, Any]:
    key = world.outbox.all[0].key
    return stream((key.incident, key.sort))


def errand(world: FakeWorld) -> dict[str, Any]:
    asked = Errand(INCIDENT, "renew", "renew", world.time.now(), {"people": ["li.na"], "until": "2099-03-01"})
    world.incidents._shelf.errands[INCIDENT, "renew"] = asked
    return sqs(errand_body(INCIDENT, "renew"))


def sealed(world: FakeWorld) -> dict[str, Any]:
    [line] = world.incidents.timeline(INCIDENT)
    key = dynamo_keys.line(INCIDENT, line.number)
    return {
        "Records": [{"eventName": "INSERT", "dynamodb": {"Keys": key, "NewImage": {**key, **codec.line_item(line)}}}]
    }


def receipt(_: FakeWorld) -> dict[str, Any]:
    return {"source": "aws.ses", "detail-type": "Email Delivered", "detail": {"mail": {"messageId": "theirs"}}}


def probe(world: FakeWorld) -> dict[str, Any]:
    world.timers.leave_sign("probe_filed", world.time.now() - 5 * MINUTE)
    return {}


def another(_: FakeWorld) -> dict[str, Any]:
    body = {"surface": "http", "system": "crm", "event": complaint(id="e9", subject="A-9")}
    return sqs(json.dumps(body))


ABOUT_AN_INCIDENT: dict[str, Run] = {
    "intake_api": lambda _: request("GET", f"/v1/incidents/{INCIDENT}", key=CRM_KEY),
    "intake": another,
    "arm_timers": newborn,
    "fire_timer": due,
    "relay_outbox": row,
    "send_message": lambda world: sqs(str(world.outbox.all[0].key)),
    "record_delivery": receipt,
    "respond": lambda _: request("POST", f"/v1/incidents/{INCIDENT}/acknowledge", "{}", key=LI_KEY),
    "run_errands": errand,
    "seal_heads": sealed,
    "send_probe": probe,
}
ABOUT_ALL: dict[str, Run] = {name: lambda _: {} for name in ("sweep_timers", "audit", "prove_alive")}


@pytest.mark.parametrize("name", [*ABOUT_AN_INCIDENT, *ABOUT_ALL])
def test_a_run_names_its_request_in_every_line_and_its_incident_in_one(
    name: str, world: FakeWorld, lines: Lines
) -> None:
    logged = lines(name, {**ABOUT_AN_INCIDENT, **ABOUT_ALL}[name](world))

    assert logged
    assert {line["function_request_id"] for line in logged} == {"request-1"}
    assert {line["service"] for line in logged}
    if name in ABOUT_AN_INCIDENT:
        assert any(line.get("incident", "").startswith("inc-") or line.get("incidents") for line in logged)


def test_every_function_is_among_them() -> None:
    from infra.bundle import ROOT  # noqa: PLC0415 - the deployment's files, not its libraries

    there = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert there == {*ABOUT_AN_INCIDENT, *ABOUT_ALL, "console"}


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("intake_api", request("GET", f"/v1/incidents/{INCIDENT}")),
        ("respond", request("POST", f"/v1/incidents/{INCIDENT}/acknowledge", "{}")),
    ],
)
def test_a_request_that_is_refused_is_found_by_its_incident_and_by_the_callers_request_id(
    name: str, asked: dict[str, Any], world: FakeWorld, lines: Lines
) -> None:
    """Nobody's key."""
    logged = lines(name, asked)
    assert {(line["incident"], line["correlation_id"]) for line in logged} == {(INCIDENT, "req-1")}


def test_a_room_that_cannot_be_opened_is_found_by_its_incident_and_by_the_browsers_request_id(
    monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    crisis_scene(monkeypatch)
    monkeypatch.setattr(console, "visit", lambda *_: 1 / 0)
    logged = lines("console", request("GET", f"/console/c/{INCIDENT}"))
    assert [(line["message"], line["incident"], line["correlation_id"]) for line in logged] == [
        ("failed", INCIDENT, "req-1")
    ]


def test_a_token_in_a_path_is_in_no_line(world: FakeWorld, lines: Lines) -> None:
    logged = lines("respond", request("GET", "/l/aGVsbG8gd29y"))
    assert logged
    assert "aGVsbG8gd29y" not in json.dumps(logged)


def test_a_line_says_once_what_it_says_and_a_warning_where_it_comes_from() -> None:
    line = {
        "level": "INFO",
        "location": "send:41",
        "message": "message done",
        "service": "send_message",
        "cold_start": False,
        "function_name": "send_message",
        "function_arn": "arn",
        "function_memory_size": 512,
        "function_request_id": "request-1",
    }
    assert json.loads(short(line)).keys() == {"level", "message", "service", "function_request_id"}
    for level in ("WARNING", "ERROR", "CRITICAL"):
        assert json.loads(short({**line, "level": level}))["location"] == "send:41"
    assert json.loads(short({**line, "cold_start": True}))["cold_start"] is True


def test_a_line_has_a_time_that_lambda_reads(world: FakeWorld, lines: Lines) -> None:
    """RFC 3339: of any other Lambda takes its own, and the level for INFO."""
    for line in lines("sweep_timers", {}):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["timestamp"])
