"""SQS in memory: what a queue promises and no more. Ready messages come in any order; doubling is the simulation's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from torture.aws.refusals import answer, only, refusal

DAY = 24 * 60 * 60 * 1000
_LARGEST = 1024 * 1024
_MOST_ENTRIES = 10
_LONGEST_DELAY = 900
_PREFIX = "AWS.SimpleQueueService"
_ENTRY = frozenset({"Id", "MessageBody", "DelaySeconds"})
_NO_TEXT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a consumer is given it; the receipt deletes it, until it is given to somebody again."""

    message_id: str
    body: str
    receipt: str
    receives: int
    sent_at: int


@dataclass(slots=True)
class _Waiting:
    """A message in the queue: seen by nobody until `ready_at`."""

    message_id: str
    body: str
    sent_at: int
    ready_at: int
    receives: int = 0
    receipt: str = ""


class VirtualQueue:
    """One queue.

    Args:
        visibility_timeout: ms for which a message that was taken is hidden.
        max_receives: a message taken so often goes to the dead letters instead of out once more.
        retention: ms after which a message is gone, taken or not.

    Attributes:
        late: by how many ms the message that is put next comes later than it should; the simulation's to say.
        dead: the dead letters, as they were taken last.
        lost: what outlived the retention.
    """

    def __init__(self, visibility_timeout: int, *, max_receives: int = 5, retention: int = 14 * DAY) -> None:
        self._visibility = visibility_timeout
        self._max_receives = max_receives
        self._retention = retention
        self._waiting: dict[int, _Waiting] = {}
        self._by_receipt: dict[str, int] = {}
        self._number = 0
        self.late: Callable[[], int] = lambda: 0
        self.dead: list[Received] = []
        self.lost: list[Received] = []

    def __len__(self) -> int:
        """Messages in it, also those that are hidden."""
        return len(self._waiting)

    def put(self, body: str, now: int, delay: int = 0) -> str:
        """Add a message that can be taken after a delay (ms); its id."""
        self._number += 1
        message_id = f"message-{self._number}"
        self._waiting[self._number] = _Waiting(message_id, body, now, now + delay + self.late())
        return message_id

    def take(self, now: int, rng: Random, most: int = 10) -> list[Received]:
        """Some of the messages that are ready, in any order; they are hidden until the visibility timeout."""
        self._forget(now)
        ready = [number for number, message in self._waiting.items() if message.ready_at <= now]
        rng.shuffle(ready)
        taken: list[Received] = []
        for number in ready:
            if len(taken) == most:
                break
            message = self._waiting[number]
            self._by_receipt.pop(message.receipt, None)
            if message.receives >= self._max_receives:
                self.dead.append(_received(self._waiting.pop(number)))
                continue
            message.receives += 1
            message.ready_at = now + self._visibility
            message.receipt = f"receipt-{number}-{message.receives}"
            self._by_receipt[message.receipt] = number
            taken.append(_received(message))
        return taken

    def delete(self, receipt: str) -> bool:
        """It was handled; False where somebody else was given it since, or it is gone."""
        number = self._by_receipt.pop(receipt, None)
        return number is not None and self._waiting.pop(number, None) is not None

    def show(self, receipt: str, at: int) -> bool:
        """Let it be taken again from an instant on (ChangeMessageVisibility); False as `delete`."""
        number = self._by_receipt.get(receipt)
        if number is None:
            return False
        self._waiting[number].ready_at = at
        return True

    def duplicate(self, message: Received, at: int | None = None) -> None:
        """Let a message come once more, at an instant (None: when it was sent), whatever becomes of the first."""
        self._number += 1
        ready = message.sent_at if at is None else at
        self._waiting[self._number] = _Waiting(message.message_id, message.body, message.sent_at, ready)

    def next_at(self) -> int | None:
        """When the first of its messages can be taken; None where there is none."""
        return min((message.ready_at for message in self._waiting.values()), default=None)

    def _forget(self, now: int) -> None:
        old = [number for number, message in self._waiting.items() if message.sent_at + self._retention <= now]
        for number in old:
            message = self._waiting.pop(number)
            self._by_receipt.pop(message.receipt, None)
            self.lost.append(_received(message))


class VirtualSQS:
    """The client of senders, over the queues by their URL."""

    def __init__(self, queues: Mapping[str, VirtualQueue], now: Callable[[], int]) -> None:
        self._queues = queues
        self._now = now

    def send_message(self, **request: Any) -> dict[str, Any]:
        """SendMessage."""
        only("SendMessage", request, {"QueueUrl", "MessageBody", "DelaySeconds"})
        queue = self._queue("SendMessage", request)
        if why := _wrong(request):
            raise refusal("SendMessage", *why)
        return answer(MessageId=self._put(queue, request))

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """SendMessageBatch: each entry is taken or refused by itself."""
        operation = "SendMessageBatch"
        only(operation, request, {"QueueUrl", "Entries"})
        queue, entries = self._queue(operation, request), request["Entries"]
        _check_batch(operation, entries)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in entries:
            only("an entry of SendMessageBatch", entry, _ENTRY)
            if why := _wrong(entry):
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": why[0], "Message": why[1]})
            else:
                done.append({"Id": entry["Id"], "MessageId": self._put(queue, entry)})
        return answer(**({"Successful": done} if done else {}), **({"Failed": failed} if failed else {}))

    def _put(self, queue: VirtualQueue, entry: Mapping[str, Any]) -> str:
        return queue.put(entry["MessageBody"], self._now(), entry.get("DelaySeconds", 0) * 1000)

    def _queue(self, operation: str, request: Mapping[str, Any]) -> VirtualQueue:
        queue = self._queues.get(request["QueueUrl"])
        if queue is None:
            raise refusal(operation, f"{_PREFIX}.NonExistentQueue", "The specified queue does not exist.")
        return queue


def _check_batch(operation: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """The rules of a batch as a whole."""
    if not entries:
        raise refusal(operation, f"{_PREFIX}.EmptyBatchRequest", "There should be at least one entry.")
    if len(entries) > _MOST_ENTRIES:
        raise refusal(operation, f"{_PREFIX}.TooManyEntriesInBatchRequest", "Maximum number of entries is 10.")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise refusal(operation, f"{_PREFIX}.BatchEntryIdsNotDistinct", "Two entries have one id.")
    if sum(len(entry["MessageBody"].encode()) for entry in entries) > _LARGEST:
        raise refusal(operation, f"{_PREFIX}.BatchRequestTooLong", "The batch is too large.")


def _wrong(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Code and message of what is wrong with a message."""
    body, delay = entry["MessageBody"], entry.get("DelaySeconds", 0)
    if not body:
        return "MissingParameter", "The request must contain the parameter MessageBody."
    if _NO_TEXT.search(body):
        return "InvalidMessageContents", "Invalid binary character was found in the message body."
    if not 0 <= delay <= _LONGEST_DELAY:
        return "InvalidParameterValue", f"Value {delay} for parameter DelaySeconds is invalid."
    if len(body.encode()) > _LARGEST:
        return "InvalidParameterValue", "One or more parameters are invalid. The message is too long."
    return None


def _received(message: _Waiting) -> Received:
    return Received(message.message_id, message.body, message.receipt, message.receives, message.sent_at)
