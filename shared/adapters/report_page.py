"""The after-action report as a page to print, as Markdown, and its picture as a file of its own."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from shared.adapters.language import TEMPLATES, environment
from shared.adapters.report_picture import Picture, picture_of
from shared.adapters.report_reader import ReportReader
from shared.adapters.report_sheet import sheet_of
from shared.domain.after_action import Report
from shared.domain.policy import Policy

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~!&@$]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown, or GitHub's, reads as more than itself in the middle of a line."""


@dataclass(frozen=True, slots=True)
class Pages:
    """One report in one language."""

    html: str
    markdown: str
    svg: str


def pages_of(report: Report, rules: Policy, today: Policy, locale: str, picture_file: str) -> Pages:
    """Write a report.

    Args:
        report: what became of the crisis.
        rules: the policy the incident was opened under; today: the one that knows its people now.
        locale: one of `language.LOCALES`.
        picture_file: where the Markdown finds its picture.
    """
    reading = ReportReader(locale, report.incident, rules, today)
    sheet, picture, parts = sheet_of(report, reading), picture_of(report, reading), reading.words.parts
    svg = _svg(picture, locale)
    made, css = environment(), (TEMPLATES / "report" / "report.css").read_text("utf-8")
    html = made.get_template("report/report.html.j2").render(
        sheet=sheet,
        parts=parts,
        locale=locale,
        css=Markup(css),  # noqa: S704 - our own file
        picture=svg,
    )
    markdown = made.get_template("report/report.md.j2").render(
        sheet=sheet, parts=parts, alt=f"{picture.title}. {picture.desc}", picture_file=picture_file, md=in_markdown
    )
    return Pages(html, markdown, str(svg))


def in_markdown(text: str) -> str:
    """A text of people as Markdown shows it, in one line: nothing in it is markup, a link or HTML."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _svg(picture: Picture, locale: str) -> Markup:
    """The picture; its template escapes whatever people wrote into it."""
    lines = environment().get_template("report/picture.html.j2").render(picture=picture, locale=locale).split("\n")
    return Markup("\n".join(line for line in lines if line.strip()))  # noqa: S704 - see above
