"""The small Markdown of statements: what it understands, and that nothing else gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.safe_markdown import allowed, html, opening
from tests.site_scene import Element, Page

UNDERSTOOD = {"p", "br", "strong", "em", "ul", "ol", "li", "h3", "h4", "h5", "h6", "a"}
ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}}
PIECES = st.sampled_from(
    [
        *("<script>", "</script>", "</div>", "</p>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<a href='"),
        *(
            "[",
            "](",
            ")",
            "![",
            "](javascript:alert(1))",
            "](https://a.example/)",
            '](https://a.example "t")',
            "<https://a.example>",
        ),
        *(
            "](data:text/html,x)",
            "](//a.example)",
            "[a]()",
            "[](https://a.example)",
            "](https://u:p@a.example)",
            "](HTTPS://A.example/路?b=1&c='\")",
        ),
        *(
            "**",
            "*",
            "_",
            "__",
            "***",
            "# ",
            "### ",
            "###### ",
            "- ",
            "  - ",
            "1. ",
            "> ",
            "`",
            "```",
            "~~",
            "|",
            "---",
        ),
        *("\n", "\n\n", "\r\n", "  \n", "\\\n", "\t", "    ", "\\", "&lt;", "&#x3c;", "&", '"', "'", "<", ">"),
        *("\x00", "\x0b", "\x1b", "\ud800", "\ufffe", "\u202e", "\u2028", "，", "：", "重点", "word", "é"),
    ]
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join)
WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            ["**", "*", "_", "# ", "### ", "- ", "  - ", "> ", "\n", "\n\n", "    ", "<b>", "`", "：", "\\*"]
        ),
        st.text(st.characters(categories=["Lu", "Ll", "Lo", "Po", "Zs"]), max_size=6),
    ),
    max_size=60,
).map("".join)


@given(TEXTS)
def test_whatever_the_text_only_what_is_understood_comes_out(text: str) -> None:
    for element in Page(html(text)).root.all():
        assert element.tag in UNDERSTOOD
        assert set(element.attributes) <= ATTRIBUTES.get(element.tag, set())
        if element.tag == "a":
            assert allowed(element.attributes["href"])
            assert element.attributes["rel"] == "nofollow noopener"
            assert element.text.strip()
        if element.tag.startswith("h"):
            assert element.text.strip()


@given(TEXTS)
def test_headings_begin_below_the_page_s_own_and_skip_none(text: str) -> None:
    level = 2
    for heading in Page(html(text)).root.all("h3", "h4", "h5", "h6"):
        assert int(heading.tag[1]) <= level + 1
        level = int(heading.tag[1])


@given(WORDS)
def test_no_word_is_lost(text: str) -> None:
    shown = Page(html(text)).root.text

    assert [sign for sign in shown if sign.isalpha()] == [sign for sign in text if sign.isalpha()]


def test_what_nests_too_deep_is_shown_as_it_was_typed() -> None:
    text = "- " * 500 + "the end <b>\n\nand more\nof it"

    assert html(text).endswith("the end &lt;b&gt;</p>\n<p>and more<br>of it</p>\n")


@pytest.mark.parametrize("text", ["[" * 20_000, "*a" * 10_000, "[a](" * 5_000, "- " * 10_000, "**a_ " * 4_000])
@pytest.mark.timeout(20)
def test_a_hostile_text_takes_no_time(text: str) -> None:
    assert Page(html(text)).root.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>\n"),
        ("**a** *b* __c__", "<p><strong>a</strong> <em>b</em> <strong>c</strong></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>\n'),
        ("# a\n# b\n### c\n## d\n# e", "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n<h4>d</h4>\n<h3>e</h3>\n"),
        ("#### a\n## b", "<h3>a</h3>\n<h3>b</h3>\n"),
        ("**重点：**请勿食用", "<p><strong>重点：</strong>请勿食用</p>\n"),
        ("他说**“停业”**了", "<p>他说<strong>“停业”</strong>了</p>\n"),
        ("2 * 3 * 4 = snake_case_name", "<p>2 * 3 * 4 = snake_case_name</p>\n"),
        ("<b>&amp;</b>", "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>\n"),
        ("www.a.example https://a.example", "<p>www.a.example https://a.example</p>\n"),
        ("| a |\n|---|", "<p>| a |<br>\n|---|</p>\n"),
        ("    code `x`", "<p>code `x`</p>\n"),
        ("[a]\n\n[a]: https://a.example", "<p>[a]</p>\n<p>[a]: https://a.example</p>\n"),
        ("a\u202eb\x07c", "<p>abc</p>\n"),
    ],
)
def test_what_it_understands(text: str, shown: str) -> None:
    assert html(text) == shown


def test_a_link_without_words_shows_where_it_leads() -> None:
    link = next(Page(html("[](https://a.example/b) and [c](https://a.example/d)")).root.all("a"))

    assert link == Element("a", {"href": "https://a.example/b", "rel": "nofollow noopener"}, ["https://a.example/b"])


@pytest.mark.parametrize(
    "address",
    [
        *(
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "ftp://a",
        ),
        *(
            "mailto:a@b.example",
            "tel:+8610",
            "//a.example",
            "/path",
            "path",
            "",
            "https:",
            "https://",
            "https:a.example",
        ),
        *(
            "https://good.example@evil.example/",
            "https://:p@evil.example",
            "https:\\\\a.example",
            "https://a\\@b.example",
        ),
        *("http://[::1", "http://a.example:port/"),
    ],
)
def test_an_address_that_is_no_plain_one_of_the_web_is_no_link(address: str) -> None:
    assert not allowed(address)
    assert not list(Page(html(f"[here]({address})")).root.all("a"))
    assert not list(Page(html(f"[here](<{address}>)")).root.all("a"))


@pytest.mark.parametrize(
    "address", ["https://a.example", "http://a.example:8080/b?c=d&e=f#g", "https://例子.中国/路径"]
)
def test_an_address_of_the_web_is_one(address: str) -> None:
    assert allowed(address)
    assert list(Page(html(f"[here]({address})")).root.all("a"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Head\n\nIt **broke** [here](https://a.example)\nand there.\n\nMore.", "It broke here and there."),
        ("# Only a heading", ""),
        ("- first\n- second", "first"),
        ("", ""),
        ("- " * 60 + "deep\n\nmore", "- " * 60 + "deep more"),
    ],
)
def test_a_preview_is_the_first_paragraph(text: str, words: str) -> None:
    assert opening(text) == words
