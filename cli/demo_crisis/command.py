"""`tocsin demo-crisis`: deploy, play the crisis, judge it, prove it."""

from __future__ import annotations

import shutil
import threading
import time
from typing import Annotated, Final

import typer

from cli.demo.report import console
from cli.demo_crisis.outcome import Outcome
from cli.demo_crisis.play import SPEED, Play
from cli.demo_crisis.policy import SHIPPED
from cli.demo_crisis.proof import broken_chain, deployment_of, faulty_package
from cli.demo_crisis.report import show_addresses, show_story, show_verdict
from cli.demo_crisis.story import LATE
from cli.demo_crisis.verdict import Check, Verdict, judge, published_at
from cli.local_stack.emulator import ROOT, LocalStackError
from cli.local_stack.stack import LocalStack, local_stack

LEFT: Final = ROOT / ".tocsin" / "demo-crisis"
"""What stays: what the public read, and the evidence package."""


def demo_crisis(
    keep: Annotated[bool, typer.Option("--keep", help="Keep the stack until Ctrl-C, to look at the pages.")] = False,
    keep_logs: Annotated[bool, typer.Option("--keep-logs", help="Keep the stack's logs under .tocsin/.")] = False,
) -> None:
    """Play a food-safety crisis on a stack of its own, and check pages, statements, public page and evidence."""
    began = time.monotonic()
    show_story()
    try:
        with local_stack(policy=SHIPPED, time_scale=SPEED, keep_logs=keep_logs) as stack:
            console.print(f"Deployed in {time.monotonic() - began:.0f} s: {stack.api_url}")
            outcome = Play(stack).run()
            good = show_verdict(_judged(stack, outcome))
            console.print(f"\n{time.monotonic() - began:.0f} s in all.")
            if keep:
                _stay(stack, outcome)
    except LocalStackError as error:
        console.print(f"[red]{error}")
        raise typer.Exit(1) from error
    left = LEFT.relative_to(ROOT)
    console.print(
        f"The stack is gone; nothing keeps running. What the public read lies in {left}/site/, and the evidence\n"
        f"package beside it: `tocsin crisis evidence --verify {left}/evidence.zip`."
    )
    raise typer.Exit(0 if good else 1)


def _judged(stack: LocalStack, outcome: Outcome) -> Verdict:
    verdict = judge(outcome, SPEED)
    deployment, incident = deployment_of(stack), outcome.incident
    shutil.rmtree(LEFT, ignore_errors=True)
    LEFT.mkdir(parents=True)
    package = faulty_package(deployment, incident, LEFT / "evidence.zip")
    outcome.public.save(LEFT / "site")
    verdict.checks += [
        Check(
            "the public page, its statements, Atom and JSON feeds hold each of them once, in both languages",
            outcome.public.wrong(published_at(outcome.view), LATE),
        ),
        Check(
            "the timeline is an unbroken chain, every line sealed in write-once storage",
            broken_chain(deployment, incident),
        ),
        Check("the evidence package is whole, by its own verify.py", package),
    ]
    return verdict


def _stay(stack: LocalStack, outcome: Outcome) -> None:
    """Until Ctrl-C, or the signal that ends a program."""
    show_addresses(stack, outcome.public)
    console.print("\nCtrl-C ends the stack.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print()
