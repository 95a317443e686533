"""Nobody looks at the birth of a timer without the mark: so whatever a sweep may have passed by then has it (I5)."""

from hypothesis import example, given
from hypothesis import strategies as st

from shared.application.sweep_timers import ARM_WITHIN, LOOK_AHEAD
from shared.domain.instants import DAY, MINUTE
from shared.domain.timer import BORN_SOON, timer_for
from tests.properties.lives import bounded

NOON = 1_772_366_400_000
CLOCKS_DIFFER = BORN_SOON - ARM_WITHIN


@given(st.integers(-DAY, DAY), st.integers(0, CLOCKS_DIFFER))
@example(ARM_WITHIN, 0)
@example(ARM_WITHIN + CLOCKS_DIFFER, CLOCKS_DIFFER)
@bounded(300)
def test_what_is_to_be_armed_is_marked_at_its_birth_however_far_the_clock_of_its_writer_is_behind(
    ahead: int, behind: int
) -> None:
    timer = timer_for("incident", "inc-1", NOON + ahead, 1, NOON - behind)
    if timer.due <= NOON + ARM_WITHIN:
        assert timer.soon


@given(st.integers(1, DAY))
@bounded(100)
def test_what_is_hours_away_is_left_to_the_sweep(ahead: int) -> None:
    timer = timer_for("incident", "inc-1", NOON + BORN_SOON + ahead, 1, NOON)
    assert not timer.soon


def test_the_window_leaves_minutes_between_the_clocks() -> None:
    assert LOOK_AHEAD < ARM_WITHIN
    assert CLOCKS_DIFFER >= 5 * MINUTE
