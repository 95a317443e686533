"""The sweep: what is due soon is handed over once, what was lost again; no hour is passed early (DESIGN, Time)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from shared.adapters import policy_yaml
from shared.application.arm_timers import arm_timers
from shared.application.fire_timer import WAITED_FOR, fire_timer
from shared.application.sweep_timers import ARM_WITHIN, LOOK_AHEAD, sweep_timers
from shared.application.timer_body import read_timer, timer_body
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.domain.timer import SHARDS, Timer, timer_for
from shared.ports import UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT

RETAIL = policy_yaml.load("retail")
NOON = MIDNIGHT + 12 * HOUR


@pytest.fixture
def world() -> FakeWorld:
    return fake_world(RETAIL, now=NOON)


def put(world: FakeWorld, due: int, subject: str = "inc-1", step: int = 1, committed: int | None = None) -> Timer:
    timer = timer_for("incident", subject, due, step, world.time.now() if committed is None else committed)
    world.timers.put(timer)
    return timer


def handed_over(world: FakeWorld) -> list[tuple[Timer, int]]:
    """Timers on the queue with the instant at which a consumer is given them."""
    found = []
    for at, _, body in sorted(world.timers_queue._waiting):
        timer = read_timer(body)
        if timer.kind != "heartbeat":
            found.append((timer, at))
    return found


def arm(world: FakeWorld, timer: Timer) -> bool:
    """What the stream does with a newborn timer; whether the queue has it now."""
    before = len(world.timers_queue)
    assert arm_timers(world, [(timer.partition, timer.sort)]) == []
    return len(world.timers_queue) > before


def sweep(world: FakeWorld) -> list[Timer]:
    """What one tick hands over."""
    world.timers_queue._waiting.clear()
    sweep_timers(world)
    return [timer for timer, _ in handed_over(world)]


def test_a_timer_on_the_queue_is_the_same_timer_with_whole_seconds_of_delay() -> None:
    timer = timer_for("incident", "inc-1", NOON + 90_999, 7, NOON)
    body, delay = timer_body(timer, NOON)
    assert read_timer(body) == timer
    assert delay == 90
    assert timer_body(timer, NOON + 2 * MINUTE)[1] == 0


@pytest.mark.parametrize(
    ("due", "handed"),
    [
        (NOON + LOOK_AHEAD, True),
        (NOON + LOOK_AHEAD + 1, False),
        (NOON + 1, True),
        (NOON - 29 * SECOND, True),
    ],
    ids=["in five minutes", "later", "at once", "just now"],
)
def test_the_first_sweep_takes_what_is_due_within_five_minutes(world: FakeWorld, due: int, *, handed: bool) -> None:
    timer = put(world, due, committed=due - HOUR)
    assert sweep(world) == ([timer] if handed else [])


def test_nobody_is_given_a_timer_more_than_a_second_before_it_is_due(world: FakeWorld) -> None:
    for number in range(50):
        put(world, NOON + number * 6_101 + 1, f"inc-{number}")
    sweep(world)
    assert handed_over(world)
    for timer, at in handed_over(world):
        assert timer.due - SECOND < at <= timer.due


@pytest.mark.parametrize("gap", [60, 75, 90, 119, "any"])
def test_each_timer_is_handed_over_once_in_time_whatever_lies_between_two_ticks(gap: int | str) -> None:
    world = fake_world(RETAIL, now=NOON)
    dice = random.Random(4)  # noqa: S311 - dice
    timers = [put(world, NOON + ARM_WITHIN + dice.randrange(3 * HOUR), f"inc-{n}", n) for n in range(300)]
    handed: Counter[Timer] = Counter()
    while world.time.now() < NOON + 4 * HOUR:
        for timer in [timer for timer in world.timers.all if timer.due <= world.time.now()]:
            world.timers.claim(timer)  # fired, as the consumer does
            assert timer.kind == "heartbeat" or handed[timer] == 1, "too late"
        handed.update(sweep(world))
        world.time.advance((dice.randint(60, 119) if gap == "any" else int(gap)) * SECOND)
    assert handed == Counter(timers)


def test_a_timer_born_between_two_ticks_for_before_the_watermark_is_armed_by_the_stream(world: FakeWorld) -> None:
    sweep(world)
    world.time.advance(30 * SECOND)
    for minutes in range(7):
        timer = put(world, world.time.now() + minutes * MINUTE, f"inc-{minutes}", minutes)
        assert arm(world, timer) == (minutes <= 6)
    assert len(handed_over(world)) == 7
    late = put(world, world.time.now() + ARM_WITHIN + 1, "inc-7", 7)
    assert not arm(world, late)
    world.time.advance(89 * SECOND)  # the longest a tick may be late
    assert late in sweep(world)


def test_a_row_that_is_no_timer_does_not_hold_up_the_others(world: FakeWorld) -> None:
    timer = put(world, NOON + MINUTE)
    [(row, error)] = arm_timers(world, [("nonsense", "nonsense"), (timer.partition, timer.sort)])
    assert row == ("nonsense", "nonsense")
    assert isinstance(error, ValueError)
    assert handed_over(world) == [(timer, timer.due)]


def test_newborn_timers_that_the_queue_does_not_take_are_left_to_the_sweep(world: FakeWorld) -> None:
    timers = [put(world, NOON + MINUTE, f"inc-{n}", n) for n in range(13)]
    world.timers_queue.down = True
    left = arm_timers(world, [(timer.partition, timer.sort) for timer in timers])
    assert len(left) == len(timers)
    world.timers_queue.down = False
    assert set(timers) <= set(sweep(world))


def test_every_birth_is_covered_by_the_stream_or_by_one_of_the_next_two_sweeps() -> None:
    for before_tick in range(0, 119, 7):
        for ahead in range(300, 420, 5):
            fresh = fake_world(RETAIL, now=NOON)
            sweep(fresh)
            fresh.time.advance((119 - before_tick) * SECOND)
            timer = put(fresh, fresh.time.now() + ahead * SECOND)
            armed = arm(fresh, timer)
            fresh.time.advance(before_tick * SECOND)
            swept = timer in sweep(fresh)
            fresh.time.advance(119 * SECOND)
            swept = swept or timer in sweep(fresh)
            assert armed or (swept and fresh.time.now() < timer.due), (before_tick, ahead)


def test_what_is_overdue_by_more_than_half_a_minute_is_handed_over_again_at_every_tick(world: FakeWorld) -> None:
    timer = put(world, NOON + 10 * SECOND)
    assert sweep(world) == [timer]
    world.time.set(timer.due + 30 * SECOND)
    assert sweep(world) == []  # its consumer may just be at it
    world.time.advance(1)
    assert sweep(world) == [timer]
    world.time.advance(MINUTE)
    assert sweep(world) == [timer]
    assert handed_over(world) == [(timer, world.time.now())]


def test_when_the_queue_is_down_the_next_tick_hands_over_what_this_one_could_not(world: FakeWorld) -> None:
    timer = put(world, NOON + 4 * MINUTE)
    world.timers_queue.down = True
    with pytest.raises(UnavailableError):
        sweep_timers(world)
    world.timers_queue.down = False
    world.time.advance(MINUTE)
    assert sweep(world) == [timer]


def test_after_hours_without_a_sweep_everything_overdue_is_found(world: FakeWorld) -> None:
    sweep(world)
    timers = [put(world, NOON + n * 20 * MINUTE, f"inc-{n}", n) for n in range(1, 30)]
    world.time.advance(12 * HOUR)
    assert set(sweep(world)) == set(timers)


def test_also_where_sweeps_stopped_within_the_first_hour_of_a_stage(world: FakeWorld) -> None:
    world.time.set(NOON + 5 * MINUTE)  # the hour before may still hold something: the cursor has not moved yet
    sweep(world)
    early = put(world, NOON + 40 * MINUTE)
    world.time.advance(30 * HOUR)
    assert early in sweep(world)


# The cursor


def test_the_cursor_passes_an_hour_a_quarter_of_an_hour_after_its_end(world: FakeWorld) -> None:
    hour = NOON // HOUR
    put(world, NOON + 5 * HOUR)
    for after, cursor in ((75 * MINUTE, hour), (75 * MINUTE + 1, hour + 1), (3 * HOUR, hour + 2)):
        world.time.set(NOON + after)
        sweep(world)
        for timer in world.timers.all:
            if timer.kind == "heartbeat":
                world.timers.claim(timer)
        assert world.timers.cursor() == cursor


def test_the_cursor_never_passes_an_hour_that_holds_a_timer(world: FakeWorld) -> None:
    sweep(world)
    stuck = put(world, NOON + 30 * MINUTE)
    put(world, NOON + 90 * MINUTE, "inc-2")
    for _ in range(10):
        world.time.advance(HOUR)
        assert stuck in sweep(world)
        assert world.timers.cursor() <= stuck.hour
    for timer in world.timers.all:
        if timer == stuck or timer.kind == "heartbeat":
            world.timers.claim(timer)
    sweep(world)
    assert world.timers.cursor() == stuck.hour + 1  # where the other one is


def test_an_overdue_timer_is_filed_where_the_sweep_still_looks(world: FakeWorld) -> None:
    sweep(world)
    world.time.advance(6 * HOUR)
    sweep(world)
    old = put(world, NOON - 24 * HOUR)  # of a complaint that arrived a day late
    assert old.hour == world.time.now() // HOUR
    assert old in sweep(world)


def test_every_shard_is_swept(world: FakeWorld) -> None:
    timers = [put(world, NOON + MINUTE, f"inc-{n}", n) for n in range(200)]
    assert {timer.shard for timer in timers} == set(range(SHARDS))
    assert len(sweep(world)) == 200


# A clock that is wrong


def tick(world: FakeWorld) -> None:
    """A minute passes; what becomes ready is fired, a sweep runs."""
    world.time.advance(MINUTE)
    for body in world.timers_queue.take():
        timer = read_timer(body)
        if timer.due - world.time.now() <= WAITED_FOR and world.timers.claim(timer):
            assert timer.kind == "heartbeat" or world.time.now() - timer.due <= MINUTE, "too late"
    sweep_timers(world)


def wrong_clock(world: FakeWorld, by: int) -> None:
    """One sweep on a machine whose clock is wrong."""
    right, waiting = world.time.now(), list(world.timers_queue._waiting)
    world.time._now = right + by
    sweep_timers(world)
    world.time._now = right
    handed = [each for each in world.timers_queue._waiting if each not in waiting]
    world.timers_queue._waiting = [*waiting, *((at - by, turn, body) for at, turn, body in handed)]  # it has its own


@pytest.mark.parametrize("by", [5 * HOUR, 16 * MINUTE, HOUR, 26 * HOUR, 400 * HOUR, -5 * HOUR, 10 * SECOND])
@pytest.mark.parametrize("at", [0, 10 * MINUTE, 20 * MINUTE])
@pytest.mark.parametrize("busy", [True, False])
def test_a_clock_that_is_wrong_for_one_sweep_hides_no_timer(world: FakeWorld, by: int, at: int, *, busy: bool) -> None:
    world.time.advance(at)
    for _ in range(3):
        tick(world)
    before = [put(world, world.time.now() + n * 17 * MINUTE, f"inc-{n}") for n in range(1, 30)] if busy else []
    for timer in world.timers.all:
        if timer.kind == "heartbeat":
            world.timers.claim(timer)  # it has just beaten: the hours to come are empty
    wrong_clock(world, by)
    for hour in range(9):  # born after the clock was wrong, in hours that sweep took for passed
        before.append(put(world, world.time.now() + 13 * MINUTE, f"late-{hour}"))
        for _ in range(60):
            tick(world)
    assert [timer for timer in before if world.timers.pending(timer)] == []


def test_in_right_times_a_sweep_reads_no_more_hours_than_may_hold_something(world: FakeWorld) -> None:
    read: Counter[int] = Counter()
    due = world.timers.due

    def counted(hour: int, shard: int, until: int) -> Sequence[Timer]:
        read[hour] += 1
        return due(hour, shard, until)

    world.timers.due = counted  # type: ignore[method-assign]
    for _ in range(24 * 60):
        tick(world)
    ticks_of_an_hour = {hour: count / SHARDS for hour, count in read.items()}
    assert max(ticks_of_an_hour.values()) <= 60 + 15 + 5 + 2


def test_a_long_backlog_is_passed_within_the_hour(world: FakeWorld) -> None:
    tick(world)
    world.time.advance(30 * 24 * HOUR)
    for _ in range(60):
        tick(world)
    assert world.timers.cursor() >= world.time.now() // HOUR - 12
    for _ in range(15):
        tick(world)
    assert world.timers.cursor() >= world.time.now() // HOUR - 1


# The pulse


def test_each_sweep_leaves_one_pulse_and_its_lateness_is_measured(world: FakeWorld) -> None:
    for minute in range(10):
        world.time.set(NOON + minute * MINUTE + 7 * SECOND)
        sweep_timers(world)
        sweep_timers(world)  # the scheduler may tick twice
        for timer in world.timers.take_new():
            arm(world, timer)
        for body in world.timers_queue.take():
            fire_timer(world, read_timer(body))
    late = [value for name, value, _ in world.metrics.recorded if name == "HeartbeatLateness"]
    assert late == [7 * SECOND] * 8
    assert len([timer for timer in world.timers.all if timer.kind == "heartbeat"]) <= 3


def test_it_says_how_many_it_handed_over(world: FakeWorld) -> None:
    put(world, NOON + MINUTE)
    put(world, NOON + MINUTE, "inc-2")
    assert sweep_timers(world) == 2
    assert ("TimersHandedOver", 2, "Count") in world.metrics.recorded


def test_where_the_clocks_run_faster_so_does_the_pulse(world: FakeWorld) -> None:
    faster = replace(world, pulse_every=6 * SECOND)
    sweep_timers(faster)
    [pulse] = [timer for timer in world.timers.all if timer.kind == "heartbeat"]
    assert pulse.due == NOON + 12 * SECOND
