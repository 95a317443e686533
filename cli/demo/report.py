"""What the demo tells on the way and at its end."""

from __future__ import annotations

from statistics import median

from rich.console import Console
from rich.table import Table

from cli.demo.carrier import Sent
from cli.demo.story import ANSWERED, LAST_RUNG, POLICY, SPEED, STREAM, UNANSWERED, Slice
from cli.demo.verdict import Match, Outcome
from cli.local_stack.emulator import ROOT
from shared.domain.instants import SECOND, format_instant

IN_TIME = 3 * SECOND
"""How late (milliseconds) a page of a deadline may be in the carrier's record on the local stack."""
AT_OPENING = 30 * SECOND
"""How late the page of a new complaint may be: the promise of C1."""

console = Console(highlight=False, soft_wrap=True)


def show_story(story: Slice) -> None:
    """What is going to be played."""
    events, incidents = story.whole
    subjects = list(dict.fromkeys(event["subject"] for event in story.events))
    console.print(
        f"The stream: {STREAM.relative_to(ROOT)}, {events} events of {incidents} incidents of a real service desk.\n"
        f"The slice: {story.events[0]['time']} to {story.events[-1]['time']}, {len(subjects)} incidents, "
        f"played {SPEED} times faster under the policy `{POLICY}`: 30 minutes are 30 seconds.\n"
        f"{ANSWERED}: its team lead takes it over by the link in the SMS. {UNANSWERED}: nobody answers.\n\n"
        "Deploying the product onto an AWS emulator of its own with the real CDK (log: .tocsin/) …"
    )


def show_awake(seconds: float) -> None:
    """How long the first page took, from cold."""
    console.print(f"Woken by a complaint of our own: its page took {seconds:.1f} s through four cold starts.\n")


def show_sent(sent: Sent, match: Match | None, start: int) -> None:
    """One message, as soon as the carrier has it."""
    at = f"{(sent.at - start) / SECOND:6.1f} s"
    if match is None or match.late is None:
        console.print(f"{at}  [yellow]{sent.via:6} {sent.person:11}[/] {sent.text}", style="dim")
        return
    page = match.page
    why = " ".join(filter(None, (page.reason, page.clock)))
    console.print(
        f"{at}  {sent.via:6} {sent.person:11} {page.rung:16} {page.subject}  {why:24} "
        f"[{'green' if match.late <= _allowed(match) else 'red'}]{match.late / SECOND:+.2f} s[/]"
    )


def _allowed(match: Match) -> int:
    return AT_OPENING if match.page.reason == "opened" else IN_TIME


def show_answer(sent: Sent, shown: int, done: int) -> None:
    """What happened on the phone of whoever answered."""
    console.print(f"          [cyan]{sent.person} opens {sent.link}: GET {shown}, POST acknowledge {done}[/]")


def show_verdict(outcome: Outcome) -> bool:
    """The summary and its checks; whether all of them hold."""
    _show_lateness(outcome.matches)
    checks = _checks(outcome)
    for what, holds in checks:
        console.print(f"  {'[green]✓' if holds else '[red]✗'}[/] {what}")
    for match in outcome.matches:
        if match.sent is None:
            console.print(
                f"    missing: {match.page.rung} {match.page.subject} {match.page.reason}, due "
                f"{format_instant(match.page.at)}",
                style="red",
            )
    for sent in outcome.extra:
        console.print(f"    not asked for: {sent.via} to {sent.person}: {sent.text}", style="red")
    return all(holds for _, holds in checks)


def _show_lateness(matches: list[Match]) -> None:
    table = Table(title="\nPaged, from the carrier's own record", title_justify="left", box=None, pad_edge=False)
    for name in ("reason", "pages", "median late", "latest"):
        table.add_column(name, justify="left" if name == "reason" else "right")
    for reason in dict.fromkeys(match.page.reason for match in matches):
        lates = [match.late for match in matches if match.page.reason == reason and match.late is not None]
        if lates:
            table.add_row(reason, str(len(lates)), f"{median(lates) / SECOND:.2f} s", f"{max(lates) / SECOND:.2f} s")
    console.print(table)
    console.print()


def _checks(outcome: Outcome) -> list[tuple[str, bool]]:
    matches = outcome.matches
    lates = [match.late for match in matches if match.late is not None]
    answered = outcome.states.get(ANSWERED, {})
    after = [
        match
        for match in matches
        if outcome.answered_at and match.page.subject == ANSWERED and match.page.at > outcome.answered_at
    ]
    climbed = [match.page.rung for match in matches if match.page.subject == UNANSWERED and match.sent]
    return [
        (f"every page the rules ask for reached the carrier ({len(matches)})", len(lates) == len(matches) > 0),
        ("and nothing else did", not outcome.extra),
        ("none was early", all(late >= 0 for late in lates)),
        (
            f"a new complaint paged within {AT_OPENING // SECOND} s, a deadline within {IN_TIME // SECOND} s",
            all(match.late is not None and match.late <= _allowed(match) for match in matches),
        ),
        (f"{ANSWERED} was acknowledged by the link in the SMS", answered.get("acknowledged") is True),
        ("and its chain stopped there", outcome.answered_at is not None and not after),
        (f"{UNANSWERED} climbed to the {LAST_RUNG}", LAST_RUNG in climbed),
    ]
