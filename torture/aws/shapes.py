"""The four tables as they are deployed: their keys, and what their indexes hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.adapters.dynamo_keys import BY_NEXT_STEP, BY_OPEN, BY_QUARANTINE, BY_REFERENCE, Tables


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute of a key, and its type (`S`, `N` or `B`)."""

    name: str
    type: str = "S"


@dataclass(frozen=True, slots=True)
class IndexShape:
    """A global secondary index: it holds the items that have its key attributes."""

    partition: Key
    sort: Key | None = None
    whole: bool = False
    """It projects the whole item, and not only keys."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table; `expires` names the attribute after whose second (Unix time) an item may go."""

    partition: Key = Key("PK")
    sort: Key = Key("SK")
    indexes: Mapping[str, IndexShape] = field(default_factory=dict)
    expires: str = ""


def tocsin_tables(names: Tables) -> dict[str, TableShape]:
    """By the names of a stage; tests/unit/test_torture_aws.py holds them to what is deployed."""
    return {
        names.incidents: TableShape(
            indexes={
                BY_NEXT_STEP: IndexShape(Key("next_shard"), Key("next_step_at", "N")),
                BY_QUARANTINE: IndexShape(Key("q_pk"), Key("q_at"), whole=True),
            },
            expires="ttl",
        ),
        names.timers: TableShape(),
        names.outbox: TableShape(
            indexes={
                BY_REFERENCE: IndexShape(Key("reference")),
                BY_OPEN: IndexShape(Key("open_shard"), Key("open_since", "N")),
            },
            expires="ttl",
        ),
        names.timeline: TableShape(expires="ttl"),
    }
