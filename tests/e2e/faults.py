"""What goes wrong on the deployed stack, done on purpose: workers killed, answers lost, deliveries repeated."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import urlsplit

from cli.local_stack.stack import LocalStack

_DRIP_SECONDS = 0.5
_DIED = re.compile(r"ESM: Lambda (\S+) failed processing .*Worker process (?:died|exited immediately)")
_READY = re.compile(r"Lambda worker spawned for (\S+) ")
_IDLE = ("pipe_", "anon_p")
"""What a worker waits for that waits for work: its next line. Elsewhere than on Linux nobody says so."""
_CUT_OFF = re.compile(r"Lambda (\S+) timed out after")


class Workers:
    """The processes in which the emulator runs the functions."""

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._ready: Counter[str] = Counter()

    def kill(self, *functions: str, at_work: bool = True) -> str | None:
        """SIGKILL to a worker of one of these functions; whose it was, None where none is at work.

        One that was only started since the last time is left alone, or on a slow machine none would ever do anything.

        Args:
            functions: their names in the outputs, `SendMessage`.
            at_work: whether one that waits for work is left alone, too.
        """
        ready = self._logged(_READY)
        for worker, waits_for, runs in self._listed():
            for function in functions:
                own = f"/ministack-lambda-{self._stack.outputs[function + 'Function']}-" in runs
                idle = at_work and waits_for.startswith(_IDLE)
                if own and not idle and ready[function] > self._ready[function] and _killed(int(worker)):
                    self._ready[function] = ready[function]
                    return function
        return None

    def _listed(self) -> list[list[str]]:
        """Process id, what it waits for in the kernel (on Linux), and its command."""
        command = ["ps", "-ww", "-o", "pid=", "-o", "wchan=", "-o", "args=", "-g", str(self._stack.emulator.pid)]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [each.split(maxsplit=2) for each in listed.splitlines()]

    def died_at_work(self) -> Counter[str]:
        """How many batches of each function ended with its worker, by the emulator's log."""
        return self._logged(_DIED)

    def cut_off(self) -> Counter[str]:
        """How many runs of each function were ended by its timeout."""
        return self._logged(_CUT_OFF)

    def _logged(self, what: re.Pattern[str]) -> Counter[str]:
        named = ((name.removesuffix("Function"), full) for name, full in self._stack.outputs.items())
        names = {full: name for name, full in named}
        log = self._stack.emulator.log.read_text(errors="replace")
        return Counter(names[name] for name in what.findall(log) if name in names)


def _killed(worker: int) -> bool:
    try:
        os.kill(worker, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


class LosingLine:
    """A way to the emulator on which some requests are done and never answered to the end.

    The answer begins and then drips, so that nobody's patience with silence ends the wait: the function's own timeout
    does, or its deadline for a send, after what it asked for was done.
    """

    def __init__(self, stack: LocalStack) -> None:
        self._to = urlsplit(stack.endpoint_url)
        self._losing: dict[str, int] = {}
        self._lock = Lock()
        self._ended = Event()
        self.lost: Counter[str] = Counter()
        """How many answers were lost, by what was looked for."""

    def lose(self, asked: str, times: int = 1) -> None:
        """Lose the answers to the next requests that write or send something with this in it."""
        self._losing[asked] = times

    def relay(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        with closing(http.client.HTTPConnection(self._to.hostname or "", self._to.port, timeout=60)) as onward:
            onward.request(request.command, request.path, body, dict(request.headers))
            answer = onward.getresponse()
            said = answer.read()
        target = request.headers.get("X-Amz-Target", "")
        does = not target or target.endswith(".TransactWriteItems")
        if does and answer.status == http.client.OK and self._is_lost(body):
            request.close_connection = True
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slowly: ")
            while not self._ended.wait(_DRIP_SECONDS):
                request.wfile.write(b".")
            return
        request.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "content-length", "connection", "date", "server"}:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(said)))
        request.end_headers()
        request.wfile.write(said)

    def _is_lost(self, body: bytes) -> bool:
        with self._lock:
            for asked, times in self._losing.items():
                if times and asked.encode() in body:
                    self._losing[asked] -= 1
                    self.lost[asked] += 1
                    return True
        return False

    @contextmanager
    def open(self) -> Iterator[str]:
        """Its address, until the block ends."""
        line = self

        class Request(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                try:
                    line.relay(self)
                except OSError:
                    self.close_connection = True  # the function was killed or cut off

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library calls it
                """Says nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            self._ended.set()
            server.shutdown()
            server.server_close()
            thread.join()


@contextmanager
def configured(stack: LocalStack, function: str, timeout: int | None, more: Mapping[str, str]) -> Iterator[None]:
    """A function with more in its environment and perhaps another timeout (seconds), until the block ends."""
    client, name = stack.client("lambda"), stack.outputs[f"{function}Function"]
    before = client.get_function_configuration(FunctionName=name)
    usual: dict[str, str] = before["Environment"]["Variables"]
    _configure(client, name, timeout or before["Timeout"], {**usual, **more})
    try:
        yield
    finally:
        _configure(client, name, before["Timeout"], usual)


def _configure(client: Any, name: str, timeout: int, environment: Mapping[str, str]) -> None:
    client.update_function_configuration(
        FunctionName=name, Timeout=timeout, Environment={"Variables": dict(environment)}
    )


@contextmanager
def delivered_again_after(stack: LocalStack, seconds: Mapping[str, int]) -> Iterator[None]:
    """What a killed worker had in hand comes back so soon, and so much more often; by the queue's name, `Events`."""
    sqs = stack.client("sqs")
    with ExitStack() as after:
        for queue, soon in seconds.items():
            url = stack.outputs[f"{queue}QueueUrl"]
            names = ["VisibilityTimeout", "RedrivePolicy"]
            usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            patience = {**json.loads(usual["RedrivePolicy"]), "maxReceiveCount": 50}
            changed = {"VisibilityTimeout": str(soon), "RedrivePolicy": json.dumps(patience)}
            sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
            after.callback(sqs.set_queue_attributes, QueueUrl=url, Attributes=usual)
        yield


def waiting(stack: LocalStack, which: Callable[[str], bool]) -> dict[str, int]:
    """How many messages lie in queues, by the name of the queue in the outputs."""
    sqs = stack.client("sqs")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = {}
    for name, url in stack.outputs.items():
        if which(name):
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            found[name] = sum(int(told[each]) for each in names)
    return found
