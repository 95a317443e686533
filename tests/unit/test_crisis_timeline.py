"""The timeline of a crisis in words, for people."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.language import LOCALES, reader, vocabulary
from shared.adapters.timeline_words import newest_first
from shared.domain.outcome import Entry
from tests.crisis_words_scene import CHIEF, LAWYER, NOW, PRESS, T0, policy_in, red_crisis

TOLD: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    (
        "crisis.declared",
        {"data": {"by": CHIEF, "grade": "yellow", "reason": "videos"}},
        "林国栋 宣布为黄色危机：videos",
        "林国栋 declared it YELLOW crisis: videos",
    ),
    ("crisis.declared", {"data": {"by": CHIEF}}, "林国栋 宣布为红色危机", "林国栋 declared it RED crisis"),
    ("graded", {"grade": "blue", "was": None}, "定级：蓝色危机", "Graded: BLUE crisis"),
    ("group_called", {"seats": ["commander"]}, "已召集应急小组", "The response group was called"),
    (
        "paged",
        {"person": LAWYER, "rung": "legal.1"},
        "已通知 彭建国（法律顾问1）",
        "彭建国 was paged (Legal adviser 1)",
    ),
    (
        "paged",
        {"person": LAWYER, "rung": "guest"},
        "已通知 彭建国（特邀人员）",
        "彭建国 was paged (guest of the group)",
    ),
    ("seat_taken", {"seat": "commander", "person": CHIEF}, "林国栋 到位，任总指挥", "林国栋 is in as Commander"),
    (
        "seat_declined",
        {"seat": "legal.2", "person": LAWYER},
        "彭建国 不能担任法律顾问2",
        "彭建国 does not come as Legal adviser 2",
    ),
    ("seat_empty", {"seat": "legal.2"}, "法律顾问2无人到位", "Nobody for Legal adviser 2"),
    ("quorum", {"members": [CHIEF]}, "应到人员已到位", "The quorum is in"),
    ("crisis.confirmed", {"data": {"by": CHIEF}}, "林国栋 确认到位", "林国栋 confirmed"),
    ("crisis.declined", {"data": {"by": CHIEF, "reason": "ill"}}, "林国栋 谢绝：ill", "林国栋 declined: ill"),
    ("crisis.invited", {"data": {"by": CHIEF, "who": PRESS}}, "林国栋 邀请 苏伟明 加入", "林国栋 asked 苏伟明 to join"),
    (
        "crisis.seated",
        {"data": {"by": CHIEF, "who": PRESS, "seat": "legal.1"}},
        "林国栋 改请 苏伟明 担任法律顾问1",
        "林国栋 gave Legal adviser 1 to 苏伟明",
    ),
    (
        "crisis.joined",
        {"data": {"complaint": "inc-2", "case": "C-7"}},
        "并入同一事件的投诉：C-7",
        "A complaint about the same matter: C-7",
    ),
    (
        "crisis.stood_down",
        {"data": {"by": CHIEF, "reason": "over"}},
        "林国栋 解除危机：over",
        "林国栋 stood the crisis down: over",
    ),
    (
        "statement.drafted",
        {"data": {"by": PRESS, "rung": "first", "text": {"en": "We are sorry."}}},
        "苏伟明 起草了《首次通报：已确认的事实》",
        "苏伟明 drafted: First statement: the confirmed facts",
    ),
    (
        "approved",
        {"by": LAWYER, "rung": "progress", "revision": 2, "role": "legal"},
        "彭建国 批准了《进展通报：首批措施》第2稿",
        "彭建国 approved: Progress: the first measures, draft 2",
    ),
    (
        "statement.rejected",
        {"data": {"by": LAWYER, "rung": "progress", "revision": 2, "reason": "too early"}},
        "彭建国 否决了《进展通报：首批措施》第2稿：too early",
        "彭建国 rejected: Progress: the first measures, draft 2: too early",
    ),
    (
        "statement_published",
        {"rung": "progress", "revision": 2, "late_by": 180_000},
        "《进展通报：首批措施》已发布，迟3分钟",
        "Published: Progress: the first measures, late by 3 min",
    ),
    (
        "statement_published",
        {"rung": "progress", "revision": 2},
        "《进展通报：首批措施》已发布",
        "Published: Progress: the first measures",
    ),
    (
        "statement_waits",
        {"rung": "full", "waits_for": "progress"},
        "《完整报告：原因与根本解决》须待进展通报：首批措施先发布",
        "Full report: causes and the root solution waits for Progress: the first measures",
    ),
    (
        "statement_waits",
        {"rung": "progress"},
        "《进展通报：首批措施》须待前一份先发布",
        "Progress: the first measures waits for the one before",
    ),
    (
        "evidence.added",
        {"data": {"by": CHIEF, "name": "lab.pdf", "sha256": "0" * 64, "size": 1}},
        "林国栋 提交证据：lab.pdf",
        "林国栋 added evidence: lab.pdf",
    ),
    (
        "milestone.met",
        {"data": {"by": CHIEF, "milestone": "plan", "text": "recall"}},
        "林国栋：初步方案已完成：recall",
        "林国栋: preliminary plan done: recall",
    ),
    ("missed", {"clock": "full_chain"}, "全员到位超时", "Full group missed"),
)


@pytest.mark.parametrize(("kind", "data", "chinese", "english"), TOLD)
def test_an_entry_is_told_in_the_readers_language(kind: str, data: dict[str, Any], chinese: str, english: str) -> None:
    for locale, wanted in (("zh-CN", chinese), ("en", english)):
        policy = policy_in(locale)
        entries = (Entry(T0, kind, data),)
        [told] = newest_first(entries, red_crisis(policy), policy, reader(policy, CHIEF), NOW)
        assert (told.what, told.when) == (wanted, "14:00")


def test_a_statements_own_text_is_not_repeated_in_the_timeline() -> None:
    policy = policy_in("en")
    said = {"by": PRESS, "rung": "first", "text": {"en": "We are sorry."}}
    [told] = newest_first(
        (Entry(T0, "statement.drafted", {"data": said}),), red_crisis(policy), policy, reader(policy, CHIEF), NOW
    )
    assert "sorry" not in told.what


@pytest.mark.parametrize("locale", LOCALES)
def test_an_entry_with_nothing_in_it_is_still_told(locale: str) -> None:
    policy = policy_in(locale)
    for kind in vocabulary(locale).entries:
        [told] = newest_first((Entry(T0, kind, {}),), red_crisis(policy), policy, reader(policy, CHIEF), NOW)
        assert told.what
        assert "{" not in told.what
