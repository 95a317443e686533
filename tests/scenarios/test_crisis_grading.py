"""SEMANTICS: Crisis (C1, C2): what makes one, its grade, what each grade does, and complaints that join."""

from typing import Any

import pytest

from shared.application.simulate import Outcome
from tests.scenarios.crisis_story import all_in, by, declared, poisoned, story
from tests.scenarios.telling import at, clocks, entries, pages


def _grades(outcome: Outcome) -> list[str]:
    return [entry.data["grade"] for entry, _ in outcome.timeline if entry.kind == "graded"]


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({}, "blue"),
        ({"scope": "store"}, "blue"),
        ({"amount_cny": 9_999}, "blue"),
        ({"amount_cny": 99_999.99}, "blue"),
        ({"amount_cny": 100_000}, "yellow"),
        ({"reposts": 4_999}, "blue"),
        ({"reposts": 5_000}, "yellow"),
        ({"scope": "region"}, "yellow"),
        ({"reposts": 49_999}, "yellow"),
        ({"reposts": 50_000}, "red"),
        ({"amount_cny": 1_000_000}, "red"),
        ({"scope": "nation"}, "red"),
        ({"scope": "store", "amount_cny": 100_000, "reposts": 50_000}, "red"),
    ],
)
def test_a_word_makes_it_a_matter_and_the_highest_of_scope_money_and_heat_grades_it(
    facts: dict[str, Any], grade: str
) -> None:
    assert _grades(story(poisoned(**facts), until="1m")) == [grade]
    assert _grades(story(at("0", "received"), at("1m", "updated", details="食物中毒", **facts), until="2m")) == [grade]


def test_figures_alone_declare_nothing_below_yellow() -> None:
    assert _grades(story(at("0", "received", reposts=4_999, amount_cny=99_999), until="1h")) == []
    assert _grades(story(at("0", "received"), at("5m", "updated", reposts=5_000), until="1h")) == ["yellow"]


def test_the_level_crisis_is_a_matter_and_red_where_it_says_nothing_else() -> None:
    assert _grades(story(at("0", "received", level="crisis"), until="1m")) == ["red"]
    assert _grades(story(at("0", "received", level="crisis", reposts=6_000), until="1m")) == ["yellow"]


def test_figures_alone_do_not_override_a_level_somebody_set_lower() -> None:
    assert _grades(story(at("0", "received", level="ordinary", reposts=60_000), until="1h")) == []


def test_the_grade_only_grows() -> None:
    outcome = story(poisoned(reposts=60_000), at("5m", "updated", reposts=3), declared("10m", grade="blue"), until="1h")
    assert _grades(outcome) == ["red"]


def test_declared_without_a_grade_is_red_and_the_level_becomes_crisis() -> None:
    outcome = story(at("0", "received"), declared("10m"), until="20m")
    assert _grades(outcome) == ["red"]
    assert "crisis group" in clocks(outcome)
    assert "10m supervisor raised" in pages(outcome)


def test_declared_blue_pages_whoever_holds_it_once() -> None:
    outcome = story(at("0", "received", level="ordinary"), declared("10m", grade="blue"), until="20m")
    assert pages(outcome) == ["0 front_line opened", "10m front_line graded"]


def test_blue_at_opening_pages_nobody_twice() -> None:
    assert pages(story(poisoned(), until="10m")) == ["0 front_line opened", "0 supervisor opened"]


def test_yellow_calls_the_group_and_red_opens_the_ladder() -> None:
    outcome = story(poisoned(), at("5m", "updated", reposts=5_000), at("20m", "updated", reposts=50_000), until="1h")
    assert entries(outcome, "group_called") == ["5m"]
    assert entries(outcome, "ladder_opened") == ["20m"]
    assert "20m commander milestone_missed muster" in pages(outcome)  # 15 min from the event that called the group
    assert "50m commander statement_late first" in pages(outcome)  # 30 min from the event that graded it red


def test_milestones_are_clocks_and_count() -> None:
    outcome = story(poisoned(reposts=5_000), until="2h")
    counted = clocks(outcome)
    assert {counted[f"major {name}"] for name in ("muster", "plan", "review", "full_chain")} == {"missed"}


def test_stood_down_cancels_the_milestones_and_needs_somebody_of_the_group_or_the_top() -> None:
    by_clerk = story(declared_on_ordinary(), by("5m", "crisis.stood_down", "li.na", reason="it is nothing"), until="1h")
    assert "30m commander milestone_missed plan" not in pages(by_clerk)
    assert any("milestone_missed plan" in page for page in pages(by_clerk))
    by_top = story(declared_on_ordinary(), by("5m", "crisis.stood_down", "chen.jing", reason="a rumour"), until="3h")
    assert not [page for page in pages(by_top) if "milestone" in page or "statement" in page or "called_b" in page]
    assert clocks(by_top)["crisis muster"] == "open"


def declared_on_ordinary() -> list[Any]:
    return [at("0", "received", level="ordinary"), declared("2m")]


def test_complaints_about_one_matter_join_one_crisis_and_keep_their_clocks() -> None:
    other = at("10m", "received", subject="C-2", summary="食物中毒", channel="store", store="SH-002", category="food")
    outcome = story(poisoned(), other, until="3h")
    assert outcome.incidents == 2
    assert _grades(outcome) == ["blue"]
    assert entries(outcome, "crisis.joined") == ["10m"]
    assert clocks(outcome)["major respond"] == "2xmissed"


def test_what_joined_grows_the_grade_money_adds_up_and_heat_is_the_highest() -> None:
    def more(n: int, after: str, **facts: Any) -> Any:
        told = {"summary": "也是酸奶", "channel": "store", "product": "yoghurt", "category": "food"}
        return at(after, "received", subject=f"C-{n}", **told, **facts)

    first = poisoned(product="yoghurt", amount_cny=60_000)
    assert _grades(story(first, more(2, "5m", amount_cny=30_000), until="20m")) == ["blue"]
    assert _grades(story(first, more(2, "5m", amount_cny=40_000), until="20m")) == ["blue", "yellow"]
    assert _grades(story(first, more(2, "5m", reposts=4_000), more(3, "6m", reposts=4_000), until="20m")) == ["blue"]


def test_another_store_another_category_or_a_day_later_is_another_matter() -> None:
    for facts, after in (
        ({"store": "SH-003", "category": "food"}, "5m"),
        ({"store": "SH-002", "category": "toys"}, "5m"),
        ({"store": "SH-002", "category": "food"}, "24h"),
        ({"category": "food"}, "5m"),
    ):
        told = {"summary": "食物中毒", "channel": "store"}
        assert _grades(story(poisoned(), at(after, "received", subject="C-2", **told, **facts), until="2d")) == [
            "blue",
            "blue",
        ]


def test_joined_by_hand_the_complaint_is_no_crisis_of_its_own_any_more() -> None:
    other = at("1m", "received", subject="C-2", summary="A rash", channel="store", level="ordinary")
    known = {"complaint": other.incident, "amount_cny": 100_000}
    join = by("5m", "crisis.joined", "zhang.wei", **known)
    grown = at("10m", "updated", subject="C-2", reposts=60_000)
    outcome = story(poisoned(), other, join, grown, until="1h")
    assert _grades(outcome) == ["blue", "yellow", "red"]
    assert entries(outcome, "joined") == ["5m"]
    assert entries(outcome, "group_called") == ["5m"]


def test_after_the_crisis_is_over_a_complaint_is_free_again() -> None:
    outcome = story(
        poisoned(reposts=5_000),
        by("10m", "crisis.stood_down", "chen.jing", reason="withdrawn from sale"),
        at("20m", "received", subject="C-2", summary="食物中毒", channel="store", store="SH-002", category="food"),
        until="1h",
    )
    assert _grades(outcome) == ["yellow", "blue"]


SAME = {"summary": "食物中毒", "channel": "store", "store": "SH-002", "category": "food"}


def test_a_complaint_that_joined_waits_for_no_group_of_its_own() -> None:
    joined = at("1m", "received", subject="C-2", level="crisis", **SAME)
    raised = at("2m", "received", subject="C-3", **SAME)
    grown = at("3m", "updated", subject="C-3", reposts=60_000)
    outcome = story(poisoned(level="crisis"), joined, raised, grown, all_in("4m"), until="3h")
    assert clocks(outcome)["crisis group"] == "met 2xopen"
    assert not [page for page in pages(outcome) if "missed group" in page or "warning group" in page]


def test_a_declaration_on_a_complaint_that_joined_calls_nobody_again() -> None:
    joined = at("1m", "received", subject="C-2", **SAME)
    again = at("5m", "crisis.declared", source="console", subject="C-2", by="liu.yang", of="crm/hotline", reason="x")
    outcome = story(poisoned(reposts=50_000), joined, again, until="10m")
    assert entries(outcome, "group_called") == ["0"]


def test_declared_without_a_reason() -> None:
    assert _grades(story(at("0", "received"), by("1m", "crisis.declared", "liu.yang"), until="2m")) == ["red"]
