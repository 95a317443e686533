"""The same ladder on a plain polling worker, as teams build it today: every minute a scan of all open incidents.

Real scans, updates and mails against the same DynamoDB and SES emulator. Only the waiting between two scans is skipped,
by a clock that is put forward; work takes the time it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bench.distribution import Distribution
from bench.figures import Figure, Section, Table, read
from bench.sweep_requests import read_units_an_hour
from cli.local_stack.emulator import Emulator, free_port
from cli.local_stack.stack import LocalStack
from shared.domain.instants import HOUR, MINUTE, SECOND

EVERY: Final = 60 * SECOND
_TABLE: Final = "polled"
_RUNGS: Final = 3
_WINDOW: Final = 10 * MINUTE
_COMPLAINTS: Final = 600
_SPREAD_OVER: Final = 60 * SECOND
_OPEN: Final = (100, 1_000, 10_000)
_UNIT_BYTES: Final = 4_096
_DETAILS: Final = "The till does not open and the customer waits for the change. " * 12
_FILL: Final = 25
_FROM, _TO = "polling@example.com", "rung-{}@example.com"

_ABOUT: Final = """
What many teams run: a table of complaints and a worker that scans it every 60 s, mails whoever a due deadline asks for
and puts the complaint on its next rung ([bench/polling_worker.py](../bench/polling_worker.py)). It is built as well as
that can be: deadlines are absolute, so that no rung drifts; the filter runs in the store; each step is a conditional
update, so that two workers do not page twice; its scans are eventually consistent, which costs half. {complaints}
complaints whose first deadlines are spread over 60 s climb {rungs} rungs at windows of 10 minutes. Scans, updates and
mails are real calls to the same emulator; only the waiting between two scans is skipped. Tocsin's own lateness is that
of the section above ({measured_at}).

Read units an hour follow AWS's rule (an eventually consistent scan costs half a unit for each 4 KB it passes, whatever
it finds) for complaints of {size} bytes, and for Tocsin the requests its sweep really made in sixty sweeps a
minute apart, each of which costs one unit (strongly consistent, below 4 KB), whether it finds anything or not: while
few are open, the scan is the cheaper one. Tocsin's audit, every five minutes, is not in it.
""".strip()


class SkippingClock:
    """Runs on with real time, and can be put forward."""

    def __init__(self, now: int) -> None:
        self._ahead = now - time.monotonic() * SECOND

    def now(self) -> float:
        """Milliseconds UTC."""
        return time.monotonic() * SECOND + self._ahead

    def skip_to(self, instant: float) -> None:
        """Go on at an instant; never back."""
        self._ahead += max(0.0, instant - self.now())


@dataclass(frozen=True)
class Paged:
    """One page: its deadline, and when the carrier had taken it (milliseconds UTC)."""

    complaint: str
    rung: int
    due: int
    at: float


class PollingWorker:
    """Scans every `EVERY` milliseconds on the clock's own minutes.

    Args:
        dynamodb: boto3's client; `ses` likewise.
        clock: what it takes for now.
    """

    def __init__(self, dynamodb: Any, ses: Any, clock: SkippingClock) -> None:
        self._dynamodb = dynamodb
        self._ses = ses
        self._clock = clock
        self.paged: list[Paged] = []

    def run(self, until: int) -> None:
        """Scan after scan until an instant (milliseconds UTC)."""
        while (tick := (self._clock.now() // EVERY + 1) * EVERY) <= until:
            self._clock.skip_to(tick)
            self.scan()

    def scan(self) -> None:
        """Page whatever is due by now."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=_TABLE,
            FilterExpression="#state = :open AND due <= :now",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":open": {"S": "open"}, ":now": {"N": str(int(self._clock.now()))}},
        )
        for page in pages:
            for item in page["Items"]:
                self._page(item["PK"]["S"], int(item["rung"]["N"]), int(item["due"]["N"]))

    def _page(self, complaint: str, rung: int, due: int) -> None:
        self._dynamodb.update_item(
            TableName=_TABLE,
            Key={"PK": {"S": complaint}},
            UpdateExpression="SET rung = :next, due = :due, #state = :state",
            ConditionExpression="rung = :rung",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={
                ":next": {"N": str(rung + 1)},
                ":rung": {"N": str(rung)},
                ":due": {"N": str(due + _WINDOW)},
                ":state": {"S": "open" if rung < _RUNGS else "over"},
            },
        )
        self._ses.send_email(
            FromEmailAddress=_FROM,
            Destination={"ToAddresses": [_TO.format(rung)]},
            Content={"Simple": {"Subject": {"Data": complaint}, "Body": {"Text": {"Data": _DETAILS}}}},
        )
        self.paged.append(Paged(complaint, rung, due, self._clock.now()))


def measure(say: Callable[[str], None]) -> Section:
    """On an emulator of its own, without a deployment; under a minute."""
    with _emulator() as stack:
        dynamodb, ses = stack.client("dynamodb"), stack.client("sesv2")
        stack.client("ses").verify_email_identity(EmailAddress=_FROM)
        _make_table(dynamodb)
        start = int(time.time() * SECOND) // EVERY * EVERY
        dues = {f"POLLED-{n:04}": start + EVERY + n * _SPREAD_OVER // _COMPLAINTS for n in range(_COMPLAINTS)}
        _fill(dynamodb, dues)
        worker = PollingWorker(dynamodb, ses, SkippingClock(start))
        worker.run(start + 2 * EVERY + _SPREAD_OVER + (_RUNGS - 1) * _WINDOW + EVERY)
        say(f"{len(worker.paged)} pages in {_RUNGS} rungs")
        late = {
            rung: Distribution.of(page.at - page.due for page in worker.paged if page.rung == rung)
            for rung in range(1, _RUNGS + 1)
        }
        size = _size(dynamodb.get_item(TableName=_TABLE, Key={"PK": {"S": "POLLED-0000"}})["Item"])
        sweeps = {count: read_units_an_hour(stack, count) for count in _OPEN}
        say(f"read units of an hour of sweeps by open incidents: {sweeps}")
    return _section(late, Distribution.of(page.at - page.due for page in worker.paged), size, sweeps)


def scan_units(items: int, size: int) -> float:
    """Read units of one eventually consistent scan of so many items of so many bytes."""
    return -(-items * size // _UNIT_BYTES) / 2


def _section(late: dict[int, Distribution], whole: Distribution, size: int, sweeps: dict[int, int]) -> Section:
    ours = read("lateness")
    was = {figure.name: figure.value for figure in ours.figures} if ours else {}
    per_hour = HOUR // EVERY
    figures = [
        Figure(
            name=f"lateness, {name}",
            value=was[f"spread: {name}"],
            unit="ms",
            baseline=round(polled),
            note="the baseline is the polling worker",
        )
        for name, polled in (("p50", whole.p50), ("p99", whole.p99), ("latest", whole.most))
        if f"spread: {name}" in was
    ]
    figures += [
        Figure(
            name=f"read units an hour, {count:,} open",
            value=units,
            unit="read units",
            baseline=scan_units(count, size) * per_hour,
            note="the baseline is the polling worker",
        )
        for count, units in sweeps.items()
    ]
    rungs = Table(
        title="The polling worker, rung by rung (ms late)",
        columns=("rung", "p50", "p99", "latest"),
        rows=tuple((rung, round(each.p50), round(each.p99), round(each.most)) for rung, each in late.items()),
    )
    return Section(
        name="polling",
        title="Beside a polling worker",
        about=_ABOUT.format(
            complaints=_COMPLAINTS,
            rungs=_RUNGS,
            size=size,
            measured_at=ours.measured_at if ours else "not measured yet",
        ),
        figures=tuple(figures),
        tables=(rungs,),
    )


@contextmanager
def _emulator() -> Iterator[LocalStack]:
    with TemporaryDirectory() as home:
        emulator = Emulator(Path(home), port=free_port(), auth=False)
        try:
            emulator.start()
            yield LocalStack(emulator)
        finally:
            emulator.stop()


def _make_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=_TABLE,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def _fill(dynamodb: Any, dues: dict[str, int]) -> None:
    rows = [
        {
            "PK": {"S": name},
            "state": {"S": "open"},
            "due": {"N": str(due)},
            "rung": {"N": "1"},
            "details": {"S": _DETAILS},
        }
        for name, due in dues.items()
    ]
    for first in range(0, len(rows), _FILL):
        puts = [{"PutRequest": {"Item": row}} for row in rows[first : first + _FILL]]
        dynamodb.batch_write_item(RequestItems={_TABLE: puts})


def _size(item: dict[str, Any]) -> int:
    """Bytes as DynamoDB counts them: names and values; a number takes about a byte for two digits, and one more."""
    return sum(
        len(name) + (len(value["S"].encode()) if "S" in value else len(value["N"]) // 2 + 2)
        for name, value in item.items()
    )
