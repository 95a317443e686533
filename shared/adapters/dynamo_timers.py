"""The timers table: read by partition as the sweep goes, deleted by whoever claims."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Action, Client, available, get, moved, query, refused, transact
from shared.adapters.dynamo_keys import Tables
from shared.domain.timer import Timer, timer_from
from shared.ports import ConflictError, SignOfLife

_HOUR = "HOUR"
_WATERMARK = "WATERMARK"
_SIGN = "SIGN#"


def timer_row(timer: Timer) -> Item:
    """The whole item of a timer; the mark lets it through the filter of the table's stream to whoever arms it."""
    return {**dynamo_keys.timer(timer), **(dynamo_keys.BORN_SOON if timer.soon else {})}


class DynamoTimers:
    """`ports.Timers`; the cursors and what was parked lie in the incidents table."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def due(self, hour: int, shard: int, until: int) -> Sequence[Timer]:
        """Timers of one partition due at `until` or before, oldest first (strongly consistent)."""
        items = query(
            self._client(),
            TableName=self._tables.timers,
            ConsistentRead=True,
            KeyConditionExpression="PK = :partition AND SK < :until",
            ExpressionAttributeValues={
                ":partition": {"S": f"{hour}#{shard:02d}"},
                ":until": {"S": f"{until + 1:015d}"},
            },
        )
        return tuple(timer_from(item["PK"]["S"], item["SK"]["S"]) for item in items)

    def put(self, timer: Timer) -> None:
        """Add a timer that belongs to no incident; one that exists stays as it is."""
        with available():
            try:
                self._client().put_item(
                    TableName=self._tables.timers,
                    Item=timer_row(timer),
                    ConditionExpression="attribute_not_exists(PK)",
                )
            except ClientError as error:
                if not refused(error):
                    raise

    def claim(self, timer: Timer) -> bool:
        """Delete it; False where it was gone.

        A transaction of one, for its token: a plain delete that botocore repeats after a lost answer would find the
        timer gone and tell the winner that it had lost.

        Raises:
            ConflictError: whether it was claimed is unknown.
        """
        try:
            transact(self._client(), [self._delete(timer)])
        except _GoneError:
            return False
        return True

    def pending(self, timer: Timer) -> bool:
        """Whether it is still there (strongly consistent)."""
        return get(self._client(), self._tables.timers, dynamo_keys.timer(timer)) is not None

    def failed(self, timer: Timer) -> int:
        """Count a failure of this timer and return how many there were; 0 where it is gone."""
        with available():
            try:
                answer = self._client().update_item(
                    TableName=self._tables.timers,
                    Key=dynamo_keys.timer(timer),
                    UpdateExpression="ADD failures :one",
                    ConditionExpression="attribute_exists(PK)",
                    ExpressionAttributeValues={":one": codec.number(1)},
                    ReturnValues="UPDATED_NEW",
                )
            except ClientError as error:
                if refused(error):
                    return 0
                raise
        return int(answer["Attributes"]["failures"]["N"])

    def park(self, timer: Timer, reason: str) -> None:
        """Take a timer that failed too often out of the sweep's way; the audit goes on trying it."""
        row = {**dynamo_keys.parked(timer), "reason": {"S": reason}}
        put = {"TableName": self._tables.incidents, "Item": row}
        with suppress(_GoneError):
            transact(self._client(), [self._delete(timer), Action({"Put": put}, moved("the timer"))])

    @property
    def parked(self) -> dict[Timer, str]:
        """What is parked, with the last reason."""
        items = query(
            self._client(),
            TableName=self._tables.incidents,
            ConsistentRead=True,
            KeyConditionExpression="PK = :parked",
            ExpressionAttributeValues={":parked": {"S": "PARKED"}},
        )
        return {codec.timer_from_text(item["SK"]["S"]): item["reason"]["S"] for item in items}

    def forget(self, timer: Timer) -> None:
        """Take a parked timer off the list: what it stood for is done."""
        with available():
            self._client().delete_item(TableName=self._tables.incidents, Key=dynamo_keys.parked(timer))

    def cursor(self) -> int:
        """The first hour that may still hold timers; 0 before the first sweep."""
        return self._read(_HOUR)

    def move_cursor(self, hour: int) -> None:
        """Let the sweep begin at this hour. Too early costs reads, too late hides timers."""
        self._write(_HOUR, hour)

    def watermark(self) -> int:
        """Up to which due time the sweeps have handed timers over (milliseconds UTC); 0 before the first."""
        return self._read(_WATERMARK)

    def move_watermark(self, instant: int) -> None:
        """Remember how far a sweep got."""
        self._write(_WATERMARK, instant)

    def clock(self) -> int | None:
        """What time the store itself has, by the date of an answer; None where an answer has none."""
        with available():
            answer = self._client().get_item(TableName=self._tables.incidents, Key=dynamo_keys.cursor(_HOUR))
        said = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
        return int(parsedate_to_datetime(said).timestamp() * 1000) if said else None

    def sign(self, of: SignOfLife) -> int:
        """When a part of the pager last showed that it works (milliseconds UTC); 0 where it never did."""
        return self._read(f"{_SIGN}{of}")

    def leave_sign(self, of: SignOfLife, at: int) -> None:
        """Remember that a part of the pager worked at this instant."""
        self._write(f"{_SIGN}{of}", at)

    def _delete(self, timer: Timer) -> Action:
        delete = {
            "TableName": self._tables.timers,
            "Key": dynamo_keys.timer(timer),
            "ConditionExpression": "attribute_exists(PK)",
        }
        return Action({"Delete": delete}, lambda _: _GoneError("the timer is gone"))

    def _read(self, name: str) -> int:
        item: Item = get(self._client(), self._tables.incidents, dynamo_keys.cursor(name)) or {}
        return codec.number_from(item, "reached") or 0

    def _write(self, name: str, to: int) -> None:
        row = {**dynamo_keys.cursor(name), "reached": codec.number(to)}
        with available():
            self._client().put_item(TableName=self._tables.incidents, Item=row)


class _GoneError(ConflictError):
    """Somebody else claimed the timer."""
