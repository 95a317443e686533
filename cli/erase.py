"""`tocsin erase`: a customer is forgotten. What they told of themselves lies in one row, beside the record."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.incidents import Which, named
from cli.refuse import FAILED, refuse
from shared.adapters import dynamo_keys


def erase(
    which: Which,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Erase what a customer told of themselves. The incident and its timeline stay: nothing of it is on them."""
    incident, deployment = named(which), find(stage)
    with reaching(stage):
        if deployment.incidents().load(incident) is None:
            refuse(f"there is no incident {incident}", FAILED)
        if not yes:
            typer.confirm(f"Erase the customer's data of {incident} for good?", abort=True)
        gone = deployment.client("dynamodb").delete_item(
            TableName=deployment.tables.incidents, Key=dynamo_keys.customer(incident), ReturnValues="ALL_OLD"
        )
    typer.echo("erased" if gone.get("Attributes") else "nothing was kept of the customer")
