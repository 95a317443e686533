"""The audit: what was lost on its way is found and driven again, and one bad record hides no other (I1, I3, I7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.adapters import policy_yaml
from shared.application.audit import Findings, audit
from shared.application.fire_timer import fire_timer
from shared.application.take_event import take_event
from shared.application.timer_body import read_timer
from shared.domain.events import incident_id
from shared.domain.instants import MINUTE, SECOND
from shared.domain.timer import Timer, timer_for
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT, at, instant

CASE = incident_id("crm/hotline", "C-1")


@pytest.fixture
def world() -> FakeWorld:
    """A major complaint at midnight: warned at 24 min, missed at 30. Its opening pages went out."""
    made = fake_world(policy_yaml.load("retail"), now=MIDNIGHT)
    complain(made, "C-1")
    return made


def complain(world: FakeWorld, subject: str) -> None:
    event = at("0", "received", subject=subject, level="major").model_copy(update={"id": subject})
    take_event(world, event, surface="queue", trusted_by=False)
    for row in world.outbox.all:
        if row.state == "pending":
            world.outbox.finish(world.outbox.start_sending(row, str(row.key), world.time.now()), "sent")


def alarm(world: FakeWorld, subject: str = "C-1") -> Timer:
    [timer] = [timer for timer in world.timers.all if timer.subject == incident_id("crm/hotline", subject)]
    return timer


def reasons(world: FakeWorld, subject: str = "C-1") -> list[str]:
    return [row.reason for row in world.outbox.of_incident(incident_id("crm/hotline", subject))]


def poison(world: FakeWorld, subject: str) -> None:
    """The rules of an incident can no longer be read."""
    shelf, name = world.incidents._shelf, incident_id("crm/hotline", subject)
    stored = shelf.incidents[name]
    shelf.incidents[name] = replace(stored, incident=replace(stored.incident, rules="retail@gone"))


def test_where_all_is_well_nothing_is_found_and_the_audit_says_that_it_ran(world: FakeWorld) -> None:
    world.time.set(instant("20m"))
    assert audit(world) == Findings(0, 0, 0)
    assert world.metrics.totals["AuditHeartbeat"] == 1
    assert len(world.timers_queue) == len(world.messages_queue) == 0
    assert reasons(world) == ["opened", "opened"]


def test_a_timer_that_is_overdue_is_handed_over_again(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(timer.due + 29 * SECOND)
    assert audit(world).overdue_timers == 0
    world.time.advance(2 * SECOND)
    assert audit(world).overdue_timers == 1
    assert [read_timer(body) for body in world.timers_queue.take()] == [timer]


def test_an_incident_whose_step_is_a_minute_late_is_woken_and_the_step_taken_once(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(timer.due + MINUTE + 1)
    assert audit(world).silent_incidents == 1
    assert reasons(world) == ["opened", "opened", "warning"]
    for body in world.timers_queue.take():
        fire_timer(world, read_timer(body))
    assert reasons(world) == ["opened", "opened", "warning"]
    assert audit(world) == Findings(0, 0, 0)


def test_a_clock_that_is_ahead_of_the_stores_pages_nobody_early(world: FakeWorld) -> None:
    world.timers.store_has = instant("10m")
    world.time.set(instant("31m"))
    assert audit(world) == Findings(0, 0, 0)
    assert reasons(world) == ["opened", "opened"]
    world.timers.store_has = instant("31m") - SECOND
    assert audit(world).silent_incidents == 1


def test_an_incident_whose_timer_vanished_is_woken(world: FakeWorld) -> None:
    world.timers.claim(alarm(world))
    world.time.set(instant("26m"))
    audit(world)
    assert reasons(world)[-1] == "warning"
    assert alarm(world).due == instant("30m")


def test_an_incident_whose_timer_was_parked_goes_on_when_the_cause_is_gone(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(instant("26m"))
    world.timers.park(timer, "KeyError")
    audit(world)
    assert reasons(world)[-1] == "warning"


def test_an_event_is_taken_again_after_the_audit_has_put_a_lost_timer_back(world: FakeWorld) -> None:
    world.timers.claim(alarm(world))
    world.time.set(instant("26m"))
    audit(world)
    taken = take_event(world, at("26m", "acknowledged", by="desk"), surface="queue", trusted_by=False)
    assert taken.status == "accepted"


@pytest.mark.parametrize("how", ["lost", "parked"])
def test_an_event_is_taken_before_the_audit_has_found_the_missing_timer(world: FakeWorld, how: str) -> None:
    fire_timer(world, alarm(world))
    if how == "lost":
        world.timers.claim(alarm(world))
    else:
        world.timers.park(alarm(world), "KeyError")
    taken = take_event(world, at("25m", "acknowledged", by="desk"), surface="queue", trusted_by=False)
    assert taken.status == "accepted"
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.course.acknowledged
    assert alarm(world) == stored.alarm


def test_a_closed_incident_is_not_silent() -> None:
    world = fake_world(policy_yaml.load("it-service-desk"), now=MIDNIGHT)
    for event in (at("0", "received", level="p3"), at("0", "resolved", by="desk")):
        take_event(world, event, surface="queue", trusted_by=False)
    world.time.set(instant("3d"))
    assert audit(world).silent_incidents == 0


@pytest.mark.parametrize("bad", ["C-1", "C-2", "C-3"])
def test_one_incident_that_cannot_be_read_hides_no_other_and_no_message(world: FakeWorld, bad: str) -> None:
    complain(world, "C-2")
    complain(world, "C-3")
    poison(world, bad)
    stuck = world.outbox.all[0]
    world.outbox._set(replace(stuck, state="pending"))
    world.time.set(instant("26m"))
    assert audit(world) == Findings(3, 3, 1)
    woken = [subject for subject in ("C-1", "C-2", "C-3") if "warning" in reasons(world, subject)]
    assert woken == [subject for subject in ("C-1", "C-2", "C-3") if subject != bad]
    assert world.messages_queue.take() == (str(stuck.key),)
    assert world.metrics.totals["AuditHeartbeat"] == 1
    assert world.metrics.totals["AuditGaveUp"] == 1


@pytest.mark.parametrize("bad", [20, 60])
def test_incidents_that_cannot_be_driven_do_not_take_the_place_of_those_that_can(
    world: FakeWorld, monkeypatch: pytest.MonkeyPatch, bad: int
) -> None:
    monkeypatch.setattr("shared.application.audit._AT_ONCE", 5)
    for number in range(bad):
        complain(world, f"B-{number}")
        poison(world, f"B-{number}")
    world.time.advance(SECOND)
    complain(world, "C-2")
    world.time.set(instant("26m"))
    for _ in range(400):
        assert audit(world).silent_incidents == 5
    assert "warning" in reasons(world, "C-1")
    assert "warning" in reasons(world, "C-2")


def test_parked_timers_of_every_kind_are_tried_again(world: FakeWorld) -> None:
    update = at("0", "updated", subject="C-9", store="S-1")
    take_event(world, update, surface="queue", trusted_by=False)
    [waiting] = [timer for timer in world.timers.all if timer.kind == "early"]
    held = world.outbox.all[0]
    minute = MIDNIGHT // MINUTE
    world.outbox._set(replace(held, state="pending"))
    world.outbox.hold(replace(held, state="pending"), minute)
    digest = timer_for("digest", held.key.person, MIDNIGHT + MINUTE, minute, MIDNIGHT)
    world.timers.put(digest)
    for timer in (waiting, digest, alarm(world)):
        world.timers.park(timer, "five failures")
    world.time.set(waiting.due)
    assert audit(world).parked_timers == 3
    assert world.timers.parked == {}
    assert [each.reason for each in world.quarantine.list()] == ["no_complaint"]
    assert [row.kind for row in world.outbox.all if row.key.person == held.key.person].count("digest") == 1
    assert len(reasons(world)) > 2
    assert audit(world).parked_timers == 0


def test_a_parked_timer_that_fails_again_stays_and_hides_no_other(world: FakeWorld) -> None:
    complain(world, "C-2")
    poison(world, "C-1")
    timers = [alarm(world), alarm(world, "C-2")]
    world.time.set(instant("26m"))
    for timer in timers:
        world.timers.park(timer, "KeyError")
    audit(world)
    assert list(world.timers.parked) == [timers[0]]
    assert "warning" in reasons(world, "C-2")
    assert world.operations.alerts == []


def test_where_the_queues_are_down_the_audit_still_takes_the_steps_itself(world: FakeWorld) -> None:
    world.timers_queue.down = world.messages_queue.down = True
    world.outbox._set(replace(world.outbox.all[0], state="pending"))
    world.time.set(instant("26m"))
    audit(world)
    assert reasons(world)[-1] == "warning"
    assert world.metrics.totals["AuditGaveUp"] == 2


def test_a_message_that_was_never_relayed_is_handed_over_again(world: FakeWorld) -> None:
    row = world.outbox.all[0]
    world.outbox._set(replace(row, state="pending"))
    world.time.set(MIDNIGHT + MINUTE)
    assert audit(world).stuck_messages == 0
    world.time.advance(1)
    assert audit(world).stuck_messages == 1
    assert world.messages_queue.take() == (str(row.key),)


def test_a_send_nobody_knows_the_outcome_of_goes_on_by_the_next_channel(world: FakeWorld) -> None:
    row = world.outbox.all[0]
    assert row.key.via == "sms"
    world.outbox._set(replace(row, state="sending", sending_at=MIDNIGHT))
    world.time.set(MIDNIGHT + 2 * MINUTE)
    assert audit(world).stuck_messages == 1
    ways = {each.key.via: each.state for each in world.outbox.of_incident(CASE) if each.key.person == row.key.person}
    assert ways == {"sms": "unknown", "email": "pending"}


def test_the_figures_are_recorded_for_the_alarms(world: FakeWorld) -> None:
    world.time.set(instant("26m"))
    audit(world)
    figures = {name: value for name, value, _ in world.metrics.recorded}
    assert (figures["OverdueTimers"], figures["SilentIncidents"], figures["StuckMessages"]) == (1, 1, 0)
