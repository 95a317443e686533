"""The verdict of `make watch-demo`: what it says when somebody was told, and when one thing was not as it should be."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cli.local_stack.emulator import ROOT
from cli.watch_demo.outside import HEARTBEAT, DeadMansSwitch
from cli.watch_demo.report import show_verdict
from cli.watch_demo.story import GRACE_MINUTES, PERIOD_MINUTES, STORY, Pace
from cli.watch_demo.told import ALERT, SWITCH, TOPIC, Told, alarm_of, from_topic
from cli.watch_demo.verdict import Broken, Outcome, came_along, explained, findings, judge, still_on
from shared.domain.instants import SECOND

START = 1_800_000_000_000
HEALTHY, ALL_TOLD, IN_TIME, IN_WORDS, ENDED, NOTHING_ELSE, QUIET, NOTHING_LOST = range(8)
"""The checks, in the order in which they are shown."""
RUNBOOK = """
## Alarms

| alarm | means |
| --- | --- |
| `SweepSilent` | no sweep |
| `EventsWaiting` `EventsLate` | an event waits |
"""
SWEEP = Broken(
    "no sweep", "SweepSilent", TOPIC, 40 * SECOND, frozenset({"TimersSilent"}), START + 30_000, START + 55_000
)
EVENTS = Broken(
    "nothing is taken", "EventsWaiting", TOPIC, 35 * SECOND, frozenset({ALERT}), START + 56_000, START + 76_000
)


def told(alarm: str, after: int, state: str = "ALARM", by: str = TOPIC) -> Told:
    said = "Tocsin local: something. See the operations runbook."
    return Told(START + after, by, alarm, "ALARM" if state == "ALARM" else "OK", said)


RECORD = [
    told("SweepSilent", 54_000),
    told("SweepSilent", 60_000, "OK"),
    told("TimersSilent", 61_000),
    told("TimersSilent", 66_000, "OK"),
    told("EventsWaiting", 75_900),
    told(ALERT, 76_000),
    told("EventsWaiting", 81_000, "OK"),
]


def outcome(*record: Told, lost: tuple[str, ...] = ()) -> Outcome:
    return Outcome(START, [SWEEP, EVENTS], list(record or RECORD), list(lost))


def failed(of: Outcome, runbook: str = RUNBOOK) -> list[int]:
    checks = judge(of, runbook)
    assert len(checks) == 8
    return [number for number, check in enumerate(checks) if check.against]


def without(number: int) -> list[Told]:
    return [each for at, each in enumerate(RECORD) if at != number]


def test_all_is_well_where_each_break_was_told_and_ended() -> None:
    assert failed(outcome()) == []
    assert [each.after for each in findings(outcome())] == [24_000, 19_900]
    assert [each.ended_after for each in findings(outcome())] == [5_000, 5_000]
    assert came_along(outcome()) == ["TimersSilent"]


def test_a_break_that_nobody_was_told_of() -> None:
    assert failed(outcome(*without(0)[1:])) == [ALL_TOLD, ENDED]


def test_one_that_was_told_too_late() -> None:
    assert failed(outcome(told("SweepSilent", 70_001), told("SweepSilent", 71_000, "OK"), *RECORD[2:])) == [IN_TIME]


def test_one_that_never_ended_is_still_on() -> None:
    assert failed(outcome(*without(1))) == [ENDED, QUIET]
    assert still_on(outcome(*without(1))) == ["SweepSilent"]


def test_what_came_along_has_to_end_too() -> None:
    assert failed(outcome(*without(3))) == [QUIET]


@pytest.mark.parametrize("alarm", ["SweepSilent", "EventsWaiting", ALERT, "StepsLate"])
def test_nobody_may_be_told_anything_before_the_first_break(alarm: str) -> None:
    assert HEALTHY in failed(outcome(told(alarm, 29_999), told(alarm, 29_999, "OK"), *RECORD))


def test_what_was_told_before_somebody_listened_is_of_the_deployment() -> None:
    assert failed(outcome(told("TimersSilent", -1), told("TimersSilent", -1, "OK"), *RECORD)) == [NOTHING_ELSE]


def test_an_alarm_that_no_break_explains_is_false() -> None:
    along = [told("ErrandsWaiting", 60_000), told("ErrandsWaiting", 61_000, "OK")]
    assert failed(outcome(*RECORD, *along)) == [NOTHING_ELSE]


def test_an_alarm_of_a_break_that_is_still_to_come_is_false() -> None:
    early = [told("EventsWaiting", 55_500), told("EventsWaiting", 55_600, "OK")]
    assert failed(outcome(*early, *RECORD)) == [NOTHING_ELSE]


def test_the_word_of_an_earlier_time_does_not_count_for_a_break() -> None:
    [first, *_] = findings(outcome(told("SweepSilent", 29_000), told("SweepSilent", 31_000, "OK"), *RECORD))
    assert first.told == RECORD[0]


def test_the_way_counts_and_not_only_the_word() -> None:
    other = replace(RECORD[0], by=SWITCH)
    assert ALL_TOLD in failed(outcome(other, *RECORD[1:]))


def test_a_text_that_does_not_say_where_to_look() -> None:
    assert failed(outcome(replace(RECORD[0], text="Tocsin local: fails"), *RECORD[1:])) == [IN_WORDS]


def test_an_alarm_without_a_page_in_the_runbook() -> None:
    assert failed(outcome(), RUNBOOK.replace("`SweepSilent`", "no page")) == [IN_WORDS]


def test_a_complaint_that_got_lost() -> None:
    assert failed(outcome(lost=("inc-1",))) == [NOTHING_LOST]


def test_the_table_says_who_was_told_what_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_verdict(outcome(), judge(outcome(), RUNBOOK), Pace(speed=12))
    shown = capsys.readouterr().out
    [row] = [line for line in shown.splitlines() if line.startswith("nothing is taken")]
    assert row.split("  ")[-1].strip() == "5.0 s"
    assert all(word in row for word in ("operations topic", "EventsWaiting", "19.9 s", "4.0 min", "7 min"))


def test_a_verdict_against_is_shown_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    missed = outcome(*without(0)[1:])
    assert not show_verdict(missed, judge(missed, RUNBOOK), Pace())
    assert "never" in capsys.readouterr().out


# What reached somebody


def test_an_alarm_is_known_by_its_name_in_the_runbook() -> None:
    assert alarm_of("TocsinMonitoring-local-SweepSilent3FFDD4D7-755696A267D5F") == "SweepSilent"
    assert alarm_of("TocsinMonitoring-prod-QuarantinedInIntake0AB49D65-2JZK") == "QuarantinedInIntake"
    assert alarm_of("somebody else's") == "somebody else's"


def test_what_the_topic_says_of_an_alarm() -> None:
    alarm = {
        "AlarmName": "TocsinMonitoring-local-SweepSilent3FFDD4D7-755696A267D5F",
        "AlarmDescription": "no sweep",
        "NewStateValue": "OK",
    }
    assert from_topic({"Message": json.dumps(alarm)}, START) == Told(START, TOPIC, "SweepSilent", "OK", "no sweep")
    assert from_topic({"Message": json.dumps({**alarm, "NewStateValue": "INSUFFICIENT_DATA"})}, START) is None


@pytest.mark.parametrize("message", ["li.na was not reached", "12", '{"a": 1}', "[]"])
def test_what_the_topic_says_in_words(message: str) -> None:
    found = from_topic({"Subject": "Tocsin: li.na", "Message": message}, START)
    assert found == Told(START, TOPIC, ALERT, "ALARM", f"Tocsin: li.na {message}")


def switch() -> DeadMansSwitch:
    return DeadMansSwitch(period=5_000, grace=25_000)


def test_the_switch_waits_for_its_first_heartbeat() -> None:
    assert switch().look(START) is None
    assert not switch().heard


def test_the_switch_tells_once_when_it_hears_nothing_and_once_when_it_hears_again() -> None:
    outside = switch()
    assert outside.beat(START) is None
    assert outside.heard
    assert outside.look(START + 30_000) is None
    [told_of] = [each for each in map(outside.look, (START + 30_001, START + 60_000)) if each]
    assert (told_of.at, told_of.by, told_of.alarm, told_of.state) == (START + 30_001, SWITCH, HEARTBEAT, "ALARM")
    back = outside.beat(START + 61_000)
    assert back is not None
    assert back.state == "OK"
    assert outside.beat(START + 62_000) is None
    assert outside.look(START + 92_001) is not None


def test_each_heartbeat_gives_it_patience_anew() -> None:
    outside = switch()
    for beat in range(10):
        outside.beat(START + 29_000 * beat)
        assert outside.look(START + 29_000 * (beat + 1) - 1) is None


# The story against the product


def test_every_alarm_of_the_story_has_its_page() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {act.alarm for act in STORY} <= explained(runbook)


def test_whoever_is_outside_has_the_patience_that_operators_are_told_to_give_it() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"period {PERIOD_MINUTES} minute, grace {GRACE_MINUTES}\nminutes" in runbook
