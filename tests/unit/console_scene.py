"""A crisis in memory and people who browse to it: forms are found in pages and sent as a browser would send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from functions.console import handler as door
from functions.console import visit as visits
from shared.adapters.console_pages import ConsolePages
from shared.adapters.console_seal import SignedSeal
from shared.adapters.console_sign_in import KeySignIn
from shared.application.console_session import Door
from shared.application.take_event import take_event
from shared.domain.events import EVENT
from shared.domain.incident import Incident
from shared.domain.instants import format_instant
from shared.ports import KeyHolder, SignIn
from tests.fakes import FakeWorld
from tests.unit.door_requests import INCIDENT, Answer, a_world, call, open_incident, request

OLD, NEW = "an old key of thirty-two characters", "a newer key of thirty-two characters"
BASE = "https://console.example"


@dataclass
class Keys:
    """The secret the console seals with; a test may rotate it."""

    live: list[str] = field(default_factory=lambda: [OLD])

    def value(self) -> str:
        import json  # noqa: PLC0415 - a text as the store has it

        return json.dumps({"keys": self.live})


@dataclass
class Scene:
    """A stage with a console."""

    world: FakeWorld
    keys: Keys
    door: Door

    @property
    def incident(self) -> Incident:
        stored = self.world.incidents.load(INCIDENT)
        assert stored is not None
        return stored.incident

    def said(self, kind: str, by: str, **data: Any) -> None:
        """Somebody does something over the API."""
        number = len(self.world.incidents.timeline(INCIDENT))
        raw = {
            "specversion": "1.0",
            "id": f"{by}-{kind}-{number}",
            "source": "api",
            "type": kind,
            "time": format_instant(self.world.time.now()),
            "data": {"by": by, "incident": INCIDENT, **data},
        }
        take_event(self.world, EVENT.validate_python(raw), surface="api", trusted_by=True)

    def sitting(self, role: str) -> str:
        """Who was called first for a role."""
        assert self.incident.group is not None
        return next(seat.asked[0] for seat in self.incident.group.seats if seat.role == role)

    def browser(self, person: str = "") -> Browser:
        """A browser, signed in where a person is named."""
        made = Browser(self)
        return made.sign_in(person) if person else made


def crisis_scene(monkeypatch: Any, *, secure: bool = True, sign_in: SignIn | None = None, **facts: Any) -> Scene:
    """A red crisis that was just opened, and the console's door to it."""
    world = a_world()
    holders = {f"key-of-{name}": KeyHolder(name, person=name) for name in world.policies.current()[1].people}
    world.api_keys.holders.update(holders)
    open_incident(
        world,
        **({"data__level": "crisis", "data__scope": "nation", "data__reposts": 60_000, "data__store": "S-1"} | facts),
    )
    world.time.advance(60_000)
    keys = Keys()
    made = Door(
        sign_in or KeySignIn(world.api_keys), SignedSeal(keys, world.time), by_key=sign_in is None, secure=secure
    )
    console = SimpleNamespace(door=made, pages=ConsolePages("https://evidence.example"))
    fake = SimpleNamespace(world=lambda: world, console=lambda: console)
    monkeypatch.setattr(door, "bootstrap", fake)
    monkeypatch.setattr(visits, "bootstrap", fake)
    return Scene(world, keys, made)


@dataclass
class Form:
    """A form of a page."""

    method: str
    action: str
    fields: dict[str, str]
    buttons: list[tuple[str, str]]


class Page(HTMLParser):
    """A page as a browser without a script has it."""

    def __init__(self, url: str, answer: Answer) -> None:
        super().__init__()
        self.url, self.status, self.headers, self.html = url, answer.status, answer.headers, answer.text
        self.forms: list[Form] = []
        self.text = ""
        self.wrong = ""
        self.ids: set[str] = set()
        self.links: list[str] = []
        self._textarea = self._select = ""
        self._open: list[str] = []
        self._in_wrong = False
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given["id"]} if "id" in given else set()
        if tag == "a":
            self.links.append(urljoin(self.url, given["href"]))
        if given.get("class") == "wrong":
            self._in_wrong = True
        if tag == "form":
            self.forms.append(Form(given.get("method", "get"), urljoin(self.url, given["action"]), {}, []))
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: Mapping[str, str]) -> None:
        form = self.forms[-1]
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            form.fields[name] = given.get("value", "")
        elif tag == "textarea" and name:
            self._textarea = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
            form.fields[name] = ""
        elif tag == "option" and "selected" in given:
            form.fields[self._select] = given["value"]
        elif tag == "button":
            form.buttons.append((given.get("formaction", ""), name))

    def handle_endtag(self, tag: str) -> None:
        self._textarea = "" if tag == "textarea" else self._textarea
        self._in_wrong = False if tag == "p" else self._in_wrong

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._textarea:
            self.forms[-1].fields[self._textarea] += data
        if self._in_wrong:
            self.wrong += data

    def form(self, verb: str, **known: str) -> Form:
        """The form that goes to a verb, with these hidden values."""
        found = [
            form
            for form in self.forms
            if form.action.rpartition("/")[2] == verb and known.items() <= form.fields.items()
        ]
        assert len(found) == 1, (verb, known, [form.action for form in self.forms])
        # A browser passes over the line break that a textarea begins with.
        texts = {name: text.removeprefix("\n") for name, text in found[0].fields.items()}
        return Form(found[0].method, found[0].action, texts, found[0].buttons)

    def has(self, verb: str, **known: str) -> bool:
        return any(f.action.rpartition("/")[2] == verb and known.items() <= f.fields.items() for f in self.forms)


class Browser:
    """Follows redirects, keeps cookies, and sends what a browser sends about where a form comes from."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.cookies: dict[str, str] = {}
        self.set: list[str] = []
        self.went: list[str] = []
        self.language = "en"

    def sign_in(self, person: str) -> Browser:
        page = self.get("/console/sign-in")
        self.submit(page.form("sign-in"), key=f"key-of-{person}")
        return self

    def room(self, incident: str = INCIDENT) -> Page:
        return self.get(f"/console/c/{incident}")

    def get(self, path: str, **headers: str) -> Page:
        return self._ask("GET", urljoin(BASE, path), None, headers)

    def submit(self, form: Form, *, headers: Any = None, to: str = "", **typed: str) -> Page:
        fields = {**form.fields, **{name.replace("__", "-"): text for name, text in typed.items()}}
        said = {"origin": BASE, "sec-fetch-site": "same-origin", **(headers or {})}
        if form.method == "get":
            return self._ask("GET", f"{form.action}?{urlencode(fields)}", None, said)
        return self._ask("POST", to or form.action, urlencode(fields).encode(), said)

    def _ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Page:
        parts = urlsplit(url)
        if parts.netloc != urlsplit(BASE).netloc:
            self.went.append(url)
            return Page(url, Answer(200, {}, ""))
        sent = {"host": parts.netloc, "accept-language": self.language, **headers}
        if body is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
        event = request(method, parts.path, body, headers=sent)
        event["queryStringParameters"] = dict(parse_qsl(parts.query, keep_blank_values=True)) or None
        event["rawQueryString"] = parts.query
        event["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        raw = door.handler(event, _CONTEXT)
        for cookie in raw.get("cookies") or ():
            self._keep(cookie)
        answer = Answer(raw["statusCode"], raw["headers"], raw["body"] or "")
        if answer.status == 303:
            self.went.append(urljoin(url, answer.headers["Location"]))
            return self._ask("GET", self.went[-1], None, {})
        return Page(url, answer)

    def _keep(self, cookie: str) -> None:
        self.set.append(cookie)
        pair, _, rest = cookie.partition(";")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in rest:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


_CONTEXT = call.__globals__["CONTEXT"]
