"""A page as it goes out: style and script in it, allowed by their hashes and nothing else; the notices on top."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.adapters.language import TEMPLATES, environment, vocabulary

_GOOD = frozenset({"done", "over", "lost", "stood_down"})
_BAD = frozenset({"invalid", "changed"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page, ready to go."""

    status: int
    html: str
    headers: Mapping[str, str]


def draw(
    state: str,
    status: int,
    locale: str,
    notices: list[dict[str, str]],
    *,
    words: Any,
    template: str = "page.html.j2",
    **context: Any,
) -> Page:
    """The page of a template.

    Args:
        state: gives the notices their tone.
        status: of HTTP.
        locale: of the reader, and the `words` with it.
        notices: what is told before anything else.
        context: what the template shows; what is left out is not shown.
    """
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja, which is loaded with the first page

    inline = _inline()
    sheet = context.get("sheet")
    blank = {
        "now": 0,
        "sheet": None,
        "pressing": None,
        "drill": False,
        "verbs": (),
        "thumb": None,
        "others": (),
        "asked": None,
        "timeline": (),
        "back": False,
    }
    html = (
        environment()
        .get_template(template)
        .render(
            **{
                **blank,
                **context,
                "words": words,
                "page": words.page,
                "locale": locale,
                "notices": notices,
                "tone": "good" if state in _GOOD else "bad" if state in _BAD else "",
                "title": words.page["title"].format(case=_case(sheet), brand=words.brand) if sheet else words.brand,
                "css": Markup(inline.css),  # noqa: S704 - our own file
                "script": Markup(inline.script),  # noqa: S704 - our own file
            }
        )
    )
    return Page(status, html.strip() + "\n", headers())


def _case(sheet: Any) -> str:
    return str(sheet["case"] if isinstance(sheet, dict) else sheet.case)


@dataclass(frozen=True, slots=True)
class _Inline:
    css: str
    script: str


@cache
def _inline() -> _Inline:
    return _Inline((TEMPLATES / "page.css").read_text("utf-8"), (TEMPLATES / "page.js").read_text("utf-8"))


@cache
def headers() -> Mapping[str, str]:
    """What every page is sent with: kept nowhere, telling nobody its address, running nothing but its own script."""
    inline = _inline()
    policy = (
        "default-src 'none'",
        f"style-src {_hash(inline.css)}",
        f"script-src {_hash(inline.script)}",
        "img-src data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def notice(which: str, locale: str, own: Mapping[str, Any] | None = None, **filled: str) -> dict[str, str]:
    """A notice in a language, with what it fills in; `own` words come before those of every page."""
    said = (own or {}).get(which) or vocabulary(locale).notices[which]
    blank = dict.fromkeys(("name", "time", "holder", "taker", "fields"), "")
    return {"locale": locale} | {name: text.format(**{**blank, **filled}) for name, text in said.items()}
