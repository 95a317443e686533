"""The stack that watches: alarms to the operations topic, and one dashboard."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from infra.alarms import Bell, watch_findings, watch_functions, watch_heartbeats, watch_probe, watch_queues
from infra.alarms_around import watch_carriers, watch_deliveries, watch_door, watch_store
from infra.dashboard import Dashboard
from infra.service import ServiceStack
from infra.stages import Stage
from infra.stateful import StatefulStack


class MonitoringStack(Stack):
    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, service: ServiceStack, stateful: StatefulStack
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stage.stack_name("Monitoring"),
            description=f"Tocsin {stage.name}: alarms and dashboard",
            termination_protection=stage.production,
        )
        bell = Bell(self, stage=stage, topic=service.operations)
        watch_queues(bell, stage, service.queues)
        watch_functions(bell, stage, service)
        watch_heartbeats(bell, stage)
        watch_probe(bell, stage)
        watch_findings(bell, stage)
        watch_carriers(bell, stage)
        watch_store(bell, stage, stateful)
        watch_door(bell, stage, service)
        watch_deliveries(bell, service)
        Dashboard(self, "Dashboard", stage=stage, service=service, stateful=stateful)
