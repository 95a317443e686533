"""The network between the product and AWS: what the SDK does about it, and what may go wrong on the way.

The product's adapters send the requests they would send to AWS; here each attempt is unsent, refused, slow, done with
its answer lost, or done, as the dice say. Repeats are botocore's: four attempts in standard mode with one token for
all of them, one attempt for a carrier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from shared.domain.instants import MINUTE
from torture.clockwork import Clockwork, Killed, Task, current
from torture.faults import Faults

READS = frozenset(
    {"get_item", "query", "get_secret_value", "get_object", "list_objects_v2", "head_object", "batch_get_item"}
)
_ATTEMPTS = 4
CARRIER_ATTEMPTS = 1
"""`aws.ONCE`: a send is never repeated by the SDK (I7)."""
_READ_TIMEOUT = 4_000
_FRAIL = ("dynamodb", "dynamodb", "dynamodb", "sqs", "sqs", "sns", "ses", "s3", "secrets")
"""What cannot be reached, as often as it stands here."""
_LONGEST_OUTAGE = 14 * MINUTE
_SERVER_ERROR = 500
_REPEATED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottledException",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
"""Codes that botocore's standard mode repeats by itself."""
_LOADED = {"dynamodb": "ProvisionedThroughputExceededException", "s3": "SlowDown"}


class Wire:
    """`aws.Clients` over virtual services.

    Args:
        clock: time and chance.
        faults: what may go wrong now; it changes when the world calms down.
        services: the virtual services by name.
        sent: called after each call to SQS that was done: somebody may have something to do now.
        wrote: called after each call to the store that was done: it is whole again.
    """

    def __init__(
        self,
        clock: Clockwork,
        faults: Callable[[], Faults],
        services: dict[str, Any],
        sent: Callable[[], None],
        wrote: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._sent = sent
        self._wrote = wrote
        self._clients = {name: _Client(self, name, service, _ATTEMPTS) for name, service in services.items()}
        self._once = {
            name: _Client(self, name, services[name], CARRIER_ATTEMPTS, carries=True) for name in ("sns", "ses")
        }
        self._out: list[tuple[str, int, int]] = []
        self.calls = 0
        self.wrote_while_reading: list[str] = []

    def dynamodb(self) -> Any:
        return self._clients["dynamodb"]

    def sqs(self) -> Any:
        return self._clients["sqs"]

    def s3(self) -> Any:
        return self._clients["s3"]

    def secrets(self) -> Any:
        return self._clients["secrets"]

    def sns(self) -> Any:
        return self._clients["sns"]

    def sns_once(self) -> Any:
        return self._once["sns"]

    def ses_once(self) -> Any:
        return self._once["ses"]

    def plan_outages(self, begin: int, end: int) -> None:
        """Draw when which service cannot be reached."""
        dice = self._clock.rng
        for _ in range(round(self._faults().outages * dice.random())):
            since = dice.randrange(begin, end)
            service = dice.choice(_FRAIL)
            until = min(end, since + dice.randrange(_LONGEST_OUTAGE))
            self._out.append((service, since, until))

    def _is_out(self, service: str) -> bool:
        now = self._clock.now
        return any(out == service and since <= now < until for out, since, until in self._out)

    def call(self, client: _Client, operation: str, request: dict[str, Any]) -> Any:
        """One call of the SDK, with its repeats.

        Raises:
            ClientError, HTTPClientError: as botocore would.
            Killed: the run died around it.
        """
        task = current()
        work = getattr(client.service, operation)
        if task is None:
            return work(**request)
        reads = operation in READS
        if task.reads_only and not reads and not _keeps_policy(request):
            self.wrote_while_reading.append(f"{task.name}: {operation}")
        if operation == "transact_write_items":
            request = {"ClientRequestToken": f"{self._clock.rng.getrandbits(128):032x}", **request}
        for attempt in range(client.attempts):
            if attempt:
                self._clock.pause(self._clock.rng.randrange(50 << attempt))
            try:
                return self._attempt(
                    task, client, operation, partial(self._done, work, operation, request), reads=reads
                )
            except ClientError as error:
                if attempt + 1 == client.attempts or not _repeatable(error):
                    raise
            except (EndpointConnectionError, ConnectTimeoutError, ReadTimeoutError):
                if attempt + 1 == client.attempts:
                    raise
        raise AssertionError("a call has at least one attempt")

    def _attempt(self, task: Task, client: _Client, operation: str, work: Callable[[], Any], *, reads: bool) -> Any:
        clock, dice, faults = self._clock, self._clock.rng, self._faults()
        self.calls += 1
        self._point(task, f"before {client.name}.{operation}")
        if not reads or dice.random() < _GIVES_WAY:
            clock.pause(dice.randrange(1, 8))
        if clock.chance(faults.unsent) or self._is_out(client.name):
            clock.pause(1_000)
            raise EndpointConnectionError(endpoint_url=client.name)
        if not client.carries:
            self._refuse(client, operation, faults)
        if faults.slow and clock.chance(faults.slow):
            clock.pause(dice.randrange(_READ_TIMEOUT))
        answer = work()
        if operation == "get_item":
            answer["ResponseMetadata"]["HTTPHeaders"] = {"date": _date(clock.now // 1000)}
        if client.name == "sqs":
            self._sent()
        elif client.name == "dynamodb" and not reads:
            self._wrote()
        self._point(task, f"after {client.name}.{operation}")
        if faults.lost and not client.carries and clock.chance(faults.lost):
            clock.pause(_READ_TIMEOUT)
            raise ReadTimeoutError(endpoint_url=client.name)
        if not reads:
            clock.pause(dice.randrange(1, 8))
        return answer

    def _done(self, work: Callable[..., Any], operation: str, request: dict[str, Any]) -> Any:
        """What the service does with a request; of a batch a queue may take only some, and it says which."""
        if operation != "send_message_batch" or not self._clock.chance(self._faults().partial):
            return work(**request)
        entries = request["Entries"]
        left = self._clock.rng.sample(entries, self._clock.rng.randint(1, len(entries)))
        taken = [entry for entry in entries if entry not in left]
        answer = work(**{**request, "Entries": taken}) if taken else {"ResponseMetadata": {"HTTPStatusCode": 200}}
        failed = [{"Id": each["Id"], "SenderFault": False, "Code": "InternalError"} for each in left]
        return {**answer, "Failed": [*answer.get("Failed", ()), *failed]}

    def _refuse(self, client: _Client, operation: str, faults: Faults) -> None:
        clock = self._clock
        if faults.throttled and clock.chance(faults.throttled):
            raise error_of(operation, _LOADED.get(client.name, "ThrottlingException"), 400)
        if faults.conflict and operation in _CONFLICTS and clock.chance(faults.conflict):
            if operation == "transact_write_items":
                raise _conflict(operation)
            raise error_of(operation, "TransactionConflictException", 400)

    def _point(self, task: Task, place: str) -> None:
        """A point at which a run may die: just before and just after each call."""
        self._clock.check(task)
        if task.doom is None:
            return
        task.doom -= 1
        if task.doom < 0:
            task.died = True
            self._clock.tell(task.name, f"dies {place}")
            raise Killed(task.name)


_GIVES_WAY = 0.3
"""How often a read lets others go first; a write always does."""
_CONFLICTS = frozenset({"transact_write_items", "put_item", "update_item", "delete_item"})


class _Client:
    """A client of boto3's, as far as adapters see."""

    def __init__(self, wire: Wire, name: str, service: Any, attempts: int, *, carries: bool = False) -> None:
        self.carries = carries  # what goes wrong with a send is the carrier's to say
        self.name = name
        self.service = service
        self.attempts = attempts
        self._wire = wire

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            return self._wire.call(self, operation, request)

        setattr(self, operation, call)
        return call

    def get_paginator(self, operation: str) -> _Pages:
        return _Pages(self, operation)


class _Pages:
    def __init__(self, client: _Client, operation: str) -> None:
        self._client = client
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[Any]:
        while True:
            page = getattr(self._client, self._operation)(**request)
            yield page
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]


def error_of(operation: str, code: str, status: int) -> ClientError:
    """A refusal as botocore raises it."""
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )


def _keeps_policy(request: dict[str, Any]) -> bool:
    """The shipped policy is stored by whoever asks for it first; that changes nothing for anybody (ADR 20)."""
    return str(request.get("Item", {}).get("PK", {}).get("S", "")).startswith("POLICY#")


def _conflict(operation: str) -> ClientError:
    said = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        "CancellationReasons": [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}],
    }
    return ClientError(said, operation)  # type: ignore[arg-type]


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    """As every answer of AWS carries it: the audit's second clock."""
    return formatdate(second, usegmt=True)


def _repeatable(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= _SERVER_ERROR or error.response["Error"]["Code"] in _REPEATED
