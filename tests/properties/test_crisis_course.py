"""What the events say of a crisis is the same in whatever order they arrive; its grade only grows (C1, C2, C4).

What may differ is whatever is looked up when an event arrives: for which seat somebody was called, and whether they
led a crisis by then. Where it matters, only the top of the chain speaks here, which leads every crisis there is.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.application.take_event import take_event
from shared.domain.course import missed_by, refold
from shared.domain.crisis_policy import GRADES
from shared.domain.events import EVENT, PEOPLE_SURFACES, Event, incident_id
from shared.domain.incident import Course
from shared.domain.instants import HOUR, MINUTE, format_instant
from tests.fakes import FakeWorld, fake_world
from tests.properties.crisis_lives import CALLED, POLICIES, SOURCE, TOP
from tests.properties.lives import bounded
from tests.properties.test_order import fire_what_is_due
from tests.scenarios.telling import MIDNIGHT

POLICY = POLICIES["four"]
CASE = incident_id(SOURCE, "C-1")
END = MIDNIGHT + 60 * HOUR

_figures = st.one_of(
    st.fixed_dictionaries({"reposts": st.sampled_from([10, 500, 5_000, 50_000])}),
    st.fixed_dictionaries({"amount_cny": st.sampled_from([10_000, 60_000, 100_000, 1_000_000])}),
    st.fixed_dictionaries({"scope": st.sampled_from(["store", "region", "nation"])}),
)
_told: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "complaint.updated": st.one_of(_figures, st.just({"details": "食物中毒"})),
    "complaint.reclassified": st.fixed_dictionaries({"level": st.sampled_from(["ordinary", "major", "crisis"])}).map(
        lambda said: {**said, "reason": "so it is"}
    ),
    "complaint.resolved": st.just({}),
    "complaint.closed": st.just({}),
    "crisis.declared": st.fixed_dictionaries({"grade": st.sampled_from([None, *GRADES])}).map(
        lambda said: {"reason": "so it is", **{name: value for name, value in said.items() if value}}
    ),
    "crisis.joined": st.builds(
        lambda n, figures: {"complaint": incident_id(SOURCE, f"C-{n}"), **figures}, st.integers(2, 4), _figures
    ),
    "crisis.stood_down": st.just({"reason": "so it is"}),
}
_of_group: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "crisis.confirmed": st.just({}),
    "crisis.declined": st.just({}),
    "crisis.seated": st.fixed_dictionaries(
        {
            "seat": st.sampled_from(sorted(CALLED)),
            "who": st.sampled_from([called[n] for called in CALLED.values() for n in (0, 1)]),
        }
    ),
    "milestone.met": st.fixed_dictionaries({"milestone": st.sampled_from(["plan", "review", "muster", "group"])}),
}


@st.composite
def crises(draw: st.DrawFn, *, with_group: bool = False, ends: bool = True) -> list[Event]:
    """A complaint, and what is told of it in the next forty hours; some of it falls on deadlines."""
    minutes = st.one_of(st.sampled_from([0, 5, 15, 30, 60]), st.integers(0, 40 * 60))
    kinds = {**_told, **(_of_group if with_group else {})}
    if not ends:
        del kinds["crisis.stood_down"]
    opening: dict[str, Any] = draw(
        st.sampled_from([{}, {"summary": "食物中毒"}, {"reposts": 5_000}, {"level": "crisis"}])
    )
    told: list[tuple[int, str, dict[str, Any]]]
    told = [(0, "complaint.received", {"summary": "It leaks", "channel": "store", **opening})]
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(sorted(kinds)))
        by = draw(st.sampled_from([called[0] for called in CALLED.values()])) if kind in _of_group else TOP
        data = draw(kinds[kind])
        told.append((draw(minutes), kind, data if kind == "complaint.updated" else {**data, "by": by}))
    return [_event(n, at, kind, data) for n, (at, kind, data) in enumerate(told)]


def _event(number: int, minute: int, kind: str, data: dict[str, Any]) -> Event:
    by_system = "by" not in data
    raw = {"specversion": "1.0", "id": f"e-{number:03d}", "type": kind, "subject": "C-1"}
    where = {"source": SOURCE, "data": data} if by_system else {"source": "console", "data": {**data, "incident": CASE}}
    return EVENT.validate_python({**raw, **where, "time": format_instant(MIDNIGHT + minute * MINUTE)})


def take(world: FakeWorld, event: Event) -> None:
    taken = take_event(world, event, surface="queue", trusted_by=event.source in PEOPLE_SURFACES)
    assert taken.status != "quarantined", (event, taken)


def course_of(world: FakeWorld) -> Course:
    stored = world.incidents.load(CASE)
    assert stored is not None
    return missed_by(stored.incident.course, END)


def said(world: FakeWorld) -> dict[str, Any]:
    """What the events say."""
    course = course_of(world)
    clocks = {clock.key: (clock.verdict, clock.ended, clock.deadline) for clock in course.clocks}
    return {"crisis": course.crisis, "clocks": clocks, "level": course.level, "phase": course.phase}


def in_order(events: list[Event]) -> FakeWorld:
    world = fake_world(POLICY, now=MIDNIGHT)
    for event in sorted(events, key=lambda event: (event.time, event.id)):
        world.time.wait_until(event.time)
        fire_what_is_due(world)
        take(world, event)
    world.time.wait_until(END)
    fire_what_is_due(world)
    return world


@given(life=crises(), data=st.data())
@bounded(80)
def test_what_is_said_of_a_crisis_does_not_depend_on_the_order_of_arrival(
    life: list[Event], data: st.DataObject
) -> None:
    wanted = said(in_order(life))
    ends = [event for event in life if event.type == "crisis.stood_down"]  # nobody can lead what is not there yet
    others = data.draw(st.permutations([event for event in life[1:] if event not in ends]))
    world = fake_world(POLICY, now=MIDNIGHT + 40 * HOUR)
    for event in [life[0], *others, *data.draw(st.permutations(ends))]:
        if data.draw(st.booleans(), label="the timers fire first"):
            fire_what_is_due(world)
        world.time.advance(data.draw(st.sampled_from([0, MINUTE, HOUR]), label="later"))
        take(world, event)
    world.time.wait_until(END)
    fire_what_is_due(world)
    assert said(world) == wanted


@given(life=crises(with_group=True), data=st.data())
@bounded(60)
def test_the_records_on_the_timeline_fold_to_the_crisis_in_the_store(life: list[Event], data: st.DataObject) -> None:
    world = fake_world(POLICY, now=MIDNIGHT)
    for event in [life[0], *data.draw(st.permutations(life[1:]))]:
        world.time.wait_until(max(event.time, world.time.now()))
        fire_what_is_due(world)
        take(world, event)
    folded = missed_by(refold(world.incidents.history(CASE), POLICY), END)
    assert course_of(world) == folded


@given(life=crises(with_group=True, ends=False), in_time=st.booleans())
@bounded(60)
def test_grades_never_fall(life: list[Event], *, in_time: bool) -> None:
    """Out of order two things take one back: a figure said before the level that alone made it red, as a level is red
    only where nothing else was said; and a close from before anybody was called, as the matter ended with it."""
    life = [event for event in life if in_time or not _may_take_back(event)]
    world, worst = fake_world(POLICY, now=MIDNIGHT), -1
    for event in sorted(life, key=lambda event: event.time) if in_time else life:
        world.time.wait_until(event.time)
        take(world, event)
        crisis = course_of(world).crisis
        if crisis is None or not crisis.is_on:  # what nobody was called for ends with its complaint
            assert worst < GRADES.index("yellow")
            worst = -1
            continue
        assert GRADES.index(crisis.grade) >= worst
        worst = GRADES.index(crisis.grade)


def _may_take_back(event: Event) -> bool:
    return event.type in ("complaint.reclassified", "complaint.closed")
