"""A request as the doors read it, from API Gateway's event (HTTP API, payload 2.0)."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.application import problem
from shared.application.strict_json import read_json
from shared.ports import ApiKeys, KeyHolder


@dataclass(frozen=True)
class Request:
    """One request. Headers are in lower case; the body is decoded.

    Attributes:
        id: API Gateway's name for it, the one a caller quotes to the operators.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    id: str

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def request_from(event: Mapping[str, Any], most: int) -> Request:
    """Read API Gateway's event.

    Args:
        event: as the Lambda function gets it.
        most: how many bytes of body this door takes, counted after base64 is undone.

    Raises:
        Problem: 413 too large, 400 not decodable.
    """
    context = event.get("requestContext") or {}
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    if cookies := event.get("cookies"):  # the gateway takes them out of the headers
        headers["cookie"] = "; ".join(map(str, cookies))
    return Request(
        method=str((context.get("http") or {}).get("method", "")).upper(),
        headers=headers,
        body=_body(event, most),
        id=str(context.get("requestId", "")),
    )


def caller_of(request: Request, keys: ApiKeys) -> KeyHolder:
    """Whose key came with the request.

    Raises:
        Problem: 401 without a key, or with nobody's.
        UnavailableError: the keys cannot be read.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()
    holder = keys.holder(key) if 0 < len(key) <= _LONGEST_KEY else None
    if holder is None:
        raise problem.unauthenticated()
    return holder


def json_of(request: Request, media_types: Sequence[str]) -> Any:
    """The body as JSON.

    Raises:
        Problem: 415 another content type, charset or coding; 400 not strict JSON.
    """
    _, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = next(
        (p.partition("=")[2] for p in parameters.split(";") if p.strip().lower().startswith("charset=")), "utf-8"
    )
    if request.media_type not in media_types:
        raise problem.unsupported(f"This takes {', '.join(media_types)}.")
    if charset.strip(' "').lower() not in ("utf-8", "utf8", "us-ascii"):
        raise problem.unsupported("JSON is read in UTF-8.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise problem.unsupported("Bodies are read as they are, without a content coding.")
    try:
        return read_json(request.body)
    except ValueError as error:
        raise problem.malformed(
            f"The body is {error}." if str(error).startswith("n") else f"In the body {error}."
        ) from None


def form_of(request: Request, most: int = 20) -> dict[str, str]:
    """The fields of a form, at most so many; of one that is named twice, the last.

    Raises:
        Problem: 415 it is no form, 400 it cannot be read.
    """
    if request.media_type != _FORM:
        raise problem.unsupported(f"This takes {_FORM}.")
    try:
        return dict(
            parse_qsl(request.body.decode("ascii"), keep_blank_values=True, max_num_fields=most, errors="strict")
        )
    except ValueError:
        raise problem.malformed("The body is no form in UTF-8.") from None


def is_cross_site(request: Request) -> bool:
    """Whether a browser says that another site made it send this.

    The token is the capability, so this only keeps a page that got hold of a link from using it behind its reader's
    back. `Origin: null` is what a browser sends from a page that hides its address, as the answer page does.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().lower() == "cross-site"
    origin = request.headers.get("origin", "null")
    return origin != "null" and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()


_FORM = "application/x-www-form-urlencoded"
_LONGEST_KEY = 512


def _body(event: Mapping[str, Any], most: int) -> bytes:
    too_large = problem.too_large(f"A body holds at most {most // 1024} KiB.")
    raw = event.get("body") or ""
    if event.get("isBase64Encoded"):
        if len(raw) > most * 2:
            raise too_large
        try:
            body = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            raise problem.malformed("The body is not the base64 it claims to be.") from None
    else:
        try:
            body = raw.encode()
        except UnicodeEncodeError:
            raise problem.malformed("The body is not UTF-8.") from None
    if len(body) > most:
        raise too_large
    return body
