"""CloudFormation, DynamoDB, Lambda, KMS and Secrets Manager: does the stage stand as it was meant to?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor_checks.patient import Patient
from cli.health import platform
from cli.health.diagnosis import Diagnosis
from infra.stages import Stage

_KINDS = ("Stateful", "Site", "Service", "Monitoring")
_OF_PRODUCTION = ("Front", "Firewall")
_AT_THE_EDGE = frozenset({"Firewall"})
"""Kinds of stacks that stand where CloudFront looks for them, whatever the stage's region."""
_TABLES = ("incidents", "timers", "outbox", "timeline")
_FOR_ALL_ELSE = 30
"""How many functions beside senders and errands a busy stage may run at once: intake, fire, streams, the console."""


def kinds_of(stage: Stage) -> tuple[str, ...]:
    """The kinds of stacks a stage consists of."""
    return (*_KINDS, *_OF_PRODUCTION) if stage.production else _KINDS


def settings(patient: Patient) -> Iterator[Diagnosis]:
    """What production cannot keep as it came."""
    if patient.production:
        yield from platform.placeholders(words_of(patient.stage))


def words_of(stage: Stage) -> dict[str, str]:
    """A stage's settings that are texts, by name."""
    return {name: value for name, value in stage.model_dump().items() if isinstance(value, str)}


def stacks(patient: Patient) -> Iterator[Diagnosis]:
    """State and protection of the stage's stacks."""
    found: dict[str, platform.StackState | None] = {}
    for kind in kinds_of(patient.stage):
        client = patient.deployment.edge if kind in _AT_THE_EDGE else patient.client
        try:
            (stack,) = client("cloudformation").describe_stacks(StackName=patient.stage.stack_name(kind))["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            found[kind] = None
        else:
            found[kind] = platform.StackState(stack["StackStatus"], bool(stack.get("EnableTerminationProtection")))
    yield from platform.stacks(found, production=patient.production)


def tables(patient: Patient) -> Iterator[Diagnosis]:
    """Whether the tables can be restored, and not be deleted by mistake."""
    dynamodb, found = patient.client("dynamodb"), {}
    for name in _TABLES:
        table = getattr(patient.deployment.tables, name)
        backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        pitr = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
        protected = dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled")
        found[name] = platform.TableState(pitr == "ENABLED", bool(protected))
    yield from platform.tables(found, production=patient.production, local=patient.stage.local)


def concurrency(patient: Patient) -> Iterator[Diagnosis]:
    """The account's limit, which a new account has at 10."""
    limits = patient.client("lambda").get_account_settings()["AccountLimit"]
    wanted = patient.stage.sends_at_once + patient.stage.errands_at_once + _FOR_ALL_ELSE
    yield from platform.concurrency(int(limits["ConcurrentExecutions"]), wanted, production=patient.production)


def at_work(patient: Patient) -> Iterator[Diagnosis]:
    """Functions that are paused or not fed, and schedules that are off."""
    functions, off = patient.client("lambda"), []
    paused, unfed = [], []
    for name, function in patient.outputs_ending("Function").items():
        if functions.get_function_concurrency(FunctionName=function).get("ReservedConcurrentExecutions") == 0:
            paused.append(name)
        mappings = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        if any(mapping.get("State") in ("Disabled", "Disabling") for mapping in mappings):
            unfed.append(name)
    prefix = patient.stage.stack_name("Service")
    for page in patient.client("scheduler").get_paginator("list_schedules").paginate(NamePrefix=prefix):
        off += [schedule["Name"] for schedule in page["Schedules"] if schedule.get("State") == "DISABLED"]
    yield from platform.at_work(paused, unfed, off)


def key_rotation(patient: Patient) -> Iterator[Diagnosis]:
    """The stage's KMS key."""
    said = patient.client("kms").get_key_rotation_status(KeyId=patient.deployment.outputs["KeyArn"])
    yield from platform.key_rotation(bool(said.get("KeyRotationEnabled")))


def secrets_age(patient: Patient) -> Iterator[Diagnosis]:
    """When each secret that signs or opens something was changed last."""
    days: dict[str, int] = {}
    for name, arn in patient.outputs_ending("SecretArn").items():
        said: Any = patient.client("secretsmanager").describe_secret(SecretId=arn)
        changed = said.get("LastChangedDate") or said["CreatedDate"]
        days[name] = int(patient.now / 1000 - changed.timestamp()) // 86_400
    yield from platform.secrets_age(days)
