"""`tocsin deploy-check`: what may be deployed, read from what the CDK's command line really prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from cli import deploy_check
from cli.cdk_diff import CdkError
from cli.health.changes import Change, judged, read_diff
from cli.health.diagnosis import good, must
from shared.adapters import policy_yaml
from tests.unit.cli_stage import Stage, stage, tocsin

STACKS = [f"Tocsin{kind}-local" for kind in ("Stateful", "Site", "Service", "Monitoring")]
QUIET = "\n".join(f"Stack {name} (aws://000000000000/us-east-1)\nThere were no differences\n" for name in STACKS)

PRINTED = """\
start: Building TocsinStateful-local Template
Hold on while we create a read-only change set to get a diff with accurate replacement information
Stack TocsinStateful-local (aws://000000000000/us-east-1)
Resources
[-] AWS::SecretsManager::Secret ApiKeys ApiKeys3BB3983D destroy
[+] AWS::SecretsManager::Secret ApiKeys NewApiKeys3BB3983D
[~] AWS::KMS::Key Key Key961B73FD
 └─ [~] Description
     ├─ [-] Tocsin local: everything at rest
     └─ [+] x
[~] AWS::DynamoDB::Table Timers Timers8BCB401C replace
 └─ [+] TableName (requires replacement)
     └─ newname
[~] AWS::DynamoDB::Table Outbox Outbox27BBF20A
 └─ [~] BillingMode
     ├─ [-] PAY_PER_REQUEST
     └─ [+] PROVISIONED
[~] AWS::S3::BucketPolicy AccessLogs/Policy AccessLogsPolicyABDC4D2D replace
 └─ [~] Bucket (requires replacement)
     └─ [~] .Ref:
         ├─ [-] AccessLogs8B620ECA
         └─ [+] AccessLogs8B620ECA (replaced)

Outputs
[+] Output Later Later: {"Value":"x"}

Stack TocsinSite-local (aws://000000000000/us-east-1)
There were no differences

Stack TocsinService-local (aws://000000000000/us-east-1)
IAM Statement Changes
┌───┬──────────┬────────┬────────┬───────────┬───────────┐
│   │ Resource │ Effect │ Action │ Principal │ Condition │
└───┴──────────┴────────┴────────┴───────────┴───────────┘
Resources
[-] AWS::SQS::Queue Events/DeadLetters EventsDeadLetters8A90034E orphan
[~] AWS::Lambda::Function Functions/IntakeApi/Function FunctionsIntakeApiFunction80BB1B63
 └─ [~] Timeout
     ├─ [-] 15
     └─ [+] 77

Stack TocsinMonitoring-local (aws://000000000000/us-east-1)
There were no differences

✨  Number of stacks with differences: 2
"""
"""As cdk 2.1148 printed it of a stage whose templates were changed by hand; the table of rights is shortened."""


def test_what_the_cdk_prints_is_read() -> None:
    diff = read_diff(PRINTED)
    assert list(diff.stacks) == STACKS
    assert diff.unread == ()
    assert diff.rights == ("TocsinService-local",)
    stateful, service = STACKS[0], STACKS[2]
    assert diff.changes == (
        Change(stateful, "AWS::SecretsManager::Secret", "ApiKeys", "ApiKeys3BB3983D", "removed"),
        Change(stateful, "AWS::SecretsManager::Secret", "ApiKeys", "NewApiKeys3BB3983D", "added"),
        Change(stateful, "AWS::KMS::Key", "Key", "Key961B73FD", "changed"),
        Change(stateful, "AWS::DynamoDB::Table", "Timers", "Timers8BCB401C", "replaced"),
        Change(stateful, "AWS::DynamoDB::Table", "Outbox", "Outbox27BBF20A", "changed"),
        Change(stateful, "AWS::S3::BucketPolicy", "AccessLogs/Policy", "AccessLogsPolicyABDC4D2D", "replaced"),
        Change(service, "AWS::SQS::Queue", "Events/DeadLetters", "EventsDeadLetters8A90034E", "left behind"),
        Change(
            service,
            "AWS::Lambda::Function",
            "Functions/IntakeApi/Function",
            "FunctionsIntakeApiFunction80BB1B63",
            "changed",
        ),
    )


def test_what_holds_data_is_neither_replaced_nor_removed() -> None:
    found = list(judged(read_diff(PRINTED), STACKS))
    refused = [each for each in found if each.verdict == "must"]
    assert len(refused) == 3
    for each, word in zip(refused, ("ApiKeys3BB3983D", "Timers8BCB401C", "EventsDeadLetters8A90034E"), strict=True):
        assert f"--accept {word}" in each.do
    assert [each.what for each in found if each.verdict == "should"] == [
        "besides: AccessLogs/Policy replaced",
        "rights change in TocsinService-local",
    ]


def test_a_loss_that_was_taken_into_account_is_told_and_not_refused() -> None:
    accepted = ["ApiKeys3BB3983D", "Timers8BCB401C", "EventsDeadLetters8A90034E"]
    found = list(judged(read_diff(PRINTED), STACKS, accepted))
    assert "must" not in {each.verdict for each in found}
    assert "Timers replaced" in found[0].what + found[1].what


def test_what_may_be_replaced_counts_as_if_it_were() -> None:
    text = QUIET.replace("There were no differences", "Resources\n[~] AWS::S3::Bucket Evidence E1 may be replaced", 1)
    [found] = [each for each in judged(read_diff(text), STACKS) if each.verdict == "must"]
    assert "perhaps replaced" in found.what


def test_no_difference_is_good() -> None:
    assert [each.verdict for each in judged(read_diff(QUIET), STACKS)] == ["good"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        QUIET.replace("Stack TocsinSite-local", "Stapel TocsinSite-local"),
        QUIET.replace("There were no differences", "Resources\n[-] AWS::DynamoDB::Table Timers T1 vaporize", 1),
    ],
)
def test_an_answer_that_is_not_understood_is_no_permission(text: str) -> None:
    assert "must" in {each.verdict for each in judged(read_diff(text), STACKS)}


# The command


@pytest.fixture
def standing() -> Iterator[Stage]:
    with stage() as made:
        yield made


def check(*arguments: object, printed: str | Exception = QUIET, fit: bool = True) -> Any:
    def diff(*_: object) -> str:
        if isinstance(printed, Exception):
            raise printed
        return printed

    health = [good("pulse", "alive") if fit else must("pulse", "silent", "mend it")]
    with patch.object(deploy_check, "cdk_diff", diff), patch.object(deploy_check, "diagnose", lambda _: health):
        return tocsin("deploy-check", *arguments)


def test_a_fit_stage_and_a_harmless_change_may_go(standing: Stage) -> None:
    result = check()
    assert result.exit_code == 0, result.output
    assert "Next: tocsin up" in result.stdout
    assert json.loads(check("--json").stdout)["deploy"] is True


def test_a_change_that_loses_data_is_refused(standing: Stage) -> None:
    result = check(printed=PRINTED)
    assert result.exit_code == 1
    assert "Not yet." in result.stdout
    assert "Timers8BCB401C" in result.stdout
    assert check("--despite-doctor", printed=PRINTED).exit_code == 1, "that is about doctor alone"


def test_a_stage_that_is_unfit_is_mended_first_unless_the_deployment_mends_it(standing: Stage) -> None:
    assert check(fit=False).exit_code == 1
    assert check("--despite-doctor", fit=False).exit_code == 0


def test_a_diff_that_fails_is_no_permission(standing: Stage) -> None:
    result = check(printed=CdkError("the app does not synthesize"))
    assert result.exit_code == 1
    assert "does not synthesize" in result.stdout


def test_the_house_s_policy_is_checked_too(standing: Stage, tmp_path: Path) -> None:
    fine, broken = tmp_path / "house.yaml", tmp_path / "broken.yaml"
    text = policy_yaml.read_text("three-tier")[1]
    fine.write_text(text)
    broken.write_text(text.replace("chains:", "chain:"))
    assert check("--policy", fine).exit_code == 0
    result = check("--policy", broken)
    assert result.exit_code == 1
    assert "policy file" in result.stdout


def test_a_setting_that_is_none_is_refused(standing: Stage) -> None:
    result = check("-c", "production=false")
    assert result.exit_code == 2
    assert "production" in result.stderr
