"""What goes wrong at the HTTP doors, as RFC 9457 problem details. None echoes a caller's content (I12)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 1_000
"""An answer names so many wrong fields; what goes beyond is counted in `omitted`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong field of one event; `event` is its place in the array, `id` what it calls itself."""

    event: int
    field: str
    message: str
    id: str | None = None


@dataclass
class Problem(Exception):  # noqa: N818 - the name RFC 9457 gives it
    """An answer that is not the one the caller hoped for.

    Attributes:
        kind: the last part of its `type`, stable for programs to switch on.
        headers: what HTTP wants beside the body, such as `Allow` or `Retry-After`.
    """

    status: int
    kind: str
    title: str
    detail: str
    faults: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> str:
        """The problem document; `request_id` is what to quote to the operators."""
        document: dict[str, Any] = {
            "type": f"urn:tocsin:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.faults:
            document["errors"] = [
                {"event": fault.event, "id": fault.id, "field": fault.field, "message": fault.message}
                for fault in self.faults[:MOST_ERRORS]
            ]
            document["omitted"] = max(0, len(self.faults) - MOST_ERRORS)
        return json.dumps(document, ensure_ascii=False)


def malformed(detail: str) -> Problem:
    """The body is not the JSON that was asked for."""
    return Problem(400, "malformed-body", "The body cannot be read", detail)


def invalid(faults: Sequence[Fault]) -> Problem:
    """The body was read, and some of its fields are wrong; nothing of it was taken."""
    return Problem(
        400, "invalid-fields", "Some fields are wrong", "Nothing was taken; `errors` names every wrong field.", faults
    )


def unauthenticated() -> Problem:
    """No key, or nobody's."""
    return Problem(
        401,
        "no-valid-key",
        "A valid API key is needed",
        "Send it as `Authorization: Bearer <key>` or `X-Api-Key: <key>`.",
        headers={"WWW-Authenticate": 'Bearer realm="tocsin"'},
    )


def forbidden(detail: str, faults: Sequence[Fault] = ()) -> Problem:
    """The key is good, for something else."""
    return Problem(403, "not-allowed", "This key may not do that", detail, faults)


def not_through_the_front() -> Problem:
    """It came to the API's own address, which nobody is told."""
    return Problem(403, "not-allowed", "This is not the way in", "Call the address you were given.")


def not_found(detail: str) -> Problem:
    """There is nothing here, or nothing that this caller may know of."""
    return Problem(404, "not-found", "There is nothing here", detail)


def method_not_allowed(allowed: Sequence[str]) -> Problem:
    """The path exists and does not take this method."""
    methods = ", ".join(allowed)
    return Problem(
        405,
        "method-not-allowed",
        "This path does not take that method",
        f"It takes {methods}.",
        headers={"Allow": methods},
    )


def conflict(detail: str) -> Problem:
    """It was understood and cannot be done as things stand."""
    return Problem(409, "conflict", "This cannot be done as things stand", detail)


def too_large(detail: str) -> Problem:
    """More bytes than the door takes."""
    return Problem(413, "too-large", "This is too large", detail)


def unsupported(detail: str) -> Problem:
    """A content type, charset or coding that the door does not read."""
    return Problem(415, "unsupported-media-type", "This content type is not understood", detail)


def unavailable() -> Problem:
    """Something behind the door cannot be reached; repeating is safe."""
    return Problem(
        503,
        "unavailable",
        "Try again in a moment",
        "Something could not be reached. Repeating the same request is safe.",
        headers={"Retry-After": "5"},
    )


def unexpected() -> Problem:
    """A fault of ours; the log has it under the request's id."""
    return Problem(
        500,
        "unexpected",
        "Something went wrong here",
        "The fault is ours and was recorded. Repeating the same request is safe.",
    )
