"""What `ports.Policies` promises: a version never changes, and what an incident opened under stays (I10)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.adapters.policy_store import DynamoPolicies, reference_of
from shared.adapters.policy_yaml import PolicyError
from shared.domain.classification import Known, chain_for
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.ports import Policies
from tests.contract import tables
from tests.fakes import FakePolicies, FakeTime

SHIPPED = policy_yaml.read_text("retail")[1]
OTHER = policy_yaml.read_text("three-tier")[1]


@pytest.fixture(params=["fake", "dynamodb", "virtual_dynamodb"])
def policies(request: pytest.FixtureRequest) -> Policies:
    if request.param == "fake":
        return FakePolicies(policy_yaml.load("retail"))
    return stored(request.getfixturevalue(request.param))


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


def test_the_stage_brings_its_own_synthetic_complaint_to_every_version(dynamodb: Any) -> None:
    policies = stored(dynamodb, probe_contact="test@example.com", time_scale=60)
    shipped = policies.current()[0]
    pushed = policies.push(OTHER)

    for reference in (shipped, pushed):
        policy = policies.at(reference)
        assert policy.probe is not None
        assert policy.levels[policy.probe].clocks.respond == SECOND
        chain = chain_for(policy, Known(), policy.probe)
        assert [policy.people[name].email for rung in policy.chains[chain] for name in rung.people] == [
            "test@example.com"
        ]
    assert stored(dynamodb).at(pushed) == policy_yaml.load("three-tier")


def test_the_same_text_is_the_same_version(policies: Policies) -> None:
    text = as_json(policy_yaml.load("three-tier"))

    assert policies.push(text) == policies.push(text)


def test_a_version_that_never_was(policies: Policies) -> None:
    with pytest.raises(LookupError):
        policies.at("retail@000000000000")


def until(policies: Policies, person: str) -> str | None:
    day = policies.current()[1].people[person].qualified_until
    return day.isoformat() if day else None


def qualified(policies: Policies, **days: str | None) -> None:
    """Push a policy whose people are qualified until these days, by their place in it."""
    policy = policies.current()[1]
    people = {name: person.model_copy(update={"qualified_until": None}) for name, person in policy.people.items()}
    for name, day in days.items():
        kept = date.fromisoformat(day) if day else None
        people[name] = people[name].model_copy(update={"qualified_until": kept})
    policies.push(as_json(policy.model_copy(update={"people": people, "crises": {}, "roster": None})))


def test_a_qualification_lasts_until_the_later_of_both_days(policies: Policies) -> None:
    early, late, bare, other = sorted(policies.current()[1].people)[:4]
    qualified(policies, **{early: "2027-03-01", late: "2027-09-01", other: "2027-01-01"})

    policies.renew([early, late, bare], "2027-06-01")

    assert [until(policies, each) for each in (early, late, bare, other)] == [
        *("2027-06-01", "2027-09-01", "2027-06-01", "2027-01-01"),
    ]


def test_a_renewal_never_shortens_another_and_adds_to_it(policies: Policies) -> None:
    first, second = sorted(policies.current()[1].people)[:2]
    qualified(policies)

    policies.renew([first], "2027-06-01")
    policies.renew([first, second], "2027-03-01")
    policies.renew([first, first], "2027-06-01")

    assert (until(policies, first), until(policies, second)) == ("2027-06-01", "2027-03-01")


def test_a_renewal_outlasts_a_push_and_leaves_the_versions_alone(policies: Policies) -> None:
    person = min(policies.current()[1].people)
    qualified(policies)
    reference, _ = policies.current()
    policies.renew([person], "2027-06-01")
    assert policies.current()[0] == reference
    assert policies.at(reference).people[person].qualified_until is None

    policies.push(as_json(policies.at(reference).model_copy(update={"description": "another"})))

    assert until(policies, person) == "2027-06-01"


def test_a_renewal_before_anything_was_pushed_leaves_the_shipped_policy_current(policies: Policies) -> None:
    reference, policy = policies.current()
    person = min(policy.people)

    policies.renew([person, "somebody.who.left"], "2099-06-01")

    assert policies.current()[0] == reference
    assert until(policies, person) == "2099-06-01"
    assert policies.current()[1].people.keys() == policy.people.keys()


@pytest.mark.parametrize("day", ["soon", "2027-13-01", ""])
def test_what_is_no_day_renews_nothing(policies: Policies, day: str) -> None:
    before = policies.current()

    with pytest.raises(ValueError, match=r".*"):
        policies.renew(["lin"], day)

    assert policies.current() == before


def test_renewals_at_the_same_time_all_count_and_the_latest_stays(dynamodb: Any) -> None:
    names = sorted(stored(dynamodb).current()[1].people)[:8]
    qualified(stored(dynamodb))
    start = Barrier(8)

    def renew(number: int) -> None:
        start.wait()
        stored(dynamodb).renew([names[number], "shared"], f"2027-0{number + 1}-01")
        stored(dynamodb).renew([names[0]], f"2027-0{8 - number}-02")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(renew, range(8)))

    found = [until(stored(dynamodb), name) for name in names]
    assert found == ["2027-08-02", *(f"2027-0{number}-01" for number in range(2, 9))]


def test_a_renewal_reaches_every_function_within_fifteen_seconds(dynamodb: Any) -> None:
    time = FakeTime()
    here, there = stored(dynamodb, time), stored(dynamodb, time)
    person = min(there.current()[1].people)

    here.renew([person], "2099-01-01")

    assert until(here, person) == "2099-01-01"
    assert until(there, person) != "2099-01-01"
    time.advance(15 * SECOND)
    assert until(there, person) == "2099-01-01"


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
