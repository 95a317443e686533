"""What follows when a channel did not take a message: the next one, then one repeat, then operations (I7).

Nothing is dropped in silence, and nothing goes twice over one channel without saying that it may be a repeat.
"""

from typing import Literal, get_args

from shared.application.message_for import channels, on_channel
from shared.application.world import World
from shared.domain.message import Message, MessageKey
from shared.domain.policy_parts import Via

LAST_ATTEMPT = 2
"""The first, and one repeat where the outcome of an earlier one is unknown and no channel is left."""

_LOST = frozenset({"failed", "unknown"})


def carry_on(world: World, message: Message, ended: Literal["failed", "unknown"], why: str) -> None:
    """Record how an attempt ended and, in the same transaction, the message that carries on.

    Where none does, operations are told; they are told first, because told twice is better than never.

    Raises:
        ConflictError: the row moved meanwhile; nothing was recorded.
    """
    siblings = _siblings(world, message)
    if any(row.state not in _LOST for row in siblings.values()) or is_called_back(world, message):
        world.outbox.finish(message, ended)  # another attempt is on its way or came through, or nobody wants it now
        return
    successor = _successor(world, message, ended, siblings)
    if successor is None:
        _tell_operations(world, message, ended, why)
    world.outbox.finish(message, ended, then=successor)


def is_called_back(world: World, message: Message) -> bool:
    """Whether an acknowledgement came since the message was made (I6)."""
    if message.fence is None:
        return False
    stored = world.incidents.load(message.key.incident)
    return stored is not None and stored.incident.fence != message.fence


def _successor(world: World, message: Message, ended: str, siblings: dict[MessageKey, Message]) -> Message | None:
    person = world.policies.current()[1].people.get(message.key.person)
    order = channels(person, message.kind)
    now = world.time.now()
    tried = {key.via for key in siblings} | {message.key.via}
    for via in order:
        if via not in tried:
            return on_channel(message, via, now)
    ends = {key.via: row.state for key, row in siblings.items()} | {message.key.via: ended}
    unknown = [via for via in order if ends[via] == "unknown"]
    repeated = message.key.attempt == LAST_ATTEMPT or any(key.attempt == LAST_ATTEMPT for key in siblings)
    if repeated or not unknown:
        return None
    last = message.key.via if ended == "unknown" and message.key.via in order else unknown[-1]
    return on_channel(message, last, now, attempt=LAST_ATTEMPT)


def _siblings(world: World, message: Message) -> dict[MessageKey, Message]:
    """The other attempts to say the same thing to the same person."""
    own = message.key
    keys = (
        MessageKey(own.incident, own.step, own.person, via, attempt)
        for attempt in range(1, LAST_ATTEMPT + 1)
        for via in get_args(Via)
    )
    found = ((key, world.outbox.get(key)) for key in keys if key != own)
    return {key: row for key, row in found if row is not None}


def _tell_operations(world: World, message: Message, ended: str, why: str) -> None:
    key = message.key
    world.metrics.count("MessagesUndeliverable")
    world.operations.alert(
        f"{'DRILL: ' if message.drill else ''}{key.person} was not reached about {key.incident}",
        f"The {message.kind} `{message.reason}` (step {key.step}, attempt {key.attempt}) to {key.person} ended as "
        f"{ended} on the last channel, {key.via}: {why}. Nothing else is on its way to them about it. "
        f"The incident goes on up its chain by itself.",
    )
