"""One thread, one seed, one order of everything: tasks that give way at each call to the outside, on a virtual clock.

A task is a greenlet, so the product's own synchronous code runs unchanged and is interleaved with others wherever it
waits for the outside. Who goes next at one instant is a matter of the seed's dice, and of nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

from shared.domain.instants import HOUR, parse_instant

BEGIN = parse_instant("2026-03-02T01:00:00Z")
"""Monday morning in Shanghai: the roster hands over in a few minutes, and no zone changes its clocks."""
END_OF_TIME = BEGIN + 1000 * HOUR


class Killed(BaseException):
    """This run ends here, as by SIGKILL or a timeout: nothing in it goes on."""


class Task(greenlet):
    """One run of something: a function's invocation, a person, an intake system.

    Attributes:
        name: who it is, for the story.
        place: what runs it, set by whoever started it (`lambdas.Environment` for a function).
        doom: how many calls to the outside it may still make before it is killed; None for no end.
        deadline: when it times out, milliseconds; None for never.
        about: what the story may call its subject: a queue's body, an incident.
    """

    def __init__(self, run: Callable[[], object], hub: greenlet, name: str) -> None:
        super().__init__(run, hub)
        self.name = name
        self.place: Any = None
        self.doom: int | None = None
        self.deadline: int | None = None
        self.about = ""
        self.reads_only = False
        self.died = False


class Clockwork:
    """The virtual world's time and chance.

    Attributes:
        now: milliseconds UTC; moves only forward, and only between what happens.
        rng: the seed's dice.
        told: the story, line by line, for whoever replays the seed.
    """

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)  # noqa: S311 - chance that replays
        self.now = BEGIN
        self.told: list[str] = []
        self.errors: list[BaseException] = []
        self._hub = getcurrent()
        self._heap: list[tuple[int, float, int, Callable[[], object]]] = []
        self._turn = 0

    def at(self, instant: int, work: Callable[[], object]) -> None:
        """Have something happen at an instant; at one instant the dice say what comes first."""
        self._turn += 1
        heapq.heappush(self._heap, (max(instant, self.now), self.rng.random(), self._turn, work))

    def after(self, wait: int, work: Callable[[], object]) -> None:
        """Have something happen after so many milliseconds."""
        self.at(self.now + wait, work)

    def start(self, name: str, work: Callable[[], object], wait: int = 0) -> Task:
        """Let a task begin after a while."""
        task = Task(self._guarded(name, work), self._hub, name)
        self.after(wait, task.switch)
        return task

    def pause(self, wait: int) -> None:
        """Within a task: give way, and go on after so many milliseconds.

        Raises:
            Killed: the task ended meanwhile.
        """
        task = current()
        if task is None:
            self.now += wait
            return
        self.at(self.now + wait, task.switch)
        self._hub.switch()
        self.check(task)

    def give_way(self) -> None:
        """Within a task: let others act until somebody switches back.

        Raises:
            Killed: the task ended meanwhile.
        """
        task = current()
        self._hub.switch()
        if task is not None:
            self.check(task)

    def check(self, task: Task) -> None:
        """Whether a task may still act.

        Raises:
            Killed: it timed out, or was killed before.
        """
        if task.died or (task.deadline is not None and self.now >= task.deadline):
            task.died = True
            raise Killed(task.name)

    def run(self, until: int) -> None:
        """Let everything happen that is due by an instant."""
        while self._heap and self._heap[0][0] <= until:
            instant, _, _, work = heapq.heappop(self._heap)
            self.now = instant
            work()
        self.now = until

    def tell(self, who: str, what: str) -> None:
        """Enter a line of the story."""
        self.told.append(f"{_clock(self.now)}  {who:24} {what}")

    def chance(self, share: float) -> bool:
        """Whether something of this probability happens."""
        return share > 0 and self.rng.random() < share

    def _guarded(self, name: str, work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                work()
            except Killed:
                self.tell(name, "killed")
            except Exception as error:  # noqa: BLE001 - whoever runs the seed has to see it
                self.tell(name, f"broke: {type(error).__name__}: {error}")
                self.errors.append(error)

        return run


def current() -> Task | None:
    """The task that acts now; None between tasks."""
    acting = getcurrent()
    return acting if isinstance(acting, Task) else None


def _clock(instant: int) -> str:
    seconds, milliseconds = divmod(instant - BEGIN, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}.{milliseconds:03d}"
