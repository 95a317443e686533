"""What people read in an e-mail: what happened, until when, what they may decide, and one button."""

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
import yaml

from shared.adapters.words import TemplateWords
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE
from shared.domain.message import Message, MessageKey
from shared.domain.outcome import OUTSIDERS, PageReason, TellReason
from shared.domain.policy import Policy
from shared.ports import Rendered
from tests.complaint_of_two import T0, received

LINK = "https://t.example.cn/l/Zk3x9QpL2vA"
NOW = T0 + 42 * MINUTE
POLICY = """
policy: house
levels:
  major:
    name: {zh-CN: 重大投诉, en: Major complaint}
    clocks: {respond: 30m, step_in: 4h, resolve: 24h}
    window: 10m
classification: {default: major}
chains:
  default:
    - rung: front_line
      people: [li, smith]
      title: {zh-CN: 一线客服, en: Front line}
      authority: {compensation_cny: 1500, actions: [refund, tear_it_up]}
    - {rung: supervisor, people: [wang]}
people:
  li: {name: 李娜, email: li@example.cn}
  smith: {name: Smith, email: smith@example.com, locale: en, zone: Europe/London}
  wang: {name: 王芳, webhook: "https://example.cn/hook"}
operations: [li]
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.model_validate(yaml.safe_load(POLICY))


@pytest.fixture(scope="module")
def incident(policy: Policy) -> Incident:
    return received(policy, "house@1", "货架砸伤")


def mail(
    incident: Incident | None,
    policy: Policy,
    reason: str = "missed",
    *,
    kind: Any = "page",
    person: str = "li",
    via: Any = "email",
    link: str | None = LINK,
    **fields: Any,
) -> Rendered:
    clock = fields.pop("clock", "respond" if reason in ("missed", "unacknowledged", "repeat", "warning") else None)
    key = MessageKey("inc-1", 1, person, via)
    rung = fields.pop("rung", "front_line")
    message = Message(key, kind, reason, "major", NOW, T0 + 30 * MINUTE, 0, clock=clock, rung=rung, **fields)
    return TemplateWords().message(message, incident, policy, person, link, NOW)


class Reading(HTMLParser):
    """Links, tags and text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self._skip = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._skip = tag == "style"
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._skip else data


def test_a_page_in_chinese(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy, also=("resolve",))
    assert rendered.subject == "[警钟] 重大投诉 C-1042：首次响应已超时12分钟"
    assert rendered.text == (
        "首次响应已超时12分钟\n\n首次响应的期限已过。\n另有超时：解决\n本通知迟12分钟：本应更早发出。\n\n"
        "编号：C-1042\n级别：重大投诉\n投诉：货架砸伤\n\n"
        "期限\n- 首次响应：已超时12分钟\n- 主管介入：18:00 到期，剩3小时18分钟\n"
        "- 解决：3月2日 14:00 到期，剩23小时18分钟\n\n"
        "您的层级：一线客服\n您的权限：赔付不超过 1,500 元；退款、tear it up\n\n"
        f"打开并接手：\n{LINK}\n\n仅供李娜本人使用，请勿转发链接。\n时间均为 Asia/Shanghai (UTC+08:00)。"
    )


def test_a_page_in_english_tells_the_readers_own_time(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy, person="smith")
    assert rendered.subject == "[Tocsin] Major complaint C-1042: first response missed, late by 12 min"
    assert "- Management step-in: due 10:00, 3 h 18 min left" in rendered.text
    assert "You may decide: compensation up to CNY 1,500; refund, tear it up" in rendered.text
    assert "Times in Europe/London (UTC+00:00)." in rendered.text


def test_both_parts_say_the_same(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy, person="smith", also=("resolve",), perhaps_again=True)
    assert rendered.html is not None
    html = Reading(rendered.html).text
    for said in (
        "First response missed, late by 12 min",
        "Also missed: solution",
        "An earlier copy of this message may have reached you",
        "compensation up to CNY 1,500",
        "货架砸伤",
        "due 10:00",
    ):
        assert said in rendered.text
        assert said in html


def test_the_html_loads_nothing_and_links_to_one_thing(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy)
    assert rendered.html is not None
    reading = Reading(rendered.html)
    assert reading.links == [LINK]
    assert not {"img", "script", "link", "iframe", "form"} & set(reading.tags)
    assert "url(" not in rendered.html
    assert "prefers-color-scheme: dark" in rendered.html


def test_what_a_customer_wrote_is_text_and_one_line(incident: Incident, policy: Policy) -> None:
    written = '<script>alert(1)</script>\r\nBcc: x@y "{{ 7*7 }}" \u202egpj'
    nasty = replace(incident, summary=written, subject="C-1\r\nBcc: all@example.cn")
    rendered = mail(nasty, policy)
    assert rendered.html is not None
    assert "script" not in Reading(rendered.html).tags
    assert '<script>alert(1)</script> Bcc: x@y "{{ 7*7 }}" gpj' in Reading(rendered.html).text
    assert '投诉：<script>alert(1)</script> Bcc: x@y "{{ 7*7 }}" gpj\n' in rendered.text
    assert "\r" not in rendered.subject
    assert "\n" not in rendered.subject


def test_a_subject_line_keeps_what_happened_however_long_the_case_number_is(incident: Incident, policy: Policy) -> None:
    rendered = mail(replace(incident, subject="9" * 256), policy)
    assert len(rendered.subject) <= 120
    assert rendered.subject.endswith("首次响应已超时12分钟")


def test_a_message_on_time_does_not_say_it_is_late(incident: Incident, policy: Policy) -> None:
    key = MessageKey("inc-1", 1, "smith", "email")
    page = Message(key, "page", "escalated", "major", NOW, NOW - MINUTE + 1, 0, rung="front_line")
    rendered = TemplateWords().message(page, incident, policy, "smith", LINK, NOW)
    assert "late by" not in rendered.text + rendered.subject
    assert "escalated to you" in rendered.subject


def test_whoever_stands_on_another_rung_today_still_learns_what_they_may_decide(
    incident: Incident, policy: Policy
) -> None:
    assert "nothing by yourself" in mail(incident, policy, person="smith", rung="supervisor").text
    assert "CNY 1,500" in mail(incident, policy, person="smith", rung="holder").text
    assert "You may decide" not in mail(incident, policy, person="gone", rung="holder").text


@pytest.mark.parametrize("person", ["li", "smith"])
@pytest.mark.parametrize("reason", [*get_args(PageReason), *get_args(TellReason), "something_new"])
def test_every_reason_makes_a_whole_mail(reason: str, person: str, incident: Incident, policy: Policy) -> None:
    kind = "tell" if reason in get_args(TellReason) else "page"
    rendered = mail(incident, policy, reason, kind=kind, person=person, link=LINK if kind == "page" else None)
    assert rendered.html is not None
    for text in (rendered.subject, rendered.text, Reading(rendered.html).text):
        assert ("C-1042" in text) == (reason not in OUTSIDERS)
        assert "{" not in text
        assert "None" not in text
    assert (LINK in rendered.text) == (kind == "page")


def test_operations_read_the_policys_language(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy, "too_old", kind="tell", person="operations", link=None)
    assert "该投诉到达时已超过7天" in rendered.text
    english = policy.model_copy(update={"locale": "en"})
    told = mail(incident, english, "too_old", kind="tell", person="operations", link=None)
    assert "already older than 7 d when it arrived" in told.text


def test_a_digest_lists_what_was_held_back(policy: Policy) -> None:
    items = ("major missed C-1", "major opened C-2\nnext", "free words")
    rendered = mail(None, policy, "digest", kind="digest", items=items, link=None)
    assert rendered.subject == "[警钟] 3条通知合并发送"
    assert "- 重大投诉 C-1 已超时\n- 重大投诉 C-2 next 新到\n- free words" in rendered.text
    assert rendered.html is not None
    assert Reading(rendered.html).tags.count("li") == 3


def test_a_webhook_gets_the_plain_part_alone(incident: Incident, policy: Policy) -> None:
    rendered = mail(incident, policy, person="wang", via="webhook")
    assert rendered.html is None
    assert LINK in rendered.text
    assert rendered.segments == 0
