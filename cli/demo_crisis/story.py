"""The story, told once: at which minute who does what. The script of the live demo and the stream for `simulate`.

Minutes count from the post. What belongs to a later statement counts from that statement's own time, so that the
story is the same under any times of the ladder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from shared.domain.instants import MINUTE, format_instant
from shared.domain.policy import Policy
from shared.domain.roster import candidates, seats_of

SOURCE: Final = "crm/weibo"
CASE: Final = "WB-4711"
KIND: Final = "public"
CALLED: Final = 2
"""The minute at which reposts make it yellow, and the group is called."""
RED: Final = 10
"""The minute at which reposts make it red, and the statement ladder opens."""

Door = Literal["intake", "link", "api"]
Anchor = Literal["post", "half", "due"]


@dataclass(frozen=True)
class When:
    """So many minutes after the post; or after a rung's half time or latest time, negative ones before it."""

    minutes: int
    anchor: Anchor = "post"
    rung: str = ""


@dataclass(frozen=True)
class Act:
    """Something somebody does.

    Attributes:
        who: a rung of the chain, or a seat: `quality.1` is its A, `quality.1/b` its B; `weibo` is the intake system.
        what: the event it makes.
        door: through which it comes in.
        upon: the reason of the message they act on: they do nothing before they have it.
    """

    when: When
    who: str
    what: str
    door: Door
    upon: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


WEIBO: Final = "weibo"
SILENT: Final = "quality.1"
"""Whose A never answers."""
COMMANDER, LEGAL, PRESS, STAND_IN = "commander", "legal.1", "public_relations", "quality.1/b"
SEATS: Final = (
    *(COMMANDER, SILENT, "quality.2", "quality.3", LEGAL, "legal.2"),
    *("service.1", "service.2", "service.3", "service.4", "service.5", PRESS),
)
BY_KEY: Final = ("service.4", "service.5")
"""Who confirms over the API, with a key of their own; everybody else by the link in their SMS."""
RUNGS: Final = ("first", "progress", "full")
LATE: Final = "progress"
"""The statement the commander approves too late."""

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "first": {
        "zh-CN": "**已确认：**三名儿童饮用批号 0417 的酸奶后送医，目前情况稳定。\n\n- 该批次已全部下架\n- 请勿食用",
        "en": "**Confirmed:** three children were taken to hospital after yoghurt of batch 0417; they are stable.\n\n"
        "- The batch is off all shelves\n- Do not eat it",
    },
    "progress": {
        "zh-CN": "首批措施：全国门店已封存批号 0417，送检样品十二份。购买者可凭商品或小票全额退款。",
        "en": "First measures: batch 0417 is locked away in every store and twelve samples are being tested. "
        "Whoever bought it gets the whole price back.",
    },
    "full": {
        "zh-CN": "原因：运输途中冷链中断四小时。\n\n1. 更换承运商\n2. 每车加装温度记录仪，数据对外公开",
        "en": "Cause: the cold chain was broken for four hours on the road.\n\n"
        "1. The carrier is replaced\n2. Every lorry gets a temperature recorder, its data are public",
    },
}


def _draft(when: When, rung: str) -> Act:
    return Act(when, PRESS, "statement.drafted", "api", "called", {"rung": rung, "text": TEXTS[rung]})


def _approval(when: When, who: str, rung: str, upon: str = "called") -> Act:
    return Act(when, who, "statement.approved", "link", upon, {"rung": rung, "revision": 1})


def _confirmation(seat: str) -> Act:
    return Act(When(3), seat, "crisis.confirmed", "api" if seat in BY_KEY else "link", "called")


STORY: Final = (
    # A post with a keyword: blue. The front line takes it over.
    Act(
        When(0),
        WEIBO,
        "complaint.received",
        "intake",
        data={
            "summary": "孩子喝了酸奶后食物中毒，已送医",
            "channel": "weibo",
            "store": "SH-002",
            "product": "yoghurt-0417",
            "category": "food",
            "reposts": 600,
        },
    ),
    Act(When(1), "front_line", "complaint.acknowledged", "link", "opened"),
    # It spreads: yellow, the group is called. Everybody is in but one A, whose B comes.
    Act(When(CALLED), WEIBO, "complaint.updated", "intake", data={"reposts": 7_200}),
    *(_confirmation(seat) for seat in SEATS if seat != SILENT),
    Act(When(9), STAND_IN, "crisis.confirmed", "link", "called_b"),
    # Everybody reads it: red, the public is told.
    Act(When(RED), WEIBO, "complaint.updated", "intake", data={"reposts": 61_000, "scope": "nation"}),
    _draft(When(13), "first"),
    _approval(When(16), LEGAL, "first"),
    _approval(When(19), COMMANDER, "first"),
    # The plan is late, and escalates; the review is in time.
    Act(
        When(36),
        COMMANDER,
        "milestone.met",
        "link",
        "milestone_missed",
        {"milestone": "plan", "text": "下架批号 0417，送检，全额退款"},
    ),
    Act(When(45), STAND_IN, "milestone.met", "api", "called_b", {"milestone": "review", "text": "没有新增病例"}),
    # The family is looked after; the complaint has its own end.
    Act(When(47), "front_line", "complaint.resolved", "api", "opened", {"solution": "承担医疗费用，全额退款"}),
    Act(When(60), "front_line", "complaint.followed_up", "api", "opened"),
    Act(When(62), WEIBO, "complaint.confirmed", "intake", data={"by": "customer"}),
    # Nobody drafts the progress report before half its time is gone; the commander approves it after it was due.
    _draft(When(-25, "due", LATE), LATE),
    _approval(When(-20, "due", LATE), LEGAL, LATE),
    _approval(When(4, "due", LATE), COMMANDER, LATE, "statement_late"),
    # The full report is approved long before it is due, and waits for its time.
    _draft(When(-12, "half", "full"), "full"),
    _approval(When(-8, "half", "full"), LEGAL, "full"),
    _approval(When(-4, "half", "full"), COMMANDER, "full"),
    Act(
        When(1, "due", "full"),
        COMMANDER,
        "crisis.stood_down",
        "api",
        "called",
        {"reason": "原因已查明，已采取根本措施"},
    ),
)


def moment(when: When, policy: Policy) -> int:
    """Milliseconds from the post, in the time of a policy that is not scaled."""
    if when.anchor == "post":
        return when.minutes * MINUTE
    ladder = policy.crises[KIND].statements
    assert ladder is not None  # noqa: S101 - the story is about a policy with statements
    due = ladder.rungs[when.rung].due
    length = due if when.anchor == "due" else round(due * ladder.remind_share)
    return (RED + when.minutes) * MINUTE + length


@dataclass(frozen=True)
class Cast:
    """Who plays: the people on the chain, and those of the team on duty when the group is called (milliseconds UTC)."""

    policy: Policy
    called_at: int

    def person(self, who: str) -> str:
        """The id of whoever stands on a rung, or is called for a seat."""
        for rung in self.policy.chains["default"]:
            if rung.rung == who:
                return rung.people[0]
        name, _, letter = who.partition("/")
        roster = self.policy.roster
        seats = (
            [seat for role in roster.roles for seat in seats_of(roster, role) if seat.name == name] if roster else []
        )
        if roster is None or not seats:
            raise LookupError(f"nobody plays {who}")
        return candidates(roster, seats[0], self.called_at)[1 if letter == "b" else 0].person


def in_order(policy: Policy) -> list[tuple[int, Act]]:
    """Every act with its time (milliseconds from the post), in the order of these."""
    return sorted(((moment(act.when, policy), act) for act in STORY), key=lambda timed: timed[0])


def stream(policy: Policy, start: int, speed: int = 1) -> list[dict[str, Any]]:
    """The story as events for `simulate`, the post at `start` (milliseconds UTC), so many times faster."""
    cast = Cast(policy, start + CALLED * MINUTE // speed)
    return [
        event(act, f"{number:03}", start + after // speed, "" if act.door == "intake" else cast.person(act.who))
        for number, (after, act) in enumerate(in_order(policy))
    ]


def event(act: Act, number: str, at: int, person: str) -> dict[str, Any]:
    """One act as an event; a person's names the complaint by its source and case."""
    data = dict(act.data)
    if person:
        data |= {"by": person, "of": SOURCE}
    return {
        "specversion": "1.0",
        "id": f"{CASE}-{number}",
        "source": act.door if person else SOURCE,
        "type": act.what,
        "subject": CASE,
        "time": format_instant(at),
        "data": data,
    }
