"""The tables the contract suite runs on are the ones that are deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra.stages import choose
from infra.stateful import StatefulStack
from infra.tocsin import CONTEXT
from tests.contract import tables

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    outdir: Path = tmp_path_factory.mktemp("tables")
    app = App(outdir=str(outdir), context=CONTEXT)
    stack = StatefulStack(app, "Tables", stage=choose("local"))
    template = app.synth().get_stack_by_name(stack.stack_name).template
    return {
        name.rstrip("0123456789ABCDEF").lower(): resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }


@pytest.mark.parametrize("table", tables.INDEXES)
def test_keys_and_indexes_are_the_same(deployed: dict[str, dict[str, Any]], table: str) -> None:
    wanted, there = tables.definition(table), deployed[table]

    assert there["KeySchema"] == wanted["KeySchema"]
    assert _by_name(there["AttributeDefinitions"], "AttributeName") == _by_name(
        wanted["AttributeDefinitions"], "AttributeName"
    )
    assert _by_name(there.get("GlobalSecondaryIndexes", []), "IndexName") == _by_name(
        wanted.get("GlobalSecondaryIndexes", []), "IndexName"
    )


def test_what_expires_does_so_by_the_attribute_that_is_written(deployed: dict[str, dict[str, Any]]) -> None:
    expiring = {
        name: table["TimeToLiveSpecification"]["AttributeName"]
        for name, table in deployed.items()
        if "TimeToLiveSpecification" in table
    }

    assert expiring == {"incidents": "ttl", "outbox": "ttl", "timeline": "ttl"}  # of synthetic complaints, there


def _by_name(items: list[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    return {item[name]: item for item in items}
