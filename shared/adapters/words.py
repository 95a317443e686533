"""What a message says (`ports.Words`): an SMS of one segment, an e-mail in text and HTML, in the reader's language.

An SMS carries no summary, since people write names and numbers into summaries; it names the level, the case, what
happened and what to do, and the link. The e-mail and the page behind the link say the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shared.adapters.incident_sheet import (
    ClockLine,
    authority,
    clock_lines,
    level_name,
    next_deadline,
    person_name,
    rung_name,
    rung_of,
)
from shared.adapters.language import Reader, environment, first_upper, reader
from shared.domain.incident import Clock, Incident
from shared.domain.instants import MINUTE
from shared.domain.message import Message
from shared.domain.policy import Policy
from shared.domain.sms import cut, cut_front, in_plain_letters, measure, one_line, only_gsm, shortest_of
from shared.ports import Rendered

_LONGEST_SUBJECT = 120
_LONGEST_CASE = 40
_LONGEST_ITEM = 40
_FIRST_TO_GO = (("also", 0), ("by", 0), ("about", 16), ("level", 16), ("clock", 20), ("case", 24))
_LAST_TO_GO = (
    ("case", 16),
    ("clock", 0),
    ("level", 8),
    ("case", 10),
    ("about", 8),
    ("level", 0),
    ("case", 6),
    ("case", 3),
)
"""How an SMS gets shorter: piece by piece to so many characters, 0 for none."""


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What an SMS is made of, each as it will be read; an empty one is left out."""

    level: str
    case: str
    clock: str
    by: str = ""
    also: str = ""
    late: str = ""
    about: str = ""


class TemplateWords:
    """`ports.Words`, from the templates in `shared/templates`."""

    def message(
        self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
    ) -> Rendered:
        """See `ports.Words`. An SMS takes one segment with a link of up to 34 characters, whatever the rest is."""
        saying = _Saying(message, incident, policy, person, link, now)
        if message.key.via == "sms":
            text = saying.sms()
            return Rendered(saying.headline(), text, None, measure(text).segments)
        html = saying.mail("mail.html.j2") if message.key.via == "email" else None
        return Rendered(saying.headline(), saying.mail("mail.txt.j2"), html, 0)


class _Saying:
    """One message to one reader."""

    def __init__(
        self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
    ) -> None:
        self.message, self.incident, self.policy = message, incident, policy
        self.person, self.link, self.now = person, link, now
        self.reader: Reader = reader(policy, person)
        self.words: Any = self.reader.words
        reasons = self.words.tells if message.kind == "tell" else self.words.pages
        self.reason: dict[str, str] = reasons.get(message.reason, self.words.unnamed)

    def sms(self) -> str:
        """The fullest wording that takes one segment; with a link too long for that, the fullest of the shortest."""
        wordings = self._digests() if self.message.kind == "digest" else self._wordings()
        return shortest_of(wordings)

    def headline(self) -> str:
        """The subject line of an e-mail."""
        pieces = self._pieces()
        colon = self.words.punctuation["colon"]
        if self.message.kind == "digest":
            happened = self.words.phrases["digest"].format(count=len(self.message.items))
        else:
            case = cut_front(pieces.case, _LONGEST_CASE, self.words.punctuation["ellipsis"])
            what = " ".join(piece for piece in (pieces.level, case) if piece)
            happened = f"{what}{colon}{self._happened(pieces)}" if what else self._happened(pieces)
        return cut(one_line(f"[{self.words.brand}] {happened}"), _LONGEST_SUBJECT)

    def mail(self, template: str) -> str:
        """The body of an e-mail."""
        incident, pieces = self.incident, self._pieces()
        rung = rung_of(incident, self.policy, self.person, self.message.rung, now=self.now) if incident else None
        lines: tuple[ClockLine, ...] = clock_lines(incident, self.reader, self.now) if incident else ()
        page = self.message.kind == "page"
        return (
            environment()
            .get_template(template)
            .render(
                words=self.words,
                phrases=self.words.phrases,
                colon=self.words.punctuation["colon"],
                locale=self.reader.locale,
                headline=self._happened(replace(pieces, by="")) if self.message.kind != "digest" else self.headline(),
                sentence=self._sentence(pieces),
                late=self._page_late(),
                again=self.message.perhaps_again,
                also=self._also(),
                level=pieces.level,
                urgent=self.message.urgent,
                case=one_line(incident.subject) if incident else "",
                summary=one_line(incident.summary) if incident else "",
                clocks=lines,
                rung=rung_name(rung, self.reader) if rung and page else "",
                authority=authority(rung, self.reader) if rung and page else "",
                items=self._items(),
                ask=self.reason["ask"],
                button=self.reason["button"],
                link=self.link,
                name=person_name(self.policy, self.person),
                zone=self.reader.offset(self.now),
            )
        )

    def _wordings(self) -> Iterator[str]:
        """From the fullest to the shortest. What goes first matters least; the link and what to do never go."""
        pieces = self._pieces()
        dots = self.words.punctuation["ellipsis"]
        yield self._sms(pieces)
        if self.message.also:
            pieces = replace(pieces, also=self.words.phrases["also_short"].format(count=len(self.message.also)))
            yield self._sms(pieces)
        for name, longest in _FIRST_TO_GO:
            pieces = _shortened(pieces, name, longest, dots)
            yield self._sms(pieces)
        if measure(self.words.brand + self.reason["ask"]).alphabet == "gsm":  # one Chinese character costs 90 others
            pieces = _Pieces(**{name: only_gsm(getattr(pieces, name)) for name in _Pieces.__slots__})
            yield self._sms(pieces)
        for name, longest in _LAST_TO_GO:
            pieces = _shortened(pieces, name, longest, dots)
            yield self._sms(pieces)

    def _digests(self) -> Iterator[str]:
        dots = self.words.punctuation["ellipsis"]
        items = [cut(self._letters(item), _LONGEST_ITEM, dots) for item in self._items()]
        for shown in range(min(len(items), 12), -1, -1):
            yield self._render("sms_digest.j2", items=items[:shown], count=len(items))

    def _sms(self, pieces: _Pieces) -> str:
        return self._render("sms.j2", pieces=pieces, happened=self._happened(pieces), ask=self.reason["ask"])

    def _render(self, template: str, **context: object) -> str:
        text = (
            environment()
            .get_template(f"{self.reader.locale}/{template}")
            .render(words=self.words, again=self.message.perhaps_again, link=self.link, **context)
        )
        return " ".join(text.split())

    def _pieces(self) -> _Pieces:
        incident, message, reader_ = self.incident, self.message, self.reader
        clock = self._clock()
        name = message.clock or (clock.name if clock else "")
        by = ""
        if clock is not None and clock.deadline > self.now:
            by = self.words.phrases["by"].format(deadline=reader_.moment(clock.deadline, self.now))
        return _Pieces(
            level=self._letters(level_name(self.policy, message.level, reader_)) if message.level else "",
            case=self._letters(one_line(incident.subject)) if incident else "",
            clock=one_line(reader_.clock(name)) if name else "",
            by=by,
            also=self._also(),
            late=self._late(),
            about=self._about(),
        )

    def _clock(self) -> Clock | None:
        """The clock the message is about, as the incident has it now; for `opened` the deadline that comes next."""
        if self.incident is None:
            return None
        if self.message.clock is None:
            return next_deadline(self.incident, self.now) if self.message.reason == "opened" else None
        own = [clock for clock in self.incident.course.clocks if clock.name == self.message.clock]
        return own[-1] if own else None

    def _happened(self, pieces: _Pieces) -> str:
        """What happened in a few words, and by how much it is late."""
        reason, silent = self.reason, self.reader.span(self.policy.arrival.silent_after)
        late = "late" if pieces.clock else "late_plain"
        if pieces.late and late in reason:
            happened, rest = reason[late], ""
        else:
            happened = reason["brief" if pieces.clock or "{clock}" not in reason["brief"] else "plain"]
            rest = self.words.late.format(span=pieces.late) if pieces.late else ""
        happened = happened.format(
            clock=pieces.clock, by=pieces.by, about=pieces.about, span=pieces.late, silent=silent
        )
        return str(self.words.punctuation["comma"]).join(part for part in (happened, rest) if part)

    def _sentence(self, pieces: _Pieces) -> str:
        if self.message.kind == "digest":
            return str(self.words.phrases["digest_sentence"])
        silent = self.reader.span(self.policy.arrival.silent_after)
        sentence = self.reason["sentence"].format(
            clock=pieces.clock or self.words.phrases["clock"], about=pieces.about, silent=silent
        )
        return first_upper(sentence)

    def _late(self) -> str:
        late = self.message.at - self.message.due
        return self.reader.late(late) if late >= MINUTE and self.message.kind == "page" else ""

    def _page_late(self) -> str:
        return self.words.phrases["page_late"].format(span=self._late()) if self._late() else ""

    def _also(self) -> str:
        names = [one_line(self.reader.clock(name)) for name in self.message.also]
        return self.words.phrases["also"].format(clocks=self.reader.several(names)) if names else ""

    def _items(self) -> list[str]:
        """The lines of a digest, which hold level, reason and case with blanks between, in words."""
        return [self._item(one_line(item)) for item in self.message.items]

    def _item(self, item: str) -> str:
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
        return self._letters(rung_name(named, self.reader)) if named else one_line(self.message.about)

    def _letters(self, text: str) -> str:
        """Typographic quotes and dashes in plain letters where the language itself needs no others."""
        return in_plain_letters(text) if text.isascii() or self.reader.locale == "en" else text


def _shortened(pieces: _Pieces, name: str, longest: int, dots: str) -> _Pieces:
    text = getattr(pieces, name)
    if not longest:
        return replace(pieces, **{name: ""})
    shorter = cut_front(text, longest, dots) if name == "case" else cut(text, longest, dots)
    return replace(pieces, **{name: shorter})
