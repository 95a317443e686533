"""Where on the status site something stands; an address that was public once is never given up (docs/adr/0056)."""

import posixpath
from typing import Final

from shared.adapters.language import LOCALES

SHELVES: Final = {"zh-CN": "", "en": "en/"}
"""Under which path each locale's pages lie; the first is what the site's own address shows."""
MISSING: Final = "404.html"
ROBOTS: Final = "robots.txt"
assert tuple(SHELVES) == LOCALES  # noqa: S101 - a locale without a shelf would overwrite another's pages


def home(locale: str) -> str:
    """The index of a locale."""
    return f"{SHELVES[locale]}index.html"


def atom(locale: str) -> str:
    """The Atom feed of a locale."""
    return f"{SHELVES[locale]}feed.xml"


def json_feed(locale: str) -> str:
    """The JSON feed of a locale."""
    return f"{SHELVES[locale]}feed.json"


def statement(locale: str, crisis: str, rung: str, revision: int | None = None) -> str:
    """One statement: the text that counts now, or one revision of it for good.

    Both names are identifiers of a policy or made of hexadecimal digits, so they stand in an address as they are.
    """
    named = rung if revision is None else f"{rung}/{revision}"
    return f"{SHELVES[locale]}s/{crisis}/{named}.html"


def absolute(url: str, path: str) -> str:
    """The address of a path on the site that is read at `url`."""
    return f"{url.rstrip('/')}/{'' if path == home(LOCALES[0]) else path}"


def relative(here: str, there: str) -> str:
    """How a page names another, so that a copy of the site works wherever it lies."""
    return posixpath.relpath(there, posixpath.dirname(here) or ".")
