"""The outbox in DynamoDB: each step of a message is a conditional write (I6, I7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Action, Client, available, get, moved, query, refused, transact, update
from shared.adapters.dynamo_keys import BY_OPEN, BY_REFERENCE, INDEX_SHARDS, Tables
from shared.domain.message import OPEN_STATES, Message, MessageKey
from shared.ports import CalledBackError

_COUNT = "COUNT"
_HELD = "HELD#"
_OPEN_ATTRIBUTES = ("open_shard", "open_since")


def message_row(message: Message) -> Item:
    """The whole item of a message; while it is open, the sparse index finds it by its age."""
    row = {**_key(message.key), **codec.message_item(message), "ttl": dynamo_keys.message_expiry(message.at)}
    if message.state in OPEN_STATES:
        row["open_shard"] = {"S": dynamo_keys.index_shard(str(message.key))}
        row["open_since"] = codec.number(message.at)
    return row


class DynamoOutbox:
    """`ports.Outbox`; what storm control counts and holds lies in the incidents table, off the outbox's stream."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def get(self, key: MessageKey) -> Message | None:
        """One row (strongly consistent)."""
        item = get(self._client(), self._tables.outbox, _key(key))
        return codec.message_from(item) if item else None

    def put(self, message: Message) -> None:
        """Add a row; one that exists stays as it is."""
        with available():
            try:
                self._client().put_item(
                    TableName=self._tables.outbox,
                    Item=message_row(message),
                    ConditionExpression="attribute_not_exists(PK)",
                )
            except ClientError as error:
                if not refused(error):
                    raise

    def start_sending(self, message: Message, reference: str, now: int) -> Message:
        """PENDING becomes SENDING, before the carrier is called (I7), and only while the fence stands (I6).

        Raises:
            CalledBackError: the incident's fence moved.
            ConflictError: the row is no longer pending.
        """
        sending = replace(message, state="sending", sending_at=now, reference=reference, tries=message.tries + 1)
        actions = [self._update(replace(message, state="pending"), sending)]
        if message.fence is not None:
            check = {
                "TableName": self._tables.incidents,
                "Key": dynamo_keys.meta(message.key.incident),
                "ConditionExpression": "fence = :fence",
                "ExpressionAttributeValues": {":fence": codec.number(message.fence)},
            }
            actions.append(Action({"ConditionCheck": check}, lambda _: CalledBackError(str(message.key))))
        transact(self._client(), actions)
        return sending

    def finish(
        self, message: Message, state: str, *, reference: str | None = None, then: Message | None = None
    ) -> None:
        """Record how it went; with `then`, the message that carries on, in the same transaction.

        Raises:
            ConflictError: the row moved meanwhile.
        """
        after = replace(message, state=state, reference=reference or message.reference)  # type: ignore[arg-type]
        if then is None:
            update(self._client(), self._update(message, after))
            return
        put = {
            "TableName": self._tables.outbox,
            "Item": message_row(then),
            "ConditionExpression": "attribute_not_exists(PK)",
        }
        actions = [self._update(message, after), Action({"Put": put}, moved(str(then.key)))]
        transact(self._client(), actions)

    def by_reference(self, reference: str) -> Message | None:
        """The row a carrier's receipt is about; while it is being sent only that of an e-mail: see the codec."""
        found = self._rows(
            BY_REFERENCE,
            "#reference = :reference",  # a reserved word of DynamoDB's
            {":reference": {"S": reference}},
            ExpressionAttributeNames={"#reference": "reference"},
        )
        return next((row for row in found if row.reference == reference), None)

    def stuck(self, before: int, limit: int) -> Sequence[Message]:
        """Rows still pending or sending that were made before this instant, the oldest first."""
        found: list[Message] = []
        for shard in range(INDEX_SHARDS):
            values = {":shard": {"S": str(shard)}, ":before": codec.number(before)}
            found.extend(self._rows(BY_OPEN, "open_shard = :shard AND open_since < :before", values, limit))
        late = [message for message in found if message.state in OPEN_STATES and message.at < before]
        return tuple(sorted(late, key=lambda message: (message.at, str(message.key))))[:limit]

    def of_incident(self, incident: str) -> Sequence[Message]:
        """All rows of an incident in order."""
        items = query(
            self._client(),
            TableName=self._tables.outbox,
            ConsistentRead=True,
            KeyConditionExpression="PK = :incident AND SK < :errands",  # theirs begin with a digit
            ExpressionAttributeValues={":incident": {"S": incident}, ":errands": {"S": dynamo_keys.ERRAND}},
        )
        return tuple(codec.message_from(item) for item in items)

    def count_message(self, person: str, minute: int) -> int:
        """Count a message to a person in a minute (storm control) and return how many there are now."""
        with available():
            answer = self._client().update_item(
                TableName=self._tables.incidents,
                Key=dynamo_keys.storm(person, minute, _COUNT),
                UpdateExpression="ADD messages :one SET #ttl = :ttl",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":one": codec.number(1), ":ttl": dynamo_keys.counter_expiry(minute)},
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"]["messages"]["N"])

    def held(self, person: str, minute: int) -> Sequence[Message]:
        """Rows storm control holds for a person's digest of that minute."""
        items = query(
            self._client(),
            TableName=self._tables.incidents,
            ConsistentRead=True,
            KeyConditionExpression="PK = :minute AND begins_with(SK, :held)",
            ExpressionAttributeValues={":minute": dynamo_keys.storm(person, minute, "")["PK"], ":held": {"S": _HELD}},
        )
        rows = (self._row(item["message"]["S"], item["sort"]["S"]) for item in items)
        return tuple(row for row in rows if row is not None and row.state == "held")

    def hold(self, message: Message, minute: int) -> None:
        """PENDING becomes HELD for the digest of a minute.

        Raises:
            ConflictError: the row is no longer pending.
        """
        mark = {
            **dynamo_keys.storm(message.key.person, minute, f"{_HELD}{message.key}"),
            "message": {"S": message.key.incident},
            "sort": {"S": message.key.sort},
            "ttl": dynamo_keys.counter_expiry(minute),
        }
        transact(
            self._client(),
            [
                self._update(replace(message, state="pending"), replace(message, state="held")),
                Action({"Put": {"TableName": self._tables.incidents, "Item": mark}}, moved(str(message.key))),
            ],
        )

    def _rows(
        self, index: str, condition: str, values: dict[str, Any], limit: int | None = None, **names: Any
    ) -> list[Message]:
        """What an index finds, read again from the table: the index lags behind it."""
        items = query(
            self._client(),
            limit=limit,
            TableName=self._tables.outbox,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            **names,
        )
        rows = (self._row(item["PK"]["S"], item["SK"]["S"]) for item in items)
        return [row for row in rows if row is not None]

    def _row(self, partition: str, sort: str) -> Message | None:
        item = get(self._client(), self._tables.outbox, dynamo_keys.key(partition, sort))
        return codec.message_from(item) if item else None

    def _update(self, before: Message, after: Message) -> Action:
        """The row as it was loaded becomes what it is to be; no other try and no other reference."""
        written = {name: value for name, value in message_row(after).items() if name in _MOVING}
        gone = [name for name in _COME_AND_GO if name not in written]
        known_as = codec.reference_attribute(before)
        moving = {f"#{name}": name for name in (*written, *gone, known_as)}
        values = {f":{name}": value for name, value in written.items()}
        values |= {":was": {"S": before.state}, ":tried": codec.number(before.tries)}
        if before.reference is None:
            same_reference = f"attribute_not_exists(#{known_as})"
        else:
            same_reference = f"#{known_as} = :known"
            values[":known"] = {"S": before.reference}
        update = {
            "TableName": self._tables.outbox,
            "Key": _key(before.key),
            "UpdateExpression": "SET "
            + ", ".join(f"#{name} = :{name}" for name in written)
            + (" REMOVE " + ", ".join(f"#{name}" for name in gone) if gone else ""),
            "ConditionExpression": f"#state = :was AND #tries = :tried AND {same_reference}",
            "ExpressionAttributeNames": moving,
            "ExpressionAttributeValues": values,
        }
        return Action({"Update": update}, moved(str(before.key)))


_COME_AND_GO = (*_OPEN_ATTRIBUTES, "reference", "own_name")
_MOVING = frozenset({"state", "tries", "sending_at", *_COME_AND_GO})


def _key(key: MessageKey) -> Item:
    return dynamo_keys.key(key.incident, key.sort)
