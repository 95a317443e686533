"""`tocsin restore`: a copy of the tables is made, opened and dropped; what was spoilt since is as it should be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import pytest

from cli import deployment
from cli.stage_world import world_over
from shared.adapters import dynamo_keys
from shared.application.read_event import take_body
from shared.application.world import World
from shared.domain.events import incident_id
from shared.domain.instants import format_instant
from shared.domain.timeline import first_broken
from tests.unit.cli_stage import Stage, stage, tocsin
from tests.unit.door_requests import INCIDENT, complaint, said

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")
OTHER = incident_id("crm/hotline", "A-2")


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture
def world(deployed: Stage) -> World:
    """The stage's world with an incident of a minute ago."""
    made = world_over(deployed)
    now = made.time.now()
    customer = {"name": "Wang Fang", "phone": "+8613912345678"}
    take_body(made, json.dumps(complaint(time=format_instant(now - 60_000), data__customer=customer)))
    return made


@pytest.fixture
def moment(world: World) -> str:
    """When the copy is made: this second."""
    at = format_instant(world.time.now() // 1000 * 1000)
    result = tocsin("restore", "tables", "--to", at)
    assert result.exit_code == 0, result.output
    return at


def opened(moment: str) -> dict[str, Any]:
    result = tocsin("restore", "open", "--to", moment, "--yes", "--json")
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def delete(deployed: Stage, key: dict[str, Any]) -> None:
    deployed.client("dynamodb").delete_item(TableName="incidents", Key=key)


def test_all_four_tables_are_copied_beside_the_tables_and_dropped(deployed: Stage, moment: str) -> None:
    names = deployed.client("dynamodb").list_tables()["TableNames"]
    suffix = moment.replace("-", "").replace(":", "").rstrip("Z")
    copies = {f"{name}-at-{suffix}" for name in ("incidents", "timers", "outbox", "timeline")}
    assert copies < set(names)
    assert tocsin("restore", "tables", "--to", moment).exit_code == 0, "again is no mistake"
    assert tocsin("restore", "drop", "--to", moment).exit_code == 0
    assert not copies & set(deployed.client("dynamodb").list_tables()["TableNames"])


def test_the_plan_says_what_is_there_and_changes_nothing(deployed: Stage, world: World, moment: str) -> None:
    before = world.incidents.load(INCIDENT)
    result = tocsin("restore", "plan", "--to", moment)
    assert result.exit_code == 0, result.output
    assert "incidents" in result.stdout
    assert "ready" in result.stdout
    assert INCIDENT in result.stdout
    assert "1 would be put back" in result.stdout
    assert world.incidents.load(INCIDENT) == before


def test_a_record_that_was_spoilt_is_right_again_with_what_was_said_since(
    deployed: Stage, world: World, moment: str
) -> None:
    take_body(world, json.dumps(said("acknowledged", by="the desk", time=format_instant(world.time.now()))))
    deployed.client("dynamodb").update_item(
        TableName="incidents",
        Key=dynamo_keys.meta(INCIDENT),
        UpdateExpression="SET doc = :rubbish",
        ExpressionAttributeValues={":rubbish": {"S": "{}"}},
    )
    assert "1 would be put back" in tocsin("restore", "plan", "--to", moment).stdout
    told = opened(moment)
    assert told["records_put_back"] == 1
    assert [(each["differed"], each["replayed"]) for each in told["incidents"]] == [(True, 1)]
    stored = world.incidents.load(INCIDENT)
    assert stored is not None
    assert stored.incident.course.acknowledged
    assert stored.incident.next_step_at is not None
    assert stored.alarm is not None
    assert world.timers.pending(stored.alarm)
    assert stored.lines == len(world.incidents.timeline(INCIDENT)) == 3
    assert opened(moment)["incidents"][0]["outcome"] == "again"


def test_who_was_paged_before_is_paged_once_more_and_what_waited_is_not_sent(world: World, moment: str) -> None:
    told = opened(moment)["incidents"][0]
    assert told["paged"] == ["li.na"]
    states = {row.key.step: row.state for row in world.outbox.of_incident(INCIDENT)}
    assert list(states.values()) == ["called_back", "pending"]


def test_what_is_kept_for_good_comes_back_and_what_was_erased_does_not(
    deployed: Stage, world: World, moment: str
) -> None:
    assert world.incidents.customer(INCIDENT) is not None
    delete(deployed, dynamo_keys.meta(INCIDENT))
    delete(deployed, dynamo_keys.taken("crm/hotline", "e1"))
    delete(deployed, dynamo_keys.customer(INCIDENT))
    told = opened(moment)
    assert (told["rows_put_back"], told["records_put_back"]) == (1, 1)
    assert world.incidents.taken("crm/hotline", "e1") is not None
    assert world.incidents.customer(INCIDENT) is None


def test_an_incident_that_came_since_is_left_alone(world: World, moment: str) -> None:
    take_body(world, json.dumps(complaint(id="e9", subject="A-2", time=format_instant(world.time.now()))))
    before = world.incidents.load(OTHER)
    assert [each["incident"] for each in opened(moment)["incidents"]] == [INCIDENT]
    assert world.incidents.load(OTHER) == before


def test_one_that_cannot_be_put_back_is_named_and_the_others_are(deployed: Stage, world: World) -> None:
    take_body(world, json.dumps(complaint(id="e9", subject="A-2", time=format_instant(world.time.now()))))
    at = format_instant(world.time.now() // 1000 * 1000)
    assert tocsin("restore", "tables", "--to", at, "--only", "incidents").exit_code == 0
    deployed.client("dynamodb").delete_item(TableName="timeline", Key=dynamo_keys.line(OTHER, 1))
    result = tocsin("restore", "open", "--to", at, "--yes")
    assert result.exit_code == 1
    assert "its copy knew 1" in result.stdout
    assert "1 put back" in result.stdout


def test_lines_that_were_cut_off_come_back_and_the_chain_is_whole(deployed: Stage, world: World, moment: str) -> None:
    deployed.client("dynamodb").delete_item(TableName="timeline", Key=dynamo_keys.line(INCIDENT, 1))
    assert opened(moment)["rows_put_back"] == 1
    lines = world.incidents.timeline(INCIDENT)
    assert [line.number for line in lines] == [1, 2]
    assert first_broken(lines) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("tables", "--to", "yesterday"), "--to"),
        (("tables", "--to", "2199-01-01T00:00:00Z"), "still to come"),
        (("open", "--to", "2026-01-01T00:00:00Z", "--yes"), "there is no copy"),
        (("tables", "--to", "2026-01-01T00:00:00Z", "--only", "people"), "there are incidents"),
    ],
)
def test_what_cannot_be_done_is_said(deployed: Stage, arguments: tuple[str, ...], says: str) -> None:
    result = tocsin("restore", *arguments)
    assert result.exit_code in (1, 2)
    assert says in result.stderr


@dataclass
class Lambdas:
    """Functions and how many of each may run."""

    limits: dict[str, int] = field(default_factory=dict)

    def put_function_concurrency(self, *, FunctionName: str, ReservedConcurrentExecutions: int) -> None:  # noqa: N803
        self.limits[FunctionName] = ReservedConcurrentExecutions

    def delete_function_concurrency(self, *, FunctionName: str) -> None:  # noqa: N803
        self.limits.pop(FunctionName, None)


def test_all_but_the_door_for_complaints_are_paused_and_resumed(deployed: Stage) -> None:
    lambdas = Lambdas()
    outputs = {**deployed.outputs, "IntakeApiFunction": "door", "FireTimerFunction": "fire", "AuditFunction": "audit"}
    made = replace(deployed, outputs=outputs, client=lambda _: lambdas)
    with patch.object(deployment, "_local", lambda: made):
        assert tocsin("restore", "pause").exit_code == 0
        assert lambdas.limits == {"fire": 0, "audit": 0}
        assert tocsin("restore", "resume").exit_code == 0
    assert lambdas.limits == {}
