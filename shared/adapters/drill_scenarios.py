"""Scenarios of drills as YAML: read, checked, and every mistake named with its file, line and field at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.adapters.marked_yaml import MarkedYaml, Place, read
from shared.adapters.policy_yaml import Problem, dotted
from shared.domain.drill_scenario import DrillComplaint, Scenario
from shared.domain.field_words import in_words

LARGEST = 64 * 1024
"""Bytes a scenario may have: it goes in one request."""

_SHIPPED = Path(__file__).resolve().parent.parent / "drills"


class ScenarioError(ValueError):
    """A scenario that cannot be used; the text has one line a problem, as `FILE:LINE: FIELD: MESSAGE`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shipped() -> tuple[str, ...]:
    """Names of the scenarios that ship with the product."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load(source: str | Path) -> Scenario:
    """A scenario by the name of a shipped one or by its file.

    Raises:
        ScenarioError: it cannot be read or has mistakes.
    """
    name = str(source)
    path = _SHIPPED / f"{name}.yaml" if name in shipped() else Path(source)
    label = path.name if name in shipped() else name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError([Problem(label, 1, "", "is not UTF-8 text")]) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror}); shipped scenarios are {', '.join(shipped())}"
        raise ScenarioError([Problem(label, 1, "", message)]) from None
    return parse(text, label)


def parse(text: str, name: str) -> Scenario:
    """The scenario of a text; `name` is what its problems call the file.

    Raises:
        ScenarioError: it has mistakes.
    """
    if len(text.encode()) > LARGEST:
        raise ScenarioError([Problem(name, 1, "", f"is larger than {LARGEST // 1024} KiB")])
    document = read(text)
    problems = [Problem(name, line, dotted(place), message) for place, line, message in document.mistakes]
    scenario = None
    if document.data is not None:
        try:
            scenario = Scenario.model_validate(document.data)
        except ValidationError as error:
            problems += _problems(error, document, name)
    if scenario is None or problems:
        raise ScenarioError(sorted(problems, key=lambda problem: problem.line))
    return scenario


def _problems(error: ValidationError, document: MarkedYaml, name: str) -> Iterator[Problem]:
    mistaken = {place for place, _, _ in document.mistakes}
    for one in error.errors(include_url=False, include_input=False):
        place: Place = one["loc"][:-1] if one["loc"] and one["loc"][-1] == "[key]" else one["loc"]
        if place not in mistaken:
            yield Problem(name, document.line(place), dotted(place), _message(one))


def _message(one: Any) -> str:
    place, kind = one["loc"], one["type"]
    if kind == "extra_forbidden":
        fields = list((DrillComplaint if place[0] == "complaint" and len(place) > 1 else Scenario).model_fields)
        close = get_close_matches(str(place[-1]), fields, n=1)
        return "is not a field here; " + (f"did you mean '{close[0]}'?" if close else f"there is {', '.join(fields)}")
    if place and place[-1] == "[key]":
        return "must be a locale such as zh-CN"
    if kind.startswith(("int_", "float_")):
        return "must be a whole number" if kind.startswith("int_") else "must be a number"
    if kind == "string_pattern_mismatch" and place[-1] == "scenario":
        return "must be a short name of a-z, 0-9 and '-', at most 16 characters"
    return in_words(one)
