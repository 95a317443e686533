"""The stream of the timeline: each batch of new lines leaves its hashes in write-once storage."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import (
    DynamoDBRecord,
    DynamoDBRecordEventName,
    DynamoDBStreamEvent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.seal_heads import seal_heads
from shared.domain.heads import Head

logger = bootstrap.logger()
metrics = Metrics()


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 - Powertools reads the context
    """A record that cannot be read is left unsealed, which `tocsin audit verify` tells.

    A batch that the storage did not take fails, and the stream brings it again: nobody else waits behind it.
    """
    heads = []
    for record in DynamoDBStreamEvent(event).records:
        if record.event_name is not DynamoDBRecordEventName.INSERT or _goes_by_itself(record):
            continue
        try:
            heads.append(_head(record))
        except Exception as error:  # noqa: BLE001 - one record never holds up the others
            logger.warning("a line was not sealed", error=type(error).__name__)
            bootstrap.world().metrics.count("HeadsNotSealed")
    seal_heads(bootstrap.world(), heads)
    logger.info("heads sealed", incidents=sorted({head.incident for head in heads}))


def _goes_by_itself(record: DynamoDBRecord) -> bool:
    """A line of a synthetic complaint: it is no evidence of anything, and would be missed when it is gone."""
    return record.dynamodb is not None and "ttl" in (record.dynamodb.new_image or {})


def _head(record: DynamoDBRecord) -> Head:
    row = record.dynamodb
    keys, line = (row.keys, row.new_image) if row else (None, None)
    if not keys or not line:
        raise LookupError("the record carries no line")
    return Head(incident=str(keys["PK"]), number=int(keys["SK"]), hash=str(line["hash"]), at=int(line["at"]))
