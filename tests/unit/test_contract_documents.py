"""The generated documents are what the code says, and say what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.contract import DOCS, app, stale_documents
from shared.application.accept_events import MODELS
from shared.application.contract import documents, openapi_text
from shared.application.http_answer import ROUTES
from shared.domain.events import SYSTEM_TYPES

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
