"""Errands in DynamoDB: rows of the outbox, so that its stream brings each to whoever runs it (docs/adr/0053)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, available, get, query, refused
from shared.adapters.dynamo_keys import BY_OPEN, OPEN_ERRANDS, Tables
from shared.domain.errand import Errand
from shared.domain.plain import canonical, plain


def errand_row(errand: Errand) -> Item:
    """The whole item of an errand still to be run; the sparse index finds it by its age, apart from messages."""
    return {
        **dynamo_keys.errand(errand.incident, errand.name),
        "doc": codec.text(canonical(plain(errand))),
        "open_shard": {"S": OPEN_ERRANDS},
        "open_since": codec.number(errand.at),
        "ttl": dynamo_keys.message_expiry(errand.at),
    }


class DynamoErrands:
    """`ports.Errands` over the outbox table."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def get(self, incident: str, name: str) -> Errand | None:
        """One that is still to be run (strongly consistent); None where it is done."""
        return self._read(dynamo_keys.errand(incident, name))

    def finish(self, errand: Errand) -> None:
        """It was run; done twice is done. The row stays as long as messages do: its name is taken."""
        with available():
            try:
                self._client().update_item(
                    TableName=self._tables.outbox,
                    Key=dynamo_keys.errand(errand.incident, errand.name),
                    UpdateExpression="REMOVE open_shard, open_since",
                    ConditionExpression="attribute_exists(PK)",
                )
            except ClientError as error:
                if not refused(error):
                    raise

    def stuck(self, before: int, limit: int) -> Sequence[Errand]:
        """Those still open that were asked for before this instant, the oldest first."""
        items = query(
            self._client(),
            limit=limit,
            TableName=self._tables.outbox,
            IndexName=BY_OPEN,
            KeyConditionExpression="open_shard = :errands AND open_since < :before",
            ExpressionAttributeValues={":errands": {"S": OPEN_ERRANDS}, ":before": codec.number(before)},
        )
        found = (self._read(dynamo_keys.key(item["PK"]["S"], item["SK"]["S"])) for item in items)
        return tuple(errand for errand in found if errand is not None)

    def _read(self, key: Item) -> Errand | None:
        """An open one as the table has it: the index lags behind."""
        item = get(self._client(), self._tables.outbox, key)
        return _errand_from(item) if item and "open_since" in item else None


def _errand_from(item: Mapping[str, Any]) -> Errand:
    document = json.loads(codec.text_from(item["doc"]))
    known = ("incident", "name", "kind", "at", "data")
    return Errand(**{name: document[name] for name in known if name in document})
