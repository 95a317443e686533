"""A message's way from the outbox to a carrier, transition by transition (I6, I7, I11)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from shared.application.record_delivery import Receipt, record_delivery
from shared.application.send_message import TRIES, TryLaterError, reference_of, send_message, settle_sending
from shared.domain.incident import Incident
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.domain.message import Message, MessageKey
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from shared.ports import PermanentFailure, Rendered, TemporaryFailure, UnknownOutcome
from tests.fakes import FakeCarrier, FakeOutbox, FakeWords, FakeWorld
from tests.message_scene import MAIL, PHONE, POLICY, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def newer(**changes: Any) -> Policy:
    return Policy.model_validate({**POLICY.model_dump(mode="json"), "policy": "newer", **changes})


def fail(scene: Scene, via: Via, *failures: Exception, took: bool = False) -> None:
    scene.world.carriers[via].fail(*failures, took=took)


def test_a_page_is_sent_and_keeps_the_carriers_reference(scene: Scene) -> None:
    message = scene.message(scene.open())
    send_message(scene.world, message.key)
    [sent] = scene.world.carriers["sms"].sent
    row = scene.row(message)
    assert row is not None
    assert (sent.address, sent.reference) == (PHONE, reference_of(message.key))
    assert (row.state, row.reference, row.tries) == ("sent", "sms-1", 1)
    assert not scene.world.carriers["email"].sent


def test_a_page_carries_a_link_of_which_only_the_hash_is_kept(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident)
    send_message(scene.world, message.key)
    [text] = scene.texts("sms")
    url = next(word for word in text.split() if word.startswith("https://t.example/l/"))
    token = url.rpartition("/")[2]
    assert len(token) == 11
    [(token_hash, link)] = scene.world.links.all.items()
    assert token_hash == link.token_hash == hashlib.sha256(token.encode()).hexdigest()
    assert (link.incident, link.person, link.epoch) == (incident, "wang", message.epoch)
    assert link.expires == scene.world.time.now() + 48 * HOUR
    assert not link.group


@pytest.mark.parametrize("group", [False, True])
def test_a_link_of_the_group_carries_the_groups_epoch(scene: Scene, *, group: bool) -> None:
    message = replace(scene.message(scene.open(), reason="called", fence=None), epoch=7, group=group)
    scene.world.outbox.put(replace(message, key=replace(message.key, step=99)))
    send_message(scene.world, replace(message.key, step=99))
    [link] = scene.world.links.all.values()
    assert (link.group, link.epoch) == (group, 7)


def test_no_two_messages_carry_the_same_token(scene: Scene) -> None:
    incident = scene.open()
    for _ in range(3):
        send_message(scene.world, scene.message(incident).key)
    assert len(scene.world.links.all) == 3


def test_what_only_informs_carries_no_link(scene: Scene) -> None:
    message = scene.message(scene.open(), kind="tell", reason="waiting", fence=None)
    send_message(scene.world, message.key)
    assert [sent.address for sent in scene.world.carriers["email"].sent] == [MAIL]
    assert not scene.world.links.all


def test_the_same_key_twice_is_sent_once(scene: Scene) -> None:
    message = scene.message(scene.open())
    send_message(scene.world, message.key)
    send_message(scene.world, message.key)
    assert len(scene.texts("sms")) == 1


def test_a_row_that_is_gone_is_counted_and_done(scene: Scene) -> None:
    send_message(scene.world, MessageKey("inc-never", 1, "wang", "sms"))
    assert scene.world.metrics.totals["MessagesGone"] == 1


def test_an_acknowledgement_calls_a_waiting_page_back(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident)
    scene.acknowledge(incident)
    send_message(scene.world, message.key)
    assert scene.state(message) == "called_back"
    assert not scene.texts("sms")
    assert not scene.alerts


def test_what_belongs_to_no_ladder_is_sent_after_an_acknowledgement_too(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident, reason="warning", fence=None)
    scene.acknowledge(incident)
    send_message(scene.world, message.key)
    assert scene.state(message) == "sent"


def test_an_acknowledgement_while_the_carrier_is_out_of_order_calls_the_page_back(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident)
    fail(scene, "sms", TemporaryFailure())
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    scene.acknowledge(incident)
    send_message(scene.world, message.key)
    assert scene.state(message) == "called_back"
    assert not scene.texts("sms")


def test_a_carrier_that_is_out_of_order_is_asked_again(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", TemporaryFailure())
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    assert scene.state(message) == "pending"
    send_message(scene.world, message.key)
    assert scene.state(message) == "sent"
    assert len(scene.texts("sms")) == 1
    assert not scene.world.carriers["email"].sent


def test_after_five_tries_the_next_channel_carries_it(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", *(TemporaryFailure() for _ in range(TRIES)))
    for _ in range(TRIES - 1):
        with pytest.raises(TryLaterError):
            send_message(scene.world, message.key)
        assert scene.state(message, "email") is None
    send_message(scene.world, message.key)
    assert (scene.state(message), scene.state(message, "email")) == ("failed", "pending")


def test_a_refusal_for_good_takes_the_next_channel_at_once(scene: Scene) -> None:
    message = scene.message(scene.open(), due=scene.world.time.now() - MINUTE)
    fail(scene, "sms", PermanentFailure())
    scene.run()
    assert (scene.state(message), scene.state(message, "email")) == ("failed", "sent")
    after = scene.row(message, "email")
    assert after is not None
    assert (after.due, after.fence, after.kind, after.perhaps_again) == (message.due, message.fence, "page", False)
    assert not scene.alerts


def test_where_no_channel_is_left_operations_are_told_without_addresses(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", PermanentFailure(PHONE))
    fail(scene, "email", PermanentFailure(MAIL))
    scene.run()
    assert (scene.state(message), scene.state(message, "email")) == ("failed", "failed")
    [(subject, text)] = scene.world.operations.alerts
    assert "wang" in subject
    assert message.key.incident in subject
    assert PHONE not in subject + text
    assert MAIL not in subject + text


def test_operations_hear_that_it_was_only_a_drill_that_did_not_reach_somebody(scene: Scene) -> None:
    for drill in (True, False):
        scene.message(scene.open(f"CASE-{drill}"), person="li", drill=drill, reason="called")
        fail(scene, "sms", PermanentFailure())
        scene.run()
    assert [subject.startswith("DRILL: ") for subject, _ in scene.world.operations.alerts] == [True, False]


def test_an_unknown_outcome_waits_a_minute_for_its_receipt(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", UnknownOutcome(), took=True)
    for _ in range(2):
        with pytest.raises(TryLaterError):
            send_message(scene.world, message.key)
        assert scene.state(message) == "sending"
        scene.world.time.advance(29 * SECOND)
    assert len(scene.texts("sms")) == 1
    scene.world.time.advance(2 * SECOND)
    send_message(scene.world, message.key)
    assert (scene.state(message), scene.state(message, "email")) == ("unknown", "pending")
    assert len(scene.texts("sms")) == 1


def test_a_receipt_within_the_minute_settles_it(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", UnknownOutcome(), took=True)
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    record_delivery(scene.world, Receipt("carrier-7", "delivered", ours=scene.world.carriers["sms"].sent[0].reference))
    scene.run()
    row = scene.row(message)
    assert row is not None
    assert (row.state, row.reference) == ("delivered", "carrier-7")
    assert scene.row(message, "email") is None


def test_without_another_channel_exactly_one_repeat_says_that_it_may_be_one(scene: Scene) -> None:
    message = scene.message(scene.open(), "li")
    fail(scene, "sms", UnknownOutcome(), took=True)
    scene.run()
    first, second = scene.texts("sms")
    assert "PERHAPS AGAIN" not in first
    assert "PERHAPS AGAIN" in second
    assert (scene.state(message), scene.state(message, attempt=2)) == ("unknown", "sent")
    assert not scene.alerts


def test_after_a_repeat_of_unknown_outcome_operations_are_told_and_nothing_more_is_sent(scene: Scene) -> None:
    message = scene.message(scene.open(), "li")
    fail(scene, "sms", UnknownOutcome(), UnknownOutcome(), took=True)
    scene.run()
    assert (scene.state(message), scene.state(message, attempt=2)) == ("unknown", "unknown")
    assert len(scene.texts("sms")) == 2
    assert scene.alerts == 1


def test_unknown_first_and_refused_second_repeats_on_the_first(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", UnknownOutcome())
    fail(scene, "email", PermanentFailure())
    scene.run()
    assert scene.state(message, "email") == "failed"
    assert (scene.state(message), scene.state(message, attempt=2)) == ("unknown", "sent")
    assert not scene.alerts


def test_two_unknown_channels_get_one_repeat_on_the_last(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", UnknownOutcome())
    fail(scene, "email", UnknownOutcome())
    scene.run()
    assert scene.row(message, "sms", attempt=2) is None
    assert scene.state(message, "email", attempt=2) == "sent"


def test_no_channel_carries_on_what_an_acknowledgement_called_back(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident)
    fail(scene, "sms", UnknownOutcome(), took=True)
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    scene.acknowledge(incident)
    scene.run()
    assert scene.state(message) == "unknown"
    assert scene.row(message, "email") is None
    assert not scene.alerts


def test_somebody_who_left_is_not_paged_and_operations_are_told(scene: Scene) -> None:
    message = scene.message(scene.open())
    scene.world.policies.adopt(newer(people={"li": {"name": "Li", "phone": "+8613800000002"}}, operations=["li"]))
    scene.run()
    assert scene.state(message) == "failed"
    assert not scene.texts("sms")
    assert scene.alerts == 1


def test_a_contact_that_was_taken_away_moves_the_page_to_the_one_that_is_left(scene: Scene) -> None:
    message = scene.message(scene.open())
    scene.world.policies.adopt(newer(people={"wang": {"name": "Wang", "email": MAIL}}))
    scene.run()
    assert (scene.state(message), scene.state(message, "email")) == ("failed", "sent")
    assert not scene.alerts


def test_people_are_todays_and_the_words_are_of_the_incidents_own_rules(scene: Scene) -> None:
    class Telling(FakeWords):
        def message(
            self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
        ) -> Rendered:
            plain = super().message(message, incident, policy, person, link, now)
            return replace(plain, text=f"{policy.policy}: {policy.people[person].name}")

    world = replace(scene.world, words=Telling())
    message = scene.message(scene.open(), "li")
    scene.world.policies.adopt(newer(people={"li": {"name": "Li the younger", "phone": "+8613900000000"}}))
    send_message(world, message.key)
    [sent] = scene.world.carriers["sms"].sent
    assert (sent.address, sent.text) == ("+8613900000000", "test: Li the younger")


def test_a_stage_without_a_carrier_takes_the_next_channel(scene: Scene) -> None:
    message = scene.message(scene.open())
    carriers: dict[Via, FakeCarrier] = {"email": scene.world.carriers["email"]}
    send_message(replace(scene.world, carriers=carriers), message.key)
    assert (scene.state(message), scene.state(message, "email")) == ("failed", "pending")


def test_the_audit_settles_old_sends_alone(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", UnknownOutcome())
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    sending = scene.row(message)
    assert sending is not None
    scene.world.time.advance(MINUTE - 1)
    assert not settle_sending(scene.world, sending)
    scene.world.time.advance(1)
    assert settle_sending(scene.world, sending)
    assert not settle_sending(scene.world, sending)  # read before somebody else settled it
    settled = scene.row(message)
    assert settled is not None
    assert settle_sending(scene.world, settled)
    assert scene.state(message, "email") == "pending"
    assert scene.world.metrics.totals["OutcomesUnknown"] == 1


def test_a_page_that_waits_for_another_try_is_not_taken_for_one_of_unknown_outcome(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", TemporaryFailure())
    with pytest.raises(TryLaterError):
        send_message(scene.world, message.key)
    scene.world.time.advance(HOUR)
    waiting = scene.row(message)
    assert waiting is not None
    settle_sending(scene.world, waiting)
    assert scene.state(message) == "pending"


class _Overtaken(FakeOutbox):
    """Lets somebody else act just before the row goes to SENDING."""

    def __init__(self, world: FakeWorld, act: Any) -> None:
        super().__init__(world.outbox._shelf)
        self._act = act

    def start_sending(self, message: Message, reference: str, now: int) -> Message:
        act, self._act = self._act, lambda: None
        act()
        return super().start_sending(message, reference, now)


def test_of_two_that_send_at_once_one_does(scene: Scene) -> None:
    message = scene.message(scene.open())
    overtaken = replace(scene.world, outbox=_Overtaken(scene.world, lambda: send_message(scene.world, message.key)))
    send_message(overtaken, message.key)
    assert len(scene.texts("sms")) == 1


def test_one_that_finds_the_other_at_the_carrier_leaves_it_alone(scene: Scene) -> None:
    message = scene.message(scene.open())

    def other() -> None:
        scene.world.outbox.start_sending(message, "other", scene.world.time.now())

    with pytest.raises(TryLaterError):
        send_message(replace(scene.world, outbox=_Overtaken(scene.world, other)), message.key)
    assert not scene.texts("sms")
    assert scene.state(message) == "sending"


def test_an_acknowledgement_at_the_last_moment_still_wins(scene: Scene) -> None:
    incident = scene.open()
    message = scene.message(incident)
    outbox = _Overtaken(scene.world, lambda: scene.acknowledge(incident))
    send_message(replace(scene.world, outbox=outbox), message.key)
    assert scene.state(message) == "called_back"
    assert not scene.texts("sms")


def test_a_receipt_quicker_than_the_carriers_own_answer_is_not_overwritten(scene: Scene) -> None:
    message = scene.message(scene.open())

    class Quick(FakeCarrier):
        def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
            answer = super().send(address, subject, text, html, reference)
            record_delivery(scene.world, Receipt(answer, "delivered", ours=reference))
            return answer

    send_message(replace(scene.world, carriers={"sms": Quick("sms")}), message.key)
    assert scene.state(message) == "delivered"


def test_figures_say_how_much_went_where_and_how_late(scene: Scene) -> None:
    now = scene.world.time.now()
    send_message(scene.world, scene.message(scene.open(), due=now - 7 * SECOND).key)
    totals = scene.world.metrics.totals
    assert (totals["MessagesSentBySms"], totals["CarrierFailuresBySms"]) == (1, 0)
    assert ("SendLatenessMs", 7_000, "Milliseconds") in scene.world.metrics.recorded


@pytest.mark.parametrize(
    ("failure", "how"),
    [
        (TemporaryFailure(), "CarrierPutOff"),
        (PermanentFailure(), "CarrierRefused"),
        (UnknownOutcome(), "CarrierSilent"),
    ],
)
def test_every_failure_of_a_carrier_is_counted(scene: Scene, failure: Exception, how: str) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", failure)
    scene.deliver()
    totals = scene.world.metrics.totals
    assert {name: count for name, count in totals.items() if name.startswith("Carrier")} == {
        "CarrierFailuresBySms": 1,
        how: 1,
    }
    assert scene.state(message) in ("pending", "failed", "sending")
    assert scene.world.metrics.totals["MessagesSentBySms"] == 0


def test_a_failure_nobody_foresaw_is_taken_for_an_unknown_outcome(scene: Scene) -> None:
    message = scene.message(scene.open())
    fail(scene, "sms", RuntimeError("boom"), took=True)
    scene.run()
    assert (scene.state(message), scene.state(message, "email")) == ("unknown", "sent")
    assert len(scene.texts("sms")) == 1
