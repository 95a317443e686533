"""The API behind CloudFront: who goes round it is refused, who came through is known by the name they called."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.console import handler as console
from functions.intake_api import handler as intake
from functions.respond import handler as respond
from shared.adapters.secret import Secret, front_keys
from shared.application.front_door import SHOWN_IN, FrontDoor
from shared.application.http_request import is_cross_site, request_from
from shared.domain.instants import MINUTE
from shared.ports import UnavailableError
from tests.fakes import FakeTime
from tests.unit.door_requests import CONTEXT, call, complaint, request

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

HOST = "tocsin.example"
DOORS = {"intake_api": intake, "respond": respond, "console": console}


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function of the API on a stage with a front whose key is `now`, and `before` before that."""
    found = DOORS[request.param]
    monkeypatch.setattr(found, "front_door", lambda: FrontDoor(lambda: ("now", "before"), HOST))
    return found


@pytest.mark.parametrize("shown", [None, "", "guessed", "now ", "NOW", "now,before", "客"])
def test_whoever_goes_round_the_front_is_refused(door: Any, shown: str | None) -> None:
    headers = {} if shown is None else {SHOWN_IN: shown}
    for method, path in (("POST", "/v1/events"), ("GET", "/l/abc"), ("POST", "/l/abc"), ("GET", "/console")):
        answer = call(door.handler, request(method, path, "{}", headers=headers))
        assert answer.status == 403
        assert answer.json["detail"] == "Call the address you were given."
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("shown", ["now", "before"])
def test_whoever_comes_through_reaches_the_routes_while_the_key_changes(
    monkeypatch: pytest.MonkeyPatch, door: Any, shown: str
) -> None:
    monkeypatch.setattr(
        door.app, "resolve", lambda event, _: {"statusCode": 200, "headers": {}, "body": event["rawPath"]}
    )
    assert door.handler(request("GET", "/l/abc", headers={SHOWN_IN: shown}), CONTEXT)["body"] == "/l/abc"


def entered(headers: dict[str, str]) -> dict[str, Any]:
    """The event that a function's routes see."""
    seen: list[dict[str, Any]] = []

    def work(event: dict[str, Any]) -> dict[str, Any]:
        seen.append(event)
        return {}

    FrontDoor(lambda: ("now",), HOST).answer(request("POST", "/l/abc", headers={SHOWN_IN: "now", **headers}), work)
    return seen[0]


def test_the_key_goes_no_further_than_the_door() -> None:
    assert "now" not in json.dumps(entered({}))


@pytest.mark.parametrize(("origin", "foreign"), [(f"https://{HOST}", False), ("https://evil.example", True)])
def test_a_form_is_known_as_ours_by_the_name_browsers_know(origin: str, *, foreign: bool) -> None:
    assert is_cross_site(request_from(entered({"origin": origin}), 1024)) is foreign


def test_a_stage_without_a_front_answers_everybody() -> None:
    event = request("GET", "/v1/openapi.json")
    assert FrontDoor(None).answer(event, lambda same: {"seen": same}) == {"seen": event}


def test_while_nobody_can_say_who_it_is_nobody_is_let_in() -> None:
    def unreadable() -> tuple[str, ...]:
        raise UnavailableError("a secret cannot be read")

    answer = FrontDoor(unreadable, HOST).answer(request("GET", "/l/abc"), lambda _: pytest.fail("it was let in"))
    assert answer["statusCode"] == 503
    assert answer["headers"]["Retry-After"]


def test_no_key_at_all_lets_nobody_in() -> None:
    for text in ("", "[]", "{}", '{"sent": ""}', '{"sent": 5}'):
        answer = FrontDoor(lambda text=text: front_keys(text), HOST).answer(  # type: ignore[misc]
            request("GET", "/l/abc", headers={SHOWN_IN: ""}), lambda _: pytest.fail("it was let in")
        )
        assert answer["statusCode"] == 403


def test_a_retired_key_of_the_front_opens_nothing_a_minute_later() -> None:
    with mock_aws():
        client, time = boto3.client("secretsmanager", region_name="eu-central-1"), FakeTime()
        arn = client.create_secret(Name="front", SecretString='{"sent": "now", "before": "old"}')["ARN"]
        kept = Secret(lambda: client, arn, time)
        door = FrontDoor(lambda: front_keys(kept.value()), HOST)

        def status(key: str) -> int:
            event = request("POST", "/v1/events", json.dumps(complaint()), headers={SHOWN_IN: key})
            return int(door.answer(event, lambda _: {"statusCode": 202})["statusCode"])

        assert (status("now"), status("old")) == (202, 202)
        client.put_secret_value(SecretId=arn, SecretString='{"sent": "now"}')
        time.advance(MINUTE)
        assert (status("now"), status("old")) == (202, 403)
