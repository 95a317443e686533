"""What a deployment would change, read from what `cdk diff` prints: nothing with data may be replaced or removed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cli.health.diagnosis import Diagnosis, counted, good, must, named, should

Fate = Literal["added", "changed", "removed", "left behind", "replaced", "perhaps replaced"]

HOLDS_DATA: Final = {
    "AWS::DynamoDB::Table": "incidents, timers, messages or timelines",
    "AWS::S3::Bucket": "evidence, or the public site",
    "AWS::KMS::Key": "the key to everything at rest",
    "AWS::SecretsManager::Secret": "keys that others hold, too",
    "AWS::Cognito::UserPool": "everybody's account",
    "AWS::CloudFront::Distribution": "the address the public knows",
    "AWS::SQS::Queue": "events, timers and messages that wait",
    "AWS::SNS::Topic": "who is subscribed to the alarms",
    "AWS::ApiGatewayV2::Api": "the address intake systems and links use",
}
"""Types of resources that a new one of the same name does not make good for, and what would be lost."""

_HEADING: Final = re.compile(r"^Stack (?P<stack>\S+)")
_SECTION: Final = re.compile(r"^(?P<section>[A-Z][A-Za-z ]+)$")
_RESOURCE: Final = re.compile(
    r"^\[(?P<sign>[-+~])\] (?P<type>[\w:]+::[\w:]+) (?P<path>\S+) (?P<id>\S+)"
    r"(?: (?P<fate>destroy|orphan|replace|may be replaced))?$"
)
_FATES: Final[dict[str, Fate]] = {
    "destroy": "removed",
    "orphan": "left behind",
    "replace": "replaced",
    "may be replaced": "perhaps replaced",
    "+": "added",
    "~": "changed",
    "-": "removed",
}
_HARMLESS: Final = frozenset({"added", "changed"})


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of one resource.

    Attributes:
        path: where it stands in the stack; id: its logical id, by which it is accepted.
    """

    stack: str
    kind: str
    path: str
    id: str
    fate: Fate


@dataclass(frozen=True, slots=True)
class Diff:
    """All that would change.

    Attributes:
        stacks: that were compared; rights: those whose IAM statements change.
        unread: lines about resources that were not understood.
    """

    stacks: tuple[str, ...]
    changes: tuple[Change, ...]
    rights: tuple[str, ...]
    unread: tuple[str, ...]


def read_diff(text: str) -> Diff:
    """What `cdk diff --no-color` printed."""
    stacks, changes, rights, unread = [], [], [], []
    stack = section = ""
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            stack, section = heading["stack"], ""
            stacks.append(stack)
        elif found := _SECTION.match(line):
            section = found["section"]
            if section == "IAM Statement Changes":
                rights.append(stack)
        elif section == "Resources" and line.startswith("["):
            if resource := _RESOURCE.match(line):
                fate = _FATES[resource["fate"] or resource["sign"]]
                changes.append(Change(stack, resource["type"], resource["path"], resource["id"], fate))
            else:
                unread.append(line)
    return Diff(tuple(stacks), tuple(changes), tuple(rights), tuple(unread))


def judged(diff: Diff, stacks: Collection[str], accepted: Collection[str] = ()) -> Iterator[Diagnosis]:
    """Whether it may be deployed.

    Args:
        diff: what would change.
        stacks: names of the stages' stacks: all of them have to be in the diff.
        accepted: logical ids of resources whose loss somebody has taken into account.
    """
    area, fine = "changes", True
    absent = sorted(set(stacks) - set(diff.stacks))
    if absent or diff.unread:
        fine = False
        what = f"the answer of cdk diff was not understood ({named(absent or ['a resource'])})"
        yield must(area, what, "read it yourself: npx cdk diff -c stage=…")
    for change in diff.changes:
        if change.fate in _HARMLESS or change.kind not in HOLDS_DATA or change.id in accepted:
            continue
        fine = False
        what = f"{change.stack}: {change.kind} {change.path} would be {change.fate}: {HOLDS_DATA[change.kind]}"
        yield must(area, what, f"do not deploy; or, knowing what is lost, --accept {change.id}")
    others = [
        f"{change.path} {change.fate}"
        for change in diff.changes
        if change.fate not in _HARMLESS and (change.kind not in HOLDS_DATA or change.id in accepted)
    ]
    if others:
        yield should(area, f"besides: {named(others)}", "read them: npx cdk diff -c stage=…")
    if diff.rights:
        yield should(area, f"rights change in {named(list(diff.rights))}", "read them: npx cdk diff -c stage=…")
    if fine:
        yield good(area, f"{counted_changes(diff.changes)}; nothing that holds data is replaced or removed")


def counted_changes(changes: Sequence[Change]) -> str:
    """`3 changed, 1 added`."""
    count = Counter(change.fate for change in changes)
    return ", ".join(f"{number} {fate}" for fate, number in count.most_common()) or counted(0, "change")
