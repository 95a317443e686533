"""The status site in a real browser: on a phone and a wide screen, by day and night, by keyboard, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.site_scene import BREACH, EVERYTHING, FOOD, site

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--disable-component-update",
    "--no-first-run",
]
LOOK = Path(__file__).with_name("site_look.js").read_text("utf-8")
PAGES = {
    "index": "full/index.html",
    "English index": "full/en/index.html",
    "corrected": f"full/s/{FOOD}/first.html",
    "superseded": f"full/en/s/{FOOD}/first/1.html",
    "late and in another language": f"full/en/s/{FOOD}/progress.html",
    "with a word longer than a phone": f"full/s/{BREACH}/first.html",
    "nothing published": "empty/index.html",
    "missing": "full/404.html",
}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the system's Chromium")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the site in a folder; it works from there, as its links are relative."""
    root = tmp_path_factory.mktemp("site")
    for name, publications in (("full", EVERYTHING), ("empty", ())):
        for path, file in site(*publications).items():
            (root / name / path).parent.mkdir(parents=True, exist_ok=True)
            (root / name / path).write_bytes(file.content)
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - not needed where there is no browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Tab]:
    with browser.new_context(viewport={"width": 390, "height": 800}, java_script_enabled=False) as context:
        yield context.new_page()


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
@pytest.mark.parametrize("width", [320, 390, 1200])
def test_a_page_can_be_read_by_everybody(browser: Browser, root: Path, path: str, width: int) -> None:
    for scheme in ("light", "dark"):
        with browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=False,
        ) as context:
            tab = context.new_page()
            heard: list[str] = []
            asked: list[str] = []
            tab.on("console", lambda message: heard.append(message.text))  # noqa: B023 - this round's tab ends with it
            tab.on("request", lambda request: asked.append(request.url))  # noqa: B023 - the same
            tab.goto((root / path).as_uri())

            assert tab.evaluate(LOOK) == []
            assert heard == []
            assert [url for url in asked if not url.startswith("data:")] == [(root / path).as_uri()]


def test_day_and_night_look_different(browser: Browser, root: Path) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            tab = context.new_page()
            tab.goto((root / "full/index.html").as_uri())
            grounds.add(tab.evaluate("getComputedStyle(document.body).backgroundColor"))

    assert len(grounds) == 2


@pytest.mark.parametrize("path", [PAGES["corrected"], PAGES["English index"]], ids=["statement", "index"])
def test_the_keyboard_reaches_everything_in_the_order_it_is_read(phone: Tab, root: Path, path: str) -> None:
    phone.goto((root / path).as_uri())
    links = phone.evaluate("[...document.links].map(link => link.href + link.textContent)")

    reached = []
    for _ in links:
        phone.keyboard.press("Tab")
        reached.append(phone.evaluate("document.activeElement.href + document.activeElement.textContent"))
        seen = phone.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
        ring = phone.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert (seen, ring) == (True, "solid")

    assert reached == links


def test_the_first_key_offers_to_skip_to_the_text(phone: Tab, root: Path) -> None:
    phone.goto((root / PAGES["corrected"]).as_uri())
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.keyboard.press("Tab")

    assert phone.evaluate("document.activeElement.closest('main') !== null")


def test_a_reader_gets_from_the_index_to_an_earlier_text_and_to_the_other_language(phone: Tab, root: Path) -> None:
    phone.goto((root / "full/index.html").as_uri())
    phone.get_by_role("link", name="通报 first").click()
    phone.get_by_role("link", name="查看原文").click()
    assert phone.url.endswith(f"/full/s/{FOOD}/first/1.html")
    assert phone.get_by_text("本文已被更正").is_visible()

    phone.get_by_role("link", name="English").click()
    assert phone.url.endswith(f"/full/en/s/{FOOD}/first/1.html")
    phone.get_by_role("link", name="Read the text that counts").click()
    assert phone.get_by_text("This is a correction").is_visible()
    phone.get_by_role("link", name="All statements").click()
    assert phone.get_by_role("heading", level=1).inner_text() == "Public statements"


def test_the_look_finds_what_is_wrong(phone: Tab, root: Path) -> None:
    """The check itself: a page with every mistake it knows."""
    bad = root / "bad.html"
    bad.write_text(
        "<body style='color: #999'><h2>a</h2><nav></nav><nav></nav><main><h4></h4><p style='font-size: 12px'>b</p>"
        "<img src='data:,'><input><a href='#'></a><a href='#c' style='font-size:16px;line-height:1'>c</a>"
        "<time datetime='today'>d</time><p style='width: 900px; text-align: right'>wide</p></main>"
    )
    phone.goto(bad.as_uri())

    said = "\n".join(phone.evaluate(LOOK))
    for complaint in (
        "contrast 2.",
        "12px",
        "scrolls sideways",
        "cut off",
        "no language",
        "skips a level",
        "an empty heading",
        "not one h1",
        "navs that sound alike",
        "an image without words",
        "a field without label",
        "a time: today",
        "a link without words",
        "hard to hit",
    ):
        assert complaint in said
