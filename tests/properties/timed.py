"""What the timers of a random life may do: fire late, twice, by two at once, or only when the audit comes."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from shared.application.audit import audit
from shared.application.fire_timer import fire_or_park, fire_timer
from shared.domain.timer import Timer
from shared.ports import Commit
from tests.fakes import FakeWorld


class Timed(RuleBasedStateMachine):
    """A machine whose opening rule makes the world.

    Attributes:
        fired: timers that were fired, to be fired again.
    """

    world: FakeWorld
    fired: list[Timer]

    @rule(twice=st.booleans(), by_two=st.booleans())
    def due_timers_fire(self, *, twice: bool, by_two: bool) -> None:
        for timer in [timer for timer in self.world.timers.all if timer.due <= self.world.time.now()]:
            if by_two:
                self._before_next_commit(timer)
            fire_or_park(self.world, timer)
            self.world.incidents.before_commit = None
            if twice:
                fire_or_park(self.world, timer)
            self.fired.append(timer)

    @rule()
    def the_audit_comes(self) -> None:
        audit(self.world)

    def _before_next_commit(self, timer: Timer) -> None:
        def somebody_else(_: Commit) -> None:
            self.world.incidents.before_commit = None
            fire_timer(self.world, timer)

        self.world.incidents.before_commit = somebody_else
