"""Links in DynamoDB, by the hash of their token (I11)."""

from __future__ import annotations

from shared.adapters import codec, dynamo_keys
from shared.adapters.dynamo_calls import Client, available, get
from shared.adapters.dynamo_keys import Tables
from shared.domain.message import Link


class DynamoLinks:
    """`ports.Links` over the incidents table; a link goes some time after it expired."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def put(self, link: Link) -> None:
        """Store one."""
        row = {
            **dynamo_keys.link(link.token_hash),
            "incident": {"S": link.incident},
            "person": {"S": link.person},
            "epoch": codec.number(link.epoch),
            "expires": codec.number(link.expires),
            "ttl": dynamo_keys.link_expiry(link.expires),
        }
        if link.group:
            row["group"] = {"BOOL": True}
        if link.version is not None:
            row["version"] = codec.number(link.version)
        with available():
            self._client().put_item(TableName=self._tables.incidents, Item=row)

    def get(self, token_hash: str) -> Link | None:
        """One of them, expired or not."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.link(token_hash))
        if item is None:
            return None
        return Link(
            token_hash=token_hash,
            incident=item["incident"]["S"],
            person=item["person"]["S"],
            epoch=int(item["epoch"]["N"]),
            expires=int(item["expires"]["N"]),
            group="group" in item,
            version=codec.number_from(item, "version"),
        )
