"""A red crisis as people read of it: the shipped policy, an incident an hour old, and messages about it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.adapters.words import TemplateWords
from shared.domain.clocks import started
from shared.domain.crisis import Crisis, Group, JoinedComplaint, Revision, SeatCall, Statement
from shared.domain.crisis_policy import COMMANDER
from shared.domain.incident import Incident
from shared.domain.instants import HOUR, MINUTE
from shared.domain.message import Message, MessageKey
from shared.domain.policy import Policy
from shared.domain.roster import seats_of
from shared.ports import Rendered
from tests.complaint_of_two import T0, received

LINK = "https://t.example.cn/l/Zk3x9QpL2vA"
SITE = "https://status.example.cn"
NOW = T0 + 12 * MINUTE
CHIEF, LAWYER, PRESS = "lin.guodong", "peng.jianguo", "su.weiming"
SUMMARY = "顾客称食用熟食拼盘后送医，视频正在传播"


@cache
def policy_in(locale: str) -> Policy:
    raw = yaml.safe_load((Path(__file__).parents[1] / "shared/policies/retail.yaml").read_text("utf-8"))
    policy = Policy.model_validate(raw)
    people = {name: person.model_copy(update={"locale": locale}) for name, person in policy.people.items()}
    return policy.model_copy(update={"people": people, "locale": locale})


def red_crisis(policy: Policy, **fields: Any) -> Incident:
    """Declared red at 14:00; the commander is in, a lawyer is called, a seat is open, two complaints were joined."""
    incident = received(
        policy,
        "retail@1",
        SUMMARY,
        channel="weibo",
        level="crisis",
        store="SH-001",
        product="熟食拼盘",
        category="食品安全",
        region="华东",
        scope="region",
        amount_cny=1_200_000,
        reposts=51_000,
        customer={"name": "王先生", "phone": "+8613912345678"},
    )
    course = incident.course
    kind = policy.crises["public"]
    clocks = tuple(started((), name, length, T0, None, 0.8, milestone=True) for name, length in kind.milestones.items())
    own = tuple(clock for clock in course.clocks if not clock.milestone)
    assert policy.roster
    assert kind.statements
    seats = [seat for role in kind.roles for seat in seats_of(policy.roster, role)]
    calls = {seat.name: SeatCall(seat.name, seat.role, ("li.na",)) for seat in seats}
    calls[COMMANDER] = SeatCall(COMMANDER, COMMANDER, (CHIEF,))
    calls["legal.1"] = SeatCall("legal.1", "legal", ("zeng.shufen", LAWYER), window_end=T0 + 15 * MINUTE)
    joined = (
        JoinedComplaint("inc-2", "C-1043", "同一门店，家人腹泻", "store", 50_000.0, 300.0),
        JoinedComplaint("inc-3", "C-1044"),
    )
    crisis = Crisis("public", "red", T0, T0, T0, "chen.jing", ((COMMANDER, CHIEF), ("public_relations", PRESS)))
    crisis = replace(crisis, guests=("he.ping",), joined=joined)
    statements = tuple(
        Statement(name, T0 + rung.due, T0 + rung.due - MINUTE, T0 + rung.due // 2, T0 + rung.due - 10 * MINUTE)
        for name, rung in kind.statements.rungs.items()
    )
    incident = replace(
        incident,
        course=replace(course, crisis=crisis, clocks=(*own, *clocks)),
        group=Group(tuple(calls.values()), invited=("wu.hao",)),
        statements=statements,
    )
    return replace(incident, **fields)


def blue_crisis(policy: Policy) -> Incident:
    """The same matter while it is small: graded, and nobody is called."""
    incident = red_crisis(policy)
    crisis = Crisis("public", "blue", T0)
    return replace(incident, course=replace(incident.course, crisis=crisis), group=None, statements=())


def drafted(incident: Incident, rung: str = "first", **fields: Any) -> Incident:
    """The incident with a first draft of a statement by the press officer."""
    revision = replace(Revision(1, PRESS, T0 + 8 * MINUTE, "hash", ("public_relations",)), **fields)
    return with_revisions(incident, rung, revision)


def with_revisions(incident: Incident, rung: str, *revisions: Revision, **fields: Any) -> Incident:
    statements = tuple(
        replace(each, revisions=revisions, **fields) if each.rung == rung else each for each in incident.statements
    )
    return replace(incident, statements=statements)


def said(
    incident: Incident,
    policy: Policy,
    reason: str,
    person: str = LAWYER,
    *,
    via: Any = "sms",
    kind: Any = "page",
    at: int = NOW,
    late: int = 0,
    **fields: Any,
) -> Rendered:
    """A message of the crisis to a person."""
    message = Message(
        key=MessageKey("inc-1", 1, person, via),
        kind=kind,
        reason=reason,
        level="crisis",
        at=at + late,
        due=at,
        epoch=0,
        **fields,
    )
    link = LINK if kind == "page" else None
    return TemplateWords(SITE).message(message, incident, policy, person, link, at + late)


PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("graded", {"rung": "front_line"}),
    ("called", {"rung": "legal.1"}),
    ("called_b", {"rung": "legal.1"}),
    ("seat_empty", {"rung": "vice_president", "clock": "legal.2", "also": ("quality.3", "service.5")}),
    ("invited", {"rung": "guest"}),
    ("milestone_missed", {"rung": COMMANDER, "clock": "muster"}),
    ("approval_wanted", {"rung": "legal.1", "clock": "first"}),
    ("statement_late", {"rung": COMMANDER, "clock": "first", "at": T0 + 30 * MINUTE}),
)
TELLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("brief", {"person": CHIEF}),
    ("regraded", {"person": CHIEF, "about": "red"}),
    ("seat_taken", {"about": "legal.1"}),
    ("drafted", {"about": "first"}),
    ("vetoed", {"person": PRESS, "about": "first"}),
    ("published", {"person": "press.desk", "about": "first"}),
    ("still_on", {"person": CHIEF}),
    ("stood_down", {"person": CHIEF}),
)

__all__ = ["CHIEF", "HOUR", "LAWYER", "LINK", "NOW", "PAGES", "PRESS", "SITE", "T0", "TELLS"]
