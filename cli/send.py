"""`tocsin send`: post a stream of events over HTTP, as they are or as if they happened now."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import Progress

from cli import event_lines
from cli.api import Api, ApiError, KeyOption, UrlOption, connected
from cli.deployment import LOCAL, StageOption
from cli.rebase import rebased
from cli.refuse import FAILED, refuse
from shared.application.accept_events import MOST_BYTES, MOST_EVENTS
from shared.application.strict_json import read_json
from shared.domain.instants import SECOND, parse_instant

_MOST_SHOWN = 50
"""Refused events that are named one by one."""
_WHOLE_BATCH = frozenset({400, 413})
"""Refusals that may be about one event and do not say which."""
_BRACKETS = 2


class Sendable(NamedTuple):
    """An event to post: when it happens, and its JSON."""

    at: int
    name: str
    text: str


@dataclass(slots=True)
class Report:
    """What became of the events; `refused` says which and why."""

    statuses: Counter[str] = field(default_factory=Counter)
    incidents: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


def send(
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="One event a line; - reads stdin.")],
    *,
    rebase: Annotated[
        str, typer.Option(metavar="now|TIME", help="When the first event happens instead.", show_default=False)
    ] = "",
    speed: Annotated[float, typer.Option(min=1e-6, help="With --rebase: divides every distance by it.")] = 1,
    follow: Annotated[bool, typer.Option("--follow", help="Post each event when its time comes.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, the earliest.")] = None,
    source_prefix: Annotated[
        str, typer.Option(metavar="PREFIX", help="Put before every source: crm makes crm/hotline of hotline.")
    ] = "",
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Post events to the API in time order, up to 100 at a time. Exit code 1 where any was refused."""
    start = _start(rebase)
    if start is None and speed != 1:
        refuse("--speed: only with --rebase")
    report = Report()
    with event_lines.opened(file) as lines:
        raws = _read(lines, source_prefix, report)
    raws = rebased(raws, start, speed) if start is not None else sorted(raws, key=_order)
    events = [_sendable(raw) for raw in raws[:limit]]
    console = Console(stderr=True)
    with (
        connected(stage, url, key) as api,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("posting", total=len(events))
        for batch in _batches(events, follow=follow):
            _post(api, batch, report)
            bar.advance(task, len(batch))
    _tell(report)
    if report.refused:
        raise typer.Exit(FAILED)


def _start(rebase: str) -> int | None:
    if not rebase:
        return None
    if rebase == "now":
        return time.time_ns() // 1_000_000
    try:
        return parse_instant(rebase)
    except ValueError as error:
        refuse(f"--rebase {rebase}: {error}")


def _read(lines: Any, prefix: str, report: Report) -> list[dict[str, Any]]:
    """The events with a time to order them by; the API has the last word on everything else."""
    raws = []
    for number, line in event_lines.numbered(lines):
        try:
            raw = read_json(line)
            parse_instant(raw["time"])
            str(raw["id"])
        except (ValueError, KeyError, TypeError) as error:
            report.refused.append(f"line {number}: {_wrong(error)}")
            continue
        raws.append(_below(prefix.rstrip("/"), raw) if prefix else raw)
    return raws


def _wrong(error: Exception) -> str:
    match error:
        case KeyError():
            return f"{error.args[0]} is missing"
        case ValueError():
            return str(error)
        case _:
            return "must be an object with an id and a time"


def _below(prefix: str, raw: dict[str, Any]) -> dict[str, Any]:
    moved = {**raw, "source": f"{prefix}/{raw.get('source', '')}"}
    data = raw.get("data")
    if isinstance(data, dict) and "of" in data:
        moved["data"] = {**data, "of": f"{prefix}/{data['of']}"}
    return moved


def _order(raw: dict[str, Any]) -> tuple[int, bytes]:
    return parse_instant(raw["time"]), str(raw["id"]).encode()


def _sendable(raw: dict[str, Any]) -> Sendable:
    return Sendable(parse_instant(raw["time"]), f"{raw.get('source')} {raw['id']}", json.dumps(raw))


def _batches(events: Sequence[Sendable], *, follow: bool) -> Iterator[Sequence[Sendable]]:
    """As many events as fit a request; with `follow` those whose time has come, which is waited for."""
    first = 0
    while first < len(events):
        now = time.time_ns() // 1_000_000
        if follow and events[first].at > now:
            time.sleep((events[first].at - now) / SECOND)
            continue
        last, size = first, _BRACKETS
        while last < len(events) and last - first < MOST_EVENTS and not (follow and events[last].at > now):
            size += len(events[last].text) + 1
            if size > MOST_BYTES and last > first:
                break
            last += 1
        yield events[first:last]
        first = last


def _post(api: Api, batch: Sequence[Sendable], report: Report) -> None:
    """Post a batch; the API takes all or none, so what it names as wrong is left out and the rest posted again."""
    if not batch:
        return
    try:
        answers = api.call("POST", "v1/events", f"[{','.join(event.text for event in batch)}]")
    except ApiError as error:
        _post_the_rest(api, batch, error, report)
        return
    for answer in answers:
        report.statuses[answer["status"]] += 1
        report.incidents.add(answer["incident"])


def _post_the_rest(api: Api, batch: Sequence[Sendable], error: ApiError, report: Report) -> None:
    wrong: dict[int, list[str]] = {}
    for fault in error.faults:
        wrong.setdefault(fault["event"], []).append(": ".join(filter(None, (fault.get("field"), fault["message"]))))
    if wrong:
        report.refused += [f"{batch[place].name}: {'; '.join(said)}" for place, said in wrong.items()]
        _post(api, [event for place, event in enumerate(batch) if place not in wrong], report)
    elif error.status in _WHOLE_BATCH and len(batch) > 1:
        half = len(batch) // 2
        _post(api, batch[:half], report)
        _post(api, batch[half:], report)
    elif error.status in _WHOLE_BATCH:
        report.refused.append(f"{batch[0].name}: {error}")
    else:  # about the caller or the API: the next batch would fare no better
        _tell(report)
        refuse(str(error), FAILED)


def _tell(report: Report) -> None:
    for line in report.refused[:_MOST_SHOWN]:
        typer.echo(f"refused {line}", err=True)
    if len(report.refused) > _MOST_SHOWN:
        typer.echo(f"and {len(report.refused) - _MOST_SHOWN} more refused", err=True)
    typer.echo(
        f"{report.statuses['accepted']} accepted, {report.statuses['duplicate']} duplicate, "
        f"{len(report.refused)} refused; {len(report.incidents)} incidents"
    )
