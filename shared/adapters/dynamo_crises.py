"""Which crises are on, in DynamoDB: small rows beside the incidents, for incidents that are not theirs."""

from __future__ import annotations

from collections.abc import Sequence

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, get_all, query
from shared.adapters.dynamo_keys import Tables
from shared.ports import Matter


def matter_row(matter: Matter) -> Item:
    """The whole item of a matter. The newest crisis about it is the one that counts."""
    return {
        **dynamo_keys.matter(matter.name),
        "crisis": {"S": matter.crisis},
        "until": codec.number(matter.until),
        "ttl": dynamo_keys.matter_expiry(matter.until),
    }


class DynamoCrises:
    """`ports.Crises` over the incidents table."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def about(self, matters: Sequence[str], now: int) -> str | None:
        """The crisis that complaints about one of these matters join; the first named matter that has one counts."""
        keys = [dynamo_keys.matter(name) for name in dict.fromkeys(matters)]
        items = get_all(self._client(), self._tables.incidents, keys)
        on = (item for item in items if item is not None and int(item["until"]["N"]) > now)
        return next((str(item["crisis"]["S"]) for item in on), None)

    def running(self) -> Sequence[str]:
        """Incidents of crises that are on (strongly consistent)."""
        return tuple(item["SK"]["S"] for item in self._on())

    def running_drills(self) -> Sequence[str]:
        """Those of them that are exercises."""
        return tuple(item["SK"]["S"] for item in self._on() if item["drill"]["BOOL"])

    def _on(self) -> Sequence[Item]:
        return query(
            self._client(),
            TableName=self._tables.incidents,
            ConsistentRead=True,
            KeyConditionExpression="PK = :crises",
            ExpressionAttributeValues={":crises": {"S": dynamo_keys.CRISES}},
        )
