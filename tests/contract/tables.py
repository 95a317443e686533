"""The tables of a stage as the store expects them; tests/contract/test_tables.py holds the deployed ones to it."""

from __future__ import annotations

from typing import Any

from shared.adapters.dynamo_keys import BY_NEXT_STEP, BY_OPEN, BY_QUARANTINE, BY_REFERENCE, Tables

NAMES = Tables(incidents="incidents", timers="timers", outbox="outbox", timeline="timeline")

EVIDENCE = "evidence"
"""The bucket of evidence."""

INDEXES: dict[str, dict[str, tuple[dict[str, str], str]]] = {
    "incidents": {
        BY_NEXT_STEP: ({"next_shard": "S", "next_step_at": "N"}, "KEYS_ONLY"),
        BY_QUARANTINE: ({"q_pk": "S", "q_at": "S"}, "ALL"),
    },
    "timers": {},
    "outbox": {
        BY_REFERENCE: ({"reference": "S"}, "KEYS_ONLY"),
        BY_OPEN: ({"open_shard": "S", "open_since": "N"}, "KEYS_ONLY"),
    },
    "timeline": {},
}
"""Name of each index, its keys with their types, and what it projects."""


def definition(table: str) -> dict[str, Any]:
    """What CreateTable takes."""
    attributes = {"PK": "S", "SK": "S"}
    for keys, _ in INDEXES[table].values():
        attributes |= keys
    indexes = [
        {"IndexName": name, "KeySchema": _schema(list(keys)), "Projection": {"ProjectionType": projected}}
        for name, (keys, projected) in INDEXES[table].items()
    ]
    return {
        "TableName": table,
        "KeySchema": _schema(["PK", "SK"]),
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()],
        "BillingMode": "PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }


def create(client: Any) -> None:
    """All four."""
    for table in INDEXES:
        client.create_table(**definition(table))


def create_bucket(client: Any) -> None:
    """The bucket of evidence, with a default lock as the deployed one has."""
    client.create_bucket(
        Bucket=EVIDENCE,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
    )
    client.put_object_lock_configuration(
        Bucket=EVIDENCE,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 3650}},
        },
    )


def _schema(names: list[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
