"""`tocsin demo`: deploy, play the story, tell how it went."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from cli.demo.play import Play
from cli.demo.report import console, show_story, show_verdict
from cli.demo.story import POLICY, SPEED, read_slice
from cli.local_stack.emulator import LocalStackError
from cli.local_stack.links import links_note
from cli.local_stack.stack import local_stack


def demo(
    keep_logs: Annotated[bool, typer.Option("--keep-logs", help="Keep the stack's logs under .tocsin/.")] = False,
) -> None:
    """Play a slice of a real day on a stack of its own, and check who was paged against the carrier's record."""
    started = time.monotonic()
    story = read_slice()
    show_story(story)
    try:
        with local_stack(policy=POLICY, time_scale=SPEED, keep_logs=keep_logs) as stack:
            console.print(f"Deployed in {time.monotonic() - started:.0f} s: {stack.api_url}")
            console.print(f"[dim]{links_note(stack)}[/]")
            outcome = Play(stack, story).run()
    except LocalStackError as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    good = show_verdict(outcome)
    console.print(f"\n{time.monotonic() - started:.0f} s in all. The stack is gone; nothing keeps running.")
    raise typer.Exit(0 if good else 1)
