"""What was typed into a form is never lost: the room shows it again, or a plain page does, whatever failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.console import handler as door
from shared.application.console import act
from shared.ports import UnavailableError
from tests.unit.console_scene import BASE, Page, Scene, crisis_scene
from tests.unit.door_requests import INCIDENT

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

CARE = "Typed <with> care"
FORMS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("decline", {}, "reason"),
    ("milestone", {"milestone": "plan"}, "text"),
    ("draft", {"rung": "first"}, "text-en"),
    ("reject", {"rung": "progress"}, "reason"),
    ("join", {}, "complaint"),
    ("stand-down", {}, "reason"),
)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return crisis_scene(monkeypatch)


@pytest.fixture
def boss(scene: Scene) -> str:
    """The commander, who is in; a draft waits for them."""
    person, writer = scene.sitting("commander"), scene.sitting("public_relations")
    for one in (person, writer):
        scene.said("crisis.confirmed", one)
    scene.said("statement.drafted", writer, rung="progress", text={"en": "Tests go on."})
    return person


def resting(*_: Any) -> Any:
    raise UnavailableError("resting")


def broken(*_: Any) -> Any:
    raise KeyError(CARE)


@pytest.mark.parametrize(("fault", "status"), [(resting, 503), (broken, 500)])
@pytest.mark.parametrize(("verb", "known", "field"), FORMS)
class TestEveryForm:
    def test_is_shown_again_in_the_room(
        self,
        scene: Scene,
        boss: str,
        monkeypatch: pytest.MonkeyPatch,
        verb: str,
        known: dict[str, str],
        field: str,
        fault: Callable[..., Any],
        status: int,
    ) -> None:
        browser = scene.browser(boss)
        form = browser.room().form(verb, **known)
        monkeypatch.setattr(door, "act", fault)
        page = browser.submit(form, **{field: CARE})
        again = page.form(verb, **known)
        assert (page.status, again.fields[field], again.fields["once"]) == (status, CARE, form.fields["once"])
        assert page.wrong

    def test_is_on_a_plain_page_where_there_is_no_room(
        self,
        scene: Scene,
        boss: str,
        monkeypatch: pytest.MonkeyPatch,
        verb: str,
        known: dict[str, str],
        field: str,
        fault: Callable[..., Any],
        status: int,
    ) -> None:
        browser = scene.browser(boss)
        form = browser.room().form(verb, **known)
        monkeypatch.setattr(scene.world.incidents, "load", fault)
        page = browser.submit(form, **{field: CARE})
        assert (page.status, CARE in page.text, "<with>" in page.html) == (status, True, False)


def test_it_is_kept_where_nobody_can_say_who_is_signed_in(
    scene: Scene, boss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("stand-down")
    monkeypatch.setattr(scene.keys, "value", resting)
    page = browser.submit(form, reason=CARE)
    assert (page.status, CARE in page.text) == (503, True)


def test_sent_again_after_a_failure_it_is_done_once(scene: Scene, boss: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = scene.browser(boss)

    def takes_it_and_fails(*said: Any) -> Any:
        act(*said)
        raise UnavailableError("the answer was lost")

    form = browser.room().form("invite")
    monkeypatch.setattr(door, "act", takes_it_and_fails)
    page = browser.submit(form, who="zhao.lei")
    monkeypatch.setattr(door, "act", act)
    again = page.form("invite")
    assert again.fields["who"] == "zhao.lei"
    before = scene.incident.version
    assert browser.submit(again).status == 200
    assert scene.incident.version == before


def test_it_is_kept_where_its_form_left_the_room_meanwhile(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("draft", rung="first")
    scene.said("crisis.stood_down", boss, reason="over")
    page = browser.submit(form, **{"text-en": CARE, "text-zh-CN": "仔细写的"})
    assert (page.status, page.has("draft", rung="first")) == (409, False)
    assert (CARE in page.text, "仔细写的" in page.text, "<with>" in page.html) == (True, True, False)
    assert "cannot be drafted now" in page.text or "现在不能起草" in page.text


def test_it_is_kept_where_the_room_is_no_longer_theirs(scene: Scene) -> None:
    browser = scene.browser("li.na")
    form = browser.room().form("join")
    _, policy = scene.world.policies.current()
    first, *rest = policy.chains["default"]
    others = (first.model_copy(update={"people": ("zhang.wei",)}), *rest)
    scene.world.policies.adopt(policy.model_copy(update={"chains": {**policy.chains, "default": others}}))
    page = browser.submit(form, complaint=CARE)
    assert (page.status, CARE in page.text) == (404, True)


def test_a_key_that_was_typed_is_never_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = scene.browser()
    form = browser.get("/console/sign-in").form("sign-in")
    monkeypatch.setattr(scene.world.api_keys, "holder", resting)
    page = browser.submit(form, key="key-of-li.na")
    assert (page.status, "key-of-li.na" in page.html) == (503, False)


def test_another_sites_words_are_not_shown(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("stand-down")
    page: Page = browser.submit(form, headers={"sec-fetch-site": "cross-site"}, reason=CARE)
    assert (page.status, CARE in page.text) == (403, False)
    assert page.url == f"{BASE}/console/c/{INCIDENT}/stand-down"


def test_the_log_has_the_fault_and_nothing_of_what_was_typed(
    scene: Scene, boss: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("stand-down")
    monkeypatch.setattr(door, "act", broken)
    told: list[str] = []
    monkeypatch.setattr(door.logger, "error", lambda *_, fault: told.append(fault))
    browser.submit(form, reason=CARE)
    (fault,) = told
    assert fault.startswith("KeyError: ")
    assert CARE not in fault + capsys.readouterr().out
