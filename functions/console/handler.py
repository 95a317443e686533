"""The door of the console: people who are signed in, and the crises that are theirs."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.console.visit import Visit, go, nobody, notice, page, reply, typed_in, visit
from shared import bootstrap
from shared.application import problem
from shared.application.console import (
    Typed,
    act,
    announce_file,
    confirm_file,
    incident_named,
    open_room,
    rooms_of,
    version_of,
)
from shared.application.console_forms import Refused
from shared.application.console_session import (
    HANDSHAKE,
    SESSION,
    Session,
    begin_sign_in,
    check_origin,
    cookie_of,
    finish_sign_in,
    gone,
    is_own_form,
)
from shared.application.http_answer import UnavailableError, where
from shared.application.problem import Problem
from shared.application.view import incident_in
from shared.bootstrap import front_door

logger = bootstrap.logger()
metrics = Metrics()
app = APIGatewayHttpResolver()

_PROBLEMS = {401: "signed_out", 403: "forbidden", 404: "not_found"}


@app.route("/console", method=["GET", "HEAD"])
def get_front() -> Response[str]:
    return _say(_front)


@app.get("/console/sign-in")
def get_sign_in() -> Response[str]:
    return _say(lambda seen: _begin(seen, seen.query.get("then", "")))


@app.post("/console/sign-in")
def post_sign_in() -> Response[str]:
    return _say(_with_key)


@app.get("/console/signed-in")
def get_signed_in() -> Response[str]:
    return _say(_with_code)


@app.post("/console/sign-out")
def post_sign_out() -> Response[str]:
    return _say(_sign_out)


@app.route("/console/c/<incident_id>", method=["GET", "HEAD"])
def get_room(incident_id: str) -> Response[str]:
    return _say(lambda seen: _room(seen, incident_id))


@app.post("/console/c/<incident_id>/<verb>")
def post_room(incident_id: str, verb: str) -> Response[str]:
    return _say(lambda seen: _act(seen, incident_id, verb))


@app.get("/console/<asset>")
def get_asset(asset: str) -> Response[str]:
    return _say(lambda seen: _asset(seen, asset))


@app.not_found
def no_route(_: NotFoundError) -> Response[str]:
    return _say(lambda seen: notice(seen, "not_found"))


@logger.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's HTTP API, payload 2.0."""
    return front_door().answer(event, lambda entered: app.resolve(entered, context))


def _front(seen: Visit) -> Response[str]:
    if seen.session is None:
        return go(seen, f"{seen.root}console/sign-in")
    world, unknown = bootstrap.world(), False
    if wanted := seen.query.get("incident", ""):
        incident = incident_named(wanted)
        try:
            return go(seen, seen.room(open_room(world, seen.session.person, incident or "").incident.id))
        except Problem:
            unknown = True
    rooms = rooms_of(world, seen.session.person)
    today = world.policies.current()[1]
    return page(seen, bootstrap.console().pages.front(seen.session, today, rooms, seen.root, unknown=unknown))


def _begin(seen: Visit, then: str = "", told: str = "") -> Response[str]:
    console = bootstrap.console()
    begun = begin_sign_in(console.door, then)
    if begun.address is not None:
        return go(seen, begun.address, begun.cookie)
    return page(seen, console.pages.sign_in(seen.language, seen.root, begun.state, told), begun.cookie)


def _with_key(seen: Visit) -> Response[str]:
    """The form of the local stage; where people sign in elsewhere there is none, and no key goes anywhere."""
    check_origin(seen.request)
    if not bootstrap.console().door.by_key:
        return notice(seen, "not_found")
    form = seen.form()
    return _signed_in(seen, form.get("state", ""), form.get("key", ""), lambda: _begin(seen, told="wrong"))


def _with_code(seen: Visit) -> Response[str]:
    if bootstrap.console().door.by_key:
        return notice(seen, "not_found")
    pages = bootstrap.console().pages
    state, code = seen.query.get("state", ""), seen.query.get("code", "")
    return _signed_in(
        seen, state, code, lambda: page(seen, pages.signed_out(seen.language, seen.root, "again"), gone(HANDSHAKE))
    )


def _signed_in(seen: Visit, state: str, proof: str, otherwise: Callable[[], Response[str]]) -> Response[str]:
    world, door = bootstrap.world(), bootstrap.console().door
    found = finish_sign_in(world, door, seen.cookies, state, proof)
    if found is None:
        logger.warning("nobody signed in")
        return otherwise()
    session, then = found
    logger.info("signed in", person=session.person)
    return go(seen, seen.room(then), cookie_of(door, session), gone(HANDSHAKE))


def _sign_out(seen: Visit) -> Response[str]:
    check_origin(seen.request)
    console = bootstrap.console()
    if seen.session is None or not is_own_form(seen.session, seen.form()):
        raise problem.forbidden("This form was made for another session.")
    logger.info("signed out", person=seen.session.person)
    address = console.door.sign_in.farewell()
    if address is not None:
        return go(seen, address, gone(SESSION))
    return page(seen, console.pages.signed_out(seen.language, seen.root, "signed_out"), gone(SESSION))


def _room(seen: Visit, incident: str) -> Response[str]:
    if seen.session is None:
        return go(seen, f"{seen.root}console/sign-in?then={incident}")
    known = seen.query.get("version", "")
    if known and known == str(version_of(bootstrap.world(), seen.session.person, incident)):
        return reply(seen, 204, "")  # nothing happened since the page was drawn
    room = open_room(bootstrap.world(), seen.session.person, incident)
    pages = bootstrap.console().pages
    return page(seen, pages.room(seen.session, room, seen.root, done=seen.query.get("done", "")))


def _act(seen: Visit, incident: str, verb: str) -> Response[str]:
    check_origin(seen.request)
    form, session, world = seen.form(), seen.session, bootstrap.world()
    if session is None:
        return notice(seen, "signed_out", typed=form)
    if verb in ("upload", "evidence"):
        return _file(seen, session, incident, verb, form)
    try:
        typed = _typed(session, incident, verb, form)
    except Problem:
        raise
    except Exception as error:  # noqa: BLE001 - the room as it stands, with what was typed; else `_say` shows it
        typed = Typed(verb, form, _fault(error))
    if isinstance(typed, str):
        return go(seen, seen.room(incident, f"{verb}.{typed}"))
    room = open_room(world, session.person, incident)
    return page(seen, bootstrap.console().pages.room(session, room, seen.root, typed=typed))


def _typed(session: Session, incident: str, verb: str, form: Mapping[str, str]) -> Typed | str:
    """What became of a form: how it was taken, or what is to be shown again."""
    if not is_own_form(session, form):
        return Typed(verb, form, "other_session")
    if verb == "preview":
        return Typed(form.get("verb", ""), form, "preview")
    try:
        outcome = act(bootstrap.world(), session.person, incident, verb, form)
    except Refused as refused:
        return Typed(verb, form, refused.why, refused.fields)
    logger.info("done in the console", person=session.person, incident=incident, verb=verb, status=outcome)
    return Typed(verb, form, "no_effect") if outcome == "no_effect" else outcome


def _file(seen: Visit, session: Session, incident: str, verb: str, form: Mapping[str, str]) -> Response[str]:
    """A file of evidence: where the browser may put it, then that it is there. The page's script asks for both."""
    if not is_own_form(session, form):
        raise problem.forbidden("This form was made for another session.")
    world = bootstrap.world()
    if verb == "upload":
        return reply(seen, 200, announce_file(world, session.person, incident, form).model_dump_json())
    confirm_file(world, session.person, incident, form)
    logger.info("done in the console", person=session.person, incident=incident, verb=verb, status="accepted")
    return go(seen, seen.room(incident, "evidence.accepted"))


def _asset(seen: Visit, name: str) -> Response[str]:
    found = bootstrap.console().pages.asset(name)
    if found is None:
        return notice(seen, "not_found")
    content, kind, headers = found
    return reply(seen, 200, content, kind, headers)


def _say(work: Callable[[Visit], Response[str]]) -> Response[str]:
    """An answer whatever happens: somebody in a crisis gets a page, and the log the fault, without its content."""
    event = app.current_event
    logger.append_keys(incident=incident_in(event.path))
    seen = nobody(event.raw_event, event.path)
    try:
        seen = visit(event.raw_event, event.path)
        return work(seen)
    except Problem as wrong:
        kind, status = _PROBLEMS.get(wrong.status, "bad_request"), wrong.status
    except Exception as error:  # noqa: BLE001 - see above
        kind = _fault(error)
        status = 503 if kind == "unavailable" else 500
    typed = {} if kind == "forbidden" else typed_in(event.raw_event, event.path)  # another site's words are not shown
    return notice(seen, kind, status, typed)


def _fault(error: Exception) -> Literal["unavailable", "unexpected"]:
    """What kind of fault it is; the log has where."""
    if isinstance(error, UnavailableError):
        logger.error("failed", fault=f"unavailable: {where(error)}")
        return "unavailable"
    logger.error("failed", fault=f"{type(error).__name__}: {where(error)}")
    return "unexpected"
