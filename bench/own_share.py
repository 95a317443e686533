"""The product's own share of a page's lateness, from what the probe wrote of each run of its three functions.

A function's own share of a page is the time from when it had the record (or from the deadline, where it was there
before) until it had handed the page on, less every moment of that in which it waited for AWS. That one record waits
behind another's code counts; queues, streams, starts of workers and the emulator's answers do not.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import probe
from infra import bundle
from infra.stages import local

HANDED_ON: Final = {"fire_timer": "TransactWriteItems", "relay_outbox": "SendMessageBatch", "send_message": "emails"}
"""By which call each function on a page's way hands it on: the step, the queue, the carrier."""


@dataclass(frozen=True)
class Call:
    """One call to AWS (milliseconds UTC), and the incidents it was about: its own, else those of the call before."""

    name: str
    began: float
    ended: float
    incidents: frozenset[str]


@dataclass(frozen=True)
class Run:
    """One invocation."""

    function: str
    began: float
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Part:
    """What one function spent on one page (milliseconds)."""

    function: str
    own: float
    calls: float


def parts_of(incident: str, due: float, runs: Iterable[Run]) -> list[Part]:
    """What each function on the way spent on the page of an incident's deadline, its first handing on after it."""
    parts: dict[str, Part] = {}
    for run in sorted(runs, key=lambda run: run.began):
        if run.function in parts:
            continue
        done = next(
            (
                call
                for call in run.calls
                if call.name == HANDED_ON[run.function] and incident in call.incidents and call.ended > due
            ),
            None,
        )
        if done is None:
            continue
        start = max(run.began, due)
        waited = sum(max(0.0, min(call.ended, done.ended) - max(call.began, start)) for call in run.calls)
        parts[run.function] = Part(run.function, max(0.0, done.ended - start - waited), waited)
    return list(parts.values())


def read_runs(file: Path) -> list[Run]:
    """What the probe wrote."""
    return [_run(json.loads(line)) for line in file.read_text().splitlines()]


def by_incident(runs: Iterable[Run]) -> Mapping[str, Sequence[Run]]:
    """The runs that had to do with each incident."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        for incident in {incident for call in run.calls for incident in call.incidents}:
            found.setdefault(incident, []).append(run)
    return found


def put_probes(client: Any, into: Path) -> None:
    """Have each function on a page's way tell what it does: its own code, with the probe beside it.

    Args:
        client: boto3's, of Lambda.
        into: the file that gets a line a run.
    """
    for function in client.get_paginator("list_functions").paginate().search("Functions[]"):
        _, name, *_ = function["Handler"].split(".")
        if name not in HANDED_ON:
            continue
        client.update_function_code(FunctionName=function["FunctionName"], ZipFile=_with_probe(name))
        settings = {"PROBED_HANDLER": function["Handler"], "PROBED_INTO": str(into)}
        client.update_function_configuration(
            FunctionName=function["FunctionName"],
            Handler="probe.handler",
            Environment={"Variables": {**function["Environment"]["Variables"], **settings}},
        )


def _with_probe(name: str) -> bytes:
    packed = io.BytesIO()
    folder = bundle.function_code(name, local().runtime)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
        archive.write(probe.__file__, "probe.py")
    return packed.getvalue()


def _run(line: Mapping[str, Any]) -> Run:
    return Run(line["handler"].split(".")[1], line["began"], tuple(_calls(line["calls"])))


def _calls(lines: Iterable[Mapping[str, Any]]) -> Iterator[Call]:
    about: frozenset[str] = frozenset()
    for line in lines:
        about = frozenset(line["incidents"]) or about
        name = line["call"].rpartition("-")[2]
        yield Call(name, line["began"], line["ended"], about)
