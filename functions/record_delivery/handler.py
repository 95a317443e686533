"""Receipts: what SES says on the bus, and what SNS writes into its delivery logs."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.record_delivery.receipts import receipts
from shared import bootstrap
from shared.application.record_delivery import record_delivery

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - Powertools reads it
    """Each receipt by itself; where one failed the event comes again, which is harmless to the others."""
    entered, failures = 0, []
    for receipt in receipts(event):
        try:
            incident = record_delivery(bootstrap.world(), receipt)
        except Exception as error:  # noqa: BLE001 - the others still count; it is raised below
            logger.warning("receipt failed", reference=receipt.reference, error=type(error).__name__)
            failures.append(error)
        else:
            logger.info("receipt entered", reference=receipt.reference, outcome=receipt.outcome, incident=incident)
            entered += 1
    if failures:
        raise RuntimeError(f"{len(failures)} receipts failed") from failures[0]
    return {"receipts": entered}
