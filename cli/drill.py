"""`tocsin drill`: exercises of a crisis on the real path, marked all the way, and their score (B5)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from cli.api import KeyOption, UrlOption, connected
from cli.crisis_verbs import standing
from cli.deployment import LOCAL, StageOption
from cli.incident_verbs import ask, done, need_own_key
from cli.incidents import AsJson, Which, named
from cli.paper import paper
from cli.refuse import refuse
from shared.adapters.drill_scenarios import ScenarioError, load, shipped

app = typer.Typer(name="drill", help="Drills: a marked crisis on the real path, and its score.", no_args_is_help=True)

Chosen = Annotated[
    str,
    typer.Argument(metavar="SCENARIO", help=f"A scenario's name, or its file. Shipped: {', '.join(shipped())}."),
]


@app.command("list")
def list_scenarios(as_json: AsJson = False) -> None:
    """List the scenarios that ship. Which drill is on, `tocsin crisis list` says."""
    scenarios = [load(name) for name in shipped()]
    if as_json:
        typer.echo(json.dumps([each.model_dump(mode="json", exclude_none=True) for each in scenarios]))
        return
    table = Table("scenario", "title", "what is practised")
    for each in scenarios:
        table.add_row(each.scenario, *("\n".join(texts.values()) for texts in (each.title, each.about)))
    paper().print(table)


@app.command()
def start(scenario: Chosen, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL) -> None:
    """Start a drill: the group is called at once. For rung 2 or above of a chain, operations and commanders."""
    try:
        chosen = load(scenario)
    except ScenarioError as error:
        refuse(str(error))
    need_own_key(key)
    said = chosen.model_dump(mode="json", exclude_none=True)
    once = {"Idempotency-Key": secrets.token_hex(16)}  # a repeat after a lost answer starts no second drill
    with connected(stage, url, key) as api:
        found = ask(api, "POST", "v1/drills", said, once)
    typer.echo(f"{found['incident']}  {found['subject']}: {standing(found)}")


@app.command()
def score(
    which: Which, as_json: AsJson = False, url: UrlOption = "", key: KeyOption = "", stage: StageOption = LOCAL
) -> None:
    """Show what was due, who answered within how long, and whom it renewed; while it runs, so far."""
    need_own_key(key)
    with connected(stage, url, key) as api:
        found = ask(api, "GET", f"v1/drills/{named(which)}")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)


@app.command()
def end(
    which: Which,
    reason: Annotated[str, typer.Option("--reason")] = "the drill is over",
    url: UrlOption = "",
    key: KeyOption = "",
    stage: StageOption = LOCAL,
) -> None:
    """End a drill and show its score: for its members and whoever may start one. A real crisis is left alone."""
    need_own_key(key)
    incident = named(which)
    once = {"Idempotency-Key": secrets.token_hex(16)}
    with connected(stage, url, key) as api:
        ask(api, "GET", f"v1/drills/{incident}")  # refuses what is no drill
        answered = ask(api, "POST", f"v1/incidents/{incident}/stand-down", {"reason": reason}, once)
        found = ask(api, "GET", f"v1/drills/{incident}")
    typer.echo(f"{done(answered)}: {standing(answered)}")
    _print(found)


def _print(found: Mapping[str, Any]) -> None:
    console = paper()
    verdict = {None: "running", True: "passed", False: "not passed"}[found["passed"]]
    over = f", over {found['over_at']}" if found["over_at"] else ""
    in_time = sum(mark["in_time"] for mark in found["marks"])
    of_what = f"{in_time} of {len(found['marks'])} in time ({found['share']:.0%}, {found['pass_share']:.0%} passes)"
    for line in (
        f"[bold reverse] DRILL [/] [bold]{escape(found['subject'])}[/bold]  {found['incident']}",
        escape(found["summary"]),
        f"{found['kind']}, {found['grade']}, started {found['started_at']} by {escape(found['started_by'])}{over}",
        f"[bold]{verdict}[/bold]: {of_what}",
    ):
        console.print(line, soft_wrap=True)
    for table in (_marks(found), _answers(found)):
        if table.row_count:
            console.print()
            console.print(table)
    if found["renewed"]:
        console.print(f"renewed until {found['renewed_until']}: {escape(', '.join(found['renewed']))}", soft_wrap=True)


def _marks(found: Mapping[str, Any]) -> Table:
    table = Table("what", "due", "done", "in time", title="What was due", title_justify="left")
    for mark in found["marks"]:
        late = f"no, {mark['late_seconds']:,.0f} s late" if mark["late_seconds"] is not None else "no"
        table.add_row(mark["what"], mark["due"], mark["done"] or "-", "yes" if mark["in_time"] else late)
    return table


def _answers(found: Mapping[str, Any]) -> Table:
    table = Table("seat", "person", "answer", "after", "in time", title="Who was called", title_justify="left")
    for each in found["answers"]:
        after = "-" if each["seconds"] is None else f"{each['seconds']:,.1f} s"
        words = each["answer"].replace("_", " ")
        table.add_row(each["seat"], escape(each["person"]), words, after, "yes" if each["in_time"] else "no")
    return table
