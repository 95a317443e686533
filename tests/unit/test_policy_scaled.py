"""`Policy.scaled` makes every duration shorter but service levels (`arrival`, `drills`); no field may be forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from shared.domain.policy import Policy
from shared.domain.policy_parts import Duration
from tests.unit.policy_text import FULL, policy

_READS_A_DURATION = get_args(Duration)[1]


def leaves(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value in plain data that is no mapping and no list, with its place."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, (*place, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from leaves(part, (*place, index))
    else:
        yield place, value


def durations(of: Policy) -> dict[tuple[str | int, ...], int]:
    """A duration is what the model holds as a number and writes to JSON as a text."""
    written = dict(leaves(of.model_dump(mode="json")))
    return {
        place: value
        for place, value in leaves(of.model_dump())
        if isinstance(value, int) and isinstance(written[place], str)
    }


def duration_fields(model: type[BaseModel]) -> set[tuple[str, str]]:
    """Every (model, field) below a model whose type says Duration."""
    found: set[tuple[str, str]] = set()

    def walk(kind: Any, name: tuple[str, str]) -> None:
        if get_origin(kind) is Annotated and _READS_A_DURATION in get_args(kind):
            found.add(name)
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            for field, info in kind.model_fields.items():
                if _READS_A_DURATION in info.metadata:
                    found.add((kind.__name__, field))
                walk(info.annotation, (kind.__name__, field))
        else:
            for part in get_args(kind):
                walk(part, name)

    walk(model, ("", ""))
    return found


def set_fields(part: Any) -> set[tuple[str, str]]:
    """Every (model, field) that holds something in a policy."""
    if isinstance(part, BaseModel):
        own = {(type(part).__name__, field) for field in type(part).model_fields if getattr(part, field)}
        return own.union(*(set_fields(getattr(part, field)) for field in type(part).model_fields))
    if isinstance(part, Mapping):
        return set().union(*(set_fields(value) for value in part.values()))
    if isinstance(part, list | tuple):
        return set().union(*(set_fields(value) for value in part))
    return set()


def test_the_example_sets_every_duration_there_is() -> None:
    wanted = duration_fields(Policy)
    assert {("Rung", "window"), ("Clocks", "respond"), ("LevelRules", "milestones")} <= wanted
    assert wanted - set_fields(policy(FULL)) == set()


@pytest.mark.parametrize("factor", [2, 60, 3600])
def test_every_duration_but_service_levels_is_divided(factor: int) -> None:
    whole = policy(FULL)
    expected = {
        place: length if place[0] in ("arrival", "drills") else length // factor
        for place, length in durations(whole).items()
    }
    assert len(expected) > 20
    scaled = whole.scaled(factor).model_dump()
    assert {place: value for place, value in leaves(scaled) if place in expected} == expected


def test_nothing_else_changes() -> None:
    whole = policy(FULL)
    lengths = durations(whole)
    before = {place: value for place, value in leaves(whole.model_dump()) if place not in lengths}
    after = {place: value for place, value in leaves(whole.scaled(60).model_dump()) if place not in lengths}
    assert after == before


def test_a_duration_never_becomes_nothing() -> None:
    assert min(durations(policy(FULL).scaled(10**9)).values()) == 1


def test_the_policy_itself_stays_as_it_is() -> None:
    whole = policy(FULL)
    whole.scaled(60)
    assert whole == policy(FULL)
    assert whole.scaled(1) == whole
