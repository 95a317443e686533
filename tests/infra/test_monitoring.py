from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.bundle import ROOT
from infra.dashboard import QUESTION
from infra.stages import MAIL_SIMULATOR

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def alarms(stage: Any) -> dict[str, dict[str, Any]]:
    found = stage.of_type("AWS::CloudWatch::Alarm")
    return {name[:-8]: alarm["Properties"] for name, alarm in found.items()}


def test_every_dead_letter_queue_has_an_alarm(prod: Any) -> None:
    dead = [name for name in alarms(prod) if name.endswith("DeadLetters")]
    assert len(dead) == 7


def test_a_missing_heartbeat_is_an_alarm_and_not_silence(prod: Any) -> None:
    silent = {name for name, alarm in alarms(prod).items() if alarm["TreatMissingData"] == "breaching"}
    assert silent == {"SweepSilent", "TimersSilent", "AuditSilent", "NotProvedAlive", "ProbeSilent"}


def test_every_function_is_watched(prod: Any) -> None:
    functions = len(prod.of_type("AWS::Lambda::Function"))
    assert sum(name.endswith("Errors") for name in alarms(prod)) == functions
    assert sum(alarm["MetricName"] == "Throttles" for alarm in alarms(prod).values()) == functions


def test_what_a_person_should_look_at_is_an_alarm(prod: Any) -> None:
    counted = {alarm["MetricName"] for alarm in alarms(prod).values()}
    assert {
        *("OverdueTimers", "SilentIncidents", "StuckMessages", "Quarantined", "TimersParked", "AuditGaveUp"),
        *("StuckErrands", "ErrandsPutAside", "ErrandLateness", "HeadsNotSealed"),
        *("TimersNotArmed", "MessagesNotRelayed", "SendsFailed", "MessagesUndeliverable"),
        *("ProbeLateness", "ProbesLost", "ProbesUnconfirmed", "ProvedAlive", "HeartbeatsFailed"),
    } <= counted


@pytest.mark.parametrize(
    ("name", "figure", "dimensions"),
    [
        ("SmsSpendNearLimit", "SMSMonthToDateSpentUSD", set()),
        ("SmsNotDelivered", "NumberOfNotificationsFailed", {"PhoneNumber"}),
        ("MailBounces", "Reputation.BounceRate", set()),
        ("MailComplaints", "Reputation.ComplaintRate", set()),
        ("CarrierFailsSms", "CarrierFailuresBySms", {"service"}),
        ("CarrierFailsEmail", "CarrierFailuresByEmail", {"service"}),
        ("CarrierFailsWebhook", "CarrierFailuresByWebhook", {"service"}),
        ("FireTimerLoopsDropped", "RecursiveInvocationsDropped", {"FunctionName"}),
        ("OutboxWritesThrottled", "WriteThrottleEvents", {"TableName"}),
        ("TimersReadsThrottled", "ReadThrottleEvents", {"TableName"}),
        ("CommitsFail", "SystemErrors", {"TableName", "Operation"}),
        ("StepsConflict", "TransactionConflict", {"TableName"}),
        ("ApiFails", "5xx", {"ApiId"}),
        ("ApiRefusesMany", "4xx", {"ApiId"}),
        ("SchedulesDropped", "InvocationDroppedCount", {"ScheduleGroup"}),
        ("SchedulesFail", "TargetErrorCount", {"ScheduleGroup"}),
        ("BusNotDelivered", "FailedInvocations", {"RuleName"}),
        ("ReceiptsNotDelivered", "FailedInvocations", {"RuleName"}),
    ],
)
def test_what_tocsin_stands_on_is_watched(prod: Any, name: str, figure: str, dimensions: set[str]) -> None:
    alarm = alarms(prod)[name]
    assert alarm["MetricName"] == figure
    assert {each["Name"] for each in alarm.get("Dimensions", [])} == dimensions


@pytest.mark.parametrize("name", ["local", "dev"])
def test_a_stage_without_synthetic_complaints_has_no_alarms_that_wait_for_them(synthesize: Any, name: str) -> None:
    bare = synthesize(name)
    assert not [each for each in alarms(bare) if each.startswith("Probe")]
    assert "ProbeMinutes" not in bare.templates["Service"]["Outputs"]


def test_a_complaint_that_was_synthetic_keeps_its_rules_where_none_follow(synthesize: Any) -> None:
    dev = synthesize("dev").of_type("AWS::Lambda::Function").values()
    assert {each["Properties"]["Environment"]["Variables"]["TOCSIN_PROBE_CONTACT"] for each in dev} == {MAIL_SIMULATOR}


def test_production_has_synthetic_complaints_without_anything_to_set_up(prod: Any) -> None:
    contact = prod.templates["Service"]["Outputs"]["ProbeContact"]["Value"]
    told = {
        each["Properties"]["Environment"]["Variables"]["TOCSIN_PROBE_CONTACT"]
        for each in prod.of_type("AWS::Lambda::Function").values()
    }
    assert told == {contact} == {MAIL_SIMULATOR}


def test_alarms_watch_figures_that_the_code_counts(prod: Any) -> None:
    own = {alarm["MetricName"] for alarm in alarms(prod).values() if alarm["Namespace"] == "Tocsin/prod"}
    code = [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]
    sources = "".join(path.read_text() for path in code)
    counted = set(re.findall(r'count\(\s*"(\w+)"', sources))
    for prefix in re.findall(r'count\(f"(\w+)\{via\.capitalize\(\)\}"', sources):
        counted |= {f"{prefix}{via}" for via in ("Sms", "Email", "Webhook")}
    assert own - counted == set()


def test_every_alarm_tells_the_operations_topic_that_it_began_and_that_it_is_over(prod: Any) -> None:
    for alarm in alarms(prod).values():
        assert "Operations" in json.dumps(alarm["AlarmActions"])
        assert "Operations" in json.dumps(alarm["OKActions"])


def test_alarms_may_speak_on_the_topics_they_ring_at(stage: Any) -> None:
    for kind, template in stage.templates.items():
        resources = template["Resources"].items()
        topics = {name for name, each in resources if each["Type"] == "AWS::SNS::Topic"}
        heard = {
            topic["Ref"]
            for _, each in resources
            if each["Type"] == "AWS::SNS::TopicPolicy"
            for topic in each["Properties"]["Topics"]
            for said in each["Properties"]["PolicyDocument"]["Statement"]
            if said["Effect"] == "Allow"
            and said["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            and said["Action"] == "sns:Publish"
            and said["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        }
        assert heard == topics, kind


def test_stages_count_in_namespaces_of_their_own(prod: Any) -> None:
    of_aws = {
        f"AWS/{each}"
        for each in ("SQS", "Lambda", "SNS", "SES", "DynamoDB", "ApiGateway", "Scheduler", "Events", "WAFV2")
    }
    assert {alarm["Namespace"] for alarm in alarms(prod).values()} - of_aws == {"Tocsin/prod"}
    for function in prod.of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "Tocsin/prod"


def test_the_first_row_of_the_dashboard_says_whether_pages_go_out_on_time(prod: Any) -> None:
    [board] = prod.of_type("AWS::CloudWatch::Dashboard").values()
    body = board["Properties"]["DashboardBody"]
    text = (
        body
        if isinstance(body, str)
        else "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])
    )
    widgets = json.loads(text)["widgets"]
    rows = sorted({widget["y"] for widget in widgets})
    heading, *first = [widget for widget in widgets if widget["y"] in rows[:2]]
    assert QUESTION in heading["properties"]["markdown"]
    shown = json.dumps(first)
    for figure in ("SendLatenessMs", "ProbeLateness", "StepLateness", "MessagesSentBySms"):
        assert figure in shown
    below = json.dumps([widget for widget in widgets if widget["y"] not in rows[:2]])
    for figure in (
        "ParkedTimers",
        "TimersTooEarly",
        "CarrierFailuresByEmail",
        "CarrierSilent",
        "SMSMonthToDateSpentUSD",
        "ProvedAlive",
    ):
        assert figure in below
