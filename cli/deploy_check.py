"""`tocsin deploy-check`: the look before `cdk deploy`, on one screen."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.cdk_diff import CdkError, cdk_diff
from cli.deployment import LOCAL, StageOption
from cli.doctor import PolicyFile, diagnose, failed, left_as_examples, patient, settings_of, show
from cli.doctor_checks.platform import kinds_of
from cli.health.changes import counted_changes, judged, read_diff
from cli.health.diagnosis import Diagnosis, good, must
from cli.local_stack.emulator import LocalStackError
from cli.refuse import FAILED, refuse
from infra.stages import CONTEXT_SETTINGS
from shared.adapters import policy_yaml
from shared.domain.roster_check import roster_findings

Context = Annotated[
    list[str] | None,
    typer.Option("-c", metavar="NAME=VALUE", help=f"As for `cdk deploy`: {', '.join(CONTEXT_SETTINGS)}."),
]
Accept = Annotated[
    list[str] | None, typer.Option(metavar="LOGICAL-ID", help="This resource may be lost; named by the check.")
]


def deploy_check(
    policy: PolicyFile = None,
    accept: Accept = None,
    context: Context = None,
    despite_doctor: Annotated[
        bool, typer.Option("--despite-doctor", help="Where the deployment is the remedy for what doctor finds.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Prints JSON.")] = False,
    stage: StageOption = LOCAL,
) -> None:
    """Look before a deployment: what would change, the policy and its roster, and whether the stage is fit.

    Refuses (exit code 1) what replaces or removes anything that holds data, a policy with mistakes, and a stage at
    which something must be done first. Changes nothing.
    """
    given = _settings(context or [])
    if still := left_as_examples(settings_of(stage, given)):
        refuse(f"{still}. Nothing was asked of AWS.", FAILED)
    who = patient(stage, policy)
    stacks = [who.stage.stack_name(kind) for kind in kinds_of(who.stage)]
    said = ""
    try:
        diff = read_diff(cdk_diff(stage, given))
        changes, said = list(judged(diff, stacks, accept or [])), counted_changes(diff.changes)
    except (CdkError, LocalStackError) as error:
        changes = [must("changes", f"cdk diff failed: {error}", "mend that first")]
    written = _policy_file(policy, who.now) if policy else []
    health = diagnose(who)
    found = [*changes, *written, *health]
    refused = failed([*changes, *written]) or (failed(health) and not despite_doctor)
    if as_json:
        typer.echo(json.dumps({"deploy": not refused, "found": [asdict(each) for each in found]}, ensure_ascii=False))
    else:
        show(found)
        if said:
            typer.echo(f"Resources: {said}")
        typer.echo("Not yet." if refused else f"Next: {_deployment(stage, given)}")
    if refused:
        raise typer.Exit(FAILED)


def _deployment(stage: str, given: dict[str, str]) -> str:
    if stage == LOCAL:
        return "tocsin up"
    return f"npx cdk deploy --all -c stage={stage}" + "".join(f" -c {name}={value}" for name, value in given.items())


def _settings(context: list[str]) -> dict[str, str]:
    given = dict(each.partition("=")[::2] for each in context)
    if unknown := sorted(set(given) - set(CONTEXT_SETTINGS)):
        refuse(f"-c: {', '.join(unknown)} cannot be set for one deployment, only {', '.join(CONTEXT_SETTINGS)}")
    return given


def _policy_file(path: Path, now: int) -> list[Diagnosis]:
    """The house's own policy: whether this release takes it, and whether its roster holds."""
    area = "policy file"
    checked = policy_yaml.check(path.read_text(encoding="utf-8"), path.name)
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    if checked.policy is None or errors:
        return [must(area, f"{len(errors)} mistakes", f"tocsin policy check {path} names them")]
    if gaps := roster_findings(checked.policy, now):
        what = f"{len(gaps)} gaps in its roster in 90 days, first: {gaps[0].message}"
        return [must(area, what, "mend the roster before it is pushed")]
    return [good(area, "no mistakes, no gap in its roster")]
