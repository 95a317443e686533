"""The door of people: the pages behind links, and verbs over the API."""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application import problem
from shared.application.answer import MOST_BYTES, MOST_TEXT_BYTES, WITH_TEXT, answer
from shared.application.answer_link import not_a_form, open_link, use_link
from shared.application.http_answer import HttpAnswer, UnavailableError, guarded, unrouted
from shared.application.http_request import Request, caller_of, form_of, is_cross_site, json_of, request_from
from shared.application.link_view import LinkView
from shared.application.problem import Problem
from shared.application.show_crisis import running_crises, show_statement
from shared.application.view import incident_in
from shared.bootstrap import front_door

logger = bootstrap.logger()
metrics = Metrics()
app = APIGatewayHttpResolver()

_KEY = re.compile(r"[!-~]{1,100}", re.ASCII)
_OF_PAGES = {
    "Referrer-Policy": "no-referrer",  # the address is the capability
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
}


@app.route("/l/<token>", method=["GET", "HEAD"])
@app.route("/<token>", method=["GET", "HEAD"])
def get_link(token: str) -> Response[str]:
    return _say(lambda: _page(lambda: open_link(bootstrap.world(), token)))


@app.post("/l/<token>")
@app.post("/<token>")
def post_link(token: str) -> Response[str]:
    return _say(lambda: _post_link(token))


@app.route("/v1/crises", method=["GET", "HEAD"])
def get_crises() -> Response[str]:
    return _say(_get_crises)


@app.post("/v1/drills")
def post_drill() -> Response[str]:
    return _say(_start_drill)


@app.route("/v1/drills/<incident_id>", method=["GET", "HEAD"])
def get_drill(incident_id: str) -> Response[str]:
    return _say(lambda: _get_drill(incident_id))


@app.post("/v1/incidents/<incident_id>/attachments")
def post_attachment(incident_id: str) -> Response[str]:
    return _say(lambda: _announce(incident_id))


@app.post("/v1/incidents/<incident_id>/attachments/<sha256>")
def post_uploaded(incident_id: str, sha256: str) -> Response[str]:
    return _say(lambda: _confirm(incident_id, sha256))


@app.route("/v1/incidents/<incident_id>/statements/<rung>/<revision>", method=["GET", "HEAD"])
def get_statement(incident_id: str, rung: str, revision: str) -> Response[str]:
    return _say(lambda: _get_statement(incident_id, rung, revision))


@app.post("/v1/incidents/<incident_id>/<verb>")
def post_verb(incident_id: str, verb: str) -> Response[str]:
    return _say(lambda: _post_verb(incident_id, verb))


@app.not_found
def no_route(_: NotFoundError) -> Response[str]:
    return _say(lambda: unrouted(app.current_event.http_method, app.current_event.path, _request_id()))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's HTTP API, payload 2.0."""
    return front_door().answer(event, lambda entered: app.resolve(entered, context))


def _post_link(token: str) -> HttpAnswer:
    try:
        request = request_from(app.current_event.raw_event, MOST_BYTES)
        if is_cross_site(request):
            raise problem.forbidden("Another site sent this.")
        form = form_of(request)
    except Problem as wrong:
        return replace(_page(lambda: not_a_form(bootstrap.world())), status=wrong.status)
    return _page(lambda: use_link(bootstrap.world(), token, form.get("verb", ""), form))


def _page(look: Callable[[], LinkView]) -> HttpAnswer:
    """The page of what a link shows; somebody who was paged gets one even while the store rests."""
    try:
        view = look()
    except UnavailableError:
        view = LinkView("unavailable")
    logger.append_keys(state=view.state, verb=view.verb, person=view.person, incident=_id_of(view))
    page = bootstrap.pages().page(view)
    return HttpAnswer(page.status, page.html, "text/html; charset=utf-8", {**_OF_PAGES, **page.headers})


def _get_crises() -> HttpAnswer:
    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    return HttpAnswer(200, running_crises(world, caller_of(request, world.api_keys)).model_dump_json())


def _start_drill() -> HttpAnswer:
    from shared.application.start_drill import start_drill  # noqa: PLC0415 - drills are rare, pages are not

    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    found = start_drill(world, caller, _said(request), _key(request))
    logger.append_keys(did="drill started", person=caller.person, incident=found.incident, status=found.status)
    where = {"Location": f"/v1/drills/{found.incident}"}
    return HttpAnswer(201 if found.status == "accepted" else 200, found.model_dump_json(), headers=where)


def _get_drill(incident_id: str) -> HttpAnswer:
    from shared.application.show_drill import show_drill  # noqa: PLC0415 - as above

    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    return HttpAnswer(200, show_drill(world, caller_of(request, world.api_keys), incident_id).model_dump_json())


def _announce(incident_id: str) -> HttpAnswer:
    from shared.application.attach import announce  # noqa: PLC0415 - as above, and evidence too

    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    found = announce(world, caller, incident_id, _said(request))
    logger.append_keys(did="upload allowed", person=caller.person, sha256=found.sha256, status=found.status)
    return HttpAnswer(201 if found.upload else 200, found.model_dump_json())


def _confirm(incident_id: str, sha256: str) -> HttpAnswer:
    from shared.application.attach import confirm  # noqa: PLC0415 - as above

    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    found = confirm(world, caller, incident_id, sha256, _said(request))
    logger.append_keys(did="evidence added", person=caller.person, status=found.status)
    return HttpAnswer(200, found.model_dump_json())


def _get_statement(incident_id: str, rung: str, revision: str) -> HttpAnswer:
    request = request_from(app.current_event.raw_event, MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    logger.append_keys(caller=caller.name)
    return HttpAnswer(200, show_statement(world, caller, incident_id, rung, revision).model_dump_json())


def _post_verb(incident_id: str, verb: str) -> HttpAnswer:
    request = request_from(app.current_event.raw_event, MOST_TEXT_BYTES if verb in WITH_TEXT else MOST_BYTES)
    world = bootstrap.world()
    caller = caller_of(request, world.api_keys)
    said = _said(request)
    found = answer(world, caller, incident_id, verb, said, _key(request))
    logger.append_keys(person=caller.person, incident=found.incident, verb=verb, status=found.status)
    return HttpAnswer(200, found.model_dump_json())


def _said(request: Request) -> dict[str, Any]:
    if not request.body and not request.media_type:
        return {}
    body = json_of(request, ("application/json",)) if request.body else {}
    if not isinstance(body, dict):
        raise problem.malformed("The body is a JSON object.")
    return body


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key")
    if key is None:
        return secrets.token_hex(16)
    if not _KEY.fullmatch(key):
        raise problem.malformed("Idempotency-Key has 1 to 100 printable ASCII characters and no spaces.")
    return key


def _say(work: Callable[[], HttpAnswer]) -> Response[str]:
    logger.append_keys(incident=incident_in(app.current_event.path))
    found = guarded(_request_id(), work, lambda fault: logger.error("failed", fault=fault))
    logger.info("answered", http_status=found.status)
    body = "" if app.current_event.http_method == "HEAD" else found.body
    return Response(found.status, found.content_type, body, headers=dict(found.all_headers))


def _request_id() -> str:
    return app.current_event.request_context.request_id


def _id_of(view: LinkView) -> str | None:
    return view.incident.id if view.incident else None
