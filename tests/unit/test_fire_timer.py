"""Firing a timer: never early (I5), one winner a step (I4), whatever fires how often, and nothing blocks the sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.adapters import policy_yaml
from shared.application.fire_timer import GIVE_UP_AFTER, WAITED_FOR, fire_or_park, fire_parked, fire_timer
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.events import Event, incident_id
from shared.domain.instants import MINUTE, SECOND
from shared.domain.timer import Timer, timer_for
from shared.ports import Commit, ConflictError, EarlyEvents, Quarantined, Stored, UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT, at, instant

CASE = incident_id("crm/hotline", "C-1")
MAJOR = at("0", "received", level="major")


def take(world: FakeWorld, event: Event) -> None:
    take_event(world, event, surface="queue", trusted_by=False)


@pytest.fixture
def world() -> FakeWorld:
    """A major complaint at midnight: warned at 24 min, missed at 30."""
    made = fake_world(policy_yaml.load("retail"), now=MIDNIGHT)
    take(made, MAJOR)
    return made


def alarm(world: FakeWorld) -> Timer:
    [timer] = [timer for timer in world.timers.all if timer.subject == CASE]
    return timer


def pages(world: FakeWorld) -> list[tuple[str, str]]:
    return [(row.key.person, row.reason) for row in world.outbox.of_incident(CASE)]


def version(world: FakeWorld) -> int:
    stored = world.incidents.load(CASE)
    assert stored is not None
    return stored.incident.version


def fire(world: FakeWorld, timer: Timer, how: Callable[[World, Timer], None] = fire_timer) -> None:
    """Hand a timer over as the queue does: within the second before it is due."""
    world.time.wait_until(timer.due - 999)
    how(world, timer)


def fire_until_parked(world: FakeWorld, timer: Timer) -> None:
    fire(world, timer, fire_or_park)


# In time


def test_a_timer_that_comes_early_is_waited_for(world: FakeWorld) -> None:
    world.time.set(instant("24m") - 700)
    fire(world, alarm(world))
    assert world.time.now() == instant("24m")
    assert [row.at for row in world.outbox.of_incident(CASE)][-1] == instant("24m")
    assert pages(world)[-1] == ("li.na", "warning")


def test_a_timer_that_comes_much_too_early_is_neither_fired_nor_lost(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(timer.due - WAITED_FOR - 1)
    fire_timer(world, timer)
    assert world.time.now() == timer.due - WAITED_FOR - 1, "nobody sleeps for it"
    assert (version(world), world.timers.pending(timer)) == (1, True)
    fire(world, timer)
    assert version(world) == 2


def test_no_page_is_decided_before_it_is_due_whatever_is_fired_when(world: FakeWorld) -> None:
    for _ in range(20):
        fire(world, alarm(world))  # the fake clock's wait is what brings time forward
    rows = world.outbox.of_incident(CASE)
    assert len(rows) > 10
    assert all(row.at == row.due for row in rows if row.kind == "page")


def test_the_lateness_of_a_step_is_measured(world: FakeWorld) -> None:
    world.time.set(instant("24m") + 2_500)
    fire(world, alarm(world))
    assert ("StepLateness", 2_500, "Milliseconds") in world.metrics.recorded


# Once


def test_the_same_timer_twice_is_one_step(world: FakeWorld) -> None:
    timer = alarm(world)
    fire(world, timer)
    after = (version(world), world.outbox.all, world.timers.all)
    fire(world, timer)
    assert after == (version(world), world.outbox.all, world.timers.all)


def test_thirty_two_deliveries_of_one_timer_at_once_are_one_step(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(timer.due)
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda _: fire(world, timer), range(500)))
    assert pages(world) == [("li.na", "opened"), ("zhang.wei", "opened"), ("li.na", "warning")]
    assert version(world) == 2
    assert len(world.timers.all) == 1


def test_a_timer_that_is_gone_is_a_success(world: FakeWorld) -> None:
    never = timer_for("incident", CASE, instant("10m"), 99, MIDNIGHT)
    fire(world, never)
    assert version(world) == 1


def test_a_stale_timer_of_an_incident_that_moved_is_cleared_and_does_nothing(world: FakeWorld) -> None:
    stale = timer_for("incident", CASE, instant("1h"), 0, MIDNIGHT)
    world.timers.put(stale)
    fire(world, stale)
    assert not world.timers.pending(stale)
    assert version(world) == 1  # an hour later its own timer is what takes the step
    assert len(world.timers.all) == 1


def test_a_timer_of_an_incident_that_never_was_is_cleared(world: FakeWorld) -> None:
    stray = timer_for("incident", "inc-nowhere", MIDNIGHT, 1, MIDNIGHT)
    world.timers.put(stray)
    fire(world, stray)
    assert not world.timers.pending(stray)


def test_a_timer_that_was_put_back_fires_nothing_that_was_done(world: FakeWorld) -> None:
    timer = alarm(world)
    fire(world, timer)
    world.timers.put(timer)
    fire(world, timer)
    assert pages(world).count(("li.na", "warning")) == 1


# Against others


def once(world: FakeWorld, what: Callable[[], object]) -> None:
    """Somebody else comes first, just before the next commit."""

    def hook(_: Commit) -> None:
        world.incidents.before_commit = None
        what()

    world.incidents.before_commit = hook


def test_an_acknowledgement_in_the_middle_of_a_step_wins_and_nobody_is_paged_for_it(world: FakeWorld) -> None:
    fire(world, alarm(world))
    timer = alarm(world)
    world.time.set(instant("30m"))
    once(world, lambda: take(world, at("29m", "acknowledged", by="desk")))
    fire(world, timer)
    assert ("wang.fang", "missed") not in pages(world)
    assert not world.timers.pending(timer)
    assert len(world.timers.all) == 1


def test_two_who_fire_at_the_same_moment_take_one_step(world: FakeWorld) -> None:
    timer = alarm(world)
    once(world, lambda: fire(world, timer))
    fire(world, timer)
    assert pages(world).count(("li.na", "warning")) == 1


def test_an_event_that_changes_nothing_about_the_next_step_leaves_its_timer(world: FakeWorld) -> None:
    timer = alarm(world)
    world.time.set(timer.due)
    once(world, lambda: take(world, at("23m", "updated", store="S-1")))
    fire(world, timer)
    assert pages(world)[-1] == ("li.na", "warning")
    assert pages(world).count(("li.na", "warning")) == 1


def test_a_step_that_keeps_conflicting_is_left_to_the_queue(world: FakeWorld) -> None:
    timer = alarm(world)

    def refuse(_: Commit) -> None:
        raise ConflictError("again")

    world.incidents.before_commit = refuse
    with pytest.raises(UnavailableError):
        fire(world, timer)
    assert world.timers.pending(timer)
    assert version(world) == 1


def test_a_commit_whose_answer_was_lost_is_not_repeated(world: FakeWorld) -> None:
    def lost(_: Commit) -> None:
        world.incidents.after_commit = None
        raise ConflictError("no answer")

    world.incidents.after_commit = lost
    fire(world, alarm(world))
    assert pages(world).count(("li.na", "warning")) == 1


# What fails


def poisoned(world: FakeWorld) -> Timer:
    """The incident's rules can no longer be read."""
    stored = world.incidents.load(CASE)
    assert stored is not None
    world.incidents._shelf.incidents[CASE] = replace(stored, incident=replace(stored.incident, rules="retail@gone"))
    return alarm(world)


def test_a_timer_that_fails_five_times_is_parked_and_operations_hear_of_it(world: FakeWorld) -> None:
    timer = poisoned(world)
    for _ in range(GIVE_UP_AFTER - 1):
        with pytest.raises(KeyError):
            fire_until_parked(world, timer)
        assert world.timers.pending(timer)
        assert world.operations.alerts == []
    fire_until_parked(world, timer)
    assert not world.timers.pending(timer)
    assert list(world.timers.parked) == [timer]
    [(subject, _)] = world.operations.alerts
    assert CASE in subject
    assert world.metrics.totals["TimersParked"] == 1
    fire_until_parked(world, timer)  # a delivery that was still on its way
    assert len(world.operations.alerts) == 1


def test_a_parked_timer_that_is_delivered_again_is_nobodys(world: FakeWorld) -> None:
    timer = poisoned(world)
    for _ in range(GIVE_UP_AFTER - 1):
        with pytest.raises(KeyError):
            fire_until_parked(world, timer)
    fire_until_parked(world, timer)
    fire_until_parked(world, timer)  # the sweep had handed it over more than once
    assert list(world.timers.parked) == [timer]
    assert len(world.operations.alerts) == 1


def test_what_operations_are_told_of_a_parked_timer_is_true(world: FakeWorld) -> None:
    timer = poisoned(world)
    for _ in range(GIVE_UP_AFTER - 1):
        with pytest.raises(KeyError):
            fire_until_parked(world, timer)
    fire_until_parked(world, timer)
    [(_, text)] = world.operations.alerts
    assert "The audit tries it again" in text
    assert "it still takes events" in text
    world.incidents._shelf.incidents[CASE] = mended(world)
    fire_parked(world, timer)
    assert pages(world)[-1] == ("li.na", "warning")
    assert world.timers.parked == {}


def mended(world: FakeWorld) -> Stored:
    stored = world.incidents.load(CASE)
    assert stored is not None
    return replace(stored, incident=replace(stored.incident, rules=world.policies.current()[0]))


def test_a_parked_timer_that_still_fails_stays_parked_and_nobody_is_told_again(world: FakeWorld) -> None:
    timer = poisoned(world)
    world.time.set(timer.due)
    world.timers.park(timer, "KeyError")
    with pytest.raises(KeyError):
        fire_parked(world, timer)
    assert list(world.timers.parked) == [timer]
    assert world.operations.alerts == []


def test_early_events_whose_timer_was_parked_expire_when_it_is_tried_again() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    take(world, at("1m", "acknowledged", by="desk"))
    [waiting] = world.timers.all
    world.time.set(waiting.due)
    world.timers.park(waiting, "ValueError")
    fire_parked(world, waiting)
    assert [each.reason for each in world.quarantine.list()] == ["no_complaint"]
    assert world.timers.parked == {}


def test_a_parked_timer_lets_alone_early_events_that_came_after_it() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    take(world, at("1m", "acknowledged", by="desk"))
    [first] = world.timers.all
    fire(world, first)
    world.time.advance(MINUTE)
    take(world, at("2m", "proposed", by="desk", solution="a new kettle"))
    world.timers.put(first)
    world.timers.park(first, "ValueError")
    fire_parked(world, first)
    early = world.incidents.early(CASE)
    assert early is not None
    assert len(early.events) == 1


def test_load_is_no_poison(world: FakeWorld) -> None:
    timer = alarm(world)

    def refuse(_: Commit) -> None:
        raise ConflictError("again")

    world.incidents.before_commit = refuse
    for _ in range(3 * GIVE_UP_AFTER):
        with pytest.raises(UnavailableError):
            fire_until_parked(world, timer)
    assert world.timers.pending(timer)
    assert world.operations.alerts == []


def test_early_events_that_keep_moving_are_no_poison_either() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    take(world, at("1m", "acknowledged", by="desk"))
    [waiting] = world.timers.all

    def refuse(early: EarlyEvents, quarantined: Sequence[Quarantined], timer: Timer | None) -> None:
        raise ConflictError("they moved")

    world.incidents.expire_early = refuse  # type: ignore[method-assign]
    for _ in range(3 * GIVE_UP_AFTER):
        with pytest.raises(ConflictError):
            fire_until_parked(world, waiting)
    assert world.timers.pending(waiting)


# Other kinds


def test_the_heartbeat_is_claimed_once_and_its_lateness_measured(world: FakeWorld) -> None:
    pulse = timer_for("heartbeat", "heartbeat", MIDNIGHT + MINUTE, 0, MIDNIGHT)
    world.timers.put(pulse)
    world.time.set(MIDNIGHT + MINUTE + 4 * SECOND)
    fire(world, pulse)
    fire(world, pulse)
    assert [figure for figure in world.metrics.recorded if figure[0] == "HeartbeatLateness"] == [
        ("HeartbeatLateness", 4_000, "Milliseconds")
    ]


def test_early_events_that_were_applied_leave_a_timer_that_does_nothing() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    take(world, at("1m", "acknowledged", by="desk"))
    [waiting] = world.timers.all
    take(world, MAJOR)
    fire(world, waiting)
    assert world.quarantine.list() == ()
    assert not world.timers.pending(waiting)


def test_an_event_whose_complaint_came_too_late_is_taken_when_it_comes_again() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    early = at("1m", "acknowledged", by="desk")
    take(world, early)
    [waiting] = world.timers.all
    world.time.set(waiting.due)
    for _ in range(2):
        take(world, early)  # its sender repeats it: as long as it waits that is a duplicate
    fire(world, waiting)
    [kept] = world.quarantine.list()
    take(world, MAJOR)
    assert take_event(world, early, surface="queue", trusted_by=False).status == "accepted"
    stored = world.incidents.load(CASE)
    assert stored is not None
    assert stored.incident.course.acknowledged
    assert kept.reason == "no_complaint"


def test_an_event_that_expires_a_second_time_is_the_same_row_of_the_quarantine() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    for _ in range(2):
        take(world, at("1m", "acknowledged", by="desk").model_copy(update={"id": "e-1"}))
        [waiting] = world.timers.all
        fire(world, waiting)
    assert len(world.quarantine.list()) == 1
    assert world.incidents.early(CASE) is None


def test_an_early_event_that_comes_while_the_others_expire_is_quarantined_with_them() -> None:
    world = fake_world(policy_yaml.load("retail"), now=instant("1h"))
    take(world, at("1m", "acknowledged", by="desk"))
    [waiting] = world.timers.all
    read = world.incidents.early

    def overtaken(incident: str) -> EarlyEvents | None:
        found = read(incident)
        world.incidents.early = read  # type: ignore[method-assign]
        take(world, at("2m", "proposed", by="desk", solution="a new kettle"))
        return found

    world.incidents.early = overtaken  # type: ignore[method-assign]
    with pytest.raises(ConflictError):
        fire(world, waiting)
    fire(world, waiting)  # the queue brings it again
    assert [each.reason for each in world.quarantine.list()] == ["no_complaint", "no_complaint"]
    assert world.timers.all == ()
