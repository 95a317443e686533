"""`tocsin simulate`: a stream of events under a policy, in virtual time (CONTRACT, `simulate`)."""

from __future__ import annotations

import gc
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple, TextIO

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli import event_lines
from cli.paper import paper
from cli.play import Player
from cli.refuse import refuse
from shared.adapters.policy_yaml import PolicyError, load, shipped
from shared.application.read_event import problems
from shared.application.simulate import Refused, by_incident, by_matter
from shared.domain.events import EVENT, Event
from shared.domain.instants import format_instant, parse_instant
from shared.domain.policy import AFTERCARE_CLOCKS, HANDLING_CLOCKS, Policy
from shared.domain.roster import seats_of

_MOST_SHOWN = 50
"""Quarantined events that are named one by one."""
_VERDICTS = ("met", "missed", "open")


class Summary(NamedTuple):
    """What a run comes to; the fields are those of CONTRACT's JSON object, in its order."""

    events: int
    incidents: int
    duplicates: int
    quarantined: int
    clocks: Mapping[str, Mapping[str, Mapping[str, int]]]
    pages: Mapping[str, int]
    statements: Mapping[str, Mapping[str, int]]
    wall_seconds: float


class Invalid(NamedTuple):
    """A line that is no event, with what is wrong with it."""

    line: int
    problem: str


def simulate(
    policy: Annotated[str, typer.Option(metavar="NAME-OR-FILE", help=f"Shipped: {', '.join(shipped())}.")],
    events: Annotated[str, typer.Option(metavar="FILE.jsonl", help="One event a line; - reads stdin.")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="RFC 3339; without it: 30 days after the last event.")
    ] = None,
    pages: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Writes one line a page.")] = None,
    timeline: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Writes all that happened.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Prints one JSON object.")] = False,
) -> None:
    """Run a stream of events through the product's own decisions in virtual time: who is paged, what is missed."""
    rules, end = _rules(policy), _instant(until)
    with ExitStack() as files, _without_collector():
        source = files.enter_context(event_lines.opened(events))
        outputs = [_opened_for_writing(files, path, events) for path in (pages, timeline)]
        began = time.perf_counter()
        stream, invalid = _read(source, events)
        incidents, outcome = by_incident(stream, rules, end)
        player = Player(rules, outcome.until, pages=pages is not None, timeline=timeline is not None)
        with _bar(sum(map(len, incidents))) as progress:
            played = player.play(by_matter(incidents, rules), progress)
        seconds = time.perf_counter() - began
        for file, lines in zip(outputs, (played.pages, played.timeline), strict=True):
            _write(file, (line for _, line in lines))
    quarantined = [*outcome.quarantined, *played.quarantined]
    _tell_quarantined(invalid, quarantined)
    summary = Summary(
        events=sum(event.time <= outcome.until for event in stream) + len(invalid),
        incidents=played.incidents,
        duplicates=outcome.duplicates,
        quarantined=len(quarantined) + len(invalid),
        clocks=_by_level(played.clocks, rules),
        pages=_by_rung(played.rungs, rules),
        statements=_by_statement(played.statements, rules),
        wall_seconds=round(seconds, 3),
    )
    if as_json:
        typer.echo(json.dumps(summary._asdict(), ensure_ascii=False))
    else:
        _show(summary, outcome.until)


def _rules(policy: str) -> Policy:
    try:
        return load(policy)
    except PolicyError as error:
        refuse(str(error))


def _instant(until: str | None) -> int | None:
    try:
        return None if until is None else parse_instant(until)
    except ValueError as error:
        refuse(f"--until {until}: {error}")


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing a run makes is a cycle, and looking for some among all events costs a fifth of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _opened_for_writing(files: ExitStack, path: Path | None, events: str) -> TextIO | None:
    if path is None:
        return None
    try:
        if events != event_lines.STDIN and path.exists() and path.samefile(events):
            refuse(f"{path}: would overwrite the events")
        return files.enter_context(path.open("w", encoding="utf-8"))
    except OSError as error:
        refuse(f"{path}: cannot be written ({error.strerror})")


def _read(source: BinaryIO, name: str) -> tuple[list[Event], list[Invalid]]:
    stream, invalid = [], []
    read = EVENT.validate_json
    try:
        for number, line in event_lines.numbered(source):
            try:
                stream.append(read(line))
            except ValidationError as error:
                invalid.append(Invalid(number, problems(error)))
    except OSError as error:
        refuse(f"{name}: cannot be read ({error.strerror})")
    return stream, invalid


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, for people only."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done: None
        return
    # Without a thread of its own: processes are forked while it is shown.
    with Progress(console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("playing", total=total)

        def advance(done: int) -> None:
            progress.update(task, advance=done, refresh=True)

        yield advance


def _write(file: TextIO | None, lines: Iterable[str]) -> None:
    if file is None:
        return
    try:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
    except OSError as error:
        refuse(f"{file.name}: cannot be written ({error.strerror})")


def _tell_quarantined(invalid: Sequence[Invalid], refused: Sequence[Refused]) -> None:
    lines = [f"line {one.line}: quarantined, {one.problem}" for one in invalid]
    lines += [
        f"{one.source} {one.event}: quarantined at {format_instant(one.at)}, {_REASONS[one.reason]}" for one in refused
    ]
    for line in lines[:_MOST_SHOWN]:
        typer.echo(line, err=True)
    if len(lines) > _MOST_SHOWN:
        typer.echo(f"and {len(lines) - _MOST_SHOWN} more", err=True)


_REASONS = {
    "id_conflict": "id_conflict: this source and id stood for other content before",
    "unknown_level": "unknown_level: the policy has no such level",
    "no_incident": "no_incident: it does not say which complaint it is about",
    "no_complaint": "no_complaint: it waited for a complaint that never came",
}


def _by_level(
    counted: Mapping[tuple[str, str], Mapping[str, int]], rules: Policy
) -> dict[str, dict[str, dict[str, int]]]:
    """Levels as the policy orders them, clocks as one instant reports them, milestones as their level lists them."""
    told: dict[str, dict[str, dict[str, int]]] = {}
    for level, own in rules.levels.items():
        for clock in dict.fromkeys((*HANDLING_CLOCKS, *AFTERCARE_CLOCKS, *own.milestones, *_others(counted, level))):
            if verdicts := counted.get((level, clock)):
                told.setdefault(level, {})[clock] = {verdict: verdicts[verdict] for verdict in _VERDICTS}
    return told


def _by_statement(counted: Mapping[str, Mapping[str, int]], rules: Policy) -> dict[str, dict[str, int]]:
    """Rungs in the order of the ladders."""
    ladders = (kind.statements.rungs for kind in rules.crises.values() if kind.statements)
    rungs = dict.fromkeys((*(rung for ladder in ladders for rung in ladder), *sorted(counted)))
    return {
        rung: {"published": counted[rung]["published"], "unapproved": counted[rung]["unapproved"]}
        for rung in rungs
        if rung in counted
    }


def _others(counted: Iterable[tuple[str, str]], level: str) -> list[str]:
    """Milestones begun at another level end at this one when the incident was raised or lowered."""
    return sorted(clock for at, clock in counted if at == level)


def _by_rung(counted: Counter[str], rules: Policy) -> dict[str, int]:
    """Rungs in the order of the chains."""
    rungs = dict.fromkeys(rung.rung for chain in rules.chains.values() for rung in chain)
    seats = [seat.name for role in rules.roster.roles for seat in seats_of(rules.roster, role)] if rules.roster else []
    rungs |= dict.fromkeys(seats)
    return {rung: counted[rung] for rung in (*rungs, *sorted(counted.keys() - rungs)) if counted[rung]}


def _show(summary: Summary, until: int) -> None:
    console = paper()
    console.print(
        f"[bold]{summary.events:,}[/bold] events of [bold]{summary.incidents:,}[/bold] incidents, "
        f"{summary.duplicates:,} duplicates, {summary.quarantined:,} quarantined; until {format_instant(until)}"
    )
    clocks = Table("level", "clock", title="Clocks", title_justify="left")
    for name in ("met", "missed", "open", "in time"):
        clocks.add_column(name, justify="right")
    for level, own in summary.clocks.items():
        for clock, verdicts in own.items():
            ended = verdicts["met"] + verdicts["missed"]
            share = f"{verdicts['met'] / ended:.0%}" if ended else "-"
            clocks.add_row(level, clock, *(f"{verdicts[verdict]:,}" for verdict in _VERDICTS), share)
        clocks.add_section()
    statements = Table("statement", title="Statements", title_justify="left")
    for name in ("published", "unapproved"):
        statements.add_column(name, justify="right")
    for rung, counts in summary.statements.items():
        statements.add_row(rung, *(f"{count:,}" for count in counts.values()))
    pages = Table("rung", title="Pages", title_justify="left")
    pages.add_column("pages", justify="right")
    for rung, count in summary.pages.items():
        pages.add_row(rung, f"{count:,}")
    for table in (clocks, pages, *((statements,) if summary.statements else ())):
        console.print()
        console.print(table)
    speed = f", {summary.incidents / summary.wall_seconds:,.0f} incidents/s" if summary.wall_seconds else ""
    console.print(f"\n{summary.wall_seconds:.1f} s{speed}")
