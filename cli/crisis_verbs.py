"""`tocsin crisis`: what people do about a crisis, and the room as a table; the same door as the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from cli.api import KeyOption, UrlOption, connected
from cli.crisis_sheet import crises_table, crisis_sheet
from cli.deployment import LOCAL, StageOption
from cli.incident_verbs import Note, Reason, answer, ask, done, need_own_key
from cli.incidents import AsJson, Which, named
from cli.refuse import refuse

app = typer.Typer(name="crisis", help="Crises: the response group, its milestones, its end.", no_args_is_help=True)

Who = Annotated[str, typer.Option("--who", help="A person of the policy.")]


@app.command("list")
def list_crises(as_json: AsJson = False, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """List the crises that are on, the newest first. Needs a person's key."""
    need_own_key(key)
    with connected(stage, url, key) as api:
        found = ask(api, "GET", "v1/crises")["crises"]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        crises_table(found)


@app.command()
def declare(
    which: Which,
    reason: Reason,
    grade: Annotated[str, typer.Option("--grade", help="blue, yellow or red; without it red.")] = "",
    kind: Annotated[
        str, typer.Option("--kind", help="A crisis type of the policy; without it the one that fits.")
    ] = "",
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Declare a crisis, or a higher grade of one."""
    _act(stage, url, key, which, "declare-crisis", reason=reason, grade=grade, kind=kind)


@app.command()
def confirm(which: Which, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """You were called, and you are in."""
    _act(stage, url, key, which, "confirm-call")


@app.command()
def decline(
    which: Which, reason: Reason = "", url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """You were called and cannot come: the next one is called at once."""
    _act(stage, url, key, which, "decline-call", reason=reason)


@app.command()
def invite(which: Which, who: Who, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """Ask somebody beyond the seats to join."""
    _act(stage, url, key, which, "invite", who=who)


@app.command()
def seat(
    which: Which,
    seat: Annotated[str, typer.Argument(help="Such as commander, or quality.2.")],
    who: Who,
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Give a seat to somebody else, who is called."""
    _act(stage, url, key, which, "seat", seat=seat, who=who)


@app.command()
def join(
    which: Which,
    complaint: Annotated[str, typer.Argument(metavar="COMPLAINT", help="The other complaint, as its ID.")],
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """Another complaint is about the same matter; its own clocks run on."""
    _act(stage, url, key, which, "join", complaint=named(complaint))


@app.command("stand-down")
def stand_down(
    which: Which, reason: Reason, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """It is over: what is left of calls and statements is cancelled."""
    _act(stage, url, key, which, "stand-down", reason=reason)


@app.command()
def milestone(
    which: Which,
    name: Annotated[str, typer.Argument(help="Such as plan or review.")],
    text: Note = "",
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """A milestone is met."""
    _act(stage, url, key, which, "milestone", milestone=name, text=text)


@app.command()
def show(
    which: Which, as_json: AsJson = False, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """Show who is in, what is due and where the statements stand. A person's key sees names and texts' hashes."""
    with connected(stage, url, key) as api:
        found = ask(api, "GET", f"v1/incidents/{named(which)}")
    if found["crisis"] is None:
        refuse(f"{found['incident']} is no crisis" + (f", but part of {part}" if (part := found["part_of"]) else ""))
    if as_json:
        typer.echo(json.dumps({"drill": found["drill"], **found["crisis"]}, ensure_ascii=False))
    else:
        crisis_sheet(found)


def _act(stage: str, url: str, key: str, which: str, verb: str, **said: str) -> None:
    found = answer(stage, url, key, which, verb, {name: value for name, value in said.items() if value})
    typer.echo(f"{done(found)}: {standing(found)}")


def standing(found: Mapping[str, Any]) -> str:
    """Where the crisis of an incident stands, in a line."""
    crisis = found["crisis"]
    if crisis is None:
        return "no crisis"
    drill = "DRILL, " if found["drill"] else ""
    if crisis["over_at"]:
        return f"{drill}{crisis['kind']}, over since {crisis['over_at']}"
    taken = sum(seat["state"] == "in" for seat in crisis["seats"])
    return f"{drill}{crisis['kind']}, {crisis['grade']}, {taken} of {len(crisis['seats'])} seats taken"
