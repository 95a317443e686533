"""The public status site as files: what was published, drawn for a reader who trusts nobody yet (C5, C7, I8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.publication import Publication


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


def site_files(publications: Sequence[Publication], url: str) -> Mapping[str, SiteFile]:
    """The whole site by path (`index.html`), for a site that is read at `url`."""
    del publications, url
    return {"index.html": SiteFile(b"<!doctype html>\n", "text/html; charset=utf-8", "public, max-age=30")}
