"""The minute's tick from EventBridge Scheduler."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.prove_alive import prove_alive

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - the tick says nothing
    """One heartbeat, or none and the parts that are silent, with milliseconds."""
    silent = dict(prove_alive(bootstrap.world(), bootstrap.watch()))
    if silent:
        logger.error("not proved alive, so nobody outside was told", silent=silent)
    else:
        logger.info("proved alive")
    return silent
