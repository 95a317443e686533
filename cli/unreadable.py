"""What is stored and cannot be read any more: it is named, and keeps nobody from the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import UnavailableError


class UnreadableError(Exception):
    """Something stored is not what this release writes. Says what and how, and never quotes it (I12)."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Around what reads one thing from the store; a store that does not answer is another matter.

    Raises:
        UnreadableError: whatever else went wrong.
    """
    try:
        yield
    except (UnavailableError, ClientError, BotoCoreError, UnreadableError):
        raise
    except Exception as error:
        raise UnreadableError(f"{what} cannot be read ({type(error).__name__})") from error
