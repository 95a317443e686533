"""The dead man's switch: somebody outside hears of the pager as long as all of it lives, and of no part less."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.adapters import policy_yaml
from shared.application.audit import audit
from shared.application.fire_timer import fire_timer
from shared.application.prove_alive import Watch, prove_alive
from shared.application.sweep_timers import sweep_timers
from shared.application.timer_body import read_timer
from shared.domain.instants import MINUTE
from shared.ports import UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT


class Outside:
    """Who listens: counts the heartbeats; `deaf` does not answer, `listens` says whether anybody was set up."""

    def __init__(self, *, listens: bool = True) -> None:
        self.heard = 0
        self.listens = listens
        self.deaf = False

    def beat(self) -> bool:
        if self.deaf:
            raise UnavailableError("nobody answers")
        self.heard += self.listens
        return self.listens


@pytest.fixture
def world() -> FakeWorld:
    return fake_world(policy_yaml.load("retail"), now=MIDNIGHT)


def nothing(_: FakeWorld) -> None:
    """A part that is dead."""


def fire(world: FakeWorld) -> None:
    for body in world.timers_queue.take():
        fire_timer(world, read_timer(body))


def probe(world: FakeWorld) -> None:
    world.timers.leave_sign("probe_arrived", world.time.now())


PARTS: dict[str, Callable[[FakeWorld], object]] = {"sweep": sweep_timers, "pulse": fire, "audit": audit, "probe": probe}


def live(world: FakeWorld, outside: Outside, minutes: int, *, dead: str = "", probe_minutes: int = 5) -> list[str]:
    """Run the stage for some minutes, one part dead; the parts that the last minute found silent."""
    watch, silent = Watch(outside, audit_minutes=5, probe_minutes=probe_minutes), []
    for minute in range(minutes):
        for name, part in PARTS.items():
            rare = name in ("audit", "probe") and minute % 5
            if name != dead and not rare:
                part(world)
        silent = sorted(prove_alive(world, watch))
        world.time.advance(MINUTE)
    return silent


def test_a_pager_that_lives_is_heard_of_every_minute(world: FakeWorld) -> None:
    outside = Outside()
    live(world, outside, 5)
    before = outside.heard

    assert live(world, outside, 30) == []

    assert outside.heard - before == 30


@pytest.mark.parametrize(
    ("dead", "within"),
    [("sweep", 8), ("pulse", 4), ("audit", 12), ("probe", 12)],
)
def test_when_one_part_dies_nobody_outside_hears_anything_any_more(world: FakeWorld, dead: str, within: int) -> None:
    outside = Outside()
    live(world, outside, 10)

    live(world, outside, within, dead=dead)
    heard = outside.heard
    silent = live(world, outside, 30, dead=dead)

    assert outside.heard == heard
    assert dead in silent
    assert world.metrics.recorded[-1] == ("ProvedAlive", 0, "Count")


def test_a_part_that_comes_back_is_heard_of_again(world: FakeWorld) -> None:
    outside = Outside()
    live(world, outside, 40, dead="pulse")
    heard = outside.heard

    assert live(world, outside, 10) == []

    assert outside.heard > heard == 0


def test_a_new_stage_is_not_alive_before_every_part_has_worked(world: FakeWorld) -> None:
    outside = Outside()

    silent = prove_alive(world, Watch(outside, audit_minutes=5, probe_minutes=5))

    assert sorted(silent) == ["audit", "probe", "pulse", "sweep"]
    assert outside.heard == 0


def test_a_stage_without_synthetic_complaints_is_alive_without_them(world: FakeWorld) -> None:
    outside = Outside()
    assert live(world, outside, 20, dead="probe", probe_minutes=0) == []
    assert outside.heard > 0


def test_a_service_outside_that_does_not_answer_is_counted_and_told_the_next_minute(world: FakeWorld) -> None:
    outside = Outside()
    live(world, outside, 6)
    outside.deaf = True
    heard = outside.heard

    assert live(world, outside, 1) == []
    assert world.metrics.totals["HeartbeatsFailed"] == 1

    outside.deaf = False
    live(world, outside, 1)
    assert outside.heard == heard + 1


def test_where_nobody_is_set_up_to_listen_the_pager_is_proved_alive_all_the_same(world: FakeWorld) -> None:
    live(world, Outside(listens=False), 10)
    assert world.metrics.totals["ProvedAlive"] > 0
    assert world.metrics.totals["HeartbeatsSent"] == 0
    assert world.metrics.totals["HeartbeatsFailed"] == 0  # and so no alarm rings for it
