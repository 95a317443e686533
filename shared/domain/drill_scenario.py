"""What a drill is about: the complaint that begins it, marked as an exercise in its own words too."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.crisis_data import Locale
from shared.domain.crisis_policy import Grade
from shared.domain.event_data import Channel, Level, Name, Scope, Short, Text
from shared.domain.policy_parts import Identifier, Part

_MARKS = {"zh": ("演习", "演练"), "en": ("drill",)}
"""A text of one of these languages says one of these words."""


def _marked(texts: Mapping[str, str]) -> Mapping[str, str]:
    for locale, text in texts.items():
        words = _MARKS.get(locale.partition("-")[0].lower(), ())
        if words and not any(word in text.lower() for word in words):
            raise ValueError(f"must say in {locale} that it is a drill, with the word {words[0]}")
    return texts


Summary = Annotated[Mapping[Locale, Short], Field(min_length=1, max_length=8), AfterValidator(_marked)]
Details = Annotated[Mapping[Locale, Text], Field(min_length=1, max_length=8), AfterValidator(_marked)]


class DrillComplaint(Part):
    """The complaint of a drill: what an intake system would say, without a customer. Its figures make the grade (C2).

    Attributes:
        summary, details: by locale; whoever forwards a text without its message must not alarm anybody.
    """

    summary: Summary
    details: Details | None = None
    channel: Channel
    category: Name | None = None
    level: Level | None = None
    scope: Scope | None = None
    amount_cny: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    reposts: Annotated[int, Field(ge=0, le=10**12)] | None = None
    store: Name | None = None
    region: Name | None = None
    department: Name | None = None
    product: Name | None = None


class Scenario(Part):
    """One exercise, as data.

    Attributes:
        scenario: its short name: a part of the case number, which stands in text messages.
        title: what it is called; about: what is practised, for whoever starts it. By locale.
        kind, grade: declared by whoever starts it, where the figures alone do not make it that; a kind without a
            grade is red.
    """

    scenario: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")]
    title: Annotated[Mapping[Locale, Short], Field(min_length=1)]
    about: Mapping[Locale, Short] = {}
    complaint: DrillComplaint
    kind: Identifier | None = None
    grade: Grade | None = None

    def facts(self, locale: str) -> dict[str, object]:
        """The data of the `complaint.received`, its texts in one language: the asked one, else English, else any."""
        complaint = self.complaint
        said = complaint.model_dump(exclude_none=True) | {"summary": _in(locale, complaint.summary)}
        return said | ({"details": _in(locale, complaint.details)} if complaint.details else {})


def _in(locale: str, texts: Mapping[str, str]) -> str:
    return texts.get(locale) or texts.get("en") or next(iter(texts.values()))
