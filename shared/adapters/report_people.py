"""People in a report: who sat where, who was called, who was asked to act, who added evidence."""

from shared.adapters.report_cells import Cell, Table, Tone, table
from shared.adapters.report_reader import ReportReader
from shared.domain.after_action import Report
from shared.domain.crisis import GUEST
from shared.domain.group_story import SeatStory
from shared.domain.sms import one_line

_ANSWER_TONES: dict[str, Tone] = {"in": "good", "silent": "bad"}


def seats(report: Report, reading: ReportReader) -> Table:
    """Who sits where, since when, and how long the seat was open."""
    rows = tuple(
        (Cell(reading.place(story.seat)), *_taken(story, reading)) for story in report.seats if story.seat != GUEST
    )
    return table("seats", ("seat", "taken", "since", "after"), rows, reading)


def _taken(story: SeatStory, reading: ReportReader) -> tuple[Cell, ...]:
    none = Cell(reading.words.nothing)
    if not story.taken:
        empty = Cell(reading.words.picture["marks"]["empty"], "bad") if story.empty_at is not None else none
        return empty, Cell(reading.moment(story.empty_at)), none
    person, at = story.taken[-1]
    after = none if story.taken_after is None else Cell(reading.span(story.taken_after))
    return Cell(reading.person(person), "good"), Cell(reading.moment(at)), after


def calls(report: Report, reading: ReportReader) -> Table:
    """Every call for a seat, with what came of it."""
    rows = tuple(
        (
            Cell(reading.moment(call.at)),
            Cell(reading.place(story.seat)),
            Cell(reading.person(call.person) + (" (B)" if call.as_b else "")),
            Cell(reading.words.answers[call.answer], _ANSWER_TONES.get(call.answer, "")),
            Cell(reading.words.nothing if call.after is None else reading.span(call.after)),
        )
        for story in report.seats
        for call in story.calls
    )
    return table("calls", ("called", "seat", "person", "answer", "after"), rows, reading)


def silent(report: Report, reading: ReportReader) -> Table:
    """Who was called and never answered."""
    rows = tuple(
        (Cell(reading.person(call.person)), Cell(reading.place(seat)), Cell(reading.moment(call.at)))
        for seat, call in report.silent
    )
    return table("silent", ("person", "seat", "called"), rows, reading)


def pages(report: Report, reading: ReportReader) -> Table:
    """Everybody who was asked to act, calls for seats left out."""
    phrases = reading.words.phrases
    rows = []
    for page in report.pages:
        asked = [
            phrases["for"].format(person=reading.person(person), place=reading.place(place))
            for person, place in page.people
        ]
        why = reading.words.reasons.get(page.reason, page.reason.replace("_", " "))
        if page.late:
            why = f"{why} ({phrases['late_page'].format(span=reading.span(page.late))})"
        about = reading.reader.several([reading.about(name) for name in page.about]) or reading.words.nothing
        rows.append((Cell(reading.moment(page.at)), Cell(why), Cell(about), Cell(reading.reader.several(asked))))
    return table("pages", ("when", "why", "about", "asked"), tuple(rows), reading)


def evidence(report: Report, reading: ReportReader) -> Table:
    """The files that were added."""
    rows = tuple(
        (
            Cell(reading.moment(each.at)),
            Cell(one_line(each.name)),
            Cell(reading.person(each.by)),
            Cell(f"{each.size:,}"),
            Cell(each.sha256, "code"),
        )
        for each in report.evidence
    )
    return table("evidence", ("when", "name", "by", "size", "hash"), rows, reading)
