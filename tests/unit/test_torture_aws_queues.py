"""The simulation's queues: what was taken is hidden, comes again, and gives up; what is wrong is refused as by SQS."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from torture.aws.queues import DAY, VirtualQueue, VirtualSQS

NOW = 1_770_000_000_000
SECOND = 1000
URL = "https://sqs/timers"


@pytest.fixture
def queue() -> VirtualQueue:
    return VirtualQueue(60 * SECOND, max_receives=3)


@pytest.fixture
def sqs(queue: VirtualQueue) -> VirtualSQS:
    return VirtualSQS({URL: queue}, lambda: NOW)


@pytest.fixture
def rng() -> Random:
    return Random(1)  # noqa: S311 - dice


def bodies(queue: VirtualQueue, now: int, rng: Random, most: int = 10) -> list[str]:
    return sorted(message.body for message in queue.take(now, rng, most))


def test_a_message_is_taken_after_its_delay(queue: VirtualQueue, sqs: VirtualSQS, rng: Random) -> None:
    entries = [{"Id": "0", "MessageBody": "later", "DelaySeconds": 5}, {"Id": "1", "MessageBody": "now"}]
    answer = sqs.send_message_batch(QueueUrl=URL, Entries=entries)

    assert [taken["Id"] for taken in answer["Successful"]] == ["0", "1"]
    assert bodies(queue, NOW, rng) == ["now"]
    assert bodies(queue, NOW + 5 * SECOND - 1, rng) == []
    assert bodies(queue, NOW + 5 * SECOND, rng) == ["later"]


def test_one_that_was_taken_is_hidden_and_comes_again_unless_it_is_deleted(queue: VirtualQueue, rng: Random) -> None:
    queue.put("kept", NOW)
    queue.put("done", NOW)
    first = {message.body: message for message in queue.take(NOW, rng)}

    assert queue.delete(first["done"].receipt)
    assert bodies(queue, NOW + 59 * SECOND, rng) == []
    assert queue.next_at() == NOW + 60 * SECOND
    [again] = queue.take(NOW + 60 * SECOND, rng)
    assert (again.body, again.message_id, again.receives) == ("kept", first["kept"].message_id, 2)


def test_whoever_was_too_slow_deletes_nothing(queue: VirtualQueue, rng: Random) -> None:
    queue.put("body", NOW)
    [slow] = queue.take(NOW, rng)
    [quick] = queue.take(NOW + 60 * SECOND, rng)

    assert not queue.delete(slow.receipt)
    assert queue.delete(quick.receipt)
    assert len(queue) == 0
    assert queue.next_at() is None


def test_what_failed_three_times_is_a_dead_letter(queue: VirtualQueue, rng: Random) -> None:
    queue.put("poison", NOW)
    for turn in range(3):
        assert bodies(queue, NOW + turn * 60 * SECOND, rng) == ["poison"]

    assert bodies(queue, NOW + 180 * SECOND, rng) == []
    assert [(letter.body, letter.receives) for letter in queue.dead] == [("poison", 3)]
    assert len(queue) == 0


def test_a_message_may_be_shown_again_sooner(queue: VirtualQueue, rng: Random) -> None:
    queue.put("body", NOW)
    [taken] = queue.take(NOW, rng)

    assert queue.show(taken.receipt, NOW + 1)
    assert bodies(queue, NOW + 1, rng) == ["body"]


def test_a_double_is_a_message_of_its_own_with_the_same_id(queue: VirtualQueue, rng: Random) -> None:
    queue.put("body", NOW)
    [first] = queue.take(NOW, rng)
    queue.duplicate(first, NOW + 5)
    queue.delete(first.receipt)

    assert bodies(queue, NOW + 4, rng) == []
    [second] = queue.take(NOW + 5, rng)
    assert (second.message_id, second.body, second.receives) == (first.message_id, "body", 1)


def test_nothing_is_kept_beyond_the_retention(queue: VirtualQueue, rng: Random) -> None:
    queue.put("old", NOW)
    queue.put("young", NOW + 1)

    assert bodies(queue, NOW + 14 * DAY, rng) == ["young"]
    assert [message.body for message in queue.lost] == ["old"]


def test_the_order_follows_from_the_dice_alone(rng: Random) -> None:
    orders = set()
    for seed in [*range(20), *range(20)]:
        queue = VirtualQueue(SECOND)
        for body in "abc":
            queue.put(body, NOW)
        orders.add((seed, "".join(message.body for message in queue.take(NOW, Random(seed), 2))))  # noqa: S311 - dice

    assert len(orders) == 20, "a seed has one order"
    assert len({order for _, order in orders}) == 6, "and there is every order"


def test_an_entry_that_is_wrong_is_refused_alone(queue: VirtualQueue, sqs: VirtualSQS, rng: Random) -> None:
    entries = [
        {"Id": "0", "MessageBody": "a\x00"},
        {"Id": "1", "MessageBody": "b", "DelaySeconds": 901},
        {"Id": "2", "MessageBody": "c 𝄞"},
    ]
    answer = sqs.send_message_batch(QueueUrl=URL, Entries=entries)

    assert [(each["Id"], each["SenderFault"], each["Code"]) for each in answer["Failed"]] == [
        ("0", True, "InvalidMessageContents"),
        ("1", True, "InvalidParameterValue"),
    ]
    assert bodies(queue, NOW, rng) == ["c 𝄞"]


@pytest.mark.parametrize(
    ("url", "entries", "code"),
    [
        (URL, [], "EmptyBatchRequest"),
        (URL, [{"Id": str(number), "MessageBody": "a"} for number in range(11)], "TooManyEntriesInBatchRequest"),
        (URL, [{"Id": "0", "MessageBody": "a"}, {"Id": "0", "MessageBody": "b"}], "BatchEntryIdsNotDistinct"),
        (URL, [{"Id": str(number), "MessageBody": "投" * 200_000} for number in range(2)], "BatchRequestTooLong"),
        ("https://sqs/other", [{"Id": "0", "MessageBody": "a"}], "NonExistentQueue"),
    ],
)
def test_a_batch_that_is_wrong_is_refused(
    queue: VirtualQueue, sqs: VirtualSQS, url: str, entries: list[Any], code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert refused.value.response["Error"]["Code"] == f"AWS.SimpleQueueService.{code}"
    assert len(queue) == 0


def test_one_message_goes_by_itself(queue: VirtualQueue, sqs: VirtualSQS, rng: Random) -> None:
    assert sqs.send_message(QueueUrl=URL, MessageBody="a")["MessageId"]
    with pytest.raises(ClientError):
        sqs.send_message(QueueUrl=URL, MessageBody="")
    with pytest.raises(NotImplementedError):
        sqs.send_message(QueueUrl=URL, MessageBody="b", MessageGroupId="g")

    assert bodies(queue, NOW, rng) == ["a"]
