"""The tick from EventBridge Scheduler, every few minutes."""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.send_probe import send_probe

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the tick says nothing
    """One synthetic complaint handed in, and the one before looked at."""
    probed = send_probe(bootstrap.world(), receipts=bootstrap.has_receipts())
    logger.append_keys(incident=probed.before)
    if probed.before and probed.lateness is None:
        logger.error("a page of the synthetic complaint did not go out")
    elif probed.filed is None:
        logger.info("no synthetic complaint: the policy has no `probe`, or the last one is under way")
    logger.info("probed", filed=probed.filed, lateness=probed.lateness)
    return asdict(probed)
