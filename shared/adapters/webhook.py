"""Webhooks: a signed POST, once, to a public address."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.adapters.deadline import Deadline
from shared.adapters.secret import Secret, live_keys
from shared.domain.instants import SECOND
from shared.domain.webhook_address import Target, is_public, target_of
from shared.ports import PermanentFailure, TemporaryFailure, Time, UnavailableError, UnknownOutcome

SIGNATURE = "Tocsin-Signature"
REFERENCE = "Tocsin-Reference"
_CONNECT_SECONDS = 3.0
_ANSWER_SECONDS = 8.0
_TAKEN = range(200, 300)
_PASSING = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_Found = TypeVar("_Found")


def signature(keys: Sequence[str], unix: int, body: bytes) -> str:
    """The header's value: `t=<unix seconds>`, then `v1=<hex HMAC-SHA256 of "t.body">` for each live key, newest first.

    The receiver computes it over the raw body with the key it knows, takes it if any `v1` is that, and refuses what is
    older than a few minutes.
    """
    signed = f"{unix}.".encode() + body
    made = [f"v1={hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()}" for key in reversed(keys)]
    return ",".join((f"t={unix}", *made))


class Webhook:
    """`ports.Carrier` for webhooks.

    Args:
        secret: the keys that sign what is sent; while there are two, both do, so that receivers change in their time.
        time: the clock.
        local: a stage on a developer's machine: addresses of this machine or network and plain http are let through.
    """

    def __init__(self, secret: Secret, time: Time, *, local: bool = False) -> None:
        self._secret = secret
        self._time = time
        self._local = local

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:  # noqa: ARG002
        """Post `{"reference", "subject", "text"}`; our own reference, which a header repeats.

        Tries after a refusal carry the same reference; a repeat after an unknown outcome carries another.

        Raises:
            TemporaryFailure: refused for now, or no connection was made.
            PermanentFailure: refused for good, redirected, or an address nothing may be posted to.
            UnknownOutcome: it was sent and no answer came.
        """
        target, deadline = self._checked(address), Deadline()
        body = json.dumps({"reference": reference, "subject": subject, "text": text}, ensure_ascii=False).encode()
        headers = {
            "Host": target.authority,
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Tocsin",
            "Connection": "close",
            REFERENCE: reference,
            SIGNATURE: _in_time(deadline, lambda: self._sign(body)),
        }
        connection = _connected(target, _in_time(deadline, lambda: self._resolved(target)), deadline)
        with deadline.hanging_up(connection):
            status = _post(connection, target, body, headers)
        if status in _TAKEN:
            return reference
        if status in _PASSING or status >= _SERVER_ERROR:
            raise TemporaryFailure(f"status {status}")
        raise PermanentFailure(f"status {status}")

    def _sign(self, body: bytes) -> str:
        try:
            keys = live_keys(self._secret.value())
        except UnavailableError as error:
            raise TemporaryFailure("it cannot be signed") from error
        if not keys:
            raise TemporaryFailure("there is no key to sign it with")
        return signature(keys, self._time.now() // SECOND, body)

    def _checked(self, address: str) -> Target:
        try:
            return target_of(address, local=self._local)
        except ValueError as error:
            raise PermanentFailure(str(error)) from None

    def _resolved(self, target: Target) -> list[str]:
        """The IP addresses that will be called: they are the ones that were checked, whatever the name says later."""
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise TemporaryFailure("its name is not known") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._local and not all(is_public(address) for address in addresses):
            raise PermanentFailure("an address of an internal network")
        return addresses


def _in_time(deadline: Deadline, work: Callable[[], _Found]) -> _Found:
    """What is needed before anything is sent; whoever keeps it back, a key or a name, is asked another time."""
    try:
        return deadline.waiting(work)
    except TimeoutError as error:
        raise TemporaryFailure("it could not be prepared in time") from error


def _connected(target: Target, addresses: list[str], deadline: Deadline) -> socket.socket:
    """A connection to the first of the addresses that answers; nothing of the message is sent yet."""
    failure: OSError | None = None
    for address in addresses:
        try:
            plain = socket.create_connection((address, target.port), timeout=deadline.left(_CONNECT_SECONDS))
            return _secured(plain, target, deadline) if target.secure else plain
        except OSError as error:
            failure = error
    raise TemporaryFailure("no connection") from failure


def _secured(plain: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    context = ssl.create_default_context()
    connection = context.wrap_socket(plain, server_hostname=target.host, do_handshake_on_connect=False)
    try:
        with deadline.hanging_up(connection):
            connection.do_handshake()
    except OSError:
        connection.close()
        raise
    return connection


def _post(connection: socket.socket, target: Target, body: bytes, headers: dict[str, str]) -> int:
    """The status that was answered; without an answer nobody knows whether it arrived."""
    connection.settimeout(_ANSWER_SECONDS)
    request = http.client.HTTPConnection(target.host, target.port)
    request.sock = connection
    try:
        request.request("POST", target.path, body=body, headers=headers)
        return request.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise UnknownOutcome("no answer") from error
    finally:
        connection.close()
