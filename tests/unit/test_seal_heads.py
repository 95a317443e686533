"""New lines of timelines leave their hashes in write-once storage: one object a batch, whatever is delivered twice."""

from __future__ import annotations

from typing import Any

import pytest

from functions.seal_heads import handler as sealing
from shared import bootstrap
from shared.adapters import codec
from shared.adapters.dynamo_keys import line as line_key
from shared.adapters.policy_yaml import load
from shared.domain.heads import SEALED_WITHIN, Head, SealedObject, deviation, objects_of
from shared.domain.instants import HOUR, parse_instant
from shared.domain.outcome import Entry
from shared.domain.timeline import Line, seal
from shared.ports import UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.unit.door_requests import CONTEXT

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

AT = parse_instant("2026-03-01T08:30:00Z")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    made = fake_world(load("retail"))
    monkeypatch.setattr(bootstrap, "world", lambda: made)
    return made


def chain(count: int, start: int = AT) -> list[Line]:
    lines: list[Line] = []
    for number in range(1, count + 1):
        previous = lines[-1].hash if lines else ""
        lines.append(seal(previous, number, start + number, [Entry(start, "missed", {"clock": "respond"})]))
    return lines


def heads(lines: list[Line], incident: str = "inc-1") -> list[Head]:
    return [Head(incident, each.number, each.hash, each.at) for each in lines]


def record(line: Line, incident: str = "inc-1", name: str = "INSERT") -> dict[str, Any]:
    key = line_key(incident, line.number)
    return {"eventName": name, "dynamodb": {"Keys": key, "NewImage": {**key, **codec.line_item(line)}}}


def deliver(*records: dict[str, Any]) -> None:
    sealing.handler({"Records": list(records)}, CONTEXT)


def test_a_batch_is_one_object(world: FakeWorld) -> None:
    first, second = chain(3), chain(2)
    deliver(*(record(line) for line in first), *(record(line, "inc-2") for line in second))
    assert set(world.sealed_heads.heads) == {*heads(first), *heads(second, "inc-2")}
    assert world.sealed_heads.puts == 1


def test_a_batch_delivered_again_writes_what_is_there(world: FakeWorld) -> None:
    records = [record(line) for line in chain(3)]
    deliver(*records)
    deliver(*reversed(records))
    assert len(world.sealed_heads.objects) == 1


def test_what_is_no_new_line_is_not_sealed(world: FakeWorld) -> None:
    deliver(record(chain(1)[0], name="MODIFY"), record(chain(1)[0], name="REMOVE"))
    assert world.sealed_heads.puts == 0


def test_a_line_that_goes_by_itself_is_not_sealed(world: FakeWorld) -> None:
    """One of a synthetic complaint: sealed, it would be missed when it is gone."""
    lines = chain(2)
    synthetic = record(lines[0], "inc-2")
    synthetic["dynamodb"]["NewImage"]["ttl"] = {"N": "1772409600"}
    deliver(synthetic, record(lines[1]))
    assert world.sealed_heads.heads == tuple(heads(lines[1:]))


def test_one_record_that_cannot_be_read_does_not_hold_up_the_others(world: FakeWorld) -> None:
    lines = chain(2)
    without_image = {"eventName": "INSERT", "dynamodb": {"Keys": line_key("inc-3", 1)}}
    odd = {"eventName": "INSERT", "dynamodb": {"Keys": {"PK": {"S": "x"}, "SK": {"S": "y"}}, "NewImage": {}}}
    deliver(record(lines[0]), without_image, odd, record(lines[1]))
    assert world.sealed_heads.heads == tuple(heads(lines))
    assert world.metrics.totals["HeadsNotSealed"] == 2


def test_a_batch_that_was_not_kept_comes_again(world: FakeWorld) -> None:
    world.sealed_heads.down = True
    with pytest.raises(UnavailableError):
        deliver(record(chain(1)[0]))


def test_the_name_says_hour_time_and_content() -> None:
    one, other = objects_of(heads(chain(2))), objects_of(heads(chain(2, AT + 1)))
    assert one[0].name.startswith(f"heads/2026-03-01/08/{AT + 2}-")
    assert one[0].name.endswith(".jsonl")
    assert one[0].is_whole
    assert one[0].name.rpartition("-")[2] != other[0].name.rpartition("-")[2]


def test_a_batch_over_the_end_of_an_hour_lies_in_both() -> None:
    lines = heads([*chain(1), *chain(2, AT + HOUR)])
    assert [each.name[:20] for each in objects_of(lines)] == ["heads/2026-03-01/08/", "heads/2026-03-01/09/"]
    assert {head for each in objects_of(lines) for head in each.heads} == set(lines)


@pytest.mark.parametrize("content", [b"", b'{"incident":"inc-1"}\n', b"[1]\n", b"\xff", b"no json"])
def test_a_content_of_another_making_holds_no_heads(content: bytes) -> None:
    (made,) = objects_of(heads(chain(1)))
    assert SealedObject(made.name, content).heads == ()
    named_so = objects_of(heads(chain(1)))[0].name.replace(made.name[-22:-6], _digest_of(content))
    assert SealedObject(named_so, content).heads == ()


def _digest_of(content: bytes) -> str:
    import hashlib  # noqa: PLC0415 - as somebody from outside would compute it

    return hashlib.sha256(content).hexdigest()[:16]


def test_a_timeline_as_it_was_sealed_does_not_deviate() -> None:
    lines = chain(3)
    found = deviation(lines, heads(lines), AT + HOUR)
    assert (found.broken, found.gone, found.unsealed) == (None, False, ())


def test_a_young_line_need_not_be_sealed_yet() -> None:
    lines = chain(3)
    assert deviation(lines, heads(lines)[:2], lines[2].at + SEALED_WITHIN).unsealed == ()
    assert deviation(lines, heads(lines)[:2], lines[2].at + SEALED_WITHIN + 1).unsealed == (3,)


def test_the_first_line_that_differs_is_named() -> None:
    lines, others = chain(3), chain(3, AT + 7)
    assert deviation([lines[0], *others[1:]], heads(lines), AT).broken == 2


def test_a_line_sealed_twice_with_two_hashes_deviates() -> None:
    lines, others = chain(2), chain(2, AT + 7)
    assert deviation(others, [*heads(lines), *heads(others)], AT).broken == 1


def test_lines_missing_from_the_end_are_gone() -> None:
    lines = chain(3)
    found = deviation(lines[:1], heads(lines), AT)
    assert (found.broken, found.gone) == (2, True)
    assert deviation([], heads(lines), AT).gone
    assert not deviation([lines[0], lines[2]], heads(lines), AT).gone
