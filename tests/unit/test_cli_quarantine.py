"""`tocsin quarantine`: nothing that could not be taken is lost, and nothing personal is shown unasked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.application.fire_timer import fire_timer
from shared.domain.timer import timer_from
from tests.unit.cli_stage import Stage, stage, tocsin
from tests.unit.door_requests import INCIDENT, complaint, said

PHONE = "+8613912345678"


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        yield made


def wrong(**changes: Any) -> dict[str, Any]:
    """A complaint that no intake function takes."""
    return complaint(**{"data__channel": "fax", "data__customer": {"phone": PHONE}, **changes})


def only_id(deployed: Stage) -> str:
    (found,) = deployed.quarantine().list()
    return found.id


def events_of(deployed: Stage) -> list[str]:
    """Ids of the events that were applied to the incident, in order."""
    lines = deployed.incidents().timeline(INCIDENT)
    return [entry.data["event"] for line in lines for entry in line.entries if "event" in entry.data]


def give_up(deployed: Stage) -> None:
    """Let the time pass that early events are kept."""
    (row,) = deployed.client("dynamodb").scan(TableName="timers")["Items"]
    timer = timer_from(row["PK"]["S"], row["SK"]["S"])
    world = deployed.world
    world.time.wait_until(timer.due)
    fire_timer(world, timer)


def test_list_shows_reasons_and_nothing_personal(deployed: Stage) -> None:
    deployed.take(wrong())
    (found,) = json.loads(tocsin("quarantine", "list", "--json").stdout)
    assert (found["id"], found["reason"], found["surface"]) == (only_id(deployed), "invalid", "queue")
    assert "channel" in found["detail"]
    text = tocsin("quarantine", "list").stdout
    assert found["id"] in text
    assert PHONE not in text


def test_source_and_id_of_the_event_are_shown_as_far_as_there_are_any(deployed: Stage) -> None:
    deployed.take(wrong(), wrong(id="\x1b[2J"))
    found = {each["event"]: each for each in json.loads(tocsin("quarantine", "list", "--json").stdout)}
    assert set(found) == {"e1", "?[2J"}
    assert found["e1"]["source"] == "crm/hotline"
    text = tocsin("quarantine", "list").stdout
    assert "crm/hotline e1" in text
    assert "\x1b" not in text
    assert "source   crm/hotline" in tocsin("quarantine", "show", found["e1"]["id"]).stdout


def test_an_empty_quarantine_says_so(deployed: Stage) -> None:
    assert tocsin("quarantine", "list").stdout == "Nothing is quarantined.\n"


def test_the_body_is_shown_only_when_asked_for(deployed: Stage) -> None:
    deployed.take(wrong())
    which = only_id(deployed)
    assert PHONE not in tocsin("quarantine", "show", which).stdout
    assert json.loads(tocsin("quarantine", "show", which, "--show-body").stdout) == wrong()


def test_a_repaired_event_is_taken_and_leaves_the_quarantine(deployed: Stage, tmp_path: Path) -> None:
    deployed.take(wrong())
    which = only_id(deployed)
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps(complaint(), indent=2))
    result = tocsin("quarantine", "replay", which, "--edit", repaired)
    assert (result.exit_code, result.stdout) == (0, f"taken: {INCIDENT}\n"), result.stderr
    assert deployed.incidents().load(INCIDENT) is not None
    assert deployed.quarantine().list() == ()


def test_an_event_that_is_still_wrong_is_not_sent(deployed: Stage) -> None:
    deployed.take(wrong())
    before = deployed.quarantine().list()
    result = tocsin("quarantine", "replay", only_id(deployed))
    assert result.exit_code == 1
    assert "channel" in result.stderr
    assert PHONE not in result.output
    assert deployed.quarantine().list() == before


def test_an_event_whose_complaint_came_later_is_taken(deployed: Stage) -> None:
    unknown = complaint(type="complaint.waiting", id="e2", data={"incident": INCIDENT, "reason": "photos"})
    deployed.take(unknown, complaint())
    result = tocsin("quarantine", "replay", only_id(deployed))
    assert (result.exit_code, result.stdout) == (0, f"taken: {INCIDENT}\n"), result.stderr
    assert deployed.quarantine().list() == ()


def test_an_event_that_is_not_taken_stays(tmp_path: Path) -> None:
    with stage(consuming=False) as deployed:
        deployed.take(wrong())
        repaired = tmp_path / "repaired.json"
        repaired.write_text(json.dumps(complaint()))
        result = tocsin("quarantine", "replay", only_id(deployed), "--edit", repaired, "--wait", 0)
        assert result.exit_code == 1
        assert "stays in quarantine: it was sent and not taken within 0 s" in result.stderr
        assert len(deployed.quarantine().list()) == 1


def test_one_that_comes_straight_back_is_not_lost(deployed: Stage) -> None:
    deployed.take(complaint(data__level="no-such-level"))
    result = tocsin("quarantine", "replay", only_id(deployed), "--wait", 0)
    assert result.exit_code == 1
    assert len(deployed.quarantine().list()) == 1


def test_other_content_under_a_taken_id_needs_an_id_of_its_own(deployed: Stage) -> None:
    deployed.take(complaint(), complaint(data__summary="The milk was off"))
    which = only_id(deployed)
    result = tocsin("quarantine", "replay", which)
    assert result.exit_code == 1
    assert "crm/hotline sent another event as e1. Replay this one --as an id of its own" in result.stderr
    assert tocsin("quarantine", "replay", which, "--as", "e1-again").exit_code == 0
    assert deployed.quarantine().list() == ()
    assert events_of(deployed) == ["e1", "e1-again"]


def test_an_event_that_was_given_up_is_taken_once_its_complaint_is_there(deployed: Stage) -> None:
    deployed.take(said("acknowledged", by="x"))
    give_up(deployed)
    deployed.take(complaint())
    which = only_id(deployed)
    assert tocsin("quarantine", "replay", which).stdout == f"taken: {INCIDENT}\n"
    assert deployed.quarantine().list() == ()
    assert events_of(deployed) == ["e1", "e2"]


def test_not_even_an_operator_lets_one_system_act_on_the_incident_of_another(deployed: Stage) -> None:
    deployed.take(complaint(), said("acknowledged", by="x", of="crm/hotline") | {"source": "shop"})
    (found,) = deployed.quarantine().list()
    assert found.reason == "not_its_incident"
    refused = tocsin("quarantine", "replay", found.id)
    assert refused.exit_code != 0
    assert "data.of" in refused.stderr
    assert deployed.quarantine().list() == (found,)


def test_an_event_that_waits_for_its_complaint_is_kept_there(deployed: Stage, tmp_path: Path) -> None:
    deployed.take(said("acknowledged", by="x"), wrong(id="e9"))
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps(said("acknowledged", by="x")))
    result = tocsin("quarantine", "replay", only_id(deployed), "--edit", repaired)
    assert result.stdout == f"waits for its complaint: {INCIDENT}\n"
    deployed.take(complaint())
    assert events_of(deployed) == ["e1", "e2"]


def test_what_was_taken_meanwhile_only_leaves_the_quarantine(deployed: Stage, tmp_path: Path) -> None:
    deployed.take(wrong(), complaint())
    lines = len(deployed.incidents().timeline(INCIDENT))
    repaired = tmp_path / "repaired.json"
    repaired.write_text(json.dumps(complaint()))
    result = tocsin("quarantine", "replay", only_id(deployed), "--edit", repaired)
    assert result.stdout == f"was taken before: {INCIDENT}\n"
    assert len(deployed.incidents().timeline(INCIDENT)) == lines
    assert deployed.quarantine().list() == ()


@pytest.mark.parametrize(
    ("repaired", "reason"),
    [
        ("{", "not JSON"),
        (json.dumps(complaint(source="api")), "names a surface for people"),
        (json.dumps(complaint(time="2100-01-01T00:00:00Z")), "more than 5 minutes from now"),
        (json.dumps(complaint(type="complaint.closed", subject=None, data={})), "names an incident"),
    ],
)
def test_a_repair_that_would_come_back_is_refused(deployed: Stage, tmp_path: Path, repaired: str, reason: str) -> None:
    deployed.take(wrong())
    file = tmp_path / "repaired.json"
    file.write_text(repaired)
    result = tocsin("quarantine", "replay", only_id(deployed), "--edit", file)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert len(deployed.quarantine().list()) == 1


def test_discarding_asks_first(deployed: Stage) -> None:
    deployed.take(wrong())
    which = only_id(deployed)
    assert tocsin("quarantine", "discard", which, stdin="n\n").exit_code == 1
    assert len(deployed.quarantine().list()) == 1
    assert tocsin("quarantine", "discard", which, "--yes").exit_code == 0
    assert deployed.quarantine().list() == ()


@pytest.mark.parametrize("verb", ["show", "replay", "discard"])
def test_what_is_not_there_is_said(deployed: Stage, verb: str) -> None:
    result = tocsin("quarantine", verb, "nothing")
    assert (result.exit_code, result.stderr) == (1, "nothing is quarantined as nothing\n")
