"""The statements in a report: each text with its approvals, its veto or its publication."""

from dataclasses import replace

from shared.adapters.crisis_names import role_name
from shared.adapters.report_cells import Cell, Table, table
from shared.adapters.report_reader import ReportReader
from shared.domain.after_action import Report
from shared.domain.sms import one_line
from shared.domain.statement_story import RevisionStory, StatementStory


def statements(report: Report, reading: ReportReader) -> Table:
    """Every text of every rung, and rungs without one."""
    rows: list[tuple[Cell, ...]] = []
    for story in report.statements:
        title, due = Cell(reading.statement(story.rung)), Cell(reading.moment(story.due))
        rows += [(title, due, *_revision(story, revision, reading)) for revision in story.revisions]
        if not story.revisions:
            none = Cell(reading.words.nothing)
            rows.append((title, due, none, none, none, _unwritten(story, reading)))
        elif story.cancelled_at is not None:
            *_, last = rows
            rows[-1] = (*last[:-1], replace(last[-1], text=_cancelled(story, reading)))
    return table("statements", ("statement", "due", "revision", "drafted", "approved", "outcome"), tuple(rows), reading)


def _revision(story: StatementStory, revision: RevisionStory, reading: ReportReader) -> tuple[Cell, ...]:
    phrases = reading.words.phrases
    marks: list[str] = []
    if revision.corrects:
        marks.append(phrases["correction"])
    if revision.holding:
        marks.append(phrases["holding"])
    drafted = f"{reading.person(revision.by)}{reading.reader.words.punctuation['comma']}{reading.moment(revision.at)}"
    approvals = [
        phrases["approval"].format(
            role=role_name(reading.today, each.role, reading.reader),
            person=reading.person(each.by),
            span=reading.span(each.after),
        )
        for each in revision.approvals
    ]
    number = reading.reader.several([str(revision.number), *marks])
    approved = phrases["and"].join(approvals) or reading.words.nothing
    return Cell(number), Cell(drafted), Cell(approved), _outcome(story, revision, reading)


def _outcome(story: StatementStory, revision: RevisionStory, reading: ReportReader) -> Cell:
    phrases = reading.words.phrases
    if revision.published_at is not None:
        said = phrases["published"].format(moment=reading.moment(revision.published_at))
        late = story.late if revision.published_at == story.published_at else 0
        if not late:
            return Cell(said, "good")
        return Cell(f"{said}{phrases['and']}{reading.reader.words.late.format(span=reading.span(late))}", "bad")
    if revision.rejected_by is not None:
        by, at = reading.person(revision.rejected_by), reading.moment(revision.rejected_at)
        return Cell(phrases["vetoed"].format(by=by, moment=at, reason=one_line(revision.reason)), "bad")
    if revision.fell:
        return Cell(phrases["fell"])
    return Cell(phrases["replaced" if revision is not story.revisions[-1] else "waiting"])


def _unwritten(story: StatementStory, reading: ReportReader) -> Cell:
    if story.cancelled_at is not None:
        return Cell(_cancelled(story, reading))
    return Cell(reading.words.phrases["no_text"], "bad" if story.late else "")


def _cancelled(story: StatementStory, reading: ReportReader) -> str:
    return str(reading.words.phrases["cancelled"]).format(moment=reading.moment(story.cancelled_at))
