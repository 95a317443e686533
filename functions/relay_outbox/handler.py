"""The stream of the outbox: passes new rows on, and never holds the stream up."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.relay_outbox import relay_rows

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Powertools reads the context
    """A record that cannot be passed on is left to the audit, which finds its row still pending."""
    rows = [
        (keys["PK"], keys["SK"])
        for record in DynamoDBStreamEvent(event).records
        if record.event_name is DynamoDBRecordEventName.INSERT and record.dynamodb and (keys := record.dynamodb.keys)
    ]
    for row, error in relay_rows(bootstrap.world(), rows):
        logger.warning("a row was not passed on", outbox_key="/".join(row), error=type(error).__name__)
        bootstrap.world().metrics.count("MessagesNotRelayed")
    logger.info("new rows passed on", incidents=sorted({incident for incident, _ in rows}))
