"""Events a second through the deployed stack until their incidents are there, beside a bare queue and put."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from bench.bare_path import deploy, queue_arn
from bench.deployed import Deployed, deployed, now, wait_for
from bench.figures import Figure, Section
from shared.domain.instants import MINUTE

_EVENTS: Final = 300
_WARM_UP: Final = 60
_AT_ONCE: Final = 100
_CALLERS: Final = 4
_BATCH: Final = 10
_READS_AT_ONCE: Final = 100
_PAUSE: Final = 0.1
"""Seconds between two looks whether all is done: how exact the rates are."""

_ABOUT: Final = """
{events} complaints, each with its page to the first rung sent meanwhile: over HTTP in requests of {at_once} from
{callers} callers at a time, and straight onto the events queue in batches of ten. The clock stops when the last
incident can be read. An incident is one transaction of some seven items. The baseline is the least that the same
emulator does with as many messages in the same run: a queue, a function, one PutItem each.
""".strip()


def measure(say: Callable[[str], None]) -> Section:
    """On a stack of its own; about a minute and a half."""
    with deployed(say) as product:
        _post(product, _complaints(product, "WARM", _WARM_UP))
        product.wait_until_idle()
        by_http = _rate(product, "HTTP", _post)
        say(f"{by_http:.0f} events a second over HTTP")
        product.wait_until_idle()
        by_queue = _rate(product, "QUEUE", _enqueue)
        say(f"{by_queue:.0f} events a second over the queue")
        product.wait_until_idle()
        bare = _bare(product)
        say(f"{bare:.0f} messages a second through a bare queue and put")
    return Section(
        name="intake",
        title="Intake",
        about=_ABOUT.format(events=_EVENTS, at_once=_AT_ONCE, callers=_CALLERS),
        figures=(
            Figure(name="over HTTP", value=round(by_http, 1), unit="events/s", baseline=round(bare, 1)),
            Figure(name="over the queue", value=round(by_queue, 1), unit="events/s", baseline=round(bare, 1)),
        ),
    )


def _complaints(product: Deployed, name: str, count: int) -> list[dict[str, Any]]:
    due = now() + 10 * MINUTE
    return [product.complaint(f"{name}-{n:04}", due) for n in range(count)]


def _rate(product: Deployed, name: str, send: Callable[[Deployed, Sequence[dict[str, Any]]], None]) -> float:
    events = _complaints(product, name, _EVENTS)
    incidents = product.ids(events)
    started = time.monotonic()
    send(product, events)
    wait_for(lambda: product.all_there(incidents), "the incidents", _PAUSE)
    return len(events) / (time.monotonic() - started)


def _post(product: Deployed, events: Sequence[dict[str, Any]]) -> None:
    requests = [events[first : first + _AT_ONCE] for first in range(0, len(events), _AT_ONCE)]
    with ThreadPoolExecutor(_CALLERS) as callers:
        list(callers.map(product.post, requests))


def _enqueue(product: Deployed, events: Sequence[dict[str, Any]]) -> None:
    _fill(product.stack.client("sqs"), product.stack.outputs["EventsQueueUrl"], [json.dumps(event) for event in events])


def _fill(sqs: Any, url: str, bodies: Sequence[str]) -> None:
    def send(first: int) -> None:
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[first : first + _BATCH])]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)

    with ThreadPoolExecutor(_CALLERS) as callers:
        list(callers.map(send, range(0, len(bodies), _BATCH)))


def _bare(product: Deployed) -> float:
    stack = product.stack
    dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")
    dynamodb.create_table(
        TableName="bare-intake",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    url = sqs.create_queue(QueueName="bare-intake")["QueueUrl"]
    deploy(stack, "put", {"TABLE": "bare-intake"}, queue_arn(sqs, url), BatchSize=_BATCH)

    def run(name: str, in_all: int) -> float:
        names = [f"{name}-{n:04}" for n in range(_EVENTS)]
        started = time.monotonic()
        _fill(sqs, url, [json.dumps({"name": name, "due": 0}) for name in names])
        wait_for(lambda: _there(dynamodb, names, in_all), "the bare items", _PAUSE)
        return _EVENTS / (time.monotonic() - started)

    run("WARM", _EVENTS)
    return run("BARE", 2 * _EVENTS)


def _there(dynamodb: Any, names: Sequence[str], in_all: int) -> bool | None:
    keys = [{"PK": {"S": name}} for name in names[-_READS_AT_ONCE:]]
    answer = dynamodb.batch_get_item(RequestItems={"bare-intake": {"Keys": keys, "ConsistentRead": True}})
    if len(answer["Responses"]["bare-intake"]) < len(keys):
        return None
    return dynamodb.scan(TableName="bare-intake", Select="COUNT", ConsistentRead=True)["Count"] == in_all or None
