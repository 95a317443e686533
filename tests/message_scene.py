"""A stage set for messages: two people and a queue that behaves as SQS does, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from shared.application.carry_on import LAST_ATTEMPT
from shared.application.digest import digest
from shared.application.message_body import read_message_key
from shared.application.message_for import first_channel
from shared.application.relay_outbox import relay_rows
from shared.application.send_message import send_message
from shared.application.world import World
from shared.domain.classification import Known
from shared.domain.incident import Course, Incident
from shared.domain.instants import SECOND
from shared.domain.message import Message, MessageKey
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from shared.domain.timeline import seal
from shared.domain.timer import Timer
from shared.ports import Commit, Rendered, Stored
from tests.fakes import FakeWords, FakeWorld, fake_world

VISIBILITY = 90 * SECOND
MAX_RECEIVES = 5
PHONE, MAIL = "+8613800000001", "wang@example.com"

POLICY = Policy.model_validate(
    {
        "policy": "test",
        "levels": {
            "ordinary": {"clocks": {"respond": "2h"}, "window": "30m"},
            "major": {"clocks": {"respond": "30m"}, "window": "10m", "urgent": True},
        },
        "classification": {"default": "ordinary"},
        "storm": {"messages_per_minute": 6},
        "chains": {"default": [{"rung": "front", "people": ["wang"]}, {"rung": "boss", "people": ["li"]}]},
        "people": {
            "wang": {"name": "Wang", "phone": PHONE, "email": MAIL},
            "li": {"name": "Li", "phone": "+8613800000002"},
            "ops": {"name": "Ops", "email": "ops@example.com"},
        },
        "operations": ["ops"],
    }
)


class SceneWords(FakeWords):
    """Also says when a message may be a repeat."""

    def message(self, message: Message, incident: Incident | None, policy: Policy, *rest: Any) -> Rendered:
        said = super().message(message, incident, policy, *rest)
        name = policy.people[message.key.person].name
        return replace(said, text=f"{name}: {'PERHAPS AGAIN ' if message.perhaps_again else ''}{said.text}")


class CrashError(Exception):
    """The process died here."""


@dataclass
class Fuse:
    """Burns at the n-th of all points just before and just after a call to the outside; after that nothing works.

    `place` is where it burnt, "" where it did not.
    """

    burns_at: int
    points: int = 0
    place: str = ""

    def pass_point(self, place: str) -> None:
        if self.points == self.burns_at:
            self.place = self.place or place
            raise CrashError(place)
        self.points += 1


class _Fused:
    def __init__(self, real: Any, name: str, fuse: Fuse) -> None:
        self._real, self._name, self._fuse = real, name, fuse

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        def call(*args: Any, **named: Any) -> Any:
            self._fuse.pass_point(f"before {self._name}.{name}")
            answer = real(*args, **named)
            self._fuse.pass_point(f"after {self._name}.{name}")
            return answer

        return call


def fused(world: FakeWorld, fuse: Fuse) -> World:
    """The same world; whoever acts in it dies at the fuse's point."""
    ports = ("incidents", "timers", "outbox", "links", "policies", "operations", "words")
    wired: dict[str, Any] = {name: _Fused(getattr(world, name), name, fuse) for name in ports}
    wired["carriers"] = {via: _Fused(carrier, via, fuse) for via, carrier in world.carriers.items()}
    return replace(world, **wired)


@dataclass
class _InFlight:
    body: str
    visible_at: int
    receives: int = 0


@dataclass
class Scene:
    world: FakeWorld = field(default_factory=lambda: replace(fake_world(POLICY), words=SceneWords()))
    dead: list[str] = field(default_factory=list)
    _queue: list[_InFlight] = field(default_factory=list)
    _steps: int = 0

    def open(self, subject: str = "CASE-1", level: str = "ordinary") -> str:
        now = self.world.time.now()
        rules, _ = self.world.policies.current()
        course = Course(opened_at=now, level=level, known=Known(channel="hotline"), clocks=())
        incident = Incident(f"inc-{subject.lower()}", "crm", subject, "broken", rules, "default", course, version=1)
        self._commit(Stored(incident, None, 1, ""), None)
        return incident.id

    def acknowledge(self, incident: str) -> None:
        """As far as messages see it: the fence and the epoch move."""
        stored = self.world.incidents.load(incident)
        assert stored is not None
        there = stored.incident
        moved = replace(there, version=there.version + 1, fence=there.fence + 1, epoch=there.epoch + 1)
        self._commit(replace(stored, incident=moved, lines=stored.lines + 1), there.version)

    def message(self, incident: str, person: str = "wang", **fields: Any) -> Message:
        """A row as a decision commits it."""
        self._steps += 1
        stored = self.world.incidents.load(incident)
        assert stored is not None
        there, now = stored.incident, self.world.time.now()
        level = fields.pop("level", there.course.level)
        kind = fields.pop("kind", "page")
        known = self.world.policies.current()[1]
        via = fields.pop("via", None) or first_channel(known.people.get(person), kind)
        made = Message(
            key=MessageKey(incident, self._steps, person, via),
            kind=kind,
            reason=fields.pop("reason", "opened"),
            level=level,
            at=now,
            due=fields.pop("due", now),
            epoch=there.epoch,
            fence=fields.pop("fence", there.fence),
            urgent=known.levels[level].urgent,
            **fields,
        )
        self.world.outbox.put(made)
        return made

    def row(self, message: Message, via: Via | None = None, attempt: int = 1) -> Message | None:
        return self.world.outbox.get(replace(message.key, via=via or message.key.via, attempt=attempt))

    def state(self, message: Message, via: Via | None = None, attempt: int = 1) -> str | None:
        row = self.row(message, via, attempt)
        return row.state if row else None

    def texts(self, via: Via) -> list[str]:
        return [sent.text for sent in self.world.carriers[via].sent]

    @property
    def alerts(self) -> int:
        return len(self.world.operations.alerts)

    def deliver(self, world: World | None = None) -> None:
        """Relay what is new and hand everything visible to the sender, once; what fails comes again after 90 s."""
        self.relay()
        now = self.world.time.now()
        self._queue += [_InFlight(body, now) for body in self.world.messages_queue.take()]
        for each in [each for each in self._queue if each.visible_at <= now]:
            self._queue.remove(each)
            try:
                send_message(world or self.world, read_message_key(each.body))
            except Exception:  # noqa: BLE001 - as the function does, whatever went wrong
                self._queue.append(replace(each, visible_at=now + VISIBILITY, receives=each.receives + 1))
        for each in [each for each in self._queue if each.receives >= MAX_RECEIVES]:
            self._queue.remove(each)
            self.dead.append(each.body)

    def relay(self) -> bool:
        """What the stream carries goes to the queue; whether there was anything."""
        new = self.world.outbox.take_new()
        for row in new:
            relay_rows(self.world, [(row.key.incident, row.key.sort)])
        return bool(new)

    def run(self) -> None:
        """Let time pass until no message is left to bring: stream, queue and digest timers."""
        for _ in range(1000):
            self.deliver()
            if self.relay():
                continue
            nexts = [each.visible_at for each in self._queue] + [timer.due for timer in self._digests]
            if not nexts:
                return
            self.world.time.wait_until(min(nexts))
            self.fire_digests()
        raise AssertionError("it never comes to rest")

    def fire_digests(self, world: World | None = None) -> None:
        """As `fire_timer` does: gather, then claim."""
        for timer in self._digests:
            if timer.due <= self.world.time.now():
                digest(world or self.world, timer.subject, timer.step)
                self.world.timers.claim(timer)

    @property
    def _digests(self) -> list[Timer]:
        return [timer for timer in self.world.timers.all if timer.kind == "digest"]

    def _commit(self, stored: Stored, expected: int | None) -> None:
        line = seal(stored.head, stored.lines, self.world.time.now(), ())
        self.world.incidents.commit(Commit(stored, expected, None, line))


__all__ = ["LAST_ATTEMPT", "MAIL", "PHONE", "POLICY", "CrashError", "Fuse", "Scene", "fused"]
