"""`tocsin incidents`: looking over the API and the tables, answering over the API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import Result

from cli.incident_verbs import app
from shared.adapters import dynamo_keys
from shared.application.answer import HANDLING
from shared.application.take_event import take_event
from shared.domain.events import EVENT
from tests.fakes import FakeWorld
from tests.unit.cli_stage import ApiServer, Stage, api_server, stage, tocsin
from tests.unit.door_requests import CRM_KEY, INCIDENT, LI_KEY, a_world, complaint, open_incident

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


@pytest.fixture
def world() -> FakeWorld:
    made = a_world()
    open_incident(made, data__level="important", data__customer={"name": "Wang Fang", "phone": "+8613912345678"})
    return made


@pytest.fixture
def server(world: FakeWorld) -> Iterator[ApiServer]:
    with api_server(world) as made:
        yield made


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        yield made


def incidents(server: ApiServer, *arguments: object, key: str = LI_KEY) -> Result:
    return tocsin("incidents", *arguments, "--url", server.url, TOCSIN_API_KEY=key)


def shown(server: ApiServer) -> dict[str, Any]:
    result = incidents(server, "show", INCIDENT, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_every_verb_of_the_api_is_a_command() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert names - {"list", "show"} == {"ack" if verb == "acknowledge" else verb for verb in HANDLING}


def test_show_tells_state_clocks_and_timeline_without_personal_data(server: ApiServer) -> None:
    result = incidents(server, "show", INCIDENT)
    assert result.exit_code == 0, result.stderr
    for word in (
        "A-1",
        "crm/hotline",
        "The milk was sour",
        "not acknowledged",
        "respond",
        "running",
        "paged",
        "opened",
    ):
        assert word in result.stdout
    assert "Wang" not in result.output
    assert "13912345678" not in result.output


def test_an_incident_is_named_by_its_source_and_subject_too(server: ApiServer) -> None:
    result = incidents(server, "show", "crm/hotline#A-1", "--json", key=CRM_KEY)
    assert json.loads(result.stdout)["incident"] == INCIDENT


def test_what_is_not_there_is_said(server: ApiServer) -> None:
    result = incidents(server, "show", "crm/hotline#A-2")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("HTTP 404: ")


def test_an_acknowledgement_is_the_key_holders(server: ApiServer) -> None:
    result = incidents(server, "ack", INCIDENT)
    assert (result.exit_code, result.stdout) == (0, "done: open, level important, held by li.na\n"), result.stderr
    assert (shown(server)["acknowledged"], shown(server)["holder"]) == (True, "li.na")


def test_a_lost_answer_is_asked_for_again_and_nothing_is_done_twice(server: ApiServer, world: FakeWorld) -> None:
    server.refusals.append(503)
    assert incidents(server, "escalate", INCIDENT, "--reason", "a child is ill").exit_code == 0
    kinds = [entry["kind"] for entry in shown(server)["timeline"]]
    assert kinds.count("complaint.escalated") == 1


@pytest.mark.parametrize(
    ("arguments", "kind", "data"),
    [
        (("propose", "--solution", "a new one"), "complaint.proposed", {"solution": "a new one"}),
        (("resolve", "--solution", "replaced"), "complaint.resolved", {"solution": "replaced"}),
        (("resolve",), "complaint.resolved", {}),
        (("close",), "complaint.closed", {}),
        (("escalate", "--reason", "too big for me"), "complaint.escalated", {"reason": "too big for me"}),
        (("reclassify", "--level", "major", "--reason", "press"), "complaint.reclassified", {"level": "major"}),
        (("wait", "--reason", "photos"), "complaint.waiting", {"reason": "photos"}),
        (("resume",), "complaint.resumed", {}),
        (("follow-up",), "complaint.followed_up", {}),
        (("confirm",), "complaint.confirmed", {}),
        (("reopen", "--reason", "again"), "complaint.reopened", {"reason": "again"}),
        (("root-cause", "--text", "cold chain"), "complaint.root_cause_started", {"text": "cold chain"}),
    ],
)
def test_each_verb_becomes_its_event(
    server: ApiServer, arguments: tuple[str, ...], kind: str, data: dict[str, str]
) -> None:
    verb, *options = arguments
    result = incidents(server, verb, INCIDENT, *options)
    assert result.exit_code == 0, result.stderr
    (entry,) = [entry for entry in shown(server)["timeline"] if entry["kind"] == kind]
    assert entry["data"]["data"] | data | {"by": "li.na"} == entry["data"]["data"]


def test_handing_over_names_the_taker(server: ApiServer, world: FakeWorld) -> None:
    taker = next(person for person in world.policies.current()[1].people if person != "li.na")
    incidents(server, "ack", INCIDENT)
    result = incidents(server, "hand-over", INCIDENT, "--to", taker)
    assert result.exit_code == 0, result.stderr
    (entry,) = [entry for entry in shown(server)["timeline"] if entry["kind"] == "complaint.handed_over"]
    assert entry["data"]["data"]["to"] == taker


def test_wrong_names_are_listed_field_by_field(server: ApiServer) -> None:
    result = incidents(server, "hand-over", INCIDENT, "--to", "nobody")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1] == "  to: is no person of the directory"
    result = incidents(server, "milestone", INCIDENT, "--name", "plan")
    assert "  milestone: this incident has none" in result.stderr


def test_an_intake_systems_key_answers_for_nobody(server: ApiServer) -> None:
    result = incidents(server, "ack", INCIDENT, key=CRM_KEY)
    assert result.exit_code == 1
    assert "People answer, with a key of their own" in result.stderr


def test_without_a_key_of_ones_own_nothing_is_asked(server: ApiServer) -> None:
    result = tocsin("incidents", "ack", INCIDENT, "--url", server.url)
    assert result.exit_code == 2
    assert "TOCSIN_API_KEY" in result.stderr
    assert server.bodies == []


def test_list_shows_what_is_due_first_at_the_top(deployed: Stage) -> None:
    deployed.take(
        complaint(data__level="inquiry"),
        complaint(id="e2", subject="A-2", data__level="crisis"),
        complaint(id="e3", subject="A-3", data__level="ordinary"),
    )
    found = json.loads(tocsin("incidents", "list", "--json").stdout)
    assert {each["subject"] for each in found} == {"A-1", "A-2", "A-3"}
    assert found[0]["subject"] == "A-2"
    assert [each["next_step_at"] for each in found] == sorted(each["next_step_at"] for each in found)
    assert len(json.loads(tocsin("incidents", "list", "--json", "--limit", 2).stdout)) == 2
    table = tocsin("incidents", "list").stdout
    assert INCIDENT in table
    assert "crisis" in table


def test_list_leaves_out_the_complaints_that_nobody_made(deployed: Stage) -> None:
    synthetic = EVENT.validate_python(complaint(source="probe", subject="2026-03-01T00:00:00Z"))
    take_event(deployed.world, synthetic, surface="probe", trusted_by=False)
    deployed.take(complaint(id="e2"))
    assert [each["subject"] for each in json.loads(tocsin("incidents", "list", "--json").stdout)] == ["A-1"]


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_list_names_what_cannot_be_read_beside_the_others(deployed: Stage, how: tuple[str]) -> None:
    deployed.take(complaint(), complaint(id="e2", subject="A-2"))
    deployed.client("dynamodb").update_item(
        TableName="incidents",
        Key=dynamo_keys.meta(INCIDENT),
        UpdateExpression="SET doc = :rubbish",
        ExpressionAttributeValues={":rubbish": {"S": "rubbish"}},
    )
    result = tocsin("incidents", "list", *how)
    assert result.exit_code == 1
    assert "A-2" in result.stdout
    assert result.stderr.startswith(f"{INCIDENT}: its record cannot be read (JSONDecodeError)\n")


def test_list_of_nothing_is_empty(deployed: Stage) -> None:
    result = tocsin("incidents", "list", "--json")
    assert (result.exit_code, result.stdout) == (0, "[]\n")
