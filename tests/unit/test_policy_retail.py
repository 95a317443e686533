"""The default policy says what the rulebooks say: every number of A1 to A9, B1 to B4 and B6, by rule."""

from __future__ import annotations

from typing import get_args

import pytest

from shared.adapters import policy_yaml
from shared.domain.classification import Known, chain_for
from shared.domain.course import fold, opened
from shared.domain.crisis_policy import Grade
from shared.domain.event_data import Channel
from shared.domain.instants import DAY, HOUR, MINUTE
from shared.domain.policy import Policy
from shared.domain.record import Record

RUNGS = ["front_line", "supervisor", "regional_manager", "headquarters", "vice_president"]


@pytest.fixture(scope="module")
def retail() -> Policy:
    return policy_yaml.load("retail")


def clocks(policy: Policy, level: str, channel: str | None = "hotline") -> dict[str, int]:
    return dict(policy.levels[level].durations(channel))


def test_a1_the_four_colours_are_levels_in_rising_order(retail: Policy) -> None:
    colours = [level for level in retail.levels if level in ("inquiry", "ordinary", "major", "crisis")]
    assert colours == ["inquiry", "ordinary", "major", "crisis"]


@pytest.mark.parametrize(
    ("level", "clock", "length"),
    [
        ("inquiry", "respond", 2 * HOUR),
        ("ordinary", "resolve", 24 * HOUR),
        ("major", "step_in", 4 * HOUR),
        ("crisis", "group", 30 * MINUTE),
    ],
)
def test_a1_each_colour_has_its_clock(retail: Policy, level: str, clock: str, length: int) -> None:
    assert clocks(retail, level)[clock] == length


def test_a2_a_first_response_by_level(retail: Policy) -> None:
    assert {level: clocks(retail, level).get("respond") for level in retail.levels} == {
        "suggestion": 48 * HOUR,
        "inquiry": 2 * HOUR,
        "ordinary": 2 * HOUR,
        "important": 2 * HOUR,
        "major": 30 * MINUTE,
        "crisis": 30 * MINUTE,
        "data_breach": None,  # A7 has milestones instead
    }


def test_a2_the_literal_reading_is_a_policy_of_its_own() -> None:
    literal = policy_yaml.load("three-tier")
    assert {level: clocks(literal, level) for level in literal.levels} == {
        "suggestion": {"respond": 48 * HOUR},
        "ordinary": {"respond": 24 * HOUR, "resolve": 24 * HOUR},
        "important": {"respond": 2 * HOUR, "resolve": 24 * HOUR},
        "urgent": {"respond": 30 * MINUTE, "resolve": 24 * HOUR},
    }


def test_a3_the_supervisor_hears_of_a_major_complaint_at_opening(retail: Policy) -> None:
    assert {level: rules.page_at_opening for level, rules in retail.levels.items()} == {
        "suggestion": (1,),
        "inquiry": (1,),
        "ordinary": (1,),
        "important": (1,),
        "major": (1, 2),
        "crisis": (1, 2),
        "data_breach": (1,),
    }


def test_a3_a_solution_is_proposed_in_2_hours_and_found_in_24(retail: Policy) -> None:
    proposed = {
        level: clocks(retail, level)["propose"] for level in retail.levels if "propose" in clocks(retail, level)
    }
    resolved = {
        level: clocks(retail, level)["resolve"] for level in retail.levels if "resolve" in clocks(retail, level)
    }
    assert proposed == {"ordinary": 2 * HOUR, "important": 2 * HOUR}
    assert resolved == {"ordinary": 24 * HOUR, "important": 24 * HOUR, "major": 24 * HOUR}


@pytest.mark.parametrize("channel", get_args(Channel))
def test_a4_an_inquiry_is_answered_at_once_online_and_in_2_hours_elsewhere(retail: Policy, channel: str) -> None:
    online = channel in ("web", "app", "wechat", "weibo")
    assert clocks(retail, "inquiry", channel) == {"respond": 5 * MINUTE if online else 2 * HOUR}


def test_a5_the_customer_is_called_within_24_hours_and_has_the_last_word(retail: Policy) -> None:
    assert retail.aftercare.follow_up == 24 * HOUR
    assert retail.rating.reopen_at_most == 3
    assert retail.rating.confirm_at_least == 4
    assert retail.close_requires == "confirmation"


def test_a6_a_red_rating_starts_root_cause_analysis_within_48_hours(retail: Policy) -> None:
    assert retail.aftercare.root_cause == 48 * HOUR
    assert retail.rating.root_cause_at_most == 2


def test_a7_a_data_breach_has_milestones_security_duty_and_a_chain_of_its_own(retail: Policy) -> None:
    milestones = dict(retail.crises["data_breach"].milestones)
    assert milestones.pop("muster") == 15 * MINUTE  # C4
    assert milestones == {"contain": HOUR, "root_cause": 4 * HOUR, "repair_report": 24 * HOUR}
    assert retail.levels["data_breach"].urgent
    assert chain_for(retail, Known(), "data_breach") == "data_breach"
    assert retail.chains["data_breach"][0].rung == "security_duty"


@pytest.mark.parametrize("known", [Known(region="华东"), Known(store="SH-001"), Known(region="华东", store="SH-001")])
def test_a7_no_region_takes_a_data_breach_away_from_security(retail: Policy, known: Known) -> None:
    assert chain_for(retail, known, "data_breach") == "data_breach"
    assert chain_for(retail, known, "ordinary") == "east_china"


def test_a8_waiting_for_the_customer_stops_the_solution_but_not_the_first_response(retail: Policy) -> None:
    course = opened(Record(time=0, id="1", type="complaint.received", known=Known()), retail)
    course = fold(course, Record(time=HOUR, id="2", type="complaint.waiting"), retail)
    assert {clock.name: clock.verdict for clock in course.clocks} == {
        "respond": "running",
        "propose": "stopped",
        "resolve": "stopped",
    }


def test_a9_urgent_levels_run_day_and_night_whatever_calendar_a_policy_gives(retail: Policy) -> None:
    assert [level for level, rules in retail.levels.items() if rules.urgent] == ["major", "crisis", "data_breach"]
    assert all(retail.calendar_of(level) is None for level in retail.levels)


@pytest.mark.parametrize("policy", ["retail", "three-tier"])
def test_b1_the_chain_goes_up_to_the_vice_president(policy: str) -> None:
    assert [rung.rung for rung in policy_yaml.load(policy).chains["default"]] == RUNGS


def test_b2_a_rung_has_10_minutes_for_the_gravest_and_30_for_the_rest(retail: Policy) -> None:
    windows = {level: rules.window for level, rules in retail.levels.items()}
    assert windows.pop("major") == 10 * MINUTE
    assert windows.pop("crisis") == 10 * MINUTE
    assert set(windows.values()) == {30 * MINUTE}
    assert all(rung.window is None for chain in retail.chains.values() for rung in chain)


def test_b2_the_ladder_begins_again_at_rung_2_with_windows_doubled_up_to_a_day(retail: Policy) -> None:
    assert (retail.repeat.from_rung, retail.repeat.factor, retail.repeat.longest_window) == (2, 2, DAY)


@pytest.mark.parametrize("chain", ["default", "east_china", "data_breach"])
def test_b3_authority_never_shrinks_on_the_way_up(retail: Policy, chain: str) -> None:
    limits = [rung.authority.compensation_cny for rung in retail.chains[chain]]
    assert limits == sorted(limits)
    assert limits[-1] > limits[0]
    assert all(rung.authority.actions for rung in retail.chains[chain])


def test_b3_the_default_chain_pays_up_to(retail: Policy) -> None:
    assert [rung.authority.compensation_cny for rung in retail.chains["default"]] == [
        200,
        1000,
        10_000,
        100_000,
        1_000_000,
    ]


@pytest.mark.parametrize(
    ("known", "chain"),
    [
        (Known(), "default"),
        (Known(region="华南"), "default"),
        (Known(region="华东"), "east_china"),
        (Known(store="SH-001"), "east_china"),
        (Known(department="信息安全部"), "data_breach"),
        (Known(department="信息安全部", region="华东"), "data_breach"),
    ],
)
def test_b4_the_owner_is_found_by_department_store_and_region(retail: Policy, known: Known, chain: str) -> None:
    assert chain_for(retail, known, "ordinary") == chain


def test_b6_the_rungs_stand_in_three_tiers(retail: Policy) -> None:
    assert [rung.tier for rung in retail.chains["default"]] == [1, 1, 2, 2, 3]


def test_every_level_and_rung_has_a_name_in_both_languages(retail: Policy) -> None:
    names = [rules.name for rules in retail.levels.values()]
    titles = [rung.title for chain in retail.chains.values() for rung in chain]
    assert all(set(name) == {"zh-CN", "en"} for name in (*names, *titles))


def test_b5_two_whole_teams_take_turns_by_the_week_with_an_a_and_a_b_for_every_seat(retail: Policy) -> None:
    roster = retail.roster
    assert roster is not None
    assert (roster.zone, roster.handover.day, f"{roster.handover.at:%H:%M}") == ("Asia/Shanghai", "mon", "09:00")
    assert set(roster.rotation) == set(roster.teams) == {"team_east", "team_west"}
    seats = [pair for team in roster.teams.values() for pairs in team.seats.values() for pair in pairs]
    people = [person for pair in seats for person in (pair.a, pair.b)]
    assert len(set(people)) == len(people) == 56
    assert all(retail.people[person].qualified_until for person in people)
    on_chains = {person for chain in retail.chains.values() for rung in chain for person in rung.people}
    assert on_chains.isdisjoint(people)


def test_c1_a_customer_hurt_a_valuable_lost_and_the_level_are_matters_for_grading(retail: Policy) -> None:
    public = retail.crises["public"]
    assert (public.keywords, public.levels, public.figures) == (("injuries", "lost_valuables"), ("crisis",), True)


@pytest.mark.parametrize(
    ("grade", "scope", "amount", "reposts", "does"),
    [
        ("blue", "store", 10_000, 500, ()),
        ("yellow", "region", 100_000, 5_000, ("group",)),
        ("red", "nation", 1_000_000, 50_000, ("group", "statements")),
    ],
)
def test_c2_each_grade_has_its_figures_and_its_strategy(
    retail: Policy, grade: Grade, scope: str, amount: int, reposts: int, does: tuple[str, ...]
) -> None:
    rules = retail.crises["public"].grades[grade]
    assert (rules.scope, rules.amount_cny_from, rules.reposts_from) == ((scope,), amount, reposts)
    assert tuple(what for what in ("group", "statements") if getattr(rules, what)) == does


def test_c3_the_group_has_12_seats_and_a_quorum_of_one_of_every_role(retail: Policy) -> None:
    public, roster = retail.crises["public"], retail.roster
    assert roster is not None
    assert {role: roster.roles[role].seats for role in public.roles} == {
        "commander": 1,
        "quality": 3,
        "legal": 2,
        "service": 5,
        "public_relations": 1,
    }
    assert set(public.roles.values()) == {1}
    assert public.seat_window == 5 * MINUTE
    assert public.milestones["full_chain"] == HOUR


def test_c4_it_is_assembled_in_15_minutes_has_a_plan_in_30_and_a_review_in_an_hour(retail: Policy) -> None:
    milestones = retail.crises["public"].milestones
    assert [milestones[name] for name in ("muster", "plan", "review")] == [15 * MINUTE, 30 * MINUTE, HOUR]


def test_c5_three_statements_and_no_text_that_nobody_approved(retail: Policy) -> None:
    statements = retail.crises["public"].statements
    assert statements is not None
    assert [(name, rung.due) for name, rung in statements.rungs.items()] == [
        ("first", 30 * MINUTE),
        ("progress", 6 * HOUR),
        ("full", 48 * HOUR),
    ]
    assert (statements.drafts, set(statements.approvals)) == ("public_relations", {"legal", "commander"})
    ladders = [kind.statements for kind in retail.crises.values() if kind.statements]
    assert all(rung.holding is None for ladder in ladders for rung in ladder.rungs.values())


def test_c7_more_people_hear_of_a_graver_crisis(retail: Policy) -> None:
    told = [set(rules.told) for rules in retail.crises["public"].grades.values()]
    assert told[0] < told[1] < told[2]


def test_a7_a_data_breach_is_a_crisis_by_its_level_alone_and_calls_security(retail: Policy) -> None:
    breach = retail.crises["data_breach"]
    assert (breach.keywords, breach.levels, breach.figures) == ((), ("data_breach",), False)
    assert set(breach.grades) == {"yellow", "red"}
    assert all(rules.group for rules in breach.grades.values())
    assert [grade for grade, rules in breach.grades.items() if rules.statements] == ["red"]
    assert set(breach.roles) == {"commander", "security", "legal", "public_relations"}


def test_every_role_team_statement_and_crisis_has_a_name_in_both_languages(retail: Policy) -> None:
    roster = retail.roster
    assert roster is not None
    names = [role.name for role in roster.roles.values()]
    names += [team.name for team in roster.teams.values()]
    names += [kind.name for kind in retail.crises.values()]
    titles = [
        rung.title for kind in retail.crises.values() if kind.statements for rung in kind.statements.rungs.values()
    ]
    assert all(set(name) == {"zh-CN", "en"} for name in (*names, *titles))
