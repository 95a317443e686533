"""Evidence from people: announced by its hash, uploaded to write-once storage, confirmed once (C6)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from shared.application.attach import MOST_FILE_BYTES, Announced, announce, confirm
from shared.application.problem import Problem
from shared.application.show_incident import show_incident
from shared.ports import KeyHolder, UnavailableError
from tests.fakes import FakeWorld
from tests.unit.crisis_room import seen
from tests.unit.door_requests import CRM, INCIDENT, LI, a_world, open_incident

CONTENT = b"%PDF-1.7 a test report"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BOSS = KeyHolder("zhang", person="zhang.wei")
FILE = {"name": "检测报告.pdf", "size": len(CONTENT), "media_type": "application/pdf"}


@pytest.fixture
def world() -> FakeWorld:
    made = a_world()
    open_incident(made)
    made.time.advance(60_000)
    return made


def ask(world: FakeWorld, caller: KeyHolder = LI, **changes: Any) -> Announced:
    return announce(world, caller, INCIDENT, {**FILE, "sha256": SHA256, **changes})


def upload(world: FakeWorld, content: bytes = CONTENT) -> None:
    allowed = ask(world, size=len(content), sha256=hashlib.sha256(content).hexdigest()).upload
    assert allowed is not None
    world.evidence.put(allowed.url, content)


def refusal(world: FakeWorld, act: Any, *arguments: Any) -> Problem:
    before = seen(world)
    with pytest.raises(Problem) as caught:
        act(world, *arguments)
    assert seen(world) == before
    return caught.value


def test_an_announced_file_is_uploaded_and_becomes_evidence(world: FakeWorld) -> None:
    announced = ask(world)
    assert (announced.status, announced.sha256) == ("upload", SHA256)
    assert announced.upload is not None
    assert announced.upload.headers["Content-Type"] == "application/pdf"
    assert announced.upload.expires > world.time.now()
    world.evidence.put(announced.upload.url, CONTENT)
    shown = confirm(world, LI, INCIDENT, SHA256, FILE)
    assert shown.status == "accepted"
    (kept,) = shown.evidence
    assert (kept.name, kept.sha256, kept.size, kept.media_type, kept.by, kept.at) == (
        "检测报告.pdf",
        SHA256,
        len(CONTENT),
        "application/pdf",
        "li.na",
        world.time.now(),
    )


def test_announcing_changes_nothing(world: FakeWorld) -> None:
    before = seen(world)
    ask(world)
    assert seen(world) == before


def test_it_is_entered_once_whoever_confirms_it(world: FakeWorld) -> None:
    upload(world)
    confirm(world, LI, INCIDENT, SHA256, FILE)
    before = seen(world)
    for caller in (LI, BOSS):
        world.time.advance(1_000)
        again = confirm(world, caller, INCIDENT, SHA256, {**FILE, "name": "another name"})
        assert (again.status, [kept.by for kept in again.evidence]) == ("duplicate", ["li.na"])
    assert seen(world) == before
    assert world.quarantine.list() == ()


def test_the_same_content_is_not_uploaded_twice(world: FakeWorld) -> None:
    upload(world)
    again = ask(world, BOSS)
    assert (again.status, again.upload) == ("kept", None)


def test_two_incidents_keep_the_same_file_each(world: FakeWorld) -> None:
    other = open_incident(world, id="e9", subject="A-2")
    upload(world)
    assert announce(world, LI, other, {**FILE, "sha256": SHA256}).status == "upload"
    assert refusal(world, confirm, LI, other, SHA256, FILE).status == 409


def test_what_was_not_uploaded_is_not_confirmed(world: FakeWorld) -> None:
    ask(world)
    found = refusal(world, confirm, LI, INCIDENT, SHA256, FILE)
    assert (found.status, "upload the file first" in found.detail) == (409, True)


def test_another_size_is_not_confirmed(world: FakeWorld) -> None:
    upload(world)
    found = refusal(world, confirm, LI, INCIDENT, SHA256, {**FILE, "size": 5})
    assert (found.status, f"{len(CONTENT)} bytes" in found.detail) == (409, True)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": 5}, "name"),
        ({"sha256": SHA256.upper()}, "sha256"),
        ({"sha256": "../../heads/x"}, "sha256"),
        ({"size": 0}, "size"),
        ({"size": "22"}, "size"),
        ({"size": MOST_FILE_BYTES + 1}, "size"),
        ({"media_type": "text/html; charset=utf-8"}, "media_type"),
        ({"media_type": "x\r\nHost: evil"}, "media_type"),
    ],
)
def test_wrong_fields_are_named(world: FakeWorld, changes: dict[str, Any], field: str) -> None:
    found = refusal(world, announce, LI, INCIDENT, {**FILE, "sha256": SHA256, **changes})
    assert (found.status, [fault.field for fault in found.faults]) == (400, [field])


def test_a_path_that_is_no_hash_is_a_wrong_field(world: FakeWorld) -> None:
    assert refusal(world, confirm, LI, INCIDENT, "..", {**FILE, "sha256": SHA256}).status == 400


def test_only_people_add_evidence_to_what_is_there(world: FakeWorld) -> None:
    file = {**FILE, "sha256": SHA256}
    assert refusal(world, announce, CRM, INCIDENT, file).status == 403
    assert refusal(world, announce, LI, "inc-00000000000000000000", file).status == 404
    upload(world)
    assert refusal(world, confirm, CRM, INCIDENT, SHA256, FILE).status == 403


def test_intake_systems_do_not_see_it(world: FakeWorld) -> None:
    upload(world)
    confirm(world, LI, INCIDENT, SHA256, FILE)
    shown = show_incident(world, CRM, INCIDENT)
    assert shown.evidence == ()
    assert SHA256 not in shown.model_dump_json()


def test_storage_that_rests_is_safe_to_ask_again(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    upload(world)

    def resting(*_: object) -> None:
        raise UnavailableError("resting")

    before = seen(world)
    with monkeypatch.context() as patched:
        patched.setattr(world.evidence, "size", resting)
        with pytest.raises(UnavailableError):
            confirm(world, LI, INCIDENT, SHA256, FILE)
    assert seen(world) == before
    assert confirm(world, LI, INCIDENT, SHA256, FILE).status == "accepted"
