"""What people do about a crisis over the API, and what it shows them and intake systems."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.application.answer import IN_CRISIS, answer
from shared.application.problem import Problem
from shared.application.read_event import take_body
from shared.application.show_crisis import CrisisView, running_crises, show_statement
from shared.application.show_incident import IncidentView, show_incident
from shared.domain.events import incident_id
from shared.domain.instants import MINUTE, SECOND
from shared.domain.publication import StatementText
from shared.ports import KeyHolder
from tests.fakes import FakeWorld
from tests.unit.crisis_room import (
    CHIEF,
    DECLARER,
    LAWYER,
    PRESS,
    QUORUM,
    TEXTS,
    a_crisis,
    come_in,
    do,
    draft,
    incident,
    seen,
    statement,
)
from tests.unit.door_requests import CRM, INCIDENT, LI, a_world, complaint, open_incident, said

OTHER = incident_id("crm/hotline", "A-2")


@pytest.fixture
def world() -> FakeWorld:
    return a_crisis()


@pytest.fixture
def plain() -> FakeWorld:
    made = a_world()
    open_incident(made)
    made.time.advance(MINUTE)
    return made


def refusal(world: FakeWorld, verb: str, person: str = CHIEF, **body: Any) -> Problem:
    before = seen(world)
    with pytest.raises(Problem) as caught:
        answer(world, KeyHolder(person, person=person), INCIDENT, verb, body, "k")
    assert seen(world) == before
    assert world.quarantine.list() == ()
    return caught.value


def crisis(view: IncidentView) -> CrisisView:
    assert view.crisis is not None
    return view.crisis


def seat(view: IncidentView, name: str) -> Any:
    return next(each for each in crisis(view).seats if each.seat == name)


class TestDeclaring:
    def test_without_a_grade_it_is_red(self, plain: FakeWorld) -> None:
        shown = do(plain, "declare-crisis", DECLARER, reason="press at the door")
        assert shown.status == "accepted"
        assert (crisis(shown).kind, crisis(shown).grade, crisis(shown).declared_by) == ("public", "red", DECLARER)
        assert {each.state for each in crisis(shown).seats} == {"called"}
        assert [each.rung for each in crisis(shown).statements] == ["first", "progress", "full"]

    def test_another_kind_has_its_own_group_and_milestones(self, plain: FakeWorld) -> None:
        shown = do(plain, "declare-crisis", DECLARER, reason="a leak", kind="data_breach", grade="yellow")
        assert "security" in {each.role for each in crisis(shown).seats}
        assert "contain" in {each.clock for each in crisis(shown).milestones}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"reason": "r", "grade": "purple"}, "grade"),
            ({"reason": "r", "kind": "alien_landing"}, "kind"),
            ({"reason": "r", "kind": "data_breach", "grade": "blue"}, "grade"),
        ],
    )
    def test_wrong_fields_are_named(self, plain: FakeWorld, body: dict[str, Any], field: str) -> None:
        found = refusal(plain, "declare-crisis", DECLARER, **body)
        assert (found.status, [fault.field for fault in found.faults]) == (400, [field])

    @pytest.mark.parametrize("verb", sorted(set(IN_CRISIS) - {"declare-crisis"}))
    def test_what_is_no_crisis_yet_says_so(self, plain: FakeWorld, verb: str) -> None:
        found = refusal(plain, verb, DECLARER)
        assert (found.status, "declare-crisis" in found.detail) == (409, True)

    @pytest.mark.parametrize("verb", sorted(IN_CRISIS))
    def test_systems_do_none_of_it(self, world: FakeWorld, verb: str) -> None:
        with pytest.raises(Problem) as caught:
            answer(world, CRM, INCIDENT, verb, {}, "k")
        assert caught.value.status == 403


class TestTheGroup:
    def test_whoever_confirms_is_in(self, world: FakeWorld) -> None:
        shown = do(world, "confirm-call", CHIEF)
        assert (seat(shown, "commander").state, seat(shown, "commander").person) == ("in", CHIEF)

    def test_whoever_was_not_called_has_no_effect(self, world: FakeWorld) -> None:
        assert do(world, "confirm-call", "he.ping").status == "no_effect"

    def test_declining_calls_the_b(self, world: FakeWorld) -> None:
        shown = do(world, "decline-call", CHIEF, reason="in the air")
        assert seat(shown, "commander").declined == (CHIEF,)
        assert (seat(shown, "commander").state, len(seat(shown, "commander").asked)) == ("called", 2)

    def test_the_quorum_meets_the_muster(self, world: FakeWorld) -> None:
        come_in(world, *QUORUM)
        shown = show_incident(world, LI, INCIDENT)
        assert {one.clock: one.verdict for one in crisis(shown).milestones} == {
            "group": "met",
            "muster": "met",
            "plan": "running",
            "review": "running",
            "full_chain": "running",
        }

    def test_a_seat_changes_hands_and_a_guest_is_asked(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        shown = do(world, "seat", CHIEF, seat="quality.1", who="he.ping")
        assert seat(shown, "quality.1").asked[-1] == "he.ping"
        assert crisis(do(world, "invite", CHIEF, who="sun.li")).invited == ("sun.li",)
        assert crisis(do(world, "confirm-call", "sun.li")).guests == ("sun.li",)

    @pytest.mark.parametrize(
        ("verb", "body", "field"),
        [
            ("invite", {}, "who"),
            ("invite", {"who": "nobody"}, "who"),
            ("seat", {"seat": "commander", "who": "nobody"}, "who"),
            ("seat", {"seat": "throne", "who": "he.ping"}, "seat"),
            ("join", {}, "complaint"),
            ("join", {"complaint": "inc-00000000000000000000"}, "complaint"),
            ("join", {"complaint": INCIDENT}, "complaint"),
            ("join", {"complaint": "投诉"}, "complaint"),
            ("stand-down", {}, "reason"),
            ("stand-down", {"reason": " "}, "reason"),
            ("milestone", {"milestone": "party"}, "milestone"),
            ("milestone", {"milestone": "muster"}, "milestone"),
            ("milestone", {"milestone": "group"}, "milestone"),
        ],
    )
    def test_wrong_fields_are_named(self, world: FakeWorld, verb: str, body: dict[str, Any], field: str) -> None:
        found = refusal(world, verb, **body)
        assert (found.status, [fault.field for fault in found.faults]) == (400, [field])

    def test_a_milestone_is_a_members_to_report(self, world: FakeWorld) -> None:
        assert do(world, "milestone", DECLARER, milestone="plan").status == "no_effect"
        come_in(world, CHIEF)
        shown = do(world, "milestone", CHIEF, milestone="plan", text="recall")
        assert (shown.status, {c.clock: c.verdict for c in shown.clocks}["plan"]) == ("accepted", "met")

    def test_standing_down_ends_it_and_nothing_more_is_done(self, world: FakeWorld) -> None:
        come_in(world, CHIEF)
        shown = do(world, "stand-down", CHIEF, reason="all are well")
        assert crisis(shown).over_at == world.time.now()
        assert {each.state for each in crisis(shown).statements} == {"cancelled"}
        assert do(world, "confirm-call", LAWYER).status == "no_effect"


class TestWhichAreOn:
    def test_people_see_them_the_newest_first(self, world: FakeWorld) -> None:
        world.time.advance(MINUTE)
        open_incident(world, id="e9", subject="A-2")
        do(world, "declare-crisis", DECLARER, at=OTHER, reason="r", grade="yellow")
        come_in(world, CHIEF)
        first, second = running_crises(world, LI).crises
        assert (first.incident, first.grade, first.seats_taken) == (OTHER, "yellow", 0)
        assert (second.incident, second.grade, second.seats, second.seats_taken) == (INCIDENT, "red", 12, 1)
        do(world, "stand-down", CHIEF, reason="over")
        assert [each.incident for each in running_crises(world, LI).crises] == [OTHER]

    def test_a_grade_that_calls_nobody_is_none_of_them(self) -> None:
        assert running_crises(a_crisis("blue"), LI).crises == ()

    def test_systems_do_not(self, world: FakeWorld) -> None:
        with pytest.raises(Problem) as caught:
            running_crises(world, CRM)
        assert caught.value.status == 403


class TestJoining:
    @pytest.fixture
    def two(self, world: FakeWorld) -> FakeWorld:
        open_incident(world, id="e9", subject="A-2", data__summary="Mine too", data__reposts=700, data__store="Xuhui")
        come_in(world, CHIEF)
        return world

    def test_the_complaint_comes_with_its_own_figures_whatever_is_claimed(self, two: FakeWorld) -> None:
        shown = do(two, "join", CHIEF, complaint=OTHER, reposts=10**9, summary="lies")
        (joined,) = crisis(shown).joined
        assert (joined.complaint, joined.case, joined.summary, joined.reposts) == (OTHER, "A-2", "Mine too", 700)
        assert show_incident(two, LI, OTHER).crisis is None

    def test_repeating_it_changes_nothing_though_its_figures_grew(self, two: FakeWorld) -> None:
        assert do(two, "join", CHIEF, key="once", complaint=OTHER).status == "accepted"
        take_body(two, json.dumps({**said("updated", id="e10", reposts=900), "subject": "A-2"}))
        assert do(two, "join", CHIEF, key="once", complaint=OTHER).status == "duplicate"
        open_incident(two, id="e11", subject="A-3")
        with pytest.raises(Problem) as caught:
            do(two, "join", CHIEF, key="once", complaint=incident_id("crm/hotline", "A-3"))
        assert caught.value.status == 409


class TestStatements:
    @pytest.fixture
    def staffed(self, world: FakeWorld) -> FakeWorld:
        come_in(world, *QUORUM)
        return world

    def test_a_text_goes_through_draft_approvals_and_publication(self, staffed: FakeWorld) -> None:
        number = draft(staffed)
        shown = show_incident(staffed, LI, INCIDENT)
        first = crisis(shown).statements[0]
        assert (first.state, first.missing) == ("draft", ("legal", "commander"))
        do(staffed, "approve", LAWYER, rung="first", revision=number)
        shown = do(staffed, "approve", CHIEF, rung="first", revision=number)
        first = crisis(shown).statements[0]
        assert (first.state, first.missing, first.late) == ("approved", (), False)
        (revision,) = first.revisions
        assert [(one.role, one.person) for one in revision.approvals] == [("legal", LAWYER), ("commander", CHIEF)]

    def test_nobody_approves_their_own(self, staffed: FakeWorld) -> None:
        number = draft(staffed, by=CHIEF)
        assert do(staffed, "approve", CHIEF, rung="first", revision=number).status == "no_effect"

    def test_a_veto_says_why(self, staffed: FakeWorld) -> None:
        number = draft(staffed)
        shown = do(staffed, "reject", LAWYER, rung="first", revision=number, reason="no apology")
        assert (crisis(shown).statements[0].state, crisis(shown).statements[0].revisions[0].rejected_by) == (
            "rejected",
            LAWYER,
        )

    def test_the_same_draft_under_one_key_is_written_once(self, staffed: FakeWorld) -> None:
        assert do(staffed, "draft", PRESS, key="once", rung="first", text=TEXTS).status == "accepted"
        assert do(staffed, "draft", PRESS, key="once", rung="first", text=TEXTS).status == "duplicate"
        with pytest.raises(Problem) as caught:
            do(staffed, "draft", PRESS, key="once", rung="first", text={"en": "other"})
        assert caught.value.status == 409
        assert len(statement(staffed).revisions) == 1

    @pytest.mark.parametrize(
        ("verb", "body", "fields"),
        [
            ("draft", {}, ["rung", "text"]),
            ("draft", {"rung": "last", "text": TEXTS}, ["rung"]),
            ("draft", {"rung": "first", "text": {}}, ["text"]),
            ("draft", {"rung": "first", "text": {"en": " "}}, ["text"]),
            ("draft", {"rung": "first", "text": TEXTS, "evidence": [{"name": "x"}]}, ["evidence.0.sha256"]),
            ("approve", {"rung": "first"}, ["revision"]),
            ("approve", {"rung": "first", "revision": 0}, ["revision"]),
            ("approve", {"rung": "first", "revision": 2}, ["revision"]),
            ("approve", {"rung": "progress", "revision": 1}, ["revision"]),
            ("reject", {"rung": "first", "revision": 1}, ["reason"]),
        ],
    )
    def test_wrong_fields_are_named(
        self, staffed: FakeWorld, verb: str, body: dict[str, Any], fields: list[str]
    ) -> None:
        draft(staffed)
        found = refusal(staffed, verb, **body)
        assert (found.status, [fault.field for fault in found.faults]) == (400, fields)

    def test_at_yellow_there_are_no_statements(self) -> None:
        world = a_crisis("yellow")
        come_in(world, CHIEF)
        (fault,) = refusal(world, "draft", rung="first", text=TEXTS).faults
        assert fault.message == "this incident has no statements"

    def test_a_text_is_read_by_its_revision(self, staffed: FakeWorld) -> None:
        draft(staffed)
        found = show_statement(staffed, LI, INCIDENT, "first", "1")
        assert (found.text, found.by, found.hash) == (TEXTS, PRESS, statement(staffed).revisions[0].hash)
        assert found.hash == StatementText("first", 1, tuple(sorted(TEXTS.items()))).hash

    @pytest.mark.parametrize(
        ("at", "rung", "revision"),
        [
            (INCIDENT, "first", "2"),
            (INCIDENT, "first", "01"),
            (INCIDENT, "first", "x"),
            (INCIDENT, "progress", "1"),
            (INCIDENT, "nothing", "1"),
            ("inc-00000000000000000000", "first", "1"),
            ("编号", "first", "1"),
        ],
    )
    def test_other_texts_are_not_found(self, staffed: FakeWorld, at: str, rung: str, revision: str) -> None:
        draft(staffed)
        with pytest.raises(Problem) as caught:
            show_statement(staffed, LI, at, rung, revision)
        assert caught.value.status == 404

    def test_a_late_statement_is_marked_and_systems_learn_when_it_was_public(self, staffed: FakeWorld) -> None:
        staffed.time.advance(31 * MINUTE)
        assert crisis(show_incident(staffed, CRM, INCIDENT)).statements[0].late
        number = draft(staffed)
        do(staffed, "approve", LAWYER, rung="first", revision=number)
        do(staffed, "approve", CHIEF, rung="first", revision=number)
        for caller in (LI, CRM):
            first = crisis(show_incident(staffed, caller, INCIDENT)).statements[0]
            assert (first.state, first.published_at, first.late) == ("published", staffed.time.now(), True)


class TestWhatSystemsSee:
    @pytest.fixture
    def busy(self, world: FakeWorld) -> FakeWorld:
        come_in(world, *QUORUM)
        do(world, "decline-call", "tan.xiaofeng", reason="ill")
        do(world, "invite", CHIEF, who="sun.li")
        do(world, "milestone", CHIEF, milestone="plan", text="secret plan")
        do(world, "approve", LAWYER, rung="first", revision=draft(world))
        open_incident(world, id="e9", subject="A-2")
        do(world, "join", CHIEF, complaint=OTHER)
        return world

    def test_an_intake_system_sees_state_and_clocks_and_nobody_of_the_group(self, busy: FakeWorld) -> None:
        busy.time.advance(SECOND)
        shown = show_incident(busy, CRM, INCIDENT)
        assert (crisis(shown).grade, crisis(shown).over_at) == ("red", None)
        assert {each.clock for each in crisis(shown).milestones} >= {"muster", "plan"}
        assert {each.state for each in crisis(shown).statements} == {"pending"}
        written = shown.model_dump_json()
        for name in (*QUORUM, "tan.xiaofeng", "sun.li", "secret plan", "batch", OTHER, "A-2"):
            assert name not in written, name

    def test_people_see_all_of_it(self, busy: FakeWorld) -> None:
        written = show_incident(busy, LI, INCIDENT).model_dump_json()
        for name in (*QUORUM, "tan.xiaofeng", "sun.li", DECLARER, "secret plan", OTHER):
            assert name in written, name

    def test_texts_are_for_people(self, busy: FakeWorld) -> None:
        with pytest.raises(Problem) as caught:
            show_statement(busy, CRM, INCIDENT, "first", "1")
        assert caught.value.status == 403

    def test_an_ordinary_complaint_looks_as_it_did(self, plain: FakeWorld) -> None:
        shown = show_incident(plain, CRM, INCIDENT)
        assert (shown.crisis, shown.drill, shown.part_of, shown.evidence) == (None, False, None, ())
        assert {"complaint.received", "opened", "paged"} <= {entry.kind for entry in shown.timeline}
        assert shown.timeline == show_incident(plain, LI, INCIDENT).timeline


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "tocsin", "type": "crisis.joined", "data": {"complaint": OTHER}}, "reserved_source"),
        ({"source": "tocsin/x"}, "reserved_source"),
        ({"source": "drill"}, "reserved_source"),
        ({"source": "drill/fire"}, "reserved_source"),
        ({"type": "crisis.declared", "data": {"by": "li.na", "reason": "r"}}, "reserved_type"),
        ({"type": "crisis.joined", "data": {"complaint": OTHER}}, "reserved_type"),
        ({"type": "milestone.met", "data": {"by": "li.na", "milestone": "plan"}}, "reserved_type"),
        (
            {
                "type": "statement.out",
                "data": {"rung": "first", "revision": 1, "published_at": "2026-03-01T00:00:00Z"},
            },
            "reserved_type",
        ),
        ({"type": "evidence.added", "data": {"by": "x", "name": "n", "sha256": "0" * 64, "size": 1}}, "reserved_type"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda event: event, lambda event: {"detail-type": "x", "detail": event}])
def test_no_system_speaks_for_people_drills_or_the_system(
    world: FakeWorld, wrap: Any, change: dict[str, Any], reason: str
) -> None:
    before = incident(world)
    assert take_body(world, json.dumps(wrap({**complaint(), "id": "e7", **change}))).status == "quarantined"
    (kept,) = world.quarantine.list()
    assert kept.reason == reason
    assert incident(world) == before


def test_no_verb_says_that_something_is_public() -> None:
    assert not {"statement.out", "complaint.joined", "evidence.added"} & set(IN_CRISIS.values())
