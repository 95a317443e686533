"""The messages queue: each body is the key of a message that is ready to go."""

import traceback
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared import bootstrap
from shared.application.message_body import read_message_key
from shared.application.send_message import TryLaterError, send_message

logger = bootstrap.logger()
metrics = Metrics()
# A carrier that is out of order fails whole batches: that is what the queue is for, and no failure of the function.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

LONGEST_SEND_MS = 12_000
"""What one send may take. It is not begun with less left: a run that is cut off leaves an outcome nobody knows (I7)."""


def send(record: SQSRecord, lambda_context: LambdaContext) -> None:
    """One message; what fails comes again alone."""
    key = read_message_key(record.body)
    logger.append_keys(incident=key.incident, step=key.step, person=key.person, via=key.via, attempt=key.attempt)
    if lambda_context.get_remaining_time_in_millis() < LONGEST_SEND_MS:
        raise TryLaterError("this run has too little time left")
    try:
        send_message(bootstrap.world(), key)
    except TryLaterError as later:
        logger.info("message put off", why=str(later))
        raise
    except Exception as error:
        # Where and what kind, and never its text: a library may quote an address or a body in it (I12).
        where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        logger.error("message failed", error=type(error).__name__, where=where)  # noqa: TRY400
        bootstrap.world().metrics.count("SendsFailed")
        raise
    logger.info("message done")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Partial batch response: a message that failed comes again alone."""
    return dict(process_partial_response(event=event, record_handler=send, processor=processor, context=context))
