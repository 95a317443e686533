"""`tocsin keys`: who may call the API. A key is shown once; its hash alone is kept, in the stage's secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated, Any

import boto3
import typer
from pydantic import TypeAdapter, ValidationError

from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import running_stack
from shared.adapters.api_keys import new_key
from shared.application.whose import why_reserved
from shared.domain.events import ComplaintReceived
from shared.domain.policy_parts import Identifier

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


@dataclass(frozen=True)
class KeyRing:
    """The keys in one secret, as `shared.adapters.api_keys` reads them."""

    client: Any
    secret: str

    def entries(self) -> list[dict[str, Any]]:
        """Every key by its hash."""
        kept = json.loads(self.client.get_secret_value(SecretId=self.secret)["SecretString"])
        return list(kept.get("keys") or [])

    def add(self, name: str, *, source: str = "", person: str = "") -> str:
        """A new key; only its hash is kept.

        Raises:
            ValueError: the name is taken, or it is not for exactly one source or person.
        """
        entries = self.entries()
        if not name.strip():
            raise ValueError("a key needs a name")
        if any(entry.get("name") == name for entry in entries):
            raise ValueError(f"there is a key called '{name}' already; revoke it first, or choose another name")
        if bool(source) == bool(person):
            raise ValueError("a key is for one source or for one person: give --source or --person")
        if source:
            _check_source(source)
        else:
            _check_person(person)
        key, kept = new_key()
        whose = {"source": source} if source else {"person": person}
        self._keep([*entries, {"name": name, "sha256": kept, **whose}])
        return key

    def revoke(self, name: str) -> bool:
        """Forget a key; False where there is none of this name."""
        entries = self.entries()
        left = [entry for entry in entries if entry.get("name") != name]
        if len(left) == len(entries):
            return False
        self._keep(left)
        return True

    def _keep(self, entries: list[dict[str, Any]]) -> None:
        self.client.put_secret_value(SecretId=self.secret, SecretString=json.dumps({"keys": entries}))


def _check_source(source: str) -> None:
    field = ComplaintReceived.model_fields["source"]
    try:
        TypeAdapter(Annotated[str, field]).validate_python(source)
    except ValidationError:
        raise ValueError("the source must be a URI reference such as crm/hotline, without spaces and `#`") from None
    if why := why_reserved(source):
        raise ValueError(f"'{source}' {why}; no intake system may use it")


def _check_person(person: str) -> None:
    try:
        TypeAdapter(Identifier).validate_python(person)
    except ValidationError:
        raise ValueError(f"'{person}' is no id of a person in a policy") from None


def _ring(secret: str) -> KeyRing:
    if secret:
        return KeyRing(boto3.client("secretsmanager"), secret)
    try:
        stack = running_stack()
    except LocalStackError as error:
        typer.echo(f"{error}; or name the secret of a stage with --secret", err=True)
        raise typer.Exit(1) from None
    return KeyRing(stack.client("secretsmanager"), stack.outputs["ApiKeysSecretArn"])
