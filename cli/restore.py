"""`tocsin restore`: put incidents back to a moment before something went wrong (ADR 77; docs/operations.md)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from cli.deployment import LOCAL, Deployment, StageOption, find, reaching
from cli.paper import paper
from cli.refuse import FAILED, refuse
from cli.restore_tables import TABLES, Copies, restorable
from cli.stage_world import world_over
from shared.adapters.dynamo_copy import IncidentsCopy
from shared.adapters.system_time import SystemTime
from shared.application.restore_incident import LinesLostError, PutBack, restore_incident
from shared.domain.instants import format_instant, parse_instant
from shared.ports import UnavailableError

app = typer.Typer(
    name="restore", help="Put incidents back to a moment before something went wrong.", no_args_is_help=True
)

To = Annotated[
    str, typer.Option("--to", metavar="TIME", help="RFC 3339: the moment to go back to.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Prints JSON.")]
_GIVES_WAY = "IntakeApiFunction"
"""It only puts what comes in on a queue, where it waits safely: complaints are taken while all else is paused."""


@app.command()
def plan(to: To, as_json: AsJson = False, stage: StageOption = LOCAL) -> None:
    """Show what can be restored, and, once the copies are there, what opening them would do. Changes nothing."""
    moment = _moment(to)
    with reaching(stage):
        deployment = find(stage)
        copies = Copies(deployment.client("dynamodb"), deployment.tables, moment)
        rows = [copies.row(name) for name in TABLES]
        found = _put_back(deployment, copies, dry=True) if copies.ready("incidents") else None
    if as_json:
        typer.echo(json.dumps({"tables": rows, **(_told(found) if found is not None else {})}))
        return
    table = Table("table", "can be restored to", "items", "copy")
    for row in rows:
        table.add_row(
            row["table"], f"{row['earliest'] or '-'} … {row['latest'] or '-'}", str(row["items"]), row["copy"]
        )
    paper().print(table)
    if found is None:
        typer.echo(f"Next: tocsin restore tables --to {to} --stage {stage}")
    else:
        _print(found, dry=True)
        typer.echo(f"Next: tocsin restore open --to {to} --stage {stage}")


@app.command()
def pause(stage: StageOption = LOCAL) -> None:
    """Stop every function but the door for complaints, which puts them on a queue: nobody is paged meanwhile."""
    with reaching(stage):
        deployment = find(stage)
        for name in _functions(deployment):
            deployment.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    typer.echo(f"{len(_functions(deployment))} functions are paused; complaints wait on their queue")


@app.command()
def resume(stage: StageOption = LOCAL) -> None:
    """Let all functions run again."""
    with reaching(stage):
        deployment = find(stage)
        for name in _functions(deployment):
            deployment.client("lambda").delete_function_concurrency(FunctionName=name)
    typer.echo(f"{len(_functions(deployment))} functions run again")


@app.command()
def tables(
    to: To,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join(TABLES)}; `open` needs incidents alone.")
    ] = None,
    stage: StageOption = LOCAL,
) -> None:
    """Make copies of the tables as they were, beside them; what is there already is not made again."""
    moment = _moment(to)
    wanted = only or list(TABLES)
    if unknown := sorted(set(wanted) - set(TABLES)):
        refuse(f"--only: {', '.join(unknown)}: there are {', '.join(TABLES)}")
    with reaching(stage):
        deployment = find(stage)
        copies = Copies(deployment.client("dynamodb"), deployment.tables, moment)
        for name in wanted:
            if stage != LOCAL and (why := restorable(copies.row(name), moment)):
                refuse(why)
        if stage == LOCAL:
            typer.echo("The emulator keeps no past: these are copies of the tables as they are now.")
        for name in wanted:
            copies.make(name)
        for name in track(wanted, description="Copying", console=paper(), disable=not paper().is_terminal):
            typer.echo(f"{name:<10}{copies.wait_for(name)}")


@app.command("open")
def open_copies(
    to: To,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
    stage: StageOption = LOCAL,
) -> None:
    """Put every incident of the copy back: its state of then, what its timeline says since, and a new epoch.

    Whoever is due now is paged once; nobody is paged for the time that was lost. Safe to repeat. Exit code 1 where an
    incident could not be put back.
    """
    moment = _moment(to)
    with reaching(stage):
        deployment = find(stage)
        copies = Copies(deployment.client("dynamodb"), deployment.tables, moment)
        if not copies.ready("incidents"):
            refuse(
                f"there is no copy {copies.name('incidents')}: tocsin restore tables --to {to} --stage {stage}", FAILED
            )
        if not yes:
            typer.confirm(f"Put the incidents of stage {stage} back to {to}?", abort=True)
        found = _put_back(deployment, copies, dry=False)
    if as_json:
        typer.echo(json.dumps(_told(found)))
    else:
        _print(found, dry=False)
    if found.failed:
        raise typer.Exit(FAILED)


@app.command()
def drop(to: To, stage: StageOption = LOCAL) -> None:
    """Delete the copies: they hold what the tables hold, personal data too."""
    moment = _moment(to)
    with reaching(stage):
        deployment = find(stage)
        copies = Copies(deployment.client("dynamodb"), deployment.tables, moment)
        for name in TABLES:
            if copies.drop(name):
                typer.echo(f"{copies.name(name)} is deleted")


class _Found:
    """What became of the incidents of a copy; `missing` counts rows beside them, `records` spoilt or lost records."""

    def __init__(self) -> None:
        self.put_back: list[PutBack] = []
        self.failed: dict[str, str] = {}
        self.missing = 0
        self.records = 0


def _put_back(deployment: Deployment, copies: Copies, *, dry: bool) -> _Found:
    world = world_over(deployment)
    copy = IncidentsCopy(lambda: deployment.client("dynamodb"), copies.name("incidents"), deployment.tables)
    found = _Found()
    if not dry:
        known = {stored.incident.id for stored in copy.incidents()}
        found.missing = copy.put_back_missing(known)  # first: a policy that is gone keeps its incidents from opening
    for stored in copy.incidents():
        name = stored.incident.id
        try:
            spoilt = copy.is_spoilt(name)
            found.records += spoilt
            if spoilt and dry:
                found.put_back.append(PutBack(name, "restored", differed=True))
                continue
            if spoilt:
                copy.put_back_record(stored)
            try:
                done = restore_incident(world, stored, copies.moment, dry=dry)
            except LinesLostError:
                if dry or not copies.ready("timeline"):
                    raise
                found.missing += copy.put_back_lines(name, copies.name("timeline"))
                done = restore_incident(world, stored, copies.moment)
            found.put_back.append(replace(done, differed=done.differed or spoilt))
        except (LinesLostError, LookupError, ValueError, UnavailableError) as error:
            found.failed[name] = _reason(error)
        except Exception as error:  # noqa: BLE001 - one that is spoilt in a way nobody thought of keeps no other back
            found.failed[name] = type(error).__name__
    return found


def _reason(error: Exception) -> str:
    """In one line, and without what an event said: pydantic quotes its input (I12)."""
    return type(error).__name__ if "validation error" in str(error) else str(error).strip("'\"")


def _told(found: _Found) -> dict[str, Any]:
    return {
        "incidents": [asdict(each) for each in found.put_back if each.outcome != "left"],
        "left": sum(each.outcome == "left" for each in found.put_back),
        "rows_put_back": found.missing,
        "records_put_back": found.records,
        "failed": found.failed,
    }


def _print(found: _Found, *, dry: bool) -> None:
    table = Table("incident", "", "lines since", "asked now", "not sent")
    for each in found.put_back:
        if each.outcome != "left":
            said = each.outcome if each.outcome == "again" else "was wrong" if each.differed else "was right"
            told = (each.incident, said, str(each.replayed), escape(", ".join(each.paged)), str(each.ended))
            table.add_row(*told)
    for name, why in found.failed.items():
        table.add_row(name, f"FAILED: {escape(why)}", "", "", "")
    if table.row_count:
        paper().print(table)
    count = Counter(each.outcome for each in found.put_back)
    verb = "would be put back" if dry else "put back"
    typer.echo(
        f"{count['restored']} {verb}, {count['again']} were before, {count['left']} rest, {len(found.failed)} failed; "
        f"{found.missing} rows and {found.records} records were missing or spoilt"
    )


def _moment(to: str) -> int:
    try:
        moment = parse_instant(to)
    except ValueError as error:
        refuse(f"--to {error}")
    if moment > SystemTime().now():
        refuse(f"--to {format_instant(moment)} is still to come")
    return moment // 1000 * 1000  # a table is restored to the second


def _functions(deployment: Deployment) -> list[str]:
    named = ((output, value) for output, value in deployment.outputs.items() if output.endswith("Function"))
    return [value for output, value in sorted(named) if output != _GIVES_WAY]
