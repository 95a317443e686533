"""What goes wrong in the simulation goes wrong as it does outside: the product is told, and nothing else is."""

from __future__ import annotations

from dataclasses import fields

from shared.adapters.sqs_queue import SqsQueue
from shared.ports import UnavailableError
from torture.aws.queues import VirtualQueue, VirtualSQS
from torture.clockwork import BEGIN, Clockwork
from torture.faults import _MOST, NONE, Faults
from torture.lambdas import ROOT
from torture.wire import Wire

TEN = [(f"body {number}", 0) for number in range(10)]


def sent(faults: Faults) -> tuple[list[BaseException], list[str]]:
    """What a sender is told of a batch of ten, and what is in the queue then."""
    clock, queue = Clockwork(1), VirtualQueue(1_000)
    services = {name: VirtualSQS({"events": queue}, lambda: clock.now) for name in ("sqs", "sns", "ses")}
    wire = Wire(clock, lambda: faults, services, lambda: None, lambda: None)
    told: list[BaseException] = []

    def send() -> None:
        try:
            SqsQueue(wire.sqs, "events").send(TEN)
        except UnavailableError as error:
            told.append(error)

    clock.start("sender", send)
    clock.run(BEGIN + 1_000)
    assert clock.errors == []
    return told, sorted(each.body for each in queue.take(clock.now, clock.rng))


def test_of_a_batch_that_is_taken_in_part_the_sender_is_told() -> None:
    told, there = sent(Faults(partial=1))
    assert [str(error) for error in told] == [f"the queue did not take {10 - len(there)} of 10"]
    assert len(there) < 10


def test_without_faults_a_batch_is_taken_whole() -> None:
    assert sent(NONE) == ([], sorted(body for body, _ in TEN))


def test_a_message_that_is_late_is_seen_when_it_comes() -> None:
    clock, queue = Clockwork(1), VirtualQueue(1_000)
    queue.late = lambda: 90_000
    queue.put("body", clock.now)
    assert queue.next_at() == clock.now + 90_000
    assert queue.take(clock.now + 89_999, clock.rng) == []
    assert [each.body for each in queue.take(clock.now + 90_000, clock.rng)] == ["body"]


def test_every_fault_that_is_drawn_is_played() -> None:
    played = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("torture/*.py") if path.stem != "faults")
    assert [field.name for field in fields(Faults) if f".{field.name}" not in played] == []
    assert all(getattr(_MOST, field.name) > 0 for field in fields(Faults))
