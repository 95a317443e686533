"""Carriers that refuse: what `send_message` reaches instead of SNS and SES while they are broken."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self
from urllib.parse import parse_qs

import httpx

_PASSED_ON: Final = ("authorization", "content-type", "x-amz-date", "x-amz-security-token")
_SMS_REFUSAL: Final = """<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>\
<Code>AuthorizationError</Code><Message>The account may not send text messages</Message></Error>\
<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"""
_MAIL_REFUSAL: Final = json.dumps({"message": "Sending is paused for this account"})


class RefusingCarriers:
    """Stands between a function and the emulator as long as the block lasts: messages to people are refused for good,
    in the words of SNS and SES; everything else, so the operations topic, goes through.

    Args:
        endpoint: where the emulator is.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.refused = 0
        """How many messages."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="tocsin-carriers").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """What a function takes for SNS and SES."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _handler(carriers) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the request below
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path.startswith("/v2/email/"):
                    carriers.refused += 1
                    self._answer(400, "application/json", _MAIL_REFUSAL.encode(), error="SendingPausedException")
                elif "PhoneNumber" in parse_qs(body.decode(errors="replace")):
                    carriers.refused += 1
                    self._answer(403, "text/xml", _SMS_REFUSAL.encode())
                else:
                    self._pass_on(body)

            def _pass_on(self, body: bytes) -> None:
                headers = {name: value for name, value in self.headers.items() if name.lower() in _PASSED_ON}
                with httpx.Client(trust_env=False, timeout=10) as http:
                    answer = http.post(carriers._endpoint + self.path, content=body, headers=headers)
                self._answer(answer.status_code, answer.headers.get("content-type", "text/xml"), answer.content)

            def _answer(self, status: int, kind: str, body: bytes, error: str = "") -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                if error:
                    self.send_header("x-amzn-errortype", error)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
