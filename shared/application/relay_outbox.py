"""Pass a committed message on to the queue that sends it; the stream is never held up for more than that."""

from shared.application.world import World
from shared.domain.message import MessageKey


def relay_message(world: World, key: MessageKey) -> None:
    """Hand one message over. Twice is harmless: the row's state decides what is sent.

    Raises:
        UnavailableError: the queue did not take it; the audit finds the row still pending.
    """
    world.messages_queue.send([(str(key), 0)])
