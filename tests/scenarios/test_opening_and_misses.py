"""SEMANTICS: Opening, Clock, Warning, Miss. Told in `retail` unless a test says otherwise."""

from itertools import pairwise

import pytest

from tests.scenarios.telling import at, clocks, entries, pages, play, told, without_crises


def test_an_accepted_complaint_pages_rung_1_and_no_window_runs_before_a_clock_is_missed() -> None:
    assert pages(play(at("0", "received", level="ordinary"), until="1h30m")) == ["0 front_line opened"]


@pytest.mark.parametrize("level", ["major", "crisis"])
def test_major_and_crisis_page_rung_2_at_opening_too(level: str) -> None:
    story = play(at("0", "received", level=level), policy=without_crises(), until="10m")
    assert pages(story) == ["0 front_line opened", "0 supervisor opened"]


def test_the_holder_is_warned_once_a_clock_at_four_fifths_of_it() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="zhang.wei"),
        at("1h", "proposed", by="zhang.wei", solution="A new kettle"),
        at("5h", "updated", store="S-2"),
        at("10h", "updated", store="S-3"),
        at("15h", "updated", store="S-4"),
        until="23h",
    )
    assert [page for page in pages(story) if "warning" in page] == ["19h12m supervisor warning resolve"]


def test_the_ladder_climbs_from_the_lowest_rung_not_yet_paged_and_repeats_with_doubled_windows() -> None:
    story = play(at("0", "received", level="major"), until="2h20m")
    assert pages(story) == [
        "0 front_line opened",
        "0 supervisor opened",
        "24m front_line warning respond",
        "30m regional_manager missed respond",
        "40m headquarters unacknowledged respond",
        "50m vice_president unacknowledged respond",
        "1h supervisor repeat respond",
        "1h20m regional_manager repeat respond",
        "1h40m headquarters repeat respond",
        "2h vice_president repeat respond",
        "2h20m supervisor repeat respond",
    ]
    assert told(story) == ["1h operations ladder_ended", "2h20m operations ladder_ended"]


def test_windows_grow_to_a_day_and_no_further() -> None:
    story = play(at("0", "received", level="suggestion"), until="40d")
    times = [entry.at for entry, _ in story.timeline if entry.kind == "paged" and entry.data["reason"] == "repeat"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) == 24 * 3_600_000
    assert gaps == sorted(gaps)


def test_a_further_miss_is_named_in_the_next_page_and_starts_no_second_ladder() -> None:
    story = play(at("0", "received", level="ordinary"), until="3h")
    assert pages(story)[3:] == [
        "2h supervisor missed respond",
        "2h30m regional_manager unacknowledged respond propose",
        "3h headquarters unacknowledged respond propose",
    ]
    assert entries(story, "missed") == ["2h", "2h"]


def test_the_ladder_stops_when_every_missed_clock_has_had_its_event() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("2h40m", "proposed", by="the front line", solution="A new kettle"),
        until="10h",
    )
    assert pages(story)[-1] == "2h30m regional_manager unacknowledged respond propose"
    assert entries(story, "ladder_stopped") == ["2h40m"]


def test_the_ladder_goes_on_while_one_missed_clock_has_not_had_its_event() -> None:
    story = play(
        at("0", "received", level="major"),
        at("4h5m", "proposed", by="the front line", solution="A new kettle"),
        until="5h",
    )
    late = [page for page in pages(story) if page.startswith(("4h", "5h"))]
    assert late
    assert all(page.endswith("step_in") for page in late if page > "4h5m")


@pytest.mark.parametrize(
    ("when", "verdict"), [("2h", "met"), ("2h1s", "missed")], ids=["at the very instant", "a second later"]
)
def test_an_event_at_the_deadline_is_in_time_because_events_come_before_timers(when: str, verdict: str) -> None:
    story = play(at("0", "received", level="inquiry"), at(when, "acknowledged", by="li.na"), until="4h")
    assert clocks(story) == {"inquiry respond": verdict}
    assert any("missed" in page for page in pages(story)) == (verdict == "missed")


def test_at_the_end_of_a_run_a_clock_whose_deadline_has_not_come_is_open() -> None:
    assert clocks(play(at("0", "received", level="ordinary"), until="2h")) == {
        "ordinary respond": "missed",
        "ordinary propose": "missed",
        "ordinary resolve": "open",
    }


@pytest.mark.parametrize("channel", ["web", "app", "wechat", "weibo"])
def test_an_online_inquiry_is_answered_in_five_minutes(channel: str) -> None:
    story = play(at("0", "received", level="inquiry", channel=channel), until="10m")
    assert pages(story)[-1] == "5m supervisor missed respond"


def test_an_acknowledgement_by_rung_3_or_above_is_a_step_in_and_one_by_rung_2_is_not() -> None:
    for person, verdict in (("zhang.wei", "missed"), ("wang.fang", "met"), ("chen.jing", "met")):
        story = play(at("0", "received", level="major"), at("20m", "acknowledged", by=person), until="5h")
        assert clocks(story)["major step_in"] == verdict


def test_milestones_of_a_data_breach_go_to_its_commander_and_the_top_of_its_chain() -> None:
    story = play(
        at("0", "received", level="data_breach"),
        at("50m", "milestone.met", source="console", milestone="contain", by="wu.hao"),
        until="5h",
    )
    assert [page for page in pages(story) if "called" not in page and "seat_empty" not in page] == [
        "0 security_duty opened",
        "12m security_duty warning muster",
        "15m commander milestone_missed muster",
        "15m vice_president milestone_missed muster",
        "48m security_duty warning contain",
        "3h12m security_duty warning root_cause",
        "4h commander milestone_missed root_cause",
        "4h vice_president milestone_missed root_cause",
    ]
    assert clocks(story) == {
        "data_breach contain": "met",
        "data_breach muster": "missed",
        "data_breach root_cause": "missed",
        "data_breach repair_report": "open",
    }
