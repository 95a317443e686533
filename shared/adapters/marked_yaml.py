"""YAML as a policy is written: every scalar stays the text that was typed, and every value knows its line.

YAML 1.1 turns `no` into False, `10:30` into 630 and `2026-02-17` into a date; here what a word means is the model's
to say. Aliases and tags are refused: a policy says each thing where it stands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

_NULL = "tag:yaml.org,2002:null"
_STANDARD = "tag:yaml.org,2002:"
_DEEPEST = 20

Place = tuple[str | int, ...]
"""Keys and indexes from the top of the document."""


@dataclass
class MarkedYaml:
    """A document: plain dicts, lists and strings, with what is wrong with it as YAML.

    Attributes:
        data: None where the document cannot be read at all.
        lines: for each place, the line (from 1) of its key or list item.
        mistakes: place, line and what is wrong.
    """

    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    mistakes: list[tuple[Place, int, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a place; of the nearest one around it where it is not written down."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read(text: str) -> MarkedYaml:
    """The document of a text. Never raises: what cannot be read is a mistake."""
    document = MarkedYaml()
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        document.mistakes.append(((), mark.line + 1 if mark else 1, f"is not YAML: {said}"))
    except yaml.YAMLError as error:  # a character YAML does not allow
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        document.mistakes.append(((), line, f"is not YAML: {getattr(error, 'reason', error)}"))
    except RecursionError:
        document.mistakes.append(((), 1, "is nested too deeply"))
    else:
        if root is None:
            document.mistakes.append(((), 1, "is empty"))
        else:
            document.data = _Reading(document).value(root, ())
    return document


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Reading:
    """One walk over the nodes of a document."""

    def __init__(self, document: MarkedYaml) -> None:
        self._document = document
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, place: Place) -> Any:
        self._document.lines.setdefault(place, node.start_mark.line + 1)
        mistake = self._mistake(node, place)
        self._seen.add(id(node))
        if mistake is not None:
            self._document.mistakes.append((place, self._document.lines[place], mistake))
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node, place))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return node.value

    def _mistake(self, node: yaml.Node, place: Place) -> str | None:
        if id(node) in self._seen:
            return "is an alias (`*name`): write the value out"
        if not str(node.tag).startswith(_STANDARD):
            return f"has a tag ({node.tag}): write a plain value"
        if len(place) > _DEEPEST:
            return "is nested too deeply"
        return "has no value: write one, or leave the field out" if node.tag == _NULL else None

    def _pairs(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._document.mistakes.append((place, line, "a key must be a plain name"))
                continue
            name = str(key.value)
            if name in lines:
                mistake = f"stands here twice, first on line {lines[name]}"
                self._document.mistakes.append(((*place, name), line, mistake))
                continue
            lines[name] = line
            self._document.lines[(*place, name)] = line
            yield name, self.value(value, (*place, name))
