"""What `ports.Incidents` promises, kept by the fake and by DynamoDB alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from shared.domain.timeline import first_broken
from shared.domain.timer import timer_for
from shared.ports import Commit, ConflictError, DuplicateError, EarlyEvents, Quarantined
from tests.contract.conftest import Store
from tests.contract.made import MINUTE, NOW, following, message, opening, record, taken, update


def test_nothing_is_there_before_it_is_opened(store: Store) -> None:
    incidents = store.incidents

    assert incidents.load("inc-1") is None
    assert incidents.taken("crm/hotline", "e1") is None
    assert list(incidents.timeline("inc-1")) == []
    assert incidents.customer("inc-1") is None
    assert incidents.early("inc-1") is None


def test_an_opened_incident_is_there_with_all_that_came_with_it(store: Store) -> None:
    page = message()
    commit = opening(messages=(page,), customer={"name": "王", "vip": True})

    store.incidents.commit(commit)

    assert store.incidents.load("inc-1") == commit.stored
    assert store.incidents.taken("crm/hotline", "e1") == taken()
    assert list(store.incidents.timeline("inc-1")) == [commit.line]
    assert list(store.incidents.history("inc-1")) == [record()]
    assert store.incidents.customer("inc-1") == {"name": "王", "vip": True}
    assert commit.stored.alarm is not None
    assert store.timers.pending(commit.stored.alarm)
    assert store.outbox.get(page.key) == page


def test_an_incident_is_opened_once(store: Store) -> None:
    first = opening(event="e1")
    store.incidents.commit(first)

    with pytest.raises(ConflictError):
        store.incidents.commit(opening(event="e2"))

    assert store.incidents.load("inc-1") == first.stored
    assert store.incidents.taken("crm/hotline", "e2") is None


def test_a_lost_race_writes_nothing(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    winner = following(opened.stored, due=NOW + 2 * MINUTE)
    store.incidents.commit(winner)
    late = following(opened.stored, due=NOW + 3 * MINUTE, event="e2", messages=(message(),), customer={"name": "x"})

    with pytest.raises(ConflictError):
        store.incidents.commit(late)

    assert store.incidents.load("inc-1") == winner.stored
    assert list(store.incidents.timeline("inc-1")) == [opened.line, winner.line]
    assert store.incidents.taken("crm/hotline", "e2") is None
    assert store.incidents.customer("inc-1") is None
    assert list(store.outbox.of_incident("inc-1")) == []
    assert late.stored.alarm is not None
    assert not store.timers.pending(late.stored.alarm)


def test_a_step_claims_its_alarm_and_sets_the_next(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    step = following(opened.stored, due=NOW + 2 * MINUTE, claims_alarm=True)

    store.incidents.commit(step)

    assert opened.stored.alarm is not None
    assert step.stored.alarm is not None
    assert not store.timers.pending(opened.stored.alarm)
    assert store.timers.pending(step.stored.alarm)


def test_a_step_whose_alarm_was_claimed_is_refused(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    assert opened.stored.alarm is not None
    store.timers.claim(opened.stored.alarm)

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, due=NOW + 2 * MINUTE, claims_alarm=True))

    assert store.incidents.load("inc-1") == opened.stored


def test_a_step_that_only_moves_the_alarm_bears_one_that_was_lost(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    assert opened.stored.alarm is not None
    store.timers.claim(opened.stored.alarm)
    step = following(opened.stored, due=NOW + 2 * MINUTE, event="e2")

    store.incidents.commit(step)

    assert store.incidents.load("inc-1") == step.stored
    assert step.stored.alarm is not None
    assert store.timers.pending(step.stored.alarm)


def test_an_alarm_that_does_not_move_stays(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)

    store.incidents.commit(following(opened.stored, event="e2"))

    assert opened.stored.alarm is not None
    assert store.timers.pending(opened.stored.alarm)


def test_the_last_step_leaves_no_alarm(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    step = following(opened.stored, incident={"next_step_at": None})
    step = replace(step, stored=replace(step.stored, alarm=None))

    store.incidents.commit(step)

    assert store.incidents.load("inc-1") == step.stored
    assert opened.stored.alarm is not None
    assert not store.timers.pending(opened.stored.alarm)
    assert list(store.incidents.silent(NOW + 10 * MINUTE, 10)) == []


def test_an_event_taken_before_is_told_with_what_was_taken_first(store: Store) -> None:
    opened = opening(event="e1")
    store.incidents.commit(opened)
    again = following(opened.stored, taken=(taken("e1", "inc-1", fingerprint="other"),))

    with pytest.raises(DuplicateError) as duplicate:
        store.incidents.commit(again)

    assert duplicate.value.fingerprint == "f1"
    assert duplicate.value.incident == "inc-1"
    assert store.incidents.load("inc-1") == opened.stored


def test_a_duplicate_is_told_as_one_even_where_the_incident_moved_too(store: Store) -> None:
    store.incidents.commit(opening(event="e1"))

    with pytest.raises(DuplicateError):
        store.incidents.commit(opening(event="e1"))


def test_dedup_keys_are_of_a_source_whatever_characters_an_id_holds(store: Store) -> None:
    marks = [
        taken("b#c", source="a"),
        taken("c", source="a/b"),
        taken("b/c", source="a"),
        taken("x" * 256, source="y" * 256),
        taken("好" * 256, source="客" * 256),
    ]
    for count, mark in enumerate(marks):
        name = f"inc-{count}"
        store.incidents.commit(opening(name, taken=(replace(mark, incident=name),)))

    for count, mark in enumerate(marks):
        assert store.incidents.taken(mark.source, mark.id) == replace(mark, incident=f"inc-{count}")


def test_fifty_deliveries_of_one_event_make_one_incident(store: Store) -> None:
    start = Barrier(50)

    def deliver(worker: int) -> str:
        commit = opening(event="e1", due=NOW + MINUTE + worker, messages=(message(f"p{worker}"),))
        start.wait()
        try:
            store.incidents.commit(commit)
        except DuplicateError:
            return "duplicate"
        except ConflictError:
            return "conflict"
        return "won"

    with ThreadPoolExecutor(50) as pool:
        outcomes = list(pool.map(deliver, range(50)))

    assert outcomes.count("won") == 1
    assert len(store.incidents.timeline("inc-1")) == 1
    assert len(store.outbox.of_incident("inc-1")) == 1
    stored = store.incidents.load("inc-1")
    assert stored is not None
    assert stored.alarm is not None
    assert list(store.timers.due(stored.alarm.hour, stored.alarm.shard, NOW + 2 * MINUTE)) == [stored.alarm]


def test_of_two_steps_that_are_the_same_to_the_byte_only_one_succeeds(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    step = following(opened.stored, due=NOW + 2 * MINUTE)
    store.incidents.commit(step)

    with pytest.raises(ConflictError):
        store.incidents.commit(step)


def test_fifty_workers_claim_one_alarm_and_one_pages(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    start = Barrier(50)

    def fire(_: int) -> bool:
        commit = following(opened.stored, due=NOW + 2 * MINUTE, messages=(message(),), claims_alarm=True)
        start.wait()
        try:
            store.incidents.commit(commit)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(fire, range(50))) == 1
    assert len(store.incidents.timeline("inc-1")) == 2


def test_a_line_that_is_written_is_never_written_again(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    forged = following(opened.stored)
    forged = replace(forged, line=replace(forged.line, number=1))

    with pytest.raises(ConflictError):
        store.incidents.commit(forged)

    assert list(store.incidents.timeline("inc-1")) == [opened.line]


def test_a_message_that_exists_refuses_the_step(store: Store) -> None:
    opened = opening(messages=(message(),))
    store.incidents.commit(opened)

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, messages=(replace(message(), reason="forged"),)))

    assert store.outbox.get(message().key) == message()


def test_a_timeline_comes_in_order_unbroken_with_the_history_of_its_events(store: Store) -> None:
    commit = opening(event="e0")
    store.incidents.commit(commit)
    for count in range(1, 13):
        commit = following(commit.stored, event=f"e{count}" if count % 3 == 0 else None)
        store.incidents.commit(commit)

    lines = store.incidents.timeline("inc-1")

    assert [line.number for line in lines] == list(range(1, 14))
    assert first_broken(lines) is None
    assert [each.id for each in store.incidents.history("inc-1")] == ["e0", "e3", "e6", "e9", "e12"]


def test_customers_are_replaced_only_where_a_step_brings_one(store: Store) -> None:
    opened = opening(customer={"name": "Li"})
    store.incidents.commit(opened)
    step = following(opened.stored)
    store.incidents.commit(step)
    assert store.incidents.customer("inc-1") == {"name": "Li"}

    store.incidents.commit(following(step.stored, customer={"name": "Wang"}))

    assert store.incidents.customer("inc-1") == {"name": "Wang"}


def early(*events: str, version: int) -> EarlyEvents:
    return EarlyEvents("inc-1", tuple(update(event) for event in events), version, NOW)


EXPIRY = timer_for("early", "inc-1", NOW + 60 * MINUTE, 1, NOW)


def test_early_events_add_up(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.keep_early(early("e1", "e2", version=2), taken("e2"), None)

    assert store.incidents.early("inc-1") == early("e1", "e2", version=2)
    assert store.incidents.taken("crm/hotline", "e2") == taken("e2")
    assert store.timers.pending(EXPIRY)


def test_of_two_that_keep_an_early_event_at_once_one_has_to_look_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    with pytest.raises(ConflictError):
        store.incidents.keep_early(early("e2", version=1), taken("e2"), EXPIRY)

    assert store.incidents.early("inc-1") == early("e1", version=1)
    assert store.incidents.taken("crm/hotline", "e2") is None


def test_an_early_event_is_kept_once(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    with pytest.raises(DuplicateError) as duplicate:
        store.incidents.keep_early(early("e1", "e1", version=2), taken("e1", fingerprint="f2"), None)

    assert duplicate.value.fingerprint == "f1"


def test_no_event_is_early_once_the_complaint_is_there(store: Store) -> None:
    store.incidents.commit(opening(event="e0"))

    with pytest.raises(ConflictError):
        store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    assert store.incidents.early("inc-1") is None
    assert not store.timers.pending(EXPIRY)


def test_the_complaint_claims_the_early_events_once(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    store.incidents.commit(opening(event="e0", early_version=1))

    assert store.incidents.early("inc-1") is None
    with pytest.raises(ConflictError):
        store.incidents.expire_early(early("e1", version=1), [], EXPIRY)


def an_event_came_meanwhile(commit: Commit, store: Store) -> None:
    with pytest.raises(ConflictError):
        store.incidents.commit(commit)
    assert store.incidents.load("inc-1") is None
    assert store.incidents.early("inc-1") is not None


def test_a_complaint_that_missed_the_first_early_event_has_to_look_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    an_event_came_meanwhile(opening(event="e0"), store)


def test_a_complaint_that_missed_the_latest_early_event_has_to_look_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.keep_early(early("e1", "e2", version=2), taken("e2"), None)

    an_event_came_meanwhile(opening(event="e0", early_version=1), store)


def test_a_complaint_does_not_open_on_early_events_that_expired(store: Store) -> None:
    with pytest.raises(ConflictError):
        store.incidents.commit(opening(event="e0", early_version=1))


def test_early_events_whose_complaint_never_came_go_to_quarantine_once(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    gone = [Quarantined("crm/hotline/e1", NOW, "no_complaint", "after 24 h", "{}", "queue")]

    store.incidents.expire_early(early("e1", version=1), gone, EXPIRY)

    assert store.incidents.early("inc-1") is None
    assert store.quarantine.get("crm/hotline/e1") == gone[0]
    assert not store.timers.pending(EXPIRY)
    with pytest.raises(ConflictError):
        store.incidents.expire_early(early("e1", version=1), gone, EXPIRY)


def test_early_events_that_expired_may_come_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.expire_early(early("e1", version=1), [], EXPIRY)
    assert store.incidents.taken("crm/hotline", "e1") is None

    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)

    assert store.incidents.taken("crm/hotline", "e1") == taken("e1")


def test_early_events_whose_timer_is_parked_expire_all_the_same(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.timers.park(EXPIRY, "five failures")

    store.incidents.expire_early(early("e1", version=1), [], None)

    assert store.incidents.early("inc-1") is None
    with pytest.raises(ConflictError):
        store.incidents.expire_early(early("e1", version=1), [], None)


def test_an_early_event_that_an_opening_put_aside_may_come_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.keep_early(early("e1", "e2", version=2), taken("e2"), None)

    store.incidents.commit(opening(event="e0", early_version=2, released=(("crm/hotline", "e1"),)))

    assert store.incidents.taken("crm/hotline", "e1") is None
    assert store.incidents.taken("crm/hotline", "e2") == taken("e2")


def test_early_events_that_grew_do_not_expire_unseen(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.keep_early(early("e1", "e2", version=2), taken("e2"), None)

    with pytest.raises(ConflictError):
        store.incidents.expire_early(early("e1", version=1), [], EXPIRY)

    assert store.timers.pending(EXPIRY)


def test_early_events_may_expire_and_come_again(store: Store) -> None:
    store.incidents.keep_early(early("e1", version=1), taken("e1"), EXPIRY)
    store.incidents.expire_early(early("e1", version=1), [], EXPIRY)

    store.incidents.keep_early(early("e2", version=1), taken("e2"), EXPIRY)

    assert store.incidents.early("inc-1") == early("e2", version=1)


def test_the_audit_finds_incidents_whose_step_is_overdue_the_latest_due_last(store: Store) -> None:
    for count in range(12):
        store.incidents.commit(opening(f"inc-{count:02d}", f"e{count}", due=NOW + (12 - count) * MINUTE))

    assert list(store.incidents.silent(NOW + 4 * MINUTE, 10)) == ["inc-11", "inc-10", "inc-09"]
    assert list(store.incidents.silent(NOW + 12 * MINUTE, 2)) == ["inc-11", "inc-10"]
    assert list(store.incidents.silent(NOW, 10)) == []


def test_an_incident_that_moved_on_is_not_silent(store: Store) -> None:
    opened = opening(due=NOW + MINUTE)
    store.incidents.commit(opened)

    store.incidents.commit(following(opened.stored, due=NOW + 5 * MINUTE))

    assert list(store.incidents.silent(NOW + 2 * MINUTE, 10)) == []


def test_a_step_with_the_pages_of_a_large_rung_fits(store: Store) -> None:
    store.incidents.commit(opening(messages=tuple(message(f"p{count}") for count in range(90))))

    assert len(store.outbox.of_incident("inc-1")) == 90


def test_a_long_correspondence_fits(store: Store) -> None:
    long = "投诉" * 200_000
    commit = opening(customer={"notes": long})
    commit = replace(commit, stored=replace(commit.stored, incident=replace(commit.stored.incident, summary=long)))

    store.incidents.commit(commit)

    assert store.incidents.load("inc-1") == commit.stored
    assert store.incidents.customer("inc-1") == {"notes": long}
