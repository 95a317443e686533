"""`tocsin statement`: what the public will read: drafts, approvals, corrections; the same door as the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.api import KeyOption, UrlOption, connected
from cli.deployment import LOCAL, StageOption
from cli.incident_verbs import Reason, answer, ask, done, need_own_key
from cli.incidents import AsJson, Which, named
from cli.refuse import refuse

app = typer.Typer(name="statement", help="Statements to the public: drafts and approvals.", no_args_is_help=True)

Rung = Annotated[str, typer.Argument(help="Of the statement ladder, such as first.")]
Texts = Annotated[
    list[str], typer.Option("--text", metavar="LOCALE=FILE", help="The text in a language; once for each.")
]
Evidence = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="NAME=SHA256", help="A file it rests on; once for each."),
]
Revision = Annotated[int, typer.Option("--revision", min=1, help="Which text: an approval stands for exactly this.")]


@app.command()
def draft(
    which: Which,
    rung: Rung,
    text: Texts,
    evidence: Evidence = None,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Write a text, or another one: approvals of the one before fall away."""
    _write(stage, url, key, which, rung, "draft", text, evidence)


@app.command()
def correct(
    which: Which,
    rung: Rung,
    text: Texts,
    evidence: Evidence = None,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Write another revision of what is public already; it needs approvals of its own."""
    _write(stage, url, key, which, rung, "correct", text, evidence)


@app.command()
def approve(
    which: Which,
    rung: Rung,
    revision: Revision,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Stand by exactly this revision."""
    _judge(stage, url, key, which, "approve", rung=rung, revision=revision)


@app.command()
def reject(
    which: Which,
    rung: Rung,
    revision: Revision,
    reason: Reason,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Veto this revision: it will not be published."""
    _judge(stage, url, key, which, "reject", rung=rung, revision=revision, reason=reason)


@app.command()
def show(
    which: Which,
    rung: Rung,
    revision: Annotated[int | None, typer.Option("--revision", min=1, help="Without it the newest.")] = None,
    as_json: AsJson = False,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Print the text of a revision."""
    need_own_key(key)
    with connected(stage, url, key) as api:
        at = f"v1/incidents/{named(which)}"
        number = revision or _newest(ask(api, "GET", at), rung)
        found = ask(api, "GET", f"{at}/statements/{rung}/{number}")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    typer.echo(f"{found['rung']}, revision {found['revision']} by {found['by']}, {found['hash']}")
    for locale, text in found["text"].items():
        typer.echo(f"\n[{locale}]\n{text}")
    for proof in found["evidence"]:
        typer.echo(f"\nevidence: {proof['name']} {proof['sha256']}")


def _newest(incident: Any, rung: str) -> int:
    statements = (incident["crisis"] or {}).get("statements", ())
    revisions = next((one["revisions"] for one in statements if one["rung"] == rung), ())
    if not revisions:
        refuse(f"nothing was drafted for '{rung}'")
    return int(revisions[-1]["revision"])


def _write(
    stage: str, url: str, key: str, which: str, rung: str, verb: str, text: list[str], evidence: list[str] | None
) -> None:
    written = {locale: _text_in(file) for locale, file in map(_pair, text)}
    proofs = [{"name": name, "sha256": sha256} for name, sha256 in map(_pair, evidence or ())]
    found = answer(stage, url, key, which, verb, {"rung": rung, "text": written, "evidence": proofs})
    typer.echo(f"{done(found)}: {rung}, revision {_newest(found, rung)}")


def _judge(stage: str, url: str, key: str, which: str, verb: str, **said: Any) -> None:
    found = answer(stage, url, key, which, verb, said)
    statements = (found["crisis"] or {}).get("statements", ())
    states = [f"{one['rung']} is {one['state']}" for one in statements if one["rung"] == said["rung"]]
    typer.echo(": ".join([done(found), *states]))


def _pair(given: str) -> tuple[str, str]:
    name, sign, value = given.rpartition("=")
    if not (sign and name and value):
        refuse(f"'{given}' is not of the form NAME=VALUE")
    return name, value


def _text_in(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        refuse(f"{file}: {error}")
