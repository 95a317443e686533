"""What the store holds: an item 400 KB, a transaction 100 actions. Nothing that comes in dies of either (I1)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from shared.adapters import policy_yaml
from shared.application.accept_events import accept_events
from shared.application.fire_timer import fire_timer
from shared.application.fit_messages import MOST_MESSAGES
from shared.application.read_event import take_body
from shared.application.take_event import MOST_EARLY, MOST_EVENT_BYTES
from shared.application.world import World
from shared.domain.events import incident_id
from shared.domain.instants import DAY, HOUR, MINUTE, format_instant
from shared.domain.policy import Person
from shared.domain.timer import SHARDS, Timer
from shared.ports import KeyHolder, Quarantined
from tests.contract.conftest import over
from tests.contract.made import NOW
from tests.fakes import FakeWorld, fake_world

CASE = incident_id("crm/hotline", "C-1")
_ITEM = 400 * 1024


@pytest.fixture
def fake() -> FakeWorld:
    return fake_world(policy_yaml.load("retail"), now=NOW + MINUTE)


@pytest.fixture
def world(fake: FakeWorld, dynamodb: Any) -> World:
    store, outside = over(lambda: dynamodb), cast("World", fake)
    return replace(
        outside, incidents=store.incidents, timers=store.timers, outbox=store.outbox, quarantine=store.quarantine
    )


def noise(size: int, seed: int = 1) -> str:
    """So many bytes of text that hardly compress: every ASCII character JSON leaves alone, and letters of two bytes."""
    dice = random.Random(seed)  # noqa: S311 - dice
    one = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\']
    two = [chr(code) for code in range(0xC0, 0x180)]
    letters: list[str] = []
    length = 0
    while length < size - 1:
        letters.append(dice.choice(two if dice.random() < 0.4 else one))
        length += len(letters[-1].encode())
    return "".join(letters) + "x" * (size - length)


def raw(kind: str, name: str, **data: Any) -> dict[str, Any]:
    known = {"summary": "The kettle leaks", "channel": "store"} if kind == "received" else {}
    return {
        "specversion": "1.0",
        "id": name,
        "source": "crm/hotline",
        "type": f"complaint.{kind}",
        "time": format_instant(NOW),
        "subject": "C-1",
        "data": {**known, **data},
    }


def body(kind: str, name: str, **data: Any) -> str:
    return json.dumps(raw(kind, name, **data), ensure_ascii=False)


def largest(kind: str, name: str, fill: Callable[[str], dict[str, Any]], seed: int = 1) -> dict[str, Any]:
    """An event of just the size that may come in."""
    around = len(
        json.dumps({"surface": "http", "system": "crm", "event": raw(kind, name, **fill(""))}, separators=(",", ":"))
    )
    return raw(kind, name, **fill(noise(MOST_EVENT_BYTES - around, seed)))


def biggest_item(dynamodb: Any) -> int:
    return max(
        _bytes_of(item)
        for table in ("incidents", "timeline", "outbox")
        for item in dynamodb.scan(TableName=table)["Items"]
    )


def _bytes_of(item: dict[str, Any]) -> int:
    def size(value: Any) -> int:
        return len(value.encode() if isinstance(value, str) else value)

    return sum(len(name) + size(next(iter(value.values()))) for name, value in item.items())


def entered(world: World) -> list[str]:
    return [e.data["event"] for line in world.incidents.timeline(CASE) for e in line.entries if "event" in e.data]


def early_timer(world: World) -> Timer:
    [timer] = [
        each
        for shard in range(SHARDS)
        for each in world.timers.due((NOW + MINUTE + DAY) // HOUR, shard, NOW + 2 * DAY)
        if each.kind == "early"
    ]
    return timer


@pytest.mark.parametrize("where", [lambda text: {"note": text}, lambda text: {"customer": {"note": text}}])
def test_the_largest_events_of_the_http_door_are_taken(
    fake: FakeWorld, world: World, dynamodb: Any, where: Callable[[str], dict[str, Any]]
) -> None:
    for kind, name, seed in (("received", "e-1", 1), ("updated", "e-2", 2)):
        accept_events(world, KeyHolder("crm", source="crm"), largest(kind, name, where, seed))
        [message] = fake.events_queue.take()
        assert len(message.encode()) == MOST_EVENT_BYTES
        assert take_body(world, message).status == "accepted"
    assert entered(world) == ["e-1", "e-2"]
    assert biggest_item(dynamodb) < _ITEM


def test_the_largest_complaint_opens_with_the_most_that_may_wait_for_it(world: World, dynamodb: Any) -> None:
    half = MOST_EVENT_BYTES // 2 - 1_000
    for number in range(3):
        taken = take_body(world, body("updated", f"u-{number}", note=noise(half, number)))
        assert taken.status == ("early" if number < 2 else "quarantined")
    assert take_body(world, json.dumps(largest("received", "e-1", lambda text: {"note": text}, 9))).status == "accepted"
    assert sorted(entered(world)) == ["e-1", "u-0", "u-1"]
    assert _ITEM * 0.8 < biggest_item(dynamodb) < _ITEM, "else this is no test of the largest"
    [kept] = world.quarantine.list()
    assert (kept.reason, json.loads(kept.body)["id"]) == ("too_many_early", "u-2")


@pytest.mark.parametrize("size", [MOST_EVENT_BYTES, 256 * 1024, 1024 * 1024 - 1_000])
@pytest.mark.parametrize("kind", ["received", "updated"])
def test_what_is_too_large_for_the_store_is_kept_with_the_reason(world: World, size: int, kind: str) -> None:
    for _ in range(2):
        assert take_body(world, body(kind, "e-1", note=noise(size))).status == "quarantined"
    [kept] = world.quarantine.list()
    assert kept.reason == "too_large"
    assert '"id":"e-1"' in kept.body
    assert world.incidents.load(CASE) is None


def test_no_customer_grows_beyond_what_the_store_holds(world: World, dynamodb: Any) -> None:
    take_body(world, body("received", "e-1"))
    statuses = [
        take_body(world, body("updated", f"e-{n}", customer={f"note_{n}": noise(150_000, n)})).status
        for n in range(2, 6)
    ]
    assert statuses == ["accepted", "accepted", "quarantined", "quarantined"]
    assert {each.reason for each in world.quarantine.list()} == {"too_large"}
    assert biggest_item(dynamodb) < _ITEM


def test_a_quarantined_body_beyond_an_item_is_cut_and_says_so(world: World) -> None:
    whole = noise(1024 * 1024)
    world.quarantine.put(Quarantined("q", NOW, "invalid", "data: missing", whole, "queue"))
    kept = world.quarantine.get("q")
    assert kept is not None
    assert len(kept.body) > 200_000
    assert whole.startswith(kept.body)
    assert kept.detail == f"data: missing (cut: only the first {len(kept.body)} of {len(whole)} characters were kept)"


def test_a_large_body_that_compresses_is_kept_whole(world: World) -> None:
    whole = '{"id": "e-1"}' * 80_000
    world.quarantine.put(Quarantined("q", NOW, "invalid", "data: missing", whole, "queue"))
    kept = world.quarantine.get("q")
    assert kept is not None
    assert (kept.body, kept.detail) == (whole, "data: missing")


def test_the_most_events_that_may_wait_expire_in_one_transaction_and_come_again(fake: FakeWorld, world: World) -> None:
    for number in range(MOST_EARLY + 3):
        assert take_body(world, body("updated", f"u-{number}", reposts=number)).status == (
            "early" if number < MOST_EARLY else "quarantined"
        )
    assert [each.reason for each in world.quarantine.list()] == ["too_many_early"] * 3
    fake.time.advance(DAY)
    fire_timer(world, early_timer(world))
    kept = world.quarantine.list(200)
    assert [each.reason for each in kept].count("no_complaint") == MOST_EARLY
    assert world.incidents.early(CASE) is None
    assert take_body(world, body("received", "e-1")).status == "accepted"
    assert {take_body(world, each.body).status for each in kept} == {"accepted"}


def crowd(fake: FakeWorld, people: int, operations: int) -> None:
    """A policy with many people on the first rung and in operations."""
    rules = fake.policies.current()[1]
    names = tuple(f"p{n}" for n in range(people))
    ops = tuple(f"o{n}" for n in range(operations))
    made = {name: Person(name=name, email=f"{name}@example.com") for name in (*names, *ops)}
    first, *rest = rules.chains["default"]
    chains = {**rules.chains, "default": (first.model_copy(update={"people": names}), *rest)}
    changed = {"people": {**rules.people, **made}, "chains": chains, "operations": ops}
    fake.policies.adopt(rules.model_copy(update=changed))


def test_forty_early_events_that_each_page_somebody_do_not_keep_their_complaint_out(
    fake: FakeWorld, world: World
) -> None:
    crowd(fake, 6, 2)
    for number in range(0, MOST_EARLY, 2):
        take_body(world, body("resolved", f"r-{number:02d}", by="desk"))
        take_body(world, body("reopened", f"r-{number + 1:02d}"))
    assert take_body(world, body("received", "a")).status == "accepted"
    rows = world.outbox.of_incident(CASE)
    notes = [row for row in rows if row.reason == "left_out"]
    assert {row.key.person for row in notes} == {"o0", "o1"}
    decided = [e for line in world.incidents.timeline(CASE) for e in line.entries if e.kind == "paged"]
    assert int(notes[0].about) == len(decided) - len([row for row in rows if row.kind == "page"])
    newest = {e.data["person"]: e.data["step"] for e in decided}
    assert {row.key.person: row.key.step for row in rows if row.kind == "page"} == newest
    told = [e.data for line in world.incidents.timeline(CASE) for e in line.entries if e.kind == "told"]
    assert told[-1]["about"] == notes[0].about


def test_a_crowded_policy_pages_everybody_before_it_tells_anybody(fake: FakeWorld, world: World) -> None:
    crowd(fake, 60, 60)
    rules = fake.policies.current()[1]
    [above] = rules.chains["default"][1].people
    fake.policies.adopt(rules.model_copy(update={"people": {**rules.people, above: Person(name="unreachable")}}))
    assert take_body(world, body("received", "e-1", level="major")).status == "accepted"
    rows = world.outbox.of_incident(CASE)
    reasons = [row.reason for row in rows]
    assert {row.key.person for row in rows if row.kind == "page"} >= {f"p{n}" for n in range(60)}
    assert reasons.count("left_out") == 5
    assert reasons.count("rung_skipped") == MOST_MESSAGES - 61 - 5
    assert {row.about for row in rows if row.reason == "left_out"} == {str(60 - reasons.count("rung_skipped"))}
