"""What people answer: verbs over the API and links, and what becomes of the incident."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from shared.application.answer import VERBS, Answered, answer
from shared.application.answer_link import open_link, token_hash, use_link
from shared.application.link_view import LinkView
from shared.application.problem import Problem
from shared.domain.incident import Incident
from shared.domain.instants import HOUR
from shared.domain.message import Link
from shared.ports import KeyHolder, UnavailableError
from tests.fakes import FakeWorld
from tests.unit.door_requests import CRM, INCIDENT, LI, a_world, arrive, open_incident, said

BOSS = KeyHolder("zhang", person="zhang.wei")
TOKEN = "tok-0123456789abcdef"


@pytest.fixture
def world() -> FakeWorld:
    made = a_world()
    open_incident(made)
    made.time.advance(60_000)
    return made


def incident(world: FakeWorld) -> Incident:
    stored = world.incidents.load(INCIDENT)
    assert stored is not None
    return stored.incident


def do(world: FakeWorld, verb: str, key: str = "k", *, caller: KeyHolder = LI, **body: Any) -> Answered:
    return answer(world, caller, INCIDENT, verb, body, key)


def refusal(world: FakeWorld, verb: str, *, caller: KeyHolder = LI, at: str = INCIDENT, **body: Any) -> Problem:
    before = world.incidents.load(INCIDENT)
    with pytest.raises(Problem) as caught:
        answer(world, caller, at, verb, body, "k")
    assert world.incidents.load(INCIDENT) == before
    assert world.quarantine.list() == ()
    return caught.value


def link(world: FakeWorld, token: str = TOKEN, *, person: str = "li.na", expires_in: int = 48 * HOUR) -> str:
    """A link sent to somebody now."""
    now = world.time.now()
    there = incident(world)
    world.links.put(Link(token_hash(token), INCIDENT, person, there.epoch, now + expires_in, version=there.version))
    return token


def seen(world: FakeWorld) -> tuple[Any, ...]:
    """Everything a request could have changed."""
    return (world.incidents.load(INCIDENT), world.incidents.timeline(INCIDENT), world.outbox.all, world.timers.all)


class TestVerbs:
    @pytest.mark.parametrize(
        ("verb", "body", "state", "met"),
        [
            ("acknowledge", {}, "open", "respond"),
            ("propose", {"solution": "a new bottle"}, "open", "propose"),
            ("resolve", {"solution": "done"}, "awaiting_confirmation", "resolve"),
            ("wait", {"reason": "for the receipt"}, "waiting", None),
        ],
    )
    def test_a_verb_does_what_it_says(
        self, world: FakeWorld, verb: str, body: dict[str, Any], state: str, met: str | None
    ) -> None:
        shown = do(world, verb, **body)
        assert (shown.status, shown.state) == ("accepted", state)
        assert met is None or {clock.clock: clock.verdict for clock in shown.clocks}[met] == "met"

    def test_an_acknowledgement_makes_the_caller_the_holder(self, world: FakeWorld) -> None:
        assert do(world, "acknowledge", caller=BOSS).holder == "zhang.wei"

    def test_who_it_is_the_key_says_and_never_the_body(self, world: FakeWorld) -> None:
        shown = do(world, "acknowledge", by="chen.jing", incident="inc-00000000000000000000", of="shop")
        assert (shown.incident, shown.holder) == (INCIDENT, "li.na")

    def test_a_chain_of_verbs_walks_the_whole_life(self, world: FakeWorld) -> None:
        steps: list[tuple[str, dict[str, Any], str]] = [
            ("acknowledge", {}, "open"),
            ("wait", {"reason": "r"}, "waiting"),
            ("resume", {}, "open"),
            ("resolve", {}, "awaiting_confirmation"),
            ("follow-up", {}, "awaiting_confirmation"),
            ("reopen", {"reason": "sour again"}, "open"),
            ("resolve", {}, "awaiting_confirmation"),
            ("confirm", {}, "closed"),
        ]
        for number, (verb, body, state) in enumerate(steps):
            world.time.advance(1_000)
            assert do(world, verb, f"k{number}", **body).state == state, verb

    def test_escalation_pages_the_next_rung(self, world: FakeWorld) -> None:
        do(world, "escalate", reason="beyond me")
        assert "zhang.wei" in {message.key.person for message in world.outbox.all}

    def test_handing_over_pages_the_taker(self, world: FakeWorld) -> None:
        do(world, "hand-over", to="sun.li")
        assert ("sun.li", "handed_over") in {(message.key.person, message.reason) for message in world.outbox.all}

    def test_a_person_may_set_the_level(self, world: FakeWorld) -> None:
        assert do(world, "reclassify", level="major", reason="a child").level == "major"

    def test_a_close_below_the_second_rung_is_kept_and_said_so(self, world: FakeWorld) -> None:
        do(world, "resolve", "1")
        assert do(world, "close", "2").status == "kept"
        assert do(world, "close", "3", caller=BOSS).state == "closed"

    def test_a_milestone_is_met_by_its_name(self) -> None:
        world = a_world()
        open_incident(world, data__level="data_breach")
        assert do(world, "milestone", milestone="contain").status == "no_effect", "who does not stand on its chain"
        shown = do(world, "milestone", caller=KeyHolder("wu", person="wu.hao"), milestone="contain", text="offline")
        assert {clock.clock: clock.verdict for clock in shown.clocks if clock.milestone}["contain"] == "met"
        (fault,) = refusal(world, "milestone", milestone="party", text="?").faults
        assert "repair_report" in fault.message

    def test_the_same_key_again_changes_nothing(self, world: FakeWorld) -> None:
        do(world, "escalate", "once", reason="r")
        before = seen(world)
        world.time.advance(5_000)
        assert do(world, "escalate", "once", reason="r").status == "duplicate"
        assert seen(world) == before
        assert do(world, "escalate", "twice", reason="r").status == "accepted"

    def test_a_key_is_not_used_for_something_else(self, world: FakeWorld) -> None:
        do(world, "escalate", "k", reason="one")
        assert refusal(world, "escalate", reason="another").status == 409

    def test_one_key_serves_two_verbs_and_two_people(self, world: FakeWorld) -> None:
        assert do(world, "acknowledge", "k").status == "accepted"
        assert do(world, "resolve", "k").status == "accepted"
        assert do(world, "acknowledge", "k", caller=BOSS).status != "duplicate"


class TestRefusedVerbs:
    @pytest.mark.parametrize(
        ("verb", "body", "field"),
        [
            ("escalate", {}, "reason"),
            ("wait", {}, "reason"),
            ("propose", {}, "solution"),
            ("propose", {"solution": "x" * 20_001}, "solution"),
            ("propose", {"solution": "\x00"}, "solution"),
            ("resolve", {"solution": 5}, "solution"),
            ("hand-over", {}, "to"),
            ("hand-over", {"to": "nobody"}, "to"),
            ("hand-over", {"to": ["sun.li"]}, "to"),
            ("reclassify", {"level": "ordinary"}, "reason"),
            ("reclassify", {"level": "apocalypse", "reason": "r"}, "level"),
            ("milestone", {"milestone": "contain"}, "milestone"),
        ],
    )
    def test_wrong_fields_are_named(self, world: FakeWorld, verb: str, body: dict[str, Any], field: str) -> None:
        found = refusal(world, verb, **body)
        assert found.status == 400
        assert [fault.field for fault in found.faults] == [field]

    @pytest.mark.parametrize("verb", ["explode", "hand_over", "ACKNOWLEDGE", "", "确认"])
    def test_other_verbs_are_not_found(self, world: FakeWorld, verb: str) -> None:
        assert refusal(world, verb).status == 404

    @pytest.mark.parametrize("verb", list(VERBS))
    def test_systems_do_not_answer(self, world: FakeWorld, verb: str) -> None:
        assert refusal(world, verb, caller=CRM).status == 403

    def test_people_who_left_do_not_answer(self, world: FakeWorld) -> None:
        assert refusal(world, "acknowledge", caller=KeyHolder("x", person="somebody.who.left")).status == 403

    @pytest.mark.parametrize("name", ["inc-00000000000000000000", "nothing", "投诉"])
    def test_there_must_be_an_incident(self, world: FakeWorld, name: str) -> None:
        assert refusal(world, "acknowledge", at=name).status == 404


class TestLooking:
    def test_looking_changes_nothing_however_often(self, world: FakeWorld) -> None:
        link(world)
        before = seen(world)
        views = [open_link(world, TOKEN) for _ in range(3)]
        assert seen(world) == before
        assert {(view.state, view.status, view.person) for view in views} == {("open", 200, "li.na")}
        assert views[0].verbs == ("acknowledge", "resolve", "escalate", "hand_over")

    @pytest.mark.parametrize(
        "token", ["", "x", "tok-0123456789abcdeg", "../../etc", "令牌令牌令牌令牌", "a" * 10_000, "a b c d e f"]
    )
    def test_unknown_tokens_say_nothing(self, world: FakeWorld, token: str) -> None:
        link(world)
        view = open_link(world, token)
        assert (view.state, view.status, view.incident, view.person) == ("unknown", 404, None, None)

    def test_a_hash_is_no_token(self, world: FakeWorld) -> None:
        assert open_link(world, token_hash(link(world))).state == "unknown"

    def test_a_link_expires_at_its_instant_and_tells_nothing_then(self, world: FakeWorld) -> None:
        link(world, expires_in=1_000)
        world.time.advance(999)
        assert open_link(world, TOKEN).state == "open"
        world.time.advance(1)
        view = open_link(world, TOKEN)
        assert (view.state, view.status, view.incident) == ("expired", 410, None)

    def test_a_link_dies_when_somebody_else_took_over(self, world: FakeWorld) -> None:
        link(world)
        do(world, "acknowledge", caller=BOSS)
        view = open_link(world, TOKEN)
        assert (view.state, view.status) == ("superseded", 410)

    def test_the_page_is_in_the_readers_language(self, world: FakeWorld) -> None:
        link(world, person="he.ping")
        assert open_link(world, TOKEN).locale == "en"
        assert open_link(world, "nobodys-token").locale == world.policies.current()[1].locale


class TestUsing:
    def test_acknowledging_makes_the_reader_the_holder(self, world: FakeWorld) -> None:
        view = use_link(world, link(world), "acknowledge", {"by": "chen.jing", "reason": "ignored"})
        assert (view.state, view.status, view.verb) == ("done", 200, "acknowledge")
        assert incident(world).course.holder == "li.na"
        assert view.incident == incident(world)

    def test_each_action_works_once(self, world: FakeWorld) -> None:
        link(world)
        use_link(world, TOKEN, "acknowledge", {})
        before = seen(world)
        world.time.advance(30_000)
        view = use_link(world, TOKEN, "acknowledge", {})
        assert (view.state, view.status) == ("used", 409)
        assert seen(world) == before
        assert world.quarantine.list() == ()

    def test_after_its_own_acknowledgement_the_link_does_the_rest(self, world: FakeWorld) -> None:
        link(world)
        use_link(world, TOKEN, "acknowledge", {})
        assert open_link(world, TOKEN).verbs == ("resolve", "escalate", "hand_over")
        assert use_link(world, TOKEN, "escalate", {"reason": "beyond me"}).state == "done"
        assert use_link(world, TOKEN, "resolve", {"solution": "换了一瓶 🥛"}).state == "done"
        assert incident(world).course.phase == "awaiting_confirmation"

    def test_a_link_dies_with_the_epoch_after_its_own_acknowledgement(self, world: FakeWorld) -> None:
        link(world)
        use_link(world, TOKEN, "acknowledge", {})
        do(world, "acknowledge", caller=BOSS)
        assert use_link(world, TOKEN, "resolve", {}).state == "superseded"
        assert incident(world).course.phase == "open"

    def test_the_other_channels_link_of_the_same_page_is_superseded(self, world: FakeWorld) -> None:
        link(world, "sms-token-12345678")
        link(world, "mail-token-12345678")
        use_link(world, "sms-token-12345678", "acknowledge", {})
        assert open_link(world, "mail-token-12345678").state == "superseded"

    def test_resolving_needs_no_words(self, world: FakeWorld) -> None:
        assert use_link(world, link(world), "resolve", {"solution": "  "}).state == "done"

    def test_handing_over_pages_the_taker(self, world: FakeWorld) -> None:
        assert use_link(world, link(world), "hand_over", {"to": "sun.li"}).state == "done"
        assert "sun.li" in {message.key.person for message in world.outbox.all}

    @pytest.mark.parametrize(
        ("verb", "form", "field"),
        [
            ("hand_over", {}, "to"),
            ("hand_over", {"to": "nobody"}, "to"),
            ("resolve", {"solution": "x" * 20_001}, "solution"),
            ("resolve", {"solution": "\x1b[2J"}, "solution"),
            ("escalate", {"reason": "\x00"}, "reason"),
            ("", {}, "verb"),
            ("close", {}, "verb"),
            ("hand-over", {"to": "sun.li"}, "verb"),
        ],
    )
    def test_wrong_forms_change_nothing_and_may_be_corrected(
        self, world: FakeWorld, verb: str, form: dict[str, str], field: str
    ) -> None:
        link(world)
        before = seen(world)
        view = use_link(world, TOKEN, verb, form)
        assert (view.state, view.status, view.fields) == ("invalid", 400, (field,))
        assert view.verbs == open_link(world, TOKEN).verbs
        assert seen(world) == before

    def test_a_solved_complaint_asks_for_nothing_more(self, world: FakeWorld) -> None:
        link(world)
        do(world, "resolve", caller=BOSS)
        before = seen(world)
        view = use_link(world, TOKEN, "escalate", {"reason": "r"})
        assert (view.state, view.verbs) == ("over", ())
        assert open_link(world, TOKEN).state == "over"
        assert seen(world) == before

    @pytest.mark.parametrize("state", ["unknown", "expired", "superseded"])
    def test_dead_links_do_nothing(self, world: FakeWorld, state: str) -> None:
        link(world, expires_in=1_000)
        token = TOKEN if state != "unknown" else "another-token"
        if state == "superseded":
            do(world, "acknowledge", caller=BOSS)
        if state == "expired":
            world.time.advance(1_000)
        before = seen(world)
        assert use_link(world, token, "acknowledge", {}).state == state
        assert seen(world) == before

    def test_ten_taps_at_once_are_one_acknowledgement(self, world: FakeWorld) -> None:
        link(world)
        views: list[LinkView] = []
        taps = [
            threading.Thread(target=lambda: views.append(use_link(world, TOKEN, "acknowledge", {}))) for _ in range(10)
        ]
        for tap in taps:
            tap.start()
        for tap in taps:
            tap.join()
        assert sorted(view.state for view in views) == ["done"] + ["used"] * 9
        entries = [entry.kind for line in world.incidents.timeline(INCIDENT) for entry in line.entries]
        assert entries.count("complaint.acknowledged") == 1

    def test_what_somebody_did_between_the_look_and_the_act_counts(
        self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The act goes on from what the look found, and must not pass over a tap that was quicker."""
        token, asked = link(world), {"reason": "no key to the store"}
        load = world.incidents.load

        def look(name: str) -> Any:
            found = load(name)
            monkeypatch.undo()
            assert use_link(world, token, "escalate", asked).state == "done"
            return found

        monkeypatch.setattr(world.incidents, "load", look)
        assert use_link(world, token, "escalate", asked).state == "used"
        assert len([line for line in world.incidents.timeline(INCIDENT) if "escalated" in str(line.entries)]) == 1

    def test_a_store_that_rests_is_safe_to_ask_again(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        link(world)

        def resting(_: object) -> None:
            raise UnavailableError("resting")

        with monkeypatch.context() as patched:
            patched.setattr(world.incidents, "commit", resting)
            with pytest.raises(UnavailableError):
                use_link(world, TOKEN, "acknowledge", {})
        assert use_link(world, TOKEN, "acknowledge", {}).state == "done"

    def test_the_token_is_kept_nowhere(self, world: FakeWorld) -> None:
        use_link(world, link(world), "acknowledge", {})
        kept = repr((seen(world), world.links.all, world.metrics.recorded, world.operations.alerts))
        assert TOKEN not in kept
        assert token_hash(TOKEN) in kept


def test_systems_and_people_share_one_incident(world: FakeWorld) -> None:
    """An update of the intake system and an answer of a person meet in one timeline."""
    do(world, "acknowledge")
    event = said("resolved", by="crm") | {"time": "2026-03-01T00:00:30Z"}
    world.events_queue.send([(json.dumps(event), 0)])
    arrive(world)
    assert incident(world).course.phase == "awaiting_confirmation"
