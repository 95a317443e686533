"""What people read in an SMS: one segment, the link whole, what to do never dropped."""

import itertools
from dataclasses import replace
from typing import Any, get_args

import pytest
import yaml

from shared.adapters.language import LOCALES, vocabulary
from shared.adapters.words import TemplateWords
from shared.domain.incident import Incident
from shared.domain.instants import HOUR, MINUTE
from shared.domain.message import Message, MessageKey
from shared.domain.outcome import PageReason, TellReason
from shared.domain.policy import Policy
from shared.domain.sms import measure
from tests.complaint_of_two import T0, received

WORDS = TemplateWords()
LINK = "https://t.example.cn/l/Zk3x9QpL2vA"
LONG_LINK = "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4e5/local/a/Zk3x9QpL2vA"
POLICY = """
policy: house
levels:
  ordinary: {name: {zh-CN: 一般投诉}, clocks: {respond: 2h, resolve: 24h}, window: 30m}
  major:
    name: {zh-CN: 重大投诉, en: Major complaint}
    clocks: {respond: 30m, step_in: 4h, resolve: 24h}
    milestones: {seal_off_the_whole_building_and_call_everybody: 1h}
    window: 10m
    urgent: true
  a-level-with-a-name-as-long-as-an-identifier-may-be-at-the-most: {window: 10m}
classification: {default: ordinary}
chains:
  default:
    - rung: front_line
      people: [li, smith, sato, dupont]
      title: {zh-CN: 一线客服, en: Front line}
      authority: {compensation_cny: 1500, actions: [refund, tear_it_up]}
    - {rung: supervisor, people: [smith]}
people:
  li: {name: 李娜, phone: "+8613800000001", locale: zh-CN}
  smith: {name: Smith, phone: "+447700900001", locale: en-GB, zone: Europe/London}
  sato: {name: 佐藤, phone: "+81312345678", locale: ja}
  dupont: {name: Dupont, phone: "+33123456789"}
operations: [smith]
"""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.model_validate(yaml.safe_load(POLICY))


@pytest.fixture(scope="module")
def incident(policy: Policy) -> Incident:
    return received(policy, "house@1", "王先生 13912345678 被货架砸伤", level="major")


def a_message(reason: str, *, kind: Any = "page", late: int = 0, **fields: Any) -> Message:
    key = MessageKey("inc-1", 1, fields.pop("person", "li"), "sms")
    due = fields.pop("due", T0 + 30 * MINUTE)
    clock = fields.pop("clock", "respond" if reason in ("missed", "unacknowledged", "repeat", "warning") else None)
    level = fields.pop("level", "major")
    return Message(key, kind, reason, level, due + late, due, 0, clock=clock, rung="front_line", **fields)


def sms(message: Message, incident: Incident | None, policy: Policy, link: str | None = LINK, now: int = 0) -> str:
    return WORDS.message(message, incident, policy, message.key.person, link, now or message.at + 1).text


@pytest.mark.parametrize("locale", LOCALES)
def test_every_reason_has_its_words(locale: str) -> None:
    words = vocabulary(locale)
    assert set(words.pages) == set(get_args(PageReason))
    assert set(words.tells) == set(get_args(TellReason))
    wanted = {"brief", "plain", "sentence", "ask", "button"}
    for reason, said in itertools.chain(words.pages.items(), words.tells.items()):
        assert wanted <= set(said), reason
        assert all(said.values()), reason


def test_both_locales_name_the_same_things() -> None:
    chinese, english = vocabulary("zh-CN"), vocabulary("en")
    assert set(vars(chinese)) == set(vars(english))
    for name in vars(chinese):
        if isinstance(getattr(chinese, name), dict):
            assert set(getattr(chinese, name)) == set(getattr(english, name)), name


def test_english_sms_words_stay_in_the_gsm_alphabet() -> None:
    words = vocabulary("en")
    said = [text for reason in (*words.pages.values(), *words.tells.values()) for text in reason.values()]
    said += [*words.clocks.values(), words.brand, words.late, words.phrases["by"], words.phrases["also"], *words.months]
    assert [text for text in said if measure(text).alphabet != "gsm"] == []


@pytest.mark.parametrize("person", ["li", "smith"])
@pytest.mark.parametrize("reason", get_args(PageReason))
def test_no_two_reasons_read_the_same(reason: str, person: str, incident: Incident, policy: Policy) -> None:
    text = sms(a_message(reason, person=person), incident, policy)
    others = {
        sms(a_message(other, person=person), incident, policy) for other in get_args(PageReason) if other != reason
    }
    assert text not in others


def test_a_page_in_chinese(incident: Incident, policy: Policy) -> None:
    text = sms(a_message("missed", late=12 * MINUTE), incident, policy)
    assert text == f"【警钟】重大投诉 C-1042 首次响应已超时12分钟，请接手 {LINK}"


def test_a_page_in_english(incident: Incident, policy: Policy) -> None:
    text = sms(a_message("missed", late=12 * MINUTE, person="smith"), incident, policy)
    assert text == f"Tocsin: Major complaint C-1042: first response missed, late by 12 min. Take over: {LINK}"


def test_a_new_complaint_names_the_deadline_in_the_readers_zone(incident: Incident, policy: Policy) -> None:
    assert "须14:30前首次响应" in sms(a_message("opened", due=T0, late=2_000), incident, policy)
    english = sms(a_message("opened", person="smith", due=T0, late=2_000), incident, policy)
    assert "first response due by 06:30" in english


def test_lateness_is_named_from_one_minute_on(incident: Incident, policy: Policy) -> None:
    assert "迟" not in sms(a_message("escalated", late=MINUTE - 1), incident, policy)
    assert "迟1分钟" in sms(a_message("escalated", late=MINUTE), incident, policy)
    assert "late by 200 min" in sms(a_message("repeat", late=200 * MINUTE, person="smith"), incident, policy)
    assert "late by 2 d 1 h" in sms(a_message("repeat", late=49 * HOUR, person="smith"), incident, policy)


def test_a_repeat_of_a_send_that_may_have_worked_says_so(incident: Incident, policy: Policy) -> None:
    assert "或重发" in sms(a_message("missed", perhaps_again=True), incident, policy)
    assert "maybe again" in sms(a_message("missed", perhaps_again=True, person="smith"), incident, policy)


def test_further_missed_clocks_are_named_where_there_is_room(incident: Incident, policy: Policy) -> None:
    page = a_message("missed", person="smith", also=("step_in", "resolve"))
    assert "also missed: management step-in, solution" in sms(page, incident, policy)
    assert "+2" in sms(page, replace(incident, subject="C-" + "1" * 24), policy)


def test_an_sms_carries_nothing_of_the_summary(incident: Incident, policy: Policy) -> None:
    for person, reason in itertools.product(("li", "smith"), get_args(PageReason)):
        text = sms(a_message(reason, person=person), incident, policy)
        assert "13912345678" not in text
        assert "王先生" not in text


def test_an_unknown_locale_reads_the_policys_and_then_english(incident: Incident, policy: Policy) -> None:
    assert sms(a_message("missed", person="sato"), incident, policy).startswith("【警钟】")
    assert sms(a_message("missed", person="dupont"), incident, policy).startswith("【警钟】")
    assert sms(a_message("missed", person="gone"), incident, policy).startswith("【警钟】")
    french = policy.model_copy(update={"locale": "fr"})
    assert sms(a_message("missed", person="sato"), incident, french).startswith("Tocsin: ")


def test_a_level_without_a_name_in_the_readers_language_goes_by_its_id(incident: Incident, policy: Policy) -> None:
    assert "Tocsin: ordinary C-1042" in sms(a_message("missed", person="smith", level="ordinary"), incident, policy)
    assert "no-longer-there C-1042" in sms(
        a_message("missed", person="smith", level="no-longer-there"), incident, policy
    )


def test_a_reason_nobody_has_words_for_still_asks(incident: Incident, policy: Policy) -> None:
    assert sms(a_message("something_new"), incident, policy) == f"【警钟】重大投诉 C-1042 需要您，请查看 {LINK}"


AWKWARD = ["C-1042", "9" * 256, "投诉" * 100, "投诉-2026-000042", "🔔" * 60, "[{€}]" * 20, "مرحبا 42", "l’été — 7"]
MILESTONE = "seal_off_the_whole_building_and_call_everybody"
LONGEST_LEVEL = "a-level-with-a-name-as-long-as-an-identifier-may-be-at-the-most"


@pytest.mark.parametrize("person", ["li", "smith"])
@pytest.mark.parametrize("subject", AWKWARD, ids=range(len(AWKWARD)))
@pytest.mark.parametrize("reason", get_args(PageReason))
def test_a_page_always_takes_one_segment(
    reason: str, subject: str, person: str, incident: Incident, policy: Policy
) -> None:
    strange = replace(incident, subject=subject)
    ask = vocabulary("zh-CN" if person == "li" else "en").pages[reason]["ask"]
    many = ("step_in", "resolve", "follow_up", MILESTONE)
    for clock, level, (late, again, also) in itertools.product(
        ("respond", MILESTONE, None),
        ("major", LONGEST_LEVEL),
        ((0, False, ()), (0, False, many), (23 * HOUR + 59 * MINUTE, True, many), (400 * 24 * HOUR, True, ())),
    ):
        page = a_message(reason, person=person, clock=clock, level=level, late=late, perhaps_again=again, also=also)
        rendered = WORDS.message(page, strange, policy, person, LINK, page.at)
        assert rendered.segments == measure(rendered.text).segments == 1, rendered.text
        assert rendered.text.endswith(" " + LINK)
        assert ask in rendered.text
        assert "\n" not in rendered.text


@pytest.mark.parametrize("person", ["li", "smith"])
@pytest.mark.parametrize("reason", get_args(TellReason))
def test_a_tell_takes_one_segment_and_says_what_to_do(
    reason: str, person: str, incident: Incident, policy: Policy
) -> None:
    ask = vocabulary("zh-CN" if person == "li" else "en").tells[reason]["ask"]
    for subject in AWKWARD:
        tell = a_message(reason, kind="tell", person=person, about="front_line")
        rendered = WORDS.message(tell, replace(incident, subject=subject), policy, person, None, T0)
        assert rendered.segments == 1
        assert ask in rendered.text


def test_a_long_link_takes_a_second_segment_and_loses_nothing_for_it(incident: Incident, policy: Policy) -> None:
    page = a_message("missed", also=("resolve",), late=12 * MINUTE)
    rendered = WORDS.message(page, incident, policy, "li", LONG_LINK, page.at)
    assert rendered.segments == measure(rendered.text).segments == 2
    assert rendered.text.endswith(" " + LONG_LINK)
    assert "另有超时：解决" in rendered.text


def test_an_emoji_in_an_english_case_number_does_not_halve_the_room(incident: Incident, policy: Policy) -> None:
    text = sms(a_message("repeat", person="smith", late=MINUTE), replace(incident, subject="🔔C-1042"), policy)
    assert measure(text).alphabet == "gsm"
    assert "C-1042" in text


def test_a_tell_to_operations_names_the_rung_that_was_skipped(incident: Incident, policy: Policy) -> None:
    tell = a_message("rung_skipped", kind="tell", person="operations", about="front_line")
    assert "一线客服无人可联系" in sms(tell, incident, policy, link=None)


def test_a_digest_says_how_many_and_as_much_of_each_as_fits(policy: Policy) -> None:
    items = tuple(f"major missed C-{number}" for number in range(20))
    text = sms(a_message("digest", kind="digest", items=items), None, policy, link=None)
    assert text.startswith("【警钟】20条通知合并：重大投诉 C-0 已超时；")
    assert measure(text).segments == 1
    assert text.endswith("等")
    english = sms(a_message("digest", kind="digest", items=items[:2], person="smith"), None, policy, link=None)
    assert english == (
        "Tocsin: 2 messages in one: Major complaint C-0 deadline missed; Major complaint C-1 deadline missed."
    )


def test_a_digest_line_of_another_form_is_shown_as_it_is(policy: Policy) -> None:
    text = sms(a_message("digest", kind="digest", items=("look at\nC-7",)), None, policy, link=None)
    assert "look at C-7" in text
