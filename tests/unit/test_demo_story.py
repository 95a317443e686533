"""What the demo plays: a slice of the real stream, at the demo's speed."""

from __future__ import annotations

from typing import Any

import pytest

from cli.demo.story import ANSWERED, SPEED, UNANSWERED, from_now, read_slice
from cli.rebase import rebased
from shared.domain.instants import SECOND, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")


def test_the_slice_is_six_incidents_of_the_stream_and_both_of_the_story_are_of_the_gravest_level() -> None:
    story = read_slice()
    assert story.whole == (2325, 522)
    assert [event["type"] for event in story.events] == ["complaint.received"] * 6
    levels = {event["subject"]: event["data"]["level"] for event in story.events}
    assert len(levels) == 6
    assert (levels[ANSWERED], levels[UNANSWERED]) == ("p1", "p1")


def test_seven_minutes_of_2016_are_seconds_from_now() -> None:
    story = read_slice()
    at = [parse_instant(event["time"]) - START for event in from_now(story, START)]
    assert [ms / SECOND for ms in at] == [0, 1, 2, 3, 5, 5]
    assert SPEED == 60
    assert story.events[0]["time"].startswith("2016-03-01")


def event(number: str, time: str) -> dict[str, Any]:
    return {"id": number, "time": time, "subject": "C-1"}


@pytest.mark.parametrize(
    ("speed", "seconds"), [(1, [0, 90, 90, 600]), (60, [0, 1.5, 1.5, 10]), (0.5, [0, 180, 180, 1200])]
)
def test_a_stream_is_put_in_order_moved_and_scaled_and_nothing_else_of_it_changes(
    speed: float, seconds: list[float]
) -> None:
    stream = [
        event("d", "2016-02-29T12:10:00Z"),
        event("c", "2016-02-29T13:01:30+01:00"),  # the same instant as `b`, in another zone
        event("b", "2016-02-29T12:01:30Z"),
        event("a", "2016-02-29T12:00:00Z"),
    ]
    played = rebased(stream, START, speed)
    assert [one["id"] for one in played] == ["a", "b", "c", "d"]
    assert [(parse_instant(one["time"]) - START) / SECOND for one in played] == seconds
    assert {one["subject"] for one in played} == {"C-1"}
    assert stream[0] == event("d", "2016-02-29T12:10:00Z")


def test_a_stream_of_nothing_stays_one() -> None:
    assert rebased([], START) == []
