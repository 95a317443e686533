"""Texts of statements and everything that is public, in DynamoDB: rows that are added and never changed (I8)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, get, query
from shared.adapters.dynamo_keys import Tables
from shared.domain.plain import canonical, plain, read
from shared.domain.publication import Publication, StatementText


def text_row(incident: str, text: StatementText) -> Item:
    """The whole item of one revision's text."""
    key = dynamo_keys.statement_text(incident, text.rung, text.revision)
    return {**key, "doc": codec.text(canonical(plain(text)))}


def publication_row(publication: Publication) -> Item:
    """The whole item of one published revision, in the list of all."""
    return {**dynamo_keys.published(publication), "doc": codec.text(canonical(plain(publication)))}


class DynamoStatements:
    """`ports.Statements` over the incidents table."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def text(self, incident: str, rung: str, revision: int) -> StatementText | None:
        """The text of one revision (strongly consistent)."""
        key = dynamo_keys.statement_text(incident, rung, revision)
        item = get(self._client(), self._tables.incidents, key)
        return read(StatementText, json.loads(codec.text_from(item["doc"]))) if item else None

    def published(self) -> Sequence[Publication]:
        """Everything that was ever published, oldest first (strongly consistent)."""
        items = query(
            self._client(),
            TableName=self._tables.incidents,
            ConsistentRead=True,
            KeyConditionExpression="PK = :published",
            ExpressionAttributeValues={":published": {"S": dynamo_keys.PUBLISHED}},
        )
        return tuple(read(Publication, json.loads(codec.text_from(item["doc"]))) for item in items)
