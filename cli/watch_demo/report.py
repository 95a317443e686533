"""What the demo tells on the way and at its end."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.demo.report import console
from cli.watch_demo.story import GRACE_MINUTES, HEALTHY_MINUTES, PERIOD_MINUTES, STORY, Break, Pace
from cli.watch_demo.told import Told
from cli.watch_demo.verdict import Check, Outcome, came_along, findings

_WIDTH: Final = 120
"""Columns of the table, however narrow the window is: names of alarms are to be read in full."""


def show_story(pace: Pace) -> None:
    """What is going to be broken."""
    console.print(
        f"The pager is broken in {len(STORY)} ways, one after another. Everything that counts time runs {pace.speed} "
        f"times faster:\na minute of the stage is {pace.minute / 1000:g} s. The alarms are those of the deployed "
        "template, with its thresholds.\nTwo listen: a subscriber of the operations topic, and a service outside that "
        f"hears the heartbeat\n(period {PERIOD_MINUTES} min, grace {GRACE_MINUTES} min).\n\n"
        "Deploying the product onto an AWS emulator of its own with the real CDK (log: .tocsin/) …"
    )


def show_quiet(alarms: int) -> None:
    """Somebody listens from now on."""
    console.print(f"All {alarms} alarms are quiet, and the heartbeat is heard. From here on seconds count.\n")


def show_healthy(seconds: float) -> None:
    """The pager works."""
    console.print(
        f"{'':9} A complaint comes in, and somebody is paged after {seconds:.1f} s. "
        f"{HEALTHY_MINUTES} healthy minutes of the stage …"
    )


def show_break(act: Break, after: float) -> None:
    """Something is broken."""
    console.print(f"\n{after:6.1f} s  [bold red]broken: {act.title}[/]  {escape(act.how)}")


def show_mended(act: Break, after: float) -> None:
    """It is put right."""
    console.print(f"{after:6.1f} s  [cyan]mended: {act.title}[/]")


def show_told(told: Told, after: float) -> None:
    """Somebody was told something, as soon as it reached them."""
    colour = "yellow" if told.state == "ALARM" else "green"
    text = shorten(told.text, 110, placeholder=" …") if told.state == "ALARM" else ""
    console.print(f"{after:6.1f} s  [{colour}]{told.state:5} {told.alarm}[/] [dim]{told.by}[/]  {escape(text)}")


def show_verdict(outcome: Outcome, checks: Sequence[Check], pace: Pace) -> bool:
    """The table and the checks; whether all of them hold."""
    _show_table(outcome, pace)
    for check in checks:
        console.print(f"  {'[red]✗' if check.against else '[green]✓'}[/] {check.says}")
        for finding in check.against:
            console.print(f"      {finding}", style="red", markup=False)
    if along := came_along(outcome):
        console.print(f"  [dim]Told beside them, because it was true: {', '.join(along)}[/]")
    return not any(check.against for check in checks)


def _show_table(outcome: Outcome, pace: Pace) -> None:
    title = "\nFrom the break to the word of it, and from the mending to the word that it is over"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("broken", "told by", "as", "after", "of the stage", "bound", "over after"):
        table.add_column(name, justify="left" if name in ("broken", "told by", "as") else "right", no_wrap=True)
    for each in findings(outcome):
        broken = each.broken
        table.add_row(
            broken.title,
            broken.by,
            broken.alarm,
            _seconds(each.after),
            "never" if each.after is None else f"{each.after / pace.minute:.1f} min",
            f"{broken.within / pace.minute:.0f} min",
            _seconds(each.ended_after),
        )
    Console(width=_WIDTH, highlight=False).print(table)
    console.print()


def _seconds(milliseconds: int | None) -> str:
    return "never" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
