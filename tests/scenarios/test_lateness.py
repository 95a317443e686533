"""SEMANTICS: Late arrival, outage; Early event; Time order. DESIGN: Time. Played through the use cases."""

from __future__ import annotations

import pytest

from shared.adapters import policy_yaml
from shared.domain.events import Event
from tests.scenarios.playing import EVERYTHING, TIMERS, Stage, stage
from tests.scenarios.telling import at, instant

MAJOR = at("0", "received", level="major")
ORDINARY = at("0", "received", level="ordinary")
TAKEN = (ORDINARY, at("1m", "acknowledged", by="zhang.wei", source="link"))
PROPOSED = (*TAKEN, at("2m", "proposed", by="zhang.wei", solution="A new kettle"))


def outage(played: Stage, begins: str, ends: str) -> Stage:
    """No timer fires between two times; the complaints still come in and messages still go out."""
    played.run(begins)
    played.down |= TIMERS
    played.run(ends)
    played.down -= TIMERS
    return played


# A complaint that arrives late


def test_75_minutes_late_rung_1_hears_of_it_and_of_the_others_only_the_rung_that_is_due_now() -> None:
    played = stage().arrives("1h15m", MAJOR).run("1h19m")
    assert played.pages() == [
        "1h15m front_line opened due 0",
        "1h15m supervisor repeat respond due 1h",
    ]
    assert sorted(played.kinds("stale")) == [
        "0 supervisor",
        "30m regional_manager respond",
        "40m headquarters respond",
        "50m vice_president respond",
    ]
    assert [line for line in played.received() if "sms" in line] == [
        "1h15m sms li.na opened",
        "1h15m sms zhang.wei repeat",
    ]


def test_after_a_late_arrival_the_ladder_goes_on_at_its_own_times() -> None:
    played = stage().arrives("1h15m", MAJOR).run("2h")
    assert played.pages()[2:] == [
        "1h20m regional_manager repeat respond",
        "1h40m headquarters repeat respond",
        "2h vice_president repeat respond",
    ]


def test_35_minutes_late_the_first_rung_of_the_ladder_is_due_now() -> None:
    played = stage().arrives("35m", MAJOR).run("40m")
    assert played.pages() == [
        "35m front_line opened due 0",
        "35m regional_manager missed respond due 30m",
        "40m headquarters unacknowledged respond",
    ]


def test_late_by_less_than_any_clock_it_opens_as_if_it_came_in_time() -> None:
    played = stage().arrives("10m", MAJOR).run("30m")
    assert played.pages() == [
        "10m front_line opened due 0",
        "10m supervisor opened due 0",
        "24m front_line warning respond",
        "30m regional_manager missed respond",
    ]


def test_at_the_very_end_of_a_window_the_next_rung_is_due_and_the_one_before_is_stale() -> None:
    played = stage().arrives("40m", MAJOR).run("40m")
    assert played.pages() == ["40m front_line opened due 0", "40m headquarters unacknowledged respond"]
    assert "30m regional_manager respond" in played.kinds("stale")


def test_a_warning_whose_time_is_past_at_arrival_is_not_given() -> None:
    played = stage().arrives("1h50m", ORDINARY).run("2h")
    assert played.pages() == ["1h50m front_line opened due 0", "2h supervisor missed respond"]


def test_a_week_old_complaint_opens_without_pages_and_operations_hear_of_it_every_day() -> None:
    played = stage().arrives("7d1s", MAJOR).run("10d")
    assert played.pages() == []
    assert played.received() == [
        "7d1s email he.ping too_old",
        "8d1s email he.ping too_old",
        "9d1s email he.ping too_old",
    ]
    assert played.incident().next_step_at == instant("10d1s")


def test_a_complaint_of_exactly_a_week_is_still_paged() -> None:
    assert stage().arrives("7d", MAJOR).run("7d").pages()[0] == "7d front_line opened due 0"


def test_who_takes_on_a_week_old_complaint_is_reminded_of_it_as_of_any_other() -> None:
    taken = at("7d1h", "acknowledged", by="zhang.wei", source="link")
    played = stage().arrives("7d30m", MAJOR).happens(taken).run("9d")
    assert played.pages()[:2] == ["7d7h supervisor unmoved", "7d7h10m regional_manager unmoved"]
    assert [line for line in played.received() if "email" in line] == ["7d30m email he.ping too_old"]


@pytest.mark.parametrize(
    "then",
    [
        (at("7d2h", "waiting", reason="away"), at("7d3h", "resumed")),
        (at("7d2h", "resolved", by="li.na"), at("7d3h", "reopened")),
    ],
    ids=["waiting and resumed", "resolved and reopened"],
)
@pytest.mark.parametrize("level", ["inquiry", "major"])
def test_a_week_old_complaint_that_is_open_again_is_not_silent(then: tuple[Event, ...], level: str) -> None:
    old = at("0", "received", level=level)
    played = stage().arrives("7d30m", old).happens(*then).run("7d3h")
    assert played.incident().is_open
    assert played.incident().next_step_at is not None


# An outage of the timers


def test_after_hours_without_timers_one_page_goes_out_and_the_ladder_has_not_shifted() -> None:
    played = outage(stage().happens(ORDINARY), "1m", "5h10m").run("8h")
    assert played.pages() == [
        "0 front_line opened",
        "5h10m regional_manager repeat respond propose due 5h",
        "6h headquarters repeat respond propose",
        "7h vice_president repeat respond propose",
        "8h supervisor repeat respond propose",
    ]
    assert played.kinds("stale") == [
        "1h36m respond",
        "1h36m propose",
        "2h supervisor respond",
        "2h30m regional_manager respond",
        "3h headquarters respond",
        "3h30m vice_president respond",
        "4h supervisor respond",
    ]


def test_an_outage_that_ends_between_warning_and_deadline_still_warns() -> None:
    played = outage(stage().happens(MAJOR), "1m", "26m").run("30m")
    assert played.pages()[2:] == [
        "26m front_line warning respond due 24m",
        "30m regional_manager missed respond",
    ]


def test_many_incidents_get_one_page_each_when_the_outage_is_over() -> None:
    played = stage()
    for number in range(20):
        played.happens(at(f"{number + 1}m", "received", subject=f"C-{number}", level="major"))
    outage(played, "22m", "3h5m").run("3h5m30s")
    for number in range(20):
        later = [page for page in played.pages(f"C-{number}") if page.startswith("3h")]
        assert len(later) == 1, later


def test_the_holder_of_an_incident_that_did_not_move_all_day_hears_of_it_once() -> None:
    played = outage(stage().happens(*PROPOSED), "3m", "18h10m").run("18h10m30s")
    assert played.pages()[1:] == ["18h10m supervisor unmoved due 18h2m"]
    played = outage(stage().happens(*PROPOSED), "3m", "13h").run("13h30s")
    assert played.pages()[1:] == ["13h regional_manager unmoved due 12h32m"]


def test_the_verdicts_after_an_outage_are_those_of_the_deadlines() -> None:
    played = outage(stage().happens(ORDINARY), "1m", "5h10m").run("5h11m")
    assert {clock.name: (clock.verdict, clock.ended) for clock in played.incident().course.clocks} == {
        "respond": ("missed", instant("2h")),
        "propose": ("missed", instant("2h")),
        "resolve": ("running", None),
    }


def test_an_acknowledgement_during_an_outage_leaves_nothing_to_page_after_it() -> None:
    taken = at("35m", "acknowledged", by="wang.fang", source="link")
    played = outage(stage().happens(MAJOR, taken), "1m", "3h").run("3h5m")
    # The miss at 30 min was entered by the event at 35 min, and its page called back in the same step's wake.
    assert played.received() == ["0 sms li.na opened", "0 sms zhang.wei opened"]
    assert {clock.name: clock.verdict for clock in played.incident().course.clocks}["respond"] == "missed"


def test_a_day_without_any_function_at_all_loses_nothing() -> None:
    played = stage().happens(MAJOR, at("3h", "resolved", by="wang.fang"))
    played.down |= EVERYTHING
    played.run("1d")
    played.down -= EVERYTHING
    played.run("1d1h")
    assert played.incident().course.phase == "awaiting_confirmation"
    assert {clock.name: clock.verdict for clock in played.incident().course.clocks} == {
        "respond": "missed",
        "step_in": "met",
        "resolve": "met",
        "follow_up": "running",
    }
    assert played.pages()[0] == "1d front_line opened due 0"
    assert not played.dead


# Events that come late


def test_a_late_acknowledgement_corrects_the_verdict_stops_the_ladder_and_pages_stay() -> None:
    late = at("20m", "acknowledged", by="wang.fang", source="link")
    played = stage().happens(MAJOR).arrives("45m", late).run("1h")
    assert played.pages()[-2:] == [
        "30m regional_manager missed respond",
        "40m headquarters unacknowledged respond",
    ]
    assert played.kinds("corrected") == ["45m respond missed met"]
    assert played.kinds("ladder_stopped") == ["45m acknowledged"]
    assert played.received()[-2:] == [
        "30m sms wang.fang missed",
        "40m sms liu.yang unacknowledged",
    ]


def test_an_event_that_is_late_by_less_than_anything_corrects_nothing() -> None:
    played = stage().happens(MAJOR).arrives("28m", at("22m", "acknowledged", by="li.na", source="link")).run("1h")
    assert played.kinds("corrected") == []
    assert not [page for page in played.pages() if "missed" in page]


def test_a_late_wait_gives_back_a_resolve_clock_that_had_run_out_and_it_can_be_missed_again() -> None:
    wait, resumed = at("23h", "waiting", reason="away"), at("2d", "resumed")
    played = stage().happens(*PROPOSED, resumed).arrives("1d10m", wait).run("2d1h")
    assert played.kinds("corrected") == ["1d10m resolve missed stopped"]
    assert played.pages()[-1] == "2d1h headquarters missed resolve"


def test_a_miss_after_a_correction_is_not_overlooked_where_an_event_comes_before_its_timer() -> None:
    wait, resumed = at("23h", "waiting", reason="away"), at("2d", "resumed")
    played = stage().happens(*PROPOSED, resumed).arrives("1d10m", wait).run("2d30m")
    outage(played, "2d31m", "2d1h5m").down |= TIMERS
    played.happens(at("2d1h10m", "updated", store="S-2")).run("2d1h11m")
    played.down -= TIMERS
    played.run("2d1h20m")
    assert [page for page in played.pages() if "missed" in page][-1].endswith("headquarters missed resolve due 2d1h")


def test_an_acknowledgement_from_before_the_re_opening_does_not_stop_its_ladder() -> None:
    solved = (*TAKEN, at("1h", "resolved", by="zhang.wei"), at("2h", "reopened"))
    stale = at("30m", "acknowledged", by="li.na", source="link")
    played = stage().happens(*solved).arrives("4h10m", stale).run("5h")
    assert not played.incident().course.acknowledged
    assert [page for page in played.pages() if page > "4h"] == [
        "4h regional_manager missed propose",
        "4h30m headquarters unacknowledged propose",
        "5h vice_president unacknowledged propose",
    ]


def test_a_resolve_that_arrives_days_late_ends_everything() -> None:
    late = at("1h", "resolved", by="li.na")
    played = stage().happens(ORDINARY).arrives("3d", late).run("3d1h")
    assert sorted(played.kinds("corrected")) == [
        "3d propose missed met",
        "3d resolve missed met",
        "3d respond missed met",
    ]
    assert played.incident().course.phase == "awaiting_confirmation"
    ladder = played.incident().ladder
    assert ladder is not None
    assert ladder.feeds == ("follow_up#1",)  # a day after the solution, two days ago


def test_a_late_event_that_undoes_the_start_of_a_missed_clock_ends_its_ladder() -> None:
    policy = policy_yaml.load("retail").model_copy(update={"close_requires": "none"})
    played = stage(policy).happens(*TAKEN, at("2h", "resolved", by="desk")).run("1d4h")
    assert played.incident().ladder is not None  # nobody asked the customer whether it is
    played.arrives("1d4h", at("1h", "closed")).run("1d5h")
    assert [taken.status for taken in played.taken][-1] == "accepted"
    assert played.incident().ladder is None


# Events that come before their complaint


def test_what_overtook_its_complaint_is_applied_with_it_in_the_order_of_time() -> None:
    early = (at("12m", "proposed", by="desk", solution="A new kettle"), at("10m", "acknowledged", by="desk"))
    played = stage().arrives("13m", *early).arrives("20m", ORDINARY).run("3h")
    assert [taken.status for taken in played.taken] == ["early", "early", "accepted"]
    assert {clock.name: clock.verdict for clock in played.incident().course.clocks} == {
        "respond": "met",
        "propose": "met",
        "resolve": "running",
    }
    kinds = [entry.kind for entry in played.entries() if entry.kind.startswith("complaint.")]
    assert kinds == ["complaint.received", "complaint.acknowledged", "complaint.proposed"]
    assert played.received() == []  # somebody had taken it over before the page could go
    assert played.pages() == []
    assert len(played.kinds("called_back")) == 1


def test_the_complaint_may_come_hours_after_its_own_acknowledgement_was_posted() -> None:
    played = stage().happens(at("10m", "acknowledged", by="desk")).arrives("20h", MAJOR).run("20h1m")
    assert {clock.name: clock.verdict for clock in played.incident().course.clocks} == {
        "respond": "met",
        "step_in": "missed",
        "resolve": "running",
    }


def test_an_early_event_without_its_complaint_is_in_quarantine_after_a_day_and_nothing_is_lost() -> None:
    early = [at(f"{n}m", "updated", store=f"S-{n}") for n in range(1, 6)]
    played = stage().happens(*early).run("1d1m")
    kept = played.world.quarantine.list()
    assert sorted(each.reason for each in kept) == ["no_complaint"] * 5
    assert {f"S-{n}" in "".join(each.body for each in kept) for n in range(1, 6)} == {True}
    assert played.world.incidents.early(str(early[0].incident)) is None


def test_early_events_wait_until_the_last_moment_of_the_day() -> None:
    played = stage().happens(at("1m", "acknowledged", by="desk")).run("1d59s")
    assert played.world.quarantine.list() == ()
    played.arrives("1d59s", at("1d59s", "received", level="ordinary")).run("1d5m")
    assert played.world.quarantine.list() == ()
    assert played.incident().course.acknowledged


def test_a_complaint_that_comes_after_its_early_events_expired_opens_as_new() -> None:
    played = stage().happens(at("1m", "acknowledged", by="desk")).arrives("1d2m", MAJOR).run("1d3m")
    assert [taken.status for taken in played.taken] == ["early", "accepted"]
    assert not played.incident().course.acknowledged
