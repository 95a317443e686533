"""The stream of the timers table: passes newborn timers on, and never holds the stream up."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.arm_timers import arm_timers
from shared.application.view import incident_in

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Powertools reads the context
    """A record that cannot be passed on is left to the sweep and the audit."""
    rows = [
        (keys["PK"], keys["SK"])
        for record in DynamoDBStreamEvent(event).records
        if record.event_name is DynamoDBRecordEventName.INSERT and record.dynamodb and (keys := record.dynamodb.keys)
    ]
    for (_, timer), error in arm_timers(bootstrap.world(), rows):
        logger.warning("a timer was not armed", timer=timer, error=type(error).__name__)
        bootstrap.world().metrics.count("TimersNotArmed")
    logger.info("newborn timers passed on", incidents=sorted(filter(None, {incident_in(sort) for _, sort in rows})))
