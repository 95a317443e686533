"""The verdicts are a fold over the events by (time, id), whatever order they arrived in (SEMANTICS, Time order)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.application.fire_timer import fire_timer
from shared.application.take_event import take_event
from shared.domain.course import missed_by, refold
from shared.domain.events import PEOPLE_SURFACES, Event
from shared.domain.instants import HOUR
from shared.domain.timeline import first_broken
from tests.fakes import FakeWorld, fake_world
from tests.properties.lives import CASE, POLICIES, bounded, lives
from tests.scenarios.telling import MIDNIGHT

END = MIDNIGHT + 90 * HOUR


def verdicts(world: FakeWorld) -> dict[str, Any]:
    """What the events say, once all clocks that ended before the end have their verdict."""
    stored = world.incidents.load(CASE)
    assert stored is not None
    course = missed_by(stored.incident.course, END)
    clocks = {clock.key: (clock.verdict, clock.ended, clock.level, clock.deadline) for clock in course.clocks}
    return {"clocks": clocks, "phase": course.phase, "level": course.level, "holder": course.holder}


def take(world: FakeWorld, event: Event) -> None:
    by_person = event.source in PEOPLE_SURFACES
    assert take_event(world, event, surface="queue", trusted_by=by_person).status != "quarantined"


def fire_what_is_due(world: FakeWorld) -> None:
    for _ in range(1_000):
        due = [timer for timer in world.timers.all if timer.due <= world.time.now()]
        if not due:
            return
        fire_timer(world, due[0])
    raise AssertionError("it never comes to rest")


def in_order(events: list[Event], policy: str) -> FakeWorld:
    """Everything arrives when it happens."""
    world = fake_world(POLICIES[policy], now=MIDNIGHT)
    for event in sorted(events, key=lambda event: (event.time, event.id)):
        world.time.set(event.time)
        take(world, event)
    world.time.set(END)
    return world


@given(life=lives(), policy=st.sampled_from(sorted(POLICIES)), data=st.data())
@bounded(150)
def test_the_verdicts_do_not_depend_on_the_order_of_arrival(
    life: list[Event], policy: str, data: st.DataObject
) -> None:
    wanted = verdicts(in_order(life, policy))
    early = [event for event in life[1:] if event.source not in PEOPLE_SURFACES]
    before = data.draw(st.lists(st.sampled_from(early), unique_by=lambda event: event.id) if early else st.just([]))
    after = data.draw(st.permutations([event for event in life[1:] if event not in before]))
    world = fake_world(POLICIES[policy], now=MIDNIGHT + 40 * HOUR)
    for event in [*before, life[0], *after]:
        if data.draw(st.booleans(), label="the timers fire first"):
            fire_what_is_due(world)
        world.time.advance(data.draw(st.sampled_from([0, 60_000, HOUR]), label="later"))
        take(world, event)
    world.time.set(max(END, world.time.now()))
    assert verdicts(world) == wanted
    assert first_broken(world.incidents.timeline(CASE)) is None
    history = world.incidents.history(CASE)
    assert sorted(record.id for record in history) == sorted(event.id for event in life)


@given(life=lives(), policy=st.sampled_from(sorted(POLICIES)))
@bounded(100)
def test_the_history_on_the_timeline_folds_to_the_course_in_the_store(life: list[Event], policy: str) -> None:
    world = in_order(life, policy)
    fire_what_is_due(world)
    stored = world.incidents.load(CASE)
    assert stored is not None
    folded = missed_by(refold(world.incidents.history(CASE), POLICIES[policy]), END)
    assert missed_by(stored.incident.course, END).clocks == folded.clocks
