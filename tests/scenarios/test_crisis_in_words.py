"""What the product's own decisions about a crisis say: everybody called, one segment each, nobody left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.adapters.language import LOCALES
from shared.adapters.words import TemplateWords
from shared.application.fit_messages import MOST_MESSAGES, fit_messages
from shared.domain.decision import apply_event, open_incident, pass_time, record_for
from shared.domain.directory import Directory
from shared.domain.events import EVENT
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE
from shared.domain.message import Message
from shared.domain.outcome import Decision, Tell
from shared.domain.policy import Policy
from tests.crisis_words_scene import LINK, SITE, T0, policy_in

WORDS = TemplateWords(SITE)


def opened(policy: Policy, source: str = "crm") -> Decision:
    raw = {
        "specversion": "1.0",
        "id": "1",
        "source": source,
        "type": "complaint.received",
        "time": "2026-03-01T14:00:00+08:00",
        "subject": "C-1042",
        "data": {"summary": "一批熟食致人送医", "channel": "weibo", "scope": "nation", "store": "SH-001"},
    }
    event: Any = EVENT.validate_python(raw)
    return open_incident(event, "retail@1", policy, Directory(policy, policy), T0)


def sent(decision: Decision, policy: Policy, now: int) -> tuple[Message, ...]:
    fitted, messages = fit_messages(decision, policy, policy, now, MOST_MESSAGES)
    assert fitted is decision
    return messages


def read(message: Message, incident: Incident, policy: Policy) -> str:
    link = LINK if message.kind == "page" else None
    rendered = WORDS.message(message, incident, policy, message.key.person, link, message.at)
    assert rendered.segments == (1 if message.key.via == "sms" else 0), rendered.text
    return f"{rendered.subject}\n{rendered.text}"


@pytest.mark.parametrize("locale", LOCALES)
def test_a_red_crisis_calls_everybody_in_one_step_and_each_knows_as_what(locale: str) -> None:
    policy = policy_in(locale)
    decision = opened(policy)
    called = [message for message in sent(decision, policy, T0) if message.reason == "called"]
    assert len(called) == 12
    texts = [read(message, decision.incident, policy) for message in called]
    assert all(message.urgent and not message.drill for message in called)
    grade, role = ("红色危机", "总指挥") if locale == "zh-CN" else ("RED crisis", "Commander")
    assert all(grade in text and "C-1042" in text for text in texts)
    assert sum(role in text.partition("\n")[0] for text in texts) == 1


@pytest.mark.parametrize("locale", LOCALES)
def test_every_message_of_the_first_hours_can_be_read(locale: str) -> None:
    policy = policy_in(locale)
    decision = opened(policy)
    incident, seen = decision.incident, set()
    messages = list(sent(decision, policy, T0))
    for _ in range(200):
        due = incident.next_step_at
        if due is None or due > T0 + 400 * MINUTE:
            break
        decision = pass_time(incident, policy, Directory(policy, policy), due)
        incident = decision.incident
        messages += sent(decision, policy, due)
        for message in messages:
            assert "{" not in read(message, incident, policy)
            seen.add(message.reason)
        messages = []
    assert {"called", "called_b", "seat_empty", "milestone_missed", "approval_wanted", "statement_late"} <= seen


def test_who_comes_in_gets_the_brief_and_a_drill_says_so() -> None:
    policy = policy_in("en")
    decision = opened(policy, source="drill")
    incident = replace(decision.incident, drill=True)
    [page] = [page for page in decision.pages if page.rung == "commander" and page.reason == "called"]
    raw = {
        "specversion": "1.0",
        "id": "2",
        "source": "console",
        "type": "crisis.confirmed",
        "time": "2026-03-01T14:03:00+08:00",
        "data": {"incident": incident.id, "by": page.person},
    }
    event: Any = EVENT.validate_python(raw)
    directory = Directory(policy, policy)
    record = record_for(incident, event, policy, directory)
    confirmed = apply_event(incident, event, record, policy, directory, T0 + 3 * MINUTE)
    [brief] = [message for message in sent(confirmed, policy, T0 + 3 * MINUTE) if message.reason == "brief"]
    assert (brief.key.person, brief.key.via, brief.drill) == (page.person, "email", True)
    text = read(brief, confirmed.incident, policy)
    assert text.startswith("DRILL: [Tocsin] RED crisis C-1042: you are in as Commander\nDRILL: ")
    assert f"- Commander: {policy.people[page.person].name}\n" in text
    assert "You decide as: Vice president" in text


def test_a_whole_group_and_sixty_listeners_fit_one_step() -> None:
    policy = policy_in("zh-CN")
    incident = opened(policy).incident
    people = list(policy.people)[:60]
    tells = tuple(
        Tell(incident.id, 100 + number, 0, T0, person, "published", "first") for number, person in enumerate(people)
    )
    decision = opened(policy)
    decision = decision._replace(tells=decision.tells + tells)
    messages = sent(decision, policy, T0)
    assert {message.key.person for message in messages if message.reason == "published"} == set(people)
    assert sum(message.reason == "called" for message in messages) == 12
