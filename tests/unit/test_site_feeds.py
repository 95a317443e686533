"""The feeds of the status site, as a feed reader takes them (C7)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.safe_markdown import allowed
from shared.domain.instants import MINUTE
from shared.domain.publication import Publication
from tests.site_scene import CORRECTED, DECLARED, EVERYTHING, FIRST, FOOD, LATE, URL, Page, published, site

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
EN = f"{URL}/en/s/{FOOD}"
IN_A_FEED = {"a", "br", "div", "em", "h3", "h4", "h5", "h6", "li", "ol", "p", "strong", "time", "ul"}


def atom(*publications: Publication, path: str = "en/feed.xml") -> ET.Element:
    """A feed that holds what RFC 4287 demands."""
    file = site(*publications)[path]
    assert file.media_type == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(file.content)  # noqa: S314 - our own
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
            assert said(element, name)
        assert datetime.fromisoformat(said(element, "updated")).tzinfo
        assert element.find(f"{ATOM}link[@rel='alternate']") is not None
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert len({said(entry, "id") for entry in feed.findall(f"{ATOM}entry")}) == len(feed.findall(f"{ATOM}entry"))
    return feed


def json_feed(*publications: Publication, path: str = "en/feed.json") -> dict[str, Any]:
    """A feed that holds what JSON Feed 1.1 demands and advises."""
    file = site(*publications)[path]
    assert file.media_type == "application/feed+json; charset=utf-8"
    feed: dict[str, Any] = json.loads(file.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert all(isinstance(feed[name], str) for name in ("title", "home_page_url", "feed_url", "language"))
    for item in feed["items"]:
        assert all(isinstance(item[name], str) for name in ("id", "url", "title", "content_html"))
        assert datetime.fromisoformat(item["date_published"]) <= datetime.fromisoformat(item["date_modified"])
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    return feed


def said(element: ET.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def entries(*publications: Publication) -> list[ET.Element]:
    return atom(*publications).findall(f"{ATOM}entry")


def test_a_feed_says_whose_and_where_it_is_and_in_which_language() -> None:
    for path, home, language in (("feed.xml", f"{URL}/", "zh-CN"), ("en/feed.xml", f"{URL}/en/index.html", "en")):
        feed = atom(*EVERYTHING, path=path)
        addresses = {link.attrib["rel"]: link.attrib["href"] for link in feed.findall(f"{ATOM}link")}

        assert feed.attrib[LANG] == language
        assert addresses == {"alternate": home, "self": f"{URL}/{path}"}
        twin = json_feed(*EVERYTHING, path=path.replace("xml", "json"))
        assert (twin["home_page_url"], twin["feed_url"]) == (home, f"{URL}/{path}".replace("xml", "json"))
        assert twin["language"] == language


def test_each_revision_is_an_entry_named_by_its_address_and_the_newest_stands_first() -> None:
    ids = [said(entry, "id") for entry in entries(FIRST, CORRECTED, LATE)]

    assert ids == [f"{EN}/progress/1.html", f"{EN}/first/3.html", f"{EN}/first/1.html"]
    assert [item["id"] for item in json_feed(FIRST, CORRECTED, LATE)["items"]] == ids
    assert [item["url"] for item in json_feed(FIRST, CORRECTED, LATE)["items"]] == ids
    assert {f"{URL}/{path}" for path in site(FIRST, CORRECTED, LATE)} >= set(ids)


def test_a_correction_is_news_and_what_it_replaces_says_so() -> None:
    (before,), (news, after) = entries(FIRST), entries(FIRST, CORRECTED)

    assert said(news, "title") == "Correction: The first one: Food safety"
    assert (said(after, "id"), said(after, "published")) == (said(before, "id"), said(before, "published"))
    assert said(before, "updated") == said(before, "published")
    assert said(after, "updated") == said(news, "published") == "2026-03-02T07:00:00+00:00"
    assert "This text has been corrected" in said(after, "content")
    assert f'href="{EN}/first/3.html"' in said(after, "content")
    old = json_feed(FIRST, CORRECTED)["items"][1]
    assert (old["date_published"], old["date_modified"]) == ("2026-03-02T06:29:00Z", "2026-03-02T07:00:00Z")


def test_an_entry_holds_the_text_that_it_is_late_and_in_which_language_it_is() -> None:
    (entry,) = entries(LATE)
    content = Page(said(entry, "content"))

    assert "34 minutes later" in content.root.text
    assert "Its language is: Chinese." in content.root.text
    assert content.one("div", lang="zh-CN").text.strip() == "进展：已有 14 人出院。"
    assert json_feed(LATE)["items"][0]["content_html"] == said(entry, "content")
    assert json_feed(LATE)["items"][0]["language"] == "zh-CN"


def test_a_feed_without_entries_is_one_and_does_not_change_by_itself() -> None:
    assert said(atom(), "updated") == "1970-01-01T00:00:00+00:00"
    assert json_feed()["items"] == []


def test_a_feed_says_when_it_changed_last() -> None:
    assert said(atom(FIRST, CORRECTED), "updated") == "2026-03-02T07:00:00+00:00"


def test_a_feed_does_not_grow_for_ever_and_keeps_the_newest() -> None:
    many = [published(crisis=f"{n:012x}", published_at=DECLARED + n * MINUTE) for n in range(130)]

    kept = [f"{URL}/en/s/{n:012x}/first/1.html" for n in range(129, 29, -1)]
    assert [item["id"] for item in json_feed(*many)["items"]] == kept
    assert [said(entry, "id") for entry in entries(*many)] == kept


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["</div>", "<script>", "]]>", "<![CDATA[", "[a](https://a.example)", "&amp;", "\x00", "\x1f", "\ud800"]
            ),
            st.sampled_from(["\ufffe", "javascript:alert(1)", "\n\n", "# ", "- ", "**"]),
            st.text(max_size=8),
        ),
        max_size=30,
    ).map("".join)
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_published_the_feeds_can_be_read_and_hold_nothing_harmful(text: str) -> None:
    one = published(text=(("en", text),), titles=(("en", text),), kind=(("en", text),))
    (entry,) = entries(one)
    (item,) = json_feed(one)["items"]

    for html in (said(entry, "content"), item["content_html"]):
        for element in Page(html).root.all():
            assert element.tag in IN_A_FEED
            assert set(element.attributes) <= {"class", "datetime", "dir", "href", "lang", "rel", "start"}
            assert element.tag != "a" or allowed(element.attributes["href"])


@pytest.mark.parametrize("path", ["feed.xml", "en/feed.xml", "feed.json", "en/feed.json"])
def test_a_feed_tells_nothing_of_the_case(path: str) -> None:
    assert b"C-4711" not in site(published(incident="crm-C-4711"))[path].content
