"""A food-safety crisis from its first post to its end, played through the real use cases, for tests to read.

Lin commands, Gao cannot come and Luo does, nobody answers for public relations but the other team's A, several seats
stay empty, the plan comes late, and so does the second statement, whose first draft is vetoed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from shared.adapters.policy_yaml import load
from shared.application.fire_timer import fire_timer
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.events import EVENT, incident_id
from shared.domain.instants import HOUR, MINUTE, format_instant, parse_instant
from tests.fakes import FakeTime, FakeWorld, fake_world

SINCE = parse_instant("2026-03-02T02:00:00Z")
"""A Monday, ten in the morning in Shanghai."""
SUBJECT = "F-1"
CRISIS = incident_id("crm/weibo", SUBJECT)
SPOKESPERSON = "jiang.haoran"
"""The other team's A: neither A nor B of the team on duty answers for public relations."""
REPORT_PDF = b"%PDF-1.4 laboratory report"
STILL = b"a still of the camera"
DRAFT = {"zh-CN": "我们已下架该批次牛奶。", "en": "We have withdrawn this batch of milk."}
PROGRESS = {"zh-CN": "检测仍在进行。", "en": "Tests go on. <b>*Nothing*</b> | is [hidden](x)."}


class Story:
    """Events and the passing of time over one world.

    Attributes:
        world: its time is a `FakeTime`.
    """

    def __init__(self, world: World, crisis: str = CRISIS) -> None:
        self.world = world
        self.crisis = crisis
        self._events = 0

    @property
    def time(self) -> FakeTime:
        assert isinstance(self.world.time, FakeTime)
        return self.world.time

    def pass_until(self, instant: int) -> None:
        """Let every timer of the crisis fire that is due by then."""
        while (stored := self.world.incidents.load(self.crisis)) and stored.alarm and stored.alarm.due <= instant:
            self.time.wait_until(stored.alarm.due)
            fire_timer(self.world, stored.alarm)
        self.time.wait_until(instant)

    def happens(self, after: int, kind: str, *, source: str = "api", **data: Any) -> str:
        """An event at a time of the story; what became of it."""
        self.pass_until(SINCE + after)
        self._events += 1
        raw = {
            "specversion": "1.0",
            "id": f"e{self._events}",
            "source": source,
            "type": kind,
            "time": format_instant(SINCE + after),
            "data": data,
        }
        if source == "crm/weibo":
            raw["subject"] = SUBJECT
        else:
            data["incident"] = self.crisis
        trusted = source != "crm/weibo"
        return take_event(self.world, EVENT.validate_python(raw), surface="api", trusted_by=trusted).status


Store = Callable[[str, bytes], None]
"""Puts a file under its hash where the world keeps evidence."""


def play(world: World, store: Store) -> Story:
    """The whole of it; the world's clock must not be later than `SINCE`."""
    story = Story(world)
    said, minute, hour = story.happens, MINUTE, HOUR
    said(
        0,
        "complaint.received",
        source="crm/weibo",
        summary="多名顾客食物中毒 <script>alert(1)</script>",
        channel="weibo",
        reposts=700,
        store="SH-042",
        category="food",
        customer={"name": "王小明", "phone": "+8613800138000"},
        attachments=[{"name": "post.png", "sha256": "AB" * 32, "url": "https://weibo.example/p.png"}],
    )
    said(2 * minute, "complaint.updated", source="crm/weibo", reposts=6_000)
    said(3 * minute, "complaint.updated", source="crm/weibo", reposts=52_000, amount_cny=1_200_000)
    said(4 * minute, "crisis.confirmed", by="lin.guodong")
    said(4 * minute, "crisis.declined", by="gao.minghui", reason="on a plane")
    said(5 * minute, "crisis.confirmed", by="luo.yating")
    said(5 * minute, "crisis.confirmed", by="tang.zhiyuan")
    said(6 * minute, "crisis.confirmed", by="peng.jianguo")
    said(6 * minute, "crisis.confirmed", by="dong.zhiqiang")
    said(13 * minute, "crisis.confirmed", by=SPOKESPERSON)
    for after, name, content, by in (
        (14 * minute, "lab report.PDF", REPORT_PDF, "lin.guodong"),
        (15 * minute, "still", STILL, "tang.zhiyuan"),
    ):
        digest = hashlib.sha256(content).hexdigest()
        store(digest, content)
        said(after, "evidence.added", by=by, name=name, sha256=digest, size=len(content), media_type="application/pdf")
    said(16 * minute, "crisis.invited", by="lin.guodong", who="zhou.jie")
    lab = [{"name": "lab report.PDF", "sha256": hashlib.sha256(REPORT_PDF).hexdigest()}]
    said(18 * minute, "statement.drafted", by=SPOKESPERSON, rung="first", text=DRAFT, evidence=lab)
    said(20 * minute, "statement.approved", by="peng.jianguo", rung="first", revision=1)
    said(22 * minute, "statement.approved", by="lin.guodong", rung="first", revision=1)
    said(33 * minute, "statement.out", source="tocsin", rung="first", revision=1, published_at=format_instant(SINCE))
    said(45 * minute, "milestone.met", by="lin.guodong", milestone="plan", text="recall | *all* of it")
    said(50 * minute, "milestone.met", by="lin.guodong", milestone="review")
    said(55 * minute, "complaint.acknowledged", by="wang.fang")
    said(5 * hour, "statement.drafted", by=SPOKESPERSON, rung="progress", text={"en": "All is well."})
    said(5 * hour + minute, "statement.rejected", by="lin.guodong", rung="progress", revision=1, reason="it is not")
    said(5 * hour + 50 * minute, "statement.drafted", by=SPOKESPERSON, rung="progress", text=PROGRESS)
    said(6 * hour + 10 * minute, "statement.approved", by="peng.jianguo", rung="progress", revision=2)
    said(6 * hour + 20 * minute, "statement.approved", by="lin.guodong", rung="progress", revision=2)
    said(28 * hour, "complaint.resolved", by="wang.fang", solution="recalled")
    said(30 * hour, "crisis.stood_down", by="lin.guodong", reason="the batch was recalled")
    return story


def in_memory(now: int = SINCE) -> tuple[Story, FakeWorld]:
    """The story over a world of fakes."""
    world = fake_world(load("retail"), now=now)

    def store(digest: str, content: bytes) -> None:
        world.evidence.put(world.evidence.upload(CRISIS, digest, len(content), "application/pdf").url, content)

    return play(world, store), world
