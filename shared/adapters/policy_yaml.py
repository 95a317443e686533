"""Policies as YAML text: read, checked, and every mistake named with its file, line and field at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from shared.adapters.marked_yaml import MarkedYaml, Place, read
from shared.domain.policy import Policy
from shared.domain.policy_check import findings

LARGEST = 256 * 1024
"""Bytes a policy may have: a version is stored as one item, and an item of the store ends at 400 KB."""

_SHIPPED = Path(__file__).resolve().parent.parent / "policies"


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of a policy file, or one oddity (`warning`)."""

    file: str
    line: int
    field: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """`FILE:LINE: FIELD: MESSAGE`, as editors and build logs read it."""
        parts = [f"{self.file}:{self.line}", *(["warning"] if self.severity == "warning" else [])]
        return ": ".join([*parts, *([self.field] if self.field else []), self.message])


class PolicyError(ValueError):
    """A policy that cannot be used; the text has one line a problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of reading a policy: None where there are errors; problems in the order of their lines."""

    policy: Policy | None
    problems: tuple[Problem, ...]


def shipped() -> tuple[str, ...]:
    """Names of the policies that ship with the product."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load(source: str | Path) -> Policy:
    """A policy by the name of a shipped one or by its file, checked in full.

    Raises:
        PolicyError: it cannot be read or has mistakes; warnings are not among them.
    """
    file, text = read_text(source)
    checked = check(text, file)
    if checked.policy is None:
        raise PolicyError(problem for problem in checked.problems if problem.severity == "error")
    return checked.policy


def read_text(source: str | Path) -> tuple[str, str]:
    """What to call a policy in messages, and its text as it is written.

    Raises:
        PolicyError: there is no such policy, or it is no text.
    """
    name = str(source)
    path = _SHIPPED / f"{name}.yaml" if name in shipped() else Path(source)
    label = path.name if name in shipped() else name
    try:
        return label, path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError([Problem(label, 1, "", "is not UTF-8 text")]) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror}); shipped policies are {', '.join(shipped())}"
        raise PolicyError([Problem(label, 1, "", message)]) from None


def parse(text: str, name: str) -> Policy:
    """A stored version, which was checked in full when it was pushed: its shape alone is read, and quickly.

    A later release may check more; what incidents were opened under must stay readable (I10).

    Raises:
        PolicyError: the text is no policy; `name` stands where the file's name would.
    """
    policy, _, problems = _shaped(text, name)
    if policy is None:
        raise PolicyError(problems)
    return policy


def check(text: str, name: str) -> Checked:
    """Everything there is to say about a policy's text. Never raises."""
    policy, document, problems = _shaped(text, name)
    if policy is not None:
        for finding in findings(policy):
            line = document.line(finding.path)
            problems.append(Problem(name, line, dotted(finding.path), finding.message, finding.severity))
        problems += _phones(policy, document, name)
    problems.sort(key=lambda problem: problem.line)
    refused = any(problem.severity == "error" for problem in problems)
    return Checked(None if refused else policy, tuple(problems))


def dotted(place: Place) -> str:
    """A place as it is read: `chains.default[2].people`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def _shaped(text: str, name: str) -> tuple[Policy | None, MarkedYaml, list[Problem]]:
    if len(text.encode()) > LARGEST:
        return None, MarkedYaml(), [Problem(name, 1, "", f"is larger than {LARGEST // 1024} KiB")]
    document = read(text)
    problems = [Problem(name, line, dotted(place), message) for place, line, message in document.mistakes]
    if document.data is None:
        return None, document, problems
    reported = {place for place, _, _ in document.mistakes}
    policy = None
    try:
        policy = Policy.model_validate(document.data)
    except ValidationError as error:
        for place, message in _said(error):
            if place not in reported:
                problems.append(Problem(name, document.line(place), dotted(place), message))
    problems.sort(key=lambda problem: problem.line)
    return (None if problems else policy), document, problems


_WORDS = {
    "tuple_type": "must be a list such as [a, b]",
    "mapping_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of fields to values",
    "string_type": "must be a single value",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "time_parsing": "must be a time such as 09:00; the end of the day is 00:00",
    "date_from_datetime_parsing": "must be a date such as 2026-02-17",
    "date_from_datetime_inexact": "must be a date such as 2026-02-17",
    "date_parsing": "must be a date such as 2026-02-17",
    "datetime_parsing": "must be a time such as 2026-02-17T09:00:00",
    "datetime_from_date_parsing": "must be a time such as 2026-02-17T09:00:00",
    "missing": "is missing",
}
_PATTERNS = {
    "phone": "must be a number in E.164 form such as +8613912345678",
    "email": "must be an e-mail address",
    "webhook": "must be a URL that begins with http:// or https://",
}


def _said(error: ValidationError) -> Iterator[tuple[Place, str]]:
    errors = error.errors(include_url=False, include_input=False)
    places = [one["loc"] for one in errors]
    for one in errors:
        place, kind = one["loc"], one["type"]
        if kind == "too_short" and any(place == other[: len(place)] and place != other for other in places):
            continue  # only entries without a mistake were counted
        if place and place[-1] == "[key]":
            place = place[:-1]
        if kind == "extra_forbidden":
            yield place, _no_field(place)
        elif kind == "string_pattern_mismatch":
            name = "must be a name of a-z, 0-9, '.', '_' and '-', at most 64 characters"
            yield place, _PATTERNS.get(str(place[-1]), name)
        elif kind == "too_short":
            yield place, "must have at least one entry"
        else:
            text = one["msg"].removeprefix("Value error, ").replace("Input should", "must")
            yield place, _WORDS.get(kind, text[:1].lower() + text[1:])


def _no_field(place: Place) -> str:
    kind: Any = Policy
    for part in place[:-1]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(part)].annotation
        else:
            kind = next(arg for arg in reversed(get_args(kind)) if arg is not Ellipsis)
        while get_origin(kind) in (Annotated, Union, UnionType):  # an optional part names its type first
            kind = get_args(kind)[0]
    fields = list(kind.model_fields)
    close = get_close_matches(str(place[-1]), fields, n=1)
    return "is not a field here; " + (f"did you mean '{close[0]}'?" if close else f"there is {', '.join(fields)}")


def _phones(policy: Policy, document: MarkedYaml, name: str) -> Iterator[Problem]:
    import phonenumbers  # noqa: PLC0415 - its tables take a while to load and only a full check reads them

    for person, entry in policy.people.items():
        if entry.phone is not None and not phonenumbers.is_valid_number(phonenumbers.parse(entry.phone)):
            place = ("people", person, "phone")
            yield Problem(name, document.line(place), dotted(place), "is a number that no network has given out")
