"""The API behind CloudFront: only what came through the firewall is answered (ADR 79)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.application import problem
from shared.application.http_answer import HttpAnswer, problem_answer
from shared.ports import UnavailableError

SHOWN_IN: Final = "tocsin-front"
"""The header in which CloudFront shows the key that nobody else knows; in lower case, as the gateway hands it over."""


@dataclass(frozen=True)
class FrontDoor:
    """What a function of the API does before anything else.

    Attributes:
        keys: those that are taken; None on a stage without CloudFront, where everybody comes straight to the API.
        host: the name that browsers know the API by. CloudFront has to call it by another one.
    """

    keys: Callable[[], Sequence[str]] | None
    host: str = ""

    def answer(self, event: Mapping[str, Any], work: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
        """What `work` answers to API Gateway's event; 403 to whoever went round the front, 503 while nobody can say."""
        if self.keys is None:
            return work(dict(event))
        headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
        shown = str(headers.pop(SHOWN_IN, ""))
        request_id = str((event.get("requestContext") or {}).get("requestId", ""))
        try:
            taken = [hmac.compare_digest(key.encode(), shown.encode()) for key in self.keys()]
        except UnavailableError:
            return _sent(problem_answer(problem.unavailable(), request_id))
        if not any(taken):
            return _sent(problem_answer(problem.not_through_the_front(), request_id))
        return work({**event, "headers": {**headers, "host": self.host}})


def _sent(answer: HttpAnswer) -> dict[str, Any]:
    """An answer as API Gateway takes it from a function."""
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": answer.content_type, **answer.all_headers},
        "body": answer.body,
        "isBase64Encoded": False,
    }
