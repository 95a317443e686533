"""Calls to DynamoDB and what their failures mean.

A step is one TransactWriteItems. botocore gives every call a token of its own and keeps it through its own retries,
so a lost answer is not written twice; two callers never share a token, so of two equal steps only one succeeds
(docs/adr/0021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.adapters.codec import Item
from shared.ports import ConflictError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Client = Callable[[], "DynamoDBClient"]
"""Makes the client at first use."""

MOST_ACTIONS = 100
_PASSING = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of refusals that pass by themselves, of a request or of one action in a transaction."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transaction.

    Attributes:
        request: as TransactWriteItems takes it.
        refused: what to raise when its condition does not hold, given the item that stands there.
    """

    request: Mapping[str, Any]
    refused: Callable[[Item], Exception]


def moved(what: str) -> Callable[[Item], Exception]:
    """Refused because somebody else was first."""
    return lambda _: ConflictError(f"{what} moved")


def transact(client: DynamoDBClient, actions: Sequence[Action]) -> None:
    """All of the actions, or none.

    Of several refusals the first action's is raised: put first what is most worth knowing.

    Raises:
        ValueError: more actions than a transaction holds. A page reaches a handful of people; a policy with more
            people on a rung than that is refused before it gets here.
        ConflictError: somebody else is at it, the store is overloaded, or whether it was written is unknown.
        ClientError: the request itself is wrong, which is a bug.
    """
    if len(actions) > MOST_ACTIONS:
        raise ValueError(f"a step of {len(actions)} actions: a transaction holds {MOST_ACTIONS}")
    try:
        client.transact_write_items(TransactItems=[action.request for action in actions])  # type: ignore[misc]
    except ClientError as error:
        reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", ())
        codes = [str(reason.get("Code", "None")) for reason in reasons]
        for action, reason, code in zip(actions, reasons, codes, strict=False):
            if code == "ConditionalCheckFailed":
                raise action.refused(dict(reason.get("Item", {}))) from error
        if _passes(error) or (codes and all(code == "None" or code in _PASSING for code in codes)):
            raise ConflictError("the store is busy, or did not say what it did") from error
        raise
    except UNREACHABLE as error:
        raise ConflictError("whether it was written is unknown") from error


def update(client: DynamoDBClient, action: Action) -> None:
    """One conditional update by itself, at half the price of a transaction of one.

    For steps that whoever is refused reads again: botocore's own repeat after a lost answer finds the row moved, by
    this very update.

    Raises:
        ConflictError: the row moved, the store is overloaded, or whether it was written is unknown.
        ClientError: the request itself is wrong, which is a bug.
    """
    try:
        client.update_item(**action.request["Update"])
    except ClientError as error:
        if refused(error):
            raise action.refused({}) from error
        if _passes(error):
            raise ConflictError("the store is busy, or did not say what it did") from error
        raise
    except UNREACHABLE as error:
        raise ConflictError("whether it was written is unknown") from error


@contextmanager
def available() -> Iterator[None]:
    """Around a call that may be repeated: a store that cannot be reached is said to be so.

    Raises:
        UnavailableError: it could not be reached, or refused for load.
    """
    try:
        yield
    except ClientError as error:
        if _passes(error):
            raise UnavailableError("the store refused for now") from error
        raise
    except UNREACHABLE as error:
        raise UnavailableError("the store could not be reached") from error


def refused(error: ClientError) -> bool:
    """Whether the condition of a single write did not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def get(client: DynamoDBClient, table: str, key: Item) -> Item | None:
    """One item, strongly consistent."""
    with available():
        return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def query(client: DynamoDBClient, *, limit: int | None = None, **request: Any) -> list[Item]:
    """All items of a query, or the first `limit`."""
    items: list[Item] = []
    page: dict[str, Any] = {}
    while True:
        if limit is not None:
            page["Limit"] = limit - len(items)
        with available():
            answer = client.query(**request, **page)
        items.extend(answer["Items"])
        last = answer.get("LastEvaluatedKey")
        if not last or (limit is not None and len(items) >= limit):
            return items
        page["ExclusiveStartKey"] = last


def _passes(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"]["Code"] in _PASSING or status >= _SERVER_ERROR
