"""The events queue: from the HTTP door, the bus and systems with the right to send."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.read_event import take_body

logger = bootstrap.logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def take(record: SQSRecord) -> None:
    """One message: taken, or quarantined with its reason; only what cannot be reached makes it come again."""
    taken = take_body(bootstrap.world(), record.body)
    logger.info("event taken", incident=taken.incident, status=taken.status)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Partial batch response: a message that failed comes again alone."""
    return dict(process_partial_response(event=event, record_handler=take, processor=processor, context=context))
