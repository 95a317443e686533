"""Whom a crisis concerns sees it over the API; others see what an intake system sees, and do what is theirs to do."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from shared.application.answer import VERBS, answer
from shared.application.answer_link import open_link, token_hash, use_link
from shared.application.attach import announce, confirm
from shared.application.problem import Problem
from shared.application.show_crisis import running_crises, show_statement
from shared.application.show_incident import IncidentView, show_incident
from shared.application.take_event import take_event
from shared.domain.events import DRILL_SOURCE, EVENT, incident_id
from shared.domain.instants import HOUR
from shared.domain.message import Link
from shared.ports import KeyHolder
from tests.fakes import FakeWorld
from tests.unit.crisis_room import (
    CHIEF,
    DECLARER,
    LAWYER,
    PRESS,
    QUORUM,
    TEXTS,
    TOP,
    a_crisis,
    come_in,
    do,
    draft,
    incident,
    link_for,
    seen,
)
from tests.unit.door_requests import CRM, INCIDENT, a_world, complaint, open_incident

EAST, B_OF_A_SEAT, HEARS_OF_IT = "zhao.lei", "jiang.yulan", "opinion.nation"
"""The front line of another chain, a commander's B whom nobody called, and an opinion leader."""
OTHER = incident_id("crm/hotline", "A-2")
SHA256 = hashlib.sha256(b"abc").hexdigest()
FILE = {"name": "report.pdf", "size": 3}


@pytest.fixture
def world() -> FakeWorld:
    """A crisis with a draft and a file, and another complaint."""
    made = a_crisis()
    come_in(made, *QUORUM)
    draft(made)
    open_incident(made, id="e9", subject="A-2")
    return made


def key(person: str) -> KeyHolder:
    return KeyHolder(person, person=person)


def a_drill(world: FakeWorld) -> str:
    event = complaint(source=DRILL_SOURCE, id="d1", subject="D-1", data__level="crisis")
    taken = take_event(world, EVENT.validate_python(event), surface="api", trusted_by=True)
    assert taken.incident is not None
    return taken.incident


def show(world: FakeWorld, person: str) -> IncidentView:
    return show_incident(world, key(person), INCIDENT)


def refused(act: Any, world: FakeWorld, *arguments: Any) -> Problem:
    before = seen(world)
    with pytest.raises(Problem) as caught:
        act(world, *arguments)
    assert seen(world) == before
    return caught.value


class TestReading:
    @pytest.mark.parametrize("person", [EAST, B_OF_A_SEAT, HEARS_OF_IT, "somebody.who.left"])
    def test_others_see_what_an_intake_system_sees(self, world: FakeWorld, person: str) -> None:
        assert show(world, person) == show_incident(world, CRM, INCIDENT)
        assert refused(show_statement, world, key(person), INCIDENT, "first", "1").status == 404
        assert running_crises(world, key(person)).crises == ()

    @pytest.mark.parametrize("person", [CHIEF, "tan.xiaofeng", DECLARER, TOP, "li.na", "he.ping"])
    def test_the_group_those_called_the_chain_and_operations_see_all(self, world: FakeWorld, person: str) -> None:
        assert len(getattr(show(world, person).crisis, "seats", ())) == 12
        assert show_statement(world, key(person), INCIDENT, "first", "1").text == TEXTS
        assert [each.incident for each in running_crises(world, key(person)).crises] == [INCIDENT]

    def test_whoever_is_invited_sees_all_from_then_on(self, world: FakeWorld) -> None:
        do(world, "invite", CHIEF, who=EAST)
        assert show_statement(world, key(EAST), INCIDENT, "first", "1").text == TEXTS

    def test_whoever_is_asked_to_take_the_complaint_sees_all_of_it(self, world: FakeWorld) -> None:
        do(world, "hand-over", "li.na", to=EAST)
        assert show(world, EAST) == show(world, "li.na")

    def test_evidence_is_for_those_whom_the_incident_concerns(self) -> None:
        world = a_world()
        open_incident(world)
        allowed = announce(world, key("li.na"), INCIDENT, {**FILE, "sha256": SHA256}).upload
        assert allowed is not None
        world.evidence.put(allowed.url, b"abc")
        confirm(world, key("li.na"), INCIDENT, SHA256, FILE)
        assert [each.name for each in show(world, TOP).evidence] == ["report.pdf"]
        assert show(world, EAST).evidence == ()

    def test_whoever_may_end_a_drill_may_look_into_it(self) -> None:
        world = a_world()
        drill = a_drill(world)
        assert getattr(show_incident(world, key(B_OF_A_SEAT), drill).crisis, "seats", ())
        assert show_incident(world, key(EAST), drill).crisis != show_incident(world, key(TOP), drill).crisis


class TestDoing:
    @pytest.mark.parametrize("person", [EAST, B_OF_A_SEAT, HEARS_OF_IT])
    def test_others_add_no_files_and_join_nothing(self, world: FakeWorld, person: str) -> None:
        found = [
            refused(announce, world, key(person), INCIDENT, {**FILE, "sha256": SHA256}),
            refused(confirm, world, key(person), INCIDENT, SHA256, FILE),
            refused(answer, world, key(person), INCIDENT, "join", {"complaint": OTHER}, "k"),
        ]
        assert {each.status for each in found} == {403}
        assert do(world, "join", LAWYER, complaint=OTHER).status == "accepted"

    def test_what_is_the_groups_to_decide_is_answered_by_its_rules(self, world: FakeWorld) -> None:
        shown = do(world, "approve", EAST, rung="first", revision=1)
        assert (shown.status, getattr(shown.crisis, "seats", None)) == ("no_effect", ())

    @pytest.mark.parametrize("person", [EAST, B_OF_A_SEAT, "he.ping", "li.na"])
    def test_people_of_any_chain_of_the_teams_and_of_operations_declare(self, world: FakeWorld, person: str) -> None:
        shown = do(world, "declare-crisis", person, at=OTHER, reason="it is everywhere", grade="yellow")
        assert (shown.status, getattr(shown.crisis, "declared_by", None)) == ("accepted", person)

    def test_somebody_who_stands_nowhere_declares_only_what_is_theirs(self, world: FakeWorld) -> None:
        _, policy = world.policies.current()
        expert = policy.people[EAST].model_copy()
        world.policies.adopt(policy.model_copy(update={"people": {**policy.people, "an.expert": expert}}))
        declared = (key("an.expert"), OTHER, "declare-crisis", {"reason": "r"}, "k")
        assert refused(answer, world, *declared).status == 403
        do(world, "hand-over", "li.na", at=OTHER, to="an.expert")
        assert answer(world, *declared).status == "accepted"

    @pytest.mark.parametrize("verb", sorted(VERBS))
    def test_whoever_only_hears_of_statements_does_nothing(self, world: FakeWorld, verb: str) -> None:
        body = {"reason": "r", "solution": "s", "to": EAST, "who": EAST, "seat": "commander", "level": "major"}
        found = refused(answer, world, key(HEARS_OF_IT), INCIDENT, verb, {**body, "milestone": "plan"}, "k")
        assert (found.status, "distribution list" in found.detail) == (403, True)

    def test_unless_the_group_asked_them_in(self, world: FakeWorld) -> None:
        do(world, "invite", CHIEF, who=HEARS_OF_IT)
        assert do(world, "confirm-call", HEARS_OF_IT).status == "accepted"

    @pytest.mark.parametrize("group", [True, False])
    def test_a_link_shows_them_the_case_and_does_nothing(self, world: FakeWorld, group: bool) -> None:
        token = link_for(world, HEARS_OF_IT)
        if not group:
            expires = world.time.now() + HOUR
            world.links.put(Link(token_hash(token), INCIDENT, HEARS_OF_IT, incident(world).epoch, expires))
        before = seen(world)
        for view in (open_link(world, token), use_link(world, token, "confirm", {}), use_link(world, token, "x", {})):
            assert (view.state, view.status, view.verbs, view.room) == ("not_theirs", 403, (), None)
        assert seen(world) == before


class TestJoining:
    def faults(self, world: FakeWorld, complaint: str, at: str = INCIDENT) -> tuple[int, list[str]]:
        found = refused(answer, world, key(CHIEF), at, "join", {"complaint": complaint}, "k")
        return found.status, [f"{fault.field} {fault.message}" for fault in found.faults]

    def test_an_incident_is_not_joined_to_itself(self, world: FakeWorld) -> None:
        assert self.faults(world, INCIDENT) == (400, ["complaint is this incident itself"])

    def test_a_drill_and_what_is_in_earnest_are_kept_apart(self, world: FakeWorld) -> None:
        drill = a_drill(world)
        assert self.faults(world, drill) == (400, ["complaint is an exercise, and this crisis is none"])
        assert self.faults(world, OTHER, at=drill) == (400, ["complaint is none, and this is a drill"])

    def test_nothing_joins_what_is_over(self, world: FakeWorld) -> None:
        joined = do(world, "join", CHIEF, key="once", complaint=OTHER)
        do(world, "stand-down", CHIEF, reason="over")
        open_incident(world, id="e10", subject="A-3")
        (fault,) = self.faults(world, incident_id("crm/hotline", "A-3"))[1]
        assert fault == "complaint joins nothing: this is no crisis that is on"
        again = do(world, "join", CHIEF, key="once", complaint=OTHER)
        assert (joined.status, again.status) == ("accepted", "duplicate")


def test_a_draft_is_the_groups_until_it_is_public(world: FakeWorld) -> None:
    written = show(world, EAST).model_dump_json()
    for name in (*QUORUM, PRESS, "first-1", TEXTS["en"]):
        assert name not in written, name
