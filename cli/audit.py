"""`tocsin audit`: whether timelines are what was written (I9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from cli.deployment import LOCAL, Deployment, StageOption, find, reaching
from cli.incidents import named
from cli.refuse import FAILED, refuse
from shared.domain.timeline import first_broken
from shared.ports import Incidents

app = typer.Typer(name="audit", help="Checks of what was recorded.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Checks of what was recorded."""


@app.command()
def verify(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, or source and subject as `crm/hotline#C-17`.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every incident of the stage.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Check the hash chain of timelines, and name the first broken link of each. Exit code 1 where one is broken."""
    if bool(which) == everything:
        refuse("name incidents, or give --all")
    deployment = find(stage)
    console = Console(stderr=True)
    checked, broken = 0, 0
    with reaching(stage), Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        ids = sorted(_all(deployment)) if everything else [named(each) for each in which or ()]
        incidents = deployment.incidents()
        for each in bar.track(ids, description="checking"):
            checked += 1
            if found := broken_link(incidents, each):
                broken += 1
                typer.echo(f"{each}: {found}", err=True)
    if broken:
        refuse(f"{broken} of {checked} timelines broken", FAILED)
    typer.echo(f"{checked} {'timeline' if checked == 1 else 'timelines'} unbroken")


def broken_link(incidents: Incidents, incident: str) -> str | None:
    """The first broken link of an incident's timeline, None where it is whole.

    The chain itself cannot tell that its end was cut off; the incident can, it knows its number of lines and the last
    hash. It is read first, so that a line written meanwhile is one more and not one missing.
    """
    stored = incidents.load(incident)
    lines = incidents.timeline(incident)
    if stored is None:
        return f"{len(lines)} lines and no incident" if lines else "there is no such incident"
    if (number := first_broken(lines)) is not None:
        return f"line {number} is broken: it is missing, out of its place, or was changed"
    if len(lines) < stored.lines:
        return f"line {len(lines) + 1} is broken: {stored.lines} were written, and the last are missing"
    if stored.lines and lines[stored.lines - 1].hash != stored.head:
        return f"line {stored.lines} is broken: the incident knows another hash of it"
    return None


def _all(deployment: Deployment) -> set[str]:
    """Ids of all incidents, and of timelines whose incident is gone."""
    client, tables = deployment.client("dynamodb"), deployment.tables
    metas = _keys(
        client, tables.incidents, FilterExpression="SK = :meta", ExpressionAttributeValues={":meta": {"S": "META"}}
    )
    return {*metas, *_keys(client, tables.timeline)}


def _keys(client: Any, table: str, **request: Any) -> Iterator[str]:
    pages = client.get_paginator("scan").paginate(
        TableName=table, ProjectionExpression="PK", ConsistentRead=True, **request
    )
    for page in pages:
        for item in page["Items"]:
            yield item["PK"]["S"]
