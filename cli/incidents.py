"""`tocsin incidents`: the open ones, and everything about one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.api import ApiError, KeyOption, UrlOption, connected
from cli.deployment import LOCAL, StageOption, find, reaching
from cli.paper import paper
from cli.refuse import FAILED, refuse
from cli.unreadable import UnreadableError, reading
from shared.domain.events import PROBE_SOURCE, incident_id
from shared.domain.incident import Incident
from shared.domain.instants import format_instant

app = typer.Typer(name="incidents", help="Incidents: who holds them, what is due, and answers.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="Its id, or its source and subject as `crm/hotline#C-17`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Prints JSON.")]

_END_OF_TIME = 2**53


@app.command("list")
def list_incidents(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
    stage: StageOption = LOCAL,
) -> None:
    """List incidents that have a next step, what is due first at the top. Needs rights to the stage's tables.

    One whose record cannot be read is named below the others; exit code 1 then.
    """
    deployment, found, unreadable = find(stage), [], []
    with reaching(stage):
        incidents = deployment.incidents()
        for each in incidents.silent(_END_OF_TIME, limit):
            try:
                with reading("its record"):
                    stored = incidents.load(each)
            except UnreadableError as error:
                unreadable.append(f"{each}: {error}")
                continue
            if stored and stored.incident.source != PROBE_SOURCE:
                found.append(_summary(stored.incident))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _list(found)
    if unreadable:
        refuse("\n".join((*unreadable, "put back what it was: docs/operations.md, Restore drill")), FAILED)


def _list(found: Iterable[Mapping[str, str | None]]) -> None:
    table = Table()
    for name in ("incident", "complaint", "level", "state", "holder", "next step", "at"):
        table.add_column(name, overflow="fold", no_wrap=name in ("incident", "at"))
    for each in found:
        complaint = f"{each['source']}#{each['subject']}"
        rest = (each[part] or "-" for part in ("level", "state", "holder", "next_step", "next_step_at"))
        table.add_row(each["incident"], escape(complaint), *map(escape, rest))
    _print(table)


_ID = re.compile(r"inc-[0-9a-f]{20}")


@app.command()
def show(
    which: Which, as_json: AsJson = False, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """Show an incident: state, clocks, timeline and messages, without personal data."""
    with connected(stage, url, key) as api:
        try:
            found = api.call("GET", f"v1/incidents/{named(which)}")
        except ApiError as error:
            refuse(str(error), FAILED)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)


def named(which: str) -> str:
    """An incident's id, from itself or from source and subject; a source holds no `#`."""
    source, hash_sign, subject = which.partition("#")
    found = incident_id(source, subject) if hash_sign else which
    if not _ID.fullmatch(found):
        refuse(f"'{which}' is no incident: give its id (inc-…) or SOURCE#SUBJECT")
    return found


def _summary(incident: Incident) -> dict[str, str | None]:
    due = incident.next_step_at
    return {
        "incident": incident.id,
        "source": incident.source,
        "subject": incident.subject,
        "level": incident.course.level,
        "state": incident.course.phase,
        "holder": incident.course.holder,
        "next_step": incident.next_step,
        "next_step_at": None if due is None else format_instant(due),
    }


def _show(found: Mapping[str, Any]) -> None:
    holder = found["holder"] or "nobody"
    taken = "acknowledged" if found["acknowledged"] else "not acknowledged"
    lines = [
        f"[bold]{escape(found['subject'])}[/bold] of {escape(found['source'])}  {found['incident']}",
        escape(found["summary"]),
        f"{found['level']}, {found['state']}, opened {found['opened_at']}; {taken}, held by {escape(holder)}",
        f"chain {found['chain']}, rules {found['rules']}",
    ]
    if ladder := found["ladder"]:
        lines.append(f"escalating: {ladder['rung']}, round {ladder['round']}, until {ladder['acknowledge_by']}")
    if step := found["next_step"]:
        lines.append(f"next: {step['kind']} at {step['at']}")
    clocks = Table("clock", "verdict", "deadline", "ended", "level", title="Clocks", title_justify="left")
    for clock in found["clocks"]:
        clocks.add_row(*(str(clock[part] or "-") for part in ("clock", "verdict", "deadline", "ended", "level")))
    timeline = Table("at", "what", "", title="Timeline", title_justify="left")
    for entry in found["timeline"]:
        timeline.add_row(entry["at"], entry["kind"], escape(_data(entry["data"])))
    messages = Table("at", "to", "by", "what", "state", title="Messages", title_justify="left")
    for message in found["messages"]:
        what = f"{message['kind']}: {message['reason']}"
        messages.add_row(message["at"], escape(message["person"]), message["channel"], what, message["state"])
    _print(*lines, clocks, timeline, messages)


def _data(data: Mapping[str, Any]) -> str:
    plain = {name: value for name, value in data.items() if name != "data"} | dict(data.get("data") or {})
    return ", ".join(f"{name} {value}" for name, value in plain.items() if value not in (None, ""))


def _print(*parts: str | Table) -> None:
    console = paper()
    for part in _with_space(parts):
        console.print(part, soft_wrap=isinstance(part, str))


def _with_space(parts: Iterable[str | Table]) -> Iterable[str | Table]:
    for number, part in enumerate(parts):
        if isinstance(part, Table):
            if number:
                yield ""
            if not part.row_count:
                continue
        yield part
