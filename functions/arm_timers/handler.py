"""The stream of the timers table: passes newborn timers on, record by record, and never holds the stream up."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.arm_timers import arm_timer
from shared.domain.timer import timer_from

logger = Logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Powertools reads the context
    """A record that cannot be passed on is left to the sweep and the audit."""
    for record in DynamoDBStreamEvent(event).records:
        keys = record.dynamodb.keys if record.dynamodb else None
        if record.event_name is not DynamoDBRecordEventName.INSERT or not keys:
            continue
        try:
            arm_timer(bootstrap.world(), timer_from(keys["PK"], keys["SK"]))
        except Exception:
            logger.exception("a timer was not armed", timer=keys.get("SK"))
            bootstrap.world().metrics.count("TimersNotArmed")
