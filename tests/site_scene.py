"""A status site with something of everything on it, and a reader of its pages who overlooks nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from shared.adapters.site_pages import SiteFile, site_files
from shared.domain.instants import DAY, HOUR, MINUTE, parse_instant
from shared.domain.publication import Publication, public_name

URL = "https://status.example.com"
FOOD, BREACH = public_name("crm#C-1"), public_name("crm#C-2")
DECLARED = parse_instant("2026-03-02T06:00:00Z")
SAID = (
    ("en", "Salad from **three shops** had spoiled.\n\n## What to do\n\n1. Do not eat it.\n2. Bring it back."),
    (
        "zh-CN",
        "**三家门店**的沙拉变质。\n\n## 请您这样做\n\n1. 请勿食用。\n2. 凭小票退款。\n\n[公告](https://www.example.cn/a?b=1&c=2)",
    ),
)
VOID = {"br", "link", "meta"}
CLOSE_A_PARAGRAPH = {"div", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "section", "table", "ul"}


def published(rung: str = "first", revision: int = 1, **changes: Any) -> Publication:
    """One of the food crisis: promised for 30 minutes after the declaration, published a minute before."""
    values = {
        "crisis": FOOD,
        "incident": "crm#C-1",
        "rung": rung,
        "revision": revision,
        "published_at": DECLARED + 29 * MINUTE,
        "due": DECLARED + 30 * MINUTE,
        "text": SAID,
        "kind": (("en", "Food safety"), ("zh-CN", "食品安全")),
        "titles": (("en", f"The {rung} one"), ("zh-CN", f"通报 {rung}")),
    }
    return Publication(**{**values, **changes})


FIRST = published()
CORRECTED = published(revision=3, published_at=DECLARED + HOUR, corrects=True)
LATE = published(
    "progress",
    published_at=DECLARED + 6 * HOUR + 34 * MINUTE,
    due=DECLARED + 6 * HOUR,
    text=(("zh-CN", "进展：已有 14 人出院。"),),
)
OLD = published(
    crisis=BREACH,
    incident="crm#C-2",
    published_at=DECLARED - 3 * DAY,
    due=DECLARED - 3 * DAY,
    kind=(),
    titles=(),
    text=(("en", "A database was open for an hour. " + "https://example.com/" + "a" * 300),),
)
EVERYTHING = (OLD, FIRST, CORRECTED, LATE)


@dataclass
class Element:
    """An element of a page."""

    tag: str
    attributes: Mapping[str, str]
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, *tags: str) -> Iterator[Element]:
        """Those below it, in order; of some tags."""
        for child in self.children:
            if isinstance(child, Element):
                if not tags or child.tag in tags:
                    yield child
                yield from child.all(*tags)


class Page(HTMLParser):
    """Reads HTML and forgives nothing: what is opened is closed in order, no block stands in a paragraph."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(html)
        self.close()
        assert self._open == [self.root], f"<{self._open[-1].tag}> is never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in CLOSE_A_PARAGRAPH:
            assert "p" not in [element.tag for element in self._open], f"<{tag}> in a paragraph"
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in <{tag}>"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> where <{self._open[-1].tag}> is open"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def one(self, tag: str, **attributes: str) -> Element:
        """The only element with this tag and these attributes (`cls` is `class`)."""
        wanted = {name.replace("cls", "class"): value for name, value in attributes.items()}
        found = [one for one in self.root.all(tag) if wanted.items() <= dict(one.attributes).items()]
        assert len(found) == 1, f"{len(found)} of <{tag} {wanted}>"
        return found[0]


def site(*publications: Publication) -> Mapping[str, SiteFile]:
    """The files of a site with these on it."""
    return site_files(publications, URL)


def page(files: Mapping[str, SiteFile], path: str) -> Page:
    """One page of a site, read strictly."""
    assert files[path].media_type == "text/html; charset=utf-8"
    return Page(files[path].content.decode())


def links(html: str, path: str) -> set[str]:
    """Paths on the site that a page at `path` links to, within itself left out."""
    addresses = [element.attributes.get("href", "") for element in Page(html).root.all("a", "link")]
    found = set()
    for address in addresses:
        if address.startswith(URL):
            found.add(urlsplit(address).path.removeprefix("/") or "index.html")
        elif not urlsplit(address).scheme and not address.startswith("#"):
            found.add(posixpath.normpath(posixpath.join(posixpath.dirname(path), address)))
    return found
