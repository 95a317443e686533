"""Which level a complaint gets and what raises it: C1 and C2 in `retail`, explicit levels, routes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.adapters import policy_yaml
from shared.domain.classification import Known, chain_for, first_level, keywords_in, raised_level, together
from shared.domain.policy import Policy
from tests.unit.policy_text import SMALL, policy

RETAIL = policy_yaml.load("retail")
INJURIES, LOST = "injuries", "lost_valuables"


def level(**known: object) -> str:
    return first_level(RETAIL, replace(Known(), **known))  # type: ignore[arg-type]  # fields of Known by name


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("顾客在店内滑倒受伤", {INJURIES}),
        ("孩子被热水烫伤，现在还在流血", {INJURIES}),
        ("吃了蛋糕后食物中毒", {INJURIES}),
        ("使用面膜后过敏", {INJURIES}),
        ("老人昏迷，救护车已到", {INJURIES}),
        ("A child is bleeding", {INJURIES}),
        ("CUSTOMER INJURED at the escalator", {INJURIES}),
        ("ＢＬＥＥＤＩＮＧ after a fall", {INJURIES}),
        ("suspected food\n poisoning", {INJURIES}),
        ("burned by hot soup", {INJURIES}),
        ("the customer died", {INJURIES}),
        ("allergic to the cream", {INJURIES}),
        ("she is unconscious", {INJURIES}),
        ("钱包被盗", {LOST}),
        ("在试衣间丢失首饰", {LOST}),
        ("贵重物品丢失", {LOST}),
        ("My watch was stolen.", {LOST}),
        ("I lost my wallet in the store", {LOST}),
        ("手机被偷，追赶时受伤", {INJURIES, LOST}),
    ],
)
def test_c1_a_customer_hurt_or_a_valuable_lost_is_heard(text: str, lists: set[str]) -> None:
    assert keywords_in(RETAIL, text) == lists
    assert level(keywords=keywords_in(RETAIL, text)) == "major"


@pytest.mark.parametrize(
    "text",
    [
        "牛奶过期了",
        "电脑中毒了要求退货",
        "手表表带断了",
        "钱包的颜色和图片不一样",
        "快递送到医院门口没人接",
        "收银员态度让人受不了",
        "The toast was burnt",
        "I am not happy with the watch I bought",
        "The studied colour differs",
        "uninjured but angry",
        "Discount not applied at the till",
        "",
    ],
)
def test_c1_ordinary_texts_raise_no_alarm(text: str) -> None:
    assert keywords_in(RETAIL, text) == frozenset()


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ("bleeding", {"hurt"}),
        ("Bleeding!", {"hurt"}),
        ("(bleeding)", {"hurt"}),
        ("在流血bleeding了", {"hurt"}),  # a Chinese neighbour does not make it another word
        ("nosebleeding", set()),
        ("bleedings", set()),
        ("bleeding_edge", set()),
        ("他受伤了", {"hurt"}),
        ("受 伤", set()),
        (None, set()),
    ],
)
def test_english_counts_whole_and_chinese_anywhere(text: str | None, lists: set[str]) -> None:
    assert keywords_in(policy(SMALL), text) == lists


def test_keywords_are_looked_for_in_all_texts_but_not_across_them() -> None:
    small = policy(SMALL)
    assert keywords_in(small, "a complaint", None, "bleeding") == {"hurt"}
    assert keywords_in(small, "受", "伤") == frozenset()


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, "ordinary"),
        ({"scope": "store"}, "ordinary"),
        ({"amount_cny": 9_999.99}, "ordinary"),
        ({"amount_cny": 10_000}, "important"),
        ({"amount_cny": 99_999}, "important"),
        ({"amount_cny": 100_000}, "major"),
        ({"amount_cny": 999_999}, "major"),
        ({"amount_cny": 1_000_000}, "crisis"),
        ({"reposts": 499}, "ordinary"),
        ({"reposts": 500}, "important"),
        ({"reposts": 4_999}, "important"),
        ({"reposts": 5_000}, "major"),
        ({"reposts": 49_999}, "major"),
        ({"reposts": 50_000}, "crisis"),
        ({"scope": "region"}, "major"),
        ({"scope": "nation"}, "crisis"),
        ({"vip": True}, "ordinary"),  # the sources know no such rule
        ({"category": "suggestion"}, "suggestion"),
        ({"category": "建议"}, "suggestion"),
        ({"category": "inquiry"}, "inquiry"),
        ({"category": "咨询"}, "inquiry"),
        ({"category": "data_breach"}, "data_breach"),
        ({"category": "数据泄露"}, "data_breach"),
        ({"category": "退货"}, "ordinary"),
    ],
)
def test_c2_scope_money_and_heat_count_from_the_threshold_on(known: dict[str, object], expected: str) -> None:
    assert level(**known) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"scope": "region", "amount_cny": 10_000, "reposts": 50_000}, "crisis"),
        ({"scope": "store", "amount_cny": 100_000, "reposts": 500}, "major"),
        ({"category": "suggestion", "reposts": 500}, "important"),
        ({"category": "inquiry", "keywords": frozenset({INJURIES})}, "major"),
    ],
)
def test_c2_the_highest_wins(known: dict[str, object], expected: str) -> None:
    assert level(**known) == expected


def test_c2_three_tier_has_one_level_for_yellow_and_red() -> None:
    tiers = policy_yaml.load("three-tier")
    known = [Known(scope="region"), Known(scope="nation"), Known(amount_cny=100_000), Known(reposts=5_000)]
    assert {first_level(tiers, one) for one in known} == {"urgent"}
    assert first_level(tiers, Known(keywords=keywords_in(tiers, "顾客受伤"))) == "urgent"
    assert first_level(tiers, Known(amount_cny=99_999)) == "important"


@pytest.mark.parametrize("figures", [{}, {"reposts": 50_000}, {"scope": "nation", "keywords": frozenset({INJURIES})}])
def test_a_stated_level_wins_at_opening(figures: dict[str, object]) -> None:
    assert level(stated="suggestion", **figures) == "suggestion"


def raised(before: Known, after: Known, of: Policy = RETAIL) -> str | None:
    return raised_level(of, before, together(before, after))


def test_c2_growing_figures_ask_for_the_level_they_reach() -> None:
    assert raised(Known(reposts=400), Known(reposts=5_000)) == "major"
    assert raised(Known(reposts=400), Known(reposts=450)) is None
    assert raised(Known(reposts=600), Known(reposts=4_000)) is None  # nothing new holds


def test_c2_figures_never_shrink() -> None:
    known = together(Known(reposts=5_000, scope="region", amount_cny=10), Known(reposts=3, scope="store", amount_cny=2))
    assert (known.reposts, known.scope, known.amount_cny) == (5_000, "region", 10)
    assert raised(Known(reposts=5_000), Known(reposts=3)) is None


def test_c1_a_keyword_in_an_update_asks_for_its_level() -> None:
    assert raised(Known(), Known(keywords=frozenset({INJURIES}))) == "major"
    assert raised(Known(keywords=frozenset({INJURIES})), Known(keywords=frozenset({INJURIES}))) is None


def test_what_a_person_lowered_is_not_raised_by_the_same_facts_again() -> None:
    known = Known(reposts=5_000, keywords=frozenset({LOST}))
    assert raised(known, Known(store="SH-002")) is None
    assert raised(known, Known(amount_cny=100_000)) == "major"


def test_a_level_stated_in_an_update_is_asked_for_once() -> None:
    assert raised(Known(), Known(stated="crisis")) == "crisis"
    assert raised(Known(stated="crisis"), Known(stated="crisis")) is None


def test_a7_no_figure_and_no_keyword_asks_for_more_than_a_data_breach_or_makes_one() -> None:
    worst = Known(scope="nation", amount_cny=1e9, reposts=10**9, vip=True, keywords=frozenset({INJURIES, LOST}))
    asked = raised(Known(), worst)
    assert asked == "crisis"
    assert RETAIL.severity["data_breach"] > RETAIL.severity[asked]


def routed(*routes: tuple[dict[str, str], str]) -> Policy:
    def change(data: dict[str, object]) -> None:
        data["routing"] = [{"when": when, "chain": chain} for when, chain in routes]

    return policy(SMALL, change)


def test_b4_the_route_that_names_most_wins_wherever_it_stands() -> None:
    rules = routed(
        ({"region": "north"}, "region"),
        ({"region": "north", "store": "n1", "department": "fresh"}, "all"),
        ({"region": "north", "store": "n1"}, "store"),
    )
    assert chain_for(rules, Known(region="north"), "low") == "region"
    assert chain_for(rules, Known(region="north", store="n1"), "low") == "store"
    assert chain_for(rules, Known(region="north", store="n1", department="fresh"), "low") == "all"


def test_b4_among_equals_the_first_wins() -> None:
    rules = routed(({"store": "n1"}, "store"), ({"region": "north"}, "region"))
    assert chain_for(rules, Known(region="north", store="n1"), "low") == "store"


def test_b4_without_a_match_the_default_chain_and_never_nowhere() -> None:
    rules = routed(({"store": "n1", "level": "high"}, "store"))
    assert chain_for(rules, Known(store="n1"), "low") == "default"
    assert chain_for(rules, Known(), "high") == "default"
    assert chain_for(rules, Known(store="n1"), "high") == "store"
