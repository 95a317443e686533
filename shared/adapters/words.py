"""What a message says (`ports.Words`): an SMS of one segment, an e-mail in text and HTML, in the reader's language.

An SMS carries no summary, since people write names and numbers into summaries; it names the level, the case, what
happened and what to do, and the link. The e-mail and the page behind the link say the rest.
"""

from dataclasses import replace
from typing import Any

from shared.adapters.brief import brief_sections
from shared.adapters.crisis_sheet import CrisisSheet, crisis_sheet
from shared.adapters.crisis_words import BRIEFED, place, public_address
from shared.adapters.incident_sheet import authority, clock_lines, person_name, rung_name, rung_of
from shared.adapters.language import environment
from shared.adapters.saying import Saying
from shared.adapters.sms_wording import Pieces, wordings
from shared.domain.incident import Incident
from shared.domain.message import Message
from shared.domain.policy import Policy
from shared.domain.sms import cut, cut_front, measure, one_line, shortest_of
from shared.ports import Rendered

_LONGEST_SUBJECT = 120
_LONGEST_CASE = 40
_LONGEST_ITEM = 40
_MOST_ITEMS = 12


class TemplateWords:
    """`ports.Words`, from the templates in `shared/templates`; `site_url` is where the public reads statements."""

    def __init__(self, site_url: str = "") -> None:
        self._site_url = site_url

    def message(
        self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
    ) -> Rendered:
        """See `ports.Words`. An SMS takes one segment with a link of up to 34 characters, whatever the rest is."""
        saying = Saying(message, incident, policy, person, now)
        if saying.outside and incident is not None:
            link = public_address(message, incident, saying.reader, self._site_url)
        if message.key.via == "sms":
            text = _sms(saying, link)
            return Rendered(_subject(saying), text, None, measure(text).segments)
        html = _mail(saying, "mail.html.j2", link) if message.key.via == "email" else None
        return Rendered(_subject(saying), _mail(saying, "mail.txt.j2", link), html, 0)


def _sms(saying: Saying, link: str | None) -> str:
    """The fullest wording that takes one segment; with a link too long for that, the fullest of the shortest."""
    words, message = saying.words, saying.message
    dots = words.punctuation["ellipsis"]

    def render(template: str, **context: object) -> str:
        text = (
            environment()
            .get_template(f"{saying.reader.locale}/{template}")
            .render(
                words=words,
                drill=words.drill["sms"] if message.drill else "",
                again=message.perhaps_again,
                link=link,
                **context,
            )
        )
        return " ".join(text.split())

    def write(pieces: Pieces) -> str:
        return render("sms.j2", pieces=pieces, happened=saying.happened(pieces), ask=saying.reason["ask"])

    if message.kind == "digest":
        items = [cut(saying.letters(item), _LONGEST_ITEM, dots) for item in saying.items()]
        most = min(len(items), _MOST_ITEMS)
        return shortest_of(
            render("sms_digest.j2", items=items[:shown], count=len(items)) for shown in range(most, -1, -1)
        )
    gsm = measure(words.brand + saying.reason["ask"]).alphabet == "gsm"
    return shortest_of(wordings(saying.pieces(), saying.cuts, dots, write, plain_letters=gsm))


def _subject(saying: Saying) -> str:
    """The subject line of an e-mail."""
    words, pieces = saying.words, saying.pieces()
    if saying.message.kind == "digest":
        happened = words.phrases["digest"].format(count=len(saying.message.items))
    else:
        case = cut_front(pieces.case, _LONGEST_CASE, words.punctuation["ellipsis"])
        what = " ".join(piece for piece in (pieces.level, case) if piece)
        happened = saying.happened(pieces)
        happened = f"{what}{words.punctuation['colon']}{happened}" if what else happened
    drill = words.drill["before"] if saying.message.drill else ""
    return cut(one_line(f"{drill}[{words.brand}] {happened}"), _LONGEST_SUBJECT)


def _mail(saying: Saying, template: str, link: str | None) -> str:
    """The body of an e-mail: the brief of a crisis where it is one for, else the case; to outsiders neither."""
    words, message, pieces = saying.words, saying.message, saying.pieces()
    late = words.phrases["page_late"].format(span=saying.late()) if saying.late() else ""
    if message.kind == "digest":
        headline = words.phrases["digest"].format(count=len(message.items))
    else:
        headline = saying.happened(replace(pieces, by="" if saying.crisis is None else pieces.by))
    written: str = (
        environment()
        .get_template(template)
        .render(
            words=words,
            phrases=words.phrases,
            colon=words.punctuation["colon"],
            locale=saying.reader.locale,
            drill=message.drill,
            headline=headline,
            sentence=saying.sentence(pieces),
            late=late,
            again=message.perhaps_again,
            also="" if saying.crisis else saying.also(),  # the sentence names it all
            level=pieces.level,
            items=saying.items(),
            ask=saying.reason["ask"],
            button=saying.reason["button"],
            link=link,
            name="" if saying.outside else person_name(saying.policy, saying.person),
            zone="" if saying.outside else saying.reader.offset(saying.now),
            **_of_case(saying),
        )
    )
    return written.strip()


def _of_case(saying: Saying) -> dict[str, Any]:
    """What a mail tells of the case: nothing to outsiders, the brief to whoever comes into a crisis."""
    incident, message, reader = saying.incident, saying.message, saying.reader
    told: dict[str, Any] = {"case": "", "summary": "", "clocks": (), "rung": "", "authority": "", "brief": ()}
    if incident is None or saying.outside:
        return told
    told["case"] = one_line(incident.subject)
    sheet: CrisisSheet | None = None
    if saying.crisis:
        sheet = crisis_sheet(incident, saying.policy, reader, saying.person, saying.now)
    if sheet and message.reason in BRIEFED:
        return {**told, "brief": brief_sections(sheet, reader)}
    told |= {"summary": one_line(incident.summary), "clocks": clock_lines(incident, reader, saying.now)}
    if message.kind != "page":
        return told
    seat = place(message, saying.policy, reader)
    if sheet and seat:
        return {**told, "rung": seat, "authority": sheet.may}
    rung = rung_of(incident, saying.policy, saying.person, message.rung, now=saying.now)
    return {**told, "rung": rung_name(rung, reader), "authority": authority(rung, reader)} if rung else told
