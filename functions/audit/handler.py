"""The audit's tick from EventBridge."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.audit import audit

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - the tick says nothing
    """One audit."""
    findings = asdict(audit(bootstrap.world()))
    logger.info("audited", **findings)
    return findings
