"""The public status site as files: what was published, drawn for readers who may trust nobody yet (C5, C7, I8).

Pure: the same publications make the same bytes, so that what did not change need not be written again. There is no
script; the style stands in the page and is allowed by its hash, nothing else is.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from shared.adapters import site_address
from shared.adapters.language import LOCALES, TEMPLATES, environment
from shared.adapters.site_feeds import atom, json_feed
from shared.adapters.site_sheet import Matter, Sheet, SiteReader, Statement, kind, matters, sheet
from shared.domain.publication import Publication

ZONE: Final = "Asia/Shanghai"
_HTML: Final = "text/html; charset=utf-8"
_FRESH: Final = "public, max-age=30, stale-if-error=86400"
"""For what a publication changes: a text that goes out its minute of lead before it is due is read in time, and readers
keep what they had where the store cannot be reached."""
_SETTLED: Final = "public, max-age=300, stale-if-error=86400"
"""For a revision's own page: its text stays, the note that it was corrected has to reach readers soon."""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """One file of the site.

    Attributes:
        media_type: with its charset.
        cache: how long it may be kept, as Cache-Control says it.
    """

    content: bytes
    media_type: str
    cache: str


def site_files(publications: Sequence[Publication], url: str, zone: str = ZONE) -> Mapping[str, SiteFile]:
    """The whole site by path (`index.html`), for a site that is read at `url`, with times of a zone.

    In an order in which nothing new is linked before it is there: statements, then indexes, then feeds.
    """
    shown = matters(publications)
    readers = [SiteReader(locale, zone) for locale in LOCALES]
    files: dict[str, SiteFile] = {}
    for matter in shown:
        for statement in matter.statements:
            for reading in readers:
                files.update(_of_statement(matter, statement, reading, url))
    for reading in readers:
        path = site_address.home(reading.locale)
        files[path] = SiteFile(_index(shown, reading, url), _HTML, _FRESH)
    files[site_address.MISSING] = SiteFile(_missing(url), _HTML, _FRESH)
    files[site_address.ROBOTS] = SiteFile(b"User-agent: *\nAllow: /\n", "text/plain; charset=utf-8", _SETTLED)
    for reading in readers:
        here = site_address.atom(reading.locale)
        files[here] = SiteFile(atom(shown, reading, url), "application/atom+xml; charset=utf-8", _FRESH)
        here = site_address.json_feed(reading.locale)
        files[here] = SiteFile(json_feed(shown, reading, url), "application/feed+json; charset=utf-8", _FRESH)
    return files


def content_security_policy() -> str:
    """What a page of the site may load and do: nothing but show itself in its own style."""
    style = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'"


def _of_statement(
    matter: Matter, statement: Statement, reading: SiteReader, url: str
) -> Iterator[tuple[str, SiteFile]]:
    """The page of each revision for good, and that of the text that counts."""
    latest = statement.latest
    for one in statement.revisions:
        path = site_address.statement(reading.locale, one.crisis, one.rung, one.revision)
        yield path, SiteFile(_statement(matter, statement, one, path, reading, url), _HTML, _SETTLED)
    path = site_address.statement(reading.locale, latest.crisis, latest.rung)
    yield path, SiteFile(_statement(matter, statement, latest, path, reading, url), _HTML, _FRESH)


def _statement(
    matter: Matter, statement: Statement, one: Publication, path: str, reading: SiteReader, url: str
) -> bytes:
    def link(there: str) -> str:
        return site_address.relative(path, there)

    def named(locale: str) -> str:
        stable = path == site_address.statement(reading.locale, one.crisis, one.rung)
        return site_address.statement(locale, one.crisis, one.rung, None if stable else one.revision)

    others = [(other, _stable(other, reading)) for other in matter.statements if other is not statement]
    return _draw(
        "statement",
        path,
        reading,
        url,
        canonical=site_address.absolute(url, _stable(statement, reading)),
        translations={locale: named(locale) for locale in LOCALES},
        sheet=sheet(statement, one, reading, link),
        revisions=[sheet(statement, other, reading, link) for other in reversed(statement.revisions)],
        others=[(sheet(other, other.latest, reading, link), link(there)) for other, there in others],
    )


def _index(shown: Sequence[Matter], reading: SiteReader, url: str) -> bytes:
    path = site_address.home(reading.locale)

    def link(there: str) -> str:
        return site_address.relative(path, there)

    def rows(matter: Matter) -> list[tuple[Sheet, str]]:
        return [
            (sheet(statement, statement.latest, reading, link), link(_stable(statement, reading)))
            for statement in matter.statements
        ]

    return _draw(
        "index",
        path,
        reading,
        url,
        canonical=site_address.absolute(url, path),
        translations={locale: site_address.home(locale) for locale in LOCALES},
        matters=[
            {
                "crisis": matter.crisis,
                "kind": kind(matter.first, reading),
                "since": reading.day(matter.first.published_at),
                "statements": rows(matter),
            }
            for matter in shown
        ],
    )


def _missing(url: str) -> bytes:
    """The page for an address that is none: in every language, its links whole, since it may be shown anywhere."""
    readers = [SiteReader(locale, ZONE) for locale in LOCALES]
    homes = [(reading, site_address.absolute(url, site_address.home(reading.locale))) for reading in readers]
    return _page("missing", locale=LOCALES[0], site=readers[0].words.site, homes=homes)


def _draw(
    template: str, path: str, reading: SiteReader, url: str, *, translations: Mapping[str, str], **more: Any
) -> bytes:
    words = reading.words
    return _page(
        template,
        locale=reading.locale,
        words=words,
        site=words.site,
        home=site_address.relative(path, site_address.home(reading.locale)),
        atom=site_address.relative(path, site_address.atom(reading.locale)),
        json_feed=site_address.relative(path, site_address.json_feed(reading.locale)),
        translations={locale: site_address.absolute(url, there) for locale, there in translations.items()},
        languages=[
            (locale, SiteReader(locale, reading.zone).words.site["language"], site_address.relative(path, there))
            for locale, there in translations.items()
            if locale != reading.locale
        ],
        **more,
    )


def _page(template: str, **context: Any) -> bytes:
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja, which is loaded with the first page

    html = (
        environment()
        .get_template(f"site/{template}.html.j2")
        .render(css=Markup(_css()), policy=content_security_policy(), **context)  # noqa: S704 - our own file
    )
    return (html.strip() + "\n").encode()


def _stable(statement: Statement, reading: SiteReader) -> str:
    return site_address.statement(reading.locale, statement.latest.crisis, statement.latest.rung)


@cache
def _css() -> str:
    return (TEMPLATES / "site" / "site.css").read_text("utf-8")
