"""`tocsin quarantine`: events that could not be taken, to read, repair and replay (I1)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.paper import paper
from cli.refuse import FAILED, refuse
from cli.replay import RefusedError, readable, renamed, send_again
from shared.application.read_event import unwrapped
from shared.application.strict_json import read_json
from shared.domain.instants import format_instant
from shared.ports import Quarantine, Quarantined

app = typer.Typer(name="quarantine", help="Events that could not be taken.", no_args_is_help=True)

_LONGEST_NAME = 256

Which = Annotated[str, typer.Argument(metavar="ID", help="As `list` names it.")]


@app.command("list")
def list_quarantined(
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Prints JSON.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """List quarantined events, the newest first."""
    with reaching(stage):
        found = find(stage).quarantine().list(limit)
    if as_json:
        typer.echo(json.dumps([_told(each) for each in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("Nothing is quarantined.")
        return
    table = Table()
    for name in ("at", "id", "event", "detail"):
        table.add_column(name, overflow="fold", no_wrap=name in ("at", "id"))
    for each in found:
        table.add_row(format_instant(each.at), escape(each.id), escape(" ".join(_event(each))), escape(each.detail))
    paper().print(table)


@app.command()
def show(
    which: Which,
    show_body: Annotated[bool, typer.Option("--show-body", help="The event as it came: personal data too.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Show one: when it came, where, and what is wrong. With --show-body the event itself, for repair."""
    with reaching(stage):
        found = _one(find(stage).quarantine(), which)
    if show_body:
        typer.echo(found.body)  # alone, so that it can be written to a file
        return
    for name, value in _told(found).items():
        typer.echo(f"{name:<8} {value}")


@app.command()
def replay(
    which: Which,
    edit: Annotated[Path | None, typer.Option(metavar="FILE", help="Send this instead: the body, repaired.")] = None,
    as_id: Annotated[
        str, typer.Option("--as", metavar="EVENT-ID", help="Send it under an id of its own.", show_default=False)
    ] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it is taken.")] = 30,
    stage: StageOption = LOCAL,
) -> None:
    """Check an event and send it again. It leaves the quarantine once it was taken, and not before."""
    deployment = find(stage)
    with reaching(stage):
        quarantine = deployment.quarantine()
        found = _one(quarantine, which)
        try:
            body = found.body if edit is None else edit.read_text(encoding="utf-8-sig")
            body = renamed(body, as_id) if as_id else body
            event = readable(body, time.time_ns() // 1_000_000)
            done = send_again(event, body, deployment.incidents(), deployment.events_queue(), patience=wait)
        except (OSError, UnicodeDecodeError) as error:
            refuse(f"{edit}: cannot be read ({error})")
        except RefusedError as error:
            refuse(f"{which} stays in quarantine: {error}", FAILED)
        quarantine.discard(found.id)
    typer.echo(f"{done}: {event.incident}")


@app.command()
def discard(
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Forget an event for good."""
    with reaching(stage):
        quarantine = find(stage).quarantine()
        found = _one(quarantine, which)
        if not yes:
            typer.confirm(f"Forget {found.id} ({found.reason}) for good?", abort=True)
        quarantine.discard(found.id)
    typer.echo(f"forgotten: {found.id}")


def _one(quarantine: Quarantine, which: str) -> Quarantined:
    found = quarantine.get(which)
    if found is None:
        refuse(f"nothing is quarantined as {which}", FAILED)
    return found


def _event(found: Quarantined) -> tuple[str, str]:
    """Source and id, as far as the body says them."""
    try:
        _, event = unwrapped(read_json(found.body.encode()))
    except ValueError:
        return "", ""
    said = event if isinstance(event, dict) else {}
    source, name = (str(said.get(key, ""))[:_LONGEST_NAME] for key in ("source", "id"))
    return _printable(source), _printable(name)


def _printable(text: str) -> str:
    """Without what moves a terminal's cursor: nobody has checked this event."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _told(found: Quarantined) -> dict[str, str]:
    source, event = _event(found)
    return {
        "id": found.id,
        "at": format_instant(found.at),
        "source": source,
        "event": event,
        "surface": found.surface,
        "reason": found.reason,
        "detail": found.detail,
    }
