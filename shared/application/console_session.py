"""Who is signed in to the console: a sign-in ends in a sealed cookie, and every form must come from our own page.

The console keeps no list of sessions: the cookie is the session, signed with keys that rotate (ADR 66). Signing out
takes it from the browser; taking a key out of the secret ends every session it sealed.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from shared.application import problem
from shared.application.http_request import Request, is_cross_site
from shared.application.show_incident import is_incident_id
from shared.application.world import World
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.ports import Handshake, Seal, SignIn

IDLE = 8 * HOUR
"""A session that nobody uses ends after so long, a shift."""
LONGEST = 24 * HOUR
"""After so long one signs in again, whatever happens."""
RENEWED_AFTER = 15 * MINUTE
"""So old a cookie is sealed anew with the next page."""
SIGN_IN_LASTS = 10 * MINUTE

SESSION = "tocsin-console"
HANDSHAKE = "tocsin-sign-in"
_CODE = re.compile(r"[\x21-\x7e]{1,2048}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in.

    Attributes:
        csrf: stands in every form of theirs; another site cannot know it.
        since: when they signed in (milliseconds UTC).
    """

    person: str
    csrf: str
    since: int


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set; `lives` in seconds, 0 takes it away."""

    name: str
    value: str
    lives: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that has begun: the cookie that remembers it, and where it goes on.

    Attributes:
        address: where to send the browser; None: here, with a form that carries `state`.
    """

    cookie: Cookie
    address: str | None
    state: str


@dataclass(frozen=True, slots=True)
class Door:
    """What the console's sessions rest on.

    Attributes:
        by_key: whether people show a key in a form of the console's; else they come back from elsewhere with a code.
        secure: whether the console is reached over HTTPS: its cookies are bound to the host then, and to TLS.
    """

    sign_in: SignIn
    seal: Seal
    by_key: bool
    secure: bool


def begin_sign_in(door: Door, then: str = "") -> Begun:
    """Begin a sign-in; `then` is the incident to show afterwards, anything else is passed over.

    Raises:
        UnavailableError: nobody can sign in just now.
    """
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    made = Handshake(state, nonce, verifier, then if is_incident_id(then) else "")
    cookie = Cookie(HANDSHAKE, door.seal.seal(HANDSHAKE, asdict(made)), SIGN_IN_LASTS // SECOND)
    return Begun(cookie, door.sign_in.address(made), made.state)


def finish_sign_in(
    world: World, door: Door, cookies: Mapping[str, str], state: str, proof: str
) -> tuple[Session, str] | None:
    """Who came back from a sign-in that began in this very browser, and the incident they wanted; None for nobody.

    Raises:
        UnavailableError: it cannot be checked just now.
    """
    opened = door.seal.opened(HANDSHAKE, cookies.get(HANDSHAKE, ""), SIGN_IN_LASTS)
    if opened is None:
        return None
    begun = Handshake(**opened[0])
    if not hmac.compare_digest(begun.state.encode(), state.encode()) or not _CODE.fullmatch(proof):
        return None
    person = door.sign_in.person(proof, begun)
    if person is None or person not in world.policies.current()[1].people:
        return None
    return Session(person, secrets.token_urlsafe(24), world.time.now()), begun.then


def session_of(world: World, door: Door, cookies: Mapping[str, str]) -> tuple[Session, Cookie | None] | None:
    """Who is signed in, and the cookie that keeps them so where it is time for it; None: nobody is.

    Somebody who has left the directory is signed out with the next thing they do.

    Raises:
        UnavailableError: it cannot be checked just now.
    """
    opened = door.seal.opened(SESSION, cookies.get(SESSION, ""), IDLE)
    if opened is None:
        return None
    content, sealed_at = opened
    if content.keys() != {"person", "csrf", "since"}:  # of a release that kept something else
        return None
    session, now = Session(**content), world.time.now()
    if now - session.since >= LONGEST or session.person not in world.policies.current()[1].people:
        return None
    return session, cookie_of(door, session) if now - sealed_at >= RENEWED_AFTER else None


def cookie_of(door: Door, session: Session) -> Cookie:
    """The cookie that says who is signed in."""
    return Cookie(SESSION, door.seal.seal(SESSION, asdict(session)), IDLE // SECOND)


def gone(name: str) -> Cookie:
    """Takes a cookie away."""
    return Cookie(name, "", 0)


def named(door: Door, cookie: Cookie) -> Cookie:
    """The cookie under the name the browser knows it by: over HTTPS bound to this host (`__Host-`)."""
    return replace(cookie, name=f"__Host-{cookie.name}") if door.secure else cookie


def cookies_in(door: Door, request: Request) -> dict[str, str]:
    """Our cookies by the names we know them by; over HTTPS one that is not bound to this host is not ours."""
    prefix = "__Host-" if door.secure else ""
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {name.removeprefix(prefix): value for name, _, value in pairs if name.startswith(prefix) and value}


def is_own_form(session: Session, form: Mapping[str, str]) -> bool:
    """Whether a form was made for this very session; no other site can know its token."""
    return hmac.compare_digest(form.get("csrf", "").encode(), session.csrf.encode())


def check_origin(request: Request) -> None:
    """Let nothing through that a browser says another site made it send.

    Raises:
        Problem: 403.
    """
    site = request.headers.get("sec-fetch-site", "same-origin").strip().lower()
    if is_cross_site(request) or site not in ("same-origin", "none"):
        raise problem.forbidden("Another site sent this.")
