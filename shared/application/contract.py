"""The contract as documents: OpenAPI 3.1 and JSON Schemas, generated from the classes that check what comes in.

`docs/openapi.json` and `docs/schemas/` are written by `tocsin contract write`; a test fails when they drift.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from shared.application.accept_events import MODELS
from shared.application.answer import AS_OF_NOW, TARGETS, VERBS, Answered
from shared.application.attach import Announced, Attachment, NewAttachment
from shared.application.http_answer import ROUTES
from shared.application.openapi_paths import PATHS, PROBLEMS, ref
from shared.application.show_crisis import RunningCrises, StatementTextView
from shared.application.show_drill import DrillView
from shared.application.show_incident import IncidentView
from shared.domain.drill_scenario import Scenario
from shared.domain.events import SYSTEM_TYPES

_VIEWS = (IncidentView, Answered, StatementTextView, Announced, RunningCrises, DrillView)
_REF = "#/components/schemas/{model}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_Json = dict[str, Any]


def documents() -> Mapping[str, str]:
    """Every generated document by its path below `docs/`."""
    schemas = {f"schemas/{name}.json": _text(_schema(name)) for name in sorted(MODELS)}
    return {"openapi.json": openapi_text(), **schemas}


@cache
def openapi_text() -> str:
    """The OpenAPI document, as `GET /v1/openapi.json` serves it."""
    return _text(_openapi())


def _text(document: _Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _schema(kind: str) -> _Json:
    schema = TypeAdapter(MODELS[kind]).json_schema()
    return {"$schema": _DIALECT, "$id": f"urn:tocsin:schema:{kind}", **schema}


def _openapi() -> _Json:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": "1",
            "summary": "Response deadlines for customer complaints.",
            "description": "Intake systems post what happens to complaints; people answer pages.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": {path: PATHS[path] for path in ROUTES},
        "components": {
            "schemas": _components(),
            "responses": PROBLEMS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }


def _components() -> _Json:
    systems = [MODELS[name] for name in sorted(SYSTEM_TYPES)]
    _, events = models_json_schema([(model, "validation") for model in systems], ref_template=_REF)
    _, views = models_json_schema([(view, "serialization") for view in _VIEWS], ref_template=_REF)
    _, bodies = models_json_schema(
        [(body, "validation") for body in (Attachment, NewAttachment, Scenario)], ref_template=_REF
    )
    verbs = {name: schema for verb in VERBS for name, schema in _said(verb).items()}
    union = {
        "oneOf": [{"$ref": _REF.format(model=model.__name__)} for model in systems],
        "discriminator": {
            "propertyName": "type",
            "mapping": {name: _REF.format(model=MODELS[name].__name__) for name in sorted(SYSTEM_TYPES)},
        },
    }
    found = {**events["$defs"], **views["$defs"], **bodies["$defs"], **verbs}
    for model in systems:  # an intake system always names the complaint
        schema = found[model.__name__]
        schema["required"] = sorted({*schema["required"], "subject"})
        schema["properties"]["subject"] = found["ComplaintReceived"]["properties"]["subject"]
    return dict(sorted({**found, **_BY_HAND, "Event": union}.items()))


def _said(verb: str) -> _Json:
    """The body of a verb, its event's data without what the path, the key and the store say; and what it refers to."""
    event = TypeAdapter(MODELS[VERBS[verb]]).json_schema(ref_template=_REF)
    parts = event["$defs"]
    data = parts.pop(event["properties"]["data"]["$ref"].rpartition("/")[2])
    told = TARGETS | (AS_OF_NOW if verb == "join" else frozenset())
    own = {name: schema for name, schema in data["properties"].items() if name not in told}
    required = [name for name in data.get("required", ()) if name in own]
    body = {"type": "object", "properties": own, **({"required": required} if required else {})}
    return {f"Said_{verb}": body, **parts}


_BY_HAND: _Json = {
    "Accepted": {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "incident": {"type": "string", "pattern": "^inc-[0-9a-f]{20}$"},
            "status": {"enum": ["accepted", "duplicate"]},
        },
        "required": ["id", "incident", "status"],
    },
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {"type": "array", "items": ref("Fault")},
            "omitted": {"type": "integer", "description": "Errors beyond the first thousand."},
        },
        "required": ["type", "title", "status", "detail", "request_id"],
    },
    "Fault": {
        "type": "object",
        "properties": {
            "event": {"type": "integer", "description": "Place in the array, from 0."},
            "id": {"type": ["string", "null"]},
            "field": {"type": "string", "examples": ["data.summary"]},
            "message": {"type": "string"},
        },
        "required": ["event", "id", "field", "message"],
    },
}
