"""SQS queues as senders see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

_BATCH_ENTRIES = 10
_BATCH_BYTES = 250_000
"""All bodies of a batch together may have 256 KiB; some is left for what goes around them."""
_LONGEST_DELAY = 900
_SERVER_ERROR = 500
_PASSING = frozenset({"RequestThrottled", "ThrottlingException", "Throttling", "ServiceUnavailable", "KmsThrottled"})


class SqsQueue:
    """`ports.Queue`: bodies go in batches of ten, each with a delay of its own."""

    def __init__(self, client: Callable[[], SQSClient], url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Iterable[tuple[str, int]]) -> None:
        """Hand over bodies, each with a delay in seconds (0 to 900).

        Raises:
            UnavailableError: not all were taken; safe to repeat, for consumers bear a body that comes twice.
            ValueError: a delay is out of range, or the queue calls a body malformed; repeating does not help.
        """
        for batch in _batches(bodies):
            try:
                answer = self._client().send_message_batch(QueueUrl=self._url, Entries=batch)  # type: ignore[arg-type]
            except UNREACHABLE as error:
                raise UnavailableError("the queue could not be reached") from error
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if error.response["Error"]["Code"].rpartition(".")[2] in _PASSING or status >= _SERVER_ERROR:
                    raise UnavailableError("the queue refused for now") from error
                raise
            failed = answer.get("Failed", [])
            if any(not failure["SenderFault"] for failure in failed):
                raise UnavailableError(f"the queue did not take {len(failed)} of {len(batch)}")
            if failed:
                raise ValueError(f"the queue refuses {len(failed)} of {len(batch)}: {failed[0]['Code']}")


def _batches(bodies: Iterable[tuple[str, int]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    filled = 0
    for body, delay in bodies:
        if not 0 <= delay <= _LONGEST_DELAY:
            raise ValueError(f"a delay of {delay} s: SQS knows 0 to {_LONGEST_DELAY}")
        size = len(body.encode())
        if batch and (len(batch) == _BATCH_ENTRIES or filled + size > _BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append({"Id": str(len(batch)), "MessageBody": body, "DelaySeconds": delay})
        filled += size
    if batch:
        yield batch
