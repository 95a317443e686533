"""The real clock waits for an instant, and for no longer than somebody can sleep in a function (I5)."""

import time

import pytest

from shared.adapters.system_time import SystemTime
from shared.ports import UnavailableError


def test_it_returns_at_the_instant_and_not_before() -> None:
    clock = SystemTime()
    instant = clock.now() + 30
    clock.wait_until(instant)
    assert clock.now() >= instant


def test_what_has_passed_is_not_waited_for() -> None:
    clock = SystemTime()
    clock.wait_until(clock.now() - 3_600_000)


def test_what_is_far_off_is_refused_at_once() -> None:
    clock = SystemTime()
    began = time.monotonic()
    with pytest.raises(UnavailableError):
        clock.wait_until(clock.now() + 16_000)
    assert time.monotonic() - began < 1
