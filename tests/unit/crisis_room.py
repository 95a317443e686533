"""A crisis in a fake world: declared red under the shipped policy, its group called, links in people's hands."""

from __future__ import annotations

from typing import Any

from shared.application.answer import Answered, answer
from shared.application.answer_link import token_hash
from shared.application.fire_timer import fire_timer
from shared.domain.crisis import Statement
from shared.domain.incident import Incident
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.domain.message import Link
from shared.ports import KeyHolder
from tests.fakes import FakeWorld
from tests.unit.door_requests import INCIDENT, a_world, open_incident

CHIEF, LAWYER, SECOND_LAWYER, PRESS = "lu.zhengyang", "shi.guanglei", "jia.hongtao", "jiang.haoran"
"""The commander on duty, the two legal advisers, and who writes."""
TOP = "chen.jing"
"""The top of the chain."""
DECLARER = "zhang.wei"
QUORUM = (CHIEF, "cui.baoguo", LAWYER, "wei.jianping", PRESS)
TEXTS = {"zh-CN": "我们已停售该批次酸奶。\n<b>致歉</b>", "en": "We have stopped selling the batch.\n<b>Sorry</b>"}


def a_crisis(grade: str = "red", **complaint: Any) -> FakeWorld:
    """Declared about a minute after the complaint."""
    world = a_world()
    open_incident(world, **complaint)
    world.time.advance(MINUTE)
    do(world, "declare-crisis", DECLARER, reason="children are ill", grade=grade)
    return world


def do(world: FakeWorld, verb: str, person: str, *, key: str = "", at: str = INCIDENT, **said: Any) -> Answered:
    """A second later, a verb of somebody's own key, once and never again, or under the key that is given."""
    world.time.advance(SECOND)
    once = key or f"once-{world.time.now()}-{len(world.incidents.timeline(at))}"
    return answer(world, KeyHolder(person, person=person), at, verb, said, once)


def incident(world: FakeWorld) -> Incident:
    stored = world.incidents.load(INCIDENT)
    assert stored is not None
    return stored.incident


def statement(world: FakeWorld, rung: str = "first") -> Statement:
    return next(one for one in incident(world).statements if one.rung == rung)


def come_in(world: FakeWorld, *people: str) -> None:
    """They are in."""
    for person in people:
        assert do(world, "confirm-call", person).status == "accepted", person


def call_everybody(world: FakeWorld) -> None:
    """Nobody answers: window after window ends until nobody is left to call."""
    for _ in range(8):
        world.time.advance(5 * MINUTE)
        stored = world.incidents.load(INCIDENT)
        assert stored is not None
        if stored.alarm is not None and stored.alarm.due <= world.time.now():
            fire_timer(world, stored.alarm)


def draft(world: FakeWorld, by: str = PRESS, rung: str = "first", **text: str) -> int:
    """A text is written; its revision."""
    assert do(world, "draft", by, rung=rung, text=text or TEXTS).status == "accepted"
    return statement(world, rung).revisions[-1].number


def link_for(world: FakeWorld, person: str, token: str = "") -> str:
    """A link into the crisis, in somebody's hand."""
    token = token or f"token-of-{person.replace('.', '-')}"
    group = incident(world).group
    assert group is not None
    expires = world.time.now() + 48 * HOUR
    world.links.put(Link(token_hash(token), INCIDENT, person, group.epoch, expires, group=True))
    return token


def reading(world: FakeWorld, rung: str = "first") -> dict[str, str]:
    """The hidden fields of a form about the newest text of a rung."""
    revision = statement(world, rung).revisions[-1]
    return {"rung": rung, "revision": str(revision.number), "hash": revision.hash}


def seen(world: FakeWorld) -> tuple[Any, ...]:
    """Everything a request could have changed."""
    return (world.incidents.load(INCIDENT), world.incidents.timeline(INCIDENT), world.outbox.all, world.timers.all)
