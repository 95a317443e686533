"""The console's pages as they are sent: safe, whole without a script, and alike in both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from shared.adapters.console_pages import console_words
from shared.adapters.language import LOCALES
from tests.unit.console_scene import BASE, Browser, Page, Scene, crisis_scene
from tests.unit.door_requests import INCIDENT

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, {name: value or "" for name, value in attrs}))

    def of(self, *tags: str) -> list[dict[str, str]]:
        return [given for tag, given in self.all if tag in tags]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return crisis_scene(monkeypatch, data__summary=f"Sour milk {EVIL}", data__store=EVIL)


def inside(scene: Scene, *, locale: str | None = None) -> Browser:
    """The browser of the public-relations manager, who is in and reads this language."""
    person = scene.sitting("public_relations")
    scene.said("crisis.confirmed", person)
    if locale:
        policy = scene.world.policies.current()[1]
        somebody = policy.people[person].model_copy(update={"locale": locale})
        scene.world.policies.adopt(policy.model_copy(update={"people": {**policy.people, person: somebody}}))
    return scene.browser(person)


def full_room(scene: Scene, **said: Any) -> Page:
    """The room with a draft, an approval, evidence, and what people wrote into all of it."""
    browser = inside(scene, **said)
    lawyer = scene.sitting("legal")
    scene.said("crisis.confirmed", lawyer)
    scene.said("evidence.added", lawyer, name=EVIL, sha256="a" * 64, size=2_000, media_type="image/png")
    form = browser.room().form("draft", rung="first")
    browser.submit(form, **{"text__en": f"{EVIL} **bold** [x](javascript:alert(1))", f"evidence__{'a' * 64}": "yes"})
    scene.said("statement.approved", lawyer, rung="first", revision=1)
    scene.said("milestone.met", lawyer, milestone="plan", text=EVIL)
    return browser.room()


def all_pages(scene: Scene) -> Mapping[str, Page]:
    stranger = scene.browser()
    browser = inside(scene)
    room = browser.room()
    return {
        "sign-in": stranger.get("/console/sign-in"),
        "wrong key": stranger.submit(stranger.get("/console/sign-in").form("sign-in"), key="x"),
        "front": browser.get("/console"),
        "front, unknown": browser.get("/console?incident=" + EVIL.replace(" ", "%20")),
        "room": room,
        "done": browser.get(f"/console/c/{INCIDENT}?done=confirm.accepted"),
        "done, forged": browser.get(f"/console/c/{INCIDENT}?done={EVIL.replace(' ', '%20')}.accepted"),
        "refused": browser.submit(room.form("stand-down"), reason=""),
        "kept": browser.submit(room.form("join"), complaint=f'"{EVIL}'),
        "not found": browser.get("/console/c/inc-00000000000000000000"),
        "no such page": browser.get("/console/x/y/z"),
        "another site": browser.submit(room.form("decline"), headers={"sec-fetch-site": "cross-site"}),
        "signed out": stranger.submit(room.form("draft", rung="first"), text__en=EVIL),
        "full": full_room(scene),
    }


def test_nothing_that_people_wrote_becomes_part_of_a_page(scene: Scene) -> None:
    for name, page in all_pages(scene).items():
        elements = Elements(page.html)
        sources = [given.get("src", "") for given in elements.of("script", "img")]
        assert all(re.fullmatch(r"(\.\./)*console/app\.js\?v=[0-9a-f]{12}", source) for source in sources), name
        assert not [given for _, given in elements.all if any(key.startswith("on") for key in given)], name
        assert "javascript:" not in [given.get("href", "")[:11] for given in elements.of("a")], name


def test_pages_say_that_nothing_but_our_own_files_may_run_and_nobody_may_frame_or_keep_them(scene: Scene) -> None:
    for name, page in all_pages(scene).items():
        policy = dict(part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", name
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'", name
        assert policy["connect-src"] == "'self' https://evidence.example", name
        assert page.headers["Cache-Control"] == "no-store", name
        assert page.headers["X-Content-Type-Options"] == "nosniff", name
        assert page.headers["X-Frame-Options"] == "DENY", name
        assert page.headers["Referrer-Policy"] == "same-origin", name
        elements = Elements(page.html)
        assert not elements.of("style"), name
        assert not [given for _, given in elements.all if "style" in given], name


def test_every_field_has_a_name_that_a_screen_reader_says_and_ids_are_unique(scene: Scene) -> None:
    for name, page in all_pages(scene).items():
        elements = Elements(page.html)
        labelled = {given["for"] for given in elements.of("label") if "for" in given}
        for given in elements.of("input", "textarea", "select"):
            if given.get("type") not in ("hidden", "checkbox"):  # a checkbox stands inside its label
                assert given.get("id") in labelled, (name, given)
        ids = Counter(given["id"] for _, given in elements.all if "id" in given)
        assert not [each for each, count in ids.items() if count > 1], name
        described = {given["aria-describedby"] for _, given in elements.all if "aria-describedby" in given}
        assert described <= set(ids), name
        assert [given["href"][1:] in ids for given in elements.of("a") if given["href"].startswith("#")].count(
            False
        ) == 0
        assert len(elements.of("h1")) == 1, name
        assert len(elements.of("main")) == 1, name


def test_addresses_are_relative_so_that_the_console_works_wherever_it_is_mounted(scene: Scene) -> None:
    for name, page in all_pages(scene).items():
        elements = Elements(page.html)
        for given in elements.of("a", "form", "link", "script", "button"):
            for key in ("href", "action", "src", "formaction"):
                if key in given and given[key] != "data:,":
                    assert re.match(r"(\.\./)*console|#", given[key]), (name, given)
        assert all(form.action.startswith(f"{BASE}/console") for form in page.forms), name


@pytest.mark.parametrize("locale", LOCALES)
def test_a_person_reads_their_own_language(scene: Scene, locale: str) -> None:
    page = full_room(scene, locale=locale)
    words = console_words(locale)
    assert Elements(page.html).of("html") == [{"lang": locale}]
    for heading in ("group", "milestones", "statements", "evidence", "joined", "timeline"):
        assert words.room[heading] in page.text
    other = console_words(next(each for each in LOCALES if each != locale))
    assert other.forms["stand-down"] not in page.text


def test_whoever_is_not_signed_in_is_asked_in_the_language_of_their_browser(scene: Scene) -> None:
    browser = scene.browser()
    for language, locale in (("zh-HK,zh;q=0.9", "zh-CN"), ("en-GB", "en"), ("fr", "en"), ("", "en")):
        browser.language = language
        assert Elements(browser.get("/console/sign-in").html).of("html") == [{"lang": locale}]


def test_both_languages_have_words_for_the_same_things() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: shape(one) for key, one in value.items()}
        return sorted(set(re.findall(r"\{(\w+)\}", str(value))))

    one, other = (vars(console_words(locale)) for locale in LOCALES)
    assert shape(one) == shape(other)


def test_every_form_that_is_taken_or_not_has_words(scene: Scene) -> None:
    from shared.application.console_forms import KINDS  # noqa: PLC0415 - what there is

    for locale in LOCALES:
        words = console_words(locale)
        assert set(KINDS) <= set(words.done)
        assert set(words.no_effect) <= set(KINDS)
        assert {"fields", "moved", "text_moved", "no_effect", "other_session"} < set(words.refused)
        assert {"unavailable", "unexpected"} < set(words.refused)


def test_an_exercise_says_so_above_everything(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = inside(scene, locale="en")
    assert "DRILL" not in browser.room().text
    stored = scene.world.incidents.load(INCIDENT)
    assert stored is not None
    drill = replace(stored, incident=replace(stored.incident, drill=True))
    monkeypatch.setattr(scene.world.incidents, "load", lambda _: drill)
    page = browser.room()
    assert page.text.index("This is a DRILL") < page.text.index("Sour milk", page.text.index("This is a DRILL"))
    assert 'class="drill" role="note"' in page.html


def test_states_are_told_in_words_and_not_by_colour_alone(scene: Scene) -> None:
    page = full_room(scene, locale="en")
    rows = re.findall(r'<li data-seat="([\w.]+)" data-state="(\w+)".*?</li>', page.html, re.DOTALL)
    assert len(rows) == 12
    assert Counter(state for _, state in rows) == {"called": 10, "taken": 2}
    assert page.text.count("… open") == 10
    assert page.text.count("✓ in") == 2


def test_deadlines_stand_in_words_for_those_without_a_script(scene: Scene) -> None:
    page = full_room(scene, locale="en")
    for given in Elements(page.html).of("span"):
        if "data-deadline" in given:
            assert given["data-deadline"].isdigit()
    assert "29 min left" in page.text


@pytest.mark.parametrize(("name", "kind"), [("app.js", "text/javascript"), ("app.css", "text/css")])
def test_script_and_style_are_files_that_browsers_may_keep_for_a_day(scene: Scene, name: str, kind: str) -> None:
    page = scene.browser().get(f"/console/{name}")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith(kind)
    assert page.headers["Cache-Control"] == "private, max-age=86400"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["room.html.j2", "..%2Fpage.css", "app.map"])
def test_no_other_file_is_given_out(scene: Scene, name: str) -> None:
    assert scene.browser().get(f"/console/{name}").status == 404
