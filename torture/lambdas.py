"""The functions: each run in an environment of its own, with its own clock, and ended when its time is up.

An environment is a copy of the handler's module, so that what Powertools keeps in one (a batch, a route's event) is
never shared by two runs at once, as on Lambda.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from shared import bootstrap
from shared.adapters.answer_page import AnswerPages
from shared.adapters.words import TemplateWords
from shared.application.world import World
from shared.domain.instants import SECOND
from shared.domain.timeline import Line
from shared.ports import Carrier, UnavailableError
from shared.settings import Settings
from torture.clockwork import Clockwork, Task, current
from torture.faults import Faults
from torture.wire import Wire

ROOT = Path(__file__).resolve().parent.parent
TIMEOUTS = {
    "intake_api": 15,
    "intake": 30,
    "sweep_timers": 50,
    "arm_timers": 30,
    "fire_timer": 30,
    "relay_outbox": 30,
    "send_message": 30,
    "record_delivery": 30,
    "respond": 15,
    "audit": 120,
    "run_errands": 60,
    "seal_heads": 30,
}
"""Seconds, as infra/functions.py sets them (tests/infra compares)."""
AT_ONCE = 3
_LONGEST_WAIT = 15 * SECOND
_WILD = frozenset({"sweep_timers", "audit"})
_CALLS = 40
"""A run that is doomed dies within so many points."""
_JUMPS = 0.2
_FRESH = 0.05
"""How often a run begins in a new environment though another is free."""


class SkewedClock:
    """`ports.Time` of one machine: the true time, and how far it is off."""

    def __init__(self, clock: Clockwork, off: int) -> None:
        self._clock = clock
        self.off = off

    def now(self) -> int:
        return self._clock.now + self.off

    def wait_until(self, instant: int) -> None:
        give_up = self._clock.now + _LONGEST_WAIT
        while (left := instant - self.now()) > 0:
            if self._clock.now + left > give_up:
                raise UnavailableError("too long to wait")
            self._clock.pause(left)


@dataclass
class Environment:
    """One machine that runs one function, one run at a time."""

    name: str
    module: ModuleType
    time: SkewedClock
    world: World
    busy: bool = False


class Lambdas:
    """Every function of the service stack but the console."""

    def __init__(
        self, clock: Clockwork, faults: Callable[[], Faults], wire: Wire, settings: Settings, *, listens: bool
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._wire = wire
        self._settings = settings
        self._machines: dict[str, list[Environment]] = {name: [] for name in TIMEOUTS}
        self.counted: dict[str, float] = {}
        self.logged = _LOG.begin(listens=listens)
        bootstrap.world = _acting_world  # type: ignore[assignment]
        bootstrap.pages = _acting_pages

    def free(self, name: str) -> bool:
        """Whether a run could begin now."""
        machines = self._machines[name]
        return len(machines) < AT_ONCE or any(not each.busy for each in machines)

    def invoke(
        self, name: str, event: Any, then: Callable[[bool, Any], None], *, about: str = "", reads_only: bool = False
    ) -> None:
        """Run a function; `then(succeeded, answer)` is called at its end, whatever the end is."""
        clock, faults = self._clock, self._faults()
        place = self._place(name)
        outcome: list[Any] = []

        def run() -> None:
            try:
                outcome.append(place.module.handler(event, _Context(clock, task)))
            except Exception as error:  # noqa: BLE001 - Lambda says that it failed, and no more
                clock.tell(name, f"failed: {type(error).__name__}: {error}")

        def body() -> None:
            try:
                run()
            finally:
                place.busy = False
                if task.died:
                    self._machines[name].remove(place)
                clock.after(0, lambda: then(bool(outcome), outcome[0] if outcome else None))

        task = clock.start(name, body)
        task.place, task.about, task.reads_only = place, about, reads_only
        task.deadline = clock.now + TIMEOUTS[name] * SECOND
        if clock.chance(faults.killed):
            task.doom = clock.rng.randrange(_CALLS)
        if clock.chance(faults.stuck):
            task.deadline = clock.now + clock.rng.randrange(20, 2_000)

    def call(self, name: str, event: Any, *, about: str = "", reads_only: bool = False) -> tuple[bool, Any]:
        """Run a function from within a task and wait for it, as an HTTP request does."""
        caller = current()
        if caller is None:
            raise RuntimeError("only a task can wait")
        answers: list[tuple[bool, Any]] = []

        def done(succeeded: bool, answer: Any) -> None:  # noqa: FBT001 - a callback
            answers.append((succeeded, answer))
            caller.switch()

        if not self.free(name):
            return False, None
        self.invoke(name, event, done, about=about, reads_only=reads_only)
        self._clock.give_way()
        return answers[0]

    def _place(self, name: str) -> Environment:
        machines = self._machines[name]
        free = [each for each in machines if not each.busy]
        if free and not (len(machines) < AT_ONCE and self._clock.chance(_FRESH)):
            place = self._clock.rng.choice(free)
        else:
            taken = {id(each.module) for each in machines}
            module = next(copy for copy in _copies(name) if id(copy) not in taken)
            place = self._new(name, module)
            machines.append(place)
        place.busy = True
        self._jump(place)
        return place

    def _new(self, name: str, module: ModuleType) -> Environment:
        time = SkewedClock(self._clock, 0)
        world = bootstrap.world_of(self._settings, self._wire, time)
        carriers: dict[Any, Carrier] = {via: _Named(carrier) for via, carrier in world.carriers.items()}
        world = replace(
            world, carriers=carriers, words=_words(self._settings.site_url), metrics=_Counting(self.counted)
        )
        return Environment(name, module, time, world)

    def _jump(self, place: Environment) -> None:
        """A machine's clock is off by something else now and then, in either direction."""
        faults, dice = self._faults(), self._clock.rng
        most = faults.wild if place.name in _WILD and dice.random() < faults.late_tick else faults.clocks
        place.time.off = round(dice.uniform(-most, most))
        if most == faults.clocks and self._clock.chance(_JUMPS):
            other = round(dice.uniform(-most, most))
            self._clock.after(dice.randrange(5 * SECOND), lambda: setattr(place.time, "off", other))


class _Named:
    """A carrier, and under which reference the product hands a message over: SNS is told none."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
        task = current()
        if task is not None:
            task.about = reference
        return self._carrier.send(address, subject, text, html, reference)


class _Counting:
    def __init__(self, counted: dict[str, float]) -> None:
        self._counted = counted

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:  # noqa: ARG002
        self._counted[name] = self._counted.get(name, 0) + value


class _Log:
    """Where log lines go: into a list of the run, or nowhere, for they take a third of its time."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def begin(self, *, listens: bool) -> list[str]:
        """A new list for a run."""
        self._lines = []
        logging.getLogger("torture").setLevel(logging.INFO if listens else logging.CRITICAL)
        return self._lines

    def write(self, text: str) -> None:
        self._lines.append(text)

    def flush(self) -> None:
        """There is nothing to wait for."""


_LOG = _Log()


class _Context(SimpleNamespace):
    """What Powertools reads of a Lambda context."""

    def __init__(self, clock: Clockwork, task: Task) -> None:
        super().__init__(
            function_name=task.name,
            memory_limit_in_mb=256,
            invoked_function_arn=f"arn:aws:lambda:eu-central-1:000000000000:function:{task.name}",
            aws_request_id="torture",
        )
        self._clock = clock
        self._task = task

    def get_remaining_time_in_millis(self) -> int:
        deadline = self._task.deadline
        return 30_000 if deadline is None else max(0, deadline - self._clock.now)


@cache
def _copies(name: str) -> tuple[ModuleType, ...]:
    return tuple(_copy(name, number) for number in range(AT_ONCE + 1))


def _copy(name: str, number: int) -> ModuleType:
    called = f"functions.{name}.handler_{number}"
    spec = importlib.util.spec_from_file_location(called, ROOT / "functions" / name / "handler.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[called] = module
    spec.loader.exec_module(module)
    module.logger.registered_handler.setStream(_LOG)
    return module


def _acting_world() -> World:
    task = current()
    if task is None:
        raise RuntimeError("nobody acts")
    world: World = task.place.world
    return world


@cache
def _acting_pages() -> AnswerPages:
    def timeline(incident: str) -> Sequence[Line]:
        return _acting_world().incidents.timeline(incident)

    return AnswerPages(timeline)


@cache
def _words(site_url: str) -> TemplateWords:
    """Templates are read once a process: they are the same in every environment."""
    return TemplateWords(site_url)
