"""A copy of the incidents table, as a point-in-time restore makes it: read, and used to put back what is missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Client, available, get, query, refused
from shared.adapters.dynamo_keys import Tables
from shared.ports import Stored

_META = "META"
_KEPT_FOR_GOOD = ("IDEM#", "POLICY#", "MATTER#", dynamo_keys.PUBLISHED)
"""Partitions whose rows nobody ever takes away, but for an early event's mark: one that is missing was lost.

What is not named was meant to go: personal data that was erased (`CUSTOMER`), early events, quarantine, links, cursors.
"""
_TEXT = "TEXT#"
_AT_ONCE = 100
"""As many keys as one BatchGetItem takes."""


class IncidentsCopy:
    """One copy of a stage's incidents table.

    Args:
        client: makes the client.
        name: of the copy.
        tables: those of the stage.
    """

    def __init__(self, client: Client, name: str, tables: Tables) -> None:
        self._client = client
        self._name = name
        self._tables = tables

    def incidents(self) -> Iterator[Stored]:
        """Every incident of the copy, in no order."""
        for item in self._scan("SK = :sort", {":sort": {"S": _META}}):
            yield codec.stored_from(item["PK"]["S"], item)

    def put_back_missing(self, known: Collection[str]) -> int:
        """Put back rows that are kept for good and are not in the stage's table: dedup keys, policies, texts.

        Args:
            known: the incidents of the copy; a dedup key of another was of an early event, and may be gone rightly.

        Returns:
            How many were missing.
        """
        rows = (row for row in self._scan("SK <> :sort", {":sort": {"S": _META}}) if _is_kept(row, known))
        missing = 0
        while batch := list(islice(rows, _AT_ONCE)):
            there = self._there(batch)
            for row in batch:
                if (row["PK"]["S"], row["SK"]["S"]) not in there:
                    missing += self._put(row, self._tables.incidents)
        return missing

    def is_spoilt(self, incident: str) -> bool:
        """Whether an incident's record is missing in the stage's table, or cannot be read."""
        there = get(self._client(), self._tables.incidents, dynamo_keys.meta(incident))
        return there is None or not _is_readable(incident, there)

    def put_back_record(self, copy: Stored) -> None:
        """Put an incident's record back, as old as the copy: `restore_incident` brings it up to its timeline."""
        name = copy.incident.id
        row = {**dynamo_keys.meta(name), **codec.stored_item(copy)}
        if copy.incident.next_step_at is not None:
            row["next_shard"] = {"S": dynamo_keys.index_shard(name)}
        with available():
            self._client().put_item(TableName=self._tables.incidents, Item=row)

    def put_back_lines(self, incident: str, copy: str) -> int:
        """Put back lines of an incident's timeline that are missing, from a copy of that table; how many were.

        Nothing that is there is written over: the timeline is only added to (I9).
        """
        lines = query(
            self._client(),
            TableName=copy,
            ConsistentRead=True,
            KeyConditionExpression="PK = :incident",
            ExpressionAttributeValues={":incident": {"S": incident}},
        )
        return sum(self._put(line, self._tables.timeline) for line in lines)

    def _scan(self, condition: str, values: Item) -> Iterator[Item]:
        page: Item = {}
        while True:
            with available():
                answer = self._client().scan(
                    TableName=self._name,
                    ConsistentRead=True,
                    FilterExpression=condition,
                    ExpressionAttributeValues=values,
                    **page,
                )
            yield from answer["Items"]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            page = {"ExclusiveStartKey": last}

    def _there(self, rows: Sequence[Item]) -> set[tuple[str, str]]:
        """The keys of those rows that the stage's table has."""
        asked = {
            self._tables.incidents: {
                "Keys": [{"PK": row["PK"], "SK": row["SK"]} for row in rows],
                "ConsistentRead": True,
                "ProjectionExpression": "PK, SK",
            }
        }
        found: set[tuple[str, str]] = set()
        while asked:
            with available():
                answer = self._client().batch_get_item(RequestItems=asked)  # type: ignore[arg-type]  # plain dictionaries
            found |= {
                (item["PK"]["S"], item["SK"]["S"]) for item in answer["Responses"].get(self._tables.incidents, ())
            }
            asked = answer.get("UnprocessedKeys", {})  # type: ignore[assignment]  # the same shape
        return found

    def _put(self, row: Item, table: str) -> bool:
        with available():
            try:
                self._client().put_item(TableName=table, Item=row, ConditionExpression="attribute_not_exists(PK)")
            except ClientError as error:
                if not refused(error):
                    raise
                return False
        return True


def _is_kept(row: Item, known: Collection[str]) -> bool:
    partition, sort = row["PK"]["S"], row["SK"]["S"]
    if partition.startswith("IDEM#"):
        return row["incident"]["S"] in known
    return partition.startswith(_KEPT_FOR_GOOD) or (sort.startswith(_TEXT) and partition in known)


def _is_readable(name: str, item: Item) -> bool:
    """Whether this release can read a record; what may be wrong with one that was spoilt, nobody can list."""
    try:
        codec.stored_from(name, item)
    except Exception:  # noqa: BLE001 - see above
        return False
    return True
