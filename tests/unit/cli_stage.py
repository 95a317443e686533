"""A stage for commands to work on: its store in moto's DynamoDB, its API the real handlers behind a real socket."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import boto3
import httpx
from moto import mock_aws
from typer.testing import CliRunner, Result

from cli import deployment
from cli.deployment import Deployment
from cli.main import app
from functions.intake_api import handler as intake
from functions.respond import handler as respond
from shared.adapters.dynamo_timers import DynamoTimers
from shared.application.read_event import take_body
from shared.application.world import World
from shared.ports import Queue
from tests.contract import tables
from tests.unit.door_requests import a_world, call, request

OUTPUTS = {f"{name.capitalize()}Table": name for name in ("incidents", "timers", "outbox", "timeline")} | {
    "EvidenceBucket": "evidence"
}


def tocsin(*arguments: object, stdin: str | None = None, **environment: str) -> Result:
    """Run a command as an operator does."""
    none = dict.fromkeys(("TOCSIN_API_KEY", "TOCSIN_API_URL", "TOCSIN_STAGE"))
    return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, env={**none, **environment})


@dataclass(frozen=True)
class ConsumedQueue:
    """A queue whose consumer takes each event at once."""

    consume: Callable[[str], object]

    def send(self, bodies: Iterable[tuple[str, int]]) -> None:
        for body, _ in bodies:
            self.consume(body)


@dataclass(frozen=True)
class Stage(Deployment):
    """What `--stage local` finds in these tests; `consume` is what its intake function does with a body."""

    consume: Callable[[str], object] = print

    @property
    def world(self) -> World:
        """The use cases' world over this stage's store; what is not in the store is fake."""
        fake = a_world()
        ports = {each.name: getattr(fake, each.name) for each in fields(World)}
        timers = DynamoTimers(lambda: self.client("dynamodb"), self.tables)
        stored = {"incidents": self.incidents(), "quarantine": self.quarantine(), "timers": timers}
        return World(**ports | stored)

    def events_queue(self) -> Queue:  # type: ignore[override]  # another queue, by the same port
        return ConsumedQueue(self.consume)

    def take(self, *events: dict[str, Any]) -> None:
        """Have events taken as the intake function does."""
        for event in events:
            take_body(self.world, json.dumps(event))


@contextmanager
def stage(*, consuming: bool = True) -> Iterator[Stage]:
    """A stage with empty tables; with `consuming` False nothing ever takes what is sent to its queue."""
    with mock_aws():
        client = cache(lambda service: boto3.client(service, region_name="eu-central-1"))
        tables.create(client("dynamodb"))
        tables.create_bucket(client("s3"))

        def consume(body: str) -> None:
            if consuming:
                take_body(made.world, body)

        made = Stage("local", OUTPUTS, client, httpx.Client, consume=consume)
        with patch.object(deployment, "_local", lambda: made):
            yield made


@dataclass
class ApiServer:
    """The API on a port of its own.

    Attributes:
        bodies: of each request that reached a handler.
        refusals: statuses to answer the next requests with, as a busy gateway does.
    """

    world: Any
    url: str = ""
    bodies: list[str] = field(default_factory=list)
    refusals: deque[int] = field(default_factory=deque)

    def events(self) -> list[dict[str, Any]]:
        """Every event that was posted, in order."""
        return [event for body in self.bodies for event in json.loads(body)]

    def run(self, *arguments: object, by: str) -> Result:
        """A command against this API with somebody's key, a second after the one before."""
        self.world.time.advance(1_000)
        return tocsin(*arguments, "--url", self.url, TOCSIN_API_KEY=by)

    def good(self, *arguments: object, by: str) -> str:
        """What a command prints that does not fail."""
        result = self.run(*arguments, by=by)
        assert result.exit_code == 0, result.output
        return result.stdout


@contextmanager
def api_server(world: Any) -> Iterator[ApiServer]:
    """Serve `/v1/events` and `/v1/incidents` over HTTP, from the functions' own handlers."""
    made = ApiServer(world)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    made.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        with patch.object(intake, "bootstrap", _Root(world)), patch.object(respond, "bootstrap", _Root(world)):
            yield made
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@dataclass(frozen=True)
class _Root:
    made: Any

    def world(self) -> Any:
        return self.made


def _handler(made: ApiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if made.refusals:
                self._say(made.refusals.popleft(), {"Retry-After": "0"}, '{"message":"Service Unavailable"}')
                return
            made.bodies.append(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            is_verb = self.command == "POST" and self.path != "/v1/events"
            of_crisis = self.path.startswith(("/v1/crises", "/v1/drills")) or "/statements/" in self.path
            door = respond.handler if is_verb or of_crisis else intake.handler
            found = call(door, request(self.command, self.path, body or None, headers=headers))
            self._say(found.status, dict(found.headers), found.text)

        def _say(self, status: int, headers: dict[str, str], text: str) -> None:
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(text.encode()))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name http.server gave it
            pass

    return Handler
