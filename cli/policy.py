"""`tocsin policy check`, `tocsin policy show` and `tocsin policy push`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.refuse import FAILED, refuse
from shared.adapters.policy_yaml import PolicyError, check, load, read_text, shipped
from shared.domain.crisis_policy import GradeRules
from shared.domain.instants import format_duration
from shared.domain.policy import Condition, LevelRules, Policy, Rung

app = typer.Typer(help="Check and read policies: the levels, deadlines and chains as data.", no_args_is_help=True)

Sources = Annotated[list[str], typer.Argument(metavar="NAME-OR-FILE...", help=f"Shipped: {', '.join(shipped())}.")]


@app.command("check")
def check_policies(
    sources: Sources,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse warnings too.")] = False,
) -> None:
    """Check policies; every problem with its file, line and field. Exit code 1 where there are errors."""
    refused = False
    for source in sources:
        try:
            checked = check(*reversed(read_text(source)))
        except PolicyError as error:
            typer.echo(str(error), err=True)
            refused = True
            continue
        for problem in checked.problems:
            typer.echo(str(problem), err=True)
        errors = sum(problem.severity == "error" for problem in checked.problems)
        warnings = len(checked.problems) - errors
        if checked.policy is None or (strict and warnings):
            refused = True
            typer.echo(f"{source}: refused, {_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
        else:
            typer.echo(f"{source}: good, {_size(checked.policy)}, {_counted(warnings, 'warning')}")
    if refused:
        raise typer.Exit(1)


@app.command("show")
def show_policy(
    source: Annotated[str, typer.Argument(metavar="NAME-OR-FILE", help=f"Shipped: {', '.join(shipped())}.")],
) -> None:
    """Show what a policy says: levels and clocks, which complaint gets which level, who is paged. No contacts."""
    try:
        policy = load(source)
    except PolicyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    console = Console(highlight=False)
    console.print(f"[bold]{policy.policy}[/bold]  {escape(policy.description)}")
    tables = [_levels(policy), _rules(policy), _chains(policy), *([_crises(policy)] if policy.crises else [])]
    for table in tables:
        console.print()
        console.print(table)


@app.command("push")
def push_policy(
    source: Annotated[str, typer.Argument(metavar="NAME-OR-FILE", help=f"Shipped: {', '.join(shipped())}.")],
    stage: StageOption = LOCAL,
) -> None:
    """Check a policy and make it the one that new incidents of a stage open under; prints its reference."""
    try:
        name, text = read_text(source)
        checked = check(text, name)
    except PolicyError as error:
        refuse(str(error), FAILED)
    for problem in checked.problems:
        typer.echo(str(problem), err=True)
    if checked.policy is None:
        refuse(f"{source}: refused, nothing was stored", FAILED)
    deployment = find(stage)
    with reaching(stage):
        reference = deployment.policies().push(text)
    typer.echo(reference)


def _levels(policy: Policy) -> Table:
    table = Table("level", "clocks", "window", "paged at opening", "hours", title="Levels, the least severe first")
    for name, level in policy.levels.items():
        hours = "24 x 7, urgent" if level.urgent else level.calendar or "24 x 7"
        rungs = ", ".join(str(rung) for rung in level.page_at_opening)
        table.add_row(name, _clocks(level), format_duration(level.window), f"rung {rungs}", hours)
    return table


def _clocks(level: LevelRules) -> str:
    lines = [", ".join(f"{clock} {format_duration(length)}" for clock, length in level.clocks.running)]
    for channel, own in level.channels.items():
        lines.append(f"{channel}: " + ", ".join(f"{clock} {format_duration(length)}" for clock, length in own.running))
    lines += [f"{step} {format_duration(length)}" for step, length in level.milestones.items()]
    return "\n".join(line for line in lines if line)


def _rules(policy: Policy) -> Table:
    table = Table("a complaint with", "gets level", title="Classification: the highest that holds")
    for rule in policy.classification.rules:
        table.add_row(escape(_condition(rule.when)), rule.level)
    table.add_row("none of these", policy.classification.default)
    return table


def _condition(when: Condition) -> str:
    stated = {field: getattr(when, field) for field in type(when).model_fields}
    return ", ".join(f"{field} {_value(value)}" for field, value in stated.items() if value not in (None, ()))


def _value(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return f"{value:,.10g}"
        case tuple():
            return " or ".join(value)
        case _:
            return str(value)


def _chains(policy: Policy) -> Table:
    table = Table("chain", "for", "rungs", title="Chains: the most specific route, else default")
    for name, chain in policy.chains.items():
        routes = [
            ", ".join(f"{field} {value}" for field, value in route.when.wanted)
            for route in policy.routing
            if route.chain == name
        ]
        rungs = [f"{number} {rung.rung}: {', '.join(_on(rung))}" for number, rung in enumerate(chain, 1)]
        table.add_row(name, escape("\n".join(routes)), "\n".join(rungs))
    return table


def _on(rung: Rung) -> list[str]:
    return [*rung.people, *([f"whoever is on duty as {rung.role}"] if rung.role else [])]


def _crises(policy: Policy) -> Table:
    table = Table("crisis", "grade", "from", "then", "milestones", "statements", title="Crises: the highest grade wins")
    for name, kind in policy.crises.items():
        causes = [*(f"level {level}" for level in kind.levels), *(f"words {words}" for words in kind.keywords)]
        first = "\n".join([name, *causes])
        ladder = kind.statements.rungs if kind.statements else {}
        milestones = [f"{step} {format_duration(length)}" for step, length in kind.milestones.items()]
        statements = [f"{rung} {format_duration(rules.due)}" for rung, rules in ladder.items()]
        for grade, rules in kind.grades.items():
            table.add_row(
                escape(first),
                grade,
                _figures(rules),
                _does(rules),
                "\n".join(milestones) if rules.group else "",
                "\n".join(statements) if rules.statements else "",
            )
            first = ""
        table.add_section()
    return table


def _figures(rules: GradeRules) -> str:
    stated = {field: getattr(rules, field) for field in ("scope", "amount_cny_from", "reposts_from")}
    return "\n".join(f"{field} {_value(value)}" for field, value in stated.items() if value not in (None, ()))


def _does(rules: GradeRules) -> str:
    lines = [f"level {rules.level}"] if rules.level else []
    lines += ["calls the group" if rules.group else "pages the responsible rung"]
    return "\n".join([*lines, *(["tells the public"] if rules.statements else [])])


def _size(policy: Policy) -> str:
    parts = [(len(policy.levels), "level"), (len(policy.chains), "chain"), (len(policy.people), "person")]
    return ", ".join(_counted(*part) for part in parts)


def _counted(count: int, what: str) -> str:
    many = {"person": "people"}.get(what, f"{what}s")
    return f"{count} {what if count == 1 else many}"
