from __future__ import annotations

import json
from typing import Any

import pytest

from infra import stages

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]

FUNCTIONS = {
    *("intake_api", "intake", "sweep_timers", "arm_timers", "fire_timer"),
    *("relay_outbox", "send_message", "record_delivery", "respond", "audit"),
    *("run_errands", "console", "seal_heads", "prove_alive", "send_probe"),
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def functions(stage: Any) -> dict[str, dict[str, Any]]:
    found = [resource["Properties"] for resource in stage.of_type("AWS::Lambda::Function").values()]
    return {each["Handler"].split(".")[1]: each for each in found}


def test_every_function_stands_there_with_its_own_role_and_log_group(stage: Any) -> None:
    found = functions(stage)
    assert set(found) == FUNCTIONS
    assert {each["Handler"] for each in found.values()} == {f"functions.{name}.handler.handler" for name in FUNCTIONS}
    assert len({json.dumps(each["Role"]) for each in found.values()}) == len(FUNCTIONS)
    assert len({json.dumps(each["LoggingConfig"]["LogGroup"]) for each in found.values()}) == len(FUNCTIONS)
    assert all(group["Properties"]["RetentionInDays"] for group in stage.of_type("AWS::Logs::LogGroup").values())


def test_aws_runs_arm_and_python_3_13(prod: Any) -> None:
    for each in functions(prod).values():
        assert each["Architectures"] == ["arm64"]
        assert each["Runtime"] == "python3.13"
        assert "AWS_ENDPOINT_URL" not in each["Environment"]["Variables"]


def test_no_right_has_a_wildcard_action(stage: Any) -> None:
    for role, statement in stage.statements():
        for action in listed(statement["Action"]):
            assert "*" not in action, f"{role}: {action}"


def test_only_what_knows_no_resources_may_be_done_to_anything(prod: Any) -> None:
    for role, statement in prod.statements():
        if "*" in listed(statement.get("Resource", [])):
            actions = set(listed(statement["Action"]))
            assert actions <= {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "dynamodb:ListStreams"}, role
        if "NotResource" in statement:
            assert listed(statement["Action"]) == ["sns:Publish"]


def test_lambda_itself_writes_only_of_calls_that_went_wrong(stage: Any) -> None:
    for name, each in functions(stage).items():
        logging = {key: value for key, value in each["LoggingConfig"].items() if key != "LogGroup"}
        assert logging == {"LogFormat": "JSON", "SystemLogLevel": "WARN", "ApplicationLogLevel": "INFO"}, name


def test_functions_are_traced_where_the_stage_says_so_and_have_the_right_to_it_there_alone(synthesize: Any) -> None:
    for name, traced in (("local", False), ("dev", True), ("prod", False)):
        stage = synthesize(name)
        modes = {each.get("TracingConfig", {}).get("Mode", "PassThrough") for each in functions(stage).values()}
        rights = {role for role, each in stage.statements() if "xray:PutTraceSegments" in listed(each["Action"])}
        assert modes == {"Active" if traced else "PassThrough"}, name
        assert len(rights) == (len(FUNCTIONS) if traced else 0), name


def test_no_role_changes_or_removes_an_entry_of_the_timeline(stage: Any) -> None:
    reads_or_puts = {"dynamodb:PutItem", "dynamodb:Query"}
    follows = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
    seen = set()
    for role, statement in stage.statements():
        if "Timeline" in json.dumps(statement.get("Resource", "")):
            actions = set(listed(statement["Action"]))
            if actions == follows:
                assert "SealHeads" in role
                continue
            assert actions <= reads_or_puts, role
            seen |= actions
    assert seen == reads_or_puts


TABLES = ("Incidents", "Timers", "Outbox", "Timeline")
INDEXES = ("by_next_step", "by_reference", "by_open")
TAKES_EVENTS = {
    "Incidents": {"GetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"},
    "Timers": {"PutItem", "DeleteItem"},
    "Timeline": {"PutItem", "Query"},
}
CALLS: dict[str, dict[str, set[str]]] = {
    "IntakeApi": {
        "Incidents": {"GetItem", "PutItem of policies"},
        "Outbox": {"Query"},
        "Timeline": {"Query"},
    },
    "Intake": {
        **TAKES_EVENTS,
        "Outbox": {"PutItem"},
    },
    "SweepTimers": {
        "Incidents": {"GetItem", "PutItem"},
        "Timers": {"Query", "PutItem"},
    },
    "ArmTimers": {},
    "FireTimer": {
        "Incidents": {"GetItem", "PutItem", "DeleteItem", "Query"},
        "Timers": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "Outbox": {"GetItem", "PutItem", "UpdateItem"},
        "Timeline": {"PutItem"},
    },
    "RelayOutbox": {},
    "SendMessage": {
        "Incidents": {"GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"},
        "Timers": {"PutItem"},
        "Outbox": {"GetItem", "PutItem", "UpdateItem"},
    },
    "RecordDelivery": {
        "Incidents": {"GetItem", "PutItem of policies"},
        "Outbox": {"GetItem", "PutItem", "UpdateItem"},
        "Outbox by_reference": {"Query"},
    },
    "Respond": {
        **TAKES_EVENTS,
        "Outbox": {"PutItem", "Query"},
    },
    "Console": {
        **TAKES_EVENTS,
        "Outbox": {"PutItem", "Query"},
    },
    "RunErrands": {
        **TAKES_EVENTS,
        "Incidents": {*TAKES_EVENTS["Incidents"], "UpdateItem of policies"},
        "Outbox": {"GetItem", "PutItem", "UpdateItem"},
    },
    "SealHeads": {},
    "ProveAlive": {"Incidents": {"GetItem"}},
    "SendProbe": {"Incidents": {"GetItem", "PutItem"}, "Outbox": {"Query"}},
    "Audit": {
        "Incidents": {"GetItem", "PutItem", "DeleteItem", "Query"},
        "Incidents by_next_step": {"Query"},
        "Timers": {"PutItem", "DeleteItem", "Query"},
        "Outbox": {"GetItem", "PutItem", "UpdateItem"},
        "Outbox by_open": {"Query"},
        "Timeline": {"PutItem"},
    },
}
"""What each function's adapters call, table by table; streams are read by Lambda itself."""


def _table_calls(stage: Any, function: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for role, statement in stage.statements():
        if role.removeprefix("Functions").split("Role")[0] != function:
            continue
        where = json.dumps(statement.get("Resource"))
        tables = [name for name in TABLES if name in where]
        actions = {each.removeprefix("dynamodb:") for each in listed(statement["Action"]) if "dynamodb:" in each}
        if not actions or actions & {"ListStreams", "GetRecords"}:
            continue
        assert len(tables) == 1, f"{function}: {where}"
        index = next((f" {name}" for name in INDEXES if f"/index/{name}" in where), "")
        assert ("/index/" in where) == bool(index), where
        if "Condition" in statement:
            assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["POLICY#*"]}}
            actions = {f"{action} of policies" for action in actions}
        found.setdefault(tables[0] + index, set()).update(actions)
    return found


@pytest.mark.parametrize("function", CALLS)
def test_a_function_may_do_to_a_table_what_it_does_and_no_more(stage: Any, function: str) -> None:
    assert _table_calls(stage, function) == CALLS[function]


def test_every_function_is_in_the_table_of_calls(stage: Any) -> None:
    assert {name.lower() for name in CALLS} == {name.replace("_", "") for name in functions(stage)}


def test_only_the_engines_delete_timers(stage: Any) -> None:
    deleting = {
        role
        for role, statement in stage.statements()
        if "dynamodb:DeleteItem" in listed(statement["Action"]) and "Timers" in json.dumps(statement["Resource"])
    }
    assert {role.removeprefix("Functions").split("Role")[0] for role in deleting} == {
        *("Intake", "FireTimer", "Respond", "Audit"),
        *("RunErrands", "Console"),
    }


def test_every_queue_is_encrypted_takes_tls_only_and_has_dead_letters(stage: Any) -> None:
    queues = stage.of_type("AWS::SQS::Queue")
    assert len(queues) == 11
    dead = {name for name in queues if "DeadLetters" in name or "Failures" in name}
    assert len(dead) == 7
    for name, queue in queues.items():
        assert queue["Properties"]["KmsMasterKeyId"]
        assert ("RedrivePolicy" in queue["Properties"]) is (name not in dead)
    policies = stage.of_type("AWS::SQS::QueuePolicy").values()
    refused = [
        statement
        for policy in policies
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(refused) == 11


def test_consumers_answer_record_by_record(stage: Any) -> None:
    mappings = [each["Properties"] for each in stage.of_type("AWS::Lambda::EventSourceMapping").values()]
    consumers = [each for each in mappings if "StartingPosition" not in each]
    assert len(consumers) == 4
    for each in consumers:
        assert each["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert each["BatchSize"] == (1 if "Errands" in json.dumps(each["EventSourceArn"]) else 10)
        assert "MaximumBatchingWindowInSeconds" not in each


def test_streams_hand_on_inserts_alone_and_lose_none(stage: Any) -> None:
    mappings = [each["Properties"] for each in stage.of_type("AWS::Lambda::EventSourceMapping").values()]
    followers = [each for each in mappings if "StartingPosition" in each]
    assert len(followers) == 3
    for each in followers:
        gathered = 60 if "SealHeads" in json.dumps(each["FunctionName"]) else 0
        assert each["MaximumBatchingWindowInSeconds"] == gathered
        assert each["StartingPosition"] == "TRIM_HORIZON"
        [pattern] = [json.loads(one["Pattern"]) for one in each["FilterCriteria"]["Filters"]]
        assert pattern.pop("eventName") == ["INSERT"]
        of_timers = "ArmTimers" in json.dumps(each["FunctionName"])
        assert pattern == ({"dynamodb": {"NewImage": {"soon": {"S": ["y"]}}}} if of_timers else {})
        assert each["DestinationConfig"]["OnFailure"]["Destination"]


def test_a_statement_does_not_wait_behind_the_complaints_that_join_a_crisis(prod: Any) -> None:
    mappings = [each["Properties"] for each in prod.of_type("AWS::Lambda::EventSourceMapping").values()]
    (errands,) = (each for each in mappings if "Errands" in json.dumps(each["EventSourceArn"]))
    assert errands["ScalingConfig"]["MaximumConcurrency"] == stages.prod().errands_at_once > 2


def test_a_queue_keeps_a_message_hidden_longer_than_its_consumer_may_run(stage: Any) -> None:
    timeouts = {name: each["Timeout"] for name, each in functions(stage).items()}
    hidden = {
        name.split("Queue")[0]: queue["Properties"]["VisibilityTimeout"]
        for name, queue in stage.of_type("AWS::SQS::Queue").items()
        if "VisibilityTimeout" in queue["Properties"]
    }
    assert hidden["Events"] >= 2 * timeouts["intake"]
    assert hidden["Timers"] >= 2 * timeouts["fire_timer"]
    assert hidden["Errands"] >= 2 * timeouts["run_errands"]
    assert hidden["Messages"] == 90
    assert timeouts["send_message"] == 30


def test_schedules_call_what_has_to_run_by_itself(prod: Any) -> None:
    schedules = prod.of_type("AWS::Scheduler::Schedule")
    expressions = {name: each["Properties"]["ScheduleExpression"] for name, each in schedules.items()}
    assert expressions == {
        "SweepEveryMinute": "rate(1 minute)",
        "AuditRegularly": "rate(5 minutes)",
        "ProveAliveEveryMinute": "rate(1 minute)",
        "SendProbeRegularly": "rate(5 minutes)",
    }
    assert all(each["Properties"]["Target"]["DeadLetterConfig"]["Arn"] for each in schedules.values())


def test_what_is_called_asynchronously_keeps_its_failures(stage: Any) -> None:
    configured = stage.of_type("AWS::Lambda::EventInvokeConfig")
    assert len(configured) == 5
    for each in configured.values():
        assert each["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]


def test_rules_have_dead_letters(stage: Any) -> None:
    for rule in stage.of_type("AWS::Events::Rule").values():
        for target in rule["Properties"]["Targets"]:
            assert target["DeadLetterConfig"]["Arn"]


def test_the_bus_hands_on_the_event_itself(stage: Any) -> None:
    [rule] = [each for each in stage.of_type("AWS::Events::Rule").values() if "EventBusName" in each["Properties"]]
    assert [target["InputPath"] for target in rule["Properties"]["Targets"]] == ["$.detail"]


def test_the_api_is_throttled_and_never_logs_a_link(stage: Any) -> None:
    [entrance] = stage.of_type("AWS::ApiGatewayV2::Stage").values()
    settings = entrance["Properties"]
    assert settings["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert settings["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0
    assert "path" not in settings["AccessLogSettings"]["Format"].lower()
    routes = {each["Properties"]["RouteKey"] for each in stage.of_type("AWS::ApiGatewayV2::Route").values()}
    doors = (
        *("/v1/events", "/v1/incidents/{id}", "/v1/openapi.json", "/v1/incidents/{id}/{verb}"),
        *("/v1/incidents/{id}/attachments/{sha256}", "/v1/incidents/{id}/statements/{rung}/{revision}"),
        *("/v1/drills", "/v1/drills/{id}", "/v1/crises", "/console", "/console/{proxy+}"),
    )
    assert routes == {"$default"} | {f"ANY {path}" for path in (*doors, "/l/{token}", "/{token}")}


def test_a_stage_takes_the_receipts_of_its_own_mail_alone(synthesize: Any) -> None:
    """Every stage of an account hears the same default bus."""
    for name in ("dev", "prod"):
        stage = synthesize(name)
        [rule] = [
            each["Properties"]["EventPattern"]
            for each in stage.of_type("AWS::Events::Rule").values()
            if "aws.ses" in each["Properties"]["EventPattern"]["source"]
        ]
        [configured] = stage.of_type("AWS::SES::ConfigurationSet").values()
        own = configured["Properties"]["Name"]
        assert rule["detail"] == {"mail": {"tags": {"ses:configuration-set": [own]}}}
        named = functions(stage)["send_message"]["Environment"]["Variables"]["TOCSIN_EMAIL_CONFIGURATION_SET"]
        assert named == own


ENCRYPTED = {
    "AWS::Logs::LogGroup": "KmsKeyId",
    "AWS::SNS::Topic": "KmsMasterKeyId",
    "AWS::SecretsManager::Secret": "KmsKeyId",
    "AWS::SQS::Queue": "KmsMasterKeyId",
    "AWS::DynamoDB::Table": "SSESpecification",
}
"""What holds complaints, people or keys, and the property that names the key."""


def test_every_function_finds_what_it_works_with(stage: Any) -> None:
    """The composition root makes everything lazily: a missing setting would only show when it is used."""
    wanted = {
        "relay_outbox": {"MESSAGES_QUEUE_URL", "ERRANDS_QUEUE_URL"},
        "audit": {"TIMERS_QUEUE_URL", "MESSAGES_QUEUE_URL", "ERRANDS_QUEUE_URL"},
        "run_errands": {"SITE_BUCKET", "SITE_URL"},
        "send_message": {"SITE_URL", "CONSOLE_URL"},
        "respond": {"EVIDENCE_BUCKET", "API_KEYS_SECRET_ARN"},
        "console": {"EVIDENCE_BUCKET", "CONSOLE_SECRET_ARN", "CONSOLE_SIGN_IN", "CONSOLE_URL"},
        "seal_heads": {"EVIDENCE_BUCKET"},
        "prove_alive": {"HEARTBEAT_SECRET_ARN", "AUDIT_MINUTES", "PROBE_MINUTES"},
        "send_probe": {"EVENTS_QUEUE_URL", "EMAIL_CONFIGURATION_SET"},
    }
    for name, settings in wanted.items():
        given = functions(stage)[name]["Environment"]["Variables"]
        assert {f"TOCSIN_{each}" for each in settings} <= set(given), name


@pytest.mark.parametrize("resource_type", ENCRYPTED)
def test_what_rests_is_encrypted_with_the_key_of_the_stage(stage: Any, resource_type: str) -> None:
    [key] = stage.of_type("AWS::KMS::Key")
    found = stage.of_type(resource_type)
    if resource_type == "AWS::Logs::LogGroup":  # the key is not in the firewall's region; tokens are struck out there
        found = {name: each for name, each in found.items() if name not in stage.of_type(resource_type, "Firewall")}
    assert found
    for name, resource in found.items():
        assert key in json.dumps(resource["Properties"].get(ENCRYPTED[resource_type])), name


@pytest.mark.parametrize(("one", "other"), [("local", "dev"), ("local", "prod"), ("dev", "prod")])
def test_stages_share_no_physical_name(synthesize: Any, one: str, other: str) -> None:
    naming = {
        *("BusName", "Name", "QueueName", "TableName", "FunctionName", "RoleName", "TopicName", "DashboardName"),
        *("AlarmName", "LogGroupName", "EventBusName"),
    }

    def names(stage: Any) -> set[str]:
        found = set()
        for template in stage.templates.values():
            for resource in template["Resources"].values():
                for key, value in resource.get("Properties", {}).items():
                    if key in naming and isinstance(value, str):
                        found.add(f"{resource['Type']} {value}")
        return found

    assert names(synthesize(one))
    assert not names(synthesize(one)) & names(synthesize(other))
