"""One deadline for the whole of a send.

A timeout of a socket begins anew with every byte: whoever drips an answer could hold a send for as long as they like,
past the end of the function that made it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from botocore.exceptions import ReadTimeoutError

SEND_SECONDS = 10.0
"""What a send may take at its carrier, from the first connection to the end of the answer."""


_Found = TypeVar("_Found")


class Deadline:
    """The end of a send that begins now, over connections of our own."""

    def __init__(self) -> None:
        self._at = time.monotonic() + SEND_SECONDS

    def left(self, most: float) -> float:
        """Seconds that are left, and at most so many.

        Raises:
            TimeoutError: none are.
        """
        left = min(most, self._at - time.monotonic())
        if left <= 0:
            raise TimeoutError("the send took too long")
        return left

    def waiting(self, work: Callable[[], _Found]) -> _Found:
        """What some work that cannot be ended finds, such as the look for a name; it is left behind at the deadline.

        Raises:
            TimeoutError: it found nothing in time.
        """
        return _waited(work, max(0.0, self._at - time.monotonic()))

    @contextmanager
    def hanging_up(self, connection: socket.socket) -> Iterator[None]:
        """Around what is done over a connection: at the deadline it ends, as if the other side had ended it."""
        watch = threading.Timer(max(0.0, self._at - time.monotonic()), _hang_up, [connection])
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):  # it was closed at that moment
        # The plain one: an SSL socket's own would take its state from under whoever reads.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def keep(client: Any) -> Any:
    """Have each call of a client of boto3 end at the deadline, with the error of a read that took too long."""
    with suppress(AttributeError):  # Lambda's runtime brings a botocore of its own: better no deadline than no page
        endpoint = client._endpoint  # noqa: SLF001 - botocore has timeouts for a connection and a read, none for a call
        endpoint.http_session = _Timed(endpoint.http_session)
    return client


class _Timed:
    """What botocore sends a request with. It does not show its socket, so the call is left behind, not ended."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def send(self, request: Any) -> Any:
        try:
            return _waited(lambda: self._session.send(request), SEND_SECONDS)
        except TimeoutError:
            raise ReadTimeoutError(endpoint_url=request.url) from None

    def close(self) -> None:
        self._session.close()


def _waited(work: Callable[[], _Found], seconds: float) -> _Found:
    found: Future[_Found] = Future()

    def do() -> None:
        try:
            found.set_result(work())
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            found.set_exception(error)

    threading.Thread(target=do, daemon=True).start()
    return found.result(seconds)
