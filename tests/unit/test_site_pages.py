"""The pages of the public status site (C5, I8): what they say, where they stand, and what they never show."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.safe_markdown import allowed
from shared.adapters.site_pages import site_files
from shared.domain.instants import DAY, HOUR, MINUTE, SECOND
from tests.site_scene import (
    BREACH,
    CORRECTED,
    DECLARED,
    EVERYTHING,
    FIRST,
    FOOD,
    LATE,
    OLD,
    URL,
    links,
    page,
    published,
    site,
)

EN = f"en/s/{FOOD}"
ZH = f"s/{FOOD}"
PAGES = [path for path in site(*EVERYTHING) if path.endswith(".html")]


def test_a_statement_has_an_address_that_stays_and_each_revision_has_its_own() -> None:
    before, after = site(FIRST), site(FIRST, CORRECTED)

    assert {f"{ZH}/first.html", f"{ZH}/first/1.html", f"{EN}/first.html", f"{EN}/first/1.html"} <= set(before)
    assert set(after) == set(before) | {f"{ZH}/first/3.html", f"{EN}/first/3.html"}
    assert page(after, f"{EN}/first.html").one("div", cls="text") == page(after, f"{EN}/first/3.html").one(
        "div", cls="text"
    )


def test_a_statement_shows_its_text_and_its_times_in_each_locale() -> None:
    files = site(FIRST)
    english, chinese = page(files, f"{EN}/first.html"), page(files, f"{ZH}/first.html")

    assert english.one("html").attributes["lang"] == "en"
    assert chinese.one("html").attributes["lang"] == "zh-CN"
    assert english.one("title").text == "The first one – Food safety – Public statements"
    assert chinese.one("title").text == "通报 first – 食品安全 – 情况通报"
    assert "Salad from three shops had spoiled." in english.one("div", cls="text").text
    assert "三家门店的沙拉变质。" in chinese.one("div", cls="text").text
    assert [time.text for time in english.one("dl").all("time")] == [
        "2 March 2026, 14:29 Beijing time (06:29\xa0UTC)",
        "2 March 2026, 14:30 Beijing time (06:30\xa0UTC)",
    ]
    assert [time.text for time in chinese.one("dl").all("time")] == [
        "2026年3月2日 14:29\xa0北京时间（06:29\xa0UTC）",
        "2026年3月2日 14:30\xa0北京时间（06:30\xa0UTC）",
    ]
    assert [time.attributes["datetime"] for time in english.one("dl").all("time")] == [
        "2026-03-02T06:29:00Z",
        "2026-03-02T06:30:00Z",
    ]


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/New_York", "1 March 2026, 19:30 UTC-05:00 (2 March 2026, 00:30\xa0UTC)"),
        ("Asia/Kolkata", "2 March 2026, 06:00 UTC+05:30 (00:30\xa0UTC)"),
        ("UTC", "2 March 2026, 00:30\xa0UTC"),
    ],
)
def test_times_stand_in_the_zone_of_the_site_and_in_utc(zone: str, shown: str) -> None:
    at = DECLARED - 5 * HOUR - 30 * MINUTE
    files = site_files([published(published_at=at)], URL, zone)

    assert next(page(files, f"{EN}/first.html").one("dl").all("time")).text == shown


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (12 * SECOND, "12 seconds"),
        (MINUTE, "1 minute"),
        (34 * MINUTE + 59 * SECOND, "34 minutes 59 seconds"),
        (DAY + 2 * HOUR + 5 * MINUTE, "1 day 2 hours"),
        (1, "1 second"),
    ],
)
def test_a_late_statement_says_when_it_was_promised_when_it_came_and_by_how_much(late: int, words: str) -> None:
    due = DECLARED + 30 * MINUTE
    files = site(published(due=due, published_at=due + late))
    notice = page(files, f"{EN}/first.html").one("div", cls="notice soon")

    assert f", {words} later." in notice.text
    assert next(notice.all("time")).attributes["datetime"] == "2026-03-02T06:30:00Z"
    assert f"Published {words} late" in page(files, "en/index.html").one("article").text


def test_a_statement_in_time_says_nothing_of_lateness() -> None:
    due = DECLARED + 30 * MINUTE
    files = site(published(due=due, published_at=due))

    assert not [
        path for path in files if b'class="notice' in files[path].content or b'class="mark' in files[path].content
    ]


def test_a_correction_says_what_it_corrects_and_the_earlier_text_stays_and_says_that_it_was_corrected() -> None:
    wrong = published(text=(("en", "Nobody was hurt."),))
    right = published(revision=3, published_at=DECLARED + HOUR, corrects=True, text=(("en", "Two people were hurt."),))
    files = site(wrong, right)
    new, old = page(files, f"{EN}/first.html"), page(files, f"{EN}/first/1.html")

    assert new.one("div", cls="notice").text.split("\n")[1:3] == [
        "This is a correction",
        "It replaces revision 1 of 2 March 2026, 14:29 Beijing time (06:29\xa0UTC).",
    ]
    assert f"{EN}/first/1.html" in links(files[f"{EN}/first.html"].content.decode(), f"{EN}/first.html")
    assert "Two people were hurt." in new.one("div", cls="text").text
    assert "Nobody was hurt." in old.one("div", cls="text").text
    assert (
        "Revision 3 of 2 March 2026, 15:00 Beijing time (07:00\xa0UTC) counts instead."
        in old.one("div", cls="notice bad").text
    )
    assert f"{EN}/first/3.html" in links(files[f"{EN}/first/1.html"].content.decode(), f"{EN}/first/1.html")


def test_a_correction_of_a_correction_names_the_one_before_it() -> None:
    last = published(revision=4, published_at=DECLARED + 2 * HOUR, corrects=True)
    files = site(FIRST, CORRECTED, last)

    assert "It replaces revision 3" in page(files, f"{EN}/first/4.html").one("div", cls="notice").text
    middle = page(files, f"{EN}/first/3.html")
    assert "Revision 4" in middle.one("div", cls="notice bad").text
    assert "It replaces revision 1" in middle.one("div", cls="notice").text
    listed = [link.text for link in page(files, f"{EN}/first.html").one("section").all("a")]
    assert listed == ["Revision 4", "Revision 3", "Revision 1"]


def test_a_correction_is_never_late() -> None:
    files = site(FIRST, CORRECTED)

    assert "late" not in page(files, f"{EN}/first.html").one("main").text


def test_a_text_that_lacks_the_reader_s_language_is_shown_in_the_one_there_is_and_says_so() -> None:
    files = site(LATE, OLD)
    english = page(files, f"{EN}/progress.html")
    chinese = page(files, f"s/{BREACH}/first.html")

    assert english.one("div", cls="text").attributes["lang"] == "zh-CN"
    assert "There is no English text of this statement yet. Its language is: Chinese." in english.one("main").text
    assert chinese.one("div", cls="text").attributes["lang"] == "en"
    assert "本通报暂无中文文本，以下为英文文本。" in chinese.one("main").text
    assert "lang" not in page(files, f"{ZH}/progress.html").one("div", cls="text").attributes


@pytest.mark.parametrize(
    ("texts", "shown", "tag", "note"),
    [
        ((("en-GB", "colour"), ("fr", "couleur")), "colour", "en-GB", False),
        ((("fr", "couleur"), ("zh-CN", "颜色")), "颜色", "zh-CN", True),
        ((("fr", "couleur"), ("de", "Farbe")), "Farbe", "de", True),
        ((("en", "  "), ("zh-CN", "颜色")), "颜色", "zh-CN", True),
        ((('"><b>', "x"),), "x", "und", True),
        ((), "", None, False),
    ],
)
def test_the_nearest_language_is_shown(
    texts: tuple[tuple[str, str], ...], shown: str, tag: str | None, note: bool
) -> None:
    english = page(site(published(text=texts)), f"{EN}/first.html")
    text = english.one("div", cls="text")

    assert text.text.strip() == shown
    assert text.attributes.get("lang") == tag
    assert ("There is no English text" in english.one("main").text) == note


def test_the_index_groups_by_crisis_and_shows_the_newest_first() -> None:
    index = page(site(*EVERYTHING), "en/index.html")

    assert [heading.text for heading in index.root.all("h2")] == [
        "Food safety 2 March 2026",
        "Incident 27 February 2026",
    ]
    assert [heading.text for heading in index.root.all("h3")] == [
        "The progress one",
        "The first one",
        "First statement",
    ]
    assert [next(article.all("a")).attributes["href"] for article in index.root.all("article")] == [
        f"s/{FOOD}/progress.html",
        f"s/{FOOD}/first.html",
        f"s/{BREACH}/first.html",
    ]


def test_a_crisis_that_moves_comes_up_again() -> None:
    moved = published(
        crisis=BREACH, revision=2, published_at=DECLARED + 9 * HOUR, corrects=True, kind=(("en", "Data breach"),)
    )
    index = page(site(*EVERYTHING, moved), "en/index.html")

    assert [heading.text for heading in index.root.all("h2")] == [
        "Incident 27 February 2026",
        "Food safety 2 March 2026",
    ]


def test_a_site_without_publications_is_calm() -> None:
    files = site()

    assert "There is nothing to report at present." in page(files, "en/index.html").one("main").text
    assert "目前没有需要通报的情况。" in page(files, "index.html").one("main").text
    assert not list(page(files, "index.html").root.all("article"))


def test_the_same_publications_make_the_same_files_in_any_order_and_however_often_they_are_listed() -> None:
    assert site(*EVERYTHING) == site(*reversed(EVERYTHING), *EVERYTHING)


def test_nothing_on_the_site_leads_nowhere() -> None:
    dotted = published("first.2"), published("index"), published("first", revision=2)
    files = site(*EVERYTHING, *dotted)

    for path in files:
        if path.endswith(".html"):
            assert links(files[path].content.decode(), path) <= set(files)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_names_its_translation_its_feeds_and_itself(path: str) -> None:
    if path == "404.html":
        return
    found = page(site(*EVERYTHING), path)
    twin = path.removeprefix("en/") if path.startswith("en/") else f"en/{path}"
    links_of = [link.attributes for link in found.one("head").all("link")]
    alternates = {one["hreflang"]: one["href"] for one in links_of if "hreflang" in one}
    here, there = (f"{URL}/{one}".replace(f"{URL}/index.html", f"{URL}/") for one in (path, twin))

    assert set(alternates) == {"zh-CN", "en", "x-default"}
    assert {alternates["zh-CN"], alternates["en"]} == {here, there}
    assert alternates["x-default"] == alternates["zh-CN"]
    assert [one["type"] for one in links_of if "type" in one] == ["application/atom+xml", "application/feed+json"]
    assert next(one["href"] for one in links_of if one["rel"] == "canonical").startswith(URL)
    assert [link.attributes["lang"] for link in found.one("header").all("a") if "hreflang" in link.attributes] == [
        "zh-CN" if path.startswith("en/") else "en"
    ]


def test_a_revision_names_the_statement_s_own_address_as_the_one_to_keep() -> None:
    for path in (f"{EN}/first.html", f"{EN}/first/1.html", f"{EN}/first/3.html"):
        assert (
            page(site(FIRST, CORRECTED), path).one("link", rel="canonical").attributes["href"]
            == f"{URL}/{EN}/first.html"
        )


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_and_loads_nothing_and_allows_its_own_style_alone(path: str) -> None:
    found = page(site(*EVERYTHING), path)
    policy = found.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"]
    style = base64.b64encode(hashlib.sha256(found.one("style").text.encode()).digest()).decode()

    assert not list(found.root.all("script", "img", "iframe", "form", "input", "object", "table"))
    assert not [
        name for element in found.root.all() for name in element.attributes if name.startswith("on") or name == "style"
    ]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{style}'; ")
    assert "url(" not in found.one("style").text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_read_aloud(path: str) -> None:
    found = page(site(*EVERYTHING), path)
    levels = [int(heading.tag[1]) for heading in found.root.all("h1", "h2", "h3", "h4", "h5", "h6")]
    ids = [element.attributes["id"] for element in found.root.all() if "id" in element.attributes]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert len(set(ids)) == len(ids)
    assert {
        one.attributes["aria-labelledby"] for one in found.root.all() if "aria-labelledby" in one.attributes
    } <= set(ids)
    assert all(link.text.strip() for link in found.root.all("a"))
    assert found.one("title").text.strip()
    found.one("main")


def test_no_file_tells_of_the_case() -> None:
    secret = published(incident="crm-hotline-C-4711", text=(("en", "Hello."),))

    assert not [path for path, file in site(secret).items() if b"4711" in file.content or "4711" in path]


def test_names_are_text_whatever_they_hold() -> None:
    odd = '</title><script>alert("1")</script>\n\x00\ud800'
    files = site(published(kind=(("en", odd),), titles=(("en", odd),)), published("progress", titles=(("zh-CN", odd),)))

    for path in files:
        if path.endswith(".html"):
            assert not list(page(files, path).root.all("script"))
    assert page(files, f"{EN}/first.html").one("h1").text == '</title><script>alert("1")</script>'


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [
                    "</div>",
                    "</main>",
                    "<script>",
                    "<style>",
                    "</style>",
                    "<!--",
                    '" onload="',
                    "{{ site }}",
                    "{% raw %}",
                    "[a](",
                    ")",
                ]
            ),
            st.sampled_from(
                ["https://a.example", "javascript:alert(1)", "\n\n", "# ", "- ", "**", "\x00", "\ud800", "&amp;"]
            ),
            st.text(max_size=8),
        ),
        max_size=30,
    ).map("".join)
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_published_the_page_around_it_stands(text: str) -> None:
    harmless = site(published(text=(("en", "Hello."),)))
    files = site(published(text=(("en", text),)))

    for path in (f"{EN}/first.html", "en/index.html"):
        found, model = page(files, path), page(harmless, path)
        within = {
            id(one) for place in found.root.all("div") if place.attributes.get("class") == "text" for one in place.all()
        }
        outside = [one.tag for one in found.root.all() if id(one) not in within and one.attributes.get("dir") != "auto"]
        hello = next((one for one in model.root.all("div") if one.attributes.get("class") == "text"), None)
        inside = list(hello.all()) if hello else []
        assert outside == [
            one.tag for one in model.root.all() if one not in inside and one.attributes.get("dir") != "auto"
        ]
        for one in found.root.all("a"):
            address = one.attributes["href"]
            assert ":" not in address or allowed(address)


def test_what_a_publication_changes_is_kept_shorter_than_its_minute_of_lead() -> None:
    before, after = site(FIRST), site(FIRST, CORRECTED)
    moved = {path for path in before if before[path].content != after[path].content}

    assert {path: before[path].cache.split(", ")[1] for path in moved} == {
        **dict.fromkeys(moved, "max-age=30"),
        f"{EN}/first/1.html": "max-age=300",
        f"{ZH}/first/1.html": "max-age=300",
    }
