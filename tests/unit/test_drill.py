"""Starting a drill and its score, over the API's use cases and the fakes (B5, SEMANTICS: Drill)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.adapters.drill_scenarios import load as scenario
from shared.adapters.policy_yaml import load as policy
from shared.application.answer import Answered, answer
from shared.application.problem import Problem
from shared.application.read_event import take_body
from shared.application.run_errand import run_errand
from shared.application.show_drill import DrillView, show_drill
from shared.application.show_incident import show_incident
from shared.application.start_drill import start_drill
from shared.application.take_event import take_event
from shared.domain.events import EVENT, incident_id
from shared.domain.incident import Incident
from shared.domain.instants import DAY, MINUTE, SECOND
from shared.domain.message import Message
from shared.ports import KeyHolder
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import without_crises
from tests.unit.crisis_room import CHIEF, LAWYER, PRESS, QUORUM, TEXTS
from tests.unit.door_requests import CRM, a_world, complaint, open_incident

OPERATIONS, SUPERVISOR, FRONT_LINE, COMMANDER_B = "he.ping", "zhang.wei", "li.na", "jiang.yulan"


@pytest.fixture
def world() -> FakeWorld:
    return a_world()


def body(name: str = "food", **changes: Any) -> dict[str, Any]:
    """A scenario as the command posts it; `complaint__x` changes a fact, None leaves a field out."""
    said: dict[str, Any] = scenario(name).model_dump(mode="json", exclude_none=True)
    for field, value in changes.items():
        part, key = (said["complaint"], field[11:]) if field.startswith("complaint__") else (said, field)
        part[key] = value
        if value is None:
            del part[key]
    return said


def start(world: FakeWorld, name: str = "food", *, by: str = OPERATIONS, key: str = "k", **changes: Any) -> Answered:
    return start_drill(world, KeyHolder(by, person=by), body(name, **changes), key)


def refused(world: FakeWorld, name: str = "food", **how: Any) -> Problem:
    with pytest.raises(Problem) as found:
        start(world, name, **how)
    return found.value


def do(world: FakeWorld, drill: str, verb: str, person: str, **said: Any) -> str:
    world.time.advance(SECOND)
    return answer(world, KeyHolder(person, person=person), drill, verb, said, f"{verb}-{world.time.now()}").status


def incident(world: FakeWorld, drill: str) -> Incident:
    stored = world.incidents.load(drill)
    assert stored is not None
    return stored.incident


def errands(world: FakeWorld) -> None:
    """Let every errand be run, and those they lead to."""
    while world.errands.all:
        for errand in world.errands.all:
            run_errand(world, errand.incident, errand.name)


def shown(world: FakeWorld, drill: str, by: str = OPERATIONS) -> DrillView:
    return show_drill(world, KeyHolder(by, person=by), drill)


def play(world: FakeWorld, drill: str) -> None:
    """The quorum comes in and does in time what is due by 31 minutes."""
    for person in QUORUM:
        assert do(world, drill, "confirm-call", person) == "accepted"
    assert do(world, drill, "milestone", CHIEF, milestone="plan") == "accepted"
    assert do(world, drill, "draft", PRESS, rung="first", text=TEXTS) == "accepted"
    for person in (LAWYER, CHIEF):
        assert do(world, drill, "approve", person, rung="first", revision=1) == "accepted"


class TestStarting:
    def test_a_drill_is_a_crisis_by_its_figures_and_everything_of_it_is_marked(self, world: FakeWorld) -> None:
        found = start(world)
        assert (found.status, found.drill, found.source) == ("accepted", True, "drill")
        assert found.subject.startswith("drill-2026-03-01-food-")
        assert found.summary.startswith("演习")
        assert found.crisis is not None
        assert (found.crisis.kind, found.crisis.grade, len(found.crisis.seats)) == ("public", "red", 12)
        rows: list[Message] = list(world.outbox.all)
        assert {row.key.person for row in rows if row.reason == "called"} >= set(QUORUM)
        assert all(row.drill for row in rows)

    def test_who_started_which_scenario_stands_on_the_timeline(self, world: FakeWorld) -> None:
        opening = start(world, by=SUPERVISOR).timeline[0]
        assert (opening.kind, opening.data["source"]) == ("complaint.received", "drill")
        assert opening.data["data"]["started_by"] == SUPERVISOR
        assert opening.data["data"]["scenario"] == "food"

    def test_a_claim_of_who_starts_it_is_none(self, world: FakeWorld) -> None:
        assert refused(world, started_by="chen.jing").kind == "invalid-fields"

    @pytest.mark.parametrize(
        ("name", "kind", "grade", "stated"),
        [
            ("food", "public", "red", True),
            ("injury", "public", "yellow", False),
            ("breach", "data_breach", "red", True),
        ],
    )
    def test_shipped_scenarios_call_their_group(
        self, world: FakeWorld, name: str, kind: str, grade: str, *, stated: bool
    ) -> None:
        crisis = incident(world, start(world, name).incident).course.crisis
        assert crisis is not None
        assert (crisis.kind, crisis.grade, crisis.stated_at is not None) == (kind, grade, stated)
        assert crisis.called_at is not None

    def test_texts_are_in_the_policys_language(self) -> None:
        world = fake_world(policy("retail").model_copy(update={"locale": "en"}))
        assert start(world).summary.startswith("DRILL: food poisoning")

    @pytest.mark.parametrize("person", [OPERATIONS, SUPERVISOR, "chen.jing", "xu.min", CHIEF, COMMANDER_B])
    def test_who_may(self, world: FakeWorld, person: str) -> None:
        assert start(world, by=person).status == "accepted"

    @pytest.mark.parametrize("person", [FRONT_LINE, LAWYER, "wu.hao", "press.desk", "somebody.who.left"])
    def test_who_may_not(self, world: FakeWorld, person: str) -> None:
        assert refused(world, by=person).status == 403

    def test_an_intake_system_may_not(self, world: FakeWorld) -> None:
        with pytest.raises(Problem) as found:
            start_drill(world, CRM, body(), "k")
        assert found.value.status == 403

    def test_a_repeat_under_the_same_key_starts_nothing_again(self, world: FakeWorld) -> None:
        first = start(world, "breach")
        world.time.advance(MINUTE)
        again = start(world, "breach")
        assert (again.status, again.incident) == ("duplicate", first.incident)
        assert world.crises.running_drills() == (first.incident,)
        kinds = [entry.kind for entry in again.timeline]
        assert (kinds.count("complaint.received"), kinds.count("crisis.declared")) == (1, 1)

    def test_a_repeat_after_its_end_does_not_begin_it_again(self, world: FakeWorld) -> None:
        drill = start(world, "breach").incident
        do(world, drill, "stand-down", OPERATIONS, reason="enough")
        assert start(world, "breach").status == "duplicate"
        assert not incident(world, drill).in_crisis

    def test_a_repeat_declares_what_a_death_in_between_left_undeclared(
        self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = take_event

        def died(*args: Any, **named: Any) -> Any:
            if args[1].type == "crisis.declared":
                raise SystemExit
            return real(*args, **named)

        monkeypatch.setattr("shared.application.start_drill.take_event", died)
        with pytest.raises(SystemExit):
            start(world, "breach")
        monkeypatch.undo()
        found = start(world, "breach")
        assert found.crisis is not None
        assert found.crisis.grade == "red"

    def test_each_drill_of_a_day_has_a_case_of_its_own(self, world: FakeWorld) -> None:
        cases = []
        for key in "abc":
            found = start(world, key=key)
            cases.append(found.subject)
            do(world, found.incident, "stand-down", OPERATIONS, reason="enough")
        assert len(set(cases)) == 3
        assert all(len(case) == len("drill-2026-03-01-food-1a2b") for case in cases)

    def test_a_case_that_is_taken_gets_a_longer_name(self, world: FakeWorld) -> None:
        case = start(world).subject
        other = a_world()
        raw = complaint(source="drill", subject=case, id="another")
        take_event(other, EVENT.validate_python(raw), surface="api", trusted_by=True)
        assert start(other).subject == case + start(other).subject[len(case) :]
        assert len(start(other).subject) == len(case) + 4


class TestRefusals:
    def test_beside_another_drill(self, world: FakeWorld) -> None:
        first = start(world).incident
        found = refused(world, key="other")
        assert (found.status, first in found.detail) == (409, True)

    def test_beside_a_crisis_in_earnest(self, world: FakeWorld) -> None:
        real = open_incident(world, data__level="crisis")
        found = refused(world)
        assert (found.status, real in found.detail) == (409, True)

    def test_not_after_the_crisis_is_over(self, world: FakeWorld) -> None:
        real = open_incident(world, data__level="crisis")
        do(world, real, "stand-down", "chen.jing", reason="over")
        assert start(world).status == "accepted"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"scenario": "a scenario"}, "scenario"),
            ({"complaint__summary": {"zh-CN": "食物中毒"}}, "complaint.summary"),
            ({"complaint__customer": {"name": "Li"}}, "complaint.customer"),
            ({"complaint__channel": "fax"}, "complaint.channel"),
            ({"complaint__level": "purple"}, "complaint.level"),
            ({"complaint__reposts": 10, "complaint__scope": "store", "complaint__amount_cny": 10}, "complaint"),
            ({"kind": "flood"}, "kind"),
            ({"kind": "data_breach"}, "kind"),
            ({"kind": "data_breach", "grade": "blue"}, "grade"),
            ({"title": None}, "title"),
            ({"source": "crm/hotline"}, "source"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_is_opened(
        self, world: FakeWorld, changes: dict[str, Any], field: str
    ) -> None:
        found = refused(world, **changes)
        assert (found.status, [fault.field for fault in found.faults]) == (400, [field])
        assert (world.outbox.all, world.crises.running()) == ((), ())

    def test_a_house_without_crises_has_no_drills(self) -> None:
        world = fake_world(without_crises())
        assert [fault.field for fault in refused(world).faults] == ["complaint"]

    @pytest.mark.parametrize("source", ["drill", "drill/food"])
    @pytest.mark.parametrize("wrapping", ["queue", "bus", "http"])
    def test_no_system_forges_one(self, world: FakeWorld, source: str, wrapping: str) -> None:
        event: Any = complaint(source=source, data__level="crisis")
        wrapped = {
            "queue": event,
            "bus": {"detail-type": "complaint.received", "detail": event},
            "http": {"surface": "http", "system": "crm", "event": event},
        }[wrapping]
        assert take_body(world, json.dumps(wrapped)).status == "quarantined"
        assert [each.reason for each in world.quarantine.list()] == ["reserved_source"]
        assert world.incidents.load(incident_id(source, "A-1")) is None

    @pytest.mark.parametrize("kind", ["updated", "acknowledged", "closed"])
    def test_no_system_speaks_of_one(self, world: FakeWorld, kind: str) -> None:
        drill = start(world)
        before = incident(world, drill.incident)
        forged = complaint(type=f"complaint.{kind}", subject=drill.subject, data={"of": "drill", "by": "x"})
        taken = take_body(world, json.dumps(forged))
        assert taken.status in ("quarantined", "early")  # of a case of its own, which never comes
        assert incident(world, drill.incident) == before


class TestApart:
    def test_no_complaint_joins_a_drill(self, world: FakeWorld) -> None:
        start(world, complaint__store="SH-002", complaint__product="yoghurt-500")
        same = {"data__category": "food", "data__product": "yoghurt-500", "data__store": "SH-002"}
        real = open_incident(world, **same)
        assert incident(world, real).part_of is None

    def test_a_drill_joins_no_crisis(self, world: FakeWorld) -> None:
        same = {"category": "food", "product": "yoghurt-500"}
        real = open_incident(world, **{f"data__{name}": value for name, value in same.items()}, data__level="crisis")
        raw = complaint(source="drill", subject="D", id="d", data={**complaint()["data"], **same, "level": "crisis"})
        taken = take_event(world, EVENT.validate_python(raw), surface="api", trusted_by=True)
        assert incident(world, taken.incident or "").part_of is None
        crisis = incident(world, real).course.crisis
        assert crisis is not None
        assert crisis.joined == ()

    def test_what_systems_may_see_has_no_drill_in_it(self, world: FakeWorld) -> None:
        drill = start(world).incident
        with pytest.raises(Problem) as found:
            show_incident(world, CRM, drill)
        assert found.value.status == 404

    def test_a_real_crisis_ends_it(self, world: FakeWorld) -> None:
        drill = start(world).incident
        world.time.advance(MINUTE)
        real = open_incident(world, data__level="crisis")
        errands(world)
        assert not incident(world, drill).is_open
        assert incident(world, real).in_crisis
        assert shown(world, drill).over_at == world.time.now()

    def test_a_crisis_that_begins_at_the_same_moment_ends_it_whichever_is_committed_first(self) -> None:
        """The drill looked before the crisis was there, and the crisis's errand before the drill was."""
        world = a_world()
        begun: list[str] = []

        def crisis_begins(_: object) -> None:
            world.incidents.before_commit = None
            begun.append(open_incident(world, data__level="crisis"))
            errands(world)

        world.incidents.before_commit = crisis_begins
        drill = start(world).incident
        assert set(world.crises.running()) == {drill, *begun}
        errands(world)
        assert tuple(world.crises.running()) == tuple(begun)

    def test_of_two_that_begin_at_the_same_moment_the_older_goes_on(self) -> None:
        world = a_world()
        first: list[str] = []

        def another_begins(_: object) -> None:
            world.incidents.before_commit = None
            world.time.advance(1)
            first.append(start(world, "injury", key="other").incident)
            errands(world)

        world.incidents.before_commit = another_begins
        second = start(world).incident  # decided a millisecond earlier, committed later
        assert set(world.crises.running_drills()) == {second, *first}
        errands(world)
        assert world.crises.running_drills() == (second,)
        kinds = [entry.kind for entry in show_incident(world, KeyHolder("x", person=OPERATIONS), first[0]).timeline]
        assert "crisis.stood_down" in kinds

    def test_an_errand_that_comes_after_the_end_of_its_drill_ends_no_other(self, world: FakeWorld) -> None:
        drill = start(world).incident
        do(world, drill, "stand-down", OPERATIONS, reason="enough")
        following = start(world, key="next").incident
        errands(world)
        assert world.crises.running_drills() == (following,)


class TestScore:
    def test_nothing_is_judged_before_it_is_due(self, world: FakeWorld) -> None:
        found = shown(world, start(world).incident)
        assert (found.passed, found.marks, found.over_at, found.renewed) == (None, (), None, ())
        assert {call.answer for call in found.answers} == {"silent"}
        assert (found.started_by, found.scenario, found.grade) == (OPERATIONS, "food", "red")

    def test_while_it_runs_it_shows_who_answered_within_how_long(self, world: FakeWorld) -> None:
        drill = start(world).incident
        play(world, drill)
        answers = {each.person: each for each in shown(world, drill).answers}
        assert (answers[CHIEF].seat, answers[CHIEF].seconds, answers[CHIEF].in_time) == ("commander", 1, True)
        assert answers[PRESS].seconds == 5
        silent = answers["gao.minghui"] if "gao.minghui" in answers else answers["tan.xiaofeng"]
        assert (silent.answer, silent.seconds, silent.in_time) == ("silent", None, False)
        marks = {mark.what: mark for mark in shown(world, drill).marks}
        assert marks["muster"].in_time
        assert marks["plan"].in_time
        assert "review" not in marks
        world.time.advance(61 * MINUTE)
        late = {mark.what: mark for mark in shown(world, drill).marks}
        assert (late["review"].in_time, late["review"].done, late["review"].late_seconds) == (False, None, None)
        assert late["statement:first"].in_time is False  # no timer ran in this world

    def test_passing_renews_who_answered_in_time(self, world: FakeWorld) -> None:
        rules = policy("retail")
        today = {name: person.model_copy(update={"qualified_until": None}) for name, person in rules.people.items()}
        world.policies.adopt(rules.model_copy(update={"people": today}))
        drill = start(world).incident
        play(world, drill)
        assert do(world, drill, "stand-down", CHIEF, reason="enough") == "accepted"
        found = shown(world, drill)
        assert (found.passed, found.share, set(found.renewed)) == (True, 1.0, set(QUORUM))
        assert found.renewed_until == "2026-06-01"
        errands(world)
        until = {name: person.qualified_until for name, person in world.policies.current()[1].people.items()}
        assert {name for name, day in until.items() if day} == set(QUORUM)
        assert str(until[CHIEF]) == found.renewed_until

    def test_a_drill_that_is_not_passed_renews_nobody(self, world: FakeWorld) -> None:
        drill = start(world).incident
        do(world, drill, "confirm-call", CHIEF)
        world.time.advance(20 * MINUTE)
        do(world, drill, "stand-down", CHIEF, reason="enough")
        found = shown(world, drill)
        assert (found.passed, found.renewed, found.renewed_until) == (False, (), None)
        assert [(mark.what, mark.in_time) for mark in found.marks] == [("muster", False)]
        before = world.policies.current()[1]
        errands(world)
        assert world.policies.current()[1] == before

    def test_it_stays_as_it_was_given(self, world: FakeWorld) -> None:
        drill = start(world).incident
        play(world, drill)
        do(world, drill, "stand-down", CHIEF, reason="enough")
        given = shown(world, drill)
        world.time.advance(3 * DAY)
        assert shown(world, drill) == given

    def test_there_is_none_of_a_crisis_in_earnest(self, world: FakeWorld) -> None:
        real = open_incident(world, data__level="crisis")
        with pytest.raises(Problem) as found:
            shown(world, real)
        assert found.value.status == 409

    def test_it_is_for_people(self, world: FakeWorld) -> None:
        drill = start(world).incident
        with pytest.raises(Problem) as found:
            show_drill(world, CRM, drill)
        assert found.value.status == 403
