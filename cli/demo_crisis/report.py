"""What the demo tells on the way and at its end."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from cli.demo.carrier import Sent
from cli.demo.report import console
from cli.demo_crisis.verdict import Check, Verdict, allowed
from shared.domain.instants import SECOND

if TYPE_CHECKING:
    from cli.demo_crisis.acting import Done
    from cli.demo_crisis.expected import Match
    from cli.demo_crisis.public import PublicPage
    from cli.local_stack.stack import LocalStack


def show_story() -> None:
    """What is going to be played."""
    console.print(
        "A post on Weibo: three children poisoned by yoghurt. Played sixty times faster: a second is a minute. The\n"
        "policy is `retail`, with the last two statements due after 90 and 150 minutes instead of 6 and 48 hours.\n"
        "One expert never answers, the plan is late, and so is one approval. A script acts as the people, through\n"
        "their links and keys alone.\n\n"
        "Deploying the product onto an AWS emulator of its own with the real CDK …"
    )


def show_awake(seconds: float) -> None:
    """How long the first page took, from cold."""
    console.print(f"Woken by a complaint of our own: its page took {seconds:.1f} s through four cold starts.\n")


def show_sent(sent: Sent, match: Match | None, start: int) -> None:
    """One message, as soon as the carrier has it; how late it is where the plan knows its time."""
    at = _minute(sent.at - start)
    if match is None or match.late is None:
        console.print(f"{at}  [yellow]{sent.via:6} {sent.person:15}[/] {sent.head}", style="dim")
        return
    wanted = match.wanted
    why = " ".join(filter(None, (wanted.reason, wanted.about)))
    if wanted.kind == "tell":
        console.print(f"{at}  {sent.via:6} {sent.person:18} {why}", style="dim")
        return
    colour = "green" if match.late <= allowed(wanted) else "red"
    console.print(
        f"{at}  {sent.via:6} {sent.person:18} {wanted.rung:16} {why:26} [{colour}]{match.late / SECOND:+.2f} s[/]"
    )


def show_act(done: Done, after: int) -> None:
    """What somebody did, and how the product took it."""
    who = done.person or "Weibo"
    what = " ".join(str(done.act.data[name]) for name in ("reposts", "rung", "milestone") if name in done.act.data)
    said = f"[cyan]{who} ({done.act.who}): {done.act.what} {what}[/]"
    console.print(f"{_minute(after)}  {said} [dim]{done.how}, {done.took:.2f} s[/]")


def show_public(rung: str, after: int) -> None:
    """A statement stands on the site."""
    console.print(f"{_minute(after)}  [bold magenta]public: {rung}[/]")


def show_verdict(verdict: Verdict) -> bool:
    """The figures and the checks; whether all of them hold."""
    _show_lateness(verdict)
    for check in verdict.checks:
        _show(check)
    return all(not check.against for check in verdict.checks)


def show_addresses(stack: LocalStack, public: PublicPage) -> None:
    """What can be opened while the stack is there."""
    console.print("\nTo open in a browser:")
    for address in public.addresses:
        console.print(f"  {address}")
    console.print(f"  {stack.console_url}  (sign in as {stack.person} with {stack.person_key})")


def _show(check: Check) -> None:
    console.print(f"  {'[red]✗' if check.against else '[green]✓'}[/] {check.says}")
    for finding in check.against:
        console.print(f"      {finding}", style="red", markup=False)


def _show_lateness(verdict: Verdict) -> None:
    title = "\nFrom the exact time to the carrier's own record"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("message", "sent", "median late", "latest"):
        table.add_column(name, justify="left" if name == "message" else "right")
    reasons = dict.fromkeys(
        (match.wanted.kind, match.wanted.reason)
        for match in sorted(verdict.matches, key=lambda match: (match.wanted.kind, match.wanted.at))
    )
    for kind, reason in reasons:
        lates = [
            match.late
            for match in verdict.matches
            if (match.wanted.kind, match.wanted.reason) == (kind, reason) and match.late is not None
        ]
        if lates:
            latest = f"{max(lates) / SECOND:.2f} s"
            table.add_row(f"{kind} {reason}", str(len(lates)), f"{median(lates) / SECOND:.2f} s", latest)
    console.print(table)
    console.print()


def _minute(milliseconds: int) -> str:
    return f"{milliseconds / SECOND:6.1f} min"
