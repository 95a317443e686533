"""Business hours (A9): clocks of levels with a calendar run only while the house is open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.domain.instants import SECOND


@dataclass(frozen=True)
class BusinessHours:
    """Opening hours of a week in one zone.

    Attributes:
        zone: IANA name; hours are wall-clock hours there, daylight saving included.
        hours: for each weekday (0 is Monday) the opening and closing times of its intervals.
        holidays: days on which nothing is open.
    """

    zone: str
    hours: tuple[tuple[tuple[time, time], ...], ...]
    holidays: frozenset[date] = frozenset()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def _open_from(self, instant: int) -> Iterator[tuple[int, int]]:
        day = datetime.fromtimestamp(instant / SECOND, UTC).astimezone(self._zone).date()
        for _ in range(3_700):  # ten years: a calendar that is never open is refused by the policy
            if day not in self.holidays:
                for opens, closes in self.hours[day.weekday()]:
                    start = _instant(datetime.combine(day, opens, self._zone))
                    last = day if closes > opens else day + timedelta(days=1)  # 22:00-00:00 ends tomorrow
                    end = _instant(datetime.combine(last, closes, self._zone))
                    if end > max(start, instant):  # an opening that daylight saving swallows ends before it begins
                        yield max(start, instant), end
            day += timedelta(days=1)

    def add(self, start: int, duration: int) -> int:
        """The instant at which `duration` milliseconds of business time have passed since `start`."""
        left = duration
        for opens, closes in self._open_from(start):
            if opens + left <= closes:
                return opens + left
            left -= closes - opens
        raise ValueError(f"the calendar in {self.zone} is not open often enough")

    def between(self, start: int, end: int) -> int:
        """Milliseconds of business time from `start` to `end` (0 where `end` is not later)."""
        total = 0
        for opens, closes in self._open_from(start):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total


def add_time(calendar: BusinessHours | None, start: int, duration: int) -> int:
    """`start` plus `duration` of running time: all of it where there is no calendar (24 x 7)."""
    return start + duration if calendar is None else calendar.add(start, duration)


def time_between(calendar: BusinessHours | None, start: int, end: int) -> int:
    """Running time between two instants, never negative."""
    return max(0, end - start) if calendar is None else calendar.between(start, end)


def _instant(moment: datetime) -> int:
    return int(moment.timestamp() * SECOND)
