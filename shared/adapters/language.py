"""The languages people read: which one somebody gets, its words, and instants and spans written in it.

The words lie in `shared/templates/<locale>/vocabulary.j2`, those of a crisis in `crisis.j2` beside it. Jinja is loaded
with the first message, not with the function, and each template is compiled once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shared.domain.instants import DAY, MINUTE, SECOND
from shared.domain.policy import Policy

if TYPE_CHECKING:
    from jinja2 import Environment

LOCALES = ("zh-CN", "en")
LAST_LOCALE = "en"
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@cache
def environment() -> "Environment":
    """The templates; what ends in `.html.j2` is escaped, and a name that is not defined is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - see above

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=lambda name: name is not None and name.endswith(".html.j2"),  # noqa: S701 - SMS are no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["first_upper"] = first_upper
    return made


def first_upper(text: str) -> str:
    """The text as a sentence begins; Chinese has no such thing and stays."""
    return text[:1].upper() + text[1:]


@cache
def vocabulary(locale: str) -> Any:
    """The words of a locale of `LOCALES`, as attributes; lists that both files name are one."""
    words: dict[str, Any] = {}
    for file in ("vocabulary.j2", "crisis.j2"):
        module = environment().get_template(f"{locale}/{file}").module
        for name, value in vars(module).items():
            if not name.startswith("_"):
                words[name] = {**words[name], **value} if name in words else value
    return SimpleNamespace(**words)


def locale_for(*wanted: str | None) -> str:
    """The first of the wanted locales there are templates for (the language decides, not the region); else English."""
    for one in wanted:
        language = (one or "").split("-")[0].split("_")[0].lower()
        for locale in LOCALES:
            if language == locale.split("-")[0]:
                return locale
    return LAST_LOCALE


def asked_for(accept_language: str) -> str:
    """The locale for somebody of whom only a browser's Accept-Language is known."""
    return locale_for(*(part.split(";")[0].strip() for part in accept_language.split(",")[:8]))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which language, and in which zone."""

    locale: str
    zone: str

    @property
    def words(self) -> Any:
        """The words of the reader's language."""
        return vocabulary(self.locale)

    def named(self, names: Any, otherwise: str) -> str:
        """The name by which this reader knows something, else its id."""
        language = self.locale.split("-")[0]
        found = names.get(self.locale) or next((n for key, n in names.items() if key.split("-")[0] == language), None)
        return str(found or otherwise)

    def clock(self, name: str) -> str:
        """What a clock or milestone is called; a milestone that only the policy knows goes by its id."""
        return str(self.words.clocks.get(name, name.replace("_", " ")))

    def several(self, things: "list[str] | tuple[str, ...]") -> str:
        """A list in one line."""
        return str(self.words.punctuation["list"]).join(things)

    def local(self, instant: int) -> datetime:
        """An instant in the reader's zone."""
        return datetime.fromtimestamp(instant / 1000, ZoneInfo(self.zone))

    def moment(self, instant: int, now: int) -> str:
        """When, as short as it is clear: `14:30` today, `2 Mar 14:30` on another day, with the year in another year."""
        then, today = self.local(instant), self.local(now)
        clock = f"{then:%H:%M}"
        if then.date() == today.date():
            return clock
        dates = self.words.dates
        day = dates["day" if then.year == today.year else "year"].format(
            day=then.day, month=self.words.months[then.month - 1], year=then.year
        )
        return f"{day}{dates['between']}{clock}"

    def offset(self, now: int) -> str:
        """The zone as a reader knows it: `Asia/Shanghai (UTC+08:00)`."""
        ahead = self.local(now).utcoffset() or timedelta()
        sign, minutes = ("-" if ahead < timedelta() else "+"), abs(ahead) // timedelta(minutes=1)
        return f"{self.zone} (UTC{sign}{minutes // 60:02d}:{minutes % 60:02d})"

    def span(self, length: int) -> str:
        """How long, in its two largest units, rounded down; seconds only below a minute."""
        units = self.words.units
        if abs(length) < MINUTE:
            return f"{abs(length) // SECOND}{units['s']}"
        minutes = abs(length) // MINUTE
        parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m")]
        shown = [f"{count}{units[unit]}" for count, unit in parts if count][:2]
        return str(units["between"]).join(shown)

    def late(self, length: int) -> str:
        """By how much something is late: in minutes up to a day, so that it reads the same on every surface."""
        return f"{length // MINUTE}{self.words.units['m']}" if length < DAY else self.span(length)


def reader(policy: Policy, person: str | None) -> Reader:
    """How a person of the directory reads; somebody else (operations, people who left) as the policy does."""
    somebody = policy.people.get(person) if person is not None else None
    return Reader(
        locale=locale_for(somebody.locale if somebody else None, policy.locale),
        zone=(somebody.zone if somebody else None) or policy.zone,
    )
