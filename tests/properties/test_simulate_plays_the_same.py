"""`simulate` tells what the functions do: the same stream, played through the use cases, pages the same people."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.application.simulate import simulate
from shared.domain.course import missed_by
from shared.domain.events import EVENT, PEOPLE_SURFACES, Event, incident_id
from shared.domain.instants import HOUR, MINUTE, SECOND, format_instant
from tests.properties.crisis_lives import CALLED, RUNGS, TOP
from tests.properties.crisis_lives import POLICIES as CRISES
from tests.properties.lives import POLICIES, SOURCE, bounded, lives
from tests.scenarios.playing import stage
from tests.scenarios.telling import MIDNIGHT

END = MIDNIGHT + 44 * HOUR
_MEMBERS = tuple(CALLED[seat][0] for seat in ("commander", "legal.1", "public_relations", "legal.2"))


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


_matter: dict[str, Any] = {"summary": "食物中毒", "channel": "store", "store": "SH-002", "category": "food"}
_another: dict[str, Any] = {"summary": "A rash", "channel": "store", "level": "ordinary"}


@st.composite
def matters(draw: st.DrawFn) -> list[Event]:
    """Up to three complaints, about one matter or joined to it by hand, and what is done about the first: by members,
    and by people who are none. Each happens at an instant of its own, so that nothing happens before its cause."""
    told: list[tuple[str, str, dict[str, Any]]]
    told = [("C-1", "complaint.received", _matter | {"reposts": draw(st.sampled_from([10, 5_000, 50_000]))})]
    others = draw(st.lists(st.sampled_from([_matter, _matter, _another]), max_size=2))
    told += [(f"C-{number}", "complaint.received", facts) for number, facts in enumerate(others, 2)]
    told += draw(st.lists(_happenings(), max_size=10))
    minutes = draw(st.lists(st.integers(0, 600), min_size=len(told), max_size=len(told), unique=True).map(sorted))
    return [_at(n, minute, *each) for n, (minute, each) in enumerate(zip(minutes, told, strict=True))]


@st.composite
def _happenings(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    subject, who = draw(st.sampled_from(["C-1", "C-1", "C-2", "C-3"])), draw(st.sampled_from([*_MEMBERS, TOP, "li.na"]))
    figures = draw(st.sampled_from([{"reposts": 5_000}, {"reposts": 50_000}, {"amount_cny": 60_000}]))
    rung = draw(st.sampled_from(RUNGS))
    other = incident_id(SOURCE, draw(st.sampled_from(["C-2", "C-3"])))
    acts: list[tuple[str, str, dict[str, Any]]] = [
        (subject, "complaint.updated", figures),
        (subject, "complaint.resolved", {"by": "desk"}),
        *(("C-1", "crisis.confirmed", {"by": each}) for each in (who, who, *_MEMBERS[:3])),
        ("C-1", "crisis.declined", {"by": who}),
        ("C-1", "crisis.seated", {"by": TOP, "who": who, "seat": draw(st.sampled_from(sorted(CALLED)))}),
        ("C-1", "crisis.joined", {"by": who, "complaint": other, **figures}),
        ("C-1", "crisis.declared", {"by": who, "reason": "so it is"}),
        ("C-1", "crisis.stood_down", {"by": TOP, "reason": "so it is"}),
        ("C-1", "statement.drafted", {"by": who, "rung": rung, "text": {"zh-CN": draw(st.sampled_from("甲乙"))}}),
        *(("C-1", "statement.approved", {"by": each, "rung": rung, "revision": 1}) for each in (who, *_MEMBERS[:2])),
        ("C-1", "milestone.met", {"by": who, "milestone": "plan"}),
    ]
    act: tuple[str, str, dict[str, Any]] = draw(st.sampled_from(acts))
    return act


def _at(number: int, minute: int, subject: str, kind: str, data: dict[str, Any]) -> Event:
    system = kind.startswith("complaint.")
    where = {} if system else {"incident": incident_id(SOURCE, subject)}
    raw = {"specversion": "1.0", "id": f"e-{number:03d}", "source": SOURCE if system else "console", "type": kind}
    when = format_instant(MIDNIGHT + minute * MINUTE + (1 + 7 * number) * SECOND)
    return EVENT.validate_python({**raw, "time": when, "subject": subject, "data": {**data, **where}})


@given(life=matters(), policy=st.sampled_from(sorted(CRISES)))
@bounded(40)
def test_a_crisis_is_played_the_same_with_everything_that_joins_it(life: list[Event], policy: str) -> None:
    end = MIDNIGHT + 12 * HOUR
    told = simulate(life, CRISES[policy], until=end, timeline=True)
    played = stage(CRISES[policy]).happens(*life).run(end)
    assert not played.dead
    for complaint in [event for event in life if event.type == "complaint.received"]:
        subject = complaint.subject
        assert subject is not None
        entries = played.entries(subject)
        assert [(page.at, page.rung, page.person, page.reason) for page, of in told.pages if of == complaint] == [
            (entry.at, entry.data["rung"], entry.data["person"], entry.data["reason"])
            for entry in entries
            if entry.kind == "paged"
        ]
        entered = [(entry.at, entry.kind) for entry, of in told.timeline if of == complaint]
        assert sorted(entered) == sorted((entry.at, entry.kind) for entry in entries)
    statements = {rung: counted["published"] for rung, counted in told.statements.items() if counted["published"]}
    public = {one.rung for event in life if event.subject == "C-1" for one in played.world.statements.published()}
    assert set(statements) <= public
