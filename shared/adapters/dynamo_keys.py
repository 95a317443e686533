"""Where things lie in the four tables: keys, indexes, how long a row is kept."""

import hashlib
import zlib
from dataclasses import dataclass

from shared.adapters.codec import Item
from shared.domain.instants import DAY, SECOND
from shared.domain.publication import Publication
from shared.domain.timer import Timer

BY_NEXT_STEP = "by_next_step"
BY_QUARANTINE = "quarantine"
BY_REFERENCE = "by_reference"
BY_OPEN = "by_open"

ERRAND = "errand#"
"""What the sort key of an errand begins with."""
INDEX_SHARDS = 8
"""Partitions of the sparse indexes: each write of an open incident or message writes to one of them."""

OPEN_ERRANDS = "errands"
"""The partition of `by_open` that holds errands, apart from those of messages; there are few."""
PUBLISHED = "PUBLISHED"
"""The partition of everything that is public."""
CRISES = "CRISES"
"""The partition of crises that are on."""

BORN_SOON: Item = {"soon": {"S": "y"}}
"""The mark of a timer that was born close to its due time."""

_MESSAGE_KEPT = 400 * DAY
_MATTER_KEPT = 30 * DAY
_LINK_KEPT = 30 * DAY
_COUNTER_KEPT = 1 * DAY
_PROBE_KEPT = 1 * DAY
_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the tables of a stage; a function is told of those it may use."""

    incidents: str = ""
    timers: str = ""
    outbox: str = ""
    timeline: str = ""


def key(partition: str, sort: str) -> Item:
    """The primary key of an item, in every table."""
    return {"PK": {"S": partition}, "SK": {"S": sort}}


def meta(incident: str) -> Item:
    """An incident."""
    return key(incident, "META")


def early(incident: str) -> Item:
    """Events waiting for their complaint."""
    return key(incident, "EARLY")


def customer(incident: str) -> Item:
    """Personal data, apart so that it can be erased."""
    return key(incident, "CUSTOMER")


def line(incident: str, number: int) -> Item:
    """A line of a timeline."""
    return key(incident, f"{number:08d}")


def taken(source: str, event_id: str) -> Item:
    """A dedup key. Hashed: together the two may be longer than a key, and an id may hold any character.

    A source holds no white space, so the line break keeps apart what belongs to which.
    """
    return key("IDEM#" + hashlib.sha256(f"{source}\n{event_id}".encode()).hexdigest(), "IDEM")


def link(token_hash: str) -> Item:
    """A link."""
    return key(f"LINK#{token_hash}", "LINK")


def quarantine(quarantine_id: str) -> Item:
    """An event in quarantine."""
    return key(f"QUARANTINE#{_short(quarantine_id)}", "QUARANTINE")


def statement_text(incident: str, rung: str, revision: int) -> Item:
    """The text of a statement's revision."""
    return key(incident, f"TEXT#{rung}#{revision}")


def published(publication: Publication) -> Item:
    """A published revision, in the order of their publication."""
    revision = f"{publication.incident}#{publication.rung}#{publication.revision}"
    return key(PUBLISHED, f"{publication.published_at:015d}#{revision}")


def matter(name: str, crisis: str) -> Item:
    """What a crisis is about. A name holds what an intake system wrote, so it may be longer than a key."""
    return key(f"MATTER#{_short(name)}", crisis)


def crisis(incident: str) -> Item:
    """A crisis that is on."""
    return key(CRISES, incident)


def errand(incident: str, name: str) -> Item:
    """An errand, a row of the outbox; a message's sort key begins with a digit."""
    return key(incident, f"{ERRAND}{name}")


def policy(reference: str) -> Item:
    """A version of a policy; `CURRENT` is the pointer to one, which no reference is called."""
    return key(f"POLICY#{reference}", "POLICY")


def cursor(name: str) -> Item:
    """How far the sweeps got."""
    return key("CURSOR", name)


def parked(timer: Timer) -> Item:
    """A timer that failed too often. Not in the timers table, whose stream would hand it on."""
    return key("PARKED", f"{timer.partition}|{timer.sort}")


def storm(person: str, minute: int, sort: str) -> Item:
    """What is counted and held back for a person in a minute."""
    return key(f"STORM#{person}#{minute}", sort)


def timer(of: Timer) -> Item:
    """A row of the timers table."""
    return key(of.partition, of.sort)


def index_shard(name: str) -> str:
    """The partition of a sparse index that a row is found in."""
    return str(zlib.crc32(name.encode()) % INDEX_SHARDS)


def quarantine_order(at: int, quarantine_id: str) -> str:
    """Sort key that brings the newest to the end."""
    return f"{at:015d}#{hashlib.sha256(quarantine_id.encode()).hexdigest()[:12]}"


def message_expiry(at: int) -> Item:
    """When a message's row may go."""
    return _seconds(at + _MESSAGE_KEPT)


def matter_expiry(until: int) -> Item:
    """When a matter's row may go: what counts is its `until`."""
    return _seconds(until + _MATTER_KEPT)


def link_expiry(expires: int) -> Item:
    """When a link's row may go: some time after it ceased to work, so that it can say so."""
    return _seconds(expires + _LINK_KEPT)


def counter_expiry(minute: int) -> Item:
    """When the rows of a minute may go."""
    return _seconds(minute * 60 * SECOND + _COUNTER_KEPT)


def probe_expiry(at: int) -> Item:
    """When what a synthetic complaint left may go: nobody asks for it once the next one was looked at."""
    return _seconds(at + _PROBE_KEPT)


def _seconds(instant: int) -> Item:
    return {"N": str(instant // SECOND)}


def _short(name: str) -> str:
    return name if len(name.encode()) <= _LONGEST_NAME else hashlib.sha256(name.encode()).hexdigest()
