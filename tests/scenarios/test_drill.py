"""SEMANTICS: Drill (B5): the real path, marked; nothing public; a score; passing renews who answered in time."""

from typing import Any

import pytest

from shared.application.simulate import Outcome
from shared.application.take_event import take_event
from shared.domain.events import Event
from tests.scenarios.crisis_story import A_AND_B, COMMANDER, LEGAL, LEGAL_2, QUORUM, by, poisoned, story
from tests.scenarios.playing import stage
from tests.scenarios.telling import at, clocks, group_pages, instant, told

EXERCISE = at("0", "received", source="drill", summary="演习:食物中毒", channel="api", category="food", reposts=50_000)
BOTH = (LEGAL, COMMANDER)


def _of(after: str, what: str, person: str, **data: Any) -> Event:
    return at(after, what, source="console", by=person, of="drill", **data)


def _drilled(*more: Event, people: tuple[str, ...] = QUORUM) -> Outcome:
    ins = [_of("2m", "crisis.confirmed", person) for person in people]
    over = _of("2h", "crisis.stood_down", COMMANDER, reason="enough")
    return story(EXERCISE, ins, *more, over, until="3d")


WHOLE = (
    _of("20m", "milestone.met", COMMANDER, milestone="plan", text="x"),
    _of("40m", "milestone.met", COMMANDER, milestone="review", text="x"),
    _of("5m", "statement.drafted", QUORUM[-1], rung="first", text={"zh-CN": "演习。"}),
    *(_of("6m", "statement.approved", person, rung="first", revision=1) for person in BOTH),
)


def _score(outcome: Outcome) -> dict[str, object]:
    return dict(next(entry.data for entry, _ in outcome.timeline if entry.kind == "drill_scored"))


def test_the_same_people_are_called_at_the_same_times() -> None:
    assert f"0 commander {COMMANDER} called" in group_pages(_drilled())
    assert any("called_b" in page for page in group_pages(_drilled(people=())))


def test_nothing_is_public_and_no_list_is_told() -> None:
    outcome = _drilled(*WHOLE)
    assert not [line for line in told(outcome) if line.endswith("published")]
    assert not [entry for entry, _ in outcome.timeline if entry.kind == "statement.out"]
    assert [entry for entry, _ in outcome.timeline if entry.kind == "statement_published"]


def test_it_counts_in_no_figure_but_its_own_score() -> None:
    outcome = _drilled(*WHOLE)
    assert (clocks(outcome), outcome.incidents, dict(outcome.statements)) == ({}, 0, {})


def test_the_score_says_what_was_in_time_and_who_answered() -> None:
    everybody = tuple(pair[0] for seat, pair in A_AND_B.items() if not seat.startswith("security"))
    score = _score(_drilled(*WHOLE, people=everybody))
    assert score["passed"] is True
    assert score["share"] == 1.0
    assert set(score["answered"]) == set(everybody)  # type: ignore[call-overload]


def test_who_answered_after_their_window_is_not_among_them() -> None:
    late = _of("6m", "crisis.confirmed", LEGAL)
    score = _score(_drilled(late, *WHOLE, people=tuple(p for p in QUORUM if p != LEGAL)))
    assert LEGAL not in score["answered"]  # type: ignore[operator]


def test_without_a_muster_it_is_not_passed() -> None:
    score = _score(_drilled(*WHOLE, people=(COMMANDER,)))
    assert score["passed"] is False


def test_with_its_end_everything_of_it_ends_and_nobody_is_paged_any_more() -> None:
    outcome = _drilled(*WHOLE)
    assert max(page.at for page, _ in outcome.pages) <= instant("2h")
    kinds = {entry.kind for entry, _ in outcome.timeline if entry.at > instant("2h")}
    assert kinds == set()


def test_what_comes_later_about_a_drill_that_is_over_does_not_open_it_again() -> None:
    late = _of("1h", "crisis.confirmed", LEGAL_2)
    played = stage()
    take_event(played.world, EXERCISE, surface="api", trusted_by=True)
    over = _of("2h", "crisis.stood_down", "he.ping", reason="enough")
    played.happens(*[_of("2m", "crisis.confirmed", person) for person in QUORUM], over)
    played.arrives("3h", late).run("1d")
    assert played.incident(source="drill").course.phase == "closed"
    assert not played.incident(source="drill").is_open


@pytest.mark.parametrize(("person", "ends"), [("zhang.wei", True), ("he.ping", True), ("li.na", False)])
def test_whoever_may_start_drills_may_end_one(person: str, *, ends: bool) -> None:
    over = _of("10m", "crisis.stood_down", person, reason="by mistake")
    outcome = story(EXERCISE, over, until="11m")
    assert bool([entry for entry, _ in outcome.timeline if entry.kind == "drill_scored"]) is ends


def test_a_real_crisis_is_ended_by_none_of_them() -> None:
    outcome = story(poisoned(reposts=50_000), by("10m", "crisis.stood_down", "zhang.wei", reason="x"), until="11m")
    assert not [line for line in told(outcome) if line.endswith("stood_down")]
