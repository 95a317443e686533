"""How AWS says no: the errors that boto3's clients raise, made as botocore makes them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from botocore.exceptions import ClientError

_BAD_REQUEST = 400


class InvalidError(Exception):
    """A request that breaks a rule which DynamoDB can see without looking at its tables."""


class UnfitError(Exception):
    """A request that does not fit the table or the item it is for: in a transaction the action is refused for it."""


def refusal(operation: str, code: str, message: str, status: int = _BAD_REQUEST, **fields: Any) -> ClientError:
    """What a client raises; `fields` stand beside the error in the response, as CancellationReasons do."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **fields,
    }
    return ClientError(response, operation)


def answer(**fields: Any) -> dict[str, Any]:
    """What a client returns."""
    return {**fields, "ResponseMetadata": {"HTTPStatusCode": 200}}


def only(operation: str, request: Mapping[str, Any], known: AbstractSet[str]) -> None:
    """Nothing is overlooked: what the simulation does not play, it says so.

    Raises:
        NotImplementedError: a field is none of the known ones.
    """
    if not request.keys() <= known:
        raise NotImplementedError(f"{operation} with {', '.join(sorted(request.keys() - known))} is not played")
