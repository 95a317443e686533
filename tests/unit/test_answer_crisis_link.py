"""Links into a crisis: be in or not, report, read a text and stand by it; each once, until it is stood down."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from shared.application.answer_link import open_link, token_hash, use_link
from shared.application.link_view import LinkView, Room
from shared.application.send_message import send_message
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.domain.message import Link
from tests.fakes import FakeWorld
from tests.unit.crisis_room import (
    CHIEF,
    DECLARER,
    LAWYER,
    PRESS,
    SECOND_LAWYER,
    TEXTS,
    TOP,
    a_crisis,
    call_everybody,
    come_in,
    do,
    draft,
    incident,
    link_for,
    reading,
    seen,
    statement,
)
from tests.unit.door_requests import INCIDENT


@pytest.fixture
def world() -> FakeWorld:
    return a_crisis()


def look(world: FakeWorld, person: str) -> LinkView:
    """What a fresh link shows somebody."""
    return open_link(world, link_for(world, person))


def room(view: LinkView) -> Room:
    assert view.room is not None
    return view.room


def tap(world: FakeWorld, person: str, verb: str, said: Mapping[str, str] | None = None, **more: str) -> LinkView:
    world.time.advance(SECOND)
    return use_link(world, link_for(world, person), verb, {**(said or {}), **more})


def seated(world: FakeWorld) -> dict[str, str]:
    crisis = incident(world).course.crisis
    assert crisis is not None
    return dict(crisis.seated)


class TestBeingCalled:
    def test_somebody_who_is_called_may_confirm_or_decline(self, world: FakeWorld) -> None:
        view = look(world, CHIEF)
        assert (view.state, view.status, view.verbs) == ("open", 200, ("confirm", "decline"))
        assert room(view).called_for == "commander"

    def test_looking_changes_nothing(self, world: FakeWorld) -> None:
        token = link_for(world, CHIEF)
        before = seen(world)
        assert [open_link(world, token).state for _ in range(3)] == ["open"] * 3
        assert seen(world) == before

    def test_a_confirmation_takes_the_seat_and_shows_the_room(self, world: FakeWorld) -> None:
        view = tap(world, CHIEF, "confirm")
        assert (view.state, view.status, view.verb) == ("done", 200, "confirm")
        assert seated(world) == {"commander": CHIEF}
        assert (room(view).is_in, room(view).called_for) == (True, None)
        assert "milestone" in view.verbs

    def test_a_double_tap_is_one_confirmation(self, world: FakeWorld) -> None:
        tap(world, CHIEF, "confirm")
        before = seen(world)
        world.time.advance(30_000)
        view = tap(world, CHIEF, "confirm")
        assert (view.state, view.status) == ("used", 409)
        assert seen(world) == before

    def test_ten_taps_at_once_are_one_confirmation(self, world: FakeWorld) -> None:
        world.time.advance(SECOND)
        token = link_for(world, CHIEF)
        views: list[LinkView] = []
        taps = [threading.Thread(target=lambda: views.append(use_link(world, token, "confirm", {}))) for _ in range(10)]
        for each in taps:
            each.start()
        for each in taps:
            each.join()
        assert sorted(view.state for view in views) == ["done"] + ["used"] * 9
        kinds = [entry.kind for line in world.incidents.timeline(INCIDENT) for entry in line.entries]
        assert kinds.count("crisis.confirmed") == 1

    def test_declining_calls_the_next_one_at_once_and_needs_no_reason(self, world: FakeWorld) -> None:
        assert tap(world, CHIEF, "decline").state == "done"
        called = [message for message in world.outbox.all if message.reason == "called_b"]
        assert len(called) == 1
        assert called[0].key.person != CHIEF

    def test_a_reason_is_kept(self, world: FakeWorld) -> None:
        tap(world, CHIEF, "decline", reason="  飞机上 ✈️ ")
        entries = [entry for line in world.incidents.timeline(INCIDENT) for entry in line.entries]
        told = [entry.data["data"] for entry in entries if entry.kind == "crisis.declined"]
        assert told == [{"by": CHIEF, "incident": INCIDENT, "reason": "飞机上 ✈️"}]

    def test_whoever_declined_may_come_after_all_while_the_seat_is_free(self, world: FakeWorld) -> None:
        tap(world, CHIEF, "decline")
        assert look(world, CHIEF).verbs == ("confirm",)
        assert tap(world, CHIEF, "confirm").state == "done"
        assert seated(world) == {"commander": CHIEF}

    def test_somebody_else_in_the_seat_is_said_calmly(self, world: FakeWorld) -> None:
        tap(world, CHIEF, "decline")
        called_b = next(message.key.person for message in world.outbox.all if message.reason == "called_b")
        come_in(world, called_b)
        view = look(world, CHIEF)
        assert (view.state, view.verbs) == ("open", ())
        assert (room(view).lost_to, room(view).called_for, room(view).is_in) == (called_b, None, False)
        before = seen(world)
        assert tap(world, CHIEF, "confirm").state == "settled"
        assert seen(world) == before

    def test_a_guest_confirms_over_the_link_of_the_invitation(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        do(world, "invite", CHIEF, who="he.ping")
        assert room(look(world, "he.ping")).called_for == "guest"
        assert tap(world, "he.ping", "confirm").state == "done"
        crisis = incident(world).course.crisis
        assert crisis is not None
        assert crisis.guests == ("he.ping",)

    def test_who_was_not_called_sees_the_room_and_can_do_nothing(self, world: FakeWorld) -> None:
        view = look(world, "he.ping")
        assert (view.state, view.verbs, room(view)) == ("open", (), Room())
        before = seen(world)
        for verb in ("confirm", "decline", "milestone", "approve", "reject"):
            assert tap(world, "he.ping", verb, milestone="plan", reason="r").state in ("settled", "changed")
        assert seen(world) == before


class TestSeatsThatStayEmpty:
    def test_while_somebody_is_being_called_nobody_else_is_put_there(self, world: FakeWorld) -> None:
        assert "seat" not in look(world, TOP).verbs
        before = incident(world)
        assert tap(world, TOP, "seat", seat="commander", who="he.ping").state == "settled"
        assert incident(world) == before

    def test_the_top_of_the_chain_and_members_put_somebody_there(self, world: FakeWorld) -> None:
        call_everybody(world)
        assert "quality.1" in room(look(world, TOP)).empty_seats
        assert tap(world, TOP, "seat", seat="commander", who="he.ping").state == "done"
        assert room(look(world, "he.ping")).called_for == "commander"
        assert tap(world, "he.ping", "confirm").state == "done"
        assert tap(world, "he.ping", "seat", seat="quality.1", who="sun.li").state == "done"
        assert tap(world, "he.ping", "seat", seat="quality.1", who="sun.li").state == "used"

    def test_nobody_unknown_is_put_there_and_others_put_nobody_there(self, world: FakeWorld) -> None:
        call_everybody(world)
        before = incident(world)
        view = tap(world, TOP, "seat", seat="commander", who="nobody")
        assert (view.state, view.fields) == ("invalid", ("who",))
        assert tap(world, "he.ping", "seat", seat="commander", who="he.ping").state == "settled"
        assert incident(world) == before


class TestMilestones:
    def test_a_member_reports_what_is_met(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        assert room(look(world, CHIEF)).milestones == ("plan", "review")
        view = tap(world, CHIEF, "milestone", milestone="plan", text="recall the batch")
        assert (view.state, room(view).milestones) == ("done", ("review",))
        clock = next(clock for clock in incident(world).course.clocks if clock.name == "plan")
        assert clock.verdict == "met"
        assert tap(world, CHIEF, "milestone", milestone="plan").state == "used"
        assert tap(world, CHIEF, "milestone", milestone="review").state == "done"

    @pytest.mark.parametrize("name", ["muster", "full_chain", "party", "", "x" * 2_000])
    def test_what_nobody_reports_cannot_be_reported(self, world: FakeWorld, name: str) -> None:
        come_in(world, CHIEF)
        before = seen(world)
        assert tap(world, CHIEF, "milestone", milestone=name).state == "settled"
        assert seen(world) == before

    def test_the_other_link_of_the_same_member_finds_it_done(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        world.time.advance(SECOND)
        sms, mail = link_for(world, CHIEF, "sms-token-1234"), link_for(world, CHIEF, "mail-token-1234")
        assert use_link(world, sms, "milestone", {"milestone": "plan"}).state == "done"
        assert use_link(world, mail, "milestone", {"milestone": "plan"}).state == "settled"

    def test_what_is_missed_may_still_be_reported(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        world.time.advance(40 * MINUTE)
        assert tap(world, CHIEF, "milestone", milestone="plan").state == "done"


class TestTexts:
    @pytest.fixture
    def drafted(self, world: FakeWorld) -> FakeWorld:
        come_in(world, CHIEF, LAWYER, SECOND_LAWYER, PRESS)
        draft(world)
        return world

    def test_an_approver_reads_every_language_and_may_judge(self, drafted: FakeWorld) -> None:
        (text,) = room(look(drafted, LAWYER)).drafts
        assert (text.rung, text.revision, text.by, dict(text.text)) == ("first", 1, PRESS, TEXTS)
        assert (text.approve, text.reject) == (True, True)

    def test_nobody_approves_what_they_drafted(self, drafted: FakeWorld) -> None:
        (text,) = room(look(drafted, PRESS)).drafts
        assert (text.approve, text.reject) == (False, False)
        before = seen(drafted)
        assert tap(drafted, PRESS, "approve", reading(drafted)).state == "settled"
        assert seen(drafted) == before

    def test_an_approval_stands_for_the_text_that_was_read(self, drafted: FakeWorld) -> None:
        view = tap(drafted, LAWYER, "approve", reading(drafted))
        assert view.state == "done"
        assert statement(drafted).revisions[0].approvals == (("legal", LAWYER),)
        assert tap(drafted, LAWYER, "approve", reading(drafted)).state == "used"

    def test_one_of_a_role_is_enough_and_the_other_may_still_veto(self, drafted: FakeWorld) -> None:
        tap(drafted, LAWYER, "approve", reading(drafted))
        (text,) = room(look(drafted, SECOND_LAWYER)).drafts
        assert (text.approve, text.reject) == (False, True)
        assert tap(drafted, SECOND_LAWYER, "approve", reading(drafted)).state == "settled"
        assert tap(drafted, SECOND_LAWYER, "reject", reading(drafted), reason="the batch number").state == "done"
        assert statement(drafted).revisions[0].rejected_by == SECOND_LAWYER

    def test_a_text_that_changed_meanwhile_is_not_approved(self, drafted: FakeWorld) -> None:
        read = reading(drafted)
        draft(drafted, en="Another text")
        before = seen(drafted)
        view = tap(drafted, LAWYER, "approve", read)
        assert (view.state, view.status) == ("changed", 409)
        assert [text.revision for text in room(view).drafts] == [2], "the new one is there to be read"
        assert seen(drafted) == before

    @pytest.mark.parametrize("wrong", [{"hash": "0" * 64}, {"hash": ""}, {"revision": "9"}, {"revision": "1e0"}])
    def test_a_form_about_another_text_is_refused(self, drafted: FakeWorld, wrong: dict[str, str]) -> None:
        before = seen(drafted)
        assert tap(drafted, LAWYER, "approve", {**reading(drafted), **wrong}).state == "changed"
        assert seen(drafted) == before

    def test_a_later_text_is_approved_over_the_same_link(self, drafted: FakeWorld) -> None:
        tap(drafted, LAWYER, "approve", reading(drafted))
        draft(drafted, en="Another text")
        assert tap(drafted, LAWYER, "approve", reading(drafted)).state == "done"
        assert statement(drafted).revisions[1].approvals == (("legal", LAWYER),)

    def test_a_veto_needs_a_reason_and_may_be_corrected(self, drafted: FakeWorld) -> None:
        for reason in ({}, {"reason": "  "}):
            view = tap(drafted, LAWYER, "reject", {**reading(drafted), **reason})
            assert (view.state, view.status, view.fields) == ("invalid", 400, ("reason",))
        assert tap(drafted, LAWYER, "reject", reading(drafted), reason="not so").state == "done"
        assert statement(drafted).draft is None

    def test_texts_are_not_for_those_who_were_merely_called(self, drafted: FakeWorld) -> None:
        assert room(look(drafted, "cui.baoguo")).drafts == ()

    def test_a_text_that_cannot_be_read_is_not_offered(
        self, drafted: FakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(drafted.statements, "text", lambda *_: None)
        assert room(look(drafted, LAWYER)).drafts == ()
        assert tap(drafted, LAWYER, "approve", reading(drafted)).state == "changed"

    def test_the_commander_who_drafts_is_approved_by_the_other_one_of_the_seat(self, drafted: FakeWorld) -> None:
        draft(drafted, by=CHIEF, en="By the commander")
        stand_in = next(
            pair.b
            for team in drafted.policies.current()[1].roster.teams.values()  # type: ignore[union-attr]  # it has one
            for pair in team.seats["commander"]
            if pair.a == CHIEF
        )
        (text,) = room(look(drafted, stand_in)).drafts
        assert text.approve
        assert tap(drafted, stand_in, "approve", reading(drafted)).state == "done"
        assert statement(drafted).revisions[-1].approvals == (("commander", stand_in),)


class TestTheEnd:
    def test_standing_down_ends_every_link(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        token = link_for(world, LAWYER)
        do(world, "stand-down", CHIEF, reason="all are well")
        before = seen(world)
        view = open_link(world, token)
        assert (view.state, view.status, view.room, view.verbs) == ("stood_down", 410, None, ())
        assert use_link(world, token, "confirm", {}).state == "stood_down"
        assert seen(world) == before

    def test_acknowledging_the_complaint_leaves_the_room_open(self, world: FakeWorld) -> None:
        token = link_for(world, CHIEF)
        do(world, "acknowledge", DECLARER)
        do(world, "resolve", DECLARER)
        assert use_link(world, token, "confirm", {}).state == "done"

    def test_a_link_expires_all_the_same(self, world: FakeWorld) -> None:
        token = link_for(world, CHIEF)
        world.time.advance(48 * HOUR)
        assert open_link(world, token).state == "expired"

    @pytest.mark.parametrize("verb", ["acknowledge", "stand-down", "stand_down", "", "draft"])
    def test_a_link_into_a_crisis_does_nothing_else(self, world: FakeWorld, verb: str) -> None:
        before = seen(world)
        view = tap(world, CHIEF, verb, reason="r")
        assert (view.state, view.fields) == ("invalid", ("verb",))
        assert seen(world) == before

    def test_a_link_of_the_complaint_does_nothing_about_the_crisis(self, world: FakeWorld) -> None:
        token = "token-of-the-complaint"
        world.links.put(Link(token_hash(token), INCIDENT, CHIEF, incident(world).epoch, world.time.now() + HOUR))
        assert use_link(world, token, "confirm", {}).state == "invalid"
        assert seated(world) == {}


def test_the_link_in_the_message_opens_the_room(world: FakeWorld) -> None:
    """From the page that was decided to the seat: what is sent is what is answered."""
    world.time.advance(SECOND)
    (called,) = [row for row in world.outbox.all if row.key.person == CHIEF and row.reason == "called"]
    send_message(world, called.key)
    (sent,) = [sent for sent in world.carriers[called.key.via].sent if f" {CHIEF} " in sent.text]
    token = sent.text.rpartition("/")[2]
    assert use_link(world, token, "confirm", {}).state == "done"
    assert seated(world) == {"commander": CHIEF}
    do(world, "acknowledge", DECLARER)
    assert open_link(world, token).state == "open"
