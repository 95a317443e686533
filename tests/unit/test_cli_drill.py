"""`tocsin drill`: scenarios, starting, score and end, over the API behind a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from shared.ports import KeyHolder
from tests.fakes import FakeWorld
from tests.unit.cli_stage import ApiServer, api_server, tocsin
from tests.unit.crisis_room import CHIEF, LAWYER, QUORUM
from tests.unit.door_requests import CRM_KEY, INCIDENT, a_world, call, open_incident, request

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

OPERATIONS, TOP = "he.ping", "chen.jing"


@pytest.fixture
def world() -> FakeWorld:
    made = a_world()
    made.api_keys.holders |= {name: KeyHolder(name, person=name) for name in (*QUORUM, OPERATIONS, TOP, "li.na")}
    return made


@pytest.fixture
def server(world: FakeWorld) -> Iterator[ApiServer]:
    with api_server(world) as made:
        yield made


def run(server: ApiServer, *arguments: object, by: str = OPERATIONS) -> Result:
    return server.run(*arguments, by=by)


def good(server: ApiServer, *arguments: object, by: str = OPERATIONS) -> str:
    return server.good(*arguments, by=by)


def started(server: ApiServer, scenario: str = "food") -> str:
    return good(server, "drill", "start", scenario).partition(" ")[0]


def score(server: ApiServer, drill: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(server, "drill", "score", drill, "--json"))
    return found


def test_list_shows_what_ships_in_both_languages() -> None:
    told = tocsin("drill", "list").stdout
    for word in ("food", "breach", "injury", "食品安全，红色", "Food safety, red"):
        assert word in told
    listed = json.loads(tocsin("drill", "list", "--json").stdout)
    assert [each["scenario"] for each in listed] == ["breach", "food", "injury"]


def test_a_drill_is_started_joined_scored_and_ended(server: ApiServer) -> None:
    told = good(server, "drill", "start", "food")
    drill, case = told.split()[0], told.split()[1]
    assert case.startswith("drill-2026-03-01-food-")
    assert told.endswith(": DRILL, public, red, 0 of 12 seats taken\n")
    assert "DRILL" in good(server, "crisis", "list", by=CHIEF)
    for person in QUORUM:
        good(server, "crisis", "confirm", drill, by=person)
    running = good(server, "drill", "score", drill)
    for word in (" DRILL ", "running: 2 of 2 in time (100%", "muster", CHIEF, "silent", "by he.ping"):
        assert word in running
    ended = good(server, "drill", "end", drill)
    assert ended.startswith("done: DRILL, public, over since ")
    assert "passed: 2 of 2 in time" in ended
    assert f"renewed until 2026-06-01: {', '.join(sorted(QUORUM))}" in _sorted_renewal(ended)
    assert score(server, drill)["passed"] is True
    assert good(server, "drill", "end", drill).startswith("nothing was left to do")


def _sorted_renewal(told: str) -> str:
    [line] = [line for line in told.splitlines() if line.startswith("renewed until")]
    until, _, people = line.partition(": ")
    return f"{until}: {', '.join(sorted(people.split(', ')))}"


def test_a_late_milestone_is_told_with_its_lateness(server: ApiServer, world: FakeWorld) -> None:
    drill = started(server)
    good(server, "crisis", "confirm", drill, by=CHIEF)
    world.time.advance(31 * 60_000)
    good(server, "crisis", "milestone", drill, "plan", by=CHIEF)
    told = good(server, "drill", "end", drill, "--reason", "enough")
    assert "not passed: 0 of 4 in time" in told
    assert "no, 62 s late" in told
    assert "renewed" not in told


def test_a_scenario_of_ones_own_is_started_from_its_file(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "flood.yaml"
    summary = "{zh-CN: 演习：仓库进水, en: 'DRILL: the warehouse is under water'}"
    file.write_text(
        f"scenario: flood\ntitle: {{en: Flood}}\ncomplaint: {{summary: {summary}, channel: api, scope: nation}}\n"
    )
    assert "-flood-" in good(server, "drill", "start", file)


def test_a_scenario_with_a_mistake_is_not_sent(server: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "flood.yaml"
    file.write_text("scenario: flood\ntitle: {en: Flood}\n")
    result = run(server, "drill", "start", file)
    assert (result.exit_code, result.stderr) == (2, f"{file}:1: complaint: is missing\n")
    assert server.bodies == []


def test_what_the_api_refuses_is_told_in_its_words(server: ApiServer) -> None:
    assert run(server, "drill", "start", "food", by="li.na").stderr.startswith("HTTP 403: ")
    assert run(server, "drill", "start", "food", by=CRM_KEY).stderr.startswith("HTTP 403: ")
    drill = started(server)
    result = run(server, "drill", "start", "injury")
    assert (result.exit_code, f"A drill is on already, {drill}" in result.stderr) == (1, True)


def test_a_real_crisis_is_neither_scored_nor_ended(server: ApiServer, world: FakeWorld) -> None:
    open_incident(world, data__level="crisis")
    for command in ("score", "end"):
        result = run(server, "drill", command, INCIDENT, by=TOP)
        assert (result.exit_code, "This incident is no drill." in result.stderr) == (1, True)
    assert world.crises.running() == (INCIDENT,)


def test_who_is_neither_a_member_nor_runs_drills_does_not_end_one(server: ApiServer, world: FakeWorld) -> None:
    drill = started(server)
    assert good(server, "drill", "end", drill, by=LAWYER).startswith("nothing was left to do: DRILL, public, red")
    assert world.crises.running_drills() == (drill,)


@pytest.mark.parametrize("command", [("start", "food"), ("score", INCIDENT), ("end", INCIDENT)])
def test_people_need_a_key_of_their_own(server: ApiServer, command: tuple[str, ...]) -> None:
    result = tocsin("drill", *command, "--url", server.url)
    assert (result.exit_code, "key of their own" in result.stderr) == (2, True)


def test_an_answer_that_was_lost_starts_one_drill(server: ApiServer, world: FakeWorld) -> None:
    server.refusals.append(503)
    drill = started(server)
    assert world.crises.running_drills() == (drill,)


class TestDoor:
    """Status and headers, which the command does not show."""

    def ask(self, method: str, path: str, said: Any = None, *, by: str = OPERATIONS, key: str = "k") -> Any:
        from functions.respond import handler as door  # noqa: PLC0415 - patched by the server's fixture

        headers = {"content-type": "application/json", "idempotency-key": key} if said is not None else {}
        body = None if said is None else json.dumps(said)
        return call(door.handler, request(method, path, body, key=by, headers=headers))

    def test_a_start_says_where_its_score_is(self, server: ApiServer) -> None:
        said = json.loads(tocsin("drill", "list", "--json").stdout)[1]
        first, again = self.ask("POST", "/v1/drills", said), self.ask("POST", "/v1/drills", said)
        assert (first.status, again.status) == (201, 200)
        assert first.headers["Location"] == again.headers["Location"] == f"/v1/drills/{first.json['incident']}"
        assert self.ask("GET", first.headers["Location"]).json["scenario"] == "food"
        head = self.ask("HEAD", first.headers["Location"])
        assert (head.status, head.text) == (200, "")

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/v1/drills", 405),
            ("DELETE", f"/v1/drills/{INCIDENT}", 405),
            ("GET", f"/v1/drills/{INCIDENT}", 404),
            ("GET", "/v1/drills/none", 404),
        ],
    )
    def test_what_is_not_there_says_so(self, server: ApiServer, method: str, path: str, status: int) -> None:
        assert self.ask(method, path).status == status

    @pytest.mark.parametrize("said", [[], "food", {}, {"scenario": "food"}])
    def test_a_body_that_is_no_scenario_is_refused(self, server: ApiServer, said: Any) -> None:
        assert self.ask("POST", "/v1/drills", said).status == 400
