"""Pass what a stream brought on to a queue, ten a request; one that cannot be passed on never holds up the others."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from shared.ports import Queue

TOGETHER = 10
"""What a queue takes in one request. A request and its round trip are the same for one body and for ten."""

Of = TypeVar("Of")


def pass_on(queue: Queue, bodies: Iterable[tuple[Of, tuple[str, int]]]) -> Iterator[tuple[Of, Exception]]:
    """Hand bodies over, each with its delay (seconds) and with what it stands for.

    Of ten that were refused together each is tried alone: what is wrong with one is not wrong with the rest, and what
    was taken already may come twice.

    Returns:
        What could not be handed over, and why; nothing is raised.
    """
    waiting = iter(bodies)
    while some := list(islice(waiting, TOGETHER)):
        try:
            queue.send([body for _, body in some])
        except Exception:  # noqa: BLE001 - each has its own chance
            yield from _one_by_one(queue, some)


def _one_by_one(queue: Queue, some: Iterable[tuple[Of, tuple[str, int]]]) -> Iterator[tuple[Of, Exception]]:
    for what, body in some:
        try:
            queue.send([body])
        except Exception as error:  # noqa: BLE001 - said to the caller, and the next one is tried
            yield what, error
