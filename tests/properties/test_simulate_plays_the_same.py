"""`simulate` tells what the functions do: the same stream, played through the use cases, pages the same people."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.application.simulate import simulate
from shared.domain.course import missed_by
from shared.domain.events import PEOPLE_SURFACES, Event
from shared.domain.instants import HOUR
from tests.properties.lives import POLICIES, bounded, lives
from tests.scenarios.playing import stage
from tests.scenarios.telling import MIDNIGHT

END = MIDNIGHT + 44 * HOUR


def as_a_system_may(event: Event) -> Event:
    """In `simulate` whoever is named is believed; on the queue an intake system's `by` is free text."""
    by = vars(event.data).get("by")
    if event.source in PEOPLE_SURFACES or by is None:
        return event
    return event.model_copy(update={"data": event.data.model_copy(update={"by": "desk"})})


@given(life=lives(longest=8), policy=st.sampled_from(sorted(POLICIES)))
@bounded(120)
def test_the_same_pages_at_the_same_times(life: list[Event], policy: str) -> None:
    events = [as_a_system_may(event) for event in life]
    told = simulate(events, POLICIES[policy], until=END)
    played = stage(POLICIES[policy]).happens(*events).run(END)
    assert [(page.at, page.rung, page.person, page.reason, page.clock) for page, _ in told.pages] == [
        (entry.at, entry.data["rung"], entry.data["person"], entry.data["reason"], entry.data.get("clock"))
        for entry in played.entries()
        if entry.kind == "paged"
    ]
    course = missed_by(played.incident().course, END)
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for clock in course.clocks:
        verdict = clock.verdict if clock.verdict in ("met", "missed") else "open"
        row = counted.setdefault((clock.level or course.level, clock.name), {})
        row[verdict] = row.get(verdict, 0) + 1
    assert counted == {key: dict(verdicts) for key, verdicts in told.clocks.items()}
    assert not played.dead


@given(life=lives(longest=8))
@bounded(60)
def test_what_the_carriers_took_is_what_was_decided_less_what_an_acknowledgement_called_back(life: list[Event]) -> None:
    played = stage().happens(*life).run(END)
    rows = played.world.outbox.all
    assert {row.state for row in rows} <= {"sent", "called_back", "digested"}
    took = sum(len(carrier.sent) for carrier in played.world.carriers.values())
    assert took == sum(row.state == "sent" for row in rows)
    for row in rows:
        if row.state == "called_back":
            assert row.fence is not None
