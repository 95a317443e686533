"""Requests as API Gateway hands them over (HTTP API, payload 2.0), events as intake systems write them, and a world."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from shared.adapters.policy_yaml import load
from shared.application.read_event import take_body
from shared.application.take_event import Taken
from shared.domain.events import incident_id
from shared.ports import KeyHolder
from tests.fakes import FakeWorld, fake_world

NOW = "2026-03-01T00:00:00Z"
CRM_KEY, SHOP_KEY, LI_KEY, GONE_KEY = "crm-key", "shop-key", "li-key", "gone-key"
CRM = KeyHolder("crm", source="crm")
LI = KeyHolder("li", person="li.na")
INCIDENT = incident_id("crm/hotline", "A-1")

CONTEXT = SimpleNamespace(
    function_name="door",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:000000000000:function:door",
    aws_request_id="run-1",
)


def a_world() -> FakeWorld:
    world = fake_world(load("retail"))
    world.api_keys.holders = {
        CRM_KEY: CRM,
        SHOP_KEY: KeyHolder("shop", source="shop"),
        LI_KEY: LI,
        GONE_KEY: KeyHolder("gone", person="somebody.who.left"),
    }
    return world


def complaint(**changes: Any) -> dict[str, Any]:
    """A `complaint.received`; `data__x` changes a field of the data, None leaves a field out."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": "e1",
        "source": "crm/hotline",
        "type": "complaint.received",
        "time": NOW,
        "subject": "A-1",
        "data": {"summary": "The milk was sour", "channel": "hotline", "level": "ordinary"},
    }
    for name, value in changes.items():
        part, key = (event["data"], name[6:]) if name.startswith("data__") else (event, name)
        part[key] = value
        if value is None:
            del part[key]
    return event


def said(kind: str, *, id: str = "e2", **data: Any) -> dict[str, Any]:  # noqa: A002 - the attribute's name
    """Another event of the same complaint."""
    return complaint(type=f"complaint.{kind}", id=id, data=data)


def arrive(world: FakeWorld) -> list[Taken]:
    """Let the queue's consumer take what lies in the queue."""
    return [take_body(world, body) for body in world.events_queue.take()]


def open_incident(world: FakeWorld, **changes: Any) -> str:
    """Have a complaint recorded; the incident's id."""
    body = json.dumps({"surface": "http", "system": "crm", "event": complaint(**changes)})
    taken = take_body(world, body)
    assert taken.status == "accepted"
    assert taken.incident is not None
    return taken.incident


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def request(
    method: str,
    path: str,
    body: str | bytes | None = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The event of one request; bytes go base64-encoded, as the gateway sends what is not text."""
    sent = {"host": "abc123.execute-api.eu-central-1.amazonaws.com", **(headers or {})}
    if key is not None:
        sent["authorization"] = f"Bearer {key}"
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": sent,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "abc123",
            "domainName": sent["host"],
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "req-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Mar/2026:00:00:00 +0000",
            "timeEpoch": 1772323200000,
        },
        "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": isinstance(body, bytes),
    }


def call(handler: Any, event: dict[str, Any]) -> Answer:
    """Run a function as Lambda would."""
    answer = handler(json.loads(json.dumps(event)), CONTEXT)
    text = answer["body"] or ""
    if answer["isBase64Encoded"]:
        text = base64.b64decode(text).decode()
    return Answer(answer["statusCode"], answer["headers"], text)
