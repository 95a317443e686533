"""`tocsin audit verify`: whatever is done to a timeline behind the product's back is found and named (I9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters import codec, dynamo_keys
from shared.adapters.sealed_heads import S3SealedHeads
from shared.domain.events import incident_id
from shared.domain.heads import Head
from shared.domain.instants import DAY
from shared.domain.timeline import Line, seal
from tests.contract.tables import EVIDENCE
from tests.unit.cli_stage import Stage, stage, tocsin
from tests.unit.door_requests import INCIDENT, complaint, said

OTHER = incident_id("crm/hotline", "A-2")


@pytest.fixture
def unsealed() -> Iterator[Stage]:
    with stage() as made:
        made.take(
            complaint(),
            said("acknowledged", id="e2", by="x"),
            said("waiting", id="e3", reason="photos"),
            complaint(id="e4", subject="A-2"),
        )
        yield made


@pytest.fixture
def deployed(unsealed: Stage) -> Stage:
    storage = S3SealedHeads(lambda: unsealed.client("s3"), EVIDENCE)
    storage.seal(head for each in (INCIDENT, OTHER) for head in heads_of(unsealed, each))
    return unsealed


def heads_of(stage: Stage, incident: str) -> list[Head]:
    return [Head(incident, each.number, each.hash, each.at) for each in stage.incidents().timeline(incident)]


def forge(stage: Stage, written: Iterable[Line], at: int = 1) -> None:
    """Write lines anew, each `at` milliseconds later and sealed with the next, and make the incident agree."""
    previous, number = "", 0
    for each in written:
        forged = seal(previous, each.number, each.at + at, each.entries)
        previous, number = forged.hash, forged.number
        item = {**dynamo_keys.line(INCIDENT, number), **codec.line_item(forged)}
        stage.client("dynamodb").put_item(TableName="timeline", Item=item)
    agree(stage, number, previous)


def agree(stage: Stage, lines: int, head: str) -> None:
    """Make the incident believe that its timeline ends so."""
    stage.client("dynamodb").update_item(
        TableName="incidents",
        Key=dynamo_keys.meta(INCIDENT),
        UpdateExpression="SET #lines = :lines, head = :head",
        ExpressionAttributeNames={"#lines": "lines"},
        ExpressionAttributeValues={":lines": {"N": str(lines)}, ":head": {"S": head}},
    )


def line(number: int) -> dict[str, Any]:
    return {"PK": {"S": INCIDENT}, "SK": {"S": f"{number:08d}"}}


def change(client: Any, number: int, what: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    found = client.get_item(TableName="timeline", Key=line(number))["Item"]
    client.put_item(TableName="timeline", Item=what(found))


def test_whole_timelines_pass(deployed: Stage) -> None:
    result = tocsin("audit", "verify", INCIDENT)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 timeline unbroken\n", "")
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


def test_a_timeline_that_was_written_anew_does_not_fit_its_incident(unsealed: Stage) -> None:
    lines = unsealed.incidents().timeline(INCIDENT)
    forge(unsealed, lines)
    agree(unsealed, 3, lines[-1].hash)
    result = tocsin("audit", "verify", INCIDENT)
    assert result.exit_code == 1
    assert "line 3 is broken: the incident knows another hash of it" in result.stderr


def spoil(deployed: Stage, table: str, key: dict[str, Any]) -> None:
    deployed.client("dynamodb").put_item(TableName=table, Item={**key, "doc": {"S": "rubbish"}, "at": {"S": "rubbish"}})


@pytest.mark.parametrize("how", [(INCIDENT, OTHER), ("--all",)])
@pytest.mark.parametrize(
    ("table", "key", "says"),
    [
        ("incidents", dynamo_keys.meta(INCIDENT), "its record cannot be read (JSONDecodeError)"),
        ("timeline", line(2), "a line of its timeline cannot be read (KeyError)"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_others_are_checked(
    deployed: Stage, how: tuple[str], table: str, key: dict[str, Any], says: str
) -> None:
    spoil(deployed, table, key)
    deployed.client("dynamodb").delete_item(TableName="timeline", Key={**line(1), "PK": {"S": OTHER}})
    result = tocsin("audit", "verify", *how)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{INCIDENT}: {says}\n" in result.stderr
    assert f"{OTHER}: line 1 is broken" in result.stderr
    assert result.stderr.splitlines()[-1] == "2 of 2 timelines broken"
    assert "rubbish" not in result.stderr


def test_a_package_of_what_cannot_be_read_is_not_made(deployed: Stage, tmp_path: Path) -> None:
    spoil(deployed, "incidents", dynamo_keys.meta(INCIDENT))
    result = tocsin("crisis", "evidence", INCIDENT, "--out", tmp_path / "package.zip")
    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert result.stderr == f"{INCIDENT}: its record cannot be read (JSONDecodeError)\n"


def test_a_timeline_whose_incident_is_gone_is_found(deployed: Stage) -> None:
    deployed.client("dynamodb").delete_item(TableName="incidents", Key={"PK": {"S": INCIDENT}, "SK": {"S": "META"}})
    result = tocsin("audit", "verify", "--all")
    assert result.exit_code == 1
    assert f"{INCIDENT}: 3 lines and no incident" in result.stderr


def test_what_goes_by_itself_is_not_missed_when_half_of_it_is_gone(deployed: Stage) -> None:
    for name, key in (("incidents", dynamo_keys.meta("inc-probe")), ("timeline", dynamo_keys.line("inc-probe-2", 2))):
        deployed.client("dynamodb").put_item(TableName=name, Item={**key, "ttl": {"N": "1772409600"}})
    assert tocsin("audit", "verify", "--all").stdout == "2 timelines unbroken\n"


def test_an_incident_that_is_not_there_is_said(deployed: Stage) -> None:
    result = tocsin("audit", "verify", "crm#nothing")
    assert result.exit_code == 1
    assert "there is no such incident" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--all", INCIDENT)])
def test_one_says_which(deployed: Stage, arguments: tuple[str, ...]) -> None:
    result = tocsin("audit", "verify", *arguments)
    assert (result.exit_code, result.stderr) == (2, "name incidents, or give --all\n")


@pytest.mark.parametrize("how", [(INCIDENT,), ("--all",)])
def test_lines_that_were_all_written_anew_differ_from_what_was_sealed(deployed: Stage, how: tuple[str]) -> None:
    forge(deployed, deployed.incidents().timeline(INCIDENT))
    result = tocsin("audit", "verify", *how)
    assert result.exit_code == 1
    assert f"{INCIDENT}: line 1 is broken: it was sealed with another hash" in result.stderr
    assert "warning" not in result.stderr


def test_the_first_line_that_was_written_anew_is_named(deployed: Stage) -> None:
    first, second, third = deployed.incidents().timeline(INCIDENT)
    other = seal(first.hash, 2, second.at + 1, second.entries)
    change(deployed.client("dynamodb"), 2, lambda item: {**item, **codec.line_item(other)})
    result = tocsin("audit", "verify", INCIDENT)
    assert f"{INCIDENT}: line 2 is broken: it was sealed with another hash" in result.stderr
    assert third.previous != other.hash, "the chain itself breaks one line later"


@pytest.mark.parametrize("how", [(INCIDENT,), ("--all",)])
def test_lines_that_were_cut_off_without_a_trace_are_missed(deployed: Stage, how: tuple[str]) -> None:
    first, *rest = deployed.incidents().timeline(INCIDENT)
    for each in rest:
        deployed.client("dynamodb").delete_item(TableName="timeline", Key=line(each.number))
    agree(deployed, 1, first.hash)
    result = tocsin("audit", "verify", *how)
    assert result.exit_code == 1
    assert f"{INCIDENT}: line 2 is broken: it was sealed, and is gone from the end" in result.stderr


def test_an_incident_that_is_gone_as_a_whole_is_missed(deployed: Stage) -> None:
    for each in deployed.incidents().timeline(INCIDENT):
        deployed.client("dynamodb").delete_item(TableName="timeline", Key=line(each.number))
    deployed.client("dynamodb").delete_item(TableName="incidents", Key=dynamo_keys.meta(INCIDENT))
    result = tocsin("audit", "verify", "--all")
    assert result.exit_code == 1
    assert f"{INCIDENT}: line 1 is broken: it was sealed, and is gone from the end" in result.stderr


def test_what_was_sealed_is_found_under_what_hides_it(deployed: Stage) -> None:
    s3 = deployed.client("s3")
    forge(deployed, deployed.incidents().timeline(INCIDENT))
    for found in s3.list_objects_v2(Bucket=EVIDENCE)["Contents"]:
        s3.put_object(Bucket=EVIDENCE, Key=found["Key"], Body=b"another content")
        s3.delete_object(Bucket=EVIDENCE, Key=found["Key"])  # without a version: a mark over it
    assert "Contents" not in s3.list_objects_v2(Bucket=EVIDENCE)
    assert "line 1 is broken: it was sealed with another hash" in tocsin("audit", "verify", INCIDENT).stderr


def test_sealing_the_forged_lines_too_makes_them_no_better(deployed: Stage) -> None:
    forge(deployed, deployed.incidents().timeline(INCIDENT))
    S3SealedHeads(lambda: deployed.client("s3"), EVIDENCE).seal(heads_of(deployed, INCIDENT))
    assert "line 1 is broken: it was sealed with another hash" in tocsin("audit", "verify", INCIDENT).stderr


def test_a_line_that_was_never_sealed_is_a_warning(deployed: Stage) -> None:
    deployed.take(said("acknowledged", id="e5", by="y"))
    result = tocsin("audit", "verify", INCIDENT)
    assert (result.exit_code, result.stdout) == (0, "1 timeline unbroken\n")
    assert result.stderr == f"{INCIDENT}: warning: line 4 was never sealed\n"


def test_a_timeline_whose_heads_are_elsewhere_is_not_called_sealed(deployed: Stage) -> None:
    forge(deployed, deployed.incidents().timeline(INCIDENT), at=30 * DAY)
    near = tocsin("audit", "verify", INCIDENT)
    assert f"{INCIDENT}: warning: 3 lines from 1 to 3 were never sealed\n" in near.stderr
    everywhere = tocsin("audit", "verify", "--all")
    assert everywhere.exit_code == 1
    assert f"{INCIDENT}: line 1 is broken: it was sealed with another hash" in everywhere.stderr
