"""The timers queue: each message is a timer that is due now, or within the second."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.fire_timer import fire_or_park
from shared.application.timer_body import read_timer

logger = bootstrap.logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def fire(record: SQSRecord) -> None:
    """One timer; one that is gone was fired by somebody else."""
    timer = read_timer(record.body)
    incident = timer.subject if timer.kind in ("incident", "early") else None
    logger.append_keys(kind=timer.kind, subject=timer.subject, incident=incident)
    fire_or_park(bootstrap.world(), timer)
    logger.info("timer done", due=timer.due)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Earliest first, so that waiting out the fraction of one does not make another late."""
    event["Records"].sort(key=lambda record: read_timer(record["body"]).due)
    return dict(process_partial_response(event=event, record_handler=fire, processor=processor, context=context))
