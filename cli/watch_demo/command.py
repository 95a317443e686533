"""`tocsin watch-demo`: deploy, break, listen, judge."""

from __future__ import annotations

import time
from typing import Annotated, Final

import typer

from cli.demo.report import console
from cli.local_stack.emulator import ROOT, LocalStackError
from cli.local_stack.stack import local_stack
from cli.watch_demo.play import Play
from cli.watch_demo.report import show_story, show_verdict
from cli.watch_demo.story import POLICY, SPEED, Pace
from cli.watch_demo.verdict import judge

RUNBOOK: Final = ROOT / "docs" / "operations.md"


def watch_demo(
    speed: Annotated[int, typer.Option(min=1, max=12, help="How many times as fast the stage's clocks are.")] = SPEED,
    keep_logs: Annotated[bool, typer.Option("--keep-logs", help="Keep the stack's logs under .tocsin/.")] = False,
) -> None:
    """Break the pager on purpose, one way after another, and check that somebody is told each time."""
    began, pace = time.monotonic(), Pace(speed)
    show_story(pace)
    try:
        with local_stack(policy=POLICY, time_scale=speed, keep_logs=keep_logs, watched=True) as stack:
            console.print(f"Deployed in {time.monotonic() - began:.0f} s: {stack.api_url}")
            outcome = Play(stack, pace).run()
    except LocalStackError as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    good = show_verdict(outcome, judge(outcome, RUNBOOK.read_text(encoding="utf-8")), pace)
    console.print(f"\n{time.monotonic() - began:.0f} s in all. The stack is gone; nothing keeps running.")
    raise typer.Exit(0 if good else 1)
