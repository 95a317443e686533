"""Copies of a stage's tables as they were at a moment, each beside its table: `<table>-at-20261122T033000`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.adapters.dynamo_keys import Tables
from shared.domain.instants import SECOND, format_instant

TABLES: Final = ("incidents", "timers", "outbox", "timeline")
_LOOKS_AGAIN_SECONDS: Final = 5


class Copies:
    """The copies of one moment (milliseconds UTC)."""

    def __init__(self, client: Any, tables: Tables, moment: int) -> None:
        self._client = client
        self._tables = tables
        self.moment = moment

    def name(self, table: str) -> str:
        """What the copy of a table is called."""
        at = datetime.fromtimestamp(self.moment / SECOND, UTC)
        return f"{getattr(self._tables, table)}-at-{at:%Y%m%dT%H%M%S}"

    def row(self, table: str) -> dict[str, Any]:
        """What is known of a table and its copy."""
        there = self._client.describe_table(TableName=getattr(self._tables, table))["Table"]
        backups = self._client.describe_continuous_backups(TableName=there["TableName"])
        pitr = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        window = {name: _written(pitr.get(f"{name.capitalize()}RestorableDateTime")) for name in ("earliest", "latest")}
        return {
            "table": table,
            "on": pitr.get("PointInTimeRecoveryStatus") == "ENABLED",
            **window,
            "items": there.get("ItemCount", 0),
            "copy": {None: "not made", "ACTIVE": "ready"}.get(status := self._status(table), status),
        }

    def ready(self, table: str) -> bool:
        """Whether the copy can be read."""
        return self._status(table) == "ACTIVE"

    def make(self, table: str) -> None:
        """Ask for the copy; fine where it is there."""
        if self._status(table) is not None:
            return
        self._client.restore_table_to_point_in_time(
            SourceTableName=getattr(self._tables, table),
            TargetTableName=self.name(table),
            RestoreDateTime=datetime.fromtimestamp(self.moment / SECOND, UTC),
            BillingModeOverride="PAY_PER_REQUEST",
        )

    def wait_for(self, table: str) -> str:
        """Return the copy's name once it can be read: minutes, for large tables hours."""
        while not self.ready(table):
            time.sleep(_LOOKS_AGAIN_SECONDS)
        return self.name(table)

    def drop(self, table: str) -> bool:
        """Delete the copy; False where there is none."""
        if self._status(table) is None:
            return False
        self._client.delete_table(TableName=self.name(table))
        return True

    def _status(self, table: str) -> str | None:
        try:
            return str(self._client.describe_table(TableName=self.name(table))["Table"]["TableStatus"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return None


def restorable(row: dict[str, Any], moment: int) -> str | None:
    """Why a table cannot be restored to a moment; None where it can."""
    if not row["on"]:
        return f"{row['table']}: point-in-time recovery is off; there is nothing to go back to"
    if row["earliest"] and row["latest"] and not row["earliest"] <= format_instant(moment) <= row["latest"]:
        return f"{row['table']} can be restored to a moment between {row['earliest']} and {row['latest']}"
    return None


def _written(instant: datetime | None) -> str | None:
    """To the second, so that texts compare as times do."""
    return None if instant is None else format_instant(int(instant.timestamp()) * SECOND)
