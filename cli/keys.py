"""`tocsin keys`: who may call the API. A key is shown once; its hash alone is kept, in the stage's secret."""

from __future__ import annotations

from typing import Annotated

import boto3
import typer

from cli.console_keys import add_console_key
from cli.key_ring import KeyRing
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import LocalStack, running_stack

app = typer.Typer(name="keys", help="API keys of intake systems and of people.", no_args_is_help=True)

Where = Annotated[
    str,
    typer.Option(
        "--secret",
        envvar="TOCSIN_API_KEYS_SECRET_ARN",
        help="The stack output ApiKeysSecretArn; without it the local stack's.",
        show_default=False,
    ),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the key is called; logs name callers by it.")],
    source: Annotated[str, typer.Option(help="Of an intake system: this source and all below it.")] = "",
    person: Annotated[str, typer.Option(help="Of a person: their id in the policy.")] = "",
    secret: Where = "",
) -> None:
    """Make a key for an intake system or a person, and print it. It is never shown again."""
    ring = _ring(secret)
    try:
        key = ring.add(name, source=source, person=person)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(key)


@app.command("list")
def show(secret: Where = "") -> None:
    """List the keys: name, whose it is, and the beginning of its hash."""
    for entry in _ring(secret).entries():
        whose = f"person {entry['person']}" if entry.get("person") else f"source {entry.get('source')}"
        typer.echo(f"{entry.get('name', '')}\t{whose}\t{str(entry.get('sha256', ''))[:8]}")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="As `list` names it.")],
    secret: Where = "",
) -> None:
    """Take a key back. Functions that are running take it for up to another minute."""
    if not _ring(secret).revoke(name):
        typer.echo(f"there is no key called '{name}'", err=True)
        raise typer.Exit(1)


@app.command()
def console(
    secret: Annotated[
        str,
        typer.Option(
            "--secret",
            envvar="TOCSIN_CONSOLE_SECRET_ARN",
            help="The stack output ConsoleSecretArn; without it the local stack's.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Make a new key that signs the sessions of the console; nobody is signed out.

    The one before still opens what it signed, the one before that no more: wait a day between two.
    """
    if secret:
        live = add_console_key(boto3.client("secretsmanager"), secret)
    else:
        stack = _local()
        live = add_console_key(stack.client("secretsmanager"), stack.outputs["ConsoleSecretArn"])
    typer.echo(f"{live} live {'key' if live == 1 else 'keys'}; functions notice within a minute")


def _ring(secret: str) -> KeyRing:
    if secret:
        return KeyRing(boto3.client("secretsmanager"), secret)
    stack = _local()
    return KeyRing(stack.client("secretsmanager"), stack.outputs["ApiKeysSecretArn"])


def _local() -> LocalStack:
    try:
        return running_stack()
    except LocalStackError as error:
        typer.echo(f"{error}; or name the secret of a stage with --secret", err=True)
        raise typer.Exit(1) from None
