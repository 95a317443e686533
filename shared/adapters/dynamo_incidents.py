"""Incidents in DynamoDB: one transaction a step (I4), the timeline append-only (I9)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from shared.adapters import codec, dynamo_keys
from shared.adapters.codec import Item
from shared.adapters.dynamo_calls import Action, Client, get, moved, query, transact
from shared.adapters.dynamo_crises import matter_row
from shared.adapters.dynamo_errands import errand_row
from shared.adapters.dynamo_keys import BY_NEXT_STEP, INDEX_SHARDS, Tables
from shared.adapters.dynamo_outbox import message_row
from shared.adapters.dynamo_quarantine import quarantine_row
from shared.adapters.dynamo_statements import publication_row, text_row
from shared.adapters.dynamo_timers import timer_row
from shared.domain.events import PROBE_SOURCE
from shared.domain.plain import canonical
from shared.domain.record import Record
from shared.domain.timeline import records_on
from shared.domain.timer import Timer
from shared.ports import Commit, DuplicateError, EarlyEvents, Line, Quarantined, Stored, TakenEvent

_NEW = "attribute_not_exists(PK)"
_THERE = "attribute_exists(PK)"


class DynamoIncidents:
    """`ports.Incidents` over the tables incidents, timers, outbox and timeline."""

    def __init__(self, client: Client, tables: Tables) -> None:
        self._client = client
        self._tables = tables

    def load(self, incident: str) -> Stored | None:
        """The incident as of now, None where there is none."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.meta(incident))
        return codec.stored_from(incident, item) if item else None

    def commit(self, commit: Commit) -> None:
        """Write all of it, or nothing.

        Raises:
            ConflictError: the version, the alarm or the early events moved, or the outcome is unknown.
            DuplicateError: an event was taken before.
            ValueError: more messages than a transaction holds beside the rest (about 90).
        """
        incident = commit.stored.incident
        # What a synthetic complaint leaves goes by itself; nothing of a real one ever does.
        kept: Item = {"ttl": dynamo_keys.probe_expiry(commit.line.at)} if incident.source == PROBE_SOURCE else {}
        line = {**codec.line_item(commit.line), **kept}
        actions = [
            *(self._take(taken, kept) for taken in commit.taken),
            self._put_meta(commit.stored, commit.expected, kept),
            *self._move_alarm(commit),
            self._put(self._tables.timeline, dynamo_keys.line(incident.id, commit.line.number), line),
            *(self._put(self._tables.outbox, {}, message_row(message)) for message in commit.messages),
            *self._claim_early(commit),
            *(self._release(source, event) for source, event in commit.released),
            *self._leave_beside(commit),
        ]
        if commit.customer is not None:
            row = {**dynamo_keys.customer(incident.id), "doc": codec.text(canonical(commit.customer))}
            actions.append(Action({"Put": {"TableName": self._tables.incidents, "Item": row}}, moved(incident.id)))
        transact(self._client(), actions)

    def taken(self, source: str, event_id: str) -> TakenEvent | None:
        """The dedup key of an event that was taken."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.taken(source, event_id))
        return TakenEvent(source, event_id, item["fingerprint"]["S"], item["incident"]["S"]) if item else None

    def timeline(self, incident: str) -> Sequence[Line]:
        """All lines in order (strongly consistent)."""
        items = query(
            self._client(),
            TableName=self._tables.timeline,
            ConsistentRead=True,
            KeyConditionExpression="PK = :incident",
            ExpressionAttributeValues={":incident": {"S": incident}},
        )
        return tuple(codec.line_from(int(item["SK"]["S"]), item) for item in items)

    def history(self, incident: str) -> Sequence[Record]:
        """The records of all events of the incident, the opening one first."""
        return records_on(self.timeline(incident))

    def customer(self, incident: str) -> dict[str, Any] | None:
        """The personal data kept beside an incident."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.customer(incident))
        return dict(json.loads(codec.text_from(item["doc"]))) if item else None

    def early(self, incident: str) -> EarlyEvents | None:
        """Events waiting for their complaint."""
        item = get(self._client(), self._tables.incidents, dynamo_keys.early(incident))
        return codec.early_from(incident, item) if item else None

    def keep_early(self, early: EarlyEvents, taken: TakenEvent, timer: Timer | None) -> None:
        """Keep events for a complaint that is not here yet: `early` replaces what was loaded (its version less one).

        Raises:
            ConflictError: somebody else kept one meanwhile, or the complaint came.
            DuplicateError: the event was taken before.
        """
        row = {**dynamo_keys.early(early.incident), **codec.early_item(early)}
        actions = [
            self._take(taken, {}),
            Action(
                {"Put": {"TableName": self._tables.incidents, "Item": row, **_at_version(early.version - 1 or None)}},
                moved(early.incident),
            ),
            self._check(dynamo_keys.meta(early.incident), _NEW),
        ]
        if timer is not None:
            actions.append(self._put(self._tables.timers, timer_row(timer), {}))
        transact(self._client(), actions)

    def expire_early(self, early: EarlyEvents, quarantined: Sequence[Quarantined], timer: Timer | None) -> None:
        """Move events whose complaint never came to quarantine, claiming the timer (None: it is parked).

        Raises:
            ConflictError: they moved meanwhile.
        """
        rows = {each.id: quarantine_row(each) for each in quarantined}
        marks = {(event.source, event.id) for event in early.events}
        actions = [
            self._delete(self._tables.incidents, dynamo_keys.early(early.incident), **_at_version(early.version))
        ]
        if timer is not None:
            actions.append(self._delete(self._tables.timers, dynamo_keys.timer(timer), ConditionExpression=_THERE))
        actions += [
            Action({"Put": {"TableName": self._tables.incidents, "Item": row}}, moved(early.incident))
            for row in rows.values()
        ]
        actions += [self._release(source, event) for source, event in sorted(marks)]
        transact(self._client(), actions)

    def silent(self, before: int, limit: int) -> Sequence[str]:
        """Ids of incidents whose next step should have been taken before this instant (I3); the index may lag."""
        found: list[tuple[int, str]] = []
        for shard in range(INDEX_SHARDS):
            items = query(
                self._client(),
                limit=limit,
                TableName=self._tables.incidents,
                IndexName=BY_NEXT_STEP,
                KeyConditionExpression="next_shard = :shard AND next_step_at < :before",
                ExpressionAttributeValues={":shard": {"S": str(shard)}, ":before": codec.number(before)},
            )
            found.extend((int(item["next_step_at"]["N"]), item["PK"]["S"]) for item in items)
        return tuple(incident for _, incident in sorted(found)[:limit])

    def _put_meta(self, stored: Stored, expected: int | None, kept: Item) -> Action:
        incident = stored.incident
        row = {**dynamo_keys.meta(incident.id), **codec.stored_item(stored), **kept}
        if incident.next_step_at is not None:
            row["next_shard"] = {"S": dynamo_keys.index_shard(incident.id)}
        put = {"TableName": self._tables.incidents, "Item": row, **_at_version(expected)}
        return Action({"Put": put}, moved(incident.id))

    def _move_alarm(self, commit: Commit) -> list[Action]:
        before, after = commit.alarm_before, commit.stored.alarm
        actions: list[Action] = []
        if before == after:
            return actions
        if before is not None:
            there = {"ConditionExpression": _THERE} if commit.claims_alarm else {}
            actions.append(self._delete(self._tables.timers, dynamo_keys.timer(before), **there))
        if after is not None:
            put = {"TableName": self._tables.timers, "Item": timer_row(after)}
            actions.append(Action({"Put": put}, moved("the alarm")))
        return actions

    def _leave_beside(self, commit: Commit) -> list[Action]:
        """What a crisis leaves for those who ask without knowing its incident, and what is to be done outside it."""
        incident, tables = commit.stored.incident.id, self._tables
        actions = [
            *(self._put(tables.outbox, {}, errand_row(errand)) for errand in commit.errands),
            *(self._put(tables.incidents, {}, text_row(incident, text)) for text in commit.texts),
            *(self._put(tables.incidents, {}, publication_row(each)) for each in commit.publications),
        ]
        actions += [
            Action({"Put": {"TableName": tables.incidents, "Item": matter_row(matter)}}, moved("a matter"))
            for matter in commit.matters
        ]
        if commit.crisis == "began":
            row = {**dynamo_keys.crisis(incident), "drill": {"BOOL": commit.stored.incident.drill}}
            actions.append(Action({"Put": {"TableName": tables.incidents, "Item": row}}, moved("the crisis")))
        elif commit.crisis == "ended":
            actions.append(self._delete(tables.incidents, dynamo_keys.crisis(incident)))
        return actions

    def _claim_early(self, commit: Commit) -> list[Action]:
        key = dynamo_keys.early(commit.stored.incident.id)
        if commit.early_version is not None:
            return [self._delete(self._tables.incidents, key, **_at_version(commit.early_version))]
        # An event kept after the complaint looked for early ones would be left behind: an opening checks again.
        return [self._check(key, _NEW)] if commit.expected is None else []

    def _take(self, taken: TakenEvent, kept: Item) -> Action:
        row = {
            **kept,
            **dynamo_keys.taken(taken.source, taken.id),
            "source": {"S": taken.source},
            "id": {"S": taken.id},
            "fingerprint": {"S": taken.fingerprint},
            "incident": {"S": taken.incident},
        }
        put = {
            "TableName": self._tables.incidents,
            "Item": row,
            "ConditionExpression": _NEW,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return Action({"Put": put}, lambda item: DuplicateError(item["fingerprint"]["S"], item["incident"]["S"]))

    def _release(self, source: str, event_id: str) -> Action:
        return self._delete(self._tables.incidents, dynamo_keys.taken(source, event_id))

    def _put(self, table: str, key: Item, item: Item) -> Action:
        put = {"TableName": table, "Item": {**key, **item}, "ConditionExpression": _NEW}
        return Action({"Put": put}, moved("what it adds"))

    def _delete(self, table: str, key: Item, **condition: Any) -> Action:
        return Action({"Delete": {"TableName": table, "Key": key, **condition}}, moved("what it claims"))

    def _check(self, key: Item, condition: str) -> Action:
        check = {"TableName": self._tables.incidents, "Key": key, "ConditionExpression": condition}
        return Action({"ConditionCheck": check}, moved(key["PK"]["S"]))


def _at_version(version: int | None) -> dict[str, Any]:
    """The condition that a row is still at a version, or that there is none."""
    if version is None:
        return {"ConditionExpression": _NEW}
    return {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": codec.number(version)},
    }
