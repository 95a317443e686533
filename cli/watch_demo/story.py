"""What is broken, which alarm tells of it, and how long that may take, in minutes of the stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cli.local_stack.stack import LocalStack
from cli.watch_demo import faults
from cli.watch_demo.faults import Fault
from cli.watch_demo.outside import HEARTBEAT
from cli.watch_demo.told import ALERT, SWITCH, TOPIC
from shared.domain.instants import MINUTE

POLICY: Final = "retail"
SPEED: Final = 12
"""A minute of the stage is five seconds: schedules, pulse, alarms and the policy's durations."""
HEALTHY_MINUTES: Final = 4
"""How long everything goes well at first, and nobody may be told anything."""
PERIOD_MINUTES: Final = 1
"""How far apart heartbeats are."""
GRACE_MINUTES: Final = 5
"""How long one may be late, as ADR 75 asks of the service outside."""


@dataclass(frozen=True)
class Pace:
    """How many times as fast as the world's the clocks of the stage are."""

    speed: int = SPEED

    @property
    def minute(self) -> int:
        """A minute of the stage, in milliseconds of the world."""
        return MINUTE // self.speed


_AFTER_A_STOP: Final = frozenset(
    {
        *("SweepSilent", "TimersSilent", "AuditSilent", "PulseLate", "StepsLate"),
        *("OverdueTimersInAudit", "SilentIncidentsInAudit", "StuckMessagesInAudit", "StuckErrandsInAudit"),
        *("EventsWaiting", "TimersWaiting", "MessagesWaiting", "ErrandsWaiting"),
    }
)


@dataclass(frozen=True)
class Break:
    """One act of the story.

    Attributes:
        title: what is broken; how: by what.
        fault: breaks it and mends it.
        alarm: which alarm tells of it; by: over which way.
        within: in how many minutes of the stage.
        brings: what may be told beside it, because it is true, too.
    """

    title: str
    how: str
    fault: Callable[[LocalStack], Fault]
    alarm: str
    within: int
    by: str = TOPIC
    brings: frozenset[str] = frozenset()


STORY: Final = (
    Break(
        "a poisoned event",
        "a complaint of `some time yesterday` on the events queue",
        faults.PoisonedEvent,
        "QuarantinedInIntake",
        within=3,
    ),
    Break(
        "carriers refuse",
        "SMS and e-mail are refused for good, and a complaint comes in",
        faults.RefusedMessages,
        "MessagesUndeliverableInSendMessage",
        within=4,
        brings=frozenset({ALERT}),
    ),
    Break(
        "workers die",
        "each worker that fires timers is killed (SIGKILL) as soon as it lives",
        faults.KilledWorkers,
        "FireTimerErrors",
        within=7,
        brings=frozenset({"TimersSilent", "TimersWaiting", "PulseLate", "StepsLate", "OverdueTimersInAudit"}),
    ),
    Break(
        "no sweep",
        "the schedule of the sweep is disabled",
        faults.StoppedSchedule,
        "SweepSilent",
        within=8,
        brings=frozenset({"TimersSilent"}),
    ),
    Break(
        "nothing is taken",
        "the event source mapping of the events queue is disabled, and a complaint comes in",
        faults.StoppedConsumer,
        "EventsWaiting",
        within=7,
    ),
    Break(
        "everything is down",
        "the whole emulator is stopped (SIGSTOP): functions, store, alarms, topic",
        faults.StoppedRegion,
        HEARTBEAT,
        within=7,
        by=SWITCH,
        brings=_AFTER_A_STOP,
    ),
)
