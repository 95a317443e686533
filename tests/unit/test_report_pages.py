"""The report as a page, as Markdown and as a picture: whole in both languages, and what people wrote stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET  # our own file is read

import pytest
from markdown_it import MarkdownIt

from shared.adapters.language import environment
from shared.adapters.policy_yaml import load
from shared.adapters.report_page import Pages, in_markdown, pages_of
from shared.adapters.report_picture import picture_of
from shared.adapters.report_reader import ReportReader
from shared.domain.after_action import Report, after_action
from shared.domain.instants import HOUR, MINUTE
from tests.crisis_story import CRISIS, SINCE, Story, in_memory
from tests.fakes import FakeWorld, fake_world

POLICY = load("retail")
NASTY = "<script>alert(1)</script>"
CHROMIUM = Path("/usr/bin/chromium")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
QUIET += ["--disable-component-update", "--no-first-run"]
LOOK = Path(__file__).with_name("site_look.js").read_text("utf-8")
SVG = "{http://www.w3.org/2000/svg}"

each_locale = pytest.mark.parametrize("locale", ["en", "zh-CN"])


def read(world: FakeWorld) -> Report:
    stored = world.incidents.load(CRISIS)
    assert stored is not None
    return after_action(stored.incident, world.incidents.timeline(CRISIS), POLICY, world.time.now())


@cache
def report() -> Report:
    return read(in_memory()[1])


@cache
def pages(locale: str) -> Pages:
    return pages_of(report(), POLICY, POLICY, locale, "picture.svg")


class Page(HTMLParser):
    """Tags, and the text of each table's cells."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data


def markdown_rows(text: str) -> list[list[str]]:
    """The rows of all tables as a reader sees them."""
    rows: list[list[str]] = []
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 3 and rows:
            rows[-1].append("".join(child.content for child in token.children or ()))
    return [row for row in rows if any(row)]


@each_locale
def test_markdown_and_page_say_the_same(locale: str) -> None:
    html = [row for row in Page(pages(locale).html).rows if row]
    markdown = markdown_rows(pages(locale).markdown)
    facts = len(markdown) - len(html)
    assert facts > 10, "in the page the facts are a list"
    assert markdown[facts:] == html


def row(locale: str, *cells: str) -> list[str]:
    """The first row that begins so."""
    return next(each for each in Page(pages(locale).html).rows if each[: len(cells)] == list(cells))


def test_the_page_says_what_was_late() -> None:
    assert row("en", "preliminary plan") == [
        "preliminary plan",
        "2026-03-02 10:32:00 (02:32:00Z)",
        "2026-03-02 10:45:00 (02:45:00Z)",
        "林国栋: recall | *all* of it",
        "13 min",
    ]
    assert row("zh-CN", "初步方案")[-1] == "13分钟"
    assert row("en", "full group")[2:] == ["never", "–", "–"]


def test_times_whose_utc_date_is_another_say_so() -> None:
    assert "2026-03-03 05:12:00 (2026-03-02 21:12:00Z)" in pages("en").markdown


def test_people_seats_and_statements_go_by_their_names() -> None:
    assert row("en", "Commander") == ["Commander", "林国栋", "2026-03-02 10:04:00 (02:04:00Z)", "2 min"]
    assert row("zh-CN", "质量专家3")[1] == "无人可召"
    assert "彭建国 (Legal adviser 1)" in pages("en").html
    assert row("zh-CN", "首次通报：已确认的事实")[-1].startswith("2026-03-02 10:32:00")


@each_locale
def test_no_word_is_left_as_an_id(locale: str) -> None:
    text = pages(locale).markdown
    for name in ("_called", "statement_late", "approval_wanted", "seat_empty", "public_relations", "None", "{", "}"):
        assert name not in text, name


def test_both_languages_have_the_same_words() -> None:
    def keys(locale: str) -> dict[str, Any]:
        module = vars(environment().get_template(f"report/{locale}.j2").module)
        words = {name: value for name, value in module.items() if not name.startswith("_")}
        return {name: sorted(value) if isinstance(value, dict) else "" for name, value in words.items()}

    assert keys("en") == keys("zh-CN")


@each_locale
def test_what_people_wrote_is_no_markup_of_the_page(locale: str) -> None:
    page = Page(pages(locale).html)
    assert NASTY in report().incident.summary
    assert NASTY not in pages(locale).html
    tags = {tag for tag, _ in page.tags}
    assert tags.isdisjoint({"script", "b1", "img", "a", "iframe", "form"})
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


@each_locale
def test_what_people_wrote_is_no_markup_of_the_markdown(locale: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(pages(locale).markdown)
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or ()}
    assert kinds.isdisjoint({"html_block", "html_inline", "link_open", "em_open", "code_inline", "s_open", "fence"})
    assert [c.attrs["src"] for token in tokens for c in token.children or () if c.type == "image"] == ["picture.svg"]


@pytest.mark.parametrize(
    "text",
    [
        "*a* _b_ `c` ~~d~~",
        "[x](http://y) ![z](q)",
        "<b>&amp;",
        "a | b",
        "# no",
        "back\\slash",
        "two\nlines",
        "www.x.example",
        "a@b.example",
        "$x$",
    ],
)
def test_text_in_markdown_reads_as_it_was_written(text: str) -> None:
    md = MarkdownIt("gfm-like", {"linkify": False})
    rows = [
        "".join(child.content for child in token.children or ())
        for token in md.parse(f"| a | b |\n| --- | --- |\n| {in_markdown(text)} | x |\n")
        if token.type == "inline"
    ]
    assert rows[2:] == [" ".join(text.split()), "x"]


def test_the_page_stands_alone() -> None:
    html = pages("en").html
    assert "http" not in re.sub(r'xmlns="[^"]*"|http-equiv', "", html)
    assert "default-src 'none'" in html


@each_locale
def test_the_picture_has_a_name_and_a_description(locale: str) -> None:
    root = ET.fromstring(pages(locale).svg)  # noqa: S314 - our own file is read
    ids = (root.attrib["aria-labelledby"]).split()
    assert root.attrib["role"] == "img"
    named = {each.attrib["id"]: each.text for each in root if "id" in each.attrib}
    assert [bool(named[each]) for each in ids] == [True, True]
    assert pages(locale).svg in pages(locale).html


def test_the_picture_hatches_exactly_what_was_late() -> None:
    root = ET.fromstring(pages("en").svg)  # noqa: S314 - our own file is read
    late = [rect.findtext(f"{SVG}title") for rect in root.iter(f"{SVG}rect") if rect.get("class") == "late"]
    assert [each for each in late if each] == [
        "first response: late 25 min",
        "preliminary plan: late 13 min",
        "full group: late 1 d 4 h",
        "solution: late 4 h",
        "Progress: the first measures: late 17 min",
    ]


def test_what_comes_later_lies_further_right_and_nothing_outside() -> None:
    picture = picture_of(report(), ReportReader("en", report().incident, POLICY, POLICY))
    rows = [row for lane in picture.lanes for row in lane.rows]
    places = [mark.x for row in rows for mark in row.marks] + [
        span.x + span.width for row in rows for span in row.spans
    ]
    assert picture.left <= min(places)
    assert max(places) <= picture.right
    ticks = [x for x, _ in picture.ticks]
    assert ticks == sorted(set(ticks))
    assert len(ticks) > 5
    tops = [row.y for row in rows]
    assert tops == sorted(set(tops))


def test_a_drill_says_so() -> None:
    drilled = replace(report(), incident=replace(report().incident, drill=True))
    made = pages_of(drilled, POLICY, POLICY, "en", "x.svg")
    assert '<p class="drill">DRILL</p>' in made.html
    assert "**DRILL**" in made.markdown
    assert "DRILL" not in pages("en").html


def test_a_crisis_that_is_still_on_counts_so_far() -> None:
    world = fake_world(POLICY, now=SINCE)
    story = Story(world)
    story.happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo")
    story.happens(MINUTE, "crisis.declared", by="chen.jing", reason="now")
    story.pass_until(SINCE + HOUR)
    text = pages_of(read(world), POLICY, POLICY, "en", "x.svg").markdown
    assert "| Stood down | still on |" in text
    assert "| never | – | 29 min so far |" in text
    assert "nothing was drafted" in text


def test_a_complaint_that_never_was_a_crisis_has_a_report() -> None:
    world = fake_world(POLICY, now=SINCE)
    Story(world).happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo", level="ordinary")
    made = pages_of(read(world), POLICY, POLICY, "en", "x.svg")
    assert "No group was called." in made.markdown
    assert "No statement was due." in made.html


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@each_locale
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it_without_complaint(browser: Any, locale: str, width: int, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(pages(locale).html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on(
        "request", lambda request: said.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    page.goto(file.as_uri())
    assert said == []
    of_small_screens = re.compile(
        r"[\d.]+px: |cut off: "
    )  # a table of twelve seats is for paper, and scrolls in its box
    assert [found for found in page.evaluate(LOOK) if not of_small_screens.match(found)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "no sideways scrolling"
    image = page.get_by_role("img", name=re.compile("F-1"))
    assert image.bounding_box()["width"] > 300
    assert page.get_by_role("heading", level=1).inner_text().endswith("F-1")
    page.close()
