"""What a crisis says by SMS and mail: one segment, no context needed, drills never mistaken, outsiders told nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.language import LOCALES, vocabulary
from shared.adapters.words import TemplateWords
from shared.domain.crisis import Revision
from shared.domain.instants import HOUR, MINUTE
from shared.domain.message import Message, MessageKey
from shared.domain.outcome import OF_GROUP, TOLD_OF_GROUP
from shared.domain.policy import Policy
from shared.domain.publication import public_name
from shared.domain.sms import measure
from tests.crisis_words_scene import (
    CHIEF,
    LAWYER,
    LINK,
    PAGES,
    PRESS,
    SITE,
    SUMMARY,
    T0,
    TELLS,
    drafted,
    policy_in,
    red_crisis,
    said,
)

DRILL = {"zh-CN": "演练", "en": "DRILL"}
AWKWARD = ["C-1042", "9" * 256, "投诉" * 100, "🔔" * 60, "[{€}]" * 20, "l’été — 7"]


def with_long_names(policy: Policy) -> Policy:
    """Roles and statements with names as long as anybody may give them."""
    long = {
        "zh-CN": "负责华东与华南全部门店的首席食品安全质量专家",
        "en": "Chief food-safety expert for the whole of East China",
    }
    assert policy.roster
    roles = {name: role.model_copy(update={"name": long}) for name, role in policy.roster.roles.items()}
    kind = policy.crises["public"]
    assert kind.statements
    title = {
        "zh-CN": "关于熟食拼盘相关情况的首次公开说明",
        "en": "What we know so far about our cold platters and what to do",
    }
    rungs = {name: rung.model_copy(update={"title": title}) for name, rung in kind.statements.rungs.items()}
    kind = kind.model_copy(update={"statements": kind.statements.model_copy(update={"rungs": rungs})})
    roster = policy.roster.model_copy(update={"roles": roles})
    return policy.model_copy(update={"roster": roster, "crises": {**policy.crises, "public": kind}})


def test_every_reason_of_the_group_is_told_here() -> None:
    assert {reason for reason, _ in PAGES} == OF_GROUP | {"graded"}
    assert {reason for reason, _ in TELLS} == TOLD_OF_GROUP


@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("subject", AWKWARD, ids=range(len(AWKWARD)))
@pytest.mark.parametrize("locale", LOCALES)
def test_a_page_takes_one_segment_whatever_it_names(locale: str, subject: str, drill: bool) -> None:
    policy = policy_in(locale)
    for rules, (reason, fields) in itertools.product((policy, with_long_names(policy)), PAGES):
        incident = red_crisis(rules, subject=subject)
        for state, (late, again) in itertools.product(
            (incident, drafted(incident)), ((0, False), (23 * HOUR + 59 * MINUTE, True), (400 * 24 * HOUR, True))
        ):
            rendered = said(state, rules, reason, late=late, perhaps_again=again, drill=drill, **fields)
            assert rendered.segments == measure(rendered.text).segments == 1, rendered.text
            assert rendered.text.endswith(" " + LINK)
            asks = {vocabulary(locale).pages[reason]["ask"]} | {
                part["ask"] for part in vocabulary(locale).parts.values()
            }
            assert any(ask in rendered.text for ask in asks), rendered.text
            assert rendered.text.lstrip("【").startswith(DRILL[locale]) == drill


@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize("locale", LOCALES)
def test_a_tell_takes_one_segment_and_says_what_to_do(locale: str, drill: bool) -> None:
    policy = with_long_names(policy_in(locale))
    for (reason, fields), subject in itertools.product(TELLS, AWKWARD):
        if reason == "published":
            continue  # its link is as long as the site's address; drills have none
        rendered = said(red_crisis(policy, subject=subject), policy, reason, kind="tell", drill=drill, **fields)
        assert rendered.segments == 1, rendered.text
        assert vocabulary(locale).tells[reason]["ask"] in rendered.text
        assert rendered.text.lstrip("【").startswith(DRILL[locale]) == drill


@pytest.mark.parametrize("locale", LOCALES)
def test_no_two_messages_of_a_crisis_read_the_same(locale: str) -> None:
    policy = policy_in(locale)
    incident = red_crisis(policy)
    pages = [said(incident, policy, reason, **fields).text for reason, fields in PAGES]
    tells = [said(incident, policy, reason, kind="tell", **fields).text for reason, fields in TELLS]
    assert len(set(pages + tells)) == len(PAGES) + len(TELLS)


def test_somebody_woken_at_night_knows_what_is_asked() -> None:
    chinese, english = policy_in("zh-CN"), policy_in("en")
    assert said(red_crisis(chinese), chinese, "called", rung="commander").text == (
        f"【警钟】红色危机 C-1042 请您任总指挥，请确认或谢绝 {LINK}"
    )
    assert said(red_crisis(english), english, "called", rung="commander").text == (
        f"Tocsin: RED crisis C-1042: you are called as Commander. Confirm or decline: {LINK}"
    )


def test_a_seat_is_named_by_its_role_and_numbered_only_where_that_tells_it_apart() -> None:
    policy = policy_in("en")
    incident = red_crisis(policy)
    assert "as Legal adviser." in said(incident, policy, "called_b", rung="legal.2").text
    empty = said(incident, policy, "seat_empty", rung="vice_president", clock="legal.2", also=("commander",)).text
    assert "NOBODY for Legal adviser 2, also Commander" in empty
    mail = said(
        incident, policy, "seat_empty", rung="vice_president", clock="legal.2", also=("commander",), via="email"
    )
    assert "for these seats: Legal adviser 2, Commander." in mail.text
    assert mail.text.count("Commander") == 1


def test_many_empty_seats_are_counted_where_their_names_do_not_fit() -> None:
    policy = policy_in("zh-CN")
    others = tuple(f"service.{number}" for number in range(1, 6))
    text = said(red_crisis(policy), policy, "seat_empty", rung="vice_president", clock="legal.2", also=others).text
    assert "法律顾问2无人到位，另5席" in text


def test_a_missed_milestone_is_named_and_how_late_the_page_comes() -> None:
    chinese, english = policy_in("zh-CN"), policy_in("en")
    late: dict[str, Any] = {"rung": "commander", "clock": "full_chain", "late": 7 * MINUTE}
    assert "全员到位超时，迟7分钟" in said(red_crisis(chinese), chinese, "milestone_missed", **late).text
    assert "full group missed, late by 7 min" in said(red_crisis(english), english, "milestone_missed", **late).text


def test_a_statement_is_named_by_its_title_with_its_time_in_the_readers_zone() -> None:
    policy = policy_in("en")
    people = {**policy.people, LAWYER: policy.people[LAWYER].model_copy(update={"zone": "Europe/London"})}
    there = policy.model_copy(update={"people": people})
    page: dict[str, Any] = {"rung": "legal.1", "clock": "first"}
    assert "First statement due by 06:30" in said(red_crisis(there), there, "approval_wanted", **page).text
    assert "First statement due by 14:30" in said(red_crisis(policy), policy, "approval_wanted", **page).text
    mail = said(red_crisis(policy), policy, "statement_late", at=T0 + 30 * MINUTE, via="email", **page)
    assert '"First statement: the confirmed facts"' in mail.text
    assert "was due 14:30, NOT PUBLIC" in mail.subject


@pytest.mark.parametrize(
    ("rung", "person", "approvals", "draft", "ask"),
    [
        ("public_relations", PRESS, (), False, "Draft it now"),
        ("legal.1", LAWYER, (), False, "Get it drafted"),
        ("legal.1", LAWYER, (), True, "Approve or reject"),
        ("legal.1", LAWYER, (("legal", LAWYER),), True, "Get it approved"),
        ("public_relations", PRESS, (), True, "Get it approved"),
    ],
)
def test_whoever_is_wanted_for_a_statement_is_asked_for_their_own_part(
    rung: str, person: str, approvals: tuple[tuple[str, str], ...], draft: bool, ask: str
) -> None:
    policy = policy_in("en")
    incident = drafted(red_crisis(policy), approvals=approvals) if draft else red_crisis(policy)
    assert f". {ask}: " in said(incident, policy, "approval_wanted", person, rung=rung, clock="first").text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_drill_says_so_first_on_every_surface(locale: str) -> None:
    policy, mark = policy_in(locale), DRILL[locale]
    incident = red_crisis(policy, drill=True, subject="9" * 256)
    for (reason, fields), kind in [*zip(PAGES, itertools.repeat("page")), *zip(TELLS, itertools.repeat("tell"))]:
        mail = said(incident, policy, reason, kind=kind, via="email", drill=True, **fields)
        assert mail.html
        assert mail.subject.startswith(mark)
        assert mail.text.startswith(mark)
        assert f'<h1 style="margin:0 0 12px;font-size:22px;line-height:1.3;">{mark}' in mail.html
        assert vocabulary(locale).drill["sentence"] in mail.text
        assert said(incident, policy, reason, kind=kind, via="webhook", drill=True, **fields).text.startswith(mark)
    for kind, reason in (("page", "opened"), ("page", "missed"), ("tell", "waiting")):
        assert said(incident, policy, reason, kind=kind, drill=True).text.lstrip("【").startswith(mark)
    assert mark not in said(incident, policy, "called", via="email", rung="legal.1").text


@pytest.mark.parametrize("locale", LOCALES)
def test_a_digests_line_about_a_drill_says_so_first(locale: str) -> None:
    policy, mark = policy_in(locale), DRILL[locale]
    items = ("DRILL ordinary missed D-1", "ordinary missed C-1")
    key = MessageKey("digest-li.na", 1, "li.na", "email")
    digest = Message(key, "digest", "digest", "ordinary", T0, T0, 0, items=items)
    lines = [
        line
        for line in TemplateWords().message(digest, None, policy, "li.na", None, T0).text.splitlines()
        if "-1" in line
    ]
    assert [line.startswith(f"- {mark}") for line in lines] == [True, False]
    by_sms = replace(
        digest, key=replace(key, via="sms"), items=(items[0].replace("D-1", "D-" + "1" * 200),), drill=True
    )
    text = TemplateWords().message(by_sms, None, policy, "li.na", None, T0).text
    assert text.lstrip("【").startswith(mark)
    assert measure(text).segments == 1


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("reason", [*(reason for reason, _ in PAGES), *(reason for reason, _ in TELLS)])
def test_any_reason_can_stand_in_a_digest(reason: str, locale: str) -> None:
    key = MessageKey("digest-li.na", 1, "li.na", "email")
    digest = Message(key, "digest", "digest", "major", T0, T0, 0, items=(f"major {reason} C-1",))
    words = vocabulary(locale)
    plain = (words.pages.get(reason) or words.tells[reason])["plain"]
    text = TemplateWords().message(digest, None, policy_in(locale), "li.na", None, T0).text
    assert f" C-1 {plain}" in text


@pytest.mark.parametrize("via", ["email", "webhook", "sms"])
@pytest.mark.parametrize("locale", LOCALES)
def test_outsiders_learn_what_the_public_learns_and_nothing_else(locale: str, via: str) -> None:
    policy = policy_in(locale)
    out = Revision(1, PRESS, T0, "h", published_at=T0 + 29 * MINUTE, out_at=T0 + 29 * MINUTE)
    incident = red_crisis(policy)
    first = replace(incident.statements[0], revisions=(out,))
    incident = replace(incident, statements=(first, *incident.statements[1:]))
    rendered = said(incident, policy, "published", "press.desk", kind="tell", via=via, about="first")
    everything = "\n".join((rendered.subject, rendered.text, rendered.html or ""))
    grades = vocabulary(locale).grades.values()
    people = (policy.people[name].name for name in (CHIEF, LAWYER, PRESS, "press.desk", "chen.jing"))
    inside = ("C-1042", "C-1043", "inc-1", SUMMARY, "SH-001", "熟食", "1,2", "51,", "retail", "crm", *grades, *people)
    assert [secret for secret in inside if secret in everything] == []
    shelf = {"zh-CN": "", "en": "en/"}[locale]
    assert f"{SITE}/{shelf}s/{public_name('inc-1')}/first.html" in rendered.text
    title = {"zh-CN": "首次通报", "en": "First statement"}[locale]
    assert title in rendered.text
    assert title in rendered.subject


def test_outsiders_get_no_private_link_and_are_free_to_forward() -> None:
    policy = policy_in("en")
    mail = said(red_crisis(policy), policy, "published", "press.desk", kind="tell", via="email", about="first")
    assert "forward" not in mail.text + (mail.html or "")
    assert LINK not in mail.text


@pytest.mark.parametrize(("site", "about"), [("", "first"), (SITE, "gone"), (SITE, "")])
def test_without_a_site_or_a_statement_that_is_known_the_tell_still_reads(site: str, about: str) -> None:
    policy = policy_in("en")
    tell = Message(MessageKey("inc-1", 1, "press.desk", "email"), "tell", "published", "crisis", T0, T0, 0, about=about)
    rendered = TemplateWords(site).message(tell, red_crisis(policy), policy, "press.desk", None, T0)
    assert "C-1042" not in rendered.text + rendered.subject
    assert "{" not in rendered.text
    nothing_known = TemplateWords(site).message(tell, None, policy, "press.desk", None, T0)
    assert "a statement is published" in nothing_known.subject


def test_an_sms_of_a_crisis_carries_nothing_of_the_summary() -> None:
    policy = policy_in("zh-CN")
    incident = red_crisis(policy, summary="王先生 13912345678 中毒")
    for reason, fields in PAGES:
        assert "1391" not in said(incident, policy, reason, **fields).text
