"""Whether work gets done: what failed for good, what waits, what is late, and whether anybody would hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cli.health.diagnosis import Diagnosis, by_weight, counted, good, must, named, should
from shared.domain.instants import format_duration

_FIVE_MINUTES = 300_000


def dead_letters(waiting: Mapping[str, int]) -> Iterator[Diagnosis]:
    """Messages in each dead-letter queue, by name."""
    area, full = "dead letters", [f"{name} {count}" for name, count in waiting.items() if count]
    if full:
        yield must(area, f"failed for good: {named(full)}", "docs/operations.md, Something failed for good")
    else:
        yield good(area, f"{len(waiting)} queues are empty")


def quarantined(reasons: Mapping[str, int], *, all_of_them: bool) -> Iterator[Diagnosis]:
    """Events that wait for a person, by reason; `all_of_them` False where there are more."""
    area, total = "quarantine", sum(reasons.values())
    if not total:
        yield good(area, "empty")
        return
    said = named([f"{reason} {count}" for reason, count in sorted(reasons.items(), key=lambda each: -each[1])])
    many = f"{'' if all_of_them else 'more than '}{counted(total, 'event')}"
    yield should(
        area, f"{many} {'waits' if total == 1 else 'wait'}: {said}", "tocsin quarantine list, then replay or discard"
    )


def parked(kinds: Mapping[str, int]) -> Iterator[Diagnosis]:
    """Timers that failed five times, by kind."""
    area = "parked timers"
    if not kinds:
        yield good(area, "none")
        return
    said = named([f"{kind} {count}" for kind, count in kinds.items()])
    yield must(
        area, f"set aside: {said}; their incidents page nobody by themselves", "docs/operations.md, Timers parked"
    )


def late(incidents: Sequence[str], messages: int, errands: int) -> Iterator[Diagnosis]:
    """Incidents whose step is more than two minutes late, messages and errands that are open for five."""
    area, call = (
        "lateness",
        "call the people by hand (tocsin incidents show), then docs/operations.md, The pager itself is silent",
    )
    if incidents:
        yield must(area, f"pages did not go out: {named(list(incidents))}", call)
    if messages:
        yield must(
            area, f"{counted(messages, 'message')} did not leave", "docs/operations.md, Work waits; carriers first"
        )
    if errands:
        yield must(
            area,
            f"{counted(errands, 'errand')} not run: a statement may not be public",
            "docs/operations.md, Work waits",
        )
    if not (incidents or messages or errands):
        yield good(area, "every open incident is on time, nothing is stuck")


def alarms(ringing: Sequence[str], total: int, *, monitored: bool = True) -> Iterator[Diagnosis]:
    """Alarms that are on, of how many there are."""
    area = "alarms"
    if not total and monitored:
        yield must(area, "there is none: nobody would hear of anything", "npx cdk deploy --all -c stage=…")
    elif ringing:
        yield must(area, f"on: {named(list(ringing), 8)}", "docs/operations.md, Alarms, has a line for each")
    else:
        yield good(area, f"none of {total} is on")


def subscriptions(
    confirmed: int, pending: int, *, production: bool, area: str = "operations topic"
) -> Iterator[Diagnosis]:
    """Who hears the alarms."""
    if pending:
        what = f"{counted(pending, 'subscription')} not confirmed: nothing reaches them"
        yield by_weight(area, what, "have them click the link AWS mailed them, or subscribe anew", heavy=not confirmed)
    if not confirmed and not pending:
        do = "aws sns subscribe --topic-arn … (docs/operations.md, 3. Operations topic)"
        yield by_weight(area, "nobody is subscribed: alarms reach nobody", do, heavy=production)
    if confirmed:
        yield good(area, f"{counted(confirmed, 'subscription')} confirmed")


def signs_of_life(silent: Mapping[str, int]) -> Iterator[Diagnosis]:
    """Parts of the pager without a recent sign of life, and for how long (milliseconds)."""
    area = "pulse"
    for part, length in silent.items():
        known = length < 10 * 365 * 86_400_000
        since = f"silent for {format_duration(max(1000, length // 1000 * 1000))}" if known else "never seen at work"
        yield must(area, f"{part}: {since}", "docs/operations.md, The pager itself is silent")
    if not silent:
        yield good(area, "sweep, pulse, audit and probe (where the stage has one) are alive")


def probe(*, runs: bool, has_contact: bool, production: bool, local: bool) -> Iterator[Diagnosis]:
    """Whether anything proves that pages go out, beyond the parts' own word."""
    area = "synthetic complaint"
    if local:
        yield good(area, "the local stack has none and pages nobody real")
    elif not runs:
        do = "set `probe_minutes` of the stage and deploy (docs/operations.md, The synthetic complaint)"
        yield by_weight(area, "none is configured: nothing proves that pages go out", do, heavy=production)
    elif not has_contact:
        what = "the policy calls something real `probe`, so there is no level for it and it pages nobody"
        yield must(area, what, "call that otherwise, tocsin policy check, then policy push")
    else:
        yield good(area, "one every few minutes goes the whole way")


def heartbeat(is_set: bool, *, production: bool) -> Iterator[Diagnosis]:
    """Whether somebody outside listens for the pager's life: the only alarm that works when nothing here does."""
    area = "dead man's switch"
    if is_set:
        yield good(area, "somebody outside listens")
    else:
        do = "give the stage the URL of a heartbeat service (docs/operations.md, The heartbeat outside)"
        yield by_weight(area, "nobody outside would hear that the whole stack is down", do, heavy=production)
