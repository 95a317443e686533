"""The small Markdown a statement may use: paragraphs, emphasis, lists, headings below the page's own, and links.

Nothing else is understood: HTML, images, tables and bare addresses are shown as the characters they are. Whatever
the text, the HTML made of it is well formed, holds no attribute of the writer's but the address of a link, and
loses none of his words.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING
from unicodedata import east_asian_width
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_UNDERSTOOD = ("heading", "list", "emphasis", "link", "newline", "escape")
_FIRST_HEADING = 3
"""The page has `h1` and `h2` of its own."""
_LAST_HEADING = 6
_DEEPEST = 40
"""Deeper nesting is skipped by the parser, words and all; such a text is shown as it was typed."""
_KEPT = 256
"""So many texts are kept as they were rendered: a site shows each on several pages."""
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters, halves of characters, and what no XML may hold."""
_TURNING = re.compile("[\u202a-\u202e]")
"""Characters that write others backwards: an address could be made to read as another."""


@lru_cache(_KEPT)
def html(text: str) -> str:
    """A text as HTML blocks; every character that means something in HTML is escaped."""
    tokens = _parsed(text)
    if tokens is None:
        return _as_typed(text)
    rendered: str = _parser().renderer.render(tokens, _parser().options, {})
    return rendered


@lru_cache(_KEPT)
def opening(text: str) -> str:
    """The words of the first paragraph, in one line: for a preview. They are not escaped."""
    tokens = _parsed(text)
    if tokens is None:
        return one_line(text)
    headings = {index + 1 for index, token in enumerate(tokens) if token.type == "heading_open"}
    said = (
        one_line("".join(_words(token)))
        for index, token in enumerate(tokens)
        if token.type == "inline" and index not in headings
    )
    return next((words for words in said if words), "")


def one_line(text: str) -> str:
    """A text without line breaks and without what cannot be shown."""
    return " ".join(printable(text).split())


def printable(text: str) -> str:
    """A text that HTML and XML can hold, with line breaks of one kind."""
    return _TURNING.sub("", _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")))


def allowed(address: str) -> bool:
    """Whether a statement may link there: the web, by name, and by nothing that looks like another name."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is none
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and "\\" not in address
    )


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - loaded with the first statement, not with the function

    class Strict(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802 - the name is theirs
            return allowed(url)

    options = {"html": False, "linkify": False, "typographer": False, "breaks": True, "maxNesting": _DEEPEST}
    made = Strict("zero", options).enable(_UNDERSTOOD)
    made.inline.ruler.at("emphasis", _emphasis)
    return made


def _emphasis(state: "StateInline", silent: bool) -> bool:  # noqa: FBT001 - the signature is theirs
    """Stars as CommonMark reads them, and also between Chinese punctuation and a Chinese word, where no space stands.

    CommonMark would show `**重点：**内容` with its stars.
    """
    from markdown_it.rules_inline.emphasis import tokenize  # noqa: PLC0415 - see above

    start, known = state.pos, len(state.delimiters)
    if not tokenize(state, silent):
        return False
    before, after = state.src[start - 1 : start] or " ", state.src[state.pos : state.pos + 1] or " "
    for delimiter in state.delimiters[known:]:
        if delimiter.marker == ord("*"):
            delimiter.close = delimiter.close or (not before.isspace() and east_asian_width(after) in "WF")
            delimiter.open = delimiter.open or (not after.isspace() and east_asian_width(before) in "WF")
    return True


def _parsed(text: str) -> "list[Token] | None":
    """The text's tokens, made safe; None where it nests deeper than the parser follows."""
    tokens = _parser().parse(printable(text))
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        return None
    _lower_headings(tokens)
    for token in tokens:
        _mend_links(token.children or [])
    return tokens


def _lower_headings(tokens: "list[Token]") -> None:
    """Begin below the page's headings and skip none on the way down; one without words is none."""
    above: list[int] = []
    for index in [index for index, token in enumerate(tokens) if token.type == "heading_open"]:
        opening, inline, closing = tokens[index : index + 3]
        if not "".join(_words(inline)).strip():
            opening.type = closing.type = "paragraph"
            opening.tag = closing.tag = "p"
            continue
        written = int(opening.tag[1:])
        above = [*(other for other in above if other < written), written]
        opening.tag = closing.tag = f"h{min(_FIRST_HEADING - 1 + len(above), _LAST_HEADING)}"


def _mend_links(tokens: "list[Token]") -> None:
    """Keep nothing of a link but its address, show that where it was given no words; without address it is none.

    The parser asks `allowed` of every address but an empty one.
    """
    for index in [index for index, token in enumerate(tokens) if token.type == "link_open"][::-1]:
        end = next(later for later in range(index, len(tokens)) if tokens[later].type == "link_close")
        address = str(tokens[index].attrs["href"])
        if not allowed(address):
            for token in (tokens[index], tokens[end]):
                token.type, token.tag, token.nesting = "text", "", 0
            continue
        tokens[index].attrs = {"href": address, "rel": "nofollow noopener"}
        if not "".join(_said(tokens[index:end])).strip():
            shown = tokens[index].copy(type="text", tag="", nesting=0, attrs={}, content=address)
            tokens.insert(end, shown)


def _words(inline: "Token") -> Iterator[str]:
    return _said(inline.children or [])


def _said(tokens: "Sequence[Token]") -> Iterator[str]:
    return (token.content or (" " if token.tag == "br" else "") for token in tokens)


def _as_typed(text: str) -> str:
    """Paragraphs and line breaks, and every other character as it is."""
    paragraphs = re.split(r"\n\s*\n", escape(printable(text).strip()))
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>\n" for paragraph in paragraphs)
