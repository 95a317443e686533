"""What is kept, for how long, and what nobody deletes by mistake."""

from __future__ import annotations

from typing import Any

import pytest

from infra import stages

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]

FOURTEEN_DAYS = 14 * 24 * 3600


def test_no_stack_of_production_is_deleted_by_mistake(prod: Any) -> None:
    assert set(prod.protected) == {"Stateful", "Site", "Service", "Monitoring", "Firewall", "Front"}
    assert [kind for kind, protected in prod.protected.items() if not protected] == []


@pytest.mark.parametrize("name", ["local", "dev"])
def test_other_stages_go_when_they_are_told_to(synthesize: Any, name: str) -> None:
    assert not any(synthesize(name).protected.values())


@pytest.mark.parametrize("name", stages.STAGES)
def test_every_log_group_forgets_after_the_stage_s_own_time(synthesize: Any, name: str) -> None:
    groups = synthesize(name).of_type("AWS::Logs::LogGroup")
    assert len(groups) > 13  # one a function, and the API's access log
    kept = {each["Properties"]["RetentionInDays"] for each in groups.values()}
    assert kept == {stages.choose(name).log_retention_days}


@pytest.mark.parametrize("name", stages.STAGES)
def test_logs_in_buckets_go_as_early_as_the_others(synthesize: Any, name: str) -> None:
    buckets = synthesize(name).of_type("AWS::S3::Bucket")
    logs = [each["Properties"] for each_name, each in buckets.items() if "Logs" in each_name]
    assert len(logs) == 2
    for each in logs:
        [expiry] = [rule["ExpirationInDays"] for rule in each["LifecycleConfiguration"]["Rules"]]
        assert expiry == stages.choose(name).log_retention_days


def test_every_function_writes_to_a_group_of_ours(stage: Any) -> None:
    """A function without one gets a group from Lambda, whose lines are kept for ever."""
    for name, each in stage.of_type("AWS::Lambda::Function").items():
        assert each["Properties"]["LoggingConfig"]["LogGroup"], name


def test_what_failed_waits_two_weeks_for_a_person(stage: Any) -> None:
    queues = stage.of_type("AWS::SQS::Queue")
    assert {each["Properties"]["MessageRetentionPeriod"] for each in queues.values()} == {FOURTEEN_DAYS}


def test_production_can_go_back_to_any_second_of_five_weeks(prod: Any) -> None:
    for name, table in prod.of_type("AWS::DynamoDB::Table").items():
        recovery = table["Properties"]["PointInTimeRecoverySpecification"]
        assert recovery["PointInTimeRecoveryEnabled"] is True, name
        assert recovery.get("RecoveryPeriodInDays", 35) == 35, name
        assert table["Properties"]["DeletionProtectionEnabled"] is True, name
    [pool] = prod.of_type("AWS::Cognito::UserPool").values()
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
