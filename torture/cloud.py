"""The whole of a stage in one process: store, queues, streams, ticks, functions, carriers and people, on one seed."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import Any

from shared.adapters import policy_yaml
from shared.adapters.dynamo_keys import BORN_SOON, Tables
from shared.adapters.policy_store import DynamoPolicies
from shared.domain.instants import MINUTE, SECOND
from shared.domain.policy import Policy
from shared.settings import Settings
from torture.aws.dynamodb import VirtualDynamoDB
from torture.aws.outside import VirtualSecrets
from torture.aws.queues import Received, VirtualQueue, VirtualSQS
from torture.aws.s3 import BucketShape, VirtualS3
from torture.aws.shapes import tocsin_tables
from torture.carriers import Carriers, Taken
from torture.clockwork import BEGIN, Clockwork
from torture.faults import NONE, Faults, drawn
from torture.lambdas import Lambdas, SkewedClock
from torture.people import LINK_BASE, Doors, People
from torture.scheduler import Scheduler
from torture.story import KEYS, PLAYED, Telling
from torture.streams import Following, Stream
from torture.watch import NEW_WORDS, Watch
from torture.wire import Wire

TABLES = Tables("incidents", "timers", "outbox", "timeline")
SITE, EVIDENCE = "site", "evidence"
SETTINGS = Settings(
    stage="torture",
    policy="torture",
    incidents_table=TABLES.incidents,
    timers_table=TABLES.timers,
    outbox_table=TABLES.outbox,
    timeline_table=TABLES.timeline,
    events_queue_url="events",
    timers_queue_url="timers",
    messages_queue_url="messages",
    errands_queue_url="errands",
    api_keys_secret_arn="keys",  # noqa: S106 - a name
    webhook_secret_arn="webhook",  # noqa: S106 - a name
    operations_topic_arn="operations",
    link_base_url=LINK_BASE,
    email_from="tocsin@example.com",
    sms_sender="Tocsin",
    site_bucket=SITE,
    site_url="https://site.example",
    evidence_bucket=EVIDENCE,
)
WORK = {
    "events": ("intake", 90, 10),
    "timers": ("fire_timer", 60, 10),
    "messages": ("send_message", 90, 10),
    "errands": ("run_errands", 180, 1),
}
"""A queue's function, its visibility timeout in seconds and the most of a batch, as infra/service.py sets them."""
FOLLOWED = {
    TABLES.timers: Following("arm_timers", marked=BORN_SOON),
    TABLES.outbox: Following("relay_outbox"),
    TABLES.timeline: Following("seal_heads", 60 * SECOND, None),
}
"""Who follows the inserts of a table, as infra/functions.py says."""
LISTENED = 10
"""Of so many seeds one has its log lines read (I12)."""
CALMS_DOWN = BEGIN + PLAYED
"""From here on nothing new goes wrong."""
REDRIVEN = (CALMS_DOWN + 3 * MINUTE, CALMS_DOWN + 9 * MINUTE, CALMS_DOWN + 14 * MINUTE)
"""Operations send back what queues gave up on, as the runbook says."""
ENDS = CALMS_DOWN + 22 * MINUTE


class Cloud:
    """One virtual stage of one seed.

    Args:
        seed: everything that happens follows from it.
        policy: the policy of the stage, to be served under its name.
    """

    def __init__(self, seed: int, policy: Policy) -> None:
        self.seed = seed
        self.clock = clock = Clockwork(seed)
        self.drawn = drawn(clock.rng)
        self.watch = Watch(clock, TABLES, off=round(2 * self.drawn.clocks) + 20)
        self.store = VirtualDynamoDB(tocsin_tables(TABLES), lambda: clock.now)
        self.store.on_change = self._changed
        self.store.index_lag = self._lag if self.drawn.lag else None
        self.s3 = VirtualS3({SITE: BucketShape(), EVIDENCE: BucketShape(locked_days=30)}, lambda: clock.now)
        self.queues = {url: VirtualQueue(WORK[url][1] * SECOND) for url in WORK}
        for queue in self.queues.values():
            queue.late = self._late
        self.carriers = Carriers(clock, self.faults, self._arrived, self._receipt, self.watch.taken)
        services = {
            "dynamodb": self.store,
            "sqs": VirtualSQS(self.queues, lambda: clock.now),
            "s3": self.s3,
            "secrets": VirtualSecrets({"keys": _keys(policy), "webhook": "{}"}),
            "sns": self.carriers,
            "ses": self.carriers,
        }
        self.wire = Wire(clock, self.faults, services, self._pump, self.watch.settled)
        self.lambdas = Lambdas(clock, self.faults, self.wire, SETTINGS, listens=seed % LISTENED == 0)
        self.streams = {
            table: Stream(clock, self.faults, self.lambdas, following) for table, following in FOLLOWED.items()
        }
        self.doors = Doors(clock, self.lambdas)
        self.doors.keys = {name: f"key-{name}" for name in policy.people}
        self.people = People(clock, self.doors, policy, clock.rng.choice((0.15, 0.5, 0.85)))
        self.telling = Telling(clock, self.doors, self._put)
        self._planned: dict[str, int] = {}

    def faults(self) -> Faults:
        """What may go wrong now."""
        return self.drawn if self.clock.now < CALMS_DOWN else NONE

    def run(self) -> None:
        """Let it all happen."""
        ticks = Scheduler(self.clock, self.faults, self.lambdas)
        ticks.every(1, "sweep_timers")
        ticks.every(5, "audit")
        self.wire.plan_outages(BEGIN, CALMS_DOWN)
        self.telling.begin()
        if self.clock.chance(_NEW_RULES):
            self.clock.at(BEGIN + self.clock.rng.randrange(PLAYED), self._push_policy)
        for _ in range(_SLIPS):
            self.clock.at(BEGIN + self.clock.rng.randrange(PLAYED - 2 * MINUTE), self._erase)
        for at in REDRIVEN:
            self.clock.at(at, self._redrive)
        self.clock.run(ENDS)

    def _lag(self) -> int:
        return round(self.faults().lag * self.clock.rng.random())

    def _late(self) -> int:
        return self.clock.rng.randrange(_LATEST) if self.clock.chance(self.faults().shuffled) else 0

    def _changed(self, table: str, event: str, keys: Any, old: Any, new: Any) -> None:
        self.watch.changed(table, event, keys, old, new)
        if event == "INSERT" and table in self.streams:
            self.streams[table].inserted(keys, new)
        if table == TABLES.timers and event == "INSERT" and "#incident#" in keys["SK"]["S"]:
            self.people.next_steps = [*self.people.next_steps[-8:], int(keys["SK"]["S"][:15])]

    def _arrived(self, taken: Taken) -> None:
        self.people.hear(taken)

    def _receipt(self, what: str, taken: Taken) -> None:
        detail: dict[str, Any] = {"mail": {"messageId": taken.message_id, "tags": {_TAG: [taken.reference]}}}
        if what == "Email Bounced":
            detail["bounce"] = {"bounceType": "Permanent", "bounceSubType": "General"}
        event = {"source": "aws.ses", "detail-type": what, "detail": detail}
        self._tell_receipt(event, 5)

    def _tell_receipt(self, event: dict[str, Any], tries: int) -> None:
        """EventBridge tries again for a day; so often is enough here."""

        def ended(succeeded: bool, _: object) -> None:  # noqa: FBT001 - a callback
            if not succeeded and tries:
                self.clock.after(self.clock.rng.randrange(MINUTE), lambda: self._tell_receipt(event, tries - 1))

        if self.lambdas.free("record_delivery"):
            self.lambdas.invoke("record_delivery", event, ended)
        else:
            self.clock.after(SECOND, lambda: self._tell_receipt(event, tries))

    def _put(self, body: str) -> None:
        self.queues["events"].put(body, self.clock.now)
        self._pump()

    def _pump(self) -> None:
        """Have each queue looked at when something in it is ready."""
        for url, queue in self.queues.items():
            due = queue.next_at()
            if due is not None and self._planned.get(url, 1 << 62) > max(due, self.clock.now):
                self._plan(url, max(due, self.clock.now))

    def _plan(self, url: str, at: int) -> None:
        at += self.clock.rng.randrange(1, 40)
        self._planned[url] = at
        self.clock.at(at, partial(self._poll, url, at))

    def _poll(self, url: str, planned: int) -> None:
        if self._planned.get(url) != planned:
            return  # another look was planned for an earlier instant meanwhile
        del self._planned[url]
        function, _, most = WORK[url]
        clock, queue = self.clock, self.queues[url]
        while self.lambdas.free(function):
            batch = queue.take(clock.now, clock.rng, clock.rng.randrange(1, most + 1))
            if not batch:
                break
            self._invoke(url, function, batch)
        due = queue.next_at()
        if due is not None:
            self._plan(url, max(due, clock.now + 20))

    def _invoke(self, url: str, function: str, batch: list[Received]) -> None:
        clock, faults = self.clock, self.faults()
        for each in batch:
            if clock.chance(faults.doubled):
                self.queues[url].duplicate(each, clock.now + clock.rng.randrange(2 * MINUTE))
        records = [
            {
                "messageId": each.message_id,
                "receiptHandle": each.receipt,
                "body": each.body,
                "attributes": {"ApproximateReceiveCount": str(each.receives), "SentTimestamp": str(each.sent_at)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-central-1:000000000000:{url}",
                "awsRegion": "eu-central-1",
            }
            for each in batch
        ]
        self.lambdas.invoke(function, {"Records": records}, partial(self._polled, url, batch))

    def _polled(self, url: str, batch: list[Received], succeeded: bool, answer: Any) -> None:  # noqa: FBT001 - a callback
        if succeeded:
            failed = {each["itemIdentifier"] for each in (answer or {}).get("batchItemFailures", ())}
            for each in batch:
                if each.message_id not in failed and not self.clock.chance(self.faults().partial):
                    self.queues[url].delete(each.receipt)
        self._pump()

    def _push_policy(self) -> None:
        """Operations change the rules: incidents that are open go on under their own (I10)."""
        text = (
            policy_yaml.read_text("torture")[1]
            .replace("respond: 12m", "respond: 9m")
            .replace("window: 4m", "window: 2m")
            .replace("Ordinary", NEW_WORDS["Ordinary"])
            .replace("一般", NEW_WORDS["一般"])
        )
        policies = DynamoPolicies(self.wire.dynamodb, TABLES, SkewedClock(self.clock, 0), shipped="torture")
        self.watch.new_rules = policies.push(text)
        self.clock.tell("operations", f"push {self.watch.new_rules}")

    def _erase(self) -> None:
        """A timer of an incident that is due soon is gone: the audit finds the incident by its own next step (I3)."""
        if not self.clock.chance(self.faults().erased):
            return
        soon = self.clock.now + _ERASED_WITHIN
        rows = [row for row in self.store.rows(TABLES.timers) if "#incident#" in row["SK"]["S"]]
        rows = [row for row in rows if int(row["SK"]["S"][:15]) < soon]
        if rows:
            key = {name: self.clock.rng.choice(rows)[name] for name in ("PK", "SK")}
            self.store.delete_item(TableName=TABLES.timers, Key=key)
            self.clock.tell("operations", f"erase the timer {key['SK']['S']}")

    def _redrive(self) -> None:
        for url, queue in self.queues.items():
            for letter in queue.dead:
                self.clock.tell("operations", f"send a dead letter of {url} back")
                queue.put(letter.body, self.clock.now)
            queue.dead.clear()
        self._pump()


_NEW_RULES = 0.4
_LATEST = 90 * SECOND
_SLIPS = 3
_ERASED_WITHIN = 10 * MINUTE
_TAG = "tocsin_reference"


def _keys(policy: Policy) -> str:
    def entry(key: str, **whose: str) -> dict[str, str]:
        return {"name": f"of {next(iter(whose.values()))}", "sha256": hashlib.sha256(key.encode()).hexdigest(), **whose}

    people = [entry(f"key-{name}", person=name) for name in policy.people]
    return json.dumps({"keys": people + [entry(key, source=source) for source, key in KEYS.items()]})
