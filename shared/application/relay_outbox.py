"""Pass what was committed on to the queue it is done from; the stream is never held up for more than that."""

from collections.abc import Iterable

from shared.application.errand_body import errand_body
from shared.application.message_body import read_message_key
from shared.application.pass_on import pass_on
from shared.application.world import World

_ERRAND = "errand#"
"""What the sort key of an errand begins with; that of a message begins with a digit."""

Row = tuple[str, str]
"""Partition and sort key of a row of the outbox."""


def relay_rows(world: World, rows: Iterable[Row]) -> list[tuple[Row, Exception]]:
    """Hand new rows of the outbox over, messages and errands, ten a request. Twice is harmless.

    Returns:
        The rows that could not be handed over, and why: they are neither, or the queue did not take them. The audit
        finds them still open.
    """
    messages: list[tuple[Row, tuple[str, int]]] = []
    errands: list[tuple[Row, tuple[str, int]]] = []
    left: list[tuple[Row, Exception]] = []
    for row in rows:
        partition, sort = row
        try:
            if sort.startswith(_ERRAND):
                errands.append((row, (errand_body(partition, sort.removeprefix(_ERRAND)), 0)))
            else:
                messages.append((row, (str(read_message_key(f"{partition}/{sort}")), 0)))
        except ValueError as error:
            left.append((row, error))
    left.extend(pass_on(world.messages_queue, messages))
    left.extend(pass_on(world.errands_queue, errands))
    return left
