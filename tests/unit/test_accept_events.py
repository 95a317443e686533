"""POST /v1/events behind the door: which events are taken, which are refused and how, and what reaches the queue."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from shared.application.accept_events import MOST_EVENT_BYTES, Accepted, accept_events
from shared.application.problem import Problem
from shared.domain.events import incident_id
from shared.ports import KeyHolder, UnavailableError
from tests.fakes import FakeWorld
from tests.unit.door_requests import CRM, INCIDENT, a_world, arrive, complaint, said


@pytest.fixture
def world() -> FakeWorld:
    return a_world()


def take_one(world: FakeWorld, event: dict[str, Any]) -> Accepted:
    answer = accept_events(world, CRM, event)
    assert isinstance(answer, Accepted), "one event is answered with one"
    return answer


def refusal(world: FakeWorld, body: Any, caller: KeyHolder = CRM) -> Problem:
    with pytest.raises(Problem) as caught:
        accept_events(world, caller, body)
    assert len(world.events_queue) == 0, "something was taken of a body that was refused"
    return caught.value


def faults(world: FakeWorld, body: Any) -> set[tuple[int, str]]:
    found = refusal(world, body)
    assert found.status == 400
    return {(fault.event, fault.field) for fault in found.faults}


class TestTaken:
    def test_the_incident_is_known_before_it_is_there(self, world: FakeWorld) -> None:
        answer = take_one(world, complaint())

        assert asdict(answer) == {"id": "e1", "incident": INCIDENT, "status": "accepted"}
        assert world.incidents.load(INCIDENT) is None
        arrive(world)
        stored = world.incidents.load(INCIDENT)
        assert stored is not None
        assert stored.incident.subject == "A-1"

    def test_an_array_is_answered_in_its_order(self, world: FakeWorld) -> None:
        answers = accept_events(world, CRM, [complaint(id=f"e{n}", subject=f"S{n}") for n in range(100)])

        assert isinstance(answers, tuple)
        assert [(one.id, one.incident) for one in answers] == [
            (f"e{n}", incident_id("crm/hotline", f"S{n}")) for n in range(100)
        ]
        assert len({taken.incident for taken in arrive(world)}) == 100

    def test_an_array_of_one_is_answered_with_an_array(self, world: FakeWorld) -> None:
        assert isinstance(accept_events(world, CRM, [complaint()]), tuple)

    def test_a_repeated_event_is_a_duplicate_once_it_is_recorded(self, world: FakeWorld) -> None:
        first = take_one(world, complaint())
        again = take_one(world, complaint())
        assert [first.status, again.status] == ["accepted", "accepted"]
        assert [taken.status for taken in arrive(world)] == ["accepted", "duplicate"]

        late = take_one(world, complaint())
        assert late.status == "duplicate"
        assert arrive(world) == []

    def test_the_same_id_with_other_content_is_quarantined_behind_the_queue(self, world: FakeWorld) -> None:
        accept_events(world, CRM, complaint())
        arrive(world)
        answer = take_one(world, complaint(data__summary="Something else"))

        assert answer.status == "accepted"
        assert [taken.status for taken in arrive(world)] == ["id_conflict"]
        assert [kept.reason for kept in world.quarantine.list()] == ["id_conflict"]

    def test_the_same_event_twice_in_one_array_goes_to_the_queue_once(self, world: FakeWorld) -> None:
        answers = accept_events(world, CRM, [complaint(), complaint()])
        assert isinstance(answers, tuple)
        assert [one.status for one in answers] == ["accepted", "accepted"]
        assert len(arrive(world)) == 1

    def test_unknown_fields_are_kept(self, world: FakeWorld) -> None:
        accept_events(world, CRM, complaint(data__till_number=7, traceparent="00-1"))
        arrive(world)
        (entry,) = [
            e for line in world.incidents.timeline(INCIDENT) for e in line.entries if e.kind == "complaint.received"
        ]
        assert entry.data["data"]["till_number"] == 7

    def test_unknown_fields_called_like_a_target_are_no_target(self, world: FakeWorld) -> None:
        answer = take_one(world, complaint(data__of="shop", data__incident="inc-of-somebody-else"))
        assert answer.incident == INCIDENT
        assert arrive(world)[0].incident == INCIDENT

    @pytest.mark.parametrize("extra", [{"level": []}, {"level": "apocalypse"}, {"customer": {"phone": "1"}}])
    def test_unknown_fields_called_like_facts_do_not_stop_an_update(
        self, world: FakeWorld, extra: dict[str, Any]
    ) -> None:
        accept_events(world, CRM, [complaint(data__by="x"), said("updated", incident=7, of="shop")])
        accept_events(world, CRM, said("resolved", id="e3", by="x", **extra))
        assert [taken.status for taken in arrive(world)] == ["accepted"] * 3

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", "编号-😀-/?#"),
            ("subject", "2026/03/01/单号 #7"),
            ("data__summary", "牛奶坏了 🥛🤢 — «sour», \ttab\nand line"),
            ("data__details", "é" * 20_000),
            ("data__nonsense", "\ufffe\uffff\x00\x1f\x7f"),
            ("time", "2026-02-28T19:00:00.123456-05:00"),
            ("time", "2026-03-01T00:05:00Z"),
        ],
    )
    def test_what_people_really_write_arrives_as_it_was(self, world: FakeWorld, field: str, value: str) -> None:
        sent = complaint(**{field: value})
        accept_events(world, CRM, sent)
        (body,) = world.events_queue.take()

        assert json.loads(body) == {"surface": "http", "system": "crm", "event": sent}
        assert not set("\ufffe\uffff\x00\x1f") & set(body), "SQS refuses these as they are"

    def test_every_type_of_an_intake_system_is_taken(self, world: FakeWorld) -> None:
        acts: dict[str, dict[str, Any]] = {
            "updated": {"reposts": 900},
            "acknowledged": {"by": "somebody at the counter"},
            "proposed": {"by": "x", "solution": "a new bottle"},
            "waiting": {"reason": "for the receipt"},
            "resumed": {},
            "resolved": {"by": "x"},
            "followed_up": {"by": "x"},
            "confirmed": {"by": "x"},
            "rated": {"score": 5},
            "root_cause_started": {"by": "x"},
            "reopened": {},
            "closed": {},
        }
        events = [complaint()] + [said(kind, id=kind, **data) for kind, data in acts.items()]
        accept_events(world, CRM, events)
        assert {taken.status for taken in arrive(world)} <= {"accepted", "kept", "no_effect"}
        assert world.quarantine.list() == ()

    def test_a_store_that_rests_keeps_no_complaint_out(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        def resting(source: str, event_id: str) -> None:
            raise UnavailableError("resting")

        monkeypatch.setattr(world.incidents, "taken", resting)
        assert take_one(world, complaint()).status == "accepted"
        assert len(world.events_queue) == 1

    def test_a_queue_that_is_down_is_said_so(self, world: FakeWorld) -> None:
        world.events_queue.down = True
        with pytest.raises(UnavailableError):
            accept_events(world, CRM, complaint())


class TestWrongFields:
    def test_every_wrong_field_of_every_event_is_named_and_none_is_taken(self, world: FakeWorld) -> None:
        body = [
            complaint(id="good"),
            complaint(id="bad", specversion="0.3", subject=None, data__summary="", data__channel="fax"),
            complaint(id="worse", time="yesterday", data__amount_cny=-1, data__attachments=[{"sha256": "x"}]),
            "not an event",
        ]
        found = refusal(world, body)

        assert {(fault.event, fault.id, fault.field) for fault in found.faults} == {
            (1, "bad", "specversion"),
            (1, "bad", "subject"),
            (1, "bad", "data.summary"),
            (1, "bad", "data.channel"),
            (2, "worse", "time"),
            (2, "worse", "data.amount_cny"),
            (2, "worse", "data.attachments.0.name"),
            (2, "worse", "data.attachments.0.sha256"),
            (3, None, ""),
        }
        assert all(fault.message for fault in found.faults)

    @pytest.mark.parametrize(
        ("field", "value", "named"),
        [
            ("type", "complaint.exploded", "type"),
            ("type", 7, "type"),
            ("type", None, "type"),
            ("id", "", "id"),
            ("id", 12, "id"),
            ("id", "x" * 257, "id"),
            ("id", "a\x00b", "id"),
            ("id", "\ud800", "id"),
            ("source", "", "source"),
            ("source", "crm hotline", "source"),
            ("subject", "   ", "subject"),
            ("subject", ["A-1"], "subject"),
            ("time", "2026-03-01T00:00:00", "time"),
            ("time", "2026-03-01T00:00:00+25:00", "time"),
            ("time", "2026-02-30T00:00:00Z", "time"),
            ("time", "2026-03-01 00:00:00Z", "time"),
            ("time", "1850-01-01T00:00:00Z", "time"),
            ("time", "9999-12-31T23:59:59Z", "time"),
            ("time", "2026-03-01T00:05:00.001Z", "time"),
            ("time", 1772323200, "time"),
            ("time", "２０２６-03-01T00:00:00Z", "time"),
            ("data", None, "data"),
            ("data", [], "data"),
            ("data__summary", "x" * 501, "data.summary"),
            ("data__summary", "bell\x07", "data.summary"),
            ("data__level", "apocalypse", "data.level"),
            ("data__scope", "planet", "data.scope"),
            ("data__reposts", 1.5, "data.reposts"),
            ("data__reposts", True, "data.reposts"),
            ("data__customer", {"phone": "12345"}, "data.customer.phone"),
            ("data__customer", {"email": "nobody"}, "data.customer.email"),
            ("data__attachments", [{"name": "a", "url": "javascript:alert(1)"}], "data.attachments.0.url"),
        ],
    )
    def test_a_wrong_field_is_named(self, world: FakeWorld, field: str, value: Any, named: str) -> None:
        assert faults(world, complaint(**{field: value})) == {(0, named)}

    def test_an_unknown_level_is_answered_with_the_known_ones(self, world: FakeWorld) -> None:
        (fault,) = refusal(world, complaint(data__level="apocalypse")).faults
        assert "ordinary" in fault.message
        assert "data_breach" in fault.message

    def test_no_message_quotes_a_value(self, world: FakeWorld) -> None:
        secret = "+8613800000000x"
        customer = {"phone": secret, "email": secret, "name": secret * 30, "locale": secret}
        body = complaint(data__customer=customer, data__channel=secret, data__level=secret, type="complaint.received")
        found = refusal(world, [body, complaint(type=secret), complaint(time=secret), complaint(source=secret + " ")])
        assert len(found.faults) > 6
        assert secret not in found.body("r")

    def test_two_events_of_one_id_in_one_array_are_refused(self, world: FakeWorld) -> None:
        assert faults(world, [complaint(), complaint(data__summary="another")]) == {(1, "id")}

    def test_an_update_names_its_complaint(self, world: FakeWorld) -> None:
        event = said("resolved", by="x")
        del event["subject"]
        assert faults(world, event) == {(0, "subject")}

    @pytest.mark.parametrize("body", [[], [complaint(id=str(n)) for n in range(101)]], ids=["empty", "101"])
    def test_arrays_hold_one_to_a_hundred(self, world: FakeWorld, body: list[Any]) -> None:
        assert refusal(world, body).status == 400

    @pytest.mark.parametrize("body", [None, 7, "text", True])
    def test_what_is_no_event_is_refused(self, world: FakeWorld, body: Any) -> None:
        assert faults(world, body) == {(0, "")}

    def test_a_hundred_bad_events_with_many_faults_still_make_a_small_answer(self, world: FakeWorld) -> None:
        bad = complaint(id="x" * 300, data__attachments=[{"sha256": 1, "url": 2}] * 100)
        found = refusal(world, [bad] * 100)
        answer = json.loads(found.body("r"))
        assert len(answer["errors"]) == 1000
        assert answer["omitted"] == len(found.faults) - 1000 > 0


class TestRights:
    @pytest.mark.parametrize("source", ["crm", "crm/hotline", "crm/hotline/berlin"])
    def test_a_key_covers_its_source_and_what_lies_below(self, world: FakeWorld, source: str) -> None:
        assert take_one(world, complaint(source=source)).status == "accepted"

    @pytest.mark.parametrize("source", ["crmx", "shop", "CRM", "c", "api", "link", "console/x"])
    def test_a_key_does_not_speak_for_others(self, world: FakeWorld, source: str) -> None:
        found = refusal(world, [complaint(), complaint(id="e2", source=source)])
        assert found.status == 403
        assert [(fault.event, fault.field) for fault in found.faults] == [(1, "source")]

    @pytest.mark.parametrize("surface", ["link", "sms", "console", "cli", "api"])
    def test_no_system_speaks_as_people_even_with_a_key_for_it(self, world: FakeWorld, surface: str) -> None:
        assert refusal(world, complaint(source=surface), KeyHolder("odd", source=surface)).status == 403

    @pytest.mark.parametrize(
        "kind", ["complaint.escalated", "complaint.handed_over", "complaint.reclassified", "milestone.met"]
    )
    def test_commands_of_people_are_not_a_systems(self, world: FakeWorld, kind: str) -> None:
        assert refusal(world, complaint(type=kind)).status == 403

    def test_a_person_posts_no_events(self, world: FakeWorld) -> None:
        assert refusal(world, complaint(), KeyHolder("li", person="li.na")).status == 403

    def test_an_update_cannot_reach_into_anothers_incident(self, world: FakeWorld) -> None:
        theirs = incident_id("shop", "A-1")
        for data in ({"by": "x", "incident": theirs}, {"by": "x", "of": "shop"}):
            assert refusal(world, said("resolved", **data)).status == 403

    def test_an_update_may_name_its_own_incident_and_source(self, world: FakeWorld) -> None:
        accept_events(world, CRM, complaint())
        accept_events(world, CRM, said("acknowledged", id="a", by="x", incident=INCIDENT))
        below = said("proposed", id="b", by="x", solution="y", of="crm/hotline") | {"source": "crm"}
        assert take_one(world, below).incident == INCIDENT
        assert {taken.incident for taken in arrive(world)} == {INCIDENT}


class TestSize:
    def test_an_event_must_fit_the_queue(self, world: FakeWorld) -> None:
        assert refusal(world, complaint(data__photo="x" * MOST_EVENT_BYTES)).status == 413

    def test_sizes_are_counted_in_bytes(self, world: FakeWorld) -> None:
        assert refusal(world, complaint(data__photo="奶" * (MOST_EVENT_BYTES // 3 + 1))).status == 413
        accept_events(world, CRM, complaint(data__photo="奶" * (MOST_EVENT_BYTES // 3 - 300)))
        (body,) = world.events_queue.take()
        assert len(body.encode()) <= MOST_EVENT_BYTES
