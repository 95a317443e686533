"""What the sweep reads, counted from its real requests against tables that hold so many timers of open incidents."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

from bench.deployed import now
from cli.local_stack.stack import LocalStack
from shared import bootstrap
from shared.adapters import dynamo_keys
from shared.adapters.system_time import SystemTime
from shared.application.sweep_timers import sweep_timers
from shared.domain.instants import DAY, HOUR, MINUTE
from shared.domain.timer import timer_for
from shared.settings import Settings

_DUE_OVER: Final = 2 * DAY
_SWEEPS: Final = 60
_FILL: Final = 25
_READS: Final = ("Query", "GetItem")


def read_units_an_hour(stack: LocalStack, open_incidents: int) -> int:
    """Read requests of sixty sweeps, a minute apart; each is strongly consistent and below 4 KB, which is one unit.

    The timers are due over the next two days, the first an hour after the last sweep. Around the turn of an hour two
    hours are read, so that one sweep would say less than all of them.
    """
    dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")
    incidents, timers = f"incidents-{open_incidents}", f"timers-{open_incidents}"
    for table in (incidents, timers):
        _make_table(dynamodb, table)
    _fill(dynamodb, timers, open_incidents)
    queue = sqs.create_queue(QueueName=timers)["QueueUrl"]
    settings = Settings(incidents_table=incidents, timers_table=timers, timers_queue_url=queue)
    reads: list[str] = []
    for operation in _READS:
        dynamodb.meta.events.register(f"before-call.dynamodb.{operation}", lambda **_: reads.append("read"))
    clock = _Minutes(now())
    world = replace(bootstrap.world_of(settings, _Clients(dynamodb, sqs), clock), metrics=Unwatched())
    sweep_timers(world)
    reads.clear()  # the first sweep of a stage has a cursor to find
    for _ in range(_SWEEPS):
        clock.pass_one()
        sweep_timers(world)
    return len(reads)


class _Minutes(SystemTime):
    """A clock that stands still between two sweeps."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def pass_one(self) -> None:
        self._now += MINUTE


class Unwatched:
    """`ports.Metrics` that nobody reads."""

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:
        """Nothing."""


class _Clients:
    """`aws.Clients`, as far as a sweep needs them."""

    def __init__(self, dynamodb: Any, sqs: Any) -> None:
        self._dynamodb = dynamodb
        self._sqs = sqs

    def dynamodb(self) -> Any:
        return self._dynamodb

    def sqs(self) -> Any:
        return self._sqs

    def __getattr__(self, service: str) -> Any:
        return partial(self._refuse, service)

    @staticmethod
    def _refuse(service: str) -> Any:
        raise LookupError(f"a sweep does not use {service}")


def _make_table(dynamodb: Any, name: str) -> None:
    keys = (("PK", "HASH"), ("SK", "RANGE"))
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def _fill(dynamodb: Any, table: str, count: int) -> None:
    first_due = now() + 2 * HOUR
    timers = [timer_for("incident", f"inc-{n:020x}", first_due + n * _DUE_OVER // count, 1, 0) for n in range(count)]
    for first in range(0, count, _FILL):
        puts = [{"PutRequest": {"Item": dynamo_keys.timer(timer)}} for timer in timers[first : first + _FILL]]
        dynamodb.batch_write_item(RequestItems={table: puts})
