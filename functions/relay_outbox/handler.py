"""The stream of the outbox: passes new rows on, record by record, and never holds the stream up."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.relay_outbox import relay_row

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Powertools reads the context
    """A record that cannot be passed on is left to the audit, which finds its row still pending."""
    for record in DynamoDBStreamEvent(event).records:
        keys = record.dynamodb.keys if record.dynamodb else None
        if record.event_name is not DynamoDBRecordEventName.INSERT or not keys:
            continue
        try:
            relay_row(bootstrap.world(), keys["PK"], keys["SK"])
        except Exception as error:  # noqa: BLE001 - one record never holds up the others
            row = f"{keys['PK']}/{keys['SK']}"
            logger.warning("a row was not passed on", outbox_key=row, error=type(error).__name__)
            bootstrap.world().metrics.count("MessagesNotRelayed")
