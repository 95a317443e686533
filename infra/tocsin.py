"""The whole of one stage: four stacks, and what is checked before they are handed to CloudFormation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import App, Tags

from infra import nag
from infra.firewall import FirewallStack
from infra.front import FrontStack
from infra.monitoring import MonitoringStack
from infra.policy_check import refuse_bad_policy
from infra.service import ServiceStack
from infra.site import SiteStack
from infra.stages import Stage
from infra.stateful import StatefulStack


@dataclass(frozen=True)
class Tocsin:
    stateful: StatefulStack
    site: SiteStack
    service: ServiceStack
    monitoring: MonitoringStack


CONTEXT: Final = {"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True}
"""What the CDK is told before it makes a stack: access logs are let in by a policy, not by an access list."""


def add_tocsin(app: App, stage: Stage) -> Tocsin:
    refuse_bad_policy(stage.policy)
    # Buckets let access logs in by a policy; the way of old, by access lists, would need those switched on.
    for name, value in CONTEXT.items():
        app.node.set_context(name, value)
    stateful = StatefulStack(app, stage.stack_name("Stateful"), stage=stage)
    site = SiteStack(app, stage.stack_name("Site"), stage=stage)
    service = ServiceStack(app, stage.stack_name("Service"), stage=stage, stateful=stateful, site=site)
    monitoring = MonitoringStack(app, stage.stack_name("Monitoring"), stage=stage, service=service, stateful=stateful)
    if stage.production:
        FirewallStack(app, stage.stack_name("Firewall"), stage=stage)
        FrontStack(app, stage.stack_name("Front"), stage=stage, stateful=stateful, service=service)
    Tags.of(app).add("project", "tocsin")
    Tags.of(app).add("stage", stage.name)
    nag.check(app)
    return Tocsin(stateful, site, service, monitoring)
