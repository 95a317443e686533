"""The deployed functions in one process, over the real adapters and boto3 clients, on a clock that only moves forward.

What AWS does between them is done here: queues with their delays, streams of new rows, receipts of carriers. Each
record is an invocation of its own, so that nothing is shared with other incidents. moto answers instead of AWS.
"""

from __future__ import annotations

import base64
import gzip
import heapq
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, cast
from unittest.mock import patch

import boto3
from moto import mock_aws

from bench.billing import Index, Item
from bench.meter import Meter
from shared import bootstrap
from shared.adapters import dynamo_keys
from shared.adapters.api_keys import new_key
from shared.application.timer_body import read_timer, timer_body
from shared.domain.instants import MINUTE, SECOND, format_instant
from shared.domain.policy import Policy
from shared.domain.timer import timer_from
from shared.settings import Settings
from tests.contract import tables

REGION: Final = "eu-central-1"
SOURCE: Final = "crm/hotline"
_ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": REGION,
    "POWERTOOLS_METRICS_NAMESPACE": "Tocsin",
    "POWERTOOLS_SERVICE_NAME": "tocsin",
    "POWERTOOLS_TRACE_DISABLED": "1",
}
_NAMES: Final = ("events", "timers", "messages", "errands")
_CONSUMERS: Final = {
    "events": "intake",
    "timers": "fire_timer",
    "messages": "send_message",
    "errands": "run_errands",
}
_FOLLOWERS: Final = {"timers": "arm_timers", "outbox": "relay_outbox", "timeline": "seal_heads"}


class Clock:
    """`ports.Time` that is told what time it is."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        """Milliseconds UTC."""
        return self._now

    def wait_until(self, instant: int) -> None:
        """Time passes."""
        self._now = max(self._now, instant)


class Clients:
    """`aws.Clients` over moto, each of them counted."""

    def __init__(self, follow: Callable[[Any], Any]) -> None:
        self._follow = follow

    @cached_property
    def _made(self) -> Mapping[str, Any]:
        names = ("dynamodb", "sqs", "s3", "secretsmanager", "sns", "sesv2")
        return {name: self._follow(boto3.client(name, region_name=REGION)) for name in names}  # type: ignore[call-overload]

    def dynamodb(self) -> Any:
        return self._made["dynamodb"]

    def sqs(self) -> Any:
        return self._made["sqs"]

    def s3(self) -> Any:
        return self._made["s3"]

    def secrets(self) -> Any:
        return self._made["secretsmanager"]

    def sns(self) -> Any:
        return self._made["sns"]

    def sns_once(self) -> Any:
        return self._made["sns"]

    def ses_once(self) -> Any:
        return self._made["sesv2"]


class _Partner:
    """Whoever takes a webhook: nothing leaves this process."""

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:  # noqa: ARG002
        return reference


class AssemblyLine:
    """A stage at work.

    Attributes:
        meter: what it used so far.
        texts: the text messages its carrier took: number and text, the newest last.
        logs: the lines that each invocation logged, with its function's name.
    """

    def __init__(self, stage: Settings, clock: Clock, urls: Mapping[str, str], keys: Mapping[str, str]) -> None:
        self.clock = clock
        self.texts: list[tuple[str, str]] = []
        self.logs: list[tuple[str, tuple[str, ...]]] = []
        self._keys = keys
        self._queue_of = {url: name for name, url in urls.items()}
        self._beside = boto3.client("dynamodb", region_name=REGION)
        self._waiting: list[tuple[int, int, str, dict[str, Any]]] = []
        self._turns = 0
        self._tags: list[dict[str, str]] = []
        self.meter = Meter(self._peek, _indexes(), self._written)
        clients = Clients(self._follow)
        world = bootstrap.world_of(stage, clients, clock)
        self.world = replace(world, carriers={**world.carriers, "webhook": _Partner()})
        clients.sqs().meta.events.register("provide-client-params.sqs.SendMessageBatch", self._sent)
        clients.sns().meta.events.register("provide-client-params.sns.Publish", self._texted)
        clients.sns().meta.events.register("after-call.sns.Publish", self._sms_taken)
        clients.ses_once().meta.events.register("provide-client-params.sesv2.SendEmail", self._mailed)
        clients.ses_once().meta.events.register("after-call.sesv2.SendEmail", self._mail_taken)

    @property
    def policy(self) -> Policy:
        return self.world.policies.current()[1]

    def post(self, kind: str, subject: str, event_id: str, **data: Any) -> None:
        """An event of the intake system, over HTTP."""
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": SOURCE,
            "type": kind,
            "subject": subject,
            "time": format_instant(self.clock.now()),
            "data": data,
        }
        self._http("intake_api", "POST", "/v1/events", json.dumps(event, ensure_ascii=False), key="crm")

    def say(self, person: str, incident: str, verb: str, **said: Any) -> None:
        """What a person does over the API."""
        body = json.dumps(said, ensure_ascii=False)
        self._http("respond", "POST", f"/v1/incidents/{incident}/{verb}", body, key=person)

    def use_link(self, verb: str, **form: str) -> None:
        """Open the newest link, and press one of its buttons."""
        path = "/l/" + self.texts[-1][1].split("/l/")[1][:11]
        self._http("respond", "GET", path)
        said = "&".join(f"{name}={text}" for name, text in {"verb": verb, **form}.items())
        self._http("respond", "POST", path, said, content_type="application/x-www-form-urlencoded")

    def run(self, until: int) -> None:
        """Let everything happen that is due by an instant, timers too; each is swept up in time, as by the clock."""
        while True:
            self._sweep()
            if not self._waiting or self._waiting[0][0] > until:
                break
            at, _, function, event = heapq.heappop(self._waiting)
            if function == "fire_timer" and not self._pending(event):
                continue  # it moved before any sweep would have handed it over
            self.clock.wait_until(at)
            self._invoke(function, event)
        self.clock.wait_until(until)

    def _sweep(self) -> None:
        """What the sweep would hand over: the incidents' timers, at their time; the sweep itself goes by the clock."""
        waiting = {json.dumps(event, sort_keys=True) for _, _, name, event in self._waiting if name == "fire_timer"}
        for item in self._beside.scan(TableName="timers", ConsistentRead=True)["Items"]:
            timer = timer_from(item["PK"]["S"], item["SK"]["S"])
            event = _sqs(timer_body(timer, timer.due)[0])
            if json.dumps(event, sort_keys=True) not in waiting:
                self._later(max(timer.due, self.clock.now()), "fire_timer", event)

    def _pending(self, event: dict[str, Any]) -> bool:
        timer = read_timer(event["Records"][0]["body"])
        return bool(self._peek("timers", dynamo_keys.timer(timer)))

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        module = import_module(f"functions.{function}.handler")
        self.meter.function = function
        self.meter.bill.invocations[function] += 1
        log = io.StringIO()
        module.logger.registered_handler.setStream(log)
        with redirect_stdout(log), patch.object(bootstrap, "world", lambda: self.world):
            answer = module.handler(json.loads(json.dumps(event)), _context(function))
        self.meter.bill.log_bytes += len(log.getvalue().encode())
        self.logs.append((function, tuple(log.getvalue().splitlines())))
        self.meter.function = ""
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise RuntimeError(f"{function} failed: {log.getvalue()}")
        return answer

    def _http(
        self,
        function: str,
        method: str,
        path: str,
        body: str = "",
        *,
        key: str = "",
        content_type: str = "application/json",
    ) -> None:
        answer = self._invoke(function, _request(method, path, body, self._keys.get(key, ""), content_type))
        if answer["statusCode"] >= 300:  # noqa: PLR2004 - whatever is no success
            raise RuntimeError(f"{method} {path}: {answer['statusCode']} {answer['body']}")

    def _later(self, at: int, function: str, event: dict[str, Any]) -> None:
        self._turns += 1
        heapq.heappush(self._waiting, (at, self._turns, function, event))

    def _follow(self, client: Any) -> Any:
        return self.meter.follow(client)

    def _peek(self, table: str, key: Item) -> Item:
        found = self._beside.get_item(TableName=table, Key=key, ConsistentRead=True)
        return cast("Item", found.get("Item", {}))

    def _written(self, table: str, before: Item, after: Item) -> None:
        """A new row goes to whoever follows the stream of its table; lines are gathered for a minute."""
        function = _FOLLOWERS.get(table)
        if function is None or before or not after:
            return
        keys = {name: after[name] for name in ("PK", "SK")}
        record = {
            "eventName": "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {"Keys": keys, "NewImage": after},
        }
        if function == "arm_timers" and not _is_followed(after):
            return
        now = self.clock.now()
        if function == "seal_heads":
            gathered = [event for _, _, name, event in self._waiting if name == function]
            if gathered:
                gathered[0]["Records"].append(record)
            else:
                self._later(now + MINUTE, function, {"Records": [record]})
            return
        batch = [event for at, _, name, event in self._waiting if name == function and at == now]
        if batch:  # of one transaction
            batch[0]["Records"].append(record)
        else:
            self._later(now, function, {"Records": [record]})

    def _sent(self, params: dict[str, Any], **_: Any) -> None:
        consumer = _CONSUMERS[self._queue_of[params["QueueUrl"]]]
        for entry in params["Entries"]:
            delay = entry.get("DelaySeconds", 0) * SECOND
            if consumer != "fire_timer":  # those are waited for in `run`
                self._later(self.clock.now() + delay, consumer, _sqs(entry["MessageBody"]))

    def _texted(self, params: dict[str, Any], **_: Any) -> None:
        if "PhoneNumber" in params:
            self.texts.append((params["PhoneNumber"], params["Message"]))

    def _sms_taken(self, parsed: dict[str, Any], **_: Any) -> None:
        entry = {"status": "SUCCESS", "notification": {"messageId": parsed["MessageId"]}}
        log = json.dumps({"logEvents": [{"message": json.dumps(entry)}]}).encode()
        data = base64.b64encode(gzip.compress(log)).decode()
        self._later(self.clock.now() + 5 * SECOND, "record_delivery", {"awslogs": {"data": data}})

    def _mailed(self, params: dict[str, Any], **_: Any) -> None:
        self._tags = params["EmailTags"]

    def _mail_taken(self, parsed: dict[str, Any], **_: Any) -> None:
        tags = {tag["Name"]: [tag["Value"]] for tag in self._tags}
        mail = {"messageId": parsed["MessageId"], "tags": tags}
        event = {"source": "aws.ses", "detail-type": "Email Delivered", "detail": {"mail": mail}}
        self._later(self.clock.now() + 5 * SECOND, "record_delivery", event)


@contextmanager
def assembly_line(start: int, *, people: tuple[str, ...] = ()) -> Iterator[AssemblyLine]:
    """A stage of its own, empty, at an instant; with API keys for the intake system and these people."""
    with mock_aws(), patch.dict(os.environ, _ENVIRONMENT):
        dynamodb = boto3.client("dynamodb", region_name=REGION)
        tables.create(dynamodb)
        sqs = boto3.client("sqs", region_name=REGION)
        urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in _NAMES}
        boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity="pager@tocsin.example")
        topic = boto3.client("sns", region_name=REGION).create_topic(Name="operations")["TopicArn"]
        s3 = boto3.client("s3", region_name=REGION)
        for bucket in ("evidence", "site"):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        secrets = boto3.client("secretsmanager", region_name=REGION)
        made = {name: new_key() for name in ("crm", *people)}
        holders = [
            {"name": name, "sha256": kept, **({"source": "crm"} if name == "crm" else {"person": name})}
            for name, (_, kept) in made.items()
        ]
        keys = secrets.create_secret(Name="api-keys", SecretString=json.dumps({"keys": holders}))["ARN"]
        webhook = secrets.create_secret(Name="webhook", SecretString="none")["ARN"]
        stage = Settings(
            stage="bench",
            incidents_table="incidents",
            timers_table="timers",
            outbox_table="outbox",
            timeline_table="timeline",
            **{f"{name}_queue_url": url for name, url in urls.items()},  # type: ignore[arg-type]
            api_keys_secret_arn=keys,
            webhook_secret_arn=webhook,
            operations_topic_arn=topic,
            link_base_url="https://t.example/l",
            email_from="pager@tocsin.example",
            email_configuration_set="tocsin",
            sms_sender="Tocsin",
            site_bucket="site",
            site_url="https://status.example",
            evidence_bucket="evidence",
        )
        bootstrap.pages.cache_clear()
        yield AssemblyLine(stage, Clock(start), urls, {name: shown for name, (shown, _) in made.items()})
        bootstrap.pages.cache_clear()


def _indexes() -> dict[str, tuple[Index, ...]]:
    return {
        table: tuple((frozenset(keys), projected) for keys, projected in of.values())
        for table, of in tables.INDEXES.items()
    }


def _is_followed(timer: Item) -> bool:
    """Whether the stream's filter lets a new timer through."""
    return all(timer.get(name) == value for name, value in dynamo_keys.BORN_SOON.items())


def _sqs(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m0", "eventSource": "aws:sqs", "body": body}]}


def _context(function: str) -> SimpleNamespace:
    return SimpleNamespace(
        function_name=function,
        memory_limit_in_mb=512,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:000000000000:function:{function}",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )


def _request(method: str, path: str, body: str, key: str, content_type: str) -> dict[str, Any]:
    """As API Gateway hands it over (HTTP API, payload 2.0)."""
    host = "t.example"
    headers = {"host": host, "content-type": content_type, **({"authorization": f"Bearer {key}"} if key else {})}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {**headers, "idempotency-key": base64.b16encode(os.urandom(8)).decode()},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": host,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "request-1",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Mar/2026:00:00:00 +0000",
            "timeEpoch": 1772323200000,
        },
        "body": body,
        "isBase64Encoded": False,
    }
