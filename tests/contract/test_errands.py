"""What `ports.Errands` promises: asked for with a step or not at all, open until done, found when it is late."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from shared.adapters import policy_yaml
from shared.application.run_errand import run_errand
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.events import EVENT
from shared.domain.instants import format_instant
from shared.ports import ConflictError
from tests.contract.conftest import Store
from tests.contract.made import MINUTE, NOW, errand, following, message, opening, publication, statement_text
from tests.fakes import fake_world


def ask(store: Store, *errands: str, at: int = NOW, incident: str = "inc-1") -> None:
    """Commit a step of an incident that asks for errands."""
    asked = tuple(errand(name, incident, at) for name in errands)
    store.incidents.commit(opening(incident, f"e-{incident}", errands=asked))


def test_an_errand_is_there_with_the_step_that_asked_for_it(store: Store) -> None:
    figures = errand("join-1", crisis="inc-9", summary="牛奶变质", amount_cny=12.5, reposts=None, who=["lin", "chen"])
    store.incidents.commit(opening(errands=(figures, errand())))

    assert store.errands.get("inc-1", "join-1") == figures
    assert store.errands.get("inc-1", "publish-first-1") == errand()
    assert store.errands.get("inc-1", "join-2") is None
    assert store.errands.get("inc-2", "join-1") is None


def test_a_step_that_lost_asks_for_nothing(store: Store) -> None:
    opened = opening()
    store.incidents.commit(opened)
    store.incidents.commit(following(opened.stored))

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, errands=(errand(),)))

    assert store.errands.get("inc-1", "publish-first-1") is None
    assert list(store.errands.stuck(NOW + MINUTE, 10)) == []


@pytest.mark.parametrize("done", [False, True])
def test_what_was_asked_for_once_is_not_asked_for_again(store: Store, done: bool) -> None:
    opened = opening(errands=(errand(),))
    store.incidents.commit(opened)
    if done:
        store.errands.finish(errand())

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, errands=(errand(),)))

    assert store.incidents.load("inc-1") == opened.stored


def test_what_is_done_is_gone_and_done_twice_is_done(store: Store) -> None:
    ask(store, "a", "b")

    for _ in range(2):
        store.errands.finish(errand("a"))
    store.errands.finish(errand("never-asked-for"))

    assert store.errands.get("inc-1", "a") is None
    assert store.errands.get("inc-1", "b") == errand("b")
    assert store.errands.get("inc-1", "never-asked-for") is None
    assert [each.name for each in store.errands.stuck(NOW + 1, 10)] == ["b"]


def test_those_still_open_after_a_while_are_found_the_oldest_first(store: Store) -> None:
    for number, age in enumerate((2, 5, 1, 0)):
        ask(store, "late", at=NOW - age, incident=f"inc-{number}")

    assert [each.incident for each in store.errands.stuck(NOW, 10)] == ["inc-1", "inc-0", "inc-2"]
    assert [each.incident for each in store.errands.stuck(NOW, 2)] == ["inc-1", "inc-0"]
    assert [each.at for each in store.errands.stuck(NOW - 2, 10)] == [NOW - 5]


def test_errands_and_messages_are_not_taken_for_each_other(store: Store) -> None:
    page = message()
    store.incidents.commit(opening(messages=(page,), errands=(errand(),)))
    store.outbox.put(replace(page, key=replace(page.key, incident="inc-2")))

    assert list(store.outbox.of_incident("inc-1")) == [page]
    assert {row.key.incident for row in store.outbox.stuck(NOW + 1, 10)} == {"inc-1", "inc-2"}
    assert list(store.errands.stuck(NOW + 1, 10)) == [errand()]


@pytest.mark.parametrize("name", ["a/b#c", "公告-1", "0#lin#sms#1", "x" * 300])
def test_a_name_may_hold_any_character(store: Store, name: str) -> None:
    ask(store, name)

    assert store.errands.get("inc-1", name) == errand(name)
    assert list(store.errands.stuck(NOW + 1, 10)) == [errand(name)]
    assert list(store.outbox.of_incident("inc-1")) == []


def test_a_publication_goes_its_whole_way_over_the_store(store: Store) -> None:
    fake = fake_world(policy_yaml.load("retail"), now=NOW)
    world: World = replace(
        cast("World", fake),
        incidents=store.incidents,
        outbox=store.outbox,
        crises=store.crises,
        statements=store.statements,
        errands=store.errands,
    )
    received = {"specversion": "1.0", "id": "e-1", "source": "crm/hotline", "type": "complaint.received"}
    data = {"summary": "Sour milk", "channel": "store"}
    event = EVENT.validate_python({**received, "time": format_instant(NOW), "subject": "C-1", "data": data})
    case = take_event(world, event, surface="queue", trusted_by=False).incident
    opened = store.incidents.load(case or "")
    assert case is not None
    assert opened is not None
    public, asked = publication(incident=case), errand(incident=case)
    store.incidents.commit(following(opened, publications=(public,), errands=(asked,), texts=(statement_text(),)))

    for _ in range(2):
        run_errand(world, case, asked.name)
        fake.time.advance(MINUTE)

    assert fake.site.index == (public,)
    told = [entry for line in store.incidents.timeline(case) for entry in line.entries if entry.kind == "statement.out"]
    assert [(entry.at, entry.data["data"]["rung"]) for entry in told] == [(NOW, "first")]
    assert store.errands.get(case, asked.name) is None
    assert fake.site.writes == 1
