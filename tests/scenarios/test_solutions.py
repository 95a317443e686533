"""SEMANTICS: Waiting, Resolve, confirm, close, Re-open (A5, A6, A8)."""

import pytest

from shared.domain.events import Event
from tests.scenarios.telling import at, clocks, entries, pages, play, told

TAKEN = (at("0", "received", level="ordinary"), at("5m", "acknowledged", by="zhang.wei"))
PROPOSED = (*TAKEN, at("10m", "proposed", by="zhang.wei", solution="A new kettle"))
SOLVED = (*PROPOSED, at("1h", "resolved", by="zhang.wei"))


def test_waiting_stops_resolve_and_resumed_goes_on_with_what_was_left() -> None:
    story = play(
        *PROPOSED,
        at("2h", "waiting", reason="the customer is away"),
        at("12h", "resumed"),
        at("1d10h", "resolved", by="zhang.wei"),
        until="2d",
    )
    assert clocks(story)["ordinary resolve"] == "met"
    late = play(*PROPOSED, at("2h", "waiting", reason="away"), at("12h", "resumed"), until="1d10h")
    assert pages(late)[-1] == "1d10h regional_manager missed resolve"


def test_waiting_never_stops_the_first_response() -> None:
    story = play(at("0", "received", level="ordinary"), at("10m", "waiting", reason="away"), until="2h")
    assert clocks(story) == {
        "ordinary respond": "missed",
        "ordinary propose": "open",
        "ordinary resolve": "open",
    }
    assert pages(story)[-1] == "2h supervisor missed respond"


def test_waiting_stops_the_ladder_of_a_missed_proposal_and_resumed_starts_it_again() -> None:
    story = play(
        *TAKEN,
        at("2h10m", "waiting", reason="away"),
        at("5h", "resumed"),
        until="5h",
    )
    assert pages(story)[-2:] == ["2h regional_manager missed propose", "5h headquarters missed propose"]


def test_the_holder_is_told_every_day_while_the_customer_is_waited_for() -> None:
    story = play(*PROPOSED, at("1h", "waiting", reason="away"), until="2d2h")
    assert told(story) == ["1d1h zhang.wei waiting", "2d1h zhang.wei waiting"]
    assert pages(story) == ["0 front_line opened"]


def test_a_resolve_ends_the_waiting() -> None:
    story = play(*PROPOSED, at("1h", "waiting", reason="away"), at("3d", "resolved", by="zhang.wei"), until="3d1h")
    assert clocks(story)["ordinary resolve"] == "met"


def test_a_clock_that_is_stopped_at_the_end_is_open() -> None:
    assert clocks(play(*PROPOSED, at("1h", "waiting", reason="away"), until="30d"))["ordinary resolve"] == "open"


def test_a_resolve_stops_every_ladder_of_the_complaint() -> None:
    story = play(at("0", "received", level="ordinary"), at("2h20m", "resolved", by="li.na"), until="5h")
    assert pages(story)[-1] == "2h supervisor missed respond"
    assert clocks(story)["ordinary resolve"] == "met"
    assert clocks(story)["ordinary propose"] == "missed"


@pytest.mark.parametrize(
    "event",
    [
        at("2h", "followed_up", by="li.na"),
        at("2h", "rated", score=5),
        at("2h", "confirmed", by="li.na"),
    ],
    ids=["followed up", "rated", "confirmed"],
)
def test_the_follow_up_is_due_a_day_after_the_solution_and_met_by(event: Event) -> None:
    assert clocks(play(*SOLVED, event, until="3d"))["ordinary follow_up"] == "met"


def test_a_missed_follow_up_goes_above_the_holder_although_the_complaint_is_solved() -> None:
    story = play(*SOLVED, until="1d1h")
    assert pages(story)[-2:] == ["20h12m supervisor warning follow_up", "1d1h regional_manager missed follow_up"]


@pytest.mark.parametrize(
    ("closing", "closed"),
    [
        (at("2h", "confirmed", by="li.na"), True),
        (at("2h", "rated", score=4), True),
        (at("2h", "closed", by="zhang.wei", source="console"), True),
        (at("2h", "closed", by="li.na", source="console"), False),
        (at("2h", "closed"), False),
    ],
    ids=["confirmed", "rated 4", "by rung 2", "by rung 1", "by the intake system"],
)
def test_it_is_closed_by_the_customer_or_by_rung_2(closing: Event, *, closed: bool) -> None:
    story = play(*SOLVED, closing, at("3h", "followed_up", by="li.na"), until="3d")
    assert bool(told(story)) is not closed  # an unconfirmed solution is brought up every day
    assert entries(story, "close_kept") == ([] if closed else ["2h"])


def test_a_close_meets_the_first_response_and_silences_an_unsolved_complaint() -> None:
    story = play(at("0", "received", level="p1"), at("10m", "closed"), policy="it-service-desk", until="1d")
    assert pages(story) == ["0 service_desk opened"]
    assert clocks(story) == {"p1 respond": "met", "p1 resolve": "missed"}


@pytest.mark.parametrize("again", [at("2h", "reopened"), at("2h", "rated", score=3)], ids=["an event", "a 3"])
def test_reopened_means_a_full_resolve_clock_and_pages_to_rung_1_and_the_last_holder(again: Event) -> None:
    story = play(*SOLVED, again, until="1d2h")
    assert [page for page in pages(story) if "reopened" in page] == ["2h front_line reopened", "2h supervisor reopened"]
    assert clocks(story) == {
        "ordinary respond": "met",
        "ordinary propose": "met missed",
        "ordinary resolve": "met missed",
        "ordinary follow_up": "open" if again.type == "complaint.reopened" else "met",
    }


def test_the_last_holder_on_rung_1_is_paged_once_when_it_is_reopened() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("1h", "resolved", by="li.na"),
        at("2h", "reopened"),
        until="3h",
    )
    assert pages(story)[1:] == ["2h front_line reopened"]


@pytest.mark.parametrize(("score", "starts"), [(1, True), (2, True), (3, False)])
def test_a_red_rating_starts_the_root_cause_clock(score: int, *, starts: bool) -> None:
    story = play(*SOLVED, at("2h", "rated", score=score), until="2h30m")
    assert ("ordinary root_cause" in clocks(story)) is starts


def test_the_root_cause_clock_is_met_by_its_start_and_outlives_the_close() -> None:
    again = (*SOLVED, at("2h", "rated", score=1), at("3h", "resolved", by="li.na"), at("4h", "confirmed", by="li.na"))
    met = play(*again, at("20h", "root_cause_started", by="wang.fang"), until="3d")
    assert clocks(met)["ordinary root_cause"] == "met"
    missed = play(*again, until="2d2h")
    assert pages(missed)[-1].endswith("missed root_cause")


def test_a_reopening_of_an_open_complaint_changes_nothing() -> None:
    story = play(*PROPOSED, at("1h", "reopened"), until="2h")
    assert pages(story) == ["0 front_line opened"]
    assert clocks(story)["ordinary resolve"] == "open"


def test_a_reopened_inquiry_without_any_clock_is_not_forgotten() -> None:
    story = play(
        at("0", "received", level="inquiry"),
        at("5m", "resolved", by="li.na"),
        at("1h", "reopened"),
        until="1d2h",
    )
    assert pages(story)[-2:] == ["1d1h front_line unmoved", "1d1h30m supervisor unmoved"]
