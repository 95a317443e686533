"""What `ports.Policies` promises: a version never changes, and what an incident opened under stays (I10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.adapters.policy_store import DynamoPolicies, reference_of
from shared.adapters.policy_yaml import PolicyError
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.ports import Policies
from tests.contract import tables
from tests.fakes import FakePolicies, FakeTime

SHIPPED = policy_yaml.read_text("retail")[1]
OTHER = policy_yaml.read_text("three-tier")[1]


@pytest.fixture(params=["fake", "dynamodb"])
def policies(request: pytest.FixtureRequest) -> Policies:
    if request.param == "fake":
        return FakePolicies(policy_yaml.load("retail"))
    return stored(request.getfixturevalue("dynamodb"))


def stored(client: Any, time: FakeTime | None = None, **changed: Any) -> DynamoPolicies:
    return DynamoPolicies(lambda: client, tables.NAMES, time or FakeTime(), **{"shipped": "retail", **changed})


def as_json(policy: Policy) -> str:
    """JSON is YAML too: a text that both stores read."""
    return policy.model_dump_json(exclude_none=True)


def test_the_policy_that_was_named_applies_until_one_is_pushed(policies: Policies) -> None:
    reference, policy = policies.current()

    assert policy == policy_yaml.load("retail")
    assert reference.startswith("retail@")
    assert policies.at(reference) == policy


def test_a_pushed_policy_is_the_current_one_and_the_older_stays(policies: Policies) -> None:
    older, first = policies.current()
    changed = first.model_copy(update={"description": "another"})

    reference = policies.push(as_json(changed))

    assert reference != older
    assert policies.current() == (reference, changed)
    assert policies.at(older) == first


def test_the_same_text_is_the_same_version(policies: Policies) -> None:
    text = as_json(policy_yaml.load("three-tier"))

    assert policies.push(text) == policies.push(text)


def test_a_version_that_never_was(policies: Policies) -> None:
    with pytest.raises(LookupError):
        policies.at("retail@000000000000")


def test_a_reference_is_the_hash_of_the_text(dynamodb: Any) -> None:
    assert stored(dynamodb).current()[0] == reference_of("retail", SHIPPED)


def test_a_policy_with_mistakes_changes_nothing(dynamodb: Any) -> None:
    policies = stored(dynamodb)
    before = policies.current()

    with pytest.raises(PolicyError):
        policies.push(SHIPPED.replace("respond: 30m", "respond: soon", 1))

    assert policies.current() == before


def test_a_release_that_ships_another_text_leaves_open_incidents_theirs(dynamodb: Any) -> None:
    older, policy = stored(dynamodb).current()
    newer = stored(dynamodb, read_shipped=lambda _: SHIPPED + "\n# a comment more\n")

    reference, _ = newer.current()

    assert reference != older
    assert newer.at(older) == policy


def test_a_push_reaches_every_function_within_fifteen_seconds(dynamodb: Any) -> None:
    time = FakeTime()
    here, there = stored(dynamodb, time), stored(dynamodb, time)
    before = there.current()

    pushed = here.push(OTHER)

    assert here.current()[0] == pushed
    time.advance(14 * SECOND)
    assert there.current() == before
    time.advance(1 * SECOND)
    assert there.current()[0] == pushed


def test_durations_are_scaled_for_the_stage_and_not_in_the_store(dynamodb: Any) -> None:
    slow, fast = stored(dynamodb), stored(dynamodb, time_scale=60)
    reference, policy = slow.current()

    assert fast.current() == (reference, policy.scaled(60))
    assert fast.at(reference).levels["major"].window == policy.levels["major"].window // 60


def test_a_version_is_read_from_the_store_once(dynamodb: Any) -> None:
    policies = stored(dynamodb)
    reference, policy = policies.current()

    dynamodb.delete_item(TableName="incidents", Key={"PK": {"S": f"POLICY#{reference}"}, "SK": {"S": "POLICY"}})

    assert policies.at(reference) is policy


READERS: list[Callable[[Any], Policies]] = [lambda client: stored(client, shipped="three-tier")]


@pytest.mark.parametrize("reader", READERS)
def test_what_was_pushed_outweighs_what_ships(dynamodb: Any, reader: Callable[[Any], Policies]) -> None:
    pushed = stored(dynamodb).push(SHIPPED)

    assert reader(dynamodb).current()[0] == pushed
