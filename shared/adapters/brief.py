"""The brief written out: sections of a title and lines, the same in the text and the HTML part of a mail."""

from collections.abc import Iterable
from typing import NamedTuple

from shared.adapters.crisis_sheet import CrisisSheet, Fact
from shared.adapters.language import Reader, first_upper


class Section(NamedTuple):
    """A part of the brief with its title."""

    title: str
    lines: tuple[Fact, ...]


def brief_sections(sheet: CrisisSheet, reader: Reader) -> tuple[Section, ...]:
    """The parts that have something to say, in the order in which somebody new wants to know them."""
    words = reader.words.brief
    sections = (
        Section(words["title"], _known(sheet, reader)),
        Section(words["group"], _group(sheet, reader)),
        Section(words["milestones"], _facts((line.name, line.detail) for line in sheet.milestones)),
        Section(words["statements"], _facts((line.name, line.detail) for line in sheet.statements)),
        Section(words["joined"], _joined(sheet, reader)),
    )
    return tuple(section for section in sections if section.lines)


def _known(sheet: CrisisSheet, reader: Reader) -> tuple[Fact, ...]:
    words, phrases = reader.words.brief, reader.words.phrases
    grade = [words["since"].format(grade=sheet.grade_name, time=sheet.since)]
    if sheet.declared_by:
        grade.append(words["declared"].format(name=sheet.declared_by))
    if sheet.over:
        grade.append(words["over"].format(time=sheet.over))
    lines = (
        (phrases["case"], sheet.case),
        (words["kind"], sheet.kind),
        (words["grade"], reader.words.punctuation["clause"].join(grade)),
        (phrases["complaint"], sheet.summary),
        *sheet.facts,
        (words["standing"], sheet.standing),
        (words["may"], sheet.may),
    )
    return _facts(lines)


def _group(sheet: CrisisSheet, reader: Reader) -> tuple[Fact, ...]:
    words = reader.words.brief
    lines = [(line.name, line.detail) for line in sheet.seats]
    lines += [(words["guests"], reader.several(sheet.guests)), (words["invited"], reader.several(sheet.invited))]
    return _facts(lines)


def _joined(sheet: CrisisSheet, reader: Reader) -> tuple[Fact, ...]:
    if not sheet.joined_more:
        return sheet.joined
    return (*sheet.joined, Fact(reader.words.brief["more"].format(count=sheet.joined_more), ""))


def _facts(lines: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    return tuple(Fact(first_upper(name), said) for name, said in lines if said)
