"""What goes back through an HTTP door, and how everything that goes wrong becomes a problem document."""

import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shared.application import problem
from shared.application.problem import MEDIA_TYPE, Problem
from shared.ports import UnavailableError as UnavailableError  # noqa: PLC0414 - functions import no ports

ROUTES: Mapping[str, tuple[str, ...]] = {
    "/v1/events": ("POST",),
    "/v1/incidents/{id}": ("GET", "HEAD"),
    "/v1/incidents/{id}/{verb}": ("POST",),
    "/v1/incidents/{id}/attachments": ("POST",),
    "/v1/incidents/{id}/attachments/{sha256}": ("POST",),
    "/v1/incidents/{id}/statements/{rung}/{revision}": ("GET", "HEAD"),
    "/v1/crises": ("GET", "HEAD"),
    "/v1/drills": ("POST",),
    "/v1/drills/{id}": ("GET", "HEAD"),
    "/v1/openapi.json": ("GET", "HEAD"),
    "/l/{token}": ("GET", "HEAD", "POST"),
}
"""Every path and the methods it takes."""

_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PATHS = {
    re.compile(re.sub(r"\{\w+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}"))): methods
    for path, methods in ROUTES.items()
}


@dataclass(frozen=True)
class HttpAnswer:
    """Status, content type, body and headers, whatever carries them."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        """Those every answer has, and its own."""
        return {**_ALWAYS, **self.headers}


def guarded(request_id: str, work: Callable[[], HttpAnswer], report: Callable[[str], None]) -> HttpAnswer:
    """The answer of `work`, or the problem that came up.

    Args:
        request_id: named in every problem, for the operators.
        work: what the route does.
        report: told of a fault of ours: its type and place, and never its message, which may quote content (I12).
    """
    try:
        return work()
    except Problem as found:
        return problem_answer(found, request_id)
    except UnavailableError as error:
        report(f"unavailable: {where(error)}")
        return problem_answer(problem.unavailable(), request_id)
    except Exception as error:  # noqa: BLE001 - the door answers whatever happens behind it
        report(f"{type(error).__name__}: {where(error)}")
        return problem_answer(problem.unexpected(), request_id)


def problem_answer(found: Problem, request_id: str) -> HttpAnswer:
    """A problem as it goes over the wire."""
    return HttpAnswer(found.status, found.body(request_id), MEDIA_TYPE, found.headers)


def unrouted(method: str, path: str, request_id: str) -> HttpAnswer:
    """The answer where no route fits: 404, 405, or what an OPTIONS asks."""
    methods = next((methods for pattern, methods in _PATHS.items() if pattern.fullmatch(path)), None)
    if methods is None or method in methods:  # a name in the path that can be nothing's
        return problem_answer(problem.not_found("There is no such path."), request_id)
    if method == "OPTIONS":
        return HttpAnswer(204, headers={"Allow": ", ".join((*methods, "OPTIONS"))})
    return problem_answer(problem.method_not_allowed(methods), request_id)


def where(error: BaseException) -> str:
    """File, line and function of each step to an error, without what was in them."""
    return " > ".join(
        f"{step.filename}:{step.lineno} {step.name}" for step in traceback.extract_tb(error.__traceback__)
    )
