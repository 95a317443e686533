"""The minute's tick from EventBridge Scheduler."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.sweep_timers import sweep_timers

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - the tick says nothing
    """One sweep."""
    handed_over = sweep_timers(bootstrap.world())
    logger.info("swept", handed_over=handed_over)
    return {"handed_over": handed_over}
