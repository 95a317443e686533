"""`tocsin keys`: who may call the API, and what signs webhooks and sessions. Everything rotates with two live keys.

A key of the API is shown once; its hash alone is kept, in the stage's secret.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final, Literal

import boto3
import typer

from cli.deployment import LOCAL, Deployment, StageOption, find, reaching
from cli.front_key import retire_front, rotate_front
from cli.key_ring import KeyRing
from cli.live_keys import add_key, keys_of, retire_key
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import LocalStack, running_stack

app = typer.Typer(name="keys", help="API keys of intake systems and of people, and what signs.", no_args_is_help=True)

Where = Annotated[
    str,
    typer.Option(
        "--secret",
        envvar="TOCSIN_API_KEYS_SECRET_ARN",
        help="The stack output ApiKeysSecretArn; without it the local stack's.",
        show_default=False,
    ),
]

Rotated = Annotated[
    Literal["api", "webhook", "console", "front"],
    typer.Argument(help="An API key; what signs webhooks, or sessions of the console; what CloudFront shows the API."),
]
Named = Annotated[str, typer.Argument(help="Of an API key: its name, as `list` has it.", show_default=False)]

_OUTPUTS: Final = {"webhook": "WebhookSecretArn", "console": "ConsoleSecretArn"}


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What the key is called; logs name callers by it.")],
    source: Annotated[str, typer.Option(help="Of an intake system: this source and all below it.")] = "",
    person: Annotated[str, typer.Option(help="Of a person: their id in the policy.")] = "",
    secret: Where = "",
) -> None:
    """Make a key for an intake system or a person, and print it. It is never shown again."""
    typer.echo(_done(lambda: _ring(secret).add(name, source=source, person=person)))


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
def rotate(what: Rotated, name: Named = "", stage: StageOption = LOCAL) -> None:
    """Make a new key beside the one that is in use; both work until `retire`.

    Prints the new key where another party has to know it: api, webhook.
    """
    where = find(stage)
    with reaching(stage):
        if what == "api":
            typer.echo(_done(lambda: _ring_of(where).rotate(_required(name))))
        elif what == "front":
            rotate_front(where, time.sleep)
            typer.echo("the front sends a new key; functions take the one before too", err=True)
        else:
            secrets, secret = where.client("secretsmanager"), where.output(_OUTPUTS[what])
            live = add_key(secrets, secret)
            typer.echo(f"{live} live {'key' if live == 1 else 'keys'}; functions notice within a minute", err=True)
            if what == "webhook":
                typer.echo(keys_of(secrets, secret)[-1])


@app.command()
def retire(what: Rotated, name: Named = "", stage: StageOption = LOCAL) -> None:
    """Forget the older of two live keys: what it signed, or whoever still shows it, is refused within a minute."""
    where = find(stage)
    with reaching(stage):
        if what == "api":
            if not _ring_of(where).retire(_required(name)):
                typer.echo(f"there are no two keys called '{name}'", err=True)
                raise typer.Exit(1)
        elif what == "front":
            retire_front(where)
        else:
            retire_key(where.client("secretsmanager"), where.output(_OUTPUTS[what]))


def _required(name: str) -> str:
    if not name:
        typer.echo("say which: `tocsin keys list` has the names", err=True)
        raise typer.Exit(2)
    return name


def _done(work: Callable[[], str]) -> str:
    try:
        return work()
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _ring_of(where: Deployment) -> KeyRing:
    return KeyRing(where.client("secretsmanager"), where.output("ApiKeysSecretArn"))


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
