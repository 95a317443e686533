"""What `ports.Links` and `ports.Quarantine` promise."""

from dataclasses import replace

import pytest

from shared.domain.message import Link
from shared.ports import Quarantined
from tests.contract.conftest import Store
from tests.contract.made import NOW


def quarantined(name: str = "crm/hotline/e1/invalid", at: int = NOW) -> Quarantined:
    return Quarantined(name, at, "invalid", "data.summary: missing", '{"id": "e1"}', "queue")


def test_a_link_is_found_by_the_hash_of_its_token(store: Store) -> None:
    link = Link("a" * 64, "inc-1", "lin", 3, NOW + 5)

    store.links.put(link)

    assert store.links.get("a" * 64) == link
    assert store.links.get("b" * 64) is None


def test_a_link_keeps_the_version_of_the_incident_it_was_made_at(store: Store) -> None:
    link = Link("a" * 64, "inc-1", "lin", 3, NOW + 5, version=7)
    store.links.put(link)
    assert store.links.get("a" * 64) == link


def test_a_link_of_the_response_group_stays_one(store: Store) -> None:
    link = Link("a" * 64, "inc-1", "lin", 0, NOW + 5, group=True)

    store.links.put(link)

    assert store.links.get("a" * 64) == link


def test_what_is_in_quarantine_is_kept_once_and_as_it_came(store: Store) -> None:
    store.quarantine.put(quarantined())
    store.quarantine.put(replace(quarantined(), body="something else"))

    assert store.quarantine.get("crm/hotline/e1/invalid") == quarantined()
    assert store.quarantine.get("nobody") is None


def test_the_newest_come_first(store: Store) -> None:
    for count in (2, 0, 3, 1):
        store.quarantine.put(quarantined(f"q{count}", NOW + count))

    assert [each.id for each in store.quarantine.list()] == ["q3", "q2", "q1", "q0"]
    assert [each.id for each in store.quarantine.list(2)] == ["q3", "q2"]


def test_what_is_discarded_is_gone(store: Store) -> None:
    store.quarantine.put(quarantined())

    store.quarantine.discard("crm/hotline/e1/invalid")
    store.quarantine.discard("crm/hotline/e1/invalid")

    assert store.quarantine.get("crm/hotline/e1/invalid") is None
    assert list(store.quarantine.list()) == []


@pytest.mark.parametrize("name", ["x" * 3_000, "客" * 600, "a#b#c", "客" * 171])
def test_an_id_may_be_long_and_hold_any_character(store: Store, name: str) -> None:
    store.quarantine.put(quarantined(name))
    store.quarantine.put(quarantined(name + "!"))

    assert store.quarantine.get(name) == quarantined(name)
    assert sorted(each.id for each in store.quarantine.list()) == [name, name + "!"]


def test_a_large_body_is_kept_whole(store: Store) -> None:
    large = replace(quarantined(), body="投诉" * 100_000)

    store.quarantine.put(large)

    assert store.quarantine.get(large.id) == large
    assert list(store.quarantine.list()) == [large]
