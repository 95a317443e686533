"""`tocsin quarantine`: events that could not be taken, to read, repair and replay (I1)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.paper import paper
from cli.refuse import FAILED, refuse
from shared.application.read_event import not_for_systems, problems, unwrapped
from shared.application.strict_json import read_json
from shared.domain.events import EVENT, Event, fingerprint
from shared.domain.instants import format_instant
from shared.ports import Incidents, Quarantine, Quarantined, Queue

app = typer.Typer(name="quarantine", help="Events that could not be taken.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(metavar="ID", help="As `list` names it.")]

_LOOK_AGAIN = 0.25
"""Seconds between looks at whether a replayed event was taken."""


class RefusedError(Exception):
    """This body would come straight back to quarantine, or nobody could tell whether it did."""


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
    for name in ("at", "id", "reason", "detail"):
        table.add_column(name, overflow="fold", no_wrap=name in ("at", "id"))
    for each in found:
        table.add_row(format_instant(each.at), escape(each.id), each.reason, escape(each.detail))
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
            event = readable(body, time.time_ns() // 1_000_000)
            done = again(event, body, deployment.incidents(), deployment.events_queue(), patience=wait)
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


def readable(body: str, now: int) -> Event:
    """The event of a body, if the queue's consumer would read it.

    Raises:
        RefusedError: it would not, and why; without the values.
    """
    try:
        event = EVENT.validate_python(unwrapped(read_json(body.encode("utf-8", "surrogatepass")))[1])
    except ValidationError as error:
        raise RefusedError(f"{problems(error)}. Repair it: show --show-body, then replay --edit") from None
    except ValueError as error:
        raise RefusedError(f"it is {error}") from None
    if refusal := not_for_systems(event, now):
        raise RefusedError(refusal[1])
    if event.incident is None:
        raise RefusedError("neither subject nor data.incident names an incident")
    return event


def again(event: Event, body: str, incidents: Incidents, queue: Queue, *, patience: float) -> str:
    """Send an event to the queue and wait until it was taken; what was done.

    The queue's consumer quarantines a second time under the same id: whoever discarded before the event is known to
    be taken could discard that one, and the event with it (I1).

    Raises:
        RefusedError: another event was taken under its id, or it was not taken in time.
        UnavailableError: the queue could not be reached; nothing was sent.
    """
    taken = incidents.taken(event.source, event.id)
    if taken is not None and taken.fingerprint != fingerprint(event):
        raise RefusedError(
            f"another event was taken as {event.id} of {event.source}: give this one an id of its own, or discard it"
        )
    if taken is not None:
        return "was taken before"
    queue.send([(body, 0)])
    until = time.monotonic() + patience
    while incidents.taken(event.source, event.id) is None:
        if time.monotonic() >= until:
            raise RefusedError(f"it was sent and not taken within {patience:g} s. Replaying again is safe")
        time.sleep(_LOOK_AGAIN)
    return "taken"


def _one(quarantine: Quarantine, which: str) -> Quarantined:
    found = quarantine.get(which)
    if found is None:
        refuse(f"nothing is quarantined as {which}", FAILED)
    return found


def _told(found: Quarantined) -> dict[str, str]:
    return {
        "id": found.id,
        "at": format_instant(found.at),
        "surface": found.surface,
        "reason": found.reason,
        "detail": found.detail,
    }
