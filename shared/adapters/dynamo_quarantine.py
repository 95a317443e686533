"""Quarantined events in DynamoDB, listed by when they came."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, available, get, query, refused
from shared.adapters.dynamo_keys import BY_QUARANTINE, Tables
from shared.ports import Quarantined

_ALL = "QUARANTINE"
_MOST_BYTES = 380_000
"""Of a body as it is stored: an item holds 400 KB, and a message of the queue up to 1 MiB."""


def quarantine_row(quarantined: Quarantined) -> Item:
    """The whole item of a quarantined event; a body that is too large even when compressed is cut, and says so."""
    if len(next(iter(codec.text(quarantined.body).values()))) > _MOST_BYTES:
        kept = quarantined.body.encode()[:_MOST_BYTES].decode(errors="ignore")
        note = f"cut: only the first {len(kept)} of {len(quarantined.body)} characters were kept"
        quarantined = replace(quarantined, body=kept, detail=f"{quarantined.detail} ({note})")
    return {
        **dynamo_keys.quarantine(quarantined.id),
        **codec.quarantined_item(quarantined),
        "q_pk": {"S": _ALL},
        "q_at": {"S": dynamo_keys.quarantine_order(quarantined.at, quarantined.id)},
    }


class DynamoQuarantine:
    """`ports.Quarantine` over the incidents table. The list may lag a moment behind what was just put."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def put(self, quarantined: Quarantined) -> None:
        """Keep it; the same id is kept once."""
        with available():
            try:
                self._client().put_item(
                    TableName=self._tables.incidents,
                    Item=quarantine_row(quarantined),
                    ConditionExpression="attribute_not_exists(PK)",
                )
            except ClientError as error:
                if not refused(error):
                    raise

    def get(self, quarantine_id: str) -> Quarantined | None:
        """One of them."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.quarantine(quarantine_id))
        return codec.quarantined_from(item) if item else None

    def list(self, limit: int = 100) -> Sequence[Quarantined]:
        """The newest first."""
        items: builtins.list[Item] = query(
            self._client(),
            limit=limit,
            TableName=self._tables.incidents,
            IndexName=BY_QUARANTINE,
            KeyConditionExpression="q_pk = :all",
            ExpressionAttributeValues={":all": {"S": _ALL}},
            ScanIndexForward=False,
        )
        return tuple(codec.quarantined_from(item) for item in items)

    def discard(self, quarantine_id: str) -> None:
        """Forget it; it was replayed, or an operator said so."""
        with available():
            self._client().delete_item(TableName=self._tables.incidents, Key=dynamo_keys.quarantine(quarantine_id))
