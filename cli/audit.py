"""`tocsin audit`: whether timelines are what was written (I9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from cli.chain import chain_of, sealed_heads, sealed_near
from cli.deployment import LOCAL, Deployment, StageOption, find, reaching
from cli.incidents import named
from cli.refuse import FAILED, refuse
from cli.unreadable import UnreadableError, reading
from shared.adapters.system_time import SystemTime
from shared.domain.heads import Head, SealedObject
from shared.domain.instants import DAY
from shared.ports import Incidents, SealedHeads

app = typer.Typer(name="audit", help="Checks of what was recorded.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Checks of what was recorded."""


@app.command()
def verify(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids, or source and subject as `crm/hotline#C-17`.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every incident of the stage, and all that was ever sealed.")
    ] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Check the hash chain of timelines, and compare it with the hashes in write-once storage.

    Names the first broken link of each, or what of it cannot be read, and checks the others all the same; exit code 1
    where there is one. A line that was never sealed is a warning.
    """
    if bool(which) == everything:
        refuse("name incidents, or give --all")
    deployment = find(stage)
    console = Console(stderr=True)
    checked, broken, now = 0, 0, SystemTime().now()
    with reaching(stage), Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        incidents, storage = deployment.incidents(), sealed_heads(deployment)
        sealed = _by_incident(storage.found(0, now + DAY)) if everything else {}
        ids = sorted(_all(deployment) | set(sealed)) if everything else [named(each) for each in which or ()]
        for each in bar.track(ids, description="checking"):
            checked += 1
            try:
                heads = sealed.get(each, ()) if everything else _near(incidents, storage, each)
                chain = chain_of(incidents, each, heads, now)
            except UnreadableError as error:
                broken += 1
                typer.echo(f"{each}: {error}", err=True)
                continue
            if link := chain.broken_link:
                broken += 1
                typer.echo(f"{each}: {link}", err=True)
            if warning := chain.warning:
                typer.echo(f"{each}: warning: {warning}", err=True)
    if broken:
        refuse(f"{broken} of {checked} timelines broken", FAILED)
    typer.echo(f"{checked} {'timeline' if checked == 1 else 'timelines'} unbroken")


def _near(incidents: Incidents, storage: SealedHeads, incident: str) -> list[Head]:
    with reading("a line of its timeline"):
        lines = incidents.timeline(incident)
    return [head for found in sealed_near(storage, incident, lines) for head in found.heads]


def _by_incident(objects: Iterable[SealedObject]) -> Mapping[str, list[Head]]:
    heads: dict[str, list[Head]] = defaultdict(list)
    for each in objects:
        for head in each.heads:
            heads[head.incident].append(head)
    return heads


def _all(deployment: Deployment) -> set[str]:
    """Ids of all incidents, and of timelines whose incident is gone; those of synthetic complaints go by themselves."""
    client, tables = deployment.client("dynamodb"), deployment.tables
    stays = {"ExpressionAttributeNames": {"#ttl": "ttl"}}
    metas = _keys(
        client,
        tables.incidents,
        FilterExpression="SK = :meta AND attribute_not_exists(#ttl)",
        ExpressionAttributeValues={":meta": {"S": "META"}},
        **stays,
    )
    return {*metas, *_keys(client, tables.timeline, FilterExpression="attribute_not_exists(#ttl)", **stays)}


def _keys(client: Any, table: str, **request: Any) -> Iterator[str]:
    pages = client.get_paginator("scan").paginate(
        TableName=table, ProjectionExpression="PK", ConsistentRead=True, **request
    )
    for page in pages:
        for item in page["Items"]:
            yield item["PK"]["S"]
