"""SEMANTICS: Level raised and lowered (A1, C1, C2)."""

from typing import Any

import pytest

from tests.scenarios.telling import at, clocks, pages, play, without_crises


def test_growing_figures_raise_the_level_and_rung_2_is_paged() -> None:
    story = play(at("0", "received"), at("10m", "updated", amount_cny=150_000), policy=without_crises(), until="40m")
    assert pages(story) == [
        "0 front_line opened",
        "10m supervisor raised",
        "34m front_line warning respond",
        "40m regional_manager missed respond",
    ]


@pytest.mark.parametrize(
    ("fact", "level"),
    [
        ({"amount_cny": 9_999.99}, "ordinary"),
        ({"amount_cny": 10_000}, "important"),
        ({"amount_cny": 100_000}, "major"),
        ({"amount_cny": 1_000_000}, "crisis"),
        ({"reposts": 500}, "important"),
        ({"reposts": 5_000}, "major"),
        ({"reposts": 50_000}, "crisis"),
        ({"scope": "store"}, "ordinary"),
        ({"scope": "region"}, "major"),
        ({"scope": "nation"}, "crisis"),
        ({"details": "顾客在店内摔伤流血"}, "major"),
        ({"details": "The customer was INJURED by the door"}, "major"),
        ({"details": "钱包被盗"}, "major"),
    ],
)
def test_thresholds_are_reached_at_the_number_at_opening_and_in_an_update(fact: dict[str, Any], level: str) -> None:
    for events in ([at("0", "received", **fact)], [at("0", "received"), at("1m", "updated", **fact)]):
        assert {key.split()[0] for key in clocks(play(*events, until="2m"))} == {level}


def test_a_running_clock_takes_the_earlier_of_its_old_deadline_and_the_new_duration_from_the_raise() -> None:
    late = play(
        at("0", "received", level="ordinary"), at("1h50m", "reclassified", by="li.na", level="major", reason="x")
    )
    assert "2h regional_manager missed respond" in pages(late)  # the old deadline was earlier
    early = play(at("0", "received", level="ordinary"), at("5m", "reclassified", by="li.na", level="major", reason="x"))
    assert "35m regional_manager missed respond" in pages(early)


def test_finished_clocks_keep_their_level_and_new_ones_start_at_the_raise() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("10m", "acknowledged", by="zhang.wei"),
        at("1h", "updated", reposts=6_000),
        policy=without_crises(),
        until="8h",
    )
    assert clocks(story) == {
        "ordinary respond": "met",
        "major propose": "missed",
        "major resolve": "open",
        "major step_in": "missed",
    }


def test_figures_never_lower_a_level_and_the_same_figures_do_not_raise_it_again() -> None:
    story = play(
        at("0", "received", amount_cny=150_000),
        at("10m", "updated", amount_cny=10),
        at("20m", "reclassified", by="wang.fang", level="ordinary", reason="a typing mistake"),
        at("30m", "updated", amount_cny=150_000, reposts=3),
        policy=without_crises(),
        until="1h",
    )
    assert {key.split()[0] for key in clocks(story)} == {"ordinary"}
    assert not any("raised" in page for page in pages(story))


def test_a_person_lowers_the_level_and_the_clocks_get_its_longer_durations() -> None:
    story = play(
        at("0", "received", level="major"),
        at("20m", "reclassified", by="zhang.wei", level="ordinary", reason="a scratch"),
        until="2h",
    )
    assert pages(story)[-1] == "2h regional_manager missed respond"
    assert clocks(story)["ordinary step_in"] == "open"


def test_an_explicit_level_stands_at_opening_whatever_the_figures_say() -> None:
    story = play(at("0", "received", level="suggestion", amount_cny=2_000_000), until="1m")
    assert set(clocks(story)) == {"suggestion respond"}


def test_a_second_complaint_for_the_same_subject_is_an_update() -> None:
    story = play(at("0", "received"), at("10m", "received", amount_cny=20_000), until="20m")
    assert story.incidents == 1
    assert {key.split()[0] for key in clocks(story)} == {"important"}


def test_the_same_subject_from_two_sources_is_two_incidents() -> None:
    story = play(at("0", "received", source="crm/a"), at("0", "received", source="crm/b"), until="1m")
    assert story.incidents == 2
