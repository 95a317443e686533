"""The timeline picture of a report: rows on lanes over a time axis, as geometry for an SVG template.

A crisis is dense in its first hour and thin over the next two days, so the axis is logarithmic from its beginning:
minutes are told apart there, and the last statement still fits. What is late is hatched, what is due has a tick.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log1p

from shared.adapters.crisis_names import grade_name
from shared.adapters.report_reader import ReportReader
from shared.domain.after_action import Deadline, Report
from shared.domain.crisis import GUEST
from shared.domain.group_story import SeatStory
from shared.domain.instants import DAY, HOUR, MINUTE, SECOND
from shared.domain.sms import cut
from shared.domain.statement_story import StatementStory

WIDTH = 1000
LEFT, RIGHT = 220, 24
ROW, HEAD, LANE = 22, 34, 26
_LEGEND = 56
_APART = 58
"""Between two labels of the axis, in units of the picture."""
_LONGEST_LABEL = 30
_DENSE_SHARE = 200
"""The first two-hundredth of the whole time gets about a seventh of the axis."""
_STEPS = tuple(
    count * unit
    for unit, counts in ((SECOND, (5, 15, 30)), (MINUTE, (1, 2, 5, 10, 15, 30)), (HOUR, (1, 2, 4, 6, 12)))
    for count in counts
) + tuple(days * DAY for days in (1, 2, 4, 7, 14, 30, 60, 120, 240))


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a place of a row; its shape is its class."""

    kind: str
    x: float
    title: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a row; `label` is written into it where there is room."""

    kind: str
    x: float
    width: float
    title: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a lane."""

    label: str
    y: float
    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """Rows that belong together."""

    title: str
    y: float
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture; `over` is where the crisis was stood down."""

    title: str
    desc: str
    axis: str
    height: float
    bottom: float
    ticks: tuple[tuple[float, str], ...]
    lanes: tuple[Lane, ...]
    legend: tuple[tuple[float, str, str], ...]
    over: tuple[float, str] | None = None
    width: int = WIDTH
    left: int = LEFT
    right: int = field(default=WIDTH - RIGHT)


def picture_of(report: Report, reading: ReportReader) -> Picture:
    """The picture of a report, in the reader's words."""
    return _Drawing(report, reading).picture()


class _Drawing:
    def __init__(self, report: Report, reading: ReportReader) -> None:
        self.report, self.reading = report, reading
        self.words = reading.words.picture
        self.since = min([report.began_at, report.opened_at, *(each.since for each in report.deadlines)])
        ends = [report.ended_at if report.ended_at is not None else report.as_of]
        ends += [each.done_at for each in report.deadlines if each.done_at is not None]
        ends += [story.due for story in report.statements]
        self.until = max([*ends, self.since + SECOND])
        self.dense = (self.until - self.since) / _DENSE_SHARE

    def picture(self) -> Picture:
        lanes, y = [], float(HEAD)
        for title, made in (
            ("grades", self._grades()),
            ("deadlines", [self._deadline(each) for each in self.report.deadlines]),
            ("group", [self._seat(story) for story in self.report.seats if story.seat != GUEST]),
            ("statements", [self._statement(story) for story in self.report.statements]),
        ):
            if made:
                rows = tuple(
                    Row(cut(label, _LONGEST_LABEL), y + LANE + number * ROW, spans, marks)
                    for number, (label, spans, marks) in enumerate(made)
                )
                lanes.append(Lane(self.words["lanes"][title], y, rows))
                y += LANE + len(rows) * ROW + 6
        since = self.reading.moment(self.since)
        desc = self.words["desc"].format(since=since, until=self.reading.moment(self.until))
        ended = self.report.ended_at
        return Picture(
            title=self.words["title"].format(case=self.report.incident.subject),
            desc=desc,
            axis=self.words["axis"].format(since=since),
            height=y + _LEGEND,
            bottom=y,
            ticks=tuple(self._ticks()),
            lanes=tuple(lanes),
            legend=tuple(self._legend()),
            over=None if ended is None else (self.x(ended), self.words["over"]),
        )

    def x(self, instant: int) -> float:
        """Where an instant lies; what is outside lies at the edge."""
        after = min(max(instant, self.since), self.until) - self.since
        share = log1p(after / self.dense) / log1p((self.until - self.since) / self.dense)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def _ticks(self) -> Iterator[tuple[float, str]]:
        last = float(LEFT)
        yield last, "0"
        for step in _STEPS:
            place = self.x(self.since + step)
            if self.since + step <= self.until and place - last >= _APART:
                yield place, f"+{self.reading.span(step)}"
                last = place

    def _legend(self) -> Iterator[tuple[float, str, str]]:
        x = 8.0
        for kind, word in self.words["marks"].items():
            yield x, kind, word
            x += 36 + (6.2 if word.isascii() else 11.5) * len(word)

    def _grades(self) -> list[tuple[str, tuple[Span, ...], tuple[Mark, ...]]]:
        gradings = self.report.gradings
        if not gradings:
            return []
        ends = [each.at for each in gradings[1:]]
        ends.append(self.report.ended_at if self.report.ended_at is not None else self.until)
        spans = []
        for each, end in zip(gradings, ends, strict=True):
            name = grade_name(each.grade, self.reading.reader)
            stretch = self._span(each.grade, each.at, end, name)
            room = stretch.width > (9 if name.isascii() else 14) * len(name)
            spans.append(Span(stretch.kind, stretch.x, stretch.width, stretch.title, name if room else ""))
        return [("", tuple(spans), ())]

    def _deadline(self, each: Deadline) -> tuple[str, tuple[Span, ...], tuple[Mark, ...]]:
        name = self.reading.clock(each.name)
        marks = [self._mark("due", each.due)] if each.due <= self.until else []
        end = each.done_at if each.done_at is not None else each.due
        spans = [self._span("open", each.since, min(end, each.due), name)]
        if each.late:
            spans.append(self._span("late", each.due, each.due + each.late, self._late(name, each.late)))
        if each.done_at is not None:
            marks.append(self._mark("missed" if each.late else "done", each.done_at, "late" if each.late else "done"))
        return name, tuple(spans), tuple(marks)

    def _seat(self, story: SeatStory) -> tuple[str, tuple[Span, ...], tuple[Mark, ...]]:
        name = self.reading.place(story.seat)
        marks = [self._mark("called", call.at, "called", self.reading.person(call.person)) for call in story.calls]
        marks += [
            self._mark("vetoed", call.at + call.after, "vetoed", self.reading.person(call.person))
            for call in story.calls
            if call.answer == "declined" and call.after is not None
        ]
        ends = [at for _, at in story.taken[:1]] or [story.empty_at if story.empty_at is not None else self.until]
        spans = (self._span("open", story.calls[0].at, ends[0], name),) if story.calls else ()
        marks += [self._mark("done", at, "done", self.reading.person(person)) for person, at in story.taken]
        if not story.taken and story.empty_at is not None:
            marks.append(self._mark("empty", story.empty_at))
        return name, spans, tuple(marks)

    def _statement(self, story: StatementStory) -> tuple[str, tuple[Span, ...], tuple[Mark, ...]]:
        name = self.reading.statement(story.rung)
        published, marks = story.published_at, [self._mark("due", story.due)]
        stops = [at for at in (published, story.cancelled_at) if at is not None]
        spans = [self._span("open", story.since, min([story.due, *stops]), name)]
        if story.late:
            spans.append(self._span("late", story.due, story.due + story.late, self._late(name, story.late)))
        for revision in story.revisions:
            person = self.reading.person(revision.by)
            marks.append(self._mark("drafted", revision.at, "drafted", person))
            marks += [
                self._mark("approved", each.at, "approved", self.reading.person(each.by)) for each in revision.approvals
            ]
            if revision.rejected_at is not None:
                by = self.reading.person(revision.rejected_by)
                marks.append(self._mark("vetoed", revision.rejected_at, "vetoed", by))
            if revision.published_at is not None:
                late = bool(story.late) and revision.published_at == published
                marks.append(
                    self._mark("missed" if late else "done", revision.published_at, "late" if late else "done")
                )
        return name, tuple(spans), tuple(marks)

    def _mark(self, kind: str, at: int, word: str = "", who: str = "") -> Mark:
        said = self.words["marks"][word or kind]
        colon = self.reading.reader.words.punctuation["colon"]
        about = f"{said}{colon}{who}" if who else said
        return Mark(kind, self.x(at), f"{about}, {self.reading.moment(at)}")

    def _span(self, kind: str, since: int, until: int, title: str) -> Span:
        x = self.x(since)
        return Span(kind, x, round(max(0.0, self.x(until) - x), 1), title)

    def _late(self, name: str, late: int) -> str:
        colon = self.reading.reader.words.punctuation["colon"]
        return f"{name}{colon}{self.words['marks']['span']} {self.reading.span(late)}"
