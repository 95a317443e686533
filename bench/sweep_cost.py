"""What one sweep reads while so many incidents are open and ten are due: it follows what is due, not what is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import boto3

from bench.assembly_line import REGION, AssemblyLine, assembly_line
from bench.figures import Figure, Section, Table
from bench.meter import Bill
from bench.open_timers import OpenTimers
from bench.sweep_requests import Unwatched
from shared.adapters import dynamo_keys
from shared.adapters.dynamo_keys import Tables
from shared.adapters.dynamo_timers import DynamoTimers
from shared.application.sweep_timers import LOOK_AHEAD, sweep_timers
from shared.domain.instants import DAY, MINUTE, SECOND, parse_instant
from shared.domain.timer import Timer, timer_for

NOW: Final = parse_instant("2026-03-02T02:30:00Z")
DUE: Final = 10
FLAT_WITHIN: Final = 0.10
_TABLES: Final = Tables(incidents="incidents", timers="timers")
_OVER_DAYS: Final = 2
_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
_MOST_IN_MOTO: Final = 10_000
_BATCH: Final = 25


@dataclass(frozen=True)
class Sweep:
    """One sweep.

    Attributes:
        store: where the timers lay.
        handed: how many it handed over.
    """

    store: str
    incidents: int
    requests: int
    read_units: float
    handed: int


def measure(say: Callable[[str], None]) -> Section:
    """Sweep over more and more open incidents."""
    sweeps = []
    for incidents in _SIZES:
        say(f"{incidents:,} open incidents")
        if incidents <= _MOST_IN_MOTO:
            sweeps.append(over_moto(incidents))
        sweeps.append(in_process(incidents))
    units = [sweep.read_units for sweep in sweeps]
    requests = [sweep.requests for sweep in sweeps]
    return Section(
        name="sweep",
        title="What a sweep reads",
        about=_ABOUT,
        figures=(
            _flat("Read units of a sweep, the most by the least of 1 k to 1 M open incidents", units),
            _flat("Requests of a sweep, the most by the least", [float(count) for count in requests]),
            Figure(name="Read units of a sweep with 1 M open incidents and 10 due", value=units[-1], unit="units"),
        ),
        tables=(
            Table(
                title="A sweep with ten timers due",
                columns=("open incidents", "store", "requests", "read units", "handed over"),
                rows=tuple(
                    (sweep.incidents, sweep.store, sweep.requests, sweep.read_units, sweep.handed) for sweep in sweeps
                ),
            ),
        ),
    )


def over_moto(incidents: int) -> Sweep:
    """By the real client's requests, over an emulated DynamoDB."""
    with assembly_line(NOW) as line:
        beside = boto3.client("dynamodb", region_name=REGION)
        rows = [{"PutRequest": {"Item": dynamo_keys.timer(timer)}} for timer in _timers(incidents)]
        for begin in range(0, len(rows), _BATCH):
            beside.batch_write_item(RequestItems={"timers": rows[begin : begin + _BATCH]})  # type: ignore[dict-item]
        line.world = replace(line.world, metrics=Unwatched())
        _settle(line)
        line.meter.bill = Bill()
        handed = sweep_timers(line.world)
        asked = line.meter.bill.requests
        requests = asked["dynamodb:Query"] + asked["dynamodb:GetItem"]
        return Sweep("moto", incidents, requests, line.meter.bill.read_units, handed)


def in_process(incidents: int) -> Sweep:
    """The same adapter over rows in memory."""
    with assembly_line(NOW) as line:
        store = OpenTimers(_timers(incidents))
        timers = DynamoTimers(lambda: store, _TABLES)  # type: ignore[arg-type, return-value]
        line.world = replace(line.world, timers=timers, metrics=Unwatched())
        _settle(line)
        store.requests, store.read_units = 0, 0.0
        handed = sweep_timers(line.world)
        return Sweep("in process", incidents, store.requests, store.read_units, handed)


def _settle(line: AssemblyLine) -> None:
    """The sweep of the minute before, which sets the cursor and the watermark."""
    sweep_timers(line.world)
    line.clock.wait_until(NOW + MINUTE)


def _timers(incidents: int) -> Iterator[Timer]:
    """Ten that this sweep is the first to see; the others are due over the next two days."""
    first = NOW + LOOK_AHEAD + SECOND
    for number in range(DUE):
        yield timer_for("incident", f"inc-{number}", first + number * SECOND, 1, NOW)
    later = first + 2 * MINUTE
    step = _OVER_DAYS * DAY // incidents
    for number in range(DUE, incidents):
        yield timer_for("incident", f"inc-{number}", later + number * step, 1, NOW)


def _flat(name: str, values: list[float]) -> Figure:
    ratio = max(values) / min(values)
    aim = f"at most {1 + FLAT_WITHIN:g}"
    return Figure(name=name, value=round(ratio, 3), aim=aim, holds=ratio <= 1 + FLAT_WITHIN)


_ABOUT: Final = (
    "One timer an open incident, due over the next two days, and ten that are due now: the second sweep of a stage is "
    "counted. Up to 10,000 over moto, by the requests of the real client; from 100,000 on, where no emulator is quick "
    "enough, the same adapter over rows in memory (`bench/open_timers.py`), which tells the same for the small ones. "
    "Units by AWS's rules: a strongly consistent query costs one for each 4 KB it finds, and one where it finds none."
)
