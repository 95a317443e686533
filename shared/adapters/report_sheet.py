"""The after-action report as tables of words, the same for Markdown and HTML."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.adapters.crisis_names import grade_name, kind_name
from shared.adapters.report_cells import Cell, Table, Tone, late_words, table
from shared.adapters.report_people import calls, evidence, pages, seats, silent
from shared.adapters.report_reader import ReportReader
from shared.adapters.report_statements import statements
from shared.domain.after_action import Deadline, Figures, Report
from shared.domain.crisis import GUEST
from shared.domain.sms import one_line


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at a glance: `5/7`."""

    figure: str
    label: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole report in words."""

    title: str
    drill: str
    facts: tuple[tuple[str, str], ...]
    tiles: tuple[Tile, ...]
    tables: tuple[Table, ...]
    origin: str


def sheet_of(report: Report, reading: ReportReader) -> Sheet:
    """Everything the report says."""
    words = reading.words
    return Sheet(
        title=f"{words.title}{reading.reader.words.punctuation['colon']}{one_line(report.incident.subject)}",
        drill=words.drill if report.incident.drill else "",
        facts=tuple((words.facts[name], text) for name, text in _facts(report, reading)),
        tiles=_tiles(report, words),
        tables=(
            _late(report, reading),
            _grades(report, reading),
            _deadlines(report, reading),
            seats(report, reading),
            calls(report, reading),
            silent(report, reading),
            statements(report, reading),
            pages(report, reading),
            evidence(report, reading),
        ),
        origin=words.phrases["origin"].format(lines=report.lines, head=report.head),
    )


def _facts(report: Report, reading: ReportReader) -> Iterable[tuple[str, str]]:
    incident, crisis, phrases = report.incident, report.crisis, reading.words.phrases
    yield "case", f"{incident.source}#{one_line(incident.subject)}"
    yield "incident", incident.id
    yield "summary", one_line(incident.summary)
    if crisis is not None:
        yield "kind", kind_name(reading.rules, crisis, reading.reader)
        yield "grade", grade_name(crisis.grade, reading.reader)
    yield "began", reading.moment(report.began_at)
    if crisis is not None:
        yield "declared", reading.person(crisis.declared_by) if crisis.declared_by else phrases["rule"]
        yield "quorum", _quorum(report, reading)
        yield "ended", _ended(report, reading)
        yield "lasted", reading.span((report.ended_at or report.as_of) - report.began_at)
        if crisis.joined:
            yield "joined", reading.reader.several([one_line(each.case or each.complaint) for each in crisis.joined])
    yield "rules", incident.rules
    yield "as_of", reading.moment(report.as_of)
    yield "zone", phrases["zone"].format(zone=reading.reader.offset(report.as_of))


def _quorum(report: Report, reading: ReportReader) -> str:
    phrases = reading.words.phrases
    if report.quorum_at is None or report.crisis is None:
        return str(phrases["never"])
    called = report.crisis.called_at if report.crisis.called_at is not None else report.began_at
    span = reading.span(report.quorum_at - called)
    return str(phrases["quorum"]).format(moment=reading.moment(report.quorum_at), span=span)


def _ended(report: Report, reading: ReportReader) -> str:
    if report.ended_at is None:
        return str(reading.words.phrases["still_on"])
    by, reason = reading.person(report.ended_by), one_line(report.reason)
    return str(reading.words.phrases["ended"]).format(moment=reading.moment(report.ended_at), by=by, reason=reason)


def _tiles(report: Report, words: Any) -> tuple[Tile, ...]:
    over = [each for each in report.deadlines if each.verdict in ("met", "missed")]
    seats = [story for story in report.seats if story.seat != GUEST]
    due = [story for story in report.statements if story.published_at is not None or story.late]
    counted = (
        ("deadlines", sum(each.verdict == "met" for each in over), len(over)),
        ("seats", sum(bool(story.taken) for story in seats), len(seats)),
        ("statements", sum(not story.late for story in due), len(due)),
    )
    labels: dict[str, str] = words.tiles
    shares = tuple(Tile(f"{kept}/{of}", labels[name], "good" if kept == of else "bad") for name, kept, of in counted)
    silent = len(report.silent)
    return (*shares, Tile(str(silent), labels["silent"], "bad" if silent else "good"))


def _late(report: Report, reading: ReportReader) -> Table:
    words = reading.words
    rows = [
        (each.due, (Cell(reading.clock(each.name)), *_due_and_done(each, report, reading)))
        for each in report.deadlines
        if each.late
    ]
    for story in report.statements:
        if story.late:
            done = reading.moment(story.published_at) if story.published_at is not None else words.phrases["waiting"]
            last = story.revisions[-1] if story.revisions else None
            by = reading.person(last.by) if last else words.nothing
            late = Cell(late_words(story.late, report, reading, done=story.published_at is not None), "bad")
            title = Cell(reading.statement(story.rung))
            rows.append((story.due, (title, Cell(reading.moment(story.due)), Cell(done), Cell(by), late)))
    ordered = tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))
    return table("late", ("what", "due", "done", "by", "late"), ordered, reading)


def _due_and_done(each: Deadline, report: Report, reading: ReportReader) -> tuple[Cell, ...]:
    words = reading.words
    done = reading.moment(each.done_at)
    if each.done_at is None and each.verdict == "missed":
        done = words.phrases["never_done"]
    late = late_words(each.late, report, reading, done=each.done_at is not None)
    by = reading.person(each.by) if each.by else words.nothing
    if each.text:
        by = f"{by}{reading.reader.words.punctuation['colon']}{one_line(each.text)}"
    return Cell(reading.moment(each.due)), Cell(done), Cell(by), Cell(late, "bad" if late else "")


def _grades(report: Report, reading: ReportReader) -> Table:
    none = Cell(reading.words.nothing)
    rows = [
        (each.at, 1, (Cell(reading.moment(each.at)), Cell(grade_name(each.grade, reading.reader)), none, none, none))
        for each in report.gradings
    ] + [(each.at, 0, (Cell(reading.moment(each.at)), none, *_figures(each, reading))) for each in report.figures]
    ordered = tuple(row for _, _, row in sorted(rows, key=lambda entry: entry[:2]))
    return table("grades", ("when", "grade", "scope", "amount", "reposts"), ordered, reading)


def _figures(each: Figures, reading: ReportReader) -> tuple[Cell, ...]:
    scope = reading.words.scopes.get(each.scope or "", each.scope or reading.words.nothing)
    if each.complaint:
        scope = f"{scope} ({each.complaint})"
    numbers = (each.amount_cny, each.reposts)
    return (Cell(scope), *(Cell(reading.words.nothing if each is None else f"{each:,.10g}") for each in numbers))


def _deadlines(report: Report, reading: ReportReader) -> Table:
    rows = tuple(
        (Cell(reading.clock(each.name)), *_due_and_done(each, report, reading)[:3], _verdict(each, report, reading))
        for each in report.deadlines
    )
    return table("deadlines", ("what", "due", "done", "by", "state"), rows, reading)


def _verdict(each: Deadline, report: Report, reading: ReportReader) -> Cell:
    words = reading.words.verdicts
    if each.verdict == "met":
        return Cell(words["met"], "good")
    if each.verdict != "missed":
        return Cell(words[each.verdict])
    if each.done_at is not None:
        return Cell(f"{words['late']}, {reading.late(each.late)}", "bad")
    late = late_words(each.late, report, reading, done=False) if report.ended_at is None else ""
    return Cell(reading.reader.several([part for part in (words["missed"], late) if part]), "bad")
