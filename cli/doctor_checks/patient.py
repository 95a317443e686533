"""Who is looked at: one deployed stage, with what it should be like."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment import Deployment
from infra.stages import Stage
from shared.adapters.dynamo_errands import DynamoErrands
from shared.adapters.dynamo_outbox import DynamoOutbox
from shared.adapters.dynamo_timers import DynamoTimers
from shared.domain.policy import Policy


@dataclass(frozen=True)
class Patient:
    """A stage.

    Attributes:
        stage: its settings in this checkout.
        now: milliseconds UTC.
        own_policy: the text of the house's own policy file; empty where none was given.
    """

    deployment: Deployment
    stage: Stage
    now: int
    own_policy: str = field(default="", repr=False)

    @property
    def production(self) -> bool:
        """Whether real people are paged."""
        return self.stage.production

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.deployment.client(service)

    @cached_property
    def policy(self) -> tuple[str, Policy]:
        """Reference and content of the policy in force."""
        return self.deployment.policies().current()

    @property
    def timers(self) -> DynamoTimers:
        """Its timers."""
        return DynamoTimers(lambda: self.client("dynamodb"), self.deployment.tables)

    @property
    def outbox(self) -> DynamoOutbox:
        """Its messages."""
        return DynamoOutbox(lambda: self.client("dynamodb"), self.deployment.tables)

    @property
    def errands(self) -> DynamoErrands:
        """Its errands."""
        return DynamoErrands(lambda: self.client("dynamodb"), self.deployment.tables)

    def outputs_ending(self, end: str) -> dict[str, str]:
        """Outputs whose name ends so, without that end: `DlqUrl` answers `{"Events": …}`."""
        outputs = self.deployment.outputs
        return {name.removesuffix(end): value for name, value in sorted(outputs.items()) if name.endswith(end)}


def is_missing(error: ClientError) -> bool:
    """Whether an API said that there is no such thing."""
    code = str(error.response["Error"]["Code"])
    return code.endswith(("NotFound", "NotFoundException")) or code == "ResourceNotFoundException"
