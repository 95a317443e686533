"""The heartbeat as the service outside hears it: one GET of its URL, and nothing of the URL anywhere else (I12)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shared.adapters.outside_heartbeat import OutsideHeartbeat
from shared.ports import UnavailableError


class Listener(HTTPServer):
    """A service of that kind, which answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Heard)
        self.heard: list[str] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/ping/made-up"


class Heard(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.heard.append(f"{self.command} {self.path}")
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the tests' output."""


class Kept:
    """`shared.adapters.secret.Secret` as far as it is asked."""

    def __init__(self, text: str) -> None:
        self.text = text

    def value(self) -> str:
        return self.text


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def heartbeat(text: str, *, local: bool = True) -> OutsideHeartbeat:
    return OutsideHeartbeat(Kept(text), local=local)  # type: ignore[arg-type]


def to(url: str) -> str:
    return json.dumps({"url": url})


def test_the_service_is_asked_for_its_own_url_once(listener: Listener) -> None:
    assert heartbeat(to(listener.url)).beat() is True
    assert listener.heard == ["GET /ping/made-up"]


def test_without_a_url_nobody_is_set_up_to_listen() -> None:
    assert heartbeat(to("")).beat() is False


@pytest.mark.parametrize("status", [404, 500])
def test_an_answer_that_is_none_was_no_heartbeat(listener: Listener, status: int) -> None:
    listener.status = status
    with pytest.raises(UnavailableError):
        heartbeat(to(listener.url)).beat()


def test_a_service_that_is_gone_was_no_heartbeat(listener: Listener) -> None:
    listener.server_close()
    with pytest.raises(UnavailableError) as error:
        heartbeat(to(listener.url)).beat()
    assert "made-up" not in str(error.value)


@pytest.mark.parametrize("text", ["", "https://hc.example/ping", "[]", "{}"])
def test_a_secret_of_another_form_is_said_without_its_text(text: str) -> None:
    with pytest.raises(UnavailableError, match=r'is not \{"url"'):
        heartbeat(text).beat()


@pytest.mark.parametrize("url", ["http://hc.example/ping", "file:///etc/passwd", "https://169.254.169.254/latest"])
def test_a_stage_on_aws_calls_public_addresses_over_tls_alone(url: str) -> None:
    with pytest.raises(UnavailableError) as error:
        heartbeat(to(url), local=False).beat()
    assert url not in str(error.value)
