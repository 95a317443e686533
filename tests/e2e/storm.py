"""Complaints and a crisis come in while everything of tests/e2e/faults.py goes wrong; what there is afterwards.

What is killed, and which door an event takes, is drawn from a seed. When a kill strikes differs from run to run; the
verdict must not.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx

from cli.deployment import LOCAL, Deployment
from cli.local_stack.stack import LocalStack
from shared.adapters.dynamo_errands import DynamoErrands
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_timers import DynamoTimers
from shared.application.errand_body import errand_body
from shared.application.timer_body import timer_body
from shared.domain.message import OPEN_STATES, Message
from shared.domain.outcome import Entry
from shared.ports import Stored
from tests.e2e.faults import LosingLine, Workers, configured, delivered_again_after, waiting
from tests.e2e.watching import event, eventually

SEED: Final = 20_260_401
PLAIN: Final = tuple(f"C-KILL-{number:02}" for number in range(48))
SILENT: Final = PLAIN[::6]
"""Nobody acknowledges these before everybody who was due has been paged."""
CRISIS: Final = "C-RED"
JOINING: Final = tuple(f"C-JOINS-{number}" for number in range(8))
MATTER: Final = {"store": "kills-1", "category": "kettle kills"}
CUT: Final = {"Intake": "C-CUT-IN", "FireTimer": "C-CUT-FIRE", "SendMessage": "C-CUT-SEND"}
"""Whose answer is lost for good to which function, until its timeout ends it, or the deadline for a send."""
EVERYTHING: Final = (*CUT.values(), CRISIS, *PLAIN, *JOINING)
FIRST_STEPS: Final = 3
"""The two pages of an opening, and the warning."""

_OLD: Final = timedelta(seconds=20)
"""How old a complaint is when it comes: its warning is due 4 s later, its first response 10 s later."""
_AT_WORK: Final = Counter({"Intake": 3, "FireTimer": 2, "RelayOutbox": 2, "SendMessage": 4})
"""How often each function dies at work, at least; it is killed until it did."""
_NOW_AND_THEN: Final = ("IntakeApi", "ArmTimers", "RunErrands", "Respond", "SealHeads")
TIMEOUTS: Final = {"Intake": 8, "FireTimer": 8}
"""Seconds until these are cut off. SendMessage gives a send up before its timeout comes (I7)."""
_AGAIN: Final = {"Events": 10, "Timers": 10, "Errands": 15, "Messages": 20}
"""Seconds until a queue delivers again; a minute and more would only make the test longer."""
_PATIENCE: Final = 240
"""Seconds, for a machine that has much else to do."""
_OFTEN, _PACE, _WAVE = 0.3, 0.1, 4


class Storm:
    """What was sent, and what there is of it."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.deployment = Deployment(LOCAL, stack.outputs, stack.client, stack.http)
        client, tables = stack.client("dynamodb"), self.deployment.tables
        self.incidents = self.deployment.incidents()
        self.outbox = DynamoOutbox(lambda: client, tables)
        self.timers = DynamoTimers(lambda: client, tables)
        self.errands = DynamoErrands(lambda: client, tables)
        self.workers = Workers(stack)
        self.lines = {function: LosingLine(stack) for function in CUT}
        self.sent: list[dict[str, Any]] = []
        self.ids: dict[str, str] = {}
        """The incident of each subject, as the API said."""
        self.killed: Counter[str] = Counter()
        self.dead_before = self.dead()
        self._earlier = self.workers.died_at_work(), self.workers.cut_off()
        self._chance = random.Random(SEED)  # noqa: S311 - a seed is what it is for
        self._as_crm = {"authorization": f"Bearer {stack.api_key}"}
        self._sqs, self._bus, self._lambda = stack.client("sqs"), stack.client("events"), stack.client("lambda")

    def died_at_work(self) -> Counter[str]:
        return self.workers.died_at_work() - self._earlier[0]

    def cut_off(self) -> Counter[str]:
        return self.workers.cut_off() - self._earlier[1]

    def load(self, subject: str) -> Stored:
        stored = self.incidents.load(self.ids[subject])
        assert stored is not None, subject
        return stored

    def rows(self, subject: str) -> Sequence[Message]:
        return self.outbox.of_incident(self.ids[subject])

    def entries(self, subject: str) -> list[Entry]:
        return [entry for line in self.incidents.timeline(self.ids[subject]) for entry in line.entries]

    def dead(self) -> dict[str, int]:
        return waiting(self.stack, lambda name: name.endswith("DlqUrl"))

    def drained(self) -> bool:
        """Whether the queues hold nothing but timers that wait for their time."""
        return not any(waiting(self.stack, lambda name: name in {f"{queue}QueueUrl" for queue in _AGAIN}).values())

    def say(self, *told: dict[str, Any], doors: int = 2) -> None:
        """Events over some of the three doors; over HTTP as an intake system does, until they were accepted."""
        if not told:
            return
        self.sent += told
        for each in told if doors > 1 else ():
            self._chance.choice((self._by_queue, self._by_bus))(each)
        self._by_http(told)

    def again(self, messages: Sequence[Message], subjects: Sequence[str], events: Sequence[Mapping[str, Any]]) -> None:
        """Deliver once more what the queues delivered, or are about to: messages, timers and events."""
        for row in messages:
            self._send("Messages", str(row.key))
        for subject in subjects:
            stored = self.incidents.load(self.ids[subject])
            if stored is not None and stored.alarm is not None:
                self._send("Timers", timer_body(stored.alarm, stored.alarm.due)[0])
        for each in events:
            self._send("Events", json.dumps(each))

    def run(self) -> None:
        """The storm, until everything has come to rest."""
        self.say(*(_complaint(subject) for subject in CUT.values()))
        self.say(_complaint(CRISIS, scope="region", **MATTER))
        left = [*_NOW_AND_THEN] * 2
        self._chance.shuffle(left)
        coming, unacknowledged = [*PLAIN, *JOINING], [subject for subject in PLAIN if subject not in SILENT]
        end = time.monotonic() + _PATIENCE
        while coming or left or _AT_WORK - self.died_at_work():
            assert time.monotonic() < end, f"too little was at work: {self.died_at_work()}, {self.killed}"
            if self._chance.random() < _OFTEN:
                self._some_more(coming, unacknowledged)
            self._strike(left)
            self._repeat_something()
            time.sleep(_PACE)  # it goes on for a while: timers come due, and workers have something to be killed at
        self._come_to_rest()

    def _some_more(self, coming: list[str], unacknowledged: list[str]) -> None:
        """Several at once, so that whole batches are at stake; and people acknowledge, some before it was taken in."""
        wave = [coming.pop(0) for _ in range(min(len(coming), _WAVE))]
        if set(wave) & set(JOINING):  # what there is to join has to be there before
            eventually(lambda: self.incidents.load(self.ids[CRISIS]), within=_PATIENCE)
        self.say(*(_complaint(each, **(MATTER if each in JOINING else {})) for each in wave))
        for subject in [each for each in unacknowledged[:_WAVE] if each in self.ids]:
            unacknowledged.remove(subject)
            self.say(event("complaint.acknowledged", subject, by="agent 7"), doors=1)

    def _strike(self, left: list[str]) -> None:
        short = _AT_WORK - self.died_at_work()
        struck = [self.workers.kill(*(each for each in short if each not in CUT or self._lost(each)))]
        if left and self._chance.random() < _OFTEN:
            struck.append(self.workers.kill(left.pop(), at_work=False))
        self.killed.update(function for function in struck if function)

    def _lost(self, function: str) -> bool:
        """Whether it has waited in vain for its answer: not before that is it killed."""
        if function in TIMEOUTS:
            return self.cut_off()[function] > 0
        return any(row.state == "unknown" for row in self.rows(CUT[function]))

    def _repeat_something(self) -> None:
        """Messages and errands that are on their way, timers that wait, events that were taken: once more each."""
        if self._chance.random() > _OFTEN:
            return
        now = time.time_ns() // 1_000_000
        known = self._chance.sample(sorted(self.ids), 2)
        self.again(self.outbox.stuck(now, 3), known, self.sent[-2:])
        for errand in self.errands.stuck(now, 2):
            self._send("Errands", errand_body(errand.incident, errand.name))

    def _come_to_rest(self) -> None:
        """First everybody who was due is paged; then all of it is resolved and the crisis stood down."""
        eventually(self._not_taken, within=_PATIENCE, until=_nothing)
        unheard = (*SILENT, *CUT.values())
        eventually(lambda: self._audited_open_rows(unheard, FIRST_STEPS), within=_PATIENCE, until=_nothing)
        with self.stack.http(base_url=self.stack.api_url, timeout=60) as api:
            key = {"authorization": f"Bearer {self.stack.person_key}"}
            crisis = f"/v1/incidents/{self.ids[CRISIS]}"
            over = api.post(f"{crisis}/stand-down", json={"reason": "it was a test"}, headers=key)
            assert over.status_code == httpx.codes.OK, over.text
        self.say(*(event("complaint.resolved", subject, by="agent 7") for subject in EVERYTHING), doors=1)
        eventually(self._not_taken, within=_PATIENCE, until=_nothing)
        eventually(lambda: self._audited_open_rows(EVERYTHING), within=_PATIENCE, until=_nothing)
        eventually(self.drained, within=_PATIENCE)

    def _not_taken(self) -> list[str]:
        return [each["id"] for each in self.sent if self.incidents.taken(each["source"], each["id"]) is None]

    def _audited_open_rows(self, subjects: Sequence[str], steps: int = 1_000) -> list[str]:
        """What is still on its way, after the second engine looked; on the clock it would in a minute."""
        self._lambda.invoke(FunctionName=self.stack.outputs["AuditFunction"], Payload=b"{}")
        rows = [row for subject in subjects for row in self.rows(subject) if row.key.step <= steps]
        return [str(row.key) for row in rows if row.state in OPEN_STATES]

    def _by_http(self, told: Sequence[Mapping[str, Any]]) -> None:
        with self.stack.http(base_url=self.stack.api_url, headers=self._as_crm, timeout=60) as api:
            answer = eventually(lambda: api.post("/v1/events", json=told), within=_PATIENCE, until=_accepted)
        for each, taken in zip(told, answer.json(), strict=True):
            self.ids[each["subject"]] = taken["incident"]

    def _by_queue(self, told: Mapping[str, Any]) -> None:
        self._send("Events", json.dumps(told))

    def _by_bus(self, told: Mapping[str, Any]) -> None:
        bus = self.stack.outputs["EventBusName"]
        entry = {"EventBusName": bus, "Source": "crm.hotline", "DetailType": told["type"], "Detail": json.dumps(told)}
        self._bus.put_events(Entries=[entry])

    def _send(self, queue: str, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.stack.outputs[f"{queue}QueueUrl"], MessageBody=body)


@contextmanager
def storm(stack: LocalStack) -> Iterator[Storm]:
    """A storm that is over; what was changed at the stack for it is as it was when the block ends."""
    made = Storm(stack)
    dynamodb, sns = "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SNS"
    with ExitStack() as faults:
        faults.enter_context(delivered_again_after(stack, _AGAIN))
        for function, line in made.lines.items():
            line.lose(CUT[function])
            address = faults.enter_context(line.open())
            way = {sns if function == "SendMessage" else dynamodb: address}
            faults.enter_context(configured(stack, function, TIMEOUTS.get(function), way))
        made.run()
        yield made


def _complaint(subject: str, **facts: str) -> dict[str, Any]:
    """One that is urgent, so that storm control holds none of its pages back for a digest."""
    told = event(
        "complaint.received", subject, event_id=subject, summary="水壶漏水", channel="hotline", level="major", **facts
    )
    when = datetime.now(UTC) - _OLD
    return {**told, "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def _accepted(answer: httpx.Response) -> bool:
    assert not answer.is_client_error, answer.text
    return answer.status_code == httpx.codes.ACCEPTED


def _nothing(left: Sequence[str]) -> bool:
    return not left
