"""Domain objects as attributes of DynamoDB items: compact JSON, read by older and newer versions of this code alike."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.events import EVENT, Event
from shared.domain.incident import Incident
from shared.domain.message import OPEN_STATES, Message, MessageKey
from shared.domain.outcome import Entry
from shared.domain.plain import canonical, plain, read
from shared.domain.policy_parts import Via
from shared.domain.timeline import Line
from shared.domain.timer import Timer, timer_from
from shared.ports import EarlyEvents, Quarantined, Stored

Item = dict[str, Any]
"""An item, or a part of one, as DynamoDB's low-level client takes it: `{"PK": {"S": …}}`."""

PACKED_FROM = 64 * 1024
"""Texts from so many bytes on are compressed: an item holds 400 KB, and a complaint may quote a correspondence."""

_OWN_ATTRIBUTES = ("id", "version", "epoch", "fence", "next_step_at")
_CLOCK_FIELDS = {
    "key": "k",
    "name": "n",
    "milestone": "m",
    "duration": "d",
    "deadline": "t",
    "warn_at": "w",
    "verdict": "v",
    "left": "l",
    "ended": "e",
    "level": "g",
    "answered": "a",
}
"""Every commit writes every clock, and a written kilobyte is what a commit costs: clocks have short field names."""
_CLOCK_NAMES = {short: name for name, short in _CLOCK_FIELDS.items()}


def text(value: str) -> Item:
    """A text attribute, compressed where it is long."""
    raw = value.encode()
    return {"S": value} if len(raw) < PACKED_FROM else {"B": zlib.compress(raw)}


def text_from(attribute: Mapping[str, Any]) -> str:
    """What `text` wrote."""
    return zlib.decompress(attribute["B"]).decode() if "B" in attribute else str(attribute["S"])


def number(value: int) -> Item:
    """A number attribute."""
    return {"N": str(value)}


def number_from(item: Mapping[str, Any], name: str) -> int | None:
    """A number attribute of an item, None where it has none."""
    return int(item[name]["N"]) if name in item else None


def stored_item(stored: Stored) -> Item:
    """An incident's META without its keys; what conditions and the index read stands beside the document."""
    incident = stored.incident
    document = {name: value for name, value in plain(incident).items() if name not in _OWN_ATTRIBUTES}
    course = document["course"]
    course["clocks"] = [_short(clock) for clock in course["clocks"]]
    item = {
        "version": number(incident.version),
        "epoch": number(incident.epoch),
        "fence": number(incident.fence),
        "lines": number(stored.lines),
        "head": {"S": stored.head},
        "doc": text(canonical(document)),
    }
    if incident.next_step_at is not None:
        item["next_step_at"] = number(incident.next_step_at)
    if stored.alarm is not None:
        item["alarm"] = {"S": _alarm_text(stored.alarm, incident.id)}
    return item


def stored_from(incident: str, item: Mapping[str, Any]) -> Stored:
    """The incident of a META item."""
    document = json.loads(text_from(item["doc"]))
    course = document["course"]
    course["clocks"] = [_long(clock) for clock in course["clocks"]]
    document["id"] = incident
    document.update({name: number_from(item, name) for name in _OWN_ATTRIBUTES[1:]})
    return Stored(
        incident=read(Incident, document),
        alarm=_alarm_from(item["alarm"]["S"], incident) if "alarm" in item else None,
        lines=number_from(item, "lines") or 0,
        head=item["head"]["S"],
    )


def _short(clock: Mapping[str, Any]) -> dict[str, Any]:
    """A clock as it is written: the first of its name, and one that is no milestone, need not say so."""
    short = {_CLOCK_FIELDS.get(name, name): value for name, value in clock.items()}
    if short["k"] == f"{short['n']}#1":
        del short["k"]
    if short["m"] is False:
        del short["m"]
    return short


def _long(short: Mapping[str, Any]) -> dict[str, Any]:
    clock = {_CLOCK_NAMES.get(name, name): value for name, value in short.items()}
    return {"key": f"{clock['name']}#1", "milestone": False, **clock}


def _alarm_text(alarm: Timer, incident: str) -> str:
    """An alarm by what the incident's own row does not say yet: hour, due time and step."""
    own = alarm.kind == "incident" and alarm.subject == incident
    return f"{alarm.hour}|{alarm.due}|{alarm.step}" if own else timer_text(alarm)


def _alarm_from(written: str, incident: str) -> Timer:
    if "#" in written:
        return timer_from_text(written)
    hour, due, step = map(int, written.split("|"))
    return Timer(due, "incident", incident, step, hour)


def timer_text(timer: Timer) -> str:
    """A timer's keys in one text."""
    return f"{timer.partition}|{timer.sort}"


def timer_from_text(written: str) -> Timer:
    """What `timer_text` wrote."""
    partition, sort = written.split("|", 1)
    return timer_from(partition, sort)


def line_item(line: Line) -> Item:
    """A line of the timeline without its keys."""
    return {
        "at": number(line.at),
        "entries": text(canonical([plain(entry) for entry in line.entries])),
        "previous": {"S": line.previous},
        "hash": {"S": line.hash},
    }


def line_from(line_number: int, item: Mapping[str, Any]) -> Line:
    """What `line_item` wrote."""
    return Line(
        number=line_number,
        at=int(item["at"]["N"]),
        entries=tuple(Entry(**entry) for entry in json.loads(text_from(item["entries"]))),
        previous=item["previous"]["S"],
        hash=item["hash"]["S"],
    )


def events_text(events: Sequence[Event]) -> str:
    """Events as they were posted, unknown fields and all."""
    return "[" + ",".join(event.model_dump_json(exclude_unset=True) for event in events) + "]"


def events_from(written: str) -> tuple[Event, ...]:
    """What `events_text` wrote."""
    return tuple(EVENT.validate_python(event) for event in json.loads(written))


def early_item(early: EarlyEvents) -> Item:
    """Early events without their keys."""
    return {
        "version": number(early.version),
        "since": number(early.since),
        "events": text(events_text(early.events)),
    }


def early_from(incident: str, item: Mapping[str, Any]) -> EarlyEvents:
    """What `early_item` wrote."""
    events = events_from(text_from(item["events"]))
    return EarlyEvents(incident, events, int(item["version"]["N"]), int(item["since"]["N"]))


_MOVING = ("state", "sending_at", "reference", "tries")
_OWN_NAME = "own_name"


def reference_attribute(message: Message) -> str:
    """Where a message's reference stands: `reference` is indexed, which costs a unit each time it comes or goes.

    Our own name for a send that is still open is looked for only where the carrier repeats it: in receipts of e-mails.
    """
    return "reference" if message.key.via == "email" or message.state not in OPEN_STATES else _OWN_NAME


def message_item(message: Message) -> Item:
    """An outbox row without its keys: what moves stands beside the document, so that an update touches only that."""
    document = {name: value for name, value in plain(message).items() if name not in _MOVING}
    item = {"doc": text(canonical(document)), "state": {"S": message.state}, "tries": number(message.tries)}
    if message.sending_at is not None:
        item["sending_at"] = number(message.sending_at)
    if message.reference is not None:
        item[reference_attribute(message)] = {"S": message.reference}
    return item


def message_from(item: Mapping[str, Any]) -> Message:
    """What `message_item` wrote, and updates made of it."""
    moving = {
        "state": item["state"]["S"],
        "tries": number_from(item, "tries") or 0,
        "sending_at": number_from(item, "sending_at"),
        "reference": next((item[name]["S"] for name in ("reference", _OWN_NAME) if name in item), None),
    }
    return read(Message, json.loads(text_from(item["doc"])) | moving)


def message_key_from(partition: str, sort: str) -> MessageKey:
    """The identity of an outbox row by its keys, as its stream carries them."""
    step, person, via, attempt = sort.split("#")
    channels: dict[str, Via] = {"sms": "sms", "email": "email", "webhook": "webhook"}
    return MessageKey(partition, int(step), person, channels[via], int(attempt))


def quarantined_item(quarantined: Quarantined) -> Item:
    """A quarantined event without its keys."""
    return {
        "id": {"S": quarantined.id},
        "at": number(quarantined.at),
        "reason": {"S": quarantined.reason},
        "detail": text(quarantined.detail),
        "body": text(quarantined.body),
        "surface": {"S": quarantined.surface},
    }


def quarantined_from(item: Mapping[str, Any]) -> Quarantined:
    """What `quarantined_item` wrote."""
    return Quarantined(
        id=item["id"]["S"],
        at=int(item["at"]["N"]),
        reason=item["reason"]["S"],
        detail=text_from(item["detail"]),
        body=text_from(item["body"]),
        surface=item["surface"]["S"],
    )
