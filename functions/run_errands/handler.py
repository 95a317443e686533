"""The errands queue: each body names an errand that was committed with the step that asked for it."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.errand_body import read_errand
from shared.application.run_errand import run_errand

logger = bootstrap.logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS)


def run(record: SQSRecord) -> None:
    """One errand; one that is done was run before."""
    incident, name = read_errand(record.body)
    logger.append_keys(incident=incident, errand=name)
    run_errand(bootstrap.world(), incident, name)
    logger.info("errand done")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Partial batch response: an errand that failed comes again alone."""
    return dict(process_partial_response(event=event, record_handler=run, processor=processor, context=context))
