"""The door of intake systems, from API Gateway's event to what goes back over the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest

from functions.intake_api import handler as door
from shared.application.http_answer import ROUTES
from tests.fakes import FakeWorld
from tests.unit.door_requests import (
    CRM_KEY,
    INCIDENT,
    LI_KEY,
    SHOP_KEY,
    Answer,
    a_world,
    arrive,
    call,
    complaint,
    open_incident,
    request,
    said,
)

pytestmark = [pytest.mark.usefixtures("world"), pytest.mark.filterwarnings("ignore:No application metrics")]

ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    made = a_world()
    monkeypatch.setattr(door, "bootstrap", SimpleNamespace(world=lambda: made))
    return made


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the function logs."""
    stream = StringIO()
    before = door.logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # it is a stream handler
    yield stream
    door.logger.registered_handler.setStream(before)  # type: ignore[attr-defined]


def post(
    body: Any,
    *,
    key: str | None = CRM_KEY,
    content_type: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    named = {"content-type": content_type} if content_type else {}
    return call(door.handler, request("POST", "/v1/events", sent, key=key, headers={**named, **(headers or {})}))


def get(path: str, *, key: str | None = CRM_KEY, method: str = "GET") -> Answer:
    return call(door.handler, request(method, path, key=key))


def assert_problem(answer: Answer, status: int) -> None:
    """Every refusal is an RFC 9457 document that names the request and is never cached."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["status"] == status
    assert answer.json["type"].startswith("urn:tocsin:problem:")
    assert answer.json["title"]
    assert answer.json["request_id"] == "req-1"


class TestPost:
    def test_one_event_is_answered_with_one(self, world: FakeWorld) -> None:
        answer = post(complaint())
        assert answer.status == 202
        assert answer.json == {"id": "e1", "incident": INCIDENT, "status": "accepted"}
        assert answer.headers["Location"] == f"/v1/incidents/{INCIDENT}"
        assert [taken.status for taken in arrive(world)] == ["accepted"]

    def test_an_array_is_answered_with_an_array(self) -> None:
        answer = post([complaint(), complaint(id="e9", subject="B-2")], content_type=MANY)
        assert [one["id"] for one in answer.json] == ["e1", "e9"]

    @pytest.mark.parametrize(
        ("content_type", "body", "status"),
        [
            ("application/json; charset=UTF-8", complaint(), 202),
            ('Application/JSON;charset="utf-8"', [complaint()], 202),
            (ONE, complaint(), 202),
            (ONE + "; charset=utf-8", complaint(), 202),
            (ONE, [complaint()], 400),
            (MANY, [complaint()], 202),
            (MANY, complaint(), 400),
            ("application/json; charset=gbk", complaint(), 415),
            ("text/plain", complaint(), 415),
            ("application/xml", complaint(), 415),
            ("application/x-www-form-urlencoded", complaint(), 415),
            (None, complaint(), 415),
            ("", complaint(), 415),
        ],
    )
    def test_content_types(self, world: FakeWorld, content_type: str | None, body: Any, status: int) -> None:
        answer = post(body, content_type=content_type)
        assert answer.status == status
        assert len(world.events_queue) == (status == 202)

    def test_a_coded_body_is_not_understood(self) -> None:
        assert_problem(post(complaint(), headers={"content-encoding": "gzip"}), 415)

    def test_a_body_may_come_as_base64(self, world: FakeWorld) -> None:
        assert post(json.dumps(complaint(subject="单号/1"), ensure_ascii=False).encode()).status == 202
        assert len(world.events_queue) == 1

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{",
            "nonsense",
            b"\xff\xfe{}",
            '{"id": NaN}',
            '{"id": "a", "id": "b"}',
            '{"id": "\\ud800"}',
            "[" * 100_000,
            "[]",
        ],
    )
    def test_what_is_not_json_is_a_problem(self, world: FakeWorld, body: str | bytes) -> None:
        assert_problem(post(body), 400)
        assert len(world.events_queue) == 0

    def test_broken_base64_is_a_problem(self) -> None:
        event = request("POST", "/v1/events", b"", key=CRM_KEY, headers={"content-type": "application/json"})
        assert_problem(call(door.handler, event | {"body": "@@@"}), 400)

    @pytest.mark.parametrize("wrap", [str, str.encode], ids=["text", "base64"])
    def test_a_body_of_a_megabyte_is_too_large(self, wrap: Callable[[str], str | bytes]) -> None:
        assert_problem(post(wrap(json.dumps(complaint(data__photo="x" * 1_000_000)))), 413)

    def test_the_limit_counts_bytes_and_not_base64(self) -> None:
        body = json.dumps([complaint(id=str(n), data__photo="x" * 128_000) for n in range(4)]).encode()
        assert 510_000 < len(body) <= 512 * 1024
        assert post(body).status == 202
        assert_problem(post(body + b" " * 4_000 + b" " * 10_000), 413)

    def test_wrong_fields_are_all_named(self) -> None:
        answer = post([complaint(), complaint(id="bad", time="2026-03-01", data__summary=None)])
        assert_problem(answer, 400)
        assert {(e["event"], e["id"], e["field"]) for e in answer.json["errors"]} == {
            (1, "bad", "time"),
            (1, "bad", "data.summary"),
        }

    def test_a_queue_that_is_down_says_when_to_come_back(self, world: FakeWorld) -> None:
        world.events_queue.down = True
        answer = post(complaint())
        assert_problem(answer, 503)
        assert int(answer.headers["Retry-After"]) > 0
        world.events_queue.down = False
        assert post(complaint()).status == 202

    def test_a_fault_of_ours_is_a_problem_and_logged_without_content(
        self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch, log: StringIO
    ) -> None:
        def broken() -> None:
            raise KeyError("+8613800000000")

        monkeypatch.setattr(world.policies, "current", broken)
        answer = post(complaint(data__summary="my secret trouble"))
        assert_problem(answer, 500)
        logged = log.getvalue()
        assert "KeyError" in logged
        assert "+8613800000000" not in logged + answer.text
        assert "my secret trouble" not in logged + answer.text

    def test_no_personal_data_is_logged_or_echoed(self, log: StringIO) -> None:
        customer = {"name": "Wu Xiaoming", "phone": "+8613800000001", "email": "wu@example.org"}
        answers = [
            post(complaint(data__customer=customer, data__summary="rash after eating")),
            post(complaint(data__customer=customer | {"phone": "13800000001"}, data__summary="rash after eating" * 90)),
        ]
        assert [answer.status for answer in answers] == [202, 400]
        logged = log.getvalue()
        assert "e1" in logged, "what was taken is logged by its id"
        told = logged + "".join(answer.text for answer in answers)
        for secret in ("Wu Xiaoming", "13800000001", "wu@example.org", "rash", CRM_KEY):
            assert secret not in told


class TestKeys:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"authorization": "Bearer"},
            {"authorization": "Bearer nobodys"},
            {"authorization": f"Basic {CRM_KEY}"},
            {"authorization": CRM_KEY},
            {"x-api-key": ""},
            {"x-api-key": "x" * 5_000},
        ],
    )
    def test_no_key_no_entry(self, world: FakeWorld, headers: Mapping[str, str]) -> None:
        answer = post(complaint(), key=None, headers=headers)
        assert_problem(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert len(world.events_queue) == 0

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": f"Bearer {CRM_KEY}"},
            {"AUTHORIZATION": f"bearer {CRM_KEY}"},
            {"X-Api-Key": CRM_KEY},
            {"authorization": "Basic dXNlcjpwYXNz", "x-api-key": CRM_KEY},
        ],
    )
    def test_a_key_is_taken_from_either_header(self, headers: Mapping[str, str]) -> None:
        assert post(complaint(), key=None, headers=headers).status == 202

    def test_a_key_of_another_source_is_refused(self, world: FakeWorld) -> None:
        assert_problem(post(complaint(), key=SHOP_KEY), 403)
        assert_problem(post(complaint(), key=LI_KEY), 403)
        assert len(world.events_queue) == 0


class TestGet:
    def test_an_incident_shows_its_state_clocks_and_timeline(self, world: FakeWorld) -> None:
        open_incident(world)
        world.time.advance(3 * 60 * 60 * 1000)
        post(said("acknowledged", by="the counter") | {"time": "2026-03-01T01:00:00Z"})
        arrive(world)
        shown = get(f"/v1/incidents/{INCIDENT}").json

        assert shown["source"] == "crm/hotline"
        assert shown["subject"] == "A-1"
        assert shown["state"] == "open"
        assert shown["level"] == "ordinary"
        assert shown["holder"] == "the counter"
        clocks = {clock["clock"]: (clock["verdict"], clock["deadline"]) for clock in shown["clocks"]}
        assert clocks["respond"] == ("met", "2026-03-01T02:00:00Z")
        assert clocks["propose"] == ("missed", "2026-03-01T02:00:00Z")
        assert clocks["resolve"] == ("running", "2026-03-02T00:00:00Z")
        assert shown["next_step"]["at"] > "2026-03-01T03"
        kinds = [entry["kind"] for entry in shown["timeline"]]
        assert kinds[0] == "complaint.received"
        assert "complaint.acknowledged" in kinds
        assert [(page["person"], page["channel"]) for page in shown["messages"]][:1] == [("li.na", "sms")]

    def test_a_missed_clock_is_shown_missed_before_its_timer_was_seen_to(self, world: FakeWorld) -> None:
        open_incident(world)
        world.time.advance(2 * 60 * 60 * 1000 + 1)
        shown = get(f"/v1/incidents/{INCIDENT}").json
        assert {clock["clock"]: clock["verdict"] for clock in shown["clocks"]}["respond"] == "missed"

    def test_personal_data_and_addresses_are_not_in_it(self, world: FakeWorld) -> None:
        open_incident(world, data__customer={"name": "Wu Xiaoming", "phone": "+8613800000001"})
        shown = get(f"/v1/incidents/{INCIDENT}").text
        assert "Wu Xiaoming" not in shown
        assert "+86" not in shown

    def test_only_its_own_system_and_people_see_it(self, world: FakeWorld) -> None:
        open_incident(world)
        assert get(f"/v1/incidents/{INCIDENT}", key=CRM_KEY).status == 200
        assert get(f"/v1/incidents/{INCIDENT}", key=LI_KEY).status == 200
        other = get(f"/v1/incidents/{INCIDENT}", key=SHOP_KEY)
        none = get("/v1/incidents/inc-00000000000000000000", key=SHOP_KEY)
        assert_problem(other, 404)
        assert other.text == none.text, "an answer must not tell that the incident exists"
        assert_problem(get(f"/v1/incidents/{INCIDENT}", key=None), 401)

    @pytest.mark.parametrize(
        "name", ["x", "inc-", "inc-XYZ", "inc-00000000000000000000x", "META", "投诉", "a#b", "%00", "a\nb"]
    )
    def test_names_that_are_no_incidents_never_reach_the_store(
        self, world: FakeWorld, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(world.incidents, "load", lambda _: pytest.fail("the store was asked"))
        assert_problem(get(f"/v1/incidents/{name}"), 404)

    def test_head_is_get_without_the_body(self, world: FakeWorld) -> None:
        open_incident(world)
        answer = get(f"/v1/incidents/{INCIDENT}", method="HEAD")
        assert (answer.status, answer.text) == (200, "")

    def test_the_contract_is_served_to_everybody(self) -> None:
        answer = get("/v1/openapi.json", key=None)
        assert answer.status == 200
        assert answer.json["openapi"] == "3.1.0"


class TestRoutes:
    @pytest.mark.parametrize(
        "path", ["/", "/v1", "/v2/events", "/v1/events/", "/v1/events/x", "/favicon.ico", "/v1/../etc"]
    )
    def test_other_paths_are_not_found(self, path: str) -> None:
        assert_problem(get(path), 404)

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("GET", "/v1/events", "POST"),
            ("DELETE", f"/v1/incidents/{INCIDENT}", "GET, HEAD"),
            ("PUT", f"/v1/incidents/{INCIDENT}/resolve", "POST"),
        ],
    )
    def test_other_methods_are_not_allowed(self, method: str, path: str, allowed: str) -> None:
        answer = get(path, method=method)
        assert_problem(answer, 405)
        assert answer.headers["Allow"] == allowed

    def test_options_names_the_methods(self) -> None:
        for path, methods in ROUTES.items():
            answer = get(path, method="OPTIONS", key=None)
            assert answer.status == 204
            assert set(answer.headers["Allow"].split(", ")) == {*methods, "OPTIONS"}
