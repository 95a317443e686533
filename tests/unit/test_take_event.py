"""Taking an event: once, whatever is delivered how often and how concurrently (I1, I2, I4, I9, I10, I12)."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.application.take_event import Taken, take_event
from shared.domain.events import EVENT, Event, incident_id
from shared.domain.plain import canonical, plain
from shared.domain.policy import Person, Policy
from shared.domain.timeline import first_broken
from shared.ports import Commit, ConflictError, UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT, at, instant

RETAIL = policy_yaml.load("retail")
MAJOR = at("0", "received", level="major")
CASE = incident_id("crm/hotline", "C-1")


def world_at(after: str = "0", policy: Policy = RETAIL) -> FakeWorld:
    return fake_world(policy, now=instant(after))


def take(world: FakeWorld, event: Event, *, by_person: bool = False) -> Taken:
    return take_event(world, event, surface="queue", trusted_by=by_person)


def with_id(event: Event, name: str) -> Event:
    return event.model_copy(update={"id": name})


def rows(world: FakeWorld) -> list[tuple[str, str]]:
    return [(row.key.person, row.reason) for row in world.outbox.of_incident(CASE)]


def quarantined(world: FakeWorld) -> list[str]:
    return [each.reason for each in world.quarantine.list()]


# Once


def test_the_same_event_again_changes_nothing() -> None:
    world = world_at()
    assert take(world, MAJOR).status == "accepted"
    before = (world.incidents.load(CASE), world.outbox.all, world.timers.all, world.incidents.timeline(CASE))
    world.time.advance(10_000)
    assert take(world, MAJOR) == Taken("duplicate", CASE)
    assert before == (world.incidents.load(CASE), world.outbox.all, world.timers.all, world.incidents.timeline(CASE))
    assert quarantined(world) == []


def test_an_id_that_comes_with_other_content_is_quarantined_and_the_first_wins() -> None:
    world = world_at()
    take(world, MAJOR)
    other = with_id(at("0", "received", level="inquiry"), MAJOR.id)
    assert take(world, other).status == "id_conflict"
    assert take(world, other).status == "id_conflict"
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.course.level == "major"
    assert quarantined(world) == ["id_conflict"]
    assert json.loads(world.quarantine.list()[0].body)["data"]["level"] == "inquiry"


def test_each_content_that_comes_under_a_used_id_is_quarantined() -> None:
    world = world_at()
    take(world, MAJOR)
    others = [with_id(at("0", "updated", details=f"version {n}"), MAJOR.id) for n in range(3)]
    for other in (*others, *others):
        assert take(world, other).status == "id_conflict"
    kept = [json.loads(each.body)["data"]["details"] for each in world.quarantine.list()]
    assert sorted(kept) == ["version 0", "version 1", "version 2"]


def test_sources_and_ids_that_look_alike_when_joined_are_quarantined_apart() -> None:
    world = world_at()
    one = with_id(at("0", "received", source="crm/a", level="purple"), "b/c")
    other = with_id(at("0", "received", source="crm/a/b", level="purple"), "c")
    assert {take(world, event).status for event in (one, other)} == {"quarantined"}
    kept = {(raw["source"], raw["id"]) for raw in (json.loads(each.body) for each in world.quarantine.list())}
    assert kept == {("crm/a", "b/c"), ("crm/a/b", "c")}


def test_the_order_of_the_fields_is_not_the_content() -> None:
    world = world_at()
    raw = MAJOR.model_dump(mode="json", exclude_none=True)
    take(world, EVENT.validate_python(raw))
    turned = dict(reversed(raw.items())) | {"data": dict(reversed(raw["data"].items()))}
    assert take(world, EVENT.validate_python(turned)).status == "duplicate"


def test_a_second_complaint_about_the_case_is_an_update_of_its_incident() -> None:
    world = world_at()
    take(world, at("0", "received", level="ordinary"))
    world.time.advance(1_000)
    again = at("1s", "received", level="ordinary", amount_cny=150_000)
    assert take(world, again) == Taken("accepted", CASE)
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.course.level == "major"
    assert stored.incident.course.opened_at == MIDNIGHT


def test_the_same_subject_of_two_sources_is_two_incidents() -> None:
    world = world_at()
    take(world, MAJOR)
    assert take(world, at("0", "received", source="crm/web", level="major")).incident != CASE


def test_ten_thousand_copies_in_thirty_two_threads_make_one_incident_and_one_set_of_pages() -> None:
    world = world_at()
    with ThreadPoolExecutor(32) as pool:
        taken = list(pool.map(lambda _: take(world, MAJOR), range(10_000), chunksize=20))
    assert {each.incident for each in taken} == {CASE}
    assert sorted({each.status for each in taken}) == ["accepted", "duplicate"]
    assert [each.status for each in taken].count("accepted") == 1
    assert rows(world) == [("li.na", "opened"), ("zhang.wei", "opened")]
    assert len(world.timers.all) == 1
    assert len(world.incidents.timeline(CASE)) == 1


def test_a_hundred_different_events_at_once_are_all_applied() -> None:
    world = world_at("1h")
    take(world, MAJOR)
    events = [at(f"{n}s", "updated", store=f"S-{n}") for n in range(1, 101)]

    def until_taken(event: Event) -> Taken:
        for _ in range(100):  # the queue's part: what changed too fast comes again
            try:
                return take(world, event)
            except UnavailableError:
                continue
        raise AssertionError("never taken")

    with ThreadPoolExecutor(16) as pool:
        assert {each.status for each in pool.map(until_taken, events)} == {"accepted"}
    entered = [e.data["event"] for line in world.incidents.timeline(CASE) for e in line.entries if "event" in e.data]
    assert sorted(entered) == sorted([MAJOR.id, *(event.id for event in events)])
    assert first_broken(world.incidents.timeline(CASE)) is None
    assert len(world.timers.all) == 1


def test_early_events_and_their_complaint_at_once_lose_nothing() -> None:
    for turn in range(20):
        world = world_at("1h")
        early = [at(f"{n}s", "updated", store=f"S-{n}") for n in range(1, 6)]
        events = [*early[: turn % 5], MAJOR, *early[turn % 5 :]]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda event, world=world: take(world, event), events))
        entered = {
            e.data["event"] for line in world.incidents.timeline(CASE) for e in line.entries if "event" in e.data
        }
        assert entered == {event.id for event in events}
        assert world.incidents.early(CASE) is None


# Conflicts


@dataclass
class Interference:
    """Does something just before the first commits, as somebody else would."""

    times: int
    what: Any
    seen: list[Commit] = field(default_factory=list)

    def __call__(self, commit: Commit) -> None:
        if len(self.seen) < self.times:
            self.seen.append(commit)
            self.what(len(self.seen))


def test_who_is_overtaken_reads_again_and_decides_anew() -> None:
    world = world_at("1h")
    take(world, at("0", "received", level="ordinary"))

    def somebody_else(_: int) -> None:
        world.incidents.before_commit = None
        assert take(world, at("9m", "acknowledged", by="desk")).status == "accepted"

    world.incidents.before_commit = Interference(1, somebody_else)
    assert take(world, at("10m", "resolved", by="desk")).status == "accepted"
    kinds = [entry.kind for line in world.incidents.timeline(CASE) for entry in line.entries]
    assert kinds.index("complaint.acknowledged") < kinds.index("complaint.resolved")
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.version == 3


def test_a_commit_whose_answer_was_lost_is_found_done() -> None:
    world = world_at()

    def lost(_: Commit) -> None:
        world.incidents.after_commit = None
        raise ConflictError("no answer")

    world.incidents.after_commit = lost
    assert take(world, MAJOR) == Taken("duplicate", CASE)
    assert rows(world) == [("li.na", "opened"), ("zhang.wei", "opened")]


def test_what_keeps_moving_is_given_back_to_the_queue_and_nothing_is_taken() -> None:
    world = world_at()

    def refuse(_: Commit) -> None:
        raise ConflictError("again")

    world.incidents.before_commit = refuse
    with pytest.raises(UnavailableError):
        take(world, MAJOR)
    assert world.incidents.load(CASE) is None
    assert world.outbox.all == ()
    world.incidents.before_commit = None
    assert take(world, MAJOR).status == "accepted"


# What does not fit


def test_an_unknown_level_is_quarantined_with_the_levels_there_are() -> None:
    world = world_at()
    assert take(world, at("0", "received", level="purple")) == Taken("quarantined", CASE)
    [kept] = world.quarantine.list()
    assert kept.reason == "unknown_level"
    assert "ordinary" in kept.detail
    assert world.incidents.load(CASE) is None


def test_the_levels_of_an_open_incident_are_those_it_was_opened_under() -> None:
    world = world_at()
    take(world, MAJOR)
    levels = {name: rules for name, rules in RETAIL.levels.items() if name != "crisis"}
    world.policies.adopt(RETAIL.model_copy(update={"levels": levels}))
    assert take(world, at("0", "updated", level="crisis")).status == "accepted"
    assert take(world, at("0", "received", subject="C-2", level="crisis")).status == "quarantined"


def test_an_early_event_with_an_unknown_level_does_not_keep_its_complaint_out() -> None:
    world = world_at("1h")
    assert take(world, at("1m", "updated", level="purple")).status == "early"
    assert take(world, MAJOR).status == "accepted"
    assert quarantined(world) == ["unknown_level"]


def test_an_early_event_that_did_not_fit_its_complaint_may_come_again() -> None:
    world = world_at("1h")
    early = at("1m", "updated", level="purple")
    take(world, early)
    take(world, MAJOR)
    repaired = with_id(at("1m", "updated", level="crisis"), early.id)
    assert take(world, repaired).status == "accepted"


def test_an_event_that_names_no_incident_is_quarantined() -> None:
    world = world_at()
    nameless = EVENT.validate_python(
        {**at("0", "acknowledged", by="desk").model_dump(mode="json", exclude_none=True), "subject": None}
    )
    assert take(world, nameless) == Taken("quarantined", None)
    assert quarantined(world) == ["no_incident"]


def test_an_event_about_an_incident_that_does_not_exist_is_quarantined_and_not_kept_for_it() -> None:
    world = world_at()
    stray = at("0", "acknowledged", by="li.na", source="console", incident="inc-nowhere")
    assert take(world, stray, by_person=True) == Taken("quarantined", None)
    assert quarantined(world) == ["unknown_incident"]
    assert world.incidents.early("inc-nowhere") is None
    assert take(world, stray, by_person=True).status == "quarantined"
    assert len(world.quarantine.list()) == 1


def test_what_was_quarantined_can_be_taken_once_the_reason_is_gone() -> None:
    world = world_at()
    event = at("0", "received", level="purple")
    take(world, event)
    purple = {**RETAIL.levels, "purple": RETAIL.levels["major"]}
    world.policies.adopt(RETAIL.model_copy(update={"levels": purple}))
    assert take(world, event).status == "accepted"


# Rules and people


def test_new_rules_change_no_open_incident_but_new_people_are_paged() -> None:
    world = world_at()
    take(world, MAJOR)
    major = RETAIL.levels["major"]
    slower = major.model_copy(update={"window": 2 * major.window})
    ma = Person(name="马", phone="+8614599990099")
    first, second, third, *rest = RETAIL.chains["default"]
    chains = {**RETAIL.chains, "default": (first, second, third.model_copy(update={"people": ("ma",)}), *rest)}
    changes = {"levels": {**RETAIL.levels, "major": slower}, "people": {**RETAIL.people, "ma": ma}, "chains": chains}
    world.policies.adopt(RETAIL.model_copy(update=changes))
    world.time.set(instant("45m"))
    take(world, at("45m", "updated", store="S-1"))
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.ladder is not None
    assert stored.incident.ladder.window_end == instant("50m")  # ten minutes, as it was opened under
    take(world, at("45m", "escalated", by="li.na", reason="help", source="console", of="crm/hotline"), by_person=True)
    new = at("45m", "received", subject="C-2", level="major")
    take(world, new)
    assert ("liu.yang", "unacknowledged") in rows(world)
    later = world.incidents.load(incident_id("crm/hotline", "C-2"))
    assert later is not None
    assert later.incident.rules != stored.incident.rules


def test_a_rung_with_new_people_pages_the_new_ones() -> None:
    world = world_at()
    take(world, MAJOR)
    ma = Person(name="马", phone="+8614599990099")
    first, second, third, *rest = RETAIL.chains["default"]
    chains = {**RETAIL.chains, "default": (first, second, third.model_copy(update={"people": ("ma",)}), *rest)}
    world.policies.adopt(RETAIL.model_copy(update={"people": {**RETAIL.people, "ma": ma}, "chains": chains}))
    world.time.set(instant("31m"))
    take(world, at("31m", "updated", store="S-1"))
    assert rows(world)[-1] == ("ma", "missed")


def test_a_person_without_a_contact_is_skipped_and_operations_are_told() -> None:
    people = {**RETAIL.people, "li.na": Person(name="李娜")}
    world = world_at(policy=RETAIL.model_copy(update={"people": people}))
    take(world, at("0", "received", level="ordinary"))
    assert sorted(rows(world)) == [("he.ping", "rung_skipped"), ("zhang.wei", "opened")]


def test_somebody_who_is_only_named_by_an_intake_system_has_no_authority() -> None:
    for by_person, verdict in ((False, "running"), (True, "met")):
        world = world_at("10m")
        take(world, MAJOR)
        take(world, at("10m", "acknowledged", by="chen.jing"), by_person=by_person)
        stored = world.incidents.load(CASE)
        assert stored is not None
        assert {clock.name: clock.verdict for clock in stored.incident.course.clocks}["step_in"] == verdict


# Personal data

CUSTOMER = {"name": "Wang Xiaoming", "phone": "+8613912345678", "email": "xiaoming@example.org", "locale": "zh-CN"}


def test_the_customer_is_kept_beside_the_incident_and_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    world = world_at()
    take(world, with_id(at("0", "received", level="major", customer=CUSTOMER), "e-1"))
    take(world, with_id(at("0", "updated", customer={"vip": True}), "e-2"))
    assert world.incidents.customer(CASE) == {**CUSTOMER, "vip": True}
    chain = canonical(plain(world.incidents.timeline(CASE)))
    stored = canonical(plain(world.incidents.load(CASE)))
    outbox = canonical([plain(row) for row in world.outbox.all])
    for secret in ("Xiaoming", "13912345678", "xiaoming@example.org"):
        for place in (chain, stored, outbox, caplog.text, str(world.metrics.recorded), str(world.operations.alerts)):
            assert secret not in place


def test_the_customer_of_an_early_update_is_kept_with_its_incident() -> None:
    world = world_at("1h")
    take(world, with_id(at("1m", "updated", customer={"vip": True, "locale": "en"}), "e-1"))
    take(world, with_id(at("0", "received", level="major", customer=CUSTOMER), "e-2"))
    assert world.incidents.customer(CASE) == {**CUSTOMER, "vip": True, "locale": "en"}
