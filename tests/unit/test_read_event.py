"""Reading an event off the queue: three wrappings; what cannot be read is kept with its reason (I1, I12)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.application.read_event import take_body
from shared.domain.events import PEOPLE_SURFACES, incident_id
from shared.domain.instants import MINUTE, SECOND, format_instant
from shared.ports import ConflictError, Quarantined, UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT

RETAIL = policy_yaml.load("retail")
SECRET = "13912345678"  # a customer's number, wherever it stands


def raw(**changed: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "crm/hotline",
        "type": "complaint.received",
        "time": format_instant(MIDNIGHT),
        "subject": "C-1",
        "data": {"summary": "The kettle leaks", "channel": "store", "level": "major"},
        **changed,
    }


def with_data(**data: Any) -> dict[str, Any]:
    return raw(data={**raw()["data"], **data})


@pytest.fixture
def world() -> FakeWorld:
    return fake_world(RETAIL, now=MIDNIGHT)


def refused(world: FakeWorld, body: str) -> Quarantined:
    """What a body that must not be taken is quarantined as: whole, once, without an incident."""
    for _ in range(2):
        taken = take_body(world, body)
        assert (taken.status, taken.incident) == ("quarantined", None)
    [kept] = world.quarantine.list()
    assert kept.body == body
    assert world.outbox.all == ()
    return kept


@pytest.mark.parametrize(
    ("wrapped", "surface"),
    [
        (lambda event: event, "queue"),
        (lambda event: {"surface": "http", "event": event}, "http"),
        (
            lambda event: {
                "version": "0",
                "id": "aws-1",
                "detail-type": "complaint.received",
                "source": "aws.partner/crm",
                "time": "2026-03-01T00:00:00Z",
                "detail": event,
            },
            "bus",
        ),
    ],
    ids=["as it is", "from the HTTP door", "from the bus"],
)
def test_an_event_is_taken_in_any_of_its_wrappings(world: FakeWorld, wrapped: Any, surface: str) -> None:
    assert take_body(world, json.dumps(wrapped(raw()))).status == "accepted"
    take_body(world, json.dumps(wrapped(raw(id="e-2", subject="C-2", data={**raw()["data"], "level": "?"}))))
    assert [each.surface for each in world.quarantine.list()] == [surface]


def test_the_three_wrappings_of_one_event_are_one_event(world: FakeWorld) -> None:
    bodies = [raw(), {"surface": "http", "event": raw()}, {"detail-type": "x", "detail": raw()}]
    assert [take_body(world, json.dumps(body)).status for body in bodies] == ["accepted", "duplicate", "duplicate"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "complaint!",
        "{",
        '{"specversion": "1.0",}',
        json.dumps(raw()) + "x",
        json.dumps(raw())[:-1],
        json.dumps(with_data(amount_cny=float("nan"))),
        json.dumps(with_data(amount_cny=float("inf"))),
        json.dumps(with_data(note=float("-inf"))),
        json.dumps(with_data(note="N")).replace('"N"', "1e999"),
        json.dumps(with_data(note="N")).replace('"N"', "9" * 5_000),
        json.dumps(with_data(note="N")).replace('"N"', '"\\ud800"'),
        json.dumps(raw()).replace('"id"', '"id": "e-0", "id"'),
        "\ufeff" + json.dumps(raw()),
    ],
    ids=str,
)
def test_what_is_no_json_is_quarantined(world: FakeWorld, body: str) -> None:
    kept = refused(world, body)
    assert kept.reason == "not_json"
    assert kept.detail


@pytest.mark.parametrize("depth", [40, 200, 300, 400, 500, 900, 2_000, 50_000])
@pytest.mark.parametrize("shape", ["[]", "{}"])
def test_what_is_nested_too_deep_is_quarantined(world: FakeWorld, depth: int, shape: str) -> None:
    deep = "[" * depth + "]" * depth if shape == "[]" else '{"a":' * depth + "1" + "}" * depth
    body = json.dumps(with_data(note="N")).replace('"N"', deep)
    assert refused(world, body).reason == "not_json"


@pytest.mark.parametrize("body", ["[]", "null", "1", '"text"', "{}", "[[]]", '{"detail": {}}', '{"event": 1}'])
def test_json_that_is_no_event_is_quarantined(world: FakeWorld, body: str) -> None:
    assert refused(world, body).reason == "invalid"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (raw(specversion="0.3"), "specversion"),
        (raw(id=""), "id"),
        (raw(id=SECRET * 30), "id"),
        (raw(id=f"{SECRET}\x00"), "id"),
        (raw(source=f"crm {SECRET}"), "source"),
        (raw(time=f"yesterday, call {SECRET}"), "time"),
        (raw(time="2026-03-01T00:00:00"), "time"),
        (raw(time="2026-02-30T00:00:00Z"), "time"),
        (raw(time=1_772_323_200), "time"),
        (raw(time="1999-12-31T23:59:59Z"), "time"),
        (raw(subject=None), "subject"),
        (raw(subject="  "), "subject"),
        (raw(data=[SECRET]), "data"),
        (raw(data=None), "data"),
        (with_data(summary=""), "data.summary"),
        (with_data(summary=SECRET * 50), "data.summary"),
        (with_data(channel=SECRET), "data.channel"),
        (with_data(level=""), "data.level"),
        (with_data(scope=SECRET), "data.scope"),
        (with_data(amount_cny=-1), "data.amount_cny"),
        (with_data(reposts=1.5), "data.reposts"),
        (with_data(customer={"phone": SECRET}), "data.customer.phone"),
        (with_data(customer={"email": SECRET}), "data.customer.email"),
        (with_data(customer={"name": {"first": SECRET}}), "data.customer.name"),
        (with_data(attachments=[{"name": "a"}, {"name": "b", "url": f"ftp://{SECRET}"}]), "data.attachments.1.url"),
        (with_data(attachments=[{"name": "a", "sha256": SECRET}]), "data.attachments.0.sha256"),
        (raw(type="complaint.rated", data={"score": 6}), "data.score"),
        (raw(type="complaint.acknowledged", data={}), "data.by"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_validate_is_quarantined_with_the_field_and_without_the_value(
    world: FakeWorld, event: dict[str, Any], field: str
) -> None:
    kept = refused(world, json.dumps(event))
    assert kept.reason == "invalid"
    assert f"{field}: " in kept.detail
    assert SECRET not in kept.detail
    assert SECRET not in kept.id


def test_every_wrong_field_is_named_at_once(world: FakeWorld) -> None:
    kept = refused(world, json.dumps(raw(id="", data={"summary": "", "channel": "pigeon"})))
    assert [part.split(":")[0] for part in kept.detail.split("; ")] == ["id", "data.summary", "data.channel"]


@pytest.mark.parametrize("kind", ["complaint.exploded", "COMPLAINT.RECEIVED", "", None, 1, "crisis.averted"])
def test_an_unknown_type_is_quarantined_and_the_type_named(world: FakeWorld, kind: Any) -> None:
    kept = refused(world, json.dumps(raw(type=kind)))
    assert kept.reason == "invalid"
    assert "type" in kept.detail


@pytest.mark.parametrize("source", sorted(PEOPLE_SURFACES))
def test_no_system_may_speak_as_a_surface_for_people(world: FakeWorld, source: str) -> None:
    assert refused(world, json.dumps(raw(source=source))).reason == "reserved_source"


def test_no_system_may_hide_below_a_surface_for_people(world: FakeWorld) -> None:
    assert refused(world, json.dumps(raw(source="console/x"))).reason == "reserved_source"


THEIRS = incident_id("shop", "A-1")
OWN = incident_id("crm/hotline", "C-1")


@pytest.mark.parametrize("wrap", [lambda event: event, lambda event: {"detail-type": "x", "detail": event}])
@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({"incident": THEIRS}, "data.incident"),
        ({"of": "shop"}, "data.of"),
        ({"of": "crm"}, "data.of"),
        ({"of": "crm/web"}, "data.of"),
        ({"of": "shop", "incident": incident_id("shop", "C-1")}, "data.of"),
    ],
)
def test_no_system_may_act_on_the_incident_of_another(
    world: FakeWorld, wrap: Any, target: dict[str, str], field: str
) -> None:
    act = raw(type="complaint.resolved", data={"by": "x", **target})
    kept = refused(world, json.dumps(wrap(act)))
    assert kept.reason == "not_its_incident"
    assert field in kept.detail


@pytest.mark.parametrize("target", [{"incident": OWN}, {"of": "crm/hotline"}, {"of": "crm/hotline", "incident": OWN}])
def test_a_system_may_name_its_own_incident(world: FakeWorld, target: dict[str, str]) -> None:
    take_body(world, json.dumps(raw()))
    act = raw(id="e-2", type="complaint.resolved", data={"by": "x", **target})
    assert take_body(world, json.dumps(act)).status == "accepted"


@pytest.mark.parametrize("surface", ["http", "cli", "link", "anything"])
def test_what_a_message_says_of_where_it_came_in_opens_no_door(world: FakeWorld, surface: str) -> None:
    take_body(world, json.dumps(raw()))
    act = raw(id="e-2", source="crm/web", type="complaint.resolved", data={"by": "x", "of": "crm/hotline"})
    assert take_body(world, json.dumps({"surface": surface, "event": act})).status == "quarantined"
    assert [kept.reason for kept in world.quarantine.list()] == ["not_its_incident"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("complaint.escalated", {"by": "chen.jing", "reason": "now"}),
        ("complaint.handed_over", {"by": "chen.jing", "to": "li.na"}),
        ("complaint.reclassified", {"by": "chen.jing", "level": "inquiry", "reason": "calm down"}),
        ("milestone.met", {"by": "chen.jing", "milestone": "contain"}),
    ],
)
def test_no_system_may_give_a_person_s_command(world: FakeWorld, kind: str, data: dict[str, str]) -> None:
    assert refused(world, json.dumps(raw(type=kind, data=data))).reason == "reserved_type"


def test_an_event_may_be_five_minutes_ahead_and_not_a_second_more(world: FakeWorld) -> None:
    assert take_body(world, json.dumps(raw(time=format_instant(MIDNIGHT + 5 * MINUTE)))).status == "accepted"
    ahead = fake_world(RETAIL, now=MIDNIGHT)
    assert refused(ahead, json.dumps(raw(time=format_instant(MIDNIGHT + 5 * MINUTE + SECOND)))).reason == "future_time"


def test_an_event_that_is_a_little_ahead_keeps_its_own_time(world: FakeWorld) -> None:
    taken = take_body(world, json.dumps(raw(time=format_instant(MIDNIGHT + 4 * MINUTE))))
    stored = world.incidents.load(str(taken.incident))
    assert stored is not None
    assert stored.incident.course.clocks[0].deadline == MIDNIGHT + 34 * MINUTE


def test_unknown_fields_are_kept_on_the_timeline_and_do_not_fail(world: FakeWorld) -> None:
    event = with_data(mood="angry", nested={"shelf": [1, 2.5, None, True, "三"]}) | {"traceparent": "00-1"}
    taken = take_body(world, json.dumps(event))
    assert taken.status == "accepted"
    [line] = world.incidents.timeline(str(taken.incident))
    assert line.entries[0].data["data"]["mood"] == "angry"
    assert line.entries[0].data["data"]["nested"] == {"shelf": [1, 2.5, None, True, "三"]}


def test_unknown_fields_named_like_our_own_are_only_kept(world: FakeWorld) -> None:
    odd = with_data(incident="inc-other", of=5, by=["x"], score="10", level="major", rung=3, record={"rung": 9})
    assert take_body(world, json.dumps(odd)).status in ("accepted", "quarantined")


def test_a_large_event_is_taken(world: FakeWorld) -> None:
    assert take_body(world, json.dumps(with_data(note=["x" * 1_000] * 200))).status == "accepted"


def test_every_language_is_taken(world: FakeWorld) -> None:
    event = raw(subject="投诉-1", data={"summary": "水壶漏水 🚰 \u202e", "channel": "wechat"})
    taken = take_body(world, json.dumps(event, ensure_ascii=False))
    stored = world.incidents.load(str(taken.incident))
    assert stored is not None
    assert stored.incident.subject == "投诉-1"


def test_where_the_store_is_in_the_way_nothing_is_taken_and_nothing_quarantined(world: FakeWorld) -> None:
    def refuse(_: object) -> None:
        raise ConflictError("again")

    world.incidents.before_commit = refuse
    with pytest.raises(UnavailableError):
        take_body(world, json.dumps(raw()))
    assert world.quarantine.list() == ()
