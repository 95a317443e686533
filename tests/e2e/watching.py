"""Wait for what the carrier of the local stack was given, and read it as its reader would."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from cli.local_stack.stack import LocalStack

LINK = re.compile(r"https?://\S+/l/[\w-]{11}\b")
_T = TypeVar("_T")


def complaint(subject: str, *, source: str = "crm/hotline", event_id: str = "", **data: Any) -> dict[str, Any]:
    """A complaint that happened just now."""
    return event(
        "complaint.received", subject, source=source, event_id=event_id, summary="水壶漏水", channel="hotline", **data
    )


def event(kind: str, subject: str, *, source: str = "crm/hotline", event_id: str = "", **data: Any) -> dict[str, Any]:
    """An event that happened just now."""
    return {
        "specversion": "1.0",
        "id": event_id or f"{subject}-{kind}-{time.time_ns()}",
        "source": source,
        "type": kind,
        "subject": subject,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": data,
    }


def post(stack: LocalStack, *events: dict[str, Any]) -> list[str]:
    """Post events over HTTP; the ids of their incidents."""
    with _api(stack) as api:
        answer = api.post("/v1/events", json=list(events))
    assert answer.status_code == 202, answer.text
    return [taken["incident"] for taken in answer.json()]


def incident(stack: LocalStack, incident_id: str) -> dict[str, Any]:
    """What the API says of an incident; empty while it says nothing."""
    with _api(stack) as api:
        answer = api.get(f"/v1/incidents/{incident_id}")
    return dict(answer.json()) if answer.status_code == 200 else {}


def _api(stack: LocalStack) -> httpx.Client:
    """Patient: many cold starts at once take their time on two cores."""
    return stack.http(base_url=stack.api_url, headers={"authorization": f"Bearer {stack.api_key}"}, timeout=60)


def texts(stack: LocalStack, about: str, phone: str | None = None) -> list[str]:
    """The text messages about a case, oldest first for each number."""
    return [sms["Message"] for sms in stack.carrier_sms(phone) if about in sms["Message"]]


def mails(stack: LocalStack, about: str) -> list[dict[str, Any]]:
    """The e-mails about a case."""
    return [mail for mail in stack.carrier_emails() if about in str(mail)]


def eventually(what: Callable[[], _T], *, within: float = 60, until: Callable[[_T], bool] = bool) -> _T:
    """The first answer that will do; fails with the last one when none came in time (seconds)."""
    end = time.monotonic() + within
    while True:
        found = what()
        if until(found):
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s; last seen: {found!r}")
        time.sleep(0.1)  # between two looks at a process of its own: there is nothing to wait on


def link_in(text: str) -> str:
    """The link as it stands in a message."""
    found = LINK.search(text)
    assert found, text
    return found.group()
