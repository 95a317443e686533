"""How a command finds a stage, and what it says when it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
import typer
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from cli.deployment import Deployment, front_outputs, outputs_of, reaching
from cli.local_stack import stack
from infra.stages import EDGE_REGION
from shared.ports import UnavailableError
from tests.unit.cli_stage import tocsin


def test_outputs_are_those_of_all_stacks() -> None:
    client = boto3.client("cloudformation", region_name="eu-central-1")
    with Stubber(client) as cloudformation:
        for name, outputs in {
            "TocsinStateful-prod": {"IncidentsTable": "t-1", "KeyArn": "k"},
            "TocsinSite-prod": {"SiteUrl": "https://status"},
            "TocsinService-prod": {"EventsQueueUrl": "https://q"},
        }.items():
            cloudformation.add_response("describe_stacks", described(name, **outputs), {"StackName": name})
        found = outputs_of(client, "prod")
        cloudformation.assert_no_pending_responses()
    assert found == {"IncidentsTable": "t-1", "KeyArn": "k", "SiteUrl": "https://status", "EventsQueueUrl": "https://q"}


def described(name: str, **outputs: str) -> dict[str, Any]:
    stack = {
        "StackName": name,
        "CreationTime": "2026-03-01T00:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }
    return {"Stacks": [stack]}


def test_what_stands_before_a_stage_is_asked_where_it_is() -> None:
    here, away = (boto3.client("cloudformation", region_name=name) for name in ("eu-central-1", EDGE_REGION))
    with Stubber(here) as front, Stubber(away) as firewall:
        front.add_response("describe_stacks", described("TocsinFront-prod", FrontDomain="d1"))
        firewall.add_response("describe_stacks", described("TocsinFirewall-prod", FirewallTopicArn="t"))
        assert front_outputs(here, away, "prod") == {"FrontDomain": "d1", "FirewallTopicArn": "t"}


def test_commands_do_without_what_stands_before_a_stage() -> None:
    here, away = (boto3.client("cloudformation", region_name=name) for name in ("eu-central-1", EDGE_REGION))
    with Stubber(here) as front, Stubber(away) as firewall:
        front.add_response("describe_stacks", described("TocsinFront-prod", FrontDomain="d1"))
        firewall.add_client_error("describe_stacks", "AccessDenied", "not in this region")
        assert front_outputs(here, away, "prod") == {"FrontDomain": "d1"}


def test_a_stage_that_is_not_deployed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    client = boto3.client("cloudformation", region_name="eu-central-1")
    with Stubber(client) as cloudformation:
        cloudformation.add_client_error("describe_stacks", "ValidationError", "Stack does not exist")
        with pytest.raises(typer.Exit) as ended:
            outputs_of(client, "dev")
    assert ended.value.exit_code == 2
    assert capsys.readouterr().err.startswith("there is no stack TocsinStateful-dev in this account and region")


def test_without_a_local_stack_one_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(stack, "STATE", tmp_path / "local.json")
    result = tocsin("incidents", "list")
    assert result.exit_code == 1
    assert result.stderr == (
        "no local stack is running: start one with `tocsin up`; or name a deployed stage with --stage\n"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UnavailableError("the store could not be reached"), "stage dev: the store could not be reached; try again"),
        (
            EndpointConnectionError(endpoint_url="https://x"),
            'stage dev: Could not connect to the endpoint URL: "https://x"',
        ),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetItem"),
            "stage dev: GetItem: AccessDenied: no",
        ),
    ],
)
def test_what_goes_wrong_on_the_way_is_said_in_a_line(
    error: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, reaching("dev"):
        raise error
    assert (ended.value.exit_code, capsys.readouterr().err) == (1, f"{said}\n")


def test_an_output_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    deployment = Deployment("dev", {}, lambda _: None, httpx.Client)
    with pytest.raises(typer.Exit):
        deployment.output("ApiUrl")
    assert capsys.readouterr().err == "stage dev has no output ApiUrl: deploy it again\n"
