"""Where a stage's tables, queues and API are: the local stack says so itself, others in CloudFormation's outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Annotated, Any

import boto3
import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError

from cli.local_stack.emulator import LocalStackError
from cli.local_stack.stack import running_stack
from cli.refuse import FAILED, refuse
from infra.stages import EDGE_REGION, STAGES
from shared.adapters.dynamo_incidents import DynamoIncidents
from shared.adapters.dynamo_keys import Tables
from shared.adapters.dynamo_quarantine import DynamoQuarantine
from shared.adapters.policy_store import DynamoPolicies
from shared.adapters.sqs_queue import SqsQueue
from shared.adapters.system_time import SystemTime
from shared.ports import UnavailableError

LOCAL = "local"
StageOption = Annotated[
    str, typer.Option("--stage", envvar="TOCSIN_STAGE", help="The stage; `local` is what `tocsin up` started.")
]

_STACKS = ("Stateful", "Site", "Service")
"""The stacks that say where things are: `TocsinService-prod`."""


@dataclass(frozen=True)
class Deployment:
    """One deployed stage, with the operator's own rights.

    Attributes:
        outputs: of its stacks, by name.
        client: makes a boto3 client of a service.
        http: makes an HTTP client that trusts the stage's certificate.
        api_key: the intake system's key of the local stack; empty elsewhere.
        edge: makes a boto3 client in the region where CloudFront's firewall and its alarms are.
    """

    stage: str
    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    http: Callable[[], httpx.Client]
    api_key: str = ""
    edge: Callable[[str], Any] = field(default=partial(boto3.client, region_name=EDGE_REGION))

    def output(self, name: str) -> str:
        """One output; ends the command where the stage has none of this name."""
        if name not in self.outputs:
            refuse(f"stage {self.stage} has no output {name}: deploy it again")
        return self.outputs[name]

    @property
    def tables(self) -> Tables:
        """The names of its tables."""
        return Tables(
            incidents=self.output("IncidentsTable"),
            timers=self.output("TimersTable"),
            outbox=self.output("OutboxTable"),
            timeline=self.output("TimelineTable"),
        )

    def incidents(self) -> DynamoIncidents:
        """Its incidents and their timelines."""
        return DynamoIncidents(lambda: self.client("dynamodb"), self.tables)

    def quarantine(self) -> DynamoQuarantine:
        """Its quarantined events."""
        return DynamoQuarantine(lambda: self.client("dynamodb"), self.tables)

    def policies(self) -> DynamoPolicies:
        """Its policies, as fast as the stage."""
        # A stage deployed by an older release says neither.
        shipped, time_scale = self.outputs.get("Policy", "retail"), int(self.outputs.get("TimeScale", "1"))
        return DynamoPolicies(
            lambda: self.client("dynamodb"),
            self.tables,
            SystemTime(),
            shipped=shipped,
            time_scale=time_scale,
            probe_contact=self.outputs.get("ProbeContact", ""),
        )

    def events_queue(self) -> SqsQueue:
        """The queue that every event goes through."""
        return SqsQueue(lambda: self.client("sqs"), self.output("EventsQueueUrl"))


def find(stage: str) -> Deployment:
    """A deployed stage; ends the command where there is none, or no right to look."""
    if stage == LOCAL:
        return _local()
    client = cache(boto3.client)
    edge = cache(partial(boto3.client, region_name=EDGE_REGION))
    with reaching(stage):
        outputs = outputs_of(client("cloudformation"), stage)
        if has_front(stage):
            outputs |= front_outputs(client("cloudformation"), edge("cloudformation"), stage)
    return Deployment(stage, outputs, client, lambda: httpx.Client(timeout=10), edge=edge)


def outputs_of(cloudformation: Any, stage: str) -> dict[str, str]:
    """The outputs of a stage's stacks; ends the command where a stack is missing."""
    found: dict[str, str] = {}
    for kind in _STACKS:
        try:
            found |= _outputs(cloudformation, f"Tocsin{kind}-{stage}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            name = f"Tocsin{kind}-{stage}"
            refuse(f"there is no stack {name} in this account and region: deploy the stage, or choose another --stage")
    return found


def has_front(stage: str) -> bool:
    """Whether a stage of this checkout stands behind CloudFront and its firewall."""
    return stage in STAGES and STAGES[stage]().production


def front_outputs(cloudformation: Any, at_the_edge: Any, stage: str) -> dict[str, str]:
    """The outputs of what stands before a stage, as far as they can be had.

    Most commands do without, and an operator may have no rights in that other region; `tocsin doctor` says what is
    missing.
    """
    found: dict[str, str] = {}
    for client, kind in ((cloudformation, "Front"), (at_the_edge, "Firewall")):
        with suppress(ClientError):
            found |= _outputs(client, f"Tocsin{kind}-{stage}")
    return found


def _outputs(cloudformation: Any, name: str) -> dict[str, str]:
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}


@contextmanager
def reaching(stage: str) -> Iterator[None]:
    """Around what talks to AWS: what goes wrong on the way is said in a line."""
    try:
        yield
    except UnavailableError as error:
        refuse(f"stage {stage}: {error}; try again", FAILED)
    except ClientError as error:
        said = error.response.get("Error", {})
        refuse(f"stage {stage}: {error.operation_name}: {said.get('Code')}: {said.get('Message')}", FAILED)
    except BotoCoreError as error:
        refuse(f"stage {stage}: {error}", FAILED)


def _local() -> Deployment:
    try:
        stack = running_stack()
    except LocalStackError as error:
        refuse(f"{error}; or name a deployed stage with --stage", FAILED)
    return Deployment(LOCAL, stack.outputs, cache(stack.client), stack.http, stack.api_key)
