"""The door of intake systems: events in, an incident's state out."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.accept_events import MOST_BYTES, Accepted, accept_events
from shared.application.http_answer import HttpAnswer, guarded, unrouted
from shared.application.http_request import caller_of, json_of, request_from
from shared.application.problem import malformed
from shared.application.show_incident import show_incident
from shared.application.view import incident_in
from shared.bootstrap import front_door

logger = bootstrap.logger()
metrics = Metrics()
app = APIGatewayHttpResolver()

_ONE = "application/cloudevents+json"
_MANY = "application/cloudevents-batch+json"


@app.post("/v1/events")
def post_events() -> Response[str]:
    return _say(_post_events)


@app.route("/v1/incidents/<incident_id>", method=["GET", "HEAD"])
def get_incident(incident_id: str) -> Response[str]:
    return _say(lambda: _get_incident(incident_id))


@app.route("/v1/openapi.json", method=["GET", "HEAD"])
def get_contract() -> Response[str]:
    # The contract names what every door says: none of it is needed to take an event.
    from shared.application.contract import openapi_text  # noqa: PLC0415

    return _say(lambda: HttpAnswer(200, openapi_text(), headers={"Cache-Control": "public, max-age=300"}))


@app.not_found
def no_route(_: NotFoundError) -> Response[str]:
    return _say(lambda: unrouted(app.current_event.http_method, app.current_event.path, _request_id()))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's HTTP API, payload 2.0."""
    return front_door().answer(event, lambda entered: app.resolve(entered, context))


def _post_events() -> HttpAnswer:
    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    logger.append_keys(caller=caller.name)
    body = json_of(request, ("application/json", _ONE, _MANY))
    if request.media_type == _ONE and not isinstance(body, dict):
        raise malformed(f"{_ONE} holds one event, an object.")
    if request.media_type == _MANY and not isinstance(body, list):
        raise malformed(f"{_MANY} holds an array of events.")
    answers = accept_events(world, caller, body)
    if isinstance(answers, Accepted):
        logger.append_keys(event_id=answers.id, incident=answers.incident, status=answers.status)
        return HttpAnswer(202, _json(asdict(answers)), headers={"Location": f"/v1/incidents/{answers.incident}"})
    logger.append_keys(events=len(answers), incidents=sorted({one.incident for one in answers}))
    return HttpAnswer(202, _json([asdict(one) for one in answers]))


def _get_incident(incident_id: str) -> HttpAnswer:
    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    logger.append_keys(caller=caller.name)
    return HttpAnswer(200, show_incident(world, caller, incident_id).model_dump_json())


def _say(work: Callable[[], HttpAnswer]) -> Response[str]:
    logger.append_keys(incident=incident_in(app.current_event.path))
    answer = guarded(_request_id(), work, lambda fault: logger.error("failed", fault=fault))
    logger.info("answered", http_status=answer.status)
    body = "" if app.current_event.http_method == "HEAD" else answer.body
    return Response(answer.status, answer.content_type, body, headers=dict(answer.all_headers))


def _request_id() -> str:
    return app.current_event.request_context.request_id


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
