"""What a message says to its reader, piece by piece: an SMS, a subject line and a mail are put together from these."""

from dataclasses import replace
from typing import Any

from shared.adapters.crisis_words import CrisisWords, crisis_words
from shared.adapters.incident_sheet import level_name, next_deadline, rung_name
from shared.adapters.language import Reader, first_upper, reader
from shared.adapters.sms_wording import OF_COMPLAINT, OF_GROUP, OF_PUBLIC, OF_STATEMENT, Cuts, Pieces
from shared.domain.incident import Clock, Incident
from shared.domain.instants import MINUTE
from shared.domain.message import DRILL_ITEM, Message
from shared.domain.outcome import OUTSIDERS
from shared.domain.policy import Policy
from shared.domain.sms import in_plain_letters, one_line


class Saying:
    """One message to one reader.

    Attributes:
        outside: the reader may be anybody and learns nothing of the case.
        crisis: the words of a message of a crisis, None for another.
        reason: the words of its reason.
    """

    def __init__(self, message: Message, incident: Incident | None, policy: Policy, person: str, now: int) -> None:
        self.message, self.incident, self.policy = message, incident, policy
        self.person, self.now = person, now
        self.reader: Reader = reader(policy, person)
        self.words: Any = self.reader.words
        self.outside = message.kind == "tell" and message.reason in OUTSIDERS
        self.crisis: CrisisWords | None = crisis_words(message, incident, policy, self.reader, now)
        reasons = self.words.tells if message.kind == "tell" else self.words.pages
        self.reason: dict[str, str] = reasons.get(message.reason, self.words.unnamed)
        if self.crisis and self.crisis.part:
            self.reason = dict(self.crisis.part)

    @property
    def cuts(self) -> Cuts:
        """What goes first where an SMS is too long."""
        if self.outside:
            return OF_PUBLIC
        if self.crisis is None:
            return OF_COMPLAINT
        return OF_STATEMENT if self.crisis.by else OF_GROUP

    def pieces(self) -> Pieces:
        """All there is to say."""
        if self.outside:
            titles = (self.crisis.clock, self.crisis.full) if self.crisis else ("", "")
            return Pieces("", "", "", about=self.letters(titles[self.message.key.via != "sms"]))
        level = level_name(self.policy, self.message.level, self.reader) if self.message.level else ""
        case = self.letters(one_line(self.incident.subject)) if self.incident else ""
        short = (self.words.more if self.crisis else self.words.phrases)["also_short"]
        count = short.format(count=len(self.message.also))
        pieces = Pieces(
            self.letters(level), case, "", also=self.also(), also_short=count, late=self.late(), about=self._about()
        )
        if self.crisis:
            clock = self.letters(one_line(self.crisis.clock))
            return replace(pieces, level=self.letters(self.crisis.grade), clock=clock, by=self.crisis.by)
        clock, by = self._of_clock()
        return replace(pieces, clock=clock, by=by)

    def happened(self, pieces: Pieces) -> str:
        """What happened in a few words, and by how much it is late."""
        reason, silent = self.reason, self.reader.span(self.policy.arrival.silent_after)
        late = "late" if pieces.clock else "late_plain"
        if pieces.late and late in reason:
            happened, rest = reason[late], ""
        else:
            wanting = ("{clock}" in reason["brief"] and not pieces.clock) or (
                "{about}" in reason["brief"] and not pieces.about and "{about}" not in reason["plain"]
            )
            happened = reason["plain" if wanting else "brief"]
            rest = self.words.late.format(span=pieces.late) if pieces.late else ""
        happened = happened.format(
            clock=pieces.clock, by=pieces.by, about=pieces.about, span=pieces.late, silent=silent
        )
        return str(self.words.punctuation["comma"]).join(part for part in (happened, rest) if part)

    def sentence(self, pieces: Pieces) -> str:
        """The same in a mail."""
        if self.message.kind == "digest":
            return str(self.words.phrases["digest_sentence"])
        silent = self.reader.span(self.policy.arrival.silent_after)
        clock = self.crisis.full if self.crisis else pieces.clock
        sentence = self.reason["sentence"].format(
            clock=clock or self.words.phrases["clock"], about=pieces.about, silent=silent
        )
        return first_upper(sentence)

    def also(self) -> str:
        """What else it is about."""
        if self.crisis:
            return (
                self.words.more["also"].format(names=self.reader.several(self.crisis.also)) if self.crisis.also else ""
            )
        names = [one_line(self.reader.clock(name)) for name in self.message.also]
        return self.words.phrases["also"].format(clocks=self.reader.several(names)) if names else ""

    def late(self) -> str:
        """By how much a page comes late, from a minute on."""
        late = self.message.at - self.message.due
        return self.reader.late(late) if late >= MINUTE and self.message.kind == "page" else ""

    def items(self) -> list[str]:
        """The lines of a digest, which hold level, reason and case with blanks between, in words."""
        return [self._item(one_line(item)) for item in self.message.items]

    def letters(self, text: str) -> str:
        """Typographic quotes and dashes in plain letters where the language itself needs no others."""
        return in_plain_letters(text) if text.isascii() or self.reader.locale == "en" else text

    def _of_clock(self) -> tuple[str, str]:
        clock = self._clock()
        name = self.message.clock or (clock.name if clock else "")
        by = ""
        if clock is not None and clock.deadline > self.now:
            by = self.words.phrases["by"].format(deadline=self.reader.moment(clock.deadline, self.now))
        return one_line(self.reader.clock(name)) if name else "", by

    def _clock(self) -> Clock | None:
        """The clock the message is about, as the incident has it now; for `opened` the deadline that comes next."""
        if self.incident is None:
            return None
        if self.message.clock is None:
            return next_deadline(self.incident, self.now) if self.message.reason == "opened" else None
        own = [clock for clock in self.incident.course.clocks if clock.name == self.message.clock]
        return own[-1] if own else None

    def _item(self, item: str) -> str:
        drill, _, rest = item.partition(" ")
        if drill == DRILL_ITEM:
            return f"{self.words.drill['before']}{self._item(rest)}"
        level, _, rest = item.partition(" ")
        reason, _, case = rest.partition(" ")
        said = self.words.pages.get(reason) or self.words.tells.get(reason)
        if level not in self.policy.levels or said is None or not case:
            return item
        happened = said["plain"].format(about="").strip()
        return f"{level_name(self.policy, level, self.reader)} {case} {happened}"

    def _about(self) -> str:
        if not self.message.about or self.incident is None:
            return one_line(self.message.about)
        rungs = self.policy.chains.get(self.incident.chain, ())
        named = next((rung for rung in rungs if rung.rung == self.message.about), None)
        return self.letters(rung_name(named, self.reader)) if named else one_line(self.message.about)
