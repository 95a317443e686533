"""Answers of docs/threat-model.md that no other test shows: at the doors, as an attacker meets them."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.intake_api import handler as intake
from functions.respond import handler as respond
from shared.adapters.answer_page import AnswerPages
from shared.application.answer import VERBS
from shared.application.answer_link import token_hash
from shared.application.send_message import send_message
from shared.domain.instants import HOUR, SECOND
from shared.domain.message import Link
from tests.fakes import FakeWorld
from tests.message_scene import Scene
from tests.unit.door_requests import GONE_KEY, INCIDENT, a_world, arrive, call, complaint, open_incident, request

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

FORM = {"content-type": "application/x-www-form-urlencoded"}
STRANGERS = [None, "", "guessed", GONE_KEY, "tocsin_" + "A" * 43]
"""What somebody shows who has no key, or one that was taken back with its person."""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    """A stage with an open complaint, behind both doors of the API."""
    made = a_world()
    open_incident(made)
    behind(monkeypatch, made)
    return made


def behind(monkeypatch: pytest.MonkeyPatch, world: Any) -> None:
    root = SimpleNamespace(world=lambda: world, pages=lambda: AnswerPages(world.incidents.timeline))
    monkeypatch.setattr(respond, "bootstrap", root)
    monkeypatch.setattr(intake, "bootstrap", root)


def everything(world: Any) -> str:
    """All that a page, an acknowledgement or a statement would leave behind."""
    stored = world.incidents
    return repr((stored.load(INCIDENT), stored.timeline(INCIDENT), world.outbox.all))


@pytest.mark.parametrize("key", STRANGERS)
def test_a_stranger_moves_nothing(world: FakeWorld, key: str | None) -> None:
    before = everything(world)
    sent = {"content-type": "application/json"}
    tried = [request("POST", "/v1/drills", '{"scenario": "food"}', key=key, headers=sent)]
    tried += [request("POST", f"/v1/incidents/{INCIDENT}/{verb}", "{}", key=key, headers=sent) for verb in VERBS]
    tried += [request("POST", f"/v1/incidents/{INCIDENT}/attachments", "{}", key=key, headers=sent)]
    answers = [call(respond.handler, event) for event in tried]
    body = json.dumps(complaint(id="forged", subject="B-2"))
    answers.append(call(intake.handler, request("POST", "/v1/events", body, key=key, headers=sent)))
    refused = {401, 403} if key == GONE_KEY else {401}
    assert {answer.status for answer in answers} <= refused
    assert arrive(world) == []
    assert everything(world) == before


def links(count: int) -> tuple[Scene, list[str]]:
    """So many pages that were sent, and the tokens of their links."""
    scene = Scene()
    for number in range(count):
        send_message(scene.world, scene.message(scene.open(f"CASE-{number}")).key)
        scene.world.time.advance(61 * SECOND)  # nobody is held back for a storm
    words = [word for text in scene.texts("sms") for word in text.split() if word.startswith("https://t.example/l/")]
    return scene, [word.rpartition("/")[2] for word in words]


def test_a_link_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, tokens = links(20)
    assert len(set(tokens)) == 20
    assert all(len(base64.urlsafe_b64decode(token + "=")) * 8 >= 64 for token in tokens)
    behind(monkeypatch, scene.world)
    [real, *_] = tokens
    other = "A" if real[0] != "A" else "B"
    for near in (other + real[1:], real[:-1], real + "A", real.swapcase(), real.upper()):
        if near in tokens:
            continue
        answer = call(respond.handler, request("GET", f"/l/{near}"))
        assert answer.status == 404
        assert "CASE" not in answer.text
        tapped = urlencode({"verb": "acknowledge"}).encode()
        assert call(respond.handler, request("POST", f"/l/{near}", tapped, headers=FORM)).status == 404
    assert call(respond.handler, request("GET", f"/l/{real}")).status == 200


def test_a_scanner_that_opens_everything_acknowledges_nothing(world: FakeWorld) -> None:
    token = "AAAAAAAAAAA"
    world.links.put(Link(token_hash(token), INCIDENT, "li.na", 0, world.time.now() + HOUR))
    before = everything(world)
    for _ in range(3):
        for method in ("GET", "HEAD", "OPTIONS"):
            call(respond.handler, request(method, f"/l/{token}", headers={"user-agent": "MailScanner"}))
        event = {**request("GET", f"/l/{token}"), "rawQueryString": "verb=acknowledge"}
        call(respond.handler, {**event, "queryStringParameters": {"verb": "acknowledge"}})
    assert everything(world) == before
    tapped = urlencode({"verb": "acknowledge"}).encode()
    assert call(respond.handler, request("POST", f"/l/{token}", tapped, headers=FORM)).status == 200
    assert everything(world) != before
