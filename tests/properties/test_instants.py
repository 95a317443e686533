"""Instants and durations come back from their text as they went in."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instants import DAY, SECOND, format_duration, format_instant, parse_duration, parse_instant
from tests.properties.lives import bounded

FIRST, LAST = parse_instant("2000-01-01T00:00:00Z"), parse_instant("2199-12-31T23:59:59Z")


@given(st.integers(FIRST, LAST))
@bounded(200)
def test_an_instant_keeps_its_milliseconds(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@given(st.integers(FIRST, LAST), st.integers(-23 * 60, 23 * 60))
@bounded(200)
def test_the_zone_of_a_text_does_not_change_the_instant(instant: int, minutes: int) -> None:
    local = format_instant(instant - instant % SECOND + minutes * 60 * SECOND).removesuffix("Z")
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    assert parse_instant(f"{local}{zone}") == instant - instant % SECOND


@given(st.integers(1, 366 * DAY // SECOND))
@bounded(200)
def test_a_duration_keeps_its_seconds(seconds: int) -> None:
    assert parse_duration(format_duration(seconds * SECOND)) == seconds * SECOND
