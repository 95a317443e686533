"""What `ports.Crises` promises: which crisis a matter belongs to, and which are on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.ports import Commit, ConflictError, Matter
from tests.contract.conftest import Store
from tests.contract.made import NOW, following, opening


def begin(store: Store, incident: str, *names: str, until: int = NOW + 1_000) -> None:
    matters = tuple(Matter(name, incident, until) for name in names)
    store.incidents.commit(opening(incident, f"e-{incident}", matters=matters))


def test_a_complaint_finds_the_crisis_about_its_matter(store: Store) -> None:
    begin(store, "inc-1", "food/store/S-1", "food/product/milk")

    assert store.crises.about(["food/product/milk"], NOW) == "inc-1"
    assert store.crises.about(["toys/store/S-1", "food/store/S-1"], NOW) == "inc-1"
    assert store.crises.about(["food/store/S-2"], NOW) is None
    assert store.crises.about([], NOW) is None


def test_of_several_matters_the_one_named_first_counts(store: Store) -> None:
    begin(store, "inc-1", "a")
    begin(store, "inc-2", "b")

    assert store.crises.about(["a", "b"], NOW) == "inc-1"
    assert store.crises.about(["b", "a", "b"], NOW) == "inc-2"


def test_after_its_time_nothing_joins_any_more(store: Store) -> None:
    begin(store, "inc-1", "a", until=NOW + 10)
    begin(store, "inc-2", "b", until=NOW + 20)

    assert store.crises.about(["a", "b"], NOW + 9) == "inc-1"
    assert store.crises.about(["a", "b"], NOW + 10) == "inc-2"
    assert store.crises.about(["a", "b"], NOW + 20) is None


def test_of_two_crises_about_one_matter_the_newer_counts_and_then_the_other(store: Store) -> None:
    begin(store, "inc-1", "a", "b", until=NOW + 1_000)
    newer = opening("inc-2", "e-2", matters=(Matter("a", "inc-2", NOW + 5_000),))
    store.incidents.commit(newer)

    assert store.crises.about(["a"], NOW) == "inc-2"
    assert store.crises.about(["b"], NOW) == "inc-1"

    store.incidents.commit(following(newer.stored, matters=(Matter("a", "inc-2", NOW),)))
    assert store.crises.about(["a"], NOW) == "inc-1"


@pytest.mark.parametrize("name", ["食品/store/一号店#2", "x" * 3_000, "客" * 900])
def test_a_matter_is_named_by_what_people_wrote(store: Store, name: str) -> None:
    begin(store, "inc-1", name)

    assert store.crises.about([f"{name}!", name], NOW) == "inc-1"
    assert store.crises.about([f"{name}!"], NOW) is None


def begun(incident: str, event: str, *, drill: bool) -> Commit:
    made = opening(incident, event, crisis="began")
    return replace(made, stored=replace(made.stored, incident=replace(made.stored.incident, drill=drill)))


def test_a_crisis_is_on_until_it_is_over_and_exercises_are_known_among_them(store: Store) -> None:
    assert list(store.crises.running()) == list(store.crises.running_drills()) == []
    first = begun("inc-1", "e-1", drill=True)
    for commit in (
        first,
        begun("inc-2", "e-2", drill=True),
        begun("inc-3", "e-3", drill=False),
        opening("inc-4", "e-4"),
    ):
        store.incidents.commit(commit)
    assert sorted(store.crises.running()) == ["inc-1", "inc-2", "inc-3"]
    assert sorted(store.crises.running_drills()) == ["inc-1", "inc-2"]

    ended = following(first.stored, crisis="ended")
    store.incidents.commit(ended)
    assert sorted(store.crises.running()) == ["inc-2", "inc-3"]
    assert list(store.crises.running_drills()) == ["inc-2"]

    store.incidents.commit(following(ended.stored, crisis="ended"))
    assert sorted(store.crises.running()) == ["inc-2", "inc-3"]


def test_a_step_that_lost_leaves_no_matter_and_no_crisis(store: Store) -> None:
    store.incidents.commit(opening())
    lost: dict[str, Any] = {"matters": (Matter("a", "inc-1", NOW + 1_000),), "crisis": "began"}

    with pytest.raises(ConflictError):
        store.incidents.commit(opening(event="e-2", **lost))

    assert store.crises.about(["a"], NOW) is None
    assert list(store.crises.running()) == []
