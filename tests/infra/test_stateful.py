from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def tables(stage: Any) -> dict[str, dict[str, Any]]:
    found = stage.of_type("AWS::DynamoDB::Table")
    return {name.rstrip("0123456789ABCDEF"): table["Properties"] for name, table in found.items()}


def test_four_tables_encrypted_on_demand_and_recoverable(stage: Any) -> None:
    found = tables(stage)
    assert sorted(found) == ["Incidents", "Outbox", "Timeline", "Timers"]
    for table in found.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        assert table["SSESpecification"]["SSEType"] == "KMS"
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["PK", "SK"]


def test_streams_indexes_and_expiry(stage: Any) -> None:
    found = tables(stage)
    assert {name for name, table in found.items() if "StreamSpecification" in table} == {
        *("Timers", "Outbox", "Timeline")
    }
    assert {
        table["StreamSpecification"]["StreamViewType"] for table in found.values() if "StreamSpecification" in table
    } == {
        "NEW_IMAGE",
    }
    assert {name for name, table in found.items() if "TimeToLiveSpecification" in table} == {
        *("Incidents", "Outbox", "Timeline")
    }
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for table in found.values()
        for index in table.get("GlobalSecondaryIndexes", [])
    }
    assert indexes == {
        "by_next_step": ["next_shard", "next_step_at"],
        "quarantine": ["q_pk", "q_at"],
        "by_reference": ["reference"],
        "by_open": ["open_shard", "open_since"],
    }


def test_nobody_changes_the_timeline_whatever_their_role_says(stage: Any) -> None:
    [statement] = tables(stage)["Timeline"]["ResourcePolicy"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"
    assert {"dynamodb:UpdateItem", "dynamodb:DeleteItem"} <= set(statement["Action"])


def test_the_key_rotates(stage: Any) -> None:
    [key] = stage.of_type("AWS::KMS::Key").values()
    assert key["Properties"]["EnableKeyRotation"] is True


def test_production_outlives_its_stacks(prod: Any) -> None:
    kept = (
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::SecretsManager::Secret",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::Cognito::UserPool",
    )
    for resource_type in kept:
        found = prod.of_type(resource_type)
        assert found
        assert {resource["DeletionPolicy"] for resource in found.values()} == {"Retain"}
    assert all(table["DeletionProtectionEnabled"] for table in tables(prod).values())


def test_no_secret_is_in_a_template(prod: Any) -> None:
    for secret in prod.of_type("AWS::SecretsManager::Secret").values():
        assert json.loads(secret["Properties"].get("SecretString", '{"keys": []}')) in ({"keys": []}, {"url": ""})
