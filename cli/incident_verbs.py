"""`tocsin incidents ack` and the other answers of people: the same door as the API, with the person's own key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.api import Api, ApiError, KeyOption, UrlOption, connected
from cli.deployment import LOCAL, StageOption
from cli.incidents import Which, app, named
from cli.refuse import FAILED, refuse

__all__ = ["app"]

Reason = Annotated[str, typer.Option("--reason", help="Why; it goes into the timeline.")]
Solution = Annotated[str, typer.Option("--solution", help="What is offered to the customer, or was done.")]
Note = Annotated[str, typer.Option("--text", help="A note for the timeline.")]


@app.command("ack")
def acknowledge(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """Take it on: the escalation stops."""
    _handle(stage, url, key, which, "acknowledge")


@app.command()
def propose(
    which: Which, solution: Solution, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """A solution was offered to the customer."""
    _handle(stage, url, key, which, "propose", solution=solution)


@app.command()
def resolve(
    which: Which, solution: Solution = "", url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """It is solved."""
    _handle(stage, url, key, which, "resolve", solution=solution)


@app.command()
def close(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """Close the record."""
    _handle(stage, url, key, which, "close")


@app.command()
def escalate(
    which: Which, reason: Reason, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """Page the next rung now."""
    _handle(stage, url, key, which, "escalate", reason=reason)


@app.command("hand-over")
def hand_over(
    which: Which,
    to: Annotated[str, typer.Option("--to", help="A person of the policy, who must acknowledge.")],
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Give it to somebody else."""
    _handle(stage, url, key, which, "hand-over", to=to)


@app.command()
def reclassify(
    which: Which,
    level: Annotated[str, typer.Option("--level", help="A level of the rules it was opened under.")],
    reason: Reason,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Set another level, up or down."""
    _handle(stage, url, key, which, "reclassify", level=level, reason=reason)


@app.command()
def wait(which: Which, reason: Reason, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """Wait for the customer: the resolve clock stops."""
    _handle(stage, url, key, which, "wait", reason=reason)


@app.command()
def resume(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """The customer answered: the resolve clock goes on."""
    _handle(stage, url, key, which, "resume")


@app.command("follow-up")
def follow_up(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """The customer was called afterwards."""
    _handle(stage, url, key, which, "follow-up")


@app.command()
def confirm(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """The customer agrees that it is solved."""
    _handle(stage, url, key, which, "confirm")


@app.command()
def reopen(
    which: Which, reason: Reason = "", url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """Take it back into handling."""
    _handle(stage, url, key, which, "reopen", reason=reason)


@app.command("root-cause")
def root_cause(
    which: Which, text: Note = "", url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """The analysis of the root cause began."""
    _handle(stage, url, key, which, "root-cause", text=text)


@app.command()
def milestone(
    which: Which,
    name: Annotated[str, typer.Option("--name", help="As the level's plan names it.")],
    text: Note = "",
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """A step of the level's own plan is done."""
    _handle(stage, url, key, which, "milestone", milestone=name, text=text)


def _handle(stage: str, url: str, key: str, which: str, verb: str, **said: str) -> None:
    found = answer(stage, url, key, which, verb, {name: value for name, value in said.items() if value})
    typer.echo(f"{done(found)}: {found['state']}, level {found['level']}, held by {found['holder'] or 'nobody'}")


def answer(stage: str, url: str, key: str, which: str, verb: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Do what a verb of the API does, once; the incident afterwards. Ends the command where it is refused."""
    need_own_key(key)
    once = {"Idempotency-Key": secrets.token_hex(16)}  # a repeat after a lost answer changes nothing
    with connected(stage, url, key) as api:
        return ask(api, "POST", f"v1/incidents/{named(which)}/{verb}", said, once)


def ask(
    api: Api,
    method: str,
    path: str,
    said: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """What the API answers; what it refuses ends the command, with every wrong field named."""
    body = None if said is None else json.dumps(said, ensure_ascii=False)
    try:
        found: Mapping[str, Any] = api.call(method, path, body, headers)
    except ApiError as error:
        faults = [f"  {fault['field']}: {fault['message']}" for fault in error.faults]
        refuse("\n".join([str(error), *faults]), FAILED)
    return found


def need_own_key(key: str) -> None:
    """End the command where nobody's key is at hand: the local stack's own is an intake system's."""
    if not key:
        refuse(
            "people answer with a key of their own: set TOCSIN_API_KEY (`tocsin keys add NAME --person ID` makes one)"
        )


def done(found: Mapping[str, Any]) -> str:
    """What became of it, in a word."""
    return _SAID[found["status"]]


_SAID = {
    "accepted": "done",
    "duplicate": "done",  # the key is this call's own, so it was a repeat after a lost answer
    "kept": "kept, but not in effect yet",
    "no_effect": "nothing was left to do",
}
