"""Play a story end to end: the real use cases over the fakes, on a clock that only moves forward.

A stage does what the deployed functions do between them: the minute's sweep, the stream that arms newborn timers, the
timers queue with its delays, the stream that relays messages, the sender, the audit every five minutes. What the
fake carriers took, and when, is the result. Parts can be switched off, and a fuse kills whoever acts at a chosen call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shared.adapters import policy_yaml
from shared.application.arm_timers import arm_timers
from shared.application.audit import audit
from shared.application.errand_body import read_errand
from shared.application.fire_timer import fire_or_park
from shared.application.message_body import read_message_key
from shared.application.read_event import take_body
from shared.application.relay_outbox import relay_rows
from shared.application.run_errand import run_errand
from shared.application.send_message import reference_of, send_message
from shared.application.sweep_timers import sweep_timers
from shared.application.take_event import Taken, take_event
from shared.application.timer_body import read_timer
from shared.application.world import World
from shared.domain.errand import Errand
from shared.domain.events import EVENT, PEOPLE_SURFACES, Event, incident_id
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE, SECOND
from shared.domain.message import OPEN_STATES, Message, MessageKey
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.timer import Timer
from tests.fakes import FakeCarrier, FakeTime, FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT, _after, instant

Part = Literal["take", "sweep", "arm", "fire", "relay", "send", "errand", "audit"]
TIMERS: frozenset[Part] = frozenset({"sweep", "arm", "fire", "audit"})
"""What an outage of the timers switches off."""
EVERYTHING: frozenset[Part] = TIMERS | {"take", "relay", "send", "errand"}
HOTLINE = "crm/hotline"

_NEVER = 1 << 62
_VISIBILITY = 90 * SECOND
_MOST_RECEIVES = 6
_AUDIT_EVERY = 5 * MINUTE


class CrashError(BaseException):
    """The process died here; nothing in it may catch that."""


class TimedCarrier(FakeCarrier):
    """Also remembers when each message came."""

    def __init__(self, name: str, time: FakeTime) -> None:
        super().__init__(name)
        self._time = time
        self.times: list[int] = []

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
        try:
            return super().send(address, subject, text, html, reference)
        finally:
            self.times += [self._time.now()] * (len(self.sent) - len(self.times))


@dataclass
class Fuse:
    """Burns once, at the n-th of all points just before and just after a call that writes; `place` is where."""

    burns_at: int
    points: int = 0
    place: str = ""

    def pass_point(self, place: str) -> None:
        self.points += 1
        if self.points == self.burns_at + 1:
            self.place = place
            raise CrashError(place)


_WRITES = frozenset(
    {"commit", "keep_early", "expire_early", "put", "claim", "failed", "park", "move_cursor", "move_watermark"}
    | {"start_sending", "finish", "hold", "count_message", "send", "alert", "discard", "publish", "renew", "forget"}
)
"""A death around a call that only reads leaves what a death before the next write leaves."""


class _Fused:
    def __init__(self, real: Any, name: str, fuse: Fuse) -> None:
        self._real, self._name, self._fuse = real, name, fuse

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name not in _WRITES:
            return real

        def call(*args: Any, **named: Any) -> Any:
            self._fuse.pass_point(f"before {self._name}.{name}")
            answer = real(*args, **named)
            self._fuse.pass_point(f"after {self._name}.{name}")
            return answer

        return call


def fused(world: FakeWorld, fuse: Fuse) -> World:
    """The same world; whoever acts in it dies at the fuse's point."""
    ports = (
        "incidents",
        "quarantine",
        "timers",
        "outbox",
        "links",
        "timers_queue",
        "messages_queue",
        "errands",
        "errands_queue",
        "site",
        "operations",
    )
    changed: dict[str, Any] = {name: _Fused(getattr(world, name), name, fuse) for name in ports}
    changed["carriers"] = {via: _Fused(carrier, via, fuse) for via, carrier in world.carriers.items()}
    return replace(world, **changed)


@dataclass(order=True)
class _Waiting:
    """Something a consumer is given at an instant; `turn` keeps those of one instant in order."""

    at: int
    turn: tuple[int, bytes]
    part: Part = field(compare=False)
    work: Callable[[], object] = field(compare=False)
    receives: int = field(default=0, compare=False)


@dataclass
class Stage:
    """One world and everything that acts in it.

    Attributes:
        down: parts that are out of order; what waits for them is kept.
        tick: how far apart the sweeps are.
        every_tick: whether sweeps and audits happen that would find nothing but the heartbeat.
        taken: what became of each event, in the order of arrival.
        dead: what a queue gave up on.
    """

    world: FakeWorld
    down: set[Part] = field(default_factory=set)
    tick: int = MINUTE
    every_tick: bool = False
    fuse: Fuse | None = None
    taken: list[Taken] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _turns: int = 0
    _tick_at: int = MIDNIGHT
    _audit_at: int = MIDNIGHT + 2 * MINUTE

    def arrives(self, after: str, *events: Event) -> Stage:
        """Events that come in at a time of the story, however old they are then."""
        for event in events:
            self._turns += 1
            turn = (event.time, event.id.encode())
            self._waiting.append(_Waiting(instant(after), turn, "take", self._taker(event)))
        return self

    def happens(self, *events: Event) -> Stage:
        """Events that come in when they happen."""
        for event in events:
            self._waiting.append(_Waiting(event.time, (event.time, event.id.encode()), "take", self._taker(event)))
        return self

    def run(self, until: str | int) -> Stage:
        """Let time pass until a time of the story; what is due then is still done."""
        end = instant(until) if isinstance(until, str) else until
        self._work()
        while (moment := self._next()) <= end:
            self.world.time.wait_until(moment)
            self._work()
        self.world.time.wait_until(end)
        return self

    # What came of it

    def incident(self, subject: str = "C-1", source: str = HOTLINE) -> Incident:
        stored = self.world.incidents.load(incident_id(source, subject))
        assert stored is not None, f"there is no incident {subject} of {source}"
        return stored.incident

    def entries(self, subject: str = "C-1", source: str = HOTLINE) -> list[Entry]:
        """The timeline, entry by entry."""
        return [entry for line in self.world.incidents.timeline(incident_id(source, subject)) for entry in line.entries]

    def kinds(self, kind: str, subject: str = "C-1") -> list[str]:
        """When something of a kind was entered, and what it was about."""
        keys = ("rung", "clock", "was", "now", "why")
        return [
            " ".join([_after(entry.at), *(str(entry.data[key]) for key in keys if key in entry.data)])
            for entry in self.entries(subject)
            if entry.kind == kind
        ]

    def pages(self, subject: str = "C-1") -> list[str]:
        """Who was paged, as `2h supervisor missed respond`, in order; ` due 1h` where it came late."""
        return [
            " ".join(filter(None, (_after(entry.at), *_page_words(entry), _lateness(entry))))
            for entry in self.entries(subject)
            if entry.kind == "paged"
        ]

    def received(self) -> list[str]:
        """What the carriers took, as `2h sms zhang.wei missed`, in order of time."""
        took = [
            (at, f"{_after(at)} {via} {_addressee(self.world, sent.reference)} {sent.subject}")
            for via, carrier in self.world.carriers.items()
            if isinstance(carrier, TimedCarrier)
            for at, sent in zip(carrier.times, carrier.sent, strict=True)
        ]
        return [line for _, line in sorted(took)]

    # How it is done

    @property
    def _acting(self) -> World:
        return self.world if self.fuse is None else fused(self.world, self.fuse)

    def _taker(self, event: Event) -> Callable[[], object]:
        def take() -> None:
            if event.source in PEOPLE_SURFACES:
                named = EVENT.validate_python(_naming_the_incident(event))
                taken = take_event(self._acting, named, surface=event.source, trusted_by=True)
            else:
                taken = take_body(self._acting, event.model_dump_json(exclude_none=True))
            self.taken.append(taken)

        return take

    def _armer(self, timer: Timer) -> Callable[[], object]:
        return lambda: arm_timers(self._acting, [(timer.partition, timer.sort)])

    def _relayer(self, key: MessageKey) -> Callable[[], object]:
        return lambda: relay_rows(self._acting, [(key.incident, key.sort)])

    def _errand_relayer(self, errand: Errand) -> Callable[[], object]:
        return lambda: relay_rows(self._acting, [(errand.incident, f"errand#{errand.name}")])

    def _runner(self, body: str) -> Callable[[], object]:
        return lambda: run_errand(self._acting, *read_errand(body))

    def _firer(self, body: str) -> Callable[[], object]:
        return lambda: fire_or_park(self._acting, read_timer(body))

    def _sender(self, body: str) -> Callable[[], object]:
        return lambda: send_message(self._acting, read_message_key(body))

    def _next(self) -> int:
        """When something happens next; never the instant that was just worked through."""
        moments = [each.at for each in self._waiting if each.part not in self.down]
        if "sweep" not in self.down and (useful := self._useful(6 * MINUTE)) is not None:
            moments.append(_on_grid(self._tick_at, self.tick, useful))
        if "audit" not in self.down and (useful := self._useful(0)) is not None:
            moments.append(_on_grid(self._audit_at, _AUDIT_EVERY, useful))
        if "fire" not in self.down and (at := self.world.timers_queue.next_at) is not None:
            moments.append(at)
        if "send" not in self.down and (at := self.world.messages_queue.next_at) is not None:
            moments.append(at)
        if "errand" not in self.down and (at := self.world.errands_queue.next_at) is not None:
            moments.append(at)
        return max(min(moments, default=_NEVER), self.world.time.now() + 1)

    def _useful(self, ahead: int) -> int | None:
        """From when on a sweep or an audit would find something, looking so far ahead; None for never."""
        if self.every_tick or self.world.errands.all or any(row.state in OPEN_STATES for row in self.world.outbox.all):
            return 0
        due = (timer.due for timer in self.world.timers.all if timer.kind != "heartbeat")
        first = next(due, None)
        return None if first is None else first - ahead

    def _work(self) -> None:
        """Everything that is ready now: events first, then timers, until nothing is left."""
        for _ in range(10_000):
            if not (self._redeliver() or self._streams() or self._ticks() or self._queues()):
                return
        raise AssertionError("it never comes to rest")

    def _redeliver(self) -> bool:
        now = self.world.time.now()
        ready = sorted(each for each in self._waiting if each.at <= now and each.part not in self.down)
        for each in ready:
            self._waiting.remove(each)
            self._attempt(each)
        return bool(ready)

    def _streams(self) -> bool:
        did = False
        if "arm" not in self.down:
            for timer in self.world.timers.take_new():
                if timer.soon:  # the filter of the stream's mapping
                    self._attempt(self._task("arm", self._armer(timer)))
                    did = True
        if "relay" not in self.down:
            for row in self.world.outbox.take_new():
                self._attempt(self._task("relay", self._relayer(row.key)))
                did = True
            for errand in self.world.errands.take_new():
                self._attempt(self._task("relay", self._errand_relayer(errand)))
                did = True
        return did

    def _ticks(self) -> bool:
        now, did = self.world.time.now(), False
        if self._tick_at <= now:
            useful = self._useful(6 * MINUTE)
            self._tick_at = _on_grid(self._tick_at, self.tick, now + 1)
            if "sweep" not in self.down and useful is not None and useful <= now:
                self._once(lambda: sweep_timers(self._acting))
                did = True
        if self._audit_at <= now:
            useful = self._useful(0)
            self._audit_at = _on_grid(self._audit_at, _AUDIT_EVERY, now + 1)
            if "audit" not in self.down and useful is not None and useful <= now:
                self._once(lambda: audit(self._acting))
                did = True
        return did

    def _queues(self) -> bool:
        did = False
        if "fire" not in self.down:
            for body in self.world.timers_queue.take():
                self._attempt(self._task("fire", self._firer(body)))
                did = True
        if "send" not in self.down:
            for body in self.world.messages_queue.take():
                self._attempt(self._task("send", self._sender(body)))
                did = True
        if "errand" not in self.down:
            for body in self.world.errands_queue.take():
                self._attempt(self._task("errand", self._runner(body)))
                did = True
        return did

    def _task(self, part: Part, work: Callable[[], object]) -> _Waiting:
        self._turns += 1
        return _Waiting(self.world.time.now(), (self._turns, b""), part, work)

    def _attempt(self, task: _Waiting) -> None:
        """As a queue does: what fails comes again after a while, what died comes again; in the end it is dead."""
        now = self.world.time.now()
        try:
            task.work()
        except CrashError:
            again = now
        except Exception:  # noqa: BLE001 - as the batch processor does, whatever went wrong
            again = now + _VISIBILITY
        else:
            return
        if task.receives + 1 >= _MOST_RECEIVES:
            self.dead.append(task.part)
        else:
            self._waiting.append(replace(task, at=again, receives=task.receives + 1))

    def _once(self, work: Callable[[], object]) -> None:
        """A tick that dies is not repeated: the next one goes on."""
        try:
            work()
        except CrashError:
            return


def stage(policy: str | Policy = "retail", *, beginning: str = "0", **how: Any) -> Stage:
    """An empty stage under a policy, its clock at a time of the story."""
    rules = policy_yaml.load(policy) if isinstance(policy, str) else policy
    world = fake_world(rules, now=instant(beginning))
    carriers = {via: TimedCarrier(carrier.name, world.time) for via, carrier in world.carriers.items()}
    return Stage(replace(world, carriers=carriers), **how)


def crashes(
    story: Callable[[Stage], Stage], most: int = 2_000, policy: str | Policy = "retail"
) -> Iterator[tuple[Stage, str]]:
    """The story once for each point at which somebody can die, with the place; ends when it passed untouched."""
    for point in range(most):
        fuse = Fuse(point)
        played = story(stage(policy, fuse=fuse))
        if not fuse.place:
            assert point > 0, "nothing was written at all"
            return
        yield played, fuse.place
    raise AssertionError("it never comes to an end")


def _on_grid(start: int, step: int, wanted: int) -> int:
    """The first instant of a grid that is not before the wanted one."""
    return start + max(0, -(-(wanted - start) // step)) * step


def timers_of(world: FakeWorld, subject: str) -> list[Timer]:
    """Pending timers of an incident."""
    return [timer for timer in world.timers.all if timer.subject == subject]


def _naming_the_incident(event: Event) -> dict[str, Any]:
    raw = event.model_dump(mode="json", exclude_none=True)
    raw["data"].setdefault("incident", incident_id(raw["data"].get("of", HOTLINE), str(event.subject)))
    return raw


def _page_words(entry: Entry) -> tuple[Any, ...]:
    data = entry.data
    return (data["rung"], data["reason"], data.get("clock"), *data.get("also", ()))


def _lateness(entry: Entry) -> str:
    return "" if entry.data["due"] == entry.at else f"due {_after(entry.data['due'])}"


def _addressee(world: FakeWorld, reference: str) -> str:
    rows: list[Message] = [row for row in world.outbox.all if reference_of(row.key) == reference]
    return rows[0].key.person
