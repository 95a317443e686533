"""Pass what was committed on to the queue it is done from; the stream is never held up for more than that."""

from shared.application.errand_body import errand_body
from shared.application.message_body import read_message_key
from shared.application.world import World
from shared.domain.message import MessageKey

_ERRAND = "errand#"
"""What the sort key of an errand begins with; that of a message begins with a digit."""


def relay_row(world: World, partition: str, sort: str) -> None:
    """Hand over a new row of the outbox, known by its keys: a message, or an errand.

    Raises:
        ValueError: it is neither.
        UnavailableError: the queue did not take it; the audit finds the row still open.
    """
    if sort.startswith(_ERRAND):
        relay_errand(world, partition, sort.removeprefix(_ERRAND))
    else:
        relay_message(world, read_message_key(f"{partition}/{sort}"))


def relay_message(world: World, key: MessageKey) -> None:
    """Hand one message over. Twice is harmless: the row's state decides what is sent.

    Raises:
        UnavailableError: the queue did not take it; the audit finds the row still pending.
    """
    world.messages_queue.send([(str(key), 0)])


def relay_errand(world: World, incident: str, name: str) -> None:
    """Hand one errand over. Twice is harmless: one that was run is gone.

    Raises:
        UnavailableError: the queue did not take it; the audit finds it still open.
    """
    world.errands_queue.send([(errand_body(incident, name), 0)])
