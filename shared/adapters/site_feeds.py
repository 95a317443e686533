"""The feeds of the status site: Atom (RFC 4287) and JSON Feed 1.1, one entry a published revision.

A correction is an entry of its own, so that whoever read the first text is told; the entry it replaces says so and
moves its date of change. An entry is named by the address of its revision, which never changes.
"""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.adapters import site_address
from shared.adapters.language import environment
from shared.adapters.site_sheet import Matter, SiteReader, sheet

_MOST_ENTRIES = 100
_NEVER = datetime.fromtimestamp(0, UTC)
"""When a feed changed that has no entries yet; the time it was written would change it with every writing."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One revision; `address` names it and is where it can be read."""

    address: str
    title: str
    preview: str
    html: str
    tag: str | None
    published: datetime
    updated: datetime


def atom(matters: Sequence[Matter], reading: SiteReader, url: str) -> bytes:
    """The Atom feed of a locale."""
    # Loaded with the first publication, not with the function.
    from feedgenerator import Atom1Feed  # type: ignore[import-untyped]  # noqa: PLC0415

    class Feed(Atom1Feed):  # type: ignore[misc]
        def latest_post_date(self) -> datetime:
            return max((entry.updated for entry in entries), default=_NEVER)

    entries = tuple(_entries(matters, reading, url))
    site = reading.words.site
    here = site_address.absolute(url, site_address.atom(reading.locale))
    feed = Feed(
        title=site["title"],
        link=site_address.absolute(url, site_address.home(reading.locale)),
        description=site["lead"],
        language=reading.locale,
        author_name=site["title"],
        feed_url=here,
        feed_guid=here,
    )
    for entry in entries:
        feed.add_item(
            title=entry.title,
            link=entry.address,
            description=None,
            content=entry.html,
            unique_id=entry.address,
            pubdate=entry.published,
            updateddate=entry.updated,
        )
    written = io.StringIO()
    feed.write(written, "utf-8")
    return written.getvalue().encode()


def json_feed(matters: Sequence[Matter], reading: SiteReader, url: str) -> bytes:
    """The JSON feed of a locale."""
    site = reading.words.site
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site["title"],
        "description": site["lead"],
        "home_page_url": site_address.absolute(url, site_address.home(reading.locale)),
        "feed_url": site_address.absolute(url, site_address.json_feed(reading.locale)),
        "language": reading.locale,
        "items": [
            {
                "id": entry.address,
                "url": entry.address,
                "title": entry.title,
                "summary": entry.preview,
                "content_html": entry.html,
                "date_published": _rfc3339(entry.published),
                "date_modified": _rfc3339(entry.updated),
                "language": entry.tag or reading.locale,
            }
            for entry in _entries(matters, reading, url)
        ],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _entries(matters: Sequence[Matter], reading: SiteReader, url: str) -> Iterator[_Entry]:
    """The newest revisions of all statements, the newest first."""
    pairs = [(statement, one) for matter in matters for statement in matter.statements for one in statement.revisions]
    pairs.sort(key=lambda pair: (-pair[1].published_at, pair[1].crisis, pair[1].rung, pair[1].revision))
    template = environment().get_template("site/entry.html.j2")
    site = reading.words.site
    for statement, one in pairs[:_MOST_ENTRIES]:
        shown = sheet(statement, one, reading, lambda path: site_address.absolute(url, path))
        title = site["entry_correction" if shown.is_correction else "entry"]
        corrected = next((other for other in statement.revisions if other.revision > one.revision), None)
        yield _Entry(
            address=shown.address,
            title=title.format(title=shown.title.text, kind=shown.kind.text),
            preview=shown.preview,
            html=template.render(sheet=shown, words=reading.words, site=site).strip(),
            tag=shown.tag,
            published=_instant(one.published_at),
            updated=_instant(statement.latest.published_at if corrected else one.published_at),
        )


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def _rfc3339(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
