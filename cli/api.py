"""A stage's HTTP API as the commands use it: a key, repeats where repeating is safe, problems in plain words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
import typer

from cli.deployment import find
from cli.refuse import refuse

UrlOption = Annotated[
    str, typer.Option("--url", envvar="TOCSIN_API_URL", help="The API; without it the stage's own.", show_default=False)
]
KeyOption = Annotated[
    str,
    typer.Option(
        "--key",
        envvar="TOCSIN_API_KEY",
        help="An API key (`tocsin keys add`). Rather set the variable: others can read a command line.",
        show_default=False,
    ),
]

ATTEMPTS = 8
_REPEATABLE = frozenset({429, 500, 502, 503, 504})
"""Each request is safe to repeat: events by their id, verbs by their Idempotency-Key."""
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0


class ApiError(Exception):
    """A refusal, or no answer.

    Attributes:
        status: of HTTP; 0 where no answer came.
        faults: the wrong fields, as `errors` of the problem document has them.
    """

    def __init__(self, status: int, message: str, faults: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.faults = faults


@dataclass(frozen=True)
class Api:
    """The API at the base address of a client that carries the key."""

    http: httpx.Client

    def call(self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None) -> Any:
        """Ask, again after a pause where the API is busy or away; what it answers.

        Raises:
            ApiError: it refuses, or did not answer in eight attempts.
        """
        sent = {"Content-Type": "application/json"} if body is not None else {}
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            pause = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            try:
                answer = self.http.request(method, path, content=body, headers={**sent, **(headers or {})})
            except httpx.TransportError as error:
                if last:
                    raise ApiError(0, f"{self.http.base_url} cannot be reached ({error})") from None
            else:
                if answer.is_success:
                    return answer.json()
                if last or answer.status_code not in _REPEATABLE:
                    raise _problem(answer)
                pause = _asked_for(answer, pause)
            time.sleep(pause)
        raise AssertionError("the last attempt answers or raises")


@contextmanager
def connected(stage: str, url: str, key: str) -> Iterator[Api]:
    """The API of a stage or at an address; ends the command where there is no key to use."""
    if url and key:
        # An address given by hand is often this very machine, which no proxy reaches.
        local = httpx.URL(url).host in ("127.0.0.1", "localhost", "::1")
        http = httpx.Client(timeout=10, trust_env=not local)
    else:
        deployment = find(stage)
        url, key = url or deployment.output("ApiUrl"), key or deployment.api_key
        http = deployment.http()
    if not key:
        refuse(f"stage {stage} takes only callers with a key: set TOCSIN_API_KEY, or give --key")
    http.base_url = httpx.URL(url.rstrip("/") + "/")
    http.headers["Authorization"] = f"Bearer {key}"
    with http:
        yield Api(http)


def _asked_for(answer: httpx.Response, otherwise: float) -> float:
    seconds = answer.headers.get("Retry-After", "")
    return min(float(seconds), _LONGEST_PAUSE) if seconds.isdecimal() else otherwise


def _problem(answer: httpx.Response) -> ApiError:
    """RFC 9457 in a line; the gateway's own refusals are no problem documents."""
    try:
        document = answer.json()
        message = ". ".join(document[part] for part in ("title", "detail") if document.get(part))
        faults = document.get("errors") or ()
    except (ValueError, AttributeError, TypeError):
        message, faults = "", ()
    return ApiError(answer.status_code, f"HTTP {answer.status_code}: {message or answer.reason_phrase}", faults)
