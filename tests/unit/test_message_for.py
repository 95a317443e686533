"""From a decision to the rows of the outbox."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.application.message_body import read_message_key
from shared.application.message_for import channels, messages_for, on_channel
from shared.domain.classification import Known
from shared.domain.incident import Course, Incident
from shared.domain.message import MessageKey
from shared.domain.outcome import OF_GROUP, OPERATIONS, TOLD_OF_GROUP, Decision, Page, Tell
from shared.domain.policy import Policy
from tests.message_scene import POLICY

INCIDENT = Incident(
    "inc-1", "crm", "CASE-1", "broken", "test@1", "default", Course(1_000, "ordinary", Known(), clocks=())
)


def page(person: str = "wang", **fields: Any) -> Page:
    known: dict[str, Any] = {
        "incident": "inc-1",
        "step": 3,
        "epoch": 2,
        "fence": 1,
        "at": 5_000,
        "due": 4_000,
        "level": "ordinary",
        "clock": "respond",
        "rung": "front",
        "person": person,
        "reason": "missed",
        "also": ("resolve",),
    }
    return Page(**{**known, **fields})


def today(**people: dict[str, Any]) -> Policy:
    return Policy.model_validate({**POLICY.model_dump(mode="json"), "people": people})


def test_a_page_goes_to_the_first_channel_that_has_a_contact() -> None:
    someone = {"name": "Wang", "email": "w@example.com", "webhook": "https://w.example", "channels": ["sms", "webhook"]}
    [message] = messages_for(Decision(INCIDENT, pages=(page(),)), today(wang=someone), POLICY)
    assert message.key == MessageKey("inc-1", 3, "wang", "webhook")


def test_a_page_keeps_what_the_decision_said() -> None:
    [message] = messages_for(Decision(INCIDENT, pages=(page(),)), POLICY, POLICY)
    assert (message.kind, message.reason, message.level, message.clock, message.also, message.rung) == (
        "page",
        "missed",
        "ordinary",
        "respond",
        ("resolve",),
        "front",
    )
    assert (message.at, message.due, message.epoch, message.fence, message.state) == (5_000, 4_000, 2, 1, "pending")


@pytest.mark.parametrize(("level", "urgent"), [("ordinary", False), ("major", True)])
def test_the_level_says_what_is_urgent(level: str, urgent: bool) -> None:
    [message] = messages_for(Decision(INCIDENT, pages=(page(level=level),)), POLICY, POLICY)
    assert message.urgent is urgent


def test_the_level_is_looked_up_in_the_incidents_own_rules() -> None:
    newer = Policy.model_validate(
        {**POLICY.model_dump(mode="json"), "levels": {"ordinary": {"window": "30m", "urgent": True}}}
    )
    [message] = messages_for(Decision(INCIDENT, pages=(page(),)), newer, POLICY)
    assert not message.urgent


@pytest.mark.parametrize("reason", [*sorted(OF_GROUP), "warning"])
def test_what_the_response_group_is_asked_is_urgent_at_every_level(reason: Any) -> None:
    asked = page(reason=reason, rung="commander", fence=None)._replace(group=True)
    [message] = messages_for(Decision(INCIDENT, pages=(asked,)), POLICY, POLICY)
    assert message.urgent
    assert (message.rung, message.epoch, message.fence, message.group) == ("commander", asked.epoch, None, True)


@pytest.mark.parametrize("reason", sorted(TOLD_OF_GROUP))
def test_what_a_crisis_tells_is_never_held_for_a_digest(reason: Any) -> None:
    tell = Tell("inc-1", 4, 2, 5_000, "wang", reason, "first")
    [message] = messages_for(Decision(INCIDENT, tells=(tell,)), POLICY, POLICY)
    assert (message.urgent, message.key.via, message.about) == (True, "email", "first")


def test_a_page_about_the_complaint_stays_as_urgent_as_its_level() -> None:
    pages = (page(reason="graded"), page("li", reason="missed"))
    assert [message.urgent for message in messages_for(Decision(INCIDENT, pages=pages), POLICY, POLICY)] == [
        False,
        False,
    ]


@pytest.mark.parametrize("drill", [False, True])
def test_every_message_of_a_drill_is_marked_on_every_channel(drill: bool) -> None:
    incident = replace(INCIDENT, drill=drill)
    tells = (Tell("inc-1", 4, 2, 5_000, "li", "brief"), Tell("inc-1", 5, 2, 5_000, OPERATIONS, "ladder_ended"))
    messages = messages_for(Decision(incident, pages=(page(),), tells=tells), POLICY, POLICY)
    assert [message.drill for message in messages] == [drill] * 3
    assert on_channel(messages[0], "email", 70_000, attempt=2).drill is drill


def test_a_tell_prefers_e_mail_and_is_never_called_back() -> None:
    tell = Tell("inc-1", 4, 2, 5_000, "wang", "waiting", "about it")
    [message] = messages_for(Decision(INCIDENT, tells=(tell,)), POLICY, POLICY)
    assert (message.key.via, message.kind, message.fence, message.about) == ("email", "tell", None, "about it")
    assert message.at == message.due == 5_000


def test_a_tell_without_an_e_mail_address_takes_what_there_is() -> None:
    tell = Tell("inc-1", 4, 2, 5_000, "li", "waiting")
    [message] = messages_for(Decision(INCIDENT, tells=(tell,)), POLICY, POLICY)
    assert message.key.via == "sms"


def test_operations_are_those_of_today_one_message_each() -> None:
    newer = Policy.model_validate({**POLICY.model_dump(mode="json"), "operations": ["ops", "li"]})
    tell = Tell("inc-1", 4, 2, 5_000, OPERATIONS, "ladder_ended")
    messages = messages_for(Decision(INCIDENT, tells=(tell,)), newer, POLICY)
    assert [(m.key.person, m.key.via) for m in messages] == [("ops", "email"), ("li", "sms")]


def test_somebody_without_a_contact_still_has_a_row_that_can_be_found_undeliverable() -> None:
    messages = messages_for(Decision(INCIDENT, pages=(page("gone"), page("wang"))), POLICY, POLICY)
    assert [message.key.person for message in messages] == ["gone", "wang"]


def test_the_same_decision_makes_the_same_rows_and_none_twice() -> None:
    decision = Decision(INCIDENT, pages=(page(), page(), page("li")))
    messages = messages_for(decision, POLICY, POLICY)
    assert messages == messages_for(decision, POLICY, POLICY)
    assert len({message.key for message in messages}) == len(messages) == 2


def test_the_order_of_channels_follows_the_person_but_for_tells() -> None:
    wang = POLICY.people["wang"].model_copy(update={"channels": ("sms", "email")})
    assert channels(wang, "page") == ("sms", "email")
    assert channels(wang, "digest") == ("sms", "email")
    assert channels(wang, "tell") == ("email", "sms")
    assert channels(None, "page") == ()


def test_the_next_channel_starts_afresh_and_keeps_fence_and_due_time() -> None:
    [first] = messages_for(Decision(INCIDENT, pages=(page(),)), POLICY, POLICY)
    used = replace(first, state="sending", tries=5, sending_at=6_000, reference="r")
    after = on_channel(used, "email", 70_000)
    assert after == replace(first, key=replace(first.key, via="email"), at=70_000)


def test_only_a_repeat_says_that_it_may_be_one() -> None:
    [first] = messages_for(Decision(INCIDENT, pages=(page(),)), POLICY, POLICY)
    assert not on_channel(first, "email", 70_000).perhaps_again
    assert on_channel(first, "sms", 70_000, attempt=2).perhaps_again


@pytest.mark.parametrize(
    "key", [MessageKey("inc-1", 3, "wang", "sms"), MessageKey("digest-l.i-1", 29_000_000, "l.i-1", "webhook", 2)]
)
def test_a_key_survives_its_way_through_the_queue(key: MessageKey) -> None:
    assert read_message_key(str(key)) == key


@pytest.mark.parametrize(
    "body", ["", "inc-1", "inc-1/3#wang#sms", "/000003#wang#sms#1", "inc/x#wang#sms#1", "inc/3#w#fax#1"]
)
def test_what_is_no_key_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"key|int"):
        read_message_key(body)
