"""The use cases' world over a deployed stage, with the operator's own rights."""

from __future__ import annotations

from typing import Any

from cli.deployment import Deployment
from shared.adapters.system_time import SystemTime
from shared.application.world import World
from shared.bootstrap import world_of
from shared.settings import Settings


class _Clients:
    """The operator's own clients, under the names that the composition root knows."""

    def __init__(self, deployment: Deployment) -> None:
        self._client = deployment.client

    def dynamodb(self) -> Any:
        return self._client("dynamodb")

    def sqs(self) -> Any:
        return self._client("sqs")

    def s3(self) -> Any:
        return self._client("s3")

    def secrets(self) -> Any:
        return self._client("secretsmanager")

    def sns(self) -> Any:
        return self._client("sns")

    sns_once = sns

    def ses_once(self) -> Any:
        return self._client("sesv2")


def world_over(deployment: Deployment) -> World:
    """A stage's store; what goes out later goes out by the stage's own functions."""
    names = deployment.tables
    settings = Settings(
        stage=deployment.stage,
        policy=deployment.outputs.get("Policy", "retail"),
        time_scale=int(deployment.outputs.get("TimeScale", "1")),
        probe_contact=deployment.outputs.get("ProbeContact", ""),
        incidents_table=names.incidents,
        timers_table=names.timers,
        outbox_table=names.outbox,
        timeline_table=names.timeline,
    )
    return world_of(settings, _Clients(deployment), SystemTime())
