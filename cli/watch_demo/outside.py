"""The world outside the pager: who reads the operations topic, and who calls when the heartbeat stops.

Both are one small HTTP service on the loopback. It plays the operator's own endpoint, and a service such as
healthchecks.io: that hears one GET a minute, and when none came for the period and a grace, tells.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from cli.watch_demo.told import SWITCH, Told, from_topic

HEARTBEAT: Final = "The heartbeat outside"
"""What the service outside calls its check, after the section of the runbook."""
_LOOK_EVERY: Final = 0.1
"""Seconds between two looks at whether a heartbeat is missing."""
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_OPERATIONS, _ALIVE = "/operations", "/alive"


def now() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


class DeadMansSwitch:
    """Tells once when nothing was heard for longer than it may, and once when something is heard again.

    Args:
        period: how far apart heartbeats are; grace: how long one may be late (milliseconds).
    """

    def __init__(self, *, period: int, grace: int) -> None:
        self._patience = period + grace
        self._last: int | None = None
        self._silent = False

    @property
    def heard(self) -> bool:
        """Whether it ever heard anything; before that it waits."""
        return self._last is not None

    def beat(self, at: int) -> Told | None:
        """A heartbeat."""
        self._last = at
        if not self._silent:
            return None
        self._silent = False
        return Told(at, SWITCH, HEARTBEAT, "OK", "Tocsin is up: its heartbeat is back")

    def look(self, at: int) -> Told | None:
        """A look at the clock."""
        if self._last is None or self._silent or at - self._last <= self._patience:
            return None
        self._silent = True
        silent = (at - self._last) / 1000
        text = f"Tocsin is down: no heartbeat for {silent:.0f} s. See the operations runbook, {HEARTBEAT}."
        return Told(at, SWITCH, HEARTBEAT, "ALARM", text)


class Outside:
    """Listens as long as the block lasts.

    Args:
        switch: who misses heartbeats.
        hear: is called with whatever somebody was told, from several threads.
    """

    def __init__(self, switch: DeadMansSwitch, hear: Callable[[Told], None]) -> None:
        self._switch = switch
        self._hear = hear
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        for work in (self._server.serve_forever, self._keep_looking):
            threading.Thread(target=work, daemon=True, name="tocsin-outside").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def operations(self) -> str:
        """What subscribes to the operations topic."""
        return f"http://127.0.0.1:{self._server.server_port}{_OPERATIONS}"

    @property
    def alive(self) -> str:
        """What the pager calls once a minute."""
        return f"http://127.0.0.1:{self._server.server_port}{_ALIVE}"

    def _keep_looking(self) -> None:
        while not self._ended.wait(_LOOK_EVERY):
            with self._lock:
                self._told(self._switch.look(now()))

    def _told(self, told: Told | None) -> None:
        if told is not None:
            self._hear(told)

    def take_notification(self, body: dict[str, Any]) -> None:
        """What SNS posts: a question whether we want to hear, or something to hear."""
        if body["Type"] != "SubscriptionConfirmation":
            self._told(from_topic(body, now()))
        elif urlsplit(body["SubscribeURL"]).hostname in _LOOPBACK:
            httpx.get(body["SubscribeURL"], trust_env=False).raise_for_status()

    def take_beat(self) -> None:
        """Somebody is alive."""
        with self._lock:
            self._told(self._switch.beat(now()))

    def _handler(outside) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request below
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200 if self.path == _ALIVE else 404)
                if self.path == _ALIVE:
                    outside.take_beat()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self._answer(200 if self.path == _OPERATIONS else 404)
                if self.path == _OPERATIONS:
                    outside.take_notification(json.loads(body))

            def log_message(self, *_: object) -> None:
                """Says nothing."""

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

        return Handler
