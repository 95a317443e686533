"""A message's key as it travels on the messages queue."""

from typing import get_args

from shared.domain.message import MessageKey
from shared.domain.policy_parts import Via


def read_message_key(body: str) -> MessageKey:
    """The key that `str(key)` wrote.

    Raises:
        ValueError: the body is no message's key.
    """
    incident, slash, sort = body.rpartition("/")
    parts = sort.split("#")
    if not slash or not incident or len(parts) != 4 or parts[2] not in get_args(Via):  # noqa: PLR2004 - step, person, via, attempt
        raise ValueError("not the key of a message")
    step, person, via, attempt = parts
    return MessageKey(incident, int(step), person, via, int(attempt))  # type: ignore[arg-type]
