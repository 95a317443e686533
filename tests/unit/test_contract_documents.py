"""The generated documents are what the code says, and say what the code does."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.contract import DOCS, app, stale_documents
from shared.application.accept_events import MODELS, Accepted, accept_events
from shared.application.answer import VERBS
from shared.application.contract import documents, openapi_text
from shared.application.http_answer import ROUTES
from shared.application.problem import (
    conflict,
    forbidden,
    invalid,
    malformed,
    method_not_allowed,
    not_found,
    too_large,
    unauthenticated,
    unavailable,
    unexpected,
    unsupported,
)
from shared.domain.events import SYSTEM_TYPES
from shared.domain.instants import parse_instant
from tests.unit.door_requests import CRM, a_world

OPENAPI: dict[str, Any] = json.loads(openapi_text())


def test_the_documents_in_the_repository_are_current() -> None:
    assert stale_documents(DOCS) == [], "run `tocsin contract write`"


def test_write_repairs_what_check_finds(tmp_path: Path) -> None:
    where = ["--folder", str(tmp_path)]
    assert CliRunner().invoke(app, ["check", *where]).exit_code == 1
    assert CliRunner().invoke(app, ["write", *where]).exit_code == 0
    assert CliRunner().invoke(app, ["check", *where]).exit_code == 0

    (tmp_path / "schemas" / "complaint.gone.json").write_text("{}")
    (tmp_path / "openapi.json").write_text("{}")
    found = CliRunner().invoke(app, ["check", *where])
    assert found.exit_code == 1
    assert stale_documents(tmp_path) == ["openapi.json", "schemas/complaint.gone.json"]
    CliRunner().invoke(app, ["write", *where])
    assert stale_documents(tmp_path) == []


def test_every_reference_leads_somewhere() -> None:
    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(value) for value in part.values()))
        return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()

    found = references(OPENAPI)
    assert len(found) > 30
    for reference in found:
        part: Any = OPENAPI
        for step in reference.removeprefix("#/").split("/"):
            assert step in part, reference
            part = part[step]


def test_paths_and_methods_are_those_the_doors_have() -> None:
    described = {path: {m.upper() for m in item if m != "parameters"} for path, item in OPENAPI["paths"].items()}
    assert described == {path: set(methods) - {"HEAD"} for path, methods in ROUTES.items()}


def test_the_event_is_told_apart_by_its_type() -> None:
    event = OPENAPI["components"]["schemas"]["Event"]
    assert set(event["discriminator"]["mapping"]) == SYSTEM_TYPES
    for kind, reference in event["discriminator"]["mapping"].items():
        schema = OPENAPI["components"]["schemas"][reference.rpartition("/")[2]]
        assert schema["properties"]["type"]["const"] == kind
        assert {"specversion", "id", "source", "time", "subject", "type"} <= set(schema["required"])


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_type_has_a_schema_of_its_own(kind: str) -> None:
    schema = json.loads(documents()[f"schemas/{kind}.json"])
    assert schema["$id"] == f"urn:tocsin:schema:{kind}"
    assert schema["properties"]["type"]["const"] == kind
    assert schema["properties"]["time"] == {"format": "date-time", "title": "Time", "type": "string"}


def test_answers_outside_the_pages_describe_their_problems() -> None:
    for path, item in OPENAPI["paths"].items():
        for method, operation in item.items():
            if method == "parameters" or path == "/v1/openapi.json":
                continue
            codes = set(operation["responses"])
            assert "503" in codes
            if path.startswith("/v1/"):
                assert {"401", "429", "500"} <= codes


def test_the_guide_shows_what_the_door_takes_and_every_kind_of_problem() -> None:
    guide = (DOCS / "api.md").read_text(encoding="utf-8")
    found = re.search(r"-d '(\{\n.*?\})'\n", guide, re.DOTALL)
    assert found is not None
    world = a_world()
    world.time.set(parse_instant("2026-03-01T00:30:01Z"))
    answer = accept_events(world, CRM, json.loads(found[1]))
    assert isinstance(answer, Accepted)
    assert json.dumps(asdict(answer)) in guide

    kinds = {made("").kind for made in (malformed, forbidden, not_found, conflict, too_large, unsupported)}
    kinds |= {invalid(()).kind, method_not_allowed(()).kind}
    kinds |= {made().kind for made in (unauthenticated, unavailable, unexpected)}
    assert kinds == set(re.findall(r"^\| \d{3} \| `([a-z-]+)`", guide, re.MULTILINE))


def test_the_guide_names_every_verb_with_its_words() -> None:
    guide = (DOCS / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z`\- ]+`) \| ([^|]*) \|$", guide.partition("| verb | body |")[2], re.MULTILINE)
    told = {verb: body for verbs, body in rows for verb in re.findall(r"`([a-z-]+)`", verbs)}
    assert set(told) == set(VERBS)
    for verb, body in told.items():
        schema = OPENAPI["components"]["schemas"][f"Said_{verb}"]
        assert set(re.findall(r"`([a-z]+)`", body)) == set(schema["properties"]), verb
