"""One request to the console: who sends it, and how the answer goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie as SentCookie
from aws_lambda_powertools.shared.cookies import SameSite

from shared import bootstrap
from shared.application.console_session import Cookie, Session, cookies_in, named, session_of
from shared.application.http_request import Request, form_of, request_from
from shared.application.problem import Problem

MOST_BYTES = 512 * 1024
"""Of a form: the text of a statement in every language, as browsers encode it."""
MOST_FIELDS = 200
HTML = "text/html; charset=utf-8"
NOT_KEPT: Mapping[str, str] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Page(Protocol):
    """A page, ready to go."""

    @property
    def status(self) -> int: ...
    @property
    def html(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Visit:
    """A request with what the console makes of it.

    Attributes:
        root: from the request's path to where the console is mounted, `../../` or so: addresses in pages are relative.
        query: its parameters.
        session: who is signed in, None for nobody; renewed: the cookie that keeps them so, where it is time for it.
    """

    request: Request
    root: str
    query: Mapping[str, str]
    cookies: Mapping[str, str]
    session: Session | None
    renewed: tuple[Cookie, ...]

    @property
    def language(self) -> str:
        """What the browser says its reader reads."""
        return self.request.headers.get("accept-language", "")

    def form(self) -> dict[str, str]:
        """The fields of the form that was sent.

        Raises:
            Problem: it is none.
        """
        return form_of(self.request, MOST_FIELDS)

    def room(self, incident: str = "", done: str = "") -> str:
        """The address of a crisis, of the first page without one."""
        place = f"{self.root}console/c/{incident}" if incident else f"{self.root}console"
        return f"{place}?done={done}" if done else place


def visit(event: Mapping[str, Any], path: str) -> Visit:
    """Read a request.

    Raises:
        Problem: too large, or not decodable.
        UnavailableError: nobody can say who is signed in.
    """
    request = request_from(event, MOST_BYTES)
    door = bootstrap.console().door
    cookies = cookies_in(door, request)
    session, renewed = session_of(bootstrap.world(), door, cookies) or (None, None)
    query = event.get("queryStringParameters") or {}
    return Visit(request, root_of(path), query, cookies, session, (renewed,) if renewed else ())


def nobody(event: Mapping[str, Any], path: str) -> Visit:
    """A request that could not be read, as far as a page about it needs one."""
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    return Visit(Request("GET", headers, b"", ""), root_of(path), {}, {}, None, ())


def typed_in(event: Mapping[str, Any], path: str) -> Mapping[str, str]:
    """What was typed into a form of a room, as far as it can be read, so that no page about it loses it.

    Nothing of a sign-in, whose form holds a key.
    """
    if "/console/c/" not in path:
        return {}
    try:
        return form_of(request_from(event, MOST_BYTES), MOST_FIELDS)
    except Problem:
        return {}


def root_of(path: str) -> str:
    """From a path to where the console is mounted."""
    return "../" * (path.count("/") - 1)


def page(seen: Visit, drawn: Page, *cookies: Cookie) -> Response[str]:
    """A page, with the cookie that keeps its reader signed in."""
    return reply(seen, drawn.status, drawn.html, HTML, drawn.headers, *cookies)


def notice(seen: Visit, kind: str, status: int | None = None, typed: Mapping[str, str] | None = None) -> Response[str]:
    """A page about nothing in particular; what was typed is shown again, so that it is not lost."""
    drawn = bootstrap.console().pages.notice(kind, seen.language, seen.root, typed)
    return reply(seen, status or drawn.status, drawn.html, HTML, drawn.headers)


def go(seen: Visit, address: str, *cookies: Cookie) -> Response[str]:
    """On to another address, with GET."""
    return reply(seen, 303, "", HTML, {"Location": address}, *cookies)


def reply(
    seen: Visit,
    status: int,
    body: str,
    content_type: str = "application/json",
    headers: Mapping[str, str] = NOT_KEPT,
    *cookies: Cookie,
) -> Response[str]:
    """An answer as Powertools sends it; a cookie that is set or taken away by name goes before one that renews it."""
    door = bootstrap.console().door
    each = {cookie.name: cookie for cookie in (*seen.renewed, *cookies)}
    sent = [
        SentCookie(
            name=cookie.name,
            value=cookie.value,
            path="/",
            secure=door.secure,
            http_only=True,
            max_age=cookie.lives,
            same_site=SameSite.LAX_MODE,
        )
        for cookie in (named(door, one) for one in each.values())
    ]
    body = "" if seen.request.method == "HEAD" else body
    return Response(status, content_type, body, headers={**NOT_KEPT, **headers}, cookies=sent)
