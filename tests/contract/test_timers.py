"""What `ports.Timers` promises."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_keys import BORN_SOON
from shared.adapters.dynamo_timers import DynamoTimers
from shared.domain.instants import HOUR
from shared.domain.timer import Timer, timer_for
from shared.ports import ConflictError
from tests.contract import tables
from tests.contract.conftest import Store
from tests.contract.made import MINUTE, NOW, opening, timer


def test_what_is_due_comes_oldest_first_and_nothing_later(store: Store) -> None:
    timers = [timer("lin", NOW + offset, step) for step, offset in enumerate((500, 0, 100_000, 1, 9_999))]
    for each in timers:
        store.timers.put(each)

    due = store.timers.due(timers[0].hour, timers[0].shard, NOW + 500)

    assert [each.due - NOW for each in due] == [0, 1, 500]


def test_a_partition_holds_only_its_own(store: Store) -> None:
    one, other = timer("lin"), timer("chen")
    later = timer_for("digest", "lin", NOW + HOUR, 1, NOW)
    for each in (one, other, later):
        store.timers.put(each)
    assert one.shard != other.shard

    assert list(store.timers.due(one.hour, one.shard, NOW + 2 * HOUR)) == [one]
    assert list(store.timers.due(later.hour, later.shard, NOW + 2 * HOUR)) == [later]


def test_a_timer_committed_after_it_was_due_lies_where_the_sweep_still_looks(store: Store) -> None:
    late = timer_for("incident", "inc-1", NOW - 5 * HOUR, 1, NOW)
    store.timers.put(late)

    assert list(store.timers.due(NOW // HOUR, late.shard, NOW)) == [late]


def test_the_alarms_of_incidents_are_among_them(store: Store) -> None:
    commit = opening(due=NOW + MINUTE)
    store.incidents.commit(commit)
    alarm = commit.stored.alarm
    assert alarm is not None

    assert list(store.timers.due(alarm.hour, alarm.shard, NOW + MINUTE)) == [alarm]
    assert list(store.timers.due(alarm.hour, alarm.shard, NOW + MINUTE - 1)) == []


def test_a_timer_is_claimed_once(store: Store) -> None:
    store.timers.put(timer())
    start = Barrier(20)

    def claim(_: int) -> bool:
        start.wait()
        try:
            return store.timers.claim(timer())
        except ConflictError:
            return False

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(claim, range(20))) == 1
    assert not store.timers.pending(timer())
    assert store.timers.claim(timer()) is False


def test_a_timer_put_twice_is_there_once(store: Store) -> None:
    store.timers.put(timer())
    store.timers.failed(timer())
    store.timers.put(timer())

    assert len(store.timers.due(timer().hour, timer().shard, NOW)) == 1
    assert store.timers.failed(timer()) == 2


def test_failures_are_counted_for_each_timer(store: Store) -> None:
    store.timers.put(timer("lin"))
    store.timers.put(timer("chen"))

    assert [store.timers.failed(timer("lin")) for _ in range(3)] == [1, 2, 3]
    assert store.timers.failed(timer("chen")) == 1


def test_a_failure_of_a_timer_that_was_claimed_does_not_bring_it_back(store: Store) -> None:
    assert store.timers.failed(timer()) == 0

    assert not store.timers.pending(timer())


def test_a_parked_timer_is_out_of_the_way_and_can_be_looked_at(store: Store) -> None:
    store.timers.put(timer())

    store.timers.park(timer(), "five failures")

    assert list(store.timers.due(timer().hour, timer().shard, NOW)) == []
    assert store.timers.claim(timer()) is False
    assert parked(store) == {timer(): "five failures"}


def test_a_parked_timer_is_forgotten_once(store: Store) -> None:
    for name in ("lin", "chen"):
        store.timers.put(timer(name))
        store.timers.park(timer(name), "five failures")

    store.timers.forget(timer("lin"))
    store.timers.forget(timer("lin"))

    assert parked(store) == {timer("chen"): "five failures"}


def test_a_timer_that_was_claimed_is_not_parked(store: Store) -> None:
    store.timers.park(timer(), "five failures")

    assert parked(store) == {}


def parked(store: Store) -> dict[Timer, str]:
    return dict(store.timers.parked)


@pytest.mark.parametrize("which", ["cursor", "watermark"])
def test_the_sweep_stands_where_it_was_last_moved_to(store: Store, which: str) -> None:
    read, move = getattr(store.timers, which), getattr(store.timers, f"move_{which}")
    assert read() == 0

    for to in (1_000, 1_001, 999):  # back too: a clock may have been ahead
        move(to)
        assert read() == to


def test_the_cursor_and_the_watermark_are_two_things(store: Store) -> None:
    store.timers.move_cursor(5)
    store.timers.move_watermark(9)

    assert (store.timers.cursor(), store.timers.watermark()) == (5, 9)


def test_a_sign_of_life_is_the_last_one_of_its_part(store: Store) -> None:
    assert store.timers.sign("pulse") == 0

    store.timers.leave_sign("pulse", 1_000)
    store.timers.leave_sign("pulse", 2_000)
    store.timers.leave_sign("audit", 7)

    assert (store.timers.sign("pulse"), store.timers.sign("audit")) == (2_000, 7)
    assert (store.timers.cursor(), store.timers.watermark()) == (0, 0)


def test_the_row_of_a_timer_born_soon_is_marked_and_of_one_that_is_hours_away_is_not(dynamodb: Any) -> None:
    timers = DynamoTimers(lambda: dynamodb, tables.NAMES)
    near, far = (timer_for("digest", name, NOW + ahead, 1, NOW) for name, ahead in (("li", MINUTE), ("wu", HOUR)))
    for each in (near, far):
        timers.put(each)
    rows = {row["SK"]["S"]: row for row in dynamodb.scan(TableName=tables.NAMES.timers)["Items"]}
    assert BORN_SOON.items() <= rows[near.sort].items()
    assert rows[far.sort].keys() == {"PK", "SK"}


def test_the_alarm_of_an_incident_is_marked_likewise(dynamodb: Any) -> None:
    incidents = DynamoIncidents(lambda: dynamodb, tables.NAMES)
    incidents.commit(opening("near", due=NOW + MINUTE))
    incidents.commit(opening("far", "e2", due=NOW + HOUR))
    rows = dynamodb.scan(TableName=tables.NAMES.timers)["Items"]
    assert sorted("soon" in row for row in rows) == [False, True]


def test_a_row_of_before_without_a_mark_is_swept_like_any_other(dynamodb: Any) -> None:
    timers, old = DynamoTimers(lambda: dynamodb, tables.NAMES), timer_for("incident", "inc-1", NOW, 1, NOW)
    dynamodb.put_item(TableName=tables.NAMES.timers, Item={"PK": {"S": old.partition}, "SK": {"S": old.sort}})
    assert list(timers.due(old.hour, old.shard, NOW)) == [old]
    assert timers.claim(old)
