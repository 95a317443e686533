"""DynamoDB's expressions as trees: the part of its language that Tocsin speaks, and a refusal of the rest.

What DynamoDB would refuse raises InvalidError; what it would take and the simulation does not play raises
NotImplementedError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from torture.aws.refusals import InvalidError

Tree = tuple[Any, ...]
"""`("=", left, right)`, `("and", left, right)`, `("name", "state")`, `("value", ":was")` and so on."""

RESERVED: Final = frozenset(Path(__file__).with_name("reserved_words.txt").read_text("ascii").split())
COMPARATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})

_TOKEN = re.compile(
    r"\s*(?:(?P<value>:[A-Za-z0-9_]+)|(?P<alias>#[A-Za-z0-9_]+)|(?P<word>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign><>|<=|>=|[=<>(),+-])|(?P<path>\.|\[[0-9]+\]))"
)
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
_SECTIONS = frozenset({"SET", "REMOVE", "ADD", "DELETE"})
_NOT_PLAYED = frozenset({"attribute_type", "contains", "size", "list_append"})


class Reader:
    """Reads one expression.

    Args:
        kind: `ConditionExpression` and the like, for what is said of a mistake.
        text: the expression.
        names: what ExpressionAttributeNames says.
    """

    def __init__(self, kind: str, text: str, names: Mapping[str, str]) -> None:
        self._kind = kind
        self._text = text
        self._names = names
        self._tokens = self._cut()
        self._at = 0
        self.aliases: set[str] = set()
        """Of the names, those that it uses."""
        self.values: set[str] = set()
        """Of the values, those that it uses."""
        self.attributes: set[str] = set()

    def condition(self) -> Tree:
        """The whole text as a condition."""
        tree = self._either()
        if self._at < len(self._tokens):
            raise self._wrong()
        return tree

    def names_listed(self) -> tuple[str, ...]:
        """The whole text as a list of attributes."""
        listed = [self._attribute()]
        while self._take(","):
            listed.append(self._attribute())
        if self._at < len(self._tokens):
            raise self._wrong()
        return tuple(listed)

    def update(self) -> list[Tree]:
        """The whole text as an update: `("SET", attribute, tree)`, `("REMOVE", attribute)` and so on."""
        clauses: list[Tree] = []
        seen: set[str] = set()
        while self._at < len(self._tokens):
            section = self._next()[1].upper()
            if section not in _SECTIONS:
                self._at -= 1
                raise self._wrong()
            if section in seen:
                raise self._invalid(f'The "{section}" section can only be used once in an update expression')
            if section == "DELETE":
                raise NotImplementedError("DELETE in an update is not played")
            seen.add(section)
            clauses.append(self._clause(section))
            while self._take(","):
                clauses.append(self._clause(section))
        if not clauses:
            raise self._invalid("The expression can not be empty")
        return clauses

    def _clause(self, section: str) -> Tree:
        attribute = self._attribute()
        if section == "REMOVE":
            return ("REMOVE", attribute)
        if section == "ADD":
            return ("ADD", attribute, self._value())
        self._demand("=")
        tree = self._sum_part()
        for sign in ("+", "-"):
            if self._take(sign):
                return ("SET", attribute, (sign, tree, self._sum_part()))
        return ("SET", attribute, tree)

    def _sum_part(self) -> Tree:
        if self._peek()[1] == "if_not_exists" and self._peek(1)[1] == "(":
            self._at += 1
            attribute, other = self._arguments(self._name, self._sum_part)
            return ("if_not_exists", attribute, other)
        return self._operand()

    def _either(self) -> Tree:
        tree = self._both()
        while self._keyword("OR"):
            tree = ("or", tree, self._both())
        return tree

    def _both(self) -> Tree:
        tree = self._maybe_not()
        while self._keyword("AND"):
            tree = ("and", tree, self._maybe_not())
        return tree

    def _maybe_not(self) -> Tree:
        if self._keyword("NOT"):
            return ("not", self._maybe_not())
        if self._take("("):
            doubled = self._peek()[1] == "("
            tree = self._either()
            if doubled and self._tokens[self._at - 1][1] == ")" and self._closes_at_once():
                raise self._invalid("The expression has redundant parentheses;")
            self._demand(")")
            return tree
        return self._comparison()

    def _closes_at_once(self) -> bool:
        """Whether the two parentheses that closed last stand around the same."""
        depth, at = 0, self._at - 1
        while True:
            depth += {")": 1, "(": -1}.get(self._tokens[at][1], 0)
            if not depth:
                return self._tokens[at - 1][1] == "(" and self._peek()[1] == ")"
            at -= 1

    def _comparison(self) -> Tree:
        kind, text = self._peek()
        if kind == "word" and self._peek(1)[1] == "(":
            self._at += 1
            return self._function(text)
        left = self._operand()
        kind, text = self._next()
        if text in COMPARATORS:
            right = self._operand()
            if left == right:
                raise self._invalid("The first operand must be distinct from the remaining operands")
            return (text, left, right)
        if text.upper() == "BETWEEN":
            low = self._operand()
            if not self._keyword("AND"):
                raise self._wrong()
            return ("between", left, low, self._operand())
        if text.upper() == "IN":
            self._demand("(")
            choices = [self._operand()]
            while self._take(","):
                choices.append(self._operand())
            self._demand(")")
            return ("in", left, *choices)
        self._at -= 1
        raise self._wrong()

    def _function(self, name: str) -> Tree:
        if name in {"attribute_exists", "attribute_not_exists"}:
            return (name, *self._arguments(self._name))
        if name == "begins_with":
            return (name, *self._arguments(self._operand, self._value))
        if name in _NOT_PLAYED:
            raise NotImplementedError(f"{name} is not played")
        raise self._invalid(f"Invalid function name; function: {name}")

    def _arguments(self, *parts: Any) -> list[Tree]:
        self._demand("(")
        read = [parts[0]()]
        for part in parts[1:]:
            self._demand(",")
            read.append(part())
        self._demand(")")
        return read

    def _operand(self) -> Tree:
        return self._value() if self._peek()[0] == "value" else self._name()

    def _name(self) -> Tree:
        return ("name", self._attribute())

    def _value(self) -> Tree:
        kind, text = self._next()
        if kind != "value":
            if self._peek()[1] == "(":
                raise NotImplementedError(f"{text} as an operand is not played")
            self._at -= 1
            raise self._wrong()
        self.values.add(text)
        return ("value", text)

    def _attribute(self) -> str:
        kind, text = self._next()
        if self._peek()[0] == "path":
            raise NotImplementedError("a path into a document is not played")
        if kind == "word" and self._peek()[1] == "(":
            raise NotImplementedError(f"{text} as an operand is not played")
        if kind == "alias":
            if text not in self._names:
                raise self._invalid(
                    f"An expression attribute name used in the document path is not defined; attribute name: {text}"
                )
            self.aliases.add(text)
            text = self._names[text]
        elif kind != "word" or text.upper() in _KEYWORDS:
            self._at -= 1
            raise self._wrong()
        elif text.upper() in RESERVED:
            raise self._invalid(f"Attribute name is a reserved keyword; reserved keyword: {text}")
        self.attributes.add(text)
        return text

    def _cut(self) -> list[tuple[str, str]]:
        tokens, at, end = [], 0, len(self._text.rstrip())
        if not end:
            raise self._invalid("The expression can not be empty")
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None or found.lastgroup is None:
                raise self._invalid(f"Syntax error; near: {self._text[at : at + 12]!r}")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        return tokens

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, sign: str) -> bool:
        there = self._peek() == ("sign", sign)
        self._at += there
        return there

    def _keyword(self, word: str) -> bool:
        kind, text = self._peek()
        there = kind == "word" and text.upper() == word
        self._at += there
        return there

    def _demand(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong()

    def _wrong(self) -> InvalidError:
        return self._invalid(f"Syntax error; token: {self._peek()[1] or '<EOF>'!r}")

    def _invalid(self, what: str) -> InvalidError:
        return InvalidError(f"Invalid {self._kind}: {what}")
