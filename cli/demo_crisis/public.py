"""What the public reads: when each statement first stood there, and what stands there at last."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from cli.demo_crisis.story import RUNGS
from shared.adapters import site_address
from shared.domain.instants import parse_instant
from shared.domain.publication import public_name

_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_LATE: Final = {"zh-CN": "本通报迟于承诺", "en": "This statement is late"}
_TOLD: Final = {
    "first": ("三名儿童", "three children"),
    "progress": ("十二份", "twelve samples"),
    "full": ("冷链", "cold chain"),
}
"""Words of each text, in Chinese and English."""


@dataclass
class PublicPage:
    """The status site.

    Attributes:
        read: what a reader gets for a path; `url`: the address of the site as its pages name it.
        first_seen: when each statement first stood in the feed (milliseconds UTC).
    """

    read: Callable[[str], httpx.Response]
    url: str
    incident: str
    first_seen: dict[str, int] = field(default_factory=dict)

    def look(self, now: int) -> list[str]:
        """The rungs that are new in the feed."""
        feed = self.read(site_address.json_feed("en"))
        items = feed.json()["items"] if feed.is_success else []
        new = [rung for rung in RUNGS if rung not in self.first_seen and any(f"/{rung}/" in one["id"] for one in items)]
        self.first_seen.update(dict.fromkeys(new, now))
        return new

    @property
    def addresses(self) -> list[str]:
        """What to open in a browser."""
        paths = ["en/index.html", *(self._path("en", rung) for rung in RUNGS), "en/feed.xml", "en/feed.json"]
        return [site_address.absolute(self.url, path) for path in paths]

    def save(self, folder: Path) -> None:
        """Put the pages and feeds of both languages into a folder, so that they can be opened afterwards."""
        for locale in site_address.SHELVES:
            statements = [self._path(locale, rung) for rung in RUNGS]
            feeds = (site_address.atom(locale), site_address.json_feed(locale))
            for path in (site_address.home(locale), *statements, *feeds):
                page = self.read(path)
                if page.is_success:
                    file = folder / path
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_bytes(page.content)

    def wrong(self, published: Mapping[str, int], late: str) -> list[str]:
        """What is not as it should be.

        Args:
            published: when each statement was published (milliseconds UTC).
            late: the one that has to say so.
        """
        found: list[str] = []
        for number, locale in enumerate(site_address.SHELVES):
            index = self._page(found, site_address.home(locale))
            for rung in RUNGS:
                path = self._path(locale, rung)
                page = self._page(found, path)
                if _TOLD[rung][number] not in page:
                    found.append(f"{path} does not hold the text that was approved")
                if (_LATE[locale] in page) != (rung == late):
                    found.append(f"{path} {'does not say' if rung == late else 'says'} that it is late")
                if f"{public_name(self.incident)}/{rung}" not in index:
                    found.append(f"the index ({locale}) has no link to {rung}")
            if self.incident in index:
                found.append(f"the index ({locale}) names the incident")
            found += self._feeds(locale, number, published)
        return found

    def _feeds(self, locale: str, number: int, published: Mapping[str, int]) -> list[str]:
        found: list[str] = []
        atom, feed = (self.read(path(locale)) for path in (site_address.atom, site_address.json_feed))
        wanted = {
            site_address.absolute(self.url, site_address.statement(locale, public_name(self.incident), rung, 1)): (
                published.get(rung, 0) // 1000
            )
            for rung in RUNGS
        }
        told: dict[str, Any] = {"Atom": _entries(atom), "JSON": _items(feed)}
        for name, entries in told.items():
            if [(address, at) for address, at, _ in sorted(entries)] != sorted(wanted.items()):
                found.append(f"the {name} feed ({locale}) has not each statement once, at its time")
            found += [
                f"the {name} feed ({locale}) does not hold the text of {rung}"
                for rung in RUNGS
                if not any(f"/{rung}/" in address and _TOLD[rung][number] in text for address, _, text in entries)
            ]
        return found

    def _path(self, locale: str, rung: str) -> str:
        return site_address.statement(locale, public_name(self.incident), rung)

    def _page(self, found: list[str], path: str) -> str:
        page = self.read(path)
        if not page.is_success:
            found.append(f"{path} answers {page.status_code}")
        return page.text


def _entries(answer: httpx.Response) -> list[tuple[str, int, str]]:
    """Address, time (seconds UTC) and text of each entry of an Atom feed; none of what is no feed."""
    try:
        feed = ET.fromstring(answer.content)  # noqa: S314 - our own stack wrote it
    except ET.ParseError:
        return []
    return [
        (
            entry.findtext(f"{_ATOM}id", ""),
            parse_instant(entry.findtext(f"{_ATOM}published", "")) // 1000,
            entry.findtext(f"{_ATOM}content", ""),
        )
        for entry in feed.iter(f"{_ATOM}entry")
    ]


def _items(answer: httpx.Response) -> list[tuple[str, int, str]]:
    """The same of a JSON feed."""
    try:
        items = answer.json()["items"]
    except (ValueError, KeyError):
        return []
    return [(one["id"], parse_instant(one["date_published"]) // 1000, one["content_html"]) for one in items]
