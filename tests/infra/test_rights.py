"""No wildcard in any policy without a written reason, and none that is written down and gone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from infra.stages import STAGES
from infra.wildcards import WILDCARDS

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]

OF = {"AWS::IAM::Role": "role", "AWS::IAM::Policy": "role", "AWS::KMS::Key": "key", "AWS::S3::BucketPolicy": "bucket"}
KNOWN = {(each.of, frozenset(each.actions), each.resource) for each in WILDCARDS}


def allowing(value: Any) -> Iterator[dict[str, Any]]:
    """Every statement that allows something, wherever it stands in a resource."""
    if isinstance(value, dict):
        if value.get("Effect") == "Allow":
            yield value
        for each in value.values():
            yield from allowing(each)
    elif isinstance(value, list):
        for each in value:
            yield from allowing(each)


def plain(value: Any) -> str:
    """A resource as an ARN, `${…}` for what CloudFormation fills in."""
    if isinstance(value, str):
        return value
    [(function, content)] = value.items()
    if function == "Fn::Join":
        return str(content[0]).join(plain(part) for part in content[1])
    name = content[0] if isinstance(content, list) else str(content)
    name = re.sub(r"^.*:ExportsOutput(?:FnGetAtt|Ref)", "", name)
    return "${" + re.sub(r"[0-9A-F]{8}(Arn[0-9A-F]{8})?$", "", name) + "}"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def wildcards(stage: Any) -> set[tuple[str, frozenset[str], str]]:
    """Each statement with a wildcard: of what, its actions, one of its resources."""
    found = set()
    for template in stage.templates.values():
        for resource in template["Resources"].values():
            for statement in allowing(resource.get("Properties", {})):
                actions = frozenset(listed(statement.get("Action", "NotAction *")))
                kind = OF.get(resource["Type"], resource["Type"])
                where = [plain(each) for each in listed(statement.get("Resource", []))]
                where += [f"not {plain(each)}" for each in listed(statement.get("NotResource", []))]
                wide = any("*" in action for action in actions)
                found |= {(kind, actions, each) for each in where if wide or "*" in each or each.startswith("not ")}
    return found


def test_every_wildcard_has_a_written_reason(stage: Any) -> None:
    assert wildcards(stage) - KNOWN == set()
    assert all(len(each.reason) > 10 for each in WILDCARDS)


def test_no_reason_is_left_for_a_wildcard_that_is_gone(synthesize: Any) -> None:
    used = set().union(*(wildcards(synthesize(name)) for name in STAGES))
    assert KNOWN - used == set()
    assert len(KNOWN) == len(WILDCARDS)


def test_what_the_emulator_alone_needs_is_on_no_other_stage(synthesize: Any) -> None:
    for name in ("dev", "prod"):
        assert not [each for each in wildcards(synthesize(name)) if "ses:SendEmail" in each[1]]


def test_nobody_is_let_in_by_being_anybody(stage: Any) -> None:
    for kind, template in stage.templates.items():
        for name, resource in template["Resources"].items():
            for statement in allowing(resource.get("Properties", {})):
                assert "*" not in json.dumps(statement.get("Principal", "")), f"{kind} {name}"
                assert "NotPrincipal" not in statement


def test_no_role_has_a_policy_that_is_not_written_here(stage: Any) -> None:
    """AWS's managed policies have wildcards of their own, which no template shows."""
    for name, role in stage.of_type("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name
    assert not stage.of_type("AWS::IAM::ManagedPolicy")


def test_a_planted_wildcard_would_be_found() -> None:
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": {"Fn::GetAtt": ["Incidents0A1B2C3D", "Arn"]}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]}}

    class Planted:
        templates = {"Service": {"Resources": {"Role": role}}}  # noqa: RUF012 - a template of one

    assert wildcards(Planted) == {("role", frozenset({"dynamodb:*"}), "${Incidents}")}
    assert not wildcards(Planted) <= KNOWN
