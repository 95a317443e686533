"""`tocsin doctor`: is a deployed stage fit for duty, and what is to be done where it is not?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from cli.deployment import LOCAL, StageOption, find, reaching
from cli.doctor_checks import carriers, people, platform, work
from cli.doctor_checks.patient import Patient
from cli.doctor_checks.platform import words_of
from cli.health.diagnosis import Diagnosis, unchecked
from cli.health.platform import examples_in
from cli.paper import paper
from cli.refuse import FAILED, refuse
from infra.stages import STAGES, Stage, choose
from shared.adapters.system_time import SystemTime
from shared.ports import UnavailableError

Check = Callable[[Patient], Iterable[Diagnosis]]

CHECKS: Final[Mapping[str, Check]] = {
    "lateness": work.late,
    "pulse": work.signs_of_life,
    "synthetic complaint": work.probe,
    "alarms": work.alarms,
    "operations topic": work.subscriptions,
    "firewall topic": work.firewall_subscriptions,
    "dead man's switch": work.heartbeat,
    "dead letters": work.dead_letters,
    "parked timers": work.parked,
    "quarantine": work.quarantined,
    "SMS account": carriers.sms_account,
    "SMS numbers": carriers.opted_out,
    "e-mail account": carriers.email_account,
    "e-mail sender": carriers.email_sender,
    "e-mail addresses": carriers.suppressed,
    "policy": people.policy,
    "roster": people.roster,
    "people": people.unreachable,
    "API keys": people.api_keys,
    "console": people.console_keys,
    "settings": platform.settings,
    "stacks": platform.stacks,
    "tables": platform.tables,
    "Lambda limit": platform.concurrency,
    "functions": platform.at_work,
    "KMS key": platform.key_rotation,
    "secrets": platform.secrets_age,
}
"""What is looked at, by area, the most pressing first: are pages going out?"""
_MARKS: Final = {"must": "✗ must", "should": "! should", "unchecked": "? unknown", "good": "✓ good"}

PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", metavar="FILE", help="The house's own policy, to compare with the one in force."),
]


def doctor(
    policy: PolicyFile = None,
    strict: Annotated[bool, typer.Option(help="Fail on what should be done or could not be checked, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Prints JSON.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Look a deployed stage over: what must be done, what should be, and what could not be checked.

    Exit code 0: nothing must be done. 1: something must. Names people, never their numbers or addresses.
    """
    found = diagnose(patient(stage, policy))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False))
    else:
        show(found)
    if failed(found, strict=strict):
        raise typer.Exit(FAILED)


def patient(stage: str, policy: Path | None = None) -> Patient:
    """A deployed stage, with its settings in this checkout; ends the command where there is none."""
    settings = settings_of(stage)
    if still := left_as_examples(settings):
        typer.echo(still, err=True)
    try:
        own = policy.read_text(encoding="utf-8") if policy else ""
    except (OSError, UnicodeError) as error:
        refuse(f"--policy: {policy} cannot be read ({type(error).__name__})")
    with reaching(stage):
        deployment = find(stage)
    return Patient(deployment, settings, SystemTime().now(), own)


def settings_of(stage: str, given: Mapping[str, str] | None = None) -> Stage:
    """A stage's settings in this checkout, with those of one deployment; ends the command where they are refused."""
    if stage not in STAGES:
        refuse(f"--stage: there is no stage '{stage}' in infra/stages.py, only {', '.join(STAGES)}")
    try:
        return choose(stage, dict(given or {}))
    except ValidationError as error:
        wrong = [
            ": ".join((*map(str, each["loc"]), each["msg"].removeprefix("Value error, "))) for each in error.errors()
        ]
        refuse("\n".join(f"stage {stage} in infra/stages.py: {each}" for each in wrong))


def left_as_examples(stage: Stage) -> str:
    """What production was given to replace and still has, in a sentence; empty: nothing."""
    still = examples_in(words_of(stage)) if stage.production else []
    if not still:
        return ""
    return (
        f"stage {stage.name}: {', '.join(still)} in infra/stages.py {'is' if len(still) == 1 else 'are'} still the "
        "example that ships; put your own there (docs/operations.md, Deploy a stage)"
    )


def diagnose(who: Patient, checks: Mapping[str, Check] = CHECKS) -> list[Diagnosis]:
    """Everything that is to be said, in the order of the checks; what an API refuses is said to be unchecked."""
    return [diagnosis for area, check in checks.items() for diagnosis in _looked_at(who, area, check)]


def failed(found: Iterable[Diagnosis], *, strict: bool = False) -> bool:
    """Whether something must be done."""
    bad = {"must", "should", "unchecked"} if strict else {"must"}
    return any(each.verdict in bad for each in found)


def show(found: Sequence[Diagnosis]) -> None:
    """What is to be done first, then what could not be checked; what is good in one line."""
    table = Table("", "area", "found", "do")
    for verdict, mark in _MARKS.items():
        if verdict == "good":
            continue
        for each in found:
            if each.verdict == verdict:
                table.add_row(mark, each.area, escape(each.what), escape(each.do))
    if table.row_count:
        paper().print(table)
    fine = [each.area for each in found if each.verdict == "good"]
    if fine:
        typer.echo(f"{_MARKS['good']}: {', '.join(dict.fromkeys(fine))}")
    typer.echo(summary(found))


def summary(found: Iterable[Diagnosis]) -> str:
    """How many of each kind, in one line."""
    count = Counter(each.verdict for each in found)
    said = f"{count['must']} must be done, {count['should']} should be, {count['unchecked']} could not be checked"
    return f"{said}, {count['good']} good"


def _looked_at(who: Patient, area: str, check: Check) -> list[Diagnosis]:
    """One check; all of it is unknown where any of it is refused: half an answer looks like a whole one."""
    try:
        return list(check(who))
    except ClientError as error:
        # The message itself may name what was asked for: an address, a number (I12).
        return [unchecked(area, f"{error.operation_name}: {error.response.get('Error', {}).get('Code', 'refused')}")]
    except (BotoCoreError, UnavailableError) as error:
        return [unchecked(area, type(error).__name__)]
    except (KeyError, ValueError, LookupError) as error:
        return [unchecked(area, f"an answer was not understood ({type(error).__name__})")]
