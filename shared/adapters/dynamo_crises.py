"""Which crises are on, in DynamoDB: small rows beside the incidents, for incidents that are not theirs."""

from __future__ import annotations

from collections.abc import Sequence

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, query
from shared.adapters.dynamo_keys import Tables
from shared.ports import Matter


def matter_row(matter: Matter) -> Item:
    """The whole item of a matter, one for each crisis about it: one that ends must not hide another."""
    return {
        **dynamo_keys.matter(matter.name, matter.crisis),
        "until": codec.number(matter.until),
        "ttl": dynamo_keys.matter_expiry(matter.until),
    }


class DynamoCrises:
    """`ports.Crises` over the incidents table."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def about(self, matters: Sequence[str], now: int) -> str | None:
        """The crisis that complaints about one of these matters join; the first named matter that has one counts.

        Of two about one matter it is the one that others join longer: the newer one (strongly consistent).
        """
        for name in matters:
            open_until = {item["SK"]["S"]: int(item["until"]["N"]) for item in self._rows(dynamo_keys.matter(name, ""))}
            newest = max(((until, crisis) for crisis, until in open_until.items() if until > now), default=None)
            if newest is not None:
                return str(newest[1])
        return None

    def running(self) -> Sequence[str]:
        """Incidents of crises that are on (strongly consistent)."""
        return tuple(item["SK"]["S"] for item in self._on())

    def running_drills(self) -> Sequence[str]:
        """Those of them that are exercises."""
        return tuple(item["SK"]["S"] for item in self._on() if item["drill"]["BOOL"])

    def _on(self) -> Sequence[Item]:
        return self._rows(dynamo_keys.crisis(""))

    def _rows(self, beside: Item) -> Sequence[Item]:
        """All rows of a key's partition."""
        return query(
            self._client(),
            TableName=self._tables.incidents,
            ConsistentRead=True,
            KeyConditionExpression="PK = :partition",
            ExpressionAttributeValues={":partition": beside["PK"]},
        )
