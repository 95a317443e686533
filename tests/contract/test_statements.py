"""What `ports.Statements` promises: texts and publications are added with their step and never changed (I8)."""

from dataclasses import replace

import pytest

from shared.ports import ConflictError
from tests.contract.conftest import Store
from tests.contract.made import NOW, following, opening, publication, statement_text


def test_a_text_is_there_as_it_was_drafted(store: Store) -> None:
    first, second = statement_text(), statement_text(revision=2, said="更正")
    store.incidents.commit(opening(texts=(first, second, statement_text("full"))))

    assert store.statements.text("inc-1", "first", 1) == first
    assert store.statements.text("inc-1", "first", 2) == second
    assert store.statements.text("inc-1", "first", 3) is None
    assert store.statements.text("inc-2", "first", 1) is None


def test_its_hash_is_the_same_when_it_is_read_back(store: Store) -> None:
    store.incidents.commit(opening(texts=(statement_text(),)))
    kept = store.statements.text("inc-1", "first", 1)

    assert kept is not None
    assert kept.hash == statement_text().hash


def test_a_text_is_never_written_over(store: Store) -> None:
    opened = opening(texts=(statement_text(),))
    store.incidents.commit(opened)

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, texts=(statement_text(said="something else"),)))

    assert store.statements.text("inc-1", "first", 1) == statement_text()
    assert store.incidents.load("inc-1") == opened.stored


def test_everything_public_is_listed_the_oldest_first(store: Store) -> None:
    assert list(store.statements.published()) == []
    later, sooner = publication("progress", at=NOW + 7), publication("first", incident="inc-2", at=NOW - 10**11)
    newest = publication("first", revision=2, at=NOW + 10**11)
    store.incidents.commit(opening("inc-1", "e-1", publications=(later, newest)))
    store.incidents.commit(opening("inc-2", "e-2", publications=(sooner,)))

    assert list(store.statements.published()) == [sooner, later, newest]


def test_what_is_public_is_public_once(store: Store) -> None:
    opened = opening(publications=(publication(),))
    store.incidents.commit(opened)

    with pytest.raises(ConflictError):
        store.incidents.commit(following(opened.stored, publications=(replace(publication(), text=(("en", "Else"),)),)))

    assert list(store.statements.published()) == [publication()]


def test_a_step_that_lost_drafts_and_publishes_nothing(store: Store) -> None:
    store.incidents.commit(opening())

    with pytest.raises(ConflictError):
        store.incidents.commit(opening(event="e-2", texts=(statement_text(),), publications=(publication(),)))

    assert store.statements.text("inc-1", "first", 1) is None
    assert list(store.statements.published()) == []


def test_a_long_text_in_many_languages_is_kept_whole(store: Store) -> None:
    long = replace(statement_text(), text=tuple((f"x{n}-XX", f"{n}" + "报" * 19_000) for n in range(3)))
    store.incidents.commit(opening(texts=(long,)))

    assert store.statements.text("inc-1", "first", 1) == long


def test_a_list_longer_than_one_answer_of_the_store_is_read_whole(store: Store) -> None:
    long = (("zh-CN", "报" * 19_000),)
    public = [replace(publication(incident=f"inc-{n}", at=NOW + n), text=long) for n in range(25)]
    for each in public:
        store.incidents.commit(opening(each.incident, f"e-{each.incident}", publications=(each,)))

    assert list(store.statements.published()) == public
