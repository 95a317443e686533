"""The documents lead somewhere: links resolve, and what they tell to run or to read exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer
from botocore import xform_name

from cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
"""All that are written by hand."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SHELL = re.compile(r"^```(?:bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_OF_EVERY_COMMAND = {"--query", "--output", "--region", "--endpoint-url", "--profile"}
"""Options of the AWS command line that no operation's model knows."""


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    broken = []
    for target in _LINK.findall(_FENCED.sub("", document.read_text(encoding="utf-8"))):
        path, _, heading = target.partition("#")
        if "://" in path:
            continue
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (heading and heading not in _headings(file)):
            broken.append(target)
    assert broken == []


@each_document
def test_targets_of_make_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {words[1] for words in _commands(document) if words[0] == "make" and len(words) > 1}
    assert {name for name in named if re.fullmatch(r"[a-z-]+", name)} <= targets


@each_document
def test_commands_of_tocsin_exist_with_their_options(document: Path) -> None:
    unknown = []
    for words in _commands(document):
        if words[0].rpartition("/")[2] == "tocsin":
            options, rest = _options_of(words[1:])
            used = {word.partition("=")[0] for word in rest if word.startswith("--")}
            if options is None or not used <= options:
                unknown.append(" ".join(words))
    assert unknown == []


@each_document
def test_commands_of_aws_exist_with_their_options(document: Path) -> None:
    unknown = []
    for words in _commands(document):
        if words[0] == "aws" and len(words) > 2:
            options = {word.partition("=")[0] for word in words[3:] if word.startswith("--")}
            if not options <= _aws_options(words[1], words[2]):
                unknown.append(" ".join(words))
    assert unknown == []


@each_document
def test_files_and_tests_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:cli|docs|functions|infra|shared|tests)/[\w/.-]+\.\w+)`", text))
    assert {name for name in files if not (ROOT / name).exists()} == set()
    tests = set(re.findall(r"`(test_\w+)`", text))
    assert {name for name in tests if f"def {name}(" not in _all_tests()} == set()


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in (ROOT / "docs").glob("*.md") if f"({path.name})" not in index} == {"README.md"}
    decisions = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    written = {path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md")}
    assert {name for name in written if f"({name})" not in decisions} == set()


def _commands(document: Path) -> Iterator[list[str]]:
    """What a reader would type, in words: lines of shell blocks, and inline code."""
    text = document.read_text(encoding="utf-8")
    for block in _SHELL.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from _words(line.removeprefix("$ "))
    for code in _INLINE.findall(_FENCED.sub("", text)):
        yield from _words(code)


def _words(line: str) -> Iterator[list[str]]:
    """The commands of a line; those inside `$( )` too."""
    for inner in re.findall(r"\$\(((?:aws|tocsin|make) [^()]*)\)", line):
        yield from _words(inner)
    try:
        words = shlex.split(re.sub(r"\$\([^()]*\)", "SUBSTITUTED", line), comments=True)
    except ValueError:
        return
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words.pop(0)
    if words:
        yield words


def _options_of(words: list[str]) -> tuple[set[str] | None, list[str]]:
    """The options of the command that words name, None where there is no such command; and what is left of them."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and words and not words[0].startswith("-"):
        return None, words
    return {"--help"}.union(*(each.opts + each.secondary_opts for each in command.params)), words


@cache
def _aws_options(service: str, operation: str) -> frozenset[str]:
    """What an operation takes, as the AWS command line writes it; nothing where there is no such operation."""
    session = botocore.session.get_session()
    service = {"s3api": "s3"}.get(service, service)
    if service not in session.get_available_services():
        return frozenset()
    model = session.get_service_model(service)
    for name in model.operation_names:
        if xform_name(name, "-") == operation:
            shape = model.operation_model(name).input_shape
            options = {f"--{xform_name(member, '-')}" for member in (shape.members if shape else ())}
            flags = {f"--no-{option[2:]}" for option in options}
            return frozenset(options | flags | _OF_EVERY_COMMAND)
    return frozenset()


@cache
def _headings(file: Path) -> frozenset[str]:
    """Anchors as GitHub makes them."""
    lines = _FENCED.sub("", file.read_text(encoding="utf-8")).splitlines() if file.suffix == ".md" else []
    titles = [line.lstrip("#").strip() for line in lines if line.startswith("#")]
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


@cache
def _all_tests() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
