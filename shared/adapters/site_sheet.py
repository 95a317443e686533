"""What the pages and feeds of the status site say of a statement, in the words of one locale (C5, I8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.adapters import safe_markdown, site_address
from shared.adapters.language import LOCALES, environment
from shared.domain.instants import DAY, HOUR, MINUTE, SECOND
from shared.domain.publication import Publication

if TYPE_CHECKING:
    from markupsafe import Markup

Link = Callable[[str], str]
"""Writes the address of a path as its reader needs it."""
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with all its revisions, the oldest first."""

    revisions: tuple[Publication, ...]

    @property
    def latest(self) -> Publication:
        """What counts now."""
        return self.revisions[-1]

    def before(self, revision: Publication) -> Publication | None:
        """The revision that this one replaced."""
        return next((one for one in reversed(self.revisions) if one.revision < revision.revision), None)


@dataclass(frozen=True, slots=True)
class Matter:
    """One crisis as the public knows it: its statements, the newest first."""

    crisis: str
    statements: tuple[Statement, ...]

    @property
    def first(self) -> Publication:
        """What was published first."""
        return self.statements[-1].revisions[0]

    @property
    def moved(self) -> int:
        """When something was published last (milliseconds UTC)."""
        return max(statement.latest.published_at for statement in self.statements)


def matters(publications: Iterable[Publication]) -> tuple[Matter, ...]:
    """Publications by crisis and statement: where something was published last comes first."""
    found: dict[str, dict[str, dict[int, Publication]]] = {}
    for one in sorted(publications, key=lambda one: one.published_at):
        found.setdefault(one.crisis, {}).setdefault(one.rung, {}).setdefault(one.revision, one)
    made = (
        Matter(crisis, tuple(Statement(tuple(of[revision] for revision in sorted(of))) for of in rungs.values())[::-1])
        for crisis, rungs in found.items()
    )
    return tuple(sorted(made, key=lambda matter: (-matter.moved, matter.crisis)))


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the best language there is for a reader.

    Attributes:
        tag: its language tag where it is not just the reader's locale; foreign: whether he may not read it.
    """

    text: str
    tag: str | None = None
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant for machines (RFC 3339, UTC) and for readers (in their zone, and in UTC)."""

    machine: str
    shown: str


@dataclass(frozen=True, slots=True)
class SiteReader:
    """Who reads the site: in which locale of `LOCALES`, and by the clocks of which zone."""

    locale: str
    zone: str

    @property
    def words(self) -> Any:
        """The words of the site, as attributes."""
        return _words(self.locale)

    def said(self, texts: Sequence[tuple[str, str]]) -> Said | None:
        """A text in the reader's locale, else in his language, else in a language of the site, else in any."""
        by_tag = {tag: text for tag, text in texts if text.strip()}
        mine = self.locale.split("-")[0]
        near = sorted(tag for tag in by_tag if tag.split("-")[0].lower() == mine)
        tag = next((tag for tag in (self.locale, *near, *LOCALES, *sorted(by_tag)) if tag in by_tag), None)
        if tag is None:
            return None
        known = tag if _LANGUAGE_TAG.fullmatch(tag) else "und"
        return Said(by_tag[tag], None if tag == self.locale else known, tag not in (self.locale, *near))

    def name(self, texts: Sequence[tuple[str, str]], otherwise: str) -> Said:
        """A name in one line."""
        said = self.said(texts)
        line = safe_markdown.one_line(said.text) if said else ""
        return Said(line, said.tag, said.foreign) if said and line else Said(otherwise)

    def day(self, instant: int) -> Moment:
        """The day in the reader's zone."""
        local = self._local(instant)
        return Moment(f"{local:%Y-%m-%d}", self._day(local))

    def moment(self, instant: int) -> Moment:
        """To the minute, for machines to the second; the day in UTC where it is another."""
        local, utc = self._local(instant), datetime.fromtimestamp(instant / 1000, UTC)
        words = self.words.moments
        zone = self.words.zones.get(self.zone, _offset(local))
        other_day = utc.date() != local.date()
        universal = (words["dated"] if other_day else words["clock"]).format(day=self._day(utc), clock=f"{utc:%H:%M}")
        shown = words["local"].format(day=self._day(local), clock=f"{local:%H:%M}", zone=zone, utc=universal)
        if not local.utcoffset():
            shown = words["dated"].format(day=self._day(utc), clock=f"{utc:%H:%M}")
        return Moment(f"{utc:%Y-%m-%dT%H:%M:%SZ}", shown)

    def span(self, length: int) -> str:
        """How long, in its two largest units."""
        seconds = max(length, SECOND) // SECOND
        parts = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"))
        shown = []
        for unit, name in parts:
            count, seconds = divmod(seconds, unit // SECOND)
            if count:
                one, many = self.words.units[name]
                shown.append((one if count == 1 else many).format(count=count))
        return str(self.words.units["between"]).join(shown[:2])

    def language(self, tag: str) -> str:
        """What a language is called."""
        return str(self.words.languages.get(tag.split("-", 1)[0].lower(), tag))

    def _local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant / 1000, ZoneInfo(self.zone))

    def _day(self, then: datetime) -> str:
        month = self.words.months[then.month - 1]
        return str(self.words.moments["day"].format(day=then.day, month=month, year=then.year))


@dataclass(frozen=True, slots=True)
class Replacing:
    """The revision that a text replaced, or was replaced by."""

    revision: int
    when: Moment
    address: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One revision as it is read.

    Attributes:
        kind: what the crisis is; title: which statement.
        late: by how much, where it was.
        corrects: what it replaced; corrected: what counts instead of it.
        body: safe HTML; tag: its language where it is not just the reader's locale; tongue: what that is called where
            he may not read it.
    """

    kind: Said
    title: Said
    revision: int
    published: Moment
    promised: Moment
    late: str | None
    is_correction: bool
    corrects: Replacing | None
    corrected: Replacing | None
    body: Markup
    tag: str | None
    tongue: str | None
    preview: str
    address: str


def sheet(statement: Statement, one: Publication, reading: SiteReader, link: Link) -> Sheet:
    """What is said of one revision of a statement."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja, which is loaded with the first page

    def replacing(other: Publication | None) -> Replacing | None:
        if other is None:
            return None
        return Replacing(other.revision, reading.moment(other.published_at), link(_path(reading, other)))

    text = reading.said(one.text) or Said("")
    before = statement.before(one)
    return Sheet(
        kind=kind(one, reading),
        title=reading.name(one.titles, reading.words.rungs.get(one.rung, reading.words.rungs["other"])),
        revision=one.revision,
        published=reading.moment(one.published_at),
        promised=reading.moment(one.due),
        late=reading.span(one.published_at - one.due) if one.is_late else None,
        is_correction=one.corrects or before is not None,
        corrects=replacing(before),
        corrected=replacing(statement.latest) if one is not statement.latest else None,
        body=Markup(safe_markdown.html(text.text)),  # noqa: S704 - escaped by safe_markdown, whose tests prove it
        tag=text.tag,
        tongue=reading.language(text.tag) if text.tag and text.foreign else None,
        preview=_cut(safe_markdown.opening(text.text)),
        address=link(_path(reading, one)),
    )


def kind(one: Publication, reading: SiteReader) -> Said:
    """What a crisis is called."""
    return reading.name(one.kind, reading.words.site["event"])


def _path(reading: SiteReader, one: Publication) -> str:
    return site_address.statement(reading.locale, one.crisis, one.rung, one.revision)


def _cut(line: str, most: int = 160) -> str:
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _offset(local: datetime) -> str:
    shown = f"{local:%z}"
    return f"UTC{shown[:3]}:{shown[3:5]}"


@cache
def _words(locale: str) -> Any:
    module = environment().get_template(f"site/{locale}.j2").module
    return SimpleNamespace(**{name: value for name, value in vars(module).items() if not name.startswith("_")})
