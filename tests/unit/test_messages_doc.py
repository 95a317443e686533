"""The examples in docs/messages.md are what is sent."""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from shared.adapters.words import TemplateWords
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE
from shared.domain.message import Message, MessageKey
from shared.domain.outcome import TOLD_OF_GROUP, TellReason
from shared.domain.policy import Policy
from shared.ports import Rendered
from tests import crisis_words_scene as crisis
from tests.complaint_of_two import T0, received

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs/messages.md").read_text("utf-8")
LINK = "https://t.example.cn/l/Zk3x9QpL2vA"
PAGES: tuple[tuple[str, int, int, dict[str, Any]], ...] = (
    ("opened", 0, 2_000, {}),
    ("warning", 24, 0, {"clock": "respond"}),
    ("missed", 30, 12 * MINUTE, {"clock": "respond"}),
    ("unacknowledged", 40, 0, {"clock": "respond"}),
    ("repeat", 80, 0, {"clock": "respond", "also": ("step_in",)}),
    ("missed", 30, 0, {"clock": "respond", "perhaps_again": True}),
)


def policy_in(locale: str) -> Policy:
    raw = yaml.safe_load((ROOT / "shared/policies/retail.yaml").read_text("utf-8"))
    policy = Policy.model_validate(raw)
    people = {name: person.model_copy(update={"locale": locale}) for name, person in policy.people.items()}
    return policy.model_copy(update={"people": people, "locale": locale})


def incident_of(policy: Policy) -> Incident:
    return received(policy, "retail@1", "顾客称在门店被货架砸伤，要求赔偿", level="major")


def rendered(
    locale: str, reason: str, at: int, late: int, *, via: Any = "sms", kind: Any = "page", **more: Any
) -> Rendered:
    policy = policy_in(locale)
    due = T0 + at * MINUTE
    message = Message(
        MessageKey("inc-1", 1, "li.na", via), kind, reason, "major", due + late, due, 0, rung="front_line", **more
    )
    incident = None if kind == "digest" else incident_of(policy)
    link = LINK if kind == "page" else None
    return TemplateWords().message(message, incident, policy, "li.na", link, message.at)


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_pages_by_sms(locale: str) -> None:
    for reason, at, late, more in PAGES:
        assert f"| {rendered(locale, reason, at, late, **more).text} |" in DOC


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("reason", [reason for reason in get_args(TellReason) if reason not in TOLD_OF_GROUP])
def test_tells_by_sms(reason: str, locale: str) -> None:
    about = {"rung_skipped": "front_line", "left_out": "17"}.get(reason, "")
    assert f"| {rendered(locale, reason, 30, 0, kind='tell', about=about).text} |" in DOC


def test_the_mail() -> None:
    mail = rendered("en", "missed", 30, 12 * MINUTE, via="email", clock="respond")
    assert f"\n{mail.subject}\n" in DOC
    assert f"\n{mail.text}\n" in DOC


def test_the_digest() -> None:
    items = ("major missed C-1042", "major opened C-1043")
    assert f"\n{rendered('en', 'digest', 1, 0, kind='digest', items=items).text}\n" in DOC


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_pages_of_a_crisis(locale: str) -> None:
    policy = crisis.policy_in(locale)
    incident = crisis.red_crisis(policy)
    for reason, fields in crisis.PAGES:
        about = crisis.blue_crisis(policy) if reason == "graded" else incident
        assert f"| {crisis.said(about, policy, reason, **fields).text} |" in DOC
    wanted: dict[str, Any] = {"clock": "first", "rung": "legal.1"}
    assert f"| {crisis.said(crisis.drafted(incident), policy, 'approval_wanted', **wanted).text} |" in DOC
    drafter = crisis.said(incident, policy, "approval_wanted", crisis.PRESS, clock="first", rung="public_relations")
    assert f"| {drafter.text} |" in DOC
    assert f"| {crisis.said(incident, policy, 'called', rung='commander', drill=True).text} |" in DOC


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_tells_of_a_crisis(locale: str) -> None:
    policy = crisis.policy_in(locale)
    incident = crisis.red_crisis(policy)
    for reason, fields in crisis.TELLS:
        assert f"| {crisis.said(incident, policy, reason, kind='tell', **fields).text} |" in DOC


def test_the_brief() -> None:
    policy = crisis.policy_in("en")
    mail = crisis.said(crisis.red_crisis(policy), policy, "called", via="email", rung="legal.1")
    assert f"\n{mail.subject}\n\n{mail.text}\n" in DOC


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_what_outsiders_read(locale: str) -> None:
    policy = crisis.policy_in(locale)
    told = crisis.said(
        crisis.red_crisis(policy), policy, "published", "press.desk", kind="tell", via="email", about="first"
    )
    assert f"\n{told.subject}\n\n{told.text}\n" in DOC
