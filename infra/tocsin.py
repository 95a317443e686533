"""The whole of one stage: three stacks, and what is checked before they are handed to CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import App, Tags

from infra import nag
from infra.monitoring import MonitoringStack
from infra.policy_check import refuse_bad_policy
from infra.service import ServiceStack
from infra.stages import Stage
from infra.stateful import StatefulStack


@dataclass(frozen=True)
class Tocsin:
    stateful: StatefulStack
    service: ServiceStack
    monitoring: MonitoringStack


def add_tocsin(app: App, stage: Stage) -> Tocsin:
    refuse_bad_policy(stage.policy)
    stateful = StatefulStack(app, stage.stack_name("Stateful"), stage=stage)
    service = ServiceStack(app, stage.stack_name("Service"), stage=stage, stateful=stateful)
    monitoring = MonitoringStack(app, stage.stack_name("Monitoring"), stage=stage, service=service)
    Tags.of(app).add("project", "tocsin")
    Tags.of(app).add("stage", stage.name)
    nag.check(app)
    return Tocsin(stateful, service, monitoring)
