"""Who gets into the console, how long they stay, and what keeps others from acting in their name."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.adapters.console_sign_in import CognitoSignIn
from shared.application.console_session import HANDSHAKE, IDLE, LONGEST, RENEWED_AFTER, SESSION, SIGN_IN_LASTS
from shared.domain.instants import HOUR, MINUTE, SECOND
from shared.ports import Handshake, UnavailableError
from tests.fakes import FakeTime
from tests.unit.console_scene import BASE, NEW, Browser, Page, Scene, crisis_scene
from tests.unit.door_requests import CRM_KEY, GONE_KEY, INCIDENT

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

POOL, CLIENT = "eu-central-1_Ab12", "client-1"
ISSUER = f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}"


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return crisis_scene(monkeypatch)


@pytest.fixture
def boss(scene: Scene) -> str:
    return scene.sitting("commander")


def is_in(browser: Browser) -> bool:
    return browser.room().has("sign-out")


def is_at_the_door(page: Page) -> bool:
    return page.has("sign-in") and not page.has("sign-out")


def test_nobody_sees_anything_before_they_sign_in(scene: Scene) -> None:
    browser = scene.browser()
    for path in ("/console", f"/console/c/{INCIDENT}", "/console/c/inc-00000000000000000000"):
        assert is_at_the_door(browser.get(path)), path


def test_a_person_signs_in_with_their_own_key_and_comes_to_the_crisis_they_wanted(scene: Scene, boss: str) -> None:
    browser = scene.browser()
    page = browser.submit(browser.room().form("sign-in"), key=f"key-of-{boss}")
    assert page.url == f"{BASE}/console/c/{INCIDENT}"
    assert page.has("confirm")


@pytest.mark.parametrize("key", ["", "nobody's", CRM_KEY, GONE_KEY, "key of\nnobody"])
def test_a_key_that_is_no_persons_of_today_opens_nothing(scene: Scene, key: str) -> None:
    browser = scene.browser()
    page = browser.submit(browser.get("/console/sign-in").form("sign-in"), key=key)
    assert page.status == 403
    assert is_at_the_door(page)
    assert SESSION not in "".join(browser.cookies)


def test_the_sign_in_must_have_begun_in_the_same_browser_and_lately(scene: Scene, boss: str) -> None:
    """Else another site could sign somebody in as somebody else."""
    form = scene.browser().get("/console/sign-in").form("sign-in")
    assert is_at_the_door(scene.browser().submit(form, key=f"key-of-{boss}"))

    browser = scene.browser()
    form = browser.get("/console/sign-in").form("sign-in")
    scene.world.time.advance(SIGN_IN_LASTS + SECOND)
    assert is_at_the_door(browser.submit(form, key=f"key-of-{boss}"))


def test_over_https_the_cookies_are_bound_to_the_host_and_no_script_reads_them(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    assert {cookie.partition("=")[0] for cookie in browser.set} == {f"__Host-{SESSION}", f"__Host-{HANDSHAKE}"}
    for cookie in browser.set:
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_without_https_the_cookies_do_without_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = crisis_scene(monkeypatch, secure=False)
    browser = scene.browser(scene.sitting("commander"))
    assert set(browser.cookies) == {SESSION}
    assert all("Secure" not in cookie and "HttpOnly" in cookie for cookie in browser.set)
    assert is_in(browser)


def test_over_https_a_cookie_that_is_not_bound_to_the_host_counts_for_nothing(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    browser.cookies = {name.removeprefix("__Host-"): value for name, value in browser.cookies.items()}
    assert not is_in(browser)


@pytest.mark.parametrize("place", [0, 10, -1])
def test_a_session_that_was_tampered_with_is_none(scene: Scene, boss: str, place: int) -> None:
    browser = scene.browser(boss)
    ((name, sealed),) = browser.cookies.items()
    other = "A" if sealed[place] != "A" else "Q"  # the last of a signature holds only four bits, and B the same
    browser.cookies[name] = other.join((sealed[:place], sealed[place:][1:] if place >= 0 else ""))
    assert not is_in(browser)


def test_what_was_sealed_for_a_sign_in_is_no_session(scene: Scene) -> None:
    browser = scene.browser()
    browser.get("/console/sign-in")
    browser.cookies[f"__Host-{SESSION}"] = browser.cookies[f"__Host-{HANDSHAKE}"]
    assert not is_in(browser)


def test_a_session_nobody_uses_ends_after_a_shift(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    scene.world.time.advance(IDLE)
    assert is_in(browser)
    scene.world.time.advance(IDLE + SECOND)
    assert not is_in(browser)


def test_a_session_that_is_used_goes_on_for_a_day_and_no_longer(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    for _ in range(LONGEST // (6 * HOUR) - 1):
        scene.world.time.advance(6 * HOUR)
        assert is_in(browser)
    scene.world.time.advance(6 * HOUR)
    assert not is_in(browser)


def test_the_cookie_is_renewed_now_and_then(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    first = dict(browser.cookies)
    scene.world.time.advance(RENEWED_AFTER - MINUTE)
    browser.room()
    assert browser.cookies == first
    scene.world.time.advance(2 * MINUTE)
    browser.room()
    assert browser.cookies != first


def test_keys_rotate_without_signing_anybody_out_and_a_key_that_is_gone_does(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    scene.keys.live = [*scene.keys.live, NEW]
    assert is_in(browser)
    scene.world.time.advance(RENEWED_AFTER)
    assert is_in(browser)  # which sealed it with the newer key
    scene.keys.live = [NEW]
    assert is_in(browser)
    scene.keys.live = ["a third key, of thirty-two characters"]
    assert not is_in(browser)


@pytest.mark.parametrize("live", [[], ["short"]])
def test_without_a_key_worth_the_name_nobody_gets_in_and_nobody_is_misled(scene: Scene, live: list[str]) -> None:
    scene.keys.live = live
    assert scene.browser().get("/console").status == 503


def test_somebody_who_left_the_directory_is_out(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    policy = scene.world.policies.current()[1]
    people = {name: one for name, one in policy.people.items() if name != boss}
    scene.world.policies.adopt(policy.model_copy(update={"people": people}))
    assert not is_in(browser)


def test_signing_out_takes_the_session_from_the_browser(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    page = browser.submit(browser.room().form("sign-out"))
    assert page.status == 200
    assert not browser.cookies
    assert not is_in(browser)


CROSS_SITE: tuple[Mapping[str, str], ...] = (
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    {"origin": "https://other.console.example", "sec-fetch-site": "same-site"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin", "host": "evil.example"},
)


@pytest.mark.parametrize("headers", CROSS_SITE[:2])
def test_a_form_that_another_site_sent_does_nothing(scene: Scene, boss: str, headers: Mapping[str, str]) -> None:
    browser = scene.browser(boss)
    before = scene.world.incidents.timeline(INCIDENT)
    page = browser.submit(browser.room().form("confirm"), headers=headers)
    assert page.status == 403
    assert scene.world.incidents.timeline(INCIDENT) == before
    assert browser.submit(browser.room().form("sign-out"), headers=headers).status == 403
    assert is_in(browser)


def test_an_old_browser_says_where_a_form_comes_from_by_its_origin_alone(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("confirm")
    raw = {"sec-fetch-site": "none"}
    assert browser.submit(form, headers={**raw, "origin": BASE}).status == 200


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_form_of_another_session_does_nothing_and_keeps_what_was_typed(scene: Scene, boss: str, token: str) -> None:
    browser = scene.browser(boss)
    scene.said("crisis.confirmed", boss)
    before = scene.world.incidents.timeline(INCIDENT)
    form = browser.room().form("draft", rung="first")
    page = browser.submit(form, csrf=token, text__en="Typed with care")
    assert page.status == 403
    assert scene.world.incidents.timeline(INCIDENT) == before
    again = page.form("draft", rung="first")
    assert again.fields["text-en"] == "Typed with care"
    assert browser.submit(again).status == 200  # the form has the right token now


def test_a_session_that_ended_meanwhile_loses_nothing_that_was_typed(scene: Scene, boss: str) -> None:
    scene.said("crisis.confirmed", boss)
    browser = scene.browser(boss)
    form = browser.room().form("draft", rung="first")
    browser.cookies.clear()
    page = browser.submit(form, text__en="Typed <with> care")
    assert page.status == 401
    assert "Typed <with> care" in page.text
    assert "<with>" not in page.html


@dataclass
class Pool:
    """A user pool's token endpoint: what it answers, and what it was asked."""

    url: str = ""
    certificate: str = ""
    status: int = 200
    claims: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    def answer(self) -> bytes:
        if self.body is not None:
            return self.body
        part = base64.urlsafe_b64encode(json.dumps(self.claims).encode()).rstrip(b"=").decode()
        return json.dumps({"id_token": f"eyJhbGciOiJSUzI1NiJ9.{part}.c2ln"}).encode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pool")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def pool(certificate: tuple[Path, Path]) -> Iterator[Pool]:
    seen = Pool(certificate=str(certificate[0]))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.asked.append({"path": [self.path], **parse_qs(body.decode())})
            self.send_response(seen.status)
            self.send_header("Location", "/elsewhere")
            answer = seen.answer()
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the name http.server calls

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        seen.url = f"https://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield seen
        server.shutdown()
        thread.join(5)


NOW = 1_772_323_200_000
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The example of RFC 7636, appendix B."""
HANDSHAKEN = Handshake("state-1", "nonce-1", VERIFIER)


def cognito(pool: Pool, *, trusted: bool = True) -> CognitoSignIn:
    def context() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=pool.certificate if trusted else None)

    return CognitoSignIn(pool.url, POOL, CLIENT, f"{BASE}/console", FakeTime(NOW), context)


def claims(**changed: Any) -> dict[str, Any]:
    good = {
        "iss": ISSUER,
        "aud": CLIENT,
        "token_use": "id",
        "exp": NOW // SECOND + 300,
        "nonce": "nonce-1",
        "cognito:username": "li.na",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def test_the_pools_page_is_told_what_pkce_and_openid_connect_want() -> None:
    sign_in = CognitoSignIn("https://people.example", POOL, CLIENT, f"{BASE}/console", FakeTime(NOW))
    address = urlsplit(sign_in.address(HANDSHAKEN) or "")
    assert (address.netloc, address.path) == ("people.example", "/oauth2/authorize")
    assert parse_qs(address.query) == {
        "response_type": ["code"],
        "client_id": [CLIENT],
        "redirect_uri": [f"{BASE}/console/signed-in"],
        "scope": ["openid"],
        "state": ["state-1"],
        "nonce": ["nonce-1"],
        "code_challenge": [CHALLENGE],
        "code_challenge_method": ["S256"],
    }


def test_a_code_is_exchanged_from_server_to_server_for_the_name_of_a_person(pool: Pool) -> None:
    pool.claims = claims()
    assert cognito(pool).person("code-1", HANDSHAKEN) == "li.na"
    (asked,) = pool.asked
    assert asked["path"] == ["/oauth2/token"]
    assert asked["grant_type"] == ["authorization_code"]
    assert (asked["code"], asked["code_verifier"]) == (["code-1"], [VERIFIER])
    assert asked["redirect_uri"] == [f"{BASE}/console/signed-in"]


WRONG: Mapping[str, Mapping[str, Any]] = {
    "another pool": {"iss": ISSUER + "x"},
    "another client": {"aud": "client-2"},
    "several audiences": {"aud": [CLIENT, "client-2"]},
    "an access token": {"token_use": "access"},
    "expired": {"exp": NOW // SECOND - 61},
    "no expiry": {"exp": None},
    "another sign-in": {"nonce": "nonce-2"},
    "no nonce": {"nonce": None},
    "no name": {"cognito:username": None},
    "no text as a name": {"cognito:username": ["li.na"]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_with_a_wrong_claim_signs_nobody_in(pool: Pool, wrong: str) -> None:
    pool.claims = claims(**WRONG[wrong])
    assert cognito(pool).person("code-1", HANDSHAKEN) is None


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"id_token": "x"}', b'{"id_token": "a.b.c"}', b'{"id_token": "a.W10.c"}']
)
def test_an_answer_without_a_token_signs_nobody_in(pool: Pool, body: bytes) -> None:
    pool.body = body
    assert cognito(pool).person("code-1", HANDSHAKEN) is None


def test_a_code_the_pool_refuses_signs_nobody_in(pool: Pool) -> None:
    pool.status, pool.claims = 400, claims()
    assert cognito(pool).person("code-1", HANDSHAKEN) is None


@pytest.mark.parametrize("status", [302, 500, 503])
def test_a_pool_that_fails_or_sends_elsewhere_is_unavailable_and_nobody_is_followed(pool: Pool, status: int) -> None:
    pool.status, pool.claims = status, claims()
    with pytest.raises(UnavailableError):
        cognito(pool).person("code-1", HANDSHAKEN)
    assert len(pool.asked) == 1


def test_a_code_is_given_to_nobody_who_cannot_show_a_certificate(pool: Pool) -> None:
    pool.claims = claims()
    with pytest.raises(UnavailableError):
        cognito(pool, trusted=False).person("code-1", HANDSHAKEN)
    assert pool.asked == []


def test_people_sign_in_over_tls_or_not_at_all() -> None:
    with pytest.raises(ValueError, match="TLS"):
        CognitoSignIn("http://people.example", POOL, CLIENT, BASE, FakeTime(NOW))


def test_with_cognito_the_browser_goes_there_and_comes_back_to_the_crisis_it_wanted(
    monkeypatch: pytest.MonkeyPatch, pool: Pool
) -> None:
    scene = crisis_scene(monkeypatch, sign_in=cognito(pool))
    boss, browser = scene.sitting("commander"), scene.browser()
    browser.room()
    asked = parse_qs(urlsplit(browser.went[-1]).query)
    pool.claims = claims(nonce=asked["nonce"][0], **{"cognito:username": boss})

    back = browser.get(f"/console/signed-in?code=code-1&state={asked['state'][0]}")

    assert back.url == f"{BASE}/console/c/{INCIDENT}"
    assert back.has("confirm")
    browser.submit(back.form("sign-out"))
    assert browser.went[-1].startswith(f"{pool.url}/logout?client_id={CLIENT}&logout_uri=")
    assert not browser.cookies


@pytest.mark.parametrize("query", ["error=access_denied&state={state}", "code=code-1&state=forged", "code=code-1", ""])
def test_what_comes_back_from_elsewhere_without_its_state_or_code_signs_nobody_in(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, query: str
) -> None:
    scene = crisis_scene(monkeypatch, sign_in=cognito(pool))
    browser = scene.browser()
    browser.room()
    asked = parse_qs(urlsplit(browser.went[-1]).query)
    pool.claims = claims(nonce=asked["nonce"][0])
    page = browser.get("/console/signed-in?" + query.format(state=asked["state"][0]))
    assert page.status == 403
    assert f"{BASE}/console/sign-in" in page.links
    assert pool.asked == []


def test_where_people_sign_in_elsewhere_no_key_is_taken_and_it_goes_nowhere(
    monkeypatch: pytest.MonkeyPatch, pool: Pool, scene: Scene
) -> None:
    form = scene.browser().get("/console/sign-in").form("sign-in")
    elsewhere = crisis_scene(monkeypatch, sign_in=cognito(pool))
    browser = elsewhere.browser()
    browser.room()
    state = parse_qs(urlsplit(browser.went[-1]).query)["state"][0]
    page = browser.submit(form, key="key-of-li.na", state=state)
    assert page.status == 404
    assert pool.asked == []
    assert f"__Host-{SESSION}" not in browser.cookies


def test_where_people_sign_in_by_key_no_address_carries_one(scene: Scene) -> None:
    browser = scene.browser()
    state = browser.get("/console/sign-in").form("sign-in").fields["state"]
    assert browser.get(f"/console/signed-in?state={state}&code=key-of-li.na").status == 404
    assert f"__Host-{SESSION}" not in browser.cookies
