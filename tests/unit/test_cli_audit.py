"""`tocsin audit verify`: whatever is done to a timeline behind the product's back is found and named (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.adapters import codec, dynamo_keys
from shared.domain.events import incident_id
from shared.domain.timeline import seal
from tests.unit.cli_stage import Stage, stage, tocsin
from tests.unit.door_requests import INCIDENT, complaint, said

OTHER = incident_id("crm/hotline", "A-2")


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        made.take(
            complaint(),
            said("acknowledged", id="e2", by="x"),
            said("waiting", id="e3", reason="photos"),
            complaint(id="e4", subject="A-2"),
        )
        yield made


def line(number: int) -> dict[str, Any]:
    return {"PK": {"S": INCIDENT}, "SK": {"S": f"{number:08d}"}}


def change(client: Any, number: int, what: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    found = client.get_item(TableName="timeline", Key=line(number))["Item"]
    client.put_item(TableName="timeline", Item=what(found))


def test_whole_timelines_pass(deployed: Stage) -> None:
    result = tocsin("audit", "verify", INCIDENT)
    assert (result.exit_code, result.stdout) == (0, "1 timeline unbroken\n"), result.stderr
    assert tocsin("audit", "verify", "crm/hotline#A-1", OTHER).stdout == "2 timelines unbroken\n"
    assert tocsin("audit", "verify", "--all").stdout == "2 timelines unbroken\n"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_changed_line_is_named(deployed: Stage, number: int) -> None:
    change(deployed.client("dynamodb"), number, lambda item: {**item, "at": {"N": str(int(item["at"]["N"]) + 1)}})
    result = tocsin("audit", "verify", INCIDENT)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{INCIDENT}: line {number} is broken" in result.stderr


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_line_that_was_taken_out_is_named(deployed: Stage, number: int) -> None:
    deployed.client("dynamodb").delete_item(TableName="timeline", Key=line(number))
    result = tocsin("audit", "verify", "--all")
    assert result.exit_code == 1
    assert f"{INCIDENT}: line {number} is broken" in result.stderr
    assert OTHER not in result.stderr
    assert result.stderr.splitlines()[-1] == "1 of 2 timelines broken"


def test_a_timeline_that_was_written_anew_does_not_fit_its_incident(deployed: Stage) -> None:
    previous = ""
    for written in deployed.incidents().timeline(INCIDENT):
        forged = seal(previous, written.number, written.at + 1, written.entries)
        previous = forged.hash
        item = {**dynamo_keys.line(INCIDENT, forged.number), **codec.line_item(forged)}
        deployed.client("dynamodb").put_item(TableName="timeline", Item=item)
    result = tocsin("audit", "verify", INCIDENT)
    assert result.exit_code == 1
    assert "line 3 is broken: the incident knows another hash of it" in result.stderr


def test_a_timeline_whose_incident_is_gone_is_found(deployed: Stage) -> None:
    deployed.client("dynamodb").delete_item(TableName="incidents", Key={"PK": {"S": INCIDENT}, "SK": {"S": "META"}})
    result = tocsin("audit", "verify", "--all")
    assert result.exit_code == 1
    assert f"{INCIDENT}: 3 lines and no incident" in result.stderr


def test_an_incident_that_is_not_there_is_said(deployed: Stage) -> None:
    result = tocsin("audit", "verify", "crm#nothing")
    assert result.exit_code == 1
    assert "there is no such incident" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--all", INCIDENT)])
def test_one_says_which(deployed: Stage, arguments: tuple[str, ...]) -> None:
    result = tocsin("audit", "verify", *arguments)
    assert (result.exit_code, result.stderr) == (2, "name incidents, or give --all\n")
