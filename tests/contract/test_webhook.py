"""The webhook against a real server on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from select import select

import pytest

from shared.adapters import deadline, webhook
from shared.adapters.webhook import Webhook, signature
from shared.domain.webhook_address import is_public
from shared.ports import PermanentFailure, TemporaryFailure, UnavailableError, UnknownOutcome
from tests.fakes import FakeTime

SECRET = "the shared secret"
MESSAGE = ("Case C-1 is overdue", "投诉 C-1 已超时", "<p>unused</p>", "ref1")


@dataclass
class Receiver:
    """What the other side sees and answers."""

    url: str = ""
    status: int = 204
    hang_up: bool = False
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


class FixedSecret:
    def __init__(self, value: str | None = SECRET) -> None:
        self._value = value

    def value(self) -> str:
        if self._value is None:
            raise UnavailableError("a secret cannot be read")
        return self._value


def carrier(*, local: bool = True, secret: str | None = SECRET) -> Webhook:
    return Webhook(FixedSecret(secret), FakeTime(1_772_323_200_999), local=local)  # type: ignore[arg-type]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    seen = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.requests.append((self.path, dict(self.headers), body))
            if seen.hang_up:
                return
            self.send_response(seen.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        seen.url = f"http://127.0.0.1:{server.server_port}/hooks/pager?team=a"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield seen
        server.shutdown()
        thread.join(5)


def test_a_receiver_can_check_who_posted_what_and_when(receiver: Receiver) -> None:
    assert carrier().send(receiver.url, *MESSAGE) == "ref1"

    [(path, headers, body)] = receiver.requests
    assert path == "/hooks/pager?team=a"
    assert json.loads(body) == {"reference": "ref1", "subject": "Case C-1 is overdue", "text": "投诉 C-1 已超时"}
    stamp, made = (part.split("=", 1)[1] for part in headers["Tocsin-Signature"].split(","))
    assert stamp == "1772323200"
    assert made == hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Tocsin-Reference"] == "ref1"
    assert headers["Host"] == receiver.url.split("/")[2]


def test_a_signature_changes_with_every_part() -> None:
    made = {signature(["a"], 1, b"x"), signature(["b"], 1, b"x"), signature(["a"], 2, b"x"), signature(["a"], 1, b"y")}

    assert len(made) == 4


def is_ours(header: str, body: bytes, key: str) -> bool:
    """What docs/keys.md tells a receiver to do."""
    stamp, *made = (part.partition("=")[2] for part in header.split(","))
    wanted = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(one, wanted) for one in made)


@pytest.mark.parametrize(
    ("live", "older", "newer"),
    [(["older"], True, False), (["older", "newer"], True, True), (["newer"], False, True)],
)
def test_while_two_keys_live_a_receiver_checks_with_either(
    receiver: Receiver, live: list[str], *, older: bool, newer: bool
) -> None:
    carrier(secret=json.dumps({"keys": live})).send(receiver.url, *MESSAGE)

    [(_, headers, body)] = receiver.requests
    assert is_ours(headers["Tocsin-Signature"], body, "older") is older
    assert is_ours(headers["Tocsin-Signature"], body, "newer") is newer
    assert not is_ours(headers["Tocsin-Signature"], body, "a stranger's")
    assert not is_ours(headers["Tocsin-Signature"], body + b" ", live[-1])


@pytest.mark.parametrize("status", [200, 201, 202, 299])
def test_a_receiver_that_takes_it(receiver: Receiver, status: int) -> None:
    receiver.status = status

    assert carrier().send(receiver.url, *MESSAGE) == "ref1"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_receiver_that_may_take_it_later(receiver: Receiver, status: int) -> None:
    receiver.status = status

    with pytest.raises(TemporaryFailure):
        carrier().send(receiver.url, *MESSAGE)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 410])
def test_a_receiver_that_refuses_or_redirects_is_not_asked_again(receiver: Receiver, status: int) -> None:
    receiver.status = status

    with pytest.raises(PermanentFailure):
        carrier().send(receiver.url, *MESSAGE)

    assert len(receiver.requests) == 1


def test_a_receiver_that_hangs_up_leaves_it_open(receiver: Receiver) -> None:
    receiver.hang_up = True

    with pytest.raises(UnknownOutcome):
        carrier().send(receiver.url, *MESSAGE)

    assert len(receiver.requests) == 1


def test_a_receiver_that_never_answers_leaves_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_ANSWER_SECONDS", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent, pytest.raises(UnknownOutcome):
        carrier().send(f"http://127.0.0.1:{silent.getsockname()[1]}/", *MESSAGE)


@dataclass
class Dripping:
    """A receiver that answers byte by byte: each comes well in time, all of them take longer than there is."""

    address: str
    status: str = "100 Continue"
    serving: threading.Thread | None = None
    was_hung_up_on: bool = False

    def answers(self, listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            over_tls = connection.recv(65_536).startswith(b"\x16")
            answer = b"\x16\x03\x03\x3f\xff" if over_tls else f"HTTP/1.1 {self.status}\r\nX-Slow: ".encode()
            for byte in answer + 40 * b"x" + b"\r\n\r\n":
                readable, _, _ = select([connection], [], [], 0.02)
                self.was_hung_up_on = bool(readable) and not connection.recv(65_536)
                if self.was_hung_up_on:
                    return
                connection.sendall(bytes([byte]))

    @property
    def was_left_early(self) -> bool:
        """Whether whoever called went before the answer was complete."""
        if self.serving is not None:
            self.serving.join(10)
        return self.was_hung_up_on


@pytest.fixture
def dripping(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dripping]:
    monkeypatch.setattr(deadline, "SEND_SECONDS", 0.3)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        made = Dripping(f"127.0.0.1:{listening.getsockname()[1]}")
        made.serving = threading.Thread(target=made.answers, args=(listening,), daemon=True)
        made.serving.start()
        yield made


def test_a_receiver_that_drips_its_answer_is_given_up_at_the_deadline(dripping: Dripping) -> None:
    with pytest.raises(UnknownOutcome):
        carrier().send(f"http://{dripping.address}/", *MESSAGE)
    assert dripping.was_left_early


def test_a_receiver_that_drips_after_it_said_that_it_took_it_has_it(dripping: Dripping) -> None:
    dripping.status = "204 No Content"
    assert carrier().send(f"http://{dripping.address}/", *MESSAGE) == "ref1"
    assert dripping.was_left_early


def test_a_receiver_that_drips_its_side_of_tls_took_nothing(dripping: Dripping) -> None:
    with pytest.raises(TemporaryFailure):
        carrier().send(f"https://{dripping.address}/", *MESSAGE)
    assert dripping.was_left_early


def test_a_name_that_nobody_resolves_in_time_is_asked_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()
    monkeypatch.setattr(deadline, "SEND_SECONDS", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked.wait())
    with pytest.raises(TemporaryFailure):
        carrier(local=False).send("https://hooks.example.com/", *MESSAGE)
    asked.set()


def test_a_receiver_that_is_not_there_took_nothing() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    with pytest.raises(TemporaryFailure):
        carrier().send(f"http://127.0.0.1:{port}/", *MESSAGE)


def test_a_receiver_that_speaks_no_tls_took_nothing(receiver: Receiver) -> None:
    with pytest.raises(TemporaryFailure):
        carrier().send(receiver.url.replace("http:", "https:"), *MESSAGE)

    assert receiver.requests == []


@pytest.mark.parametrize("secret", [None, "", '{"keys": []}'])
def test_nothing_goes_out_unsigned(receiver: Receiver, secret: str | None) -> None:
    with pytest.raises(TemporaryFailure):
        carrier(secret=secret).send(receiver.url, *MESSAGE)

    assert receiver.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.1.2.3/",
        "https://192.168.1.1/",
        "https://172.16.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
    ],
)
def test_nothing_is_posted_to_an_address_that_is_not_of_the_internet(address: str) -> None:
    with pytest.raises(PermanentFailure):
        carrier(local=False).send(address, *MESSAGE)


@pytest.mark.parametrize(
    "address", ["http://example.com/", "ftp://example.com/", "https:///x", "https://u:p@example.com/"]
)
def test_nothing_is_posted_but_over_https_without_credentials(address: str) -> None:
    with pytest.raises(PermanentFailure):
        carrier(local=False).send(address, *MESSAGE)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/é",
        "https://[",
        "https://x:99999/",
    ],
)
def test_what_is_no_url_is_refused_for_good(address: str) -> None:
    with pytest.raises(PermanentFailure):
        carrier(local=False).send(address, *MESSAGE)


def test_a_name_is_judged_by_every_address_it_has_and_called_at_one_that_was_judged(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(receiver.url.split(":")[2].split("/")[0])
    asked: list[str] = []

    def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(PermanentFailure):
        carrier(local=False).send("https://hooks.example.com/", *MESSAGE)
    assert asked == ["hooks.example.com"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a00:1::", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_which_addresses_are_of_the_internet(address: str, public: object) -> None:
    assert is_public(address) is public
