"""`tocsin crisis` and `tocsin statement`: what people do about a crisis, over the API behind a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from cli.crisis_verbs import app
from cli.statement_verbs import app as statement_app
from shared.application.answer import IN_CRISIS
from shared.ports import KeyHolder
from tests.fakes import FakeWorld
from tests.unit.cli_stage import ApiServer, api_server, tocsin
from tests.unit.crisis_room import CHIEF, DECLARER, LAWYER, PRESS, TEXTS, a_crisis, come_in, draft, incident, statement
from tests.unit.door_requests import CRM_KEY, INCIDENT, a_world, open_incident

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


@pytest.fixture
def world() -> FakeWorld:
    made = a_crisis()
    made.api_keys.holders |= {name: KeyHolder(name, person=name) for name in (CHIEF, LAWYER, PRESS, DECLARER, "sun.li")}
    return made


@pytest.fixture
def server(world: FakeWorld) -> Iterator[ApiServer]:
    with api_server(world) as made:
        yield made


def run(server: ApiServer, *arguments: object, by: str = CHIEF) -> Result:
    return server.run(*arguments, by=by)


def good(server: ApiServer, *arguments: object, by: str = CHIEF) -> str:
    return server.good(*arguments, by=by)


def room(server: ApiServer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(server, "crisis", "show", INCIDENT, "--json"))
    return found


def test_every_verb_of_a_crisis_is_a_command() -> None:
    names = {
        command.name or (command.callback.__name__ if command.callback else "")
        for typed in (app, statement_app)
        for command in typed.registered_commands
    }
    short = {"declare-crisis": "declare", "confirm-call": "confirm", "decline-call": "decline"}
    assert {short.get(verb, verb) for verb in IN_CRISIS} <= names


def test_a_crisis_is_declared(world: FakeWorld) -> None:
    calm = a_world()
    open_incident(calm)
    calm.api_keys.holders |= world.api_keys.holders
    with api_server(calm) as server:
        told = good(
            server, "crisis", "declare", "crm/hotline#A-1", "--reason", "press", "--grade", "yellow", by=DECLARER
        )
        assert told == "done: public, yellow, 0 of 12 seats taken\n"
        refused = run(server, "crisis", "declare", INCIDENT, "--reason", "r", "--grade", "pink", by=DECLARER)
        assert (refused.exit_code, "grade:" in refused.stderr) == (1, True)


def test_the_group_comes_in_changes_and_is_sent_home(server: ApiServer) -> None:
    assert good(server, "crisis", "confirm", INCIDENT) == "done: public, red, 1 of 12 seats taken\n"
    good(server, "crisis", "decline", INCIDENT, "--reason", "ill", by=LAWYER)
    good(server, "crisis", "invite", INCIDENT, "--who", "sun.li")
    good(server, "crisis", "confirm", INCIDENT, by="sun.li")
    good(server, "crisis", "seat", INCIDENT, "quality.2", "--who", "he.ping")
    good(server, "crisis", "milestone", INCIDENT, "plan", "--text", "recall the batch")
    seats = {seat["seat"]: seat for seat in room(server)["seats"]}
    assert seats["commander"]["person"] == CHIEF
    assert seats["legal.1"]["declined"] == [LAWYER]
    assert seats["quality.2"]["asked"][-1] == "he.ping"
    assert room(server)["guests"] == ["sun.li"]
    told = good(server, "crisis", "stand-down", INCIDENT, "--reason", "all are well")
    assert told.startswith("done: public, over since ")
    assert good(server, "crisis", "confirm", INCIDENT, by=LAWYER).startswith("nothing was left to do: ")


def test_another_complaint_joins_by_its_case(server: ApiServer, world: FakeWorld) -> None:
    other = open_incident(world, id="e9", subject="A-2")
    come_in(world, CHIEF)
    good(server, "crisis", "join", INCIDENT, "crm/hotline#A-2")
    assert [one["complaint"] for one in room(server)["joined"]] == [other]


def test_show_tells_who_is_in_what_is_due_and_how_far_statements_are(server: ApiServer, world: FakeWorld) -> None:
    come_in(world, CHIEF, LAWYER, PRESS)
    draft(world)
    good(server, "statement", "approve", INCIDENT, "first", "--revision", "1", by=LAWYER)
    told = good(server, "crisis", "show", INCIDENT)
    for word in ("A-1", "red", "commander", CHIEF, "cui.baoguo", "muster", "running", "progress", f"legal: {LAWYER}"):
        assert word in told
    assert statement(world).revisions[0].hash[:12] in told
    assert "DRILL" not in told


def test_what_is_no_crisis_says_so(world: FakeWorld) -> None:
    calm = a_world()
    open_incident(calm)
    calm.api_keys.holders |= world.api_keys.holders
    with api_server(calm) as server:
        result = run(server, "crisis", "show", INCIDENT)
        assert (result.exit_code, result.stderr) == (2, f"{INCIDENT} is no crisis\n")
        assert run(server, "crisis", "confirm", INCIDENT).stderr.startswith("HTTP 409: ")


def test_list_names_those_that_are_on(server: ApiServer) -> None:
    assert [each["incident"] for each in json.loads(good(server, "crisis", "list", "--json"))] == [INCIDENT]
    told = good(server, "crisis", "list")
    assert all(word in told for word in (INCIDENT, "crm/hotline#A-1", "red", "0 of 12"))


def test_an_answer_that_was_lost_is_done_once(server: ApiServer, world: FakeWorld) -> None:
    server.refusals.append(503)
    good(server, "crisis", "confirm", INCIDENT)
    kinds = [entry.kind for line in world.incidents.timeline(INCIDENT) for entry in line.entries]
    assert kinds.count("crisis.confirmed") == 1


@pytest.mark.parametrize(
    "command", [("crisis", "confirm", INCIDENT), ("crisis", "list"), ("statement", "show", INCIDENT, "first")]
)
def test_people_need_a_key_of_their_own(server: ApiServer, command: tuple[str, ...]) -> None:
    result = tocsin(*command, "--url", server.url)
    assert (result.exit_code, "key of their own" in result.stderr) == (2, True)


def test_an_intake_systems_key_does_not_do(server: ApiServer) -> None:
    assert run(server, "crisis", "confirm", INCIDENT, by=CRM_KEY).stderr.startswith("HTTP 403: ")
    assert run(server, "crisis", "list", by=CRM_KEY).stderr.startswith("HTTP 403: ")


class TestStatements:
    @pytest.fixture
    def texts(self, tmp_path: Path) -> list[str]:
        """Options that name the text in each language."""
        options = []
        for locale, text in TEXTS.items():
            (tmp_path / f"{locale}.md").write_text(text, encoding="utf-8")
            options += ["--text", f"{locale}={tmp_path / locale}.md"]
        return options

    @pytest.fixture(autouse=True)
    def staffed(self, world: FakeWorld) -> None:
        come_in(world, CHIEF, LAWYER, PRESS)

    def test_a_text_is_drafted_read_and_approved(self, server: ApiServer, world: FakeWorld, texts: list[str]) -> None:
        proof = f"report.pdf={'a' * 64}"
        told = good(server, "statement", "draft", INCIDENT, "first", *texts, "--evidence", proof, by=PRESS)
        assert told == "done: first, revision 1\n"
        read = good(server, "statement", "show", INCIDENT, "first")
        assert all(part in read for part in (*TEXTS.values(), "report.pdf", "a" * 64, PRESS))
        assert json.loads(good(server, "statement", "show", INCIDENT, "first", "--json"))["text"] == TEXTS
        good(server, "statement", "approve", INCIDENT, "first", "--revision", 1, by=LAWYER)
        told = good(server, "statement", "approve", INCIDENT, "first", "--revision", 1)
        assert told == "done: first is approved\n"
        assert dict(statement(world).revisions[0].approvals) == {"legal": LAWYER, "commander": CHIEF}

    def test_a_text_is_rejected_and_written_anew(self, server: ApiServer, world: FakeWorld, texts: list[str]) -> None:
        draft(world)
        told = good(server, "statement", "reject", INCIDENT, "first", "--revision", 1, "--reason", "no", by=LAWYER)
        assert told == "done: first is rejected\n"
        assert good(server, "statement", "draft", INCIDENT, "first", *texts, by=PRESS) == "done: first, revision 2\n"
        assert good(server, "statement", "show", INCIDENT, "first").startswith("first, revision 2 by ")
        assert good(server, "statement", "show", INCIDENT, "first", "--revision", 1).startswith("first, revision 1 by ")

    def test_what_is_not_public_cannot_be_corrected(
        self, server: ApiServer, world: FakeWorld, texts: list[str]
    ) -> None:
        draft(world)
        told = good(server, "statement", "correct", INCIDENT, "first", *texts, by=PRESS)
        assert told.startswith("nothing was left to do")
        assert len(statement(world).revisions) == 1

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--text", "en"), "'en' is not of the form NAME=VALUE"),
            (("--text", "en=/no/such/file"), "/no/such/file"),
            (("--text", f"en={__file__}", "--evidence", "x"), "'x' is not of the form NAME=VALUE"),
        ],
    )
    def test_what_cannot_be_read_is_not_sent(
        self, server: ApiServer, world: FakeWorld, arguments: tuple[str, ...], said: str
    ) -> None:
        before = incident(world)
        result = run(server, "statement", "draft", INCIDENT, "first", *arguments, by=PRESS)
        assert (result.exit_code, said in result.stderr) == (2, True)
        assert incident(world) == before

    def test_nothing_to_show_says_so(self, server: ApiServer) -> None:
        result = run(server, "statement", "show", INCIDENT, "full")
        assert (result.exit_code, result.stderr) == (2, "nothing was drafted for 'full'\n")
