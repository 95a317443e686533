"""How a report says things: instants with their UTC, spans to the second, names of people, seats and statements."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from shared.adapters.crisis_names import is_seat, seat_name, statement_title
from shared.adapters.incident_sheet import person_name, rung_name
from shared.adapters.language import Reader, environment
from shared.domain.crisis import GUEST
from shared.domain.incident import Incident
from shared.domain.instants import SECOND
from shared.domain.policy import Policy
from shared.domain.sms import one_line

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


class ReportReader:
    """Who reads a report: in a language, on the wall clock of the policy.

    Attributes:
        words: what the report calls things.
        rules: the policy the incident was opened under; today: the one that knows its people now.
    """

    def __init__(self, locale: str, incident: Incident, rules: Policy, today: Policy) -> None:
        self.reader = Reader(locale, rules.zone)
        self.rules, self.today, self.incident = rules, today, incident
        module = environment().get_template(f"report/{locale}.j2").module
        self.words: Any = SimpleNamespace(
            **{name: value for name, value in vars(module).items() if not name.startswith("_")}
        )

    def local(self, instant: int) -> str:
        """`2026-03-02 10:13:05` on the policy's wall clock."""
        return f"{self.reader.local(instant):%Y-%m-%d %H:%M:%S}"

    def moment(self, instant: int | None) -> str:
        """The same with UTC in brackets, whose date stands there where it is another."""
        if instant is None:
            return str(self.words.nothing)
        local, utc = self.reader.local(instant), datetime.fromtimestamp(instant / 1000, UTC)
        date = "" if local.date() == utc.date() else f"{utc:%Y-%m-%d} "
        return str(self.words.moment).format(local=self.local(instant), utc=f"{date}{utc:%H:%M:%S}Z")

    def span(self, length: int) -> str:
        """How long, in its two largest units, down to the second."""
        rest, parts = abs(length) // SECOND, []
        units: Mapping[str, str] = self.reader.words.units
        for unit, size in _UNITS:
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count}{units[unit]}")
        return str(units["between"]).join(parts[:2]) or f"0{units['s']}"

    def late(self, length: int) -> str:
        """By how much, nothing where it was in time."""
        return self.span(length) if length > 0 else ""

    def person(self, person: str | None) -> str:
        """Somebody's name: as the directory has it today, else as it had it then, else as it was said."""
        known = self.today if person in self.today.people else self.rules
        return person_name(known, person)

    def clock(self, name: str) -> str:
        """What a clock or milestone is called."""
        return one_line(self.reader.clock(name))

    def place(self, place: str) -> str:
        """A seat of the group, a rung of the chain."""
        if place == GUEST:
            return str(self.words.phrases["guest"])
        for policy in (self.today, self.rules):
            if is_seat(policy, place):
                return seat_name(policy, place, self.reader)
        rungs = self.rules.chains.get(self.incident.chain, ())
        named = next((rung_name(rung, self.reader) for rung in rungs if rung.rung == place), None)
        return named or one_line(str(self.reader.words.rungs.get(place, place.replace("_", " "))))

    def statement(self, rung: str) -> str:
        """The title of a statement."""
        return statement_title(self.rules, self.incident, rung, self.reader)

    def about(self, name: str) -> str:
        """What a page is about: a statement, a seat, or a clock."""
        if any(statement.rung == name for statement in self.incident.statements):
            return self.statement(name)
        if is_seat(self.today, name) or is_seat(self.rules, name):
            return self.place(name)
        return self.clock(name) if name else ""
