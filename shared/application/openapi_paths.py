"""The paths of the OpenAPI document: what each takes and answers."""

from typing import Any, get_args

from shared.application.accept_events import MOST_EVENTS
from shared.application.answer import VERBS
from shared.application.link_view import CrisisVerb, LinkVerb
from shared.application.problem import MEDIA_TYPE

_Json = dict[str, Any]

_WHY = {
    400: "The body cannot be read, or some of its fields are wrong: nothing was taken.",
    401: "No key, or nobody's.",
    403: "The key is good, for something else.",
    404: "There is nothing of this name, or nothing that is this key's.",
    409: "It cannot be done as things stand.",
    413: "A body above 512 KiB, or an event above 200 KiB (64 KiB for an answer, 192 KiB with a statement's text).",
    415: "Another content type, charset or coding.",
    429: 'Too many requests; said by the gateway as `{"message": "Too Many Requests"}`. Wait and repeat.',
    500: "A fault of ours, recorded under the request's id; repeating is safe.",
    503: "Something could not be reached; repeating is safe. `Retry-After` says when.",
}


def ref(name: str) -> _Json:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _problem(code: int) -> _Json:
    if code == 429:  # noqa: PLR2004 - the gateway's own words, not ours
        return {"description": _WHY[code], "content": {"application/json": {"schema": {"type": "object"}}}}
    return {"description": _WHY[code], "content": {MEDIA_TYPE: {"schema": ref("Problem")}}}


PROBLEMS: _Json = {f"Problem{code}": _problem(code) for code in _WHY}
"""The answers that several paths share."""


def _answers(good: _Json, *codes: int) -> _Json:
    problems = {str(code): {"$ref": f"#/components/responses/Problem{code}"} for code in (*codes, 429, 500, 503)}
    return {**good, **problems}


def _json_answer(description: str, schema: _Json, **headers: _Json) -> _Json:
    answer: _Json = {"description": description, "content": {"application/json": {"schema": schema}}}
    return {**answer, "headers": headers} if headers else answer


_INCIDENT_ID: _Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^inc-[0-9a-f]{20}$"},
}
_IN_PATH: _Json = {
    name: {"name": name, "in": "path", "required": True, "schema": schema}
    for name, schema in {
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "rung": {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"},
        "revision": {"type": "integer", "minimum": 1},
    }.items()
}
_ONCE: _Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[!-~]{1,100}$"},
}
_TOKEN: _Json = {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}
_PAGE: _Json = {"description": "A page for the reader.", "content": {"text/html": {"schema": {"type": "string"}}}}
_GONE = dict.fromkeys(("404", "410", "503"), _PAGE)
_TAKEN = _json_answer(
    "Taken. `duplicate` once the same event is recorded.",
    {"anyOf": [ref("Accepted"), {"type": "array", "items": ref("Accepted")}]},
    Location={"schema": {"type": "string"}, "description": "Of the incident, for one event."},
)
_EVENTS = {"type": "array", "items": ref("Event"), "minItems": 1, "maxItems": MOST_EVENTS}
PATHS: _Json = {
    "/v1/events": {
        "post": {
            "operationId": "postEvents",
            "summary": "Post one event, or up to a hundred; all are taken or none.",
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"anyOf": [ref("Event"), _EVENTS]}},
                    "application/cloudevents+json": {"schema": ref("Event")},
                    "application/cloudevents-batch+json": {"schema": _EVENTS},
                },
            },
            "responses": _answers({"202": _TAKEN}, 400, 401, 403, 413, 415),
        }
    },
    "/v1/incidents/{id}": {
        "parameters": [_INCIDENT_ID],
        "get": {
            "operationId": "getIncident",
            "summary": "State, clocks, ladder, timeline and messages of an incident.",
            "responses": _answers({"200": _json_answer("The incident.", ref("IncidentView"))}, 401, 404),
        },
    },
    "/v1/incidents/{id}/{verb}": {
        "parameters": [
            _INCIDENT_ID,
            {"name": "verb", "in": "path", "required": True, "schema": {"enum": list(VERBS)}},
            {**_ONCE, "description": "Repeating a verb under the same key changes nothing."},
        ],
        "post": {
            "operationId": "answer",
            "summary": "Do something about an incident, with a person's key; who it is, the key says.",
            "requestBody": {
                "content": {"application/json": {"schema": {"anyOf": [ref(f"Said_{verb}") for verb in VERBS]}}}
            },
            "responses": _answers(
                {"200": _json_answer("The incident after it.", ref("Answered"))}, 400, 401, 403, 404, 409, 413, 415
            ),
        },
    },
    "/v1/incidents/{id}/attachments": {
        "parameters": [_INCIDENT_ID],
        "post": {
            "operationId": "announceFile",
            "summary": "Ask where to upload a file of evidence, with the key of somebody it concerns.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref("NewAttachment")}}},
            "responses": _answers(
                {
                    "200": _json_answer("This very content is kept already: confirm it.", ref("Announced")),
                    "201": _json_answer("One PUT to `upload.url` with these headers, then confirm.", ref("Announced")),
                },
                400,
                401,
                403,
                404,
                413,
                415,
            ),
        },
    },
    "/v1/incidents/{id}/attachments/{sha256}": {
        "parameters": [_INCIDENT_ID, _IN_PATH["sha256"]],
        "post": {
            "operationId": "confirmFile",
            "summary": "The file was uploaded: it becomes evidence of the incident, once.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Attachment")}}},
            "responses": _answers(
                {"200": _json_answer("The incident after it.", ref("Answered"))}, 400, 401, 403, 404, 409, 413, 415
            ),
        },
    },
    "/v1/incidents/{id}/statements/{rung}/{revision}": {
        "parameters": [_INCIDENT_ID, _IN_PATH["rung"], _IN_PATH["revision"]],
        "get": {
            "operationId": "getStatement",
            "summary": "The text of one revision of a statement, public or not, with the key of somebody it concerns.",
            "responses": _answers({"200": _json_answer("The text.", ref("StatementTextView"))}, 401, 403, 404),
        },
    },
    "/v1/crises": {
        "get": {
            "operationId": "getCrises",
            "summary": "The crises that are on and concern whoever asks, exercises among them, with a person's key.",
            "responses": _answers({"200": _json_answer("The newest first.", ref("RunningCrises"))}, 401, 403),
        }
    },
    "/v1/drills": {
        "parameters": [{**_ONCE, "description": "Repeating a scenario under the same key starts nothing again."}],
        "post": {
            "operationId": "startDrill",
            "summary": "Start a drill, with the key of somebody who may run drills.",
            "requestBody": {"required": True, "content": {"application/json": {"schema": ref("Scenario")}}},
            "responses": _answers(
                {
                    "200": _json_answer("It was started under this key before.", ref("Answered")),
                    "201": _json_answer("The incident of the drill.", ref("Answered")),
                },
                400,
                401,
                403,
                409,
                413,
                415,
            ),
        },
    },
    "/v1/drills/{id}": {
        "parameters": [_INCIDENT_ID],
        "get": {
            "operationId": "getDrill",
            "summary": "How a drill goes or went, with a person's key.",
            "responses": _answers({"200": _json_answer("Its score.", ref("DrillView"))}, 401, 403, 404, 409),
        },
    },
    "/v1/openapi.json": {
        "get": {
            "operationId": "getContract",
            "summary": "This document.",
            "security": [],
            "responses": {"200": _json_answer("OpenAPI 3.1.", {"type": "object"})},
        }
    },
    "/l/{token}": {
        "parameters": [_TOKEN],
        "get": {
            "operationId": "openLink",
            "summary": "The page behind a link. It changes nothing.",
            "security": [],
            "responses": {"200": _PAGE, **_GONE},
        },
        "post": {
            "operationId": "useLink",
            "summary": "What the page's buttons do; each works once.",
            "security": [],
            "requestBody": {
                "required": True,
                "content": {
                    "application/x-www-form-urlencoded": {
                        "schema": {
                            "type": "object",
                            "properties": {
                                "verb": {"enum": [*get_args(LinkVerb), *get_args(CrisisVerb)]},
                                "reason": {"type": "string"},
                                "solution": {"type": "string"},
                                "to": {"type": "string"},
                                "milestone": {"type": "string"},
                                "text": {"type": "string"},
                                "rung": {"type": "string"},
                                "revision": {"type": "string"},
                                "hash": {"type": "string", "description": "Of the text that was read."},
                            },
                            "required": ["verb"],
                        }
                    }
                },
            },
            "responses": dict.fromkeys(("200", "400", "403", "404", "409", "410", "413", "415", "503"), _PAGE),
        },
    },
}
