"""`tocsin doctor`: what a sick stage is told, what a well one is, and that nobody's number or address is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from cli import deployment
from cli.doctor import CHECKS, diagnose, patient
from cli.doctor_checks.patient import Patient
from cli.health import carriers, people, platform, work
from cli.health.carriers import EmailAccount, SmsAccount
from cli.health.diagnosis import Diagnosis, named
from cli.health.platform import StackState, TableState
from infra.stages import STAGES, prod
from shared.adapters import policy_yaml
from shared.domain.finding import Finding
from shared.domain.instants import MINUTE
from tests.unit.cli_stage import Stage, stage, tocsin

ROOT = Path(__file__).parents[2]
PHONES = {"li.na": "+8613800000001", "zhang.wei": "+8613800000002"}
TOPIC = "arn:aws:sns:eu-central-1:000000000000:operations"


def told(found: Iterable[Diagnosis]) -> list[str]:
    """The verdicts, in order."""
    return [each.verdict for each in found]


# Rules

SMS = SmsAccount(in_sandbox=False, limit_usd=200, spent_usd=10)
EMAIL = EmailAccount(production_access=True, sending_enabled=True, enforcement="HEALTHY", quota=50_000, sent=10)


@pytest.mark.parametrize(
    ("account", "production", "verdicts"),
    [
        (SMS, True, ["good"]),
        (replace(SMS, spent_usd=None), True, ["good"]),
        (replace(SMS, in_sandbox=True), True, ["must"]),
        (replace(SMS, in_sandbox=True), False, ["should"]),
        (replace(SMS, limit_usd=1, spent_usd=0), True, ["must"]),
        (replace(SMS, limit_usd=1, spent_usd=0), False, ["should"]),
        (replace(SMS, spent_usd=160), False, ["must"]),
        (SmsAccount(in_sandbox=True, limit_usd=1, spent_usd=1), True, ["must", "must"]),
    ],
)
def test_an_sms_account(account: SmsAccount, production: bool, verdicts: list[str]) -> None:
    assert told(carriers.sms_account(account, production=production)) == verdicts


@pytest.mark.parametrize(
    ("account", "production", "verdicts"),
    [
        (EMAIL, True, ["good"]),
        (replace(EMAIL, quota=-1, sent=9_000), True, ["good"]),
        (replace(EMAIL, production_access=False), True, ["must"]),
        (replace(EMAIL, production_access=False), False, ["should"]),
        (replace(EMAIL, sending_enabled=False), False, ["must"]),
        (replace(EMAIL, enforcement="SHUTDOWN"), False, ["must"]),
        (replace(EMAIL, sent=40_000), False, ["must"]),
    ],
)
def test_an_email_account(account: EmailAccount, production: bool, verdicts: list[str]) -> None:
    assert told(carriers.email_account(account, production=production)) == verdicts


@pytest.mark.parametrize(
    ("verified", "verdict", "says"),
    [
        ({"address": True}, "good", "verified"),
        ({"address": False, "domain": True}, "good", "verified"),
        ({"domain": False}, "must", "not verified yet"),
        ({}, "must", "unknown to SES"),
    ],
)
def test_a_sender(verified: dict[str, bool], verdict: str, says: str) -> None:
    [found] = carriers.email_sender(verified)
    assert found.verdict == verdict
    assert says in found.what


def test_people_whom_a_carrier_refuses_are_named_and_their_numbers_are_not() -> None:
    [found] = carriers.opted_out(PHONES, {PHONES["zhang.wei"], "+4912345678"})
    assert found.verdict == "must"
    assert "zhang.wei" in found.what
    assert "li.na" not in found.what
    assert "+86" not in str(found)
    assert told(carriers.opted_out(PHONES, set())) == ["good"]
    [found] = carriers.suppressed({"li.na": "BOUNCE"}, 2)
    assert (found.verdict, "li.na (bounce)" in found.what) == ("must", True)
    assert told(carriers.suppressed({}, 2)) == ["good"]


def stacks(**changed: StackState | None) -> dict[str, StackState | None]:
    well = StackState("UPDATE_COMPLETE", protected=True)
    return {"Stateful": well, "Site": well, "Service": replace(well, protected=False), "Monitoring": well, **changed}


@pytest.mark.parametrize(
    ("found", "verdicts"),
    [
        (stacks(), ["good"]),
        (stacks(Monitoring=None), ["must"]),
        (stacks(Service=StackState("UPDATE_ROLLBACK_FAILED", protected=False)), ["must"]),
        (stacks(Service=StackState("UPDATE_ROLLBACK_COMPLETE", protected=False)), ["should"]),
        (stacks(Service=StackState("UPDATE_IN_PROGRESS", protected=False)), ["should"]),
        (stacks(Stateful=StackState("CREATE_COMPLETE", protected=False)), ["must"]),
    ],
)
def test_stacks_of_production(found: dict[str, StackState | None], verdicts: list[str]) -> None:
    assert told(platform.stacks(found, production=True)) == verdicts


def test_a_stage_for_trying_out_need_not_be_protected() -> None:
    bare = {"Stateful": StackState("CREATE_COMPLETE", protected=False)}
    assert told(platform.stacks(bare, production=False)) == ["good"]
    table = {"incidents": TableState(restorable=True, protected=False)}
    assert told(platform.tables(table, production=False)) == ["good"]
    assert told(platform.tables(table, production=True)) == ["must"]


def test_tables_that_cannot_be_restored() -> None:
    table = {"incidents": TableState(restorable=False, protected=True)}
    assert told(platform.tables(table, production=True)) == ["must"]
    assert told(platform.tables(table, production=False, local=True)) == ["should"]


WAITS = {"Events": 0, "Messages": 2}
GAP = Finding(("roster", "teams", "one"), "li.na is not qualified, from Monday to Friday")
IN_FORCE = {"retail": "retail@1"}


@pytest.mark.parametrize(
    ("found", "verdicts"),
    [
        (platform.concurrency(1000, 90, production=True), ["good"]),
        (platform.concurrency(100, 90, production=True), ["must"]),
        (platform.concurrency(100, 45, production=False), ["should"]),
        (platform.concurrency(10, 45, production=False), ["must"]),
        (platform.at_work([], [], []), ["good"]),
        (platform.at_work(["FireTimer"], ["Intake"], ["Sweep"]), ["must", "must", "must"]),
        (platform.key_rotation(True), ["good"]),
        (platform.key_rotation(False), ["should"]),
        (platform.secrets_age({"Webhook": 365}), ["good"]),
        (platform.secrets_age({"Webhook": 366, "Console": 1}), ["should"]),
        (platform.placeholders({"link_base_url": "https://tocsin.example", "email_from": "a@house.cn"}), ["must"]),
        (platform.placeholders({"link_base_url": "https://t.house.cn", "email_from": "a@house.cn"}), ["good"]),
        (work.dead_letters({"Events": 0}), ["good"]),
        (work.dead_letters(WAITS), ["must"]),
        (work.quarantined({}, all_of_them=True), ["good"]),
        (work.quarantined({"invalid": 2}, all_of_them=False), ["should"]),
        (work.parked({}), ["good"]),
        (work.parked({"incident": 1}), ["must"]),
        (work.late([], 0, 0), ["good"]),
        (work.late(["inc-1"], 1, 1), ["must", "must", "must"]),
        (work.alarms([], 40), ["good"]),
        (work.alarms([], 0), ["must"]),
        (work.alarms(["SweepSilent"], 40), ["must"]),
        (work.subscriptions(1, 0, production=True), ["good"]),
        (work.subscriptions(0, 1, production=False), ["must"]),
        (work.subscriptions(1, 1, production=True), ["should", "good"]),
        (work.subscriptions(0, 0, production=True), ["must"]),
        (work.subscriptions(0, 0, production=False), ["should"]),
        (work.signs_of_life({}), ["good"]),
        (work.signs_of_life({"sweep": 5 * MINUTE, "probe": 1 << 45}), ["must", "must"]),
        (work.probe(runs=True, has_contact=True, production=True, local=False), ["good"]),
        (work.probe(runs=False, has_contact=False, production=True, local=False), ["must"]),
        (work.probe(runs=False, has_contact=False, production=False, local=False), ["should"]),
        (work.probe(runs=True, has_contact=False, production=False, local=False), ["must"]),
        (work.probe(runs=False, has_contact=False, production=False, local=True), ["good"]),
        (work.heartbeat(True, production=True), ["good"]),
        (work.heartbeat(False, production=True), ["must"]),
        (work.heartbeat(False, production=False), ["should"]),
        (people.policy("retail@1", IN_FORCE, production=False), ["good"]),
        (people.policy("retail@1", IN_FORCE, production=True), ["must"]),
        (people.policy("retail@0", IN_FORCE, production=True), ["should"]),
        (people.policy("house@1", IN_FORCE, production=True), ["good"]),
        (people.policy("house@1", IN_FORCE, production=True, own="house@1"), ["good"]),
        (people.policy("house@1", IN_FORCE, production=True, own="house@2"), ["should"]),
        (people.roster([], [], there=False), ["good"]),
        (people.roster([], [], there=True), ["good"]),
        (people.roster([GAP], [], there=True), ["must"]),
        (people.roster([], [GAP], there=True), ["should"]),
        (people.unreachable([]), ["good"]),
        (people.unreachable(["li.na"]), ["should"]),
        (people.console_keys(1), ["good"]),
        (people.console_keys(0), ["must"]),
        (people.api_keys([{"name": "Hotline", "source": "crm"}], PHONES, production=True), ["good"]),
        (people.api_keys([], PHONES, production=True), ["must"]),
        (people.api_keys([{"name": "Gone", "person": "who.left"}], PHONES, production=False), ["should", "must"]),
        (people.api_keys([{"name": "Hotline", "source": "crm"}] * 2, PHONES, production=True), ["should"]),
    ],
)
def test_a_rule(found: Iterator[Diagnosis], verdicts: list[str]) -> None:
    said = list(found)
    assert told(said) == verdicts
    assert all(bool(each.do) == (each.verdict != "good") for each in said), (
        "who is told what is wrong is told what to do"
    )


def test_long_lists_are_cut() -> None:
    assert named(["a", "b", "c"], 2) == "a, b and 1 more"


# The command, on a stage whose store is moto's and whose other services answer as written here


class RefusedError(ClientError):
    """What AWS says to somebody without the right."""

    def __init__(self, operation: str, code: str = "AccessDenied") -> None:
        super().__init__({"Error": {"Code": code, "Message": "+8613800000001 is not yours"}}, operation)


@dataclass(frozen=True)
class Canned:
    """A service that answers what was written down, and refuses what was not."""

    answers: Mapping[str, Any]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            if operation not in self.answers:
                raise RefusedError(operation)
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        outer = self

        class Pages:
            def paginate(self, **asked: Any) -> list[Any]:
                return [getattr(outer, operation)(**asked)]

        return Pages()


WELL: dict[str, dict[str, Any]] = {
    "sns": {
        "get_sms_sandbox_account_status": {"IsInSandbox": False},
        "get_sms_attributes": {"attributes": {"MonthlySpendLimit": "200"}},
        "list_phone_numbers_opted_out": {"phoneNumbers": []},
        "list_subscriptions_by_topic": {
            "Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1", "Endpoint": "ops@house.cn"}]
        },
    },
    "cloudwatch": {
        "get_metric_statistics": {"Datapoints": [{"Maximum": 3.5}]},
        "describe_alarms": {"MetricAlarms": [{"AlarmName": "TocsinMonitoring-local-SweepSilent1", "StateValue": "OK"}]},
    },
    "sesv2": {
        "get_account": {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"},
        "get_suppressed_destination": RefusedError("GetSuppressedDestination", "NotFoundException"),
    },
    "ses": {
        "get_identity_verification_attributes": {
            "VerificationAttributes": {"example.com": {"VerificationStatus": "Success"}}
        }
    },
    "cloudformation": {"describe_stacks": {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}},
    "lambda": {
        "get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
        "get_function_concurrency": {},
        "list_event_source_mappings": {"EventSourceMappings": [{"State": "Enabled"}]},
    },
    "scheduler": {"list_schedules": {"Schedules": [{"Name": "Sweep", "State": "ENABLED"}]}},
    "kms": {"get_key_rotation_status": {"KeyRotationEnabled": True}},
}
_REAL = ("dynamodb", "sqs", "secretsmanager")


@pytest.fixture
def standing() -> Iterator[Stage]:
    with stage() as made:
        secrets = {
            "HeartbeatSecretArn": {"url": "https://beat.example/a-secret"},
            "ApiKeysSecretArn": {"keys": [{"name": "Hotline", "source": "crm", "sha256": "x"}]},
            "ConsoleSecretArn": {"keys": ["k"]},
        }
        arns = {
            name: made.client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))["ARN"]
            for name, value in secrets.items()
        }
        queue = made.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
        more = {"EventsDlqUrl": queue, "FireTimerFunction": "fire", "KeyArn": "key", "OperationsTopicArn": TOPIC}
        yield replace(made, outputs={**made.outputs, **arns, **more})


def looked_at(standing: Stage, answers: Mapping[str, Mapping[str, Any]]) -> Stage:
    def client(service: str) -> Any:
        return standing.client(service) if service in _REAL else Canned(answers.get(service, {}))

    return replace(standing, client=client)


def doctor(standing: Stage, answers: Mapping[str, Mapping[str, Any]], *arguments: str) -> Any:
    made = looked_at(standing, answers)
    with patch.object(deployment, "_local", lambda: made):
        return tocsin("doctor", *arguments)


def test_a_well_stage_has_nothing_that_must_be_done_but_its_pulse(standing: Stage) -> None:
    result = doctor(standing, WELL, "--json")
    found = [Diagnosis(**each) for each in json.loads(result.stdout)]
    assert not [each for each in found if each.verdict == "unchecked"]
    # Nothing runs here, and moto's tables are made without recovery.
    assert {each.area for each in found if each.verdict != "good"} == {"pulse", "tables"}
    assert result.exit_code == 1


def test_every_check_speaks_of_its_own_area(standing: Stage) -> None:
    made = looked_at(standing, WELL)
    with patch.object(deployment, "_local", lambda: made):
        who = patient("local")
    for area, check in CHECKS.items():
        assert {each.area for each in diagnose(who, {area: check})} <= {area}


def test_a_sick_stage_is_told_what_is_wrong_and_nobody_s_number_is(standing: Stage) -> None:
    phone = next(who.phone for who in policy_yaml.load("retail").people.values() if who.phone)
    sick = {service: dict(answers) for service, answers in WELL.items()}
    sick["sns"] |= {
        "get_sms_sandbox_account_status": {"IsInSandbox": True},
        "list_phone_numbers_opted_out": {"phoneNumbers": [phone]},
        "list_subscriptions_by_topic": {
            "Subscriptions": [{"SubscriptionArn": "PendingConfirmation", "Endpoint": "ops@house.cn"}]
        },
    }
    sick["sesv2"]["get_suppressed_destination"] = {"SuppressedDestination": {"Reason": "COMPLAINT"}}
    sick["lambda"]["get_function_concurrency"] = {"ReservedConcurrentExecutions": 0}
    standing.client("sqs").send_message(QueueUrl=standing.outputs["EventsDlqUrl"], MessageBody="{}")
    parked = {"PK": {"S": "PARKED"}, "SK": {"S": "1#00|000000000000001#incident#inc-1#1"}, "reason": {"S": "KeyError"}}
    standing.client("dynamodb").put_item(TableName="incidents", Item=parked)
    result = doctor(standing, sick)
    assert result.exit_code == 1
    for word in ("sandbox", "opted out", "(complaint)", "not confirmed", "FireTimer", "Events 1", "incident 1"):
        assert word in result.stdout, word
    for secret in (phone or "", "ops@house.cn", "@example", "beat.example"):
        assert secret not in result.output


def test_what_is_refused_is_unknown_and_never_fine(standing: Stage) -> None:
    result = doctor(standing, {}, "--json")
    found = [Diagnosis(**each) for each in json.loads(result.stdout)]
    refused = {each.area for each in found if each.verdict == "unchecked"}
    asked_elsewhere = {
        "alarms",
        "operations topic",
        "SMS account",
        "SMS numbers",
        "e-mail account",
        "e-mail sender",
    } | {
        "e-mail addresses",
        "stacks",
        "Lambda limit",
        "functions",
        "KMS key",
    }
    assert refused == asked_elsewhere
    assert not refused & {each.area for each in found if each.verdict == "good"}
    assert "AccessDenied" in result.stdout
    assert "+86" not in result.output, "what AWS says of a refusal may name what was asked for"


def test_strict_fails_on_what_nobody_knows(standing: Stage) -> None:
    with patch.dict("cli.doctor.CHECKS", {"stacks": CHECKS["stacks"]}, clear=True):
        assert doctor(standing, {}).exit_code == 0
        assert doctor(standing, {}, "--strict").exit_code == 1
        assert doctor(standing, WELL, "--strict").exit_code == 0


def test_a_month_has_just_begun(standing: Stage) -> None:
    """Last month's spend is not this month's: the figure is asked for since the first."""
    asked: list[dict[str, Any]] = []

    class Figures(Canned):
        def get_metric_statistics(self, **wanted: Any) -> Any:
            asked.append(wanted)
            return {"Datapoints": []}

    made = looked_at(standing, WELL)
    canned = made.client
    made = replace(made, client=lambda service: Figures({}) if service == "cloudwatch" else canned(service))
    with patch.object(deployment, "_local", lambda: made):
        first = datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
        who = replace(patient("local"), now=int(first.timestamp() * 1000))
        assert told(diagnose(who, {"SMS account": CHECKS["SMS account"]})) == ["good"]
    assert asked[0]["StartTime"] == datetime(2026, 11, 1, tzinfo=UTC)


def test_where_it_sends_people_there_is_something_to_read() -> None:
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cli" / "health").glob("*.py"))
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"docs/operations\.md, ([\w'. -]+?)(?=[\"),;])", rules))
    assert len(sections) > 5
    found = {name for name in sections if re.search(rf"^(?:#+ |\*\*){re.escape(name)}", runbook, re.MULTILINE)}
    assert sections == found


def test_settings_that_came_as_examples_are_named() -> None:
    stages = {"email_from": "a@house.cn", "firewall_arn": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/Acl/0"}
    [found] = platform.placeholders(stages)
    assert "firewall_arn" in found.what
    assert "email_from" not in found.what


@pytest.mark.parametrize("command", ["doctor", "deploy-check"])
def test_production_as_it_ships_is_told_what_to_set_before_anything_else(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    result = tocsin(command, "--stage", "prod")
    assert result.exit_code == 1
    assert result.stdout == ""
    first = result.stderr.splitlines()[0]
    for setting in ("link_base_url", "firewall_arn", "front_certificate_arn", "email_from", "operations_email"):
        assert setting in first
    assert "infra/stages.py" in first


def test_settings_that_are_refused_are_said_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    unsound = prod().model_copy(update={"link_base_url": "https://pager.of-our-house.example.cn"})
    monkeypatch.setitem(STAGES, "prod", lambda: unsound)
    result = tocsin("doctor", "--stage", "prod")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("stage prod in infra/stages.py: link_base_url: a link would take ")


def test_what_stands_before_production_is_looked_at_where_it_is(standing: Stage) -> None:
    away = {**WELL, "sns": {"list_subscriptions_by_topic": {"Subscriptions": [{"SubscriptionArn": "Pending"}]}}}
    away["cloudwatch"] = {
        "describe_alarms": {
            "MetricAlarms": [{"AlarmName": "TocsinFirewall-prod-FirewallBlocks1", "StateValue": "ALARM"}]
        }
    }
    away["cloudformation"] = {"describe_stacks": RefusedError("DescribeStacks", "ValidationError")}
    deployed = replace(
        looked_at(standing, WELL),
        outputs={**standing.outputs, "FirewallTopicArn": TOPIC},
        edge=lambda service: Canned(away[service]),
    )
    who = Patient(deployed, prod(), standing.world.time.now())
    checks = ("alarms", "firewall topic", "operations topic", "stacks")
    said = {each.area: each for each in diagnose(who, {area: CHECKS[area] for area in checks}) if each.do}
    assert "FirewallBlocks" in said["alarms"].what
    assert said["firewall topic"].verdict == "must"
    assert "operations topic" not in said
    missing = [each.what for each in diagnose(who, {"stacks": CHECKS["stacks"]}) if "not there" in each.what]
    assert missing == ["the stack TocsinFirewall is not there"]


def test_a_stage_that_does_not_exist_is_said() -> None:
    result = tocsin("doctor", "--stage", "moon")
    assert result.exit_code == 2
    assert "dev, prod" in result.stderr
