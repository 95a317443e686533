"""SEMANTICS: Group (C3, C4): who is called when, who is in, what the quorum meets, what is missed."""

import pytest

from tests.scenarios.crisis_story import (
    A_AND_B,
    COMMANDER,
    LEGAL,
    QUALITY,
    QUORUM,
    all_in,
    by,
    poisoned,
    story,
)
from tests.scenarios.telling import at, clocks, entries, group_pages, pages, told

CALLED = poisoned(reposts=5_000)
SEATS = [
    "commander",
    *(f"quality.{n}" for n in (1, 2, 3)),
    *(f"legal.{n}" for n in (1, 2)),
    *(f"service.{n}" for n in (1, 2, 3, 4, 5)),
    "public_relations",
]
EVERYBODY = tuple(A_AND_B[seat][0] for seat in SEATS)


def test_the_a_of_every_seat_is_called_in_one_step() -> None:
    assert group_pages(story(CALLED, until="1m")) == [f"0 {seat} {A_AND_B[seat][0]} called" for seat in SEATS]


def test_operations_hear_nothing_while_there_is_somebody_to_call() -> None:
    outcome = story(CALLED, all_in("4m", EVERYBODY[1:]), until="12m")
    assert [line for line in told(outcome) if "operations" in line] == []


def test_a_silent_a_is_followed_by_the_b_the_other_team_and_the_top_of_the_chain() -> None:
    outcome = story(CALLED, all_in("1m", EVERYBODY[1:]), until="30m")
    calls = [page for page in group_pages(outcome) if "commander" in page and "milestone" not in page]
    a, b = A_AND_B["commander"]
    assert calls[:2] == [f"0 commander {a} called", f"5m commander {b} called_b"]
    assert [page.split()[0] + page.rsplit(" ", maxsplit=1)[1] for page in calls[2:4]] == ["10mcalled", "15mcalled_b"]
    assert calls[4:] == ["20m vice_president chen.jing seat_empty commander"]


def test_several_empty_seats_are_one_page_to_the_top() -> None:
    outcome = story(CALLED, until="21m")
    assert [page for page in group_pages(outcome) if "seat_empty" in page] == [
        f"20m vice_president chen.jing seat_empty {' '.join(SEATS)}"
    ]


def test_a_decline_calls_the_b_at_once() -> None:
    outcome = story(CALLED, by("2m", "crisis.declined", LEGAL), until="4m")
    assert f"2m legal.1 {A_AND_B['legal.1'][1]} called_b" in group_pages(outcome)


def test_who_confirms_is_not_called_again_and_gets_the_brief() -> None:
    outcome = story(CALLED, by("2m", "crisis.confirmed", LEGAL), until="20m")
    assert [page for page in group_pages(outcome) if " legal.1 " in page] == [f"0 legal.1 {LEGAL} called"]
    assert f"2m {LEGAL} brief" in told(outcome)


def test_a_late_a_takes_the_seat_and_the_b_hears_of_it() -> None:
    b = A_AND_B["legal.1"][1]
    outcome = story(CALLED, by("6m", "crisis.confirmed", LEGAL), by("7m", "crisis.confirmed", b), until="20m")
    assert f"6m {b} seat_taken" in told(outcome)
    assert entries(outcome, "seat_taken") == ["6m"]


def test_somebody_nobody_called_is_not_in() -> None:
    assert entries(story(CALLED, by("1m", "crisis.confirmed", "zhang.wei"), until="2m"), "seat_taken") == []


@pytest.mark.parametrize("missing", range(len(QUORUM)))
def test_the_quorum_meets_muster_and_one_role_less_does_not(missing: int) -> None:
    complete = story(CALLED, all_in("15m"), until="16m")
    assert clocks(complete)["major muster"] == "met"
    short = story(CALLED, all_in("5m", QUORUM[:missing] + QUORUM[missing + 1 :]), until="16m")
    assert clocks(short)["major muster"] == "missed"


def test_the_group_clock_of_level_crisis_is_met_by_the_quorum_too() -> None:
    outcome = story(poisoned(reposts=50_000), all_in("10m"), until="2h")
    assert clocks(outcome)["crisis group"] == "met"
    late = story(poisoned(reposts=50_000), all_in("30m"), until="2h")
    assert clocks(late)["crisis group"] == "met"
    assert clocks(late)["crisis muster"] == "missed"


def test_a_group_that_stands_already_meets_the_clock_a_higher_level_starts_for_it() -> None:
    outcome = story(CALLED, all_in("4m"), at("10m", "updated", reposts=50_000), until="2h")
    assert clocks(outcome)["crisis group"] == "met"
    assert not [page for page in group_pages(outcome) if page.endswith("milestone_missed group")]
    declared = by("10m", "crisis.declared", "liu.yang", reason="it is everywhere")
    assert clocks(story(CALLED, all_in("4m"), declared, until="2h"))["crisis group"] == "met"
    short = story(CALLED, all_in("4m", QUORUM[1:]), at("10m", "updated", reposts=50_000), until="2h")
    assert clocks(short)["crisis group"] == "missed"


def test_full_chain_is_met_when_every_seat_is_taken() -> None:
    assert clocks(story(CALLED, all_in("4m", EVERYBODY), until="2h"))["major full_chain"] == "met"
    assert clocks(story(CALLED, all_in("4m", EVERYBODY[:-1]), until="2h"))["major full_chain"] == "missed"


def test_plan_and_review_are_met_by_a_member_and_by_nobody_else() -> None:
    plan = by("20m", "milestone.met", COMMANDER, milestone="plan", text="withdraw the batch")
    review = by("60m", "milestone.met", QUALITY, milestone="review", text="nobody else fell ill")
    counted = clocks(story(CALLED, all_in("5m"), plan, review, until="2h"))
    assert (counted["major plan"], counted["major review"]) == ("met", "met")
    outsider = by("20m", "milestone.met", "zhang.wei", milestone="plan", text="x")
    assert clocks(story(CALLED, all_in("5m"), outsider, until="2h"))["major plan"] == "missed"


def test_saying_that_the_group_stands_does_not_make_it_stand() -> None:
    claims = [by("5m", "milestone.met", COMMANDER, milestone=name, text="x") for name in ("muster", "full_chain")]
    counted = clocks(story(CALLED, all_in("2m", (COMMANDER,)), *claims, until="2h"))
    assert (counted["major muster"], counted["major full_chain"]) == ("missed", "missed")


def test_each_missed_milestone_pages_the_commander_and_the_chain_above() -> None:
    outcome = story(CALLED, all_in("5m"), until="2h")
    assert [page for page in group_pages(outcome) if "milestone_missed" in page] == [
        f"30m commander {COMMANDER} milestone_missed plan",
        "30m vice_president chen.jing milestone_missed plan",
        f"1h commander {COMMANDER} milestone_missed review",
        "1h vice_president chen.jing milestone_missed review",
        f"1h commander {COMMANDER} milestone_missed full_chain",
        "1h vice_president chen.jing milestone_missed full_chain",
    ]


def test_the_commander_is_changed_in_flight() -> None:
    b = A_AND_B["commander"][1]
    outcome = story(
        CALLED,
        all_in("5m", EVERYBODY),
        by("10m", "crisis.seated", "chen.jing", seat="commander", who=b),
        by("12m", "crisis.confirmed", b),
        until="40m",
    )
    assert f"10m commander {b} called" in group_pages(outcome)
    assert f"10m {COMMANDER} seat_taken" in told(outcome)
    assert f"30m commander {b} milestone_missed plan" in group_pages(outcome)


def test_the_top_of_the_chain_takes_an_empty_seat() -> None:
    outcome = story(
        CALLED,
        all_in("4m", EVERYBODY[1:]),
        by("25m", "crisis.seated", "chen.jing", seat="commander", who="chen.jing"),
        until="2h",
    )
    assert clocks(outcome)["major full_chain"] == "met"


def test_a_front_line_clerk_seats_nobody() -> None:
    seated = by("10m", "crisis.seated", "li.na", seat="commander", who="li.na")
    outcome = story(CALLED, all_in("4m", EVERYBODY), seated, until="40m")
    assert f"30m commander {COMMANDER} milestone_missed plan" in group_pages(outcome)


def test_nobody_sits_in_two_seats_whoever_moves_leaves_the_old_one() -> None:
    moved = by("10m", "crisis.seated", COMMANDER, seat="quality.2", who=LEGAL)
    outcome = story(CALLED, all_in("4m", EVERYBODY), moved, by("11m", "crisis.confirmed", LEGAL), until="20m")
    assert f"10m legal.1 {A_AND_B['legal.1'][1]} called_b" in group_pages(outcome)
    assert f"10m quality.2 {LEGAL} called" in group_pages(outcome)


@pytest.mark.parametrize("who", [LEGAL, QUALITY])
def test_a_member_deposes_nobody_and_helps_themselves_to_no_seat(who: str) -> None:
    deposing = by("10m", "crisis.seated", who, seat="commander", who=A_AND_B["commander"][1])
    seizing = by("11m", "crisis.seated", who, seat="commander", who=who)
    outcome = story(CALLED, all_in("4m", EVERYBODY), deposing, seizing, until="40m")
    assert f"30m commander {COMMANDER} milestone_missed plan" in group_pages(outcome)


def test_a_member_gives_an_empty_seat_to_somebody_else() -> None:
    given = by("10m", "crisis.seated", LEGAL, seat="commander", who="wu.hao")
    outcome = story(CALLED, all_in("4m", EVERYBODY[1:]), given, by("11m", "crisis.confirmed", "wu.hao"), until="40m")
    assert "30m commander wu.hao milestone_missed plan" in group_pages(outcome)


def test_a_guest_leads_nobody() -> None:
    invited = [by("5m", "crisis.invited", COMMANDER, who="wu.hao"), by("6m", "crisis.confirmed", "wu.hao")]
    over = by("10m", "crisis.stood_down", "wu.hao", reason="I am tired")
    outcome = story(CALLED, all_in("4m", EVERYBODY), invited, over, until="40m")
    assert f"30m commander {COMMANDER} milestone_missed plan" in group_pages(outcome)


def test_who_was_replaced_does_not_come_back_by_confirming_again() -> None:
    b = A_AND_B["commander"][1]
    replaced = by("10m", "crisis.seated", "chen.jing", seat="commander", who=b)
    back = by("11m", "crisis.confirmed", COMMANDER)
    outcome = story(CALLED, all_in("4m", EVERYBODY), replaced, back, by("12m", "crisis.confirmed", b), until="40m")
    assert f"30m commander {b} milestone_missed plan" in group_pages(outcome)


def test_a_seat_is_not_emptied_for_somebody_who_cannot_be_called() -> None:
    gone = by("10m", "crisis.seated", "chen.jing", seat="commander", who="nobody.at.all")
    outcome = story(CALLED, all_in("4m", EVERYBODY), gone, until="40m")
    assert f"30m commander {COMMANDER} milestone_missed plan" in group_pages(outcome)


def test_anybody_of_the_directory_is_invited_and_comes_in_beyond_the_seats() -> None:
    outcome = story(
        CALLED,
        all_in("5m"),
        by("10m", "crisis.invited", COMMANDER, who="wu.hao"),
        by("11m", "crisis.confirmed", "wu.hao"),
        by("20m", "milestone.met", "wu.hao", milestone="plan", text="x"),
        until="40m",
    )
    assert "10m guest wu.hao invited" in group_pages(outcome)
    assert "11m wu.hao brief" in told(outcome)
    assert clocks(outcome)["major plan"] == "met"


def test_members_hear_that_the_grade_grew() -> None:
    outcome = story(CALLED, all_in("5m"), at("10m", "updated", reposts=50_000), until="12m")
    assert {line for line in told(outcome) if "regraded" in line} == {f"10m {person} regraded" for person in QUORUM}


def test_standing_down_tells_members_and_those_still_called() -> None:
    b = A_AND_B["legal.2"][1]
    outcome = story(
        CALLED, all_in("4m", (COMMANDER,)), by("6m", "crisis.stood_down", COMMANDER, reason="a rumour"), until="1h"
    )
    assert {f"6m {COMMANDER} stood_down", f"6m {b} stood_down"} <= set(told(outcome))
    assert not [page for page in group_pages(outcome) if not page.startswith(("0 ", "5m "))]


def test_a_crisis_that_goes_on_is_brought_up_every_day_until_it_is_stood_down() -> None:
    outcome = story(CALLED, all_in("5m", EVERYBODY), at("1h", "resolved", by="zhang.wei"), until="2d1h")
    assert [line for line in told(outcome) if "still_on" in line] == [
        f"1d {COMMANDER} still_on",
        f"2d {COMMANDER} still_on",
    ]


def test_an_acknowledgement_of_the_complaint_calls_nobody_back() -> None:
    outcome = story(CALLED, by("1m", "acknowledged", "zhang.wei"), until="6m")
    assert len([page for page in group_pages(outcome) if page.startswith("5m")]) == len(SEATS)


def test_the_commander_is_warned_of_a_milestone_before_there_is_one_the_holder() -> None:
    outcome = story(CALLED, until="50m")
    assert "12m front_line warning muster" in pages(outcome)
    commanded = story(CALLED, all_in("5m"), until="50m")
    assert {page for page in pages(commanded) if "warning" in page and "respond" not in page} == {
        "24m commander warning plan",
        "48m commander warning review",
        "48m commander warning full_chain",
    }
