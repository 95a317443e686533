"""What `ports.Outbox` promises: a message moves under its conditions, and each move has one winner."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from shared.domain.message import MessageKey
from shared.ports import CalledBackError, ConflictError
from tests.contract.conftest import Store
from tests.contract.made import NOW, following, message, opening

TELL = message("ops", fence=None)


def test_a_row_is_put_once(store: Store) -> None:
    store.outbox.put(TELL)
    store.outbox.put(replace(TELL, reason="forged"))

    assert store.outbox.get(TELL.key) == TELL
    assert store.outbox.get(replace(TELL.key, attempt=2)) is None


def test_sending_is_recorded_before_the_carrier_is_called(store: Store) -> None:
    store.outbox.put(TELL)

    sending = store.outbox.start_sending(TELL, "ref-1", NOW + 5)

    assert (sending.state, sending.reference, sending.sending_at, sending.tries) == ("sending", "ref-1", NOW + 5, 1)
    assert store.outbox.get(TELL.key) == sending


def test_of_twenty_senders_of_one_row_one_sends(store: Store) -> None:
    store.outbox.put(TELL)
    start = Barrier(20)

    def send(_: int) -> bool:
        start.wait()
        try:
            store.outbox.start_sending(TELL, "the-same-reference", NOW)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(send, range(20))) == 1


def test_a_page_goes_out_while_its_fence_stands(store: Store) -> None:
    store.incidents.commit(opening(messages=(message(fence=1),)))

    assert store.outbox.start_sending(message(fence=1), "ref-1", NOW).state == "sending"


def test_an_acknowledgement_that_came_first_calls_a_page_back(store: Store) -> None:
    opened = opening(messages=(message(fence=1),))
    store.incidents.commit(opened)
    store.incidents.commit(following(opened.stored, incident={"fence": 2, "epoch": 1}))

    with pytest.raises(CalledBackError):
        store.outbox.start_sending(message(fence=1), "ref-1", NOW)

    assert store.outbox.get(message().key) == message(fence=1)
    store.outbox.finish(message(fence=1), "called_back")
    row = store.outbox.get(message().key)
    assert row is not None
    assert row.state == "called_back"


def test_a_move_of_the_epoch_alone_calls_nothing_back(store: Store) -> None:
    opened = opening(messages=(message(fence=1),))
    store.incidents.commit(opened)
    store.incidents.commit(following(opened.stored, incident={"epoch": 7}))

    assert store.outbox.start_sending(message(fence=1), "ref-1", NOW).state == "sending"


def test_a_message_without_a_fence_is_not_called_back(store: Store) -> None:
    opened = opening(messages=(message(fence=None),))
    store.incidents.commit(opened)
    store.incidents.commit(following(opened.stored, incident={"fence": 9}))

    assert store.outbox.start_sending(message(fence=None), "ref-1", NOW).state == "sending"


def test_a_page_that_was_sent_is_not_sent_again_whatever_the_fence(store: Store) -> None:
    opened = opening(messages=(message(fence=1),))
    store.incidents.commit(opened)
    store.outbox.start_sending(message(fence=1), "ref-1", NOW)
    store.incidents.commit(following(opened.stored, incident={"fence": 2}))

    with pytest.raises(ConflictError):
        store.outbox.start_sending(message(fence=1), "ref-2", NOW)


def test_how_it_went_is_recorded_with_the_carriers_reference(store: Store) -> None:
    store.outbox.put(TELL)
    sending = store.outbox.start_sending(TELL, "ref-1", NOW)

    store.outbox.finish(sending, "sent", reference="carrier-1")

    assert store.outbox.get(TELL.key) == replace(sending, state="sent", reference="carrier-1")
    assert store.outbox.by_reference("carrier-1") == replace(sending, state="sent", reference="carrier-1")
    assert store.outbox.by_reference("ref-1") is None


def test_a_receipt_of_an_email_finds_its_row_while_the_outcome_is_unknown(store: Store) -> None:
    mail = message("ops", via="email", fence=None)
    store.outbox.put(mail)
    store.outbox.put(message("other", fence=None))
    sending = store.outbox.start_sending(mail, "ref-1", NOW)

    assert store.outbox.by_reference("ref-1") == sending
    assert store.outbox.by_reference("ref-2") is None


def test_what_was_overtaken_by_another_try_records_nothing(store: Store) -> None:
    store.outbox.put(TELL)
    first = store.outbox.start_sending(TELL, "ref-1", NOW)
    store.outbox.finish(first, "pending")
    row = store.outbox.get(TELL.key)
    assert row is not None
    second = store.outbox.start_sending(row, "ref-2", NOW + 1)

    with pytest.raises(ConflictError):
        store.outbox.finish(first, "failed")

    assert store.outbox.get(TELL.key) == second
    assert second.tries == 2


def test_the_next_channel_is_there_with_the_failure_of_the_first(store: Store) -> None:
    store.outbox.put(TELL)
    sending = store.outbox.start_sending(TELL, "ref-1", NOW)
    carries_on = message("ops", via="email", fence=None)

    store.outbox.finish(sending, "failed", then=carries_on)

    assert store.outbox.get(carries_on.key) == carries_on
    with pytest.raises(ConflictError):
        store.outbox.finish(sending, "unknown", then=message("ops", via="webhook", fence=None))
    assert store.outbox.get(message("ops", via="webhook").key) is None


def test_a_message_that_carries_on_already_is_not_made_twice(store: Store) -> None:
    carries_on = message("ops", via="email", fence=None)
    store.outbox.put(TELL)
    store.outbox.put(carries_on)
    sending = store.outbox.start_sending(TELL, "ref-1", NOW)

    with pytest.raises(ConflictError):
        store.outbox.finish(sending, "failed", then=replace(carries_on, reason="again"))

    assert store.outbox.get(TELL.key) == sending


def test_the_audit_finds_what_lies_too_long_the_oldest_first(store: Store) -> None:
    rows = [message(f"p{count}", fence=None, at=NOW + count) for count in (3, 0, 2, 1, 4)]
    for row in rows:
        store.outbox.put(row)
    sending = store.outbox.start_sending(rows[1], "ref-0", NOW)
    done = store.outbox.start_sending(rows[3], "ref-1", NOW)
    store.outbox.finish(done, "sent")

    stuck = store.outbox.stuck(NOW + 4, 10)

    assert list(stuck) == [sending, rows[2], rows[0]]
    assert list(store.outbox.stuck(NOW + 4, 2)) == [sending, rows[2]]


def test_what_waits_again_may_be_stuck_again(store: Store) -> None:
    store.outbox.put(TELL)
    sending = store.outbox.start_sending(TELL, "ref-1", NOW)
    store.outbox.finish(sending, "pending")

    assert [row.key for row in store.outbox.stuck(NOW + 1, 10)] == [TELL.key]


def test_the_rows_of_an_incident_come_in_the_order_of_its_steps(store: Store) -> None:
    for step in (12, 2, 1):
        store.outbox.put(message(step=step))
    store.outbox.put(message(incident="inc-2"))

    assert [row.key for row in store.outbox.of_incident("inc-1")] == [
        MessageKey("inc-1", step, "lin", "sms") for step in (1, 2, 12)
    ]


def test_messages_are_counted_for_a_person_and_a_minute(store: Store) -> None:
    assert [store.outbox.count_message("lin", 7) for _ in range(3)] == [1, 2, 3]
    assert store.outbox.count_message("lin", 8) == 1
    assert store.outbox.count_message("chen", 7) == 1


def test_what_is_held_waits_for_the_digest_of_its_minute(store: Store) -> None:
    first, second, other = message(step=1, fence=None), message(step=2, fence=None), message("chen", fence=None)
    for row in (second, first, other):
        store.outbox.put(row)
        store.outbox.hold(row, 7)

    held = store.outbox.held("lin", 7)

    assert list(held) == [replace(first, state="held"), replace(second, state="held")]
    assert list(store.outbox.held("lin", 8)) == []
    assert list(store.outbox.stuck(NOW + 1, 10)) == []
    assert store.outbox.count_message("lin", 7) == 1
    store.outbox.finish(held[0], "digested")
    assert [row.key for row in store.outbox.held("lin", 7)] == [second.key]


def test_only_what_is_pending_is_held(store: Store) -> None:
    store.outbox.put(TELL)
    store.outbox.start_sending(TELL, "ref-1", NOW)

    with pytest.raises(ConflictError):
        store.outbox.hold(TELL, 7)

    assert list(store.outbox.held("ops", 7)) == []
