"""Business hours (A9): clocks run while the house is open, across weekends, holidays and daylight saving."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import BusinessHours, add_time, time_between
from shared.domain.instants import DAY, HOUR, MINUTE, parse_instant
from tests.unit.policy_text import FULL, policy

NINE_TO_SIX = ((time(9), time(18)),)
SHANGHAI = BusinessHours("Asia/Shanghai", (NINE_TO_SIX,) * 5 + ((), ()), frozenset({date(2026, 10, 1)}))
BERLIN = BusinessHours("Europe/Berlin", (((time(0), time(0)),),) * 7)  # every day, the whole day
NIGHT = BusinessHours("Europe/Berlin", (((time(1), time(4)),),) * 7)


def shanghai(text: str) -> int:
    return parse_instant(f"{text}:00+08:00")


def berlin(text: str, offset: str) -> int:
    return parse_instant(f"{text}:00+{offset}:00")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02T10:00", 2, "2026-03-02T12:00"),  # a Monday
        ("2026-03-02T10:00", 8, "2026-03-02T18:00"),  # up to closing time and no further
        ("2026-03-02T17:00", 2, "2026-03-03T10:00"),  # over night
        ("2026-03-02T06:00", 1, "2026-03-02T10:00"),  # before opening
        ("2026-03-02T20:00", 1, "2026-03-03T10:00"),  # after closing
        ("2026-03-06T17:00", 2, "2026-03-09T10:00"),  # Friday to Monday
        ("2026-03-07T12:00", 1, "2026-03-09T10:00"),  # from a Saturday
        ("2026-09-30T17:00", 2, "2026-10-02T10:00"),  # over a holiday
        ("2026-10-01T12:00", 1, "2026-10-02T10:00"),  # from a holiday
        ("2026-03-02T09:00", 45, "2026-03-06T18:00"),  # a whole week
    ],
)
def test_a9_a_clock_runs_only_while_the_house_is_open(start: str, hours: int, end: str) -> None:
    assert SHANGHAI.add(shanghai(start), hours * HOUR) == shanghai(end)
    assert SHANGHAI.between(shanghai(start), shanghai(end)) == hours * HOUR


def test_a_lunch_break_does_not_count() -> None:
    shop = BusinessHours("Asia/Shanghai", (((time(9), time(12)), (time(14), time(18))),) * 7)
    assert shop.add(shanghai("2026-03-02T11:00"), 2 * HOUR) == shanghai("2026-03-02T15:00")
    assert shop.between(shanghai("2026-03-02T12:30"), shanghai("2026-03-02T13:30")) == 0


def test_closing_at_midnight_is_the_end_of_the_day() -> None:
    late = BusinessHours("Asia/Shanghai", (((time(20), time(0)),),) * 7)
    assert late.add(shanghai("2026-03-02T22:00"), 2 * HOUR) == shanghai("2026-03-03T00:00")
    assert late.add(shanghai("2026-03-02T22:00"), 3 * HOUR) == shanghai("2026-03-03T21:00")
    assert late.between(shanghai("2026-03-02T00:00"), shanghai("2026-03-04T00:00")) == 8 * HOUR


def test_a_day_of_23_hours_and_one_of_25_in_berlin() -> None:
    spring, autumn = berlin("2026-03-29T00:00", "01"), berlin("2026-10-25T00:00", "02")
    assert BERLIN.between(spring, berlin("2026-03-30T00:00", "02")) == 23 * HOUR
    assert BERLIN.between(autumn, berlin("2026-10-26T00:00", "01")) == 25 * HOUR
    assert BERLIN.add(spring, DAY) == berlin("2026-03-30T01:00", "02")
    assert BERLIN.add(autumn, DAY) == berlin("2026-10-25T23:00", "01")


def test_the_hour_that_is_skipped_does_not_count_and_the_one_that_comes_twice_counts_twice() -> None:
    assert NIGHT.between(berlin("2026-03-29T00:00", "01"), berlin("2026-03-29T12:00", "02")) == 2 * HOUR
    assert NIGHT.between(berlin("2026-10-25T00:00", "02"), berlin("2026-10-25T12:00", "01")) == 4 * HOUR
    assert NIGHT.add(berlin("2026-03-29T01:00", "01"), 2 * HOUR) == berlin("2026-03-29T04:00", "02")
    assert NIGHT.add(berlin("2026-10-25T01:00", "02"), 4 * HOUR) == berlin("2026-10-25T04:00", "01")


def test_opening_hours_follow_the_wall_clock_through_the_year() -> None:
    office = BusinessHours("Europe/Berlin", (NINE_TO_SIX,) * 7)
    assert office.add(berlin("2026-01-12T00:00", "01"), HOUR) == berlin("2026-01-12T10:00", "01")
    assert office.add(berlin("2026-07-13T00:00", "02"), HOUR) == berlin("2026-07-13T10:00", "02")


def test_an_opening_that_daylight_saving_swallows_is_no_time_at_all() -> None:
    early = BusinessHours("Europe/Berlin", (((time(2, 30), time(3)),),) * 7)
    sunday, monday = berlin("2026-03-29T00:00", "01"), berlin("2026-03-30T00:00", "02")
    assert early.between(sunday, monday) == 0
    assert early.add(sunday, 10 * MINUTE) == berlin("2026-03-30T02:40", "02")


def test_no_time_passes_backwards() -> None:
    assert SHANGHAI.between(shanghai("2026-03-03T12:00"), shanghai("2026-03-02T12:00")) == 0
    assert time_between(None, 2_000, 1_000) == 0


def test_without_a_calendar_time_is_time() -> None:
    assert add_time(None, 1_000, HOUR) == 1_000 + HOUR
    assert time_between(None, 1_000, 1_000 + HOUR) == HOUR


def test_a_house_that_never_opens_is_an_error_and_not_an_endless_search() -> None:
    with pytest.raises(ValueError, match="not open often enough"):
        BusinessHours("Asia/Shanghai", ((),) * 7).add(0, HOUR)


def test_a_policys_calendar_says_the_same() -> None:
    hours = policy(FULL).calendar_of("low")
    assert hours is not None
    assert hours.add(berlin("2026-03-02T17:00", "01"), 2 * HOUR) == berlin("2026-03-03T10:00", "01")
    assert hours.add(berlin("2026-03-03T17:00", "01"), 2 * HOUR) == berlin("2026-03-09T10:00", "01")


@st.composite
def calendars(draw: st.DrawFn) -> BusinessHours:
    """Any week with at least an opening: times of a quarter of an hour, in order, none overlapping."""

    def day() -> tuple[tuple[time, time], ...]:
        ticks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
        times = [time(tick // 4 % 24, tick % 4 * 15) for tick in ticks]
        return tuple(zip(times[::2], times[1::2], strict=False))

    week = (((time(9), time(18)),), *(day() for _ in range(6)))
    holidays = draw(st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 30)), max_size=5))
    zone = draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]))
    return BusinessHours(zone, week, holidays)


instants = st.integers(parse_instant("2026-03-20T00:00:00Z"), parse_instant("2026-11-05T00:00:00Z"))


@given(calendars(), instants, st.integers(1, 14 * DAY))
def test_add_and_between_are_inverse(hours: BusinessHours, start: int, duration: int) -> None:
    assert hours.between(start, hours.add(start, duration)) == duration


@given(calendars(), instants, st.lists(st.integers(0, 20 * DAY), min_size=2, max_size=2))
def test_time_adds_up(hours: BusinessHours, start: int, steps: list[int]) -> None:
    middle, end = start + steps[0], start + sum(steps)
    assert hours.between(start, middle) + hours.between(middle, end) == hours.between(start, end)
    assert 0 <= hours.between(start, end) <= end - start


@given(calendars(), instants, st.integers(1, 5 * DAY), st.integers(1, 5 * DAY))
def test_a_clock_that_is_stopped_and_resumed_at_once_ends_when_it_would_have(
    hours: BusinessHours, start: int, used: int, left: int
) -> None:
    assert hours.add(hours.add(start, used), left) == hours.add(start, used + left)
