"""Whatever is sent: the doors answer in their own words, take all or nothing, and never with a fault of ours."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.intake_api import handler as systems
from functions.respond import handler as people
from shared.adapters.answer_page import AnswerPages
from shared.application.answer import VERBS
from tests.fakes import FakeWorld
from tests.unit.crisis_room import CHIEF, come_in, do, draft
from tests.unit.door_requests import (
    CRM_KEY,
    INCIDENT,
    LI_KEY,
    Answer,
    a_world,
    arrive,
    call,
    complaint,
    open_incident,
    request,
)

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

_JSON = {"content-type": "application/json"}
_any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
_field = st.sampled_from(["specversion", "id", "source", "type", "time", "subject", "data", "extra"])
_fact = st.sampled_from(
    [
        "summary",
        "channel",
        "level",
        "details",
        "amount_cny",
        "reposts",
        "customer",
        "attachments",
        "scope",
        "by",
        "of",
        "incident",
    ]
)
_of_crisis = st.sampled_from(
    ["who", "seat", "rung", "revision", "text", "evidence", "grade", "kind", "complaint", "milestone", "reason", "size"]
)
_plausible = st.sampled_from(["he.ping", "commander", "first", 1, {"en": "Sorry"}, "red", "public", "plan", INCIDENT])
_events = st.builds(
    lambda kind, outer, inner: {**complaint(type=kind), **outer, "data": {**complaint()["data"], **inner}},
    st.sampled_from(
        ["complaint.received", "complaint.updated", "complaint.resolved", "complaint.rated", "milestone.met"]
    ),
    st.dictionaries(_field.filter(lambda name: name not in ("data", "type")), _any, max_size=2),
    st.dictionaries(_fact, _any, max_size=3),
)
_fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    made = a_world()
    for door in (systems, people):
        drawn = SimpleNamespace(world=lambda: made, pages=lambda: AnswerPages(made.incidents.timeline))
        monkeypatch.setattr(door, "bootstrap", drawn)
    return made


def assert_in_our_words(answer: Answer, good: int) -> None:
    assert answer.status in {good, 400, 403, 404, 413}, answer.text
    if answer.status != good:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json["status"] == answer.status


def sent(body: Any) -> bytes:
    """With NaN and half surrogates where the strategy made some: they are among what is sent."""
    return json.dumps(body).encode()


@_fuzz
@given(body=st.binary(max_size=300) | _any.map(sent))
def test_any_body_at_the_door_of_systems(world: FakeWorld, body: bytes) -> None:
    answer = call(systems.handler, request("POST", "/v1/events", body, key=CRM_KEY, headers=_JSON))
    assert_in_our_words(answer, 202)
    assert answer.status != 202
    assert len(world.events_queue) == 0


@_fuzz
@given(events=st.lists(_events, min_size=1, max_size=3))
def test_any_event_at_the_door_of_systems(world: FakeWorld, events: list[dict[str, Any]]) -> None:
    answer = call(systems.handler, request("POST", "/v1/events", sent(events), key=CRM_KEY, headers=_JSON))
    assert_in_our_words(answer, 202)
    if answer.status == 202:
        assert [one["id"] for one in answer.json] == [event["id"] for event in events]
    before = {kept.id for kept in world.quarantine.list(10_000)}
    arrive(world)
    reasons = {kept.reason for kept in world.quarantine.list(10_000) if kept.id not in before}
    assert reasons <= {"id_conflict"}, "what the door takes, the consumer takes"


@_fuzz
@given(
    verb=st.sampled_from([*VERBS, "attachments", f"attachments/{'0' * 64}", "attachments/x", "explode"]),
    body=_any | st.dictionaries(_fact | _of_crisis, _any | _plausible, max_size=4),
)
def test_any_body_at_the_door_of_people(world: FakeWorld, verb: str, body: Any) -> None:
    if world.incidents.load(INCIDENT) is None:
        open_incident(world)
        do(world, "declare-crisis", "zhang.wei", reason="children are ill")
        come_in(world, CHIEF)
        do(world, "invite", CHIEF, who="li.na")
        come_in(world, "li.na")
        draft(world, "li.na")
    world.time.advance(1)
    path = f"/v1/incidents/{INCIDENT}/{verb}"
    answer = call(people.handler, request("POST", path, sent(body), key=LI_KEY, headers=_JSON))
    assert answer.status in (200, 201, 400, 403, 404, 409, 413), answer.text
    if answer.status not in (200, 201):
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert world.quarantine.list() == ()


@_fuzz
@given(path=st.text(max_size=40), method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE", ""]))
def test_any_path_at_both_doors(world: FakeWorld, path: str, method: str) -> None:
    answer = call(systems.handler, request(method, f"/{path}", key=CRM_KEY))
    assert answer.status == 404
    answer = call(people.handler, request(method, f"/{path}", key=CRM_KEY))
    assert answer.status in (404, 405, 415), "a short link may stand at the root, and nobody has this one"
