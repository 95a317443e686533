"""Two stores that were written apart, moto's and the simulation's, answer the same to any requests of our kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.contract import tables, virtual

Request = tuple[str, dict[str, Any]]
"""A method of the client, and what it is called with."""

NAMES = {"a": "a", "n": "n", "s": "s", "#version": "version", "#state": "state", "next_shard": "next_shard"}
"""Attributes as an expression writes them, and their names; some are reserved words."""
_DIED = "('TypeError', None)"
"""moto's reason where it compared a text with an attribute that is not there. DynamoDB finds that one not smaller."""
_BESIDE = {"ResponseMetadata", "ConsumedCapacity", "ItemCollectionMetrics"}

text = st.sampled_from(["", "a", "aa", "ab", "b", "é", "𝄞"])
number = st.sampled_from(["0", "1", "-1", "2", "10", "9", "1.5", "100000000000000000000000000000000001"])
value: st.SearchStrategy[dict[str, Any]] = st.one_of(
    text.map(lambda held: {"S": held}),
    number.map(lambda held: {"N": held}),
    st.binary(min_size=1, max_size=2).map(lambda held: {"B": held}),
)
"""Without truth values: moto finds false equal to zero. tests/unit/test_torture_aws_dynamodb.py has them."""
sort_key = st.sampled_from(["META", "EARLY", "00000001", "00000002"])
key = st.builds(lambda pk, sk: {"PK": {"S": pk}, "SK": {"S": sk}}, st.sampled_from(["p", "q"]), sort_key)
table = st.sampled_from(["incidents", "timers"])
indexed = st.fixed_dictionaries(
    {},
    optional={
        "next_shard": st.sampled_from(["0", "1"]).map(lambda held: {"S": held}),
        "next_step_at": number.map(lambda held: {"N": held}),
    },
)
item = st.builds(
    lambda keys, index, rest: {**keys, **index, **rest},
    key,
    indexed,
    st.dictionaries(st.sampled_from(["a", "n", "s", "version", "state"]), value, max_size=4),
)


class Words:
    """Collects the names and values of one request's expressions."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, written: str) -> str:
        if written.startswith("#"):
            self.names[written] = NAMES[written]
        return written

    def value(self, held: dict[str, Any]) -> str:
        name = f":v{len(self.values)}"
        self.values[name] = held
        return name

    def beside(self) -> dict[str, Any]:
        return {
            **({"ExpressionAttributeNames": self.names} if self.names else {}),
            **({"ExpressionAttributeValues": self.values} if self.values else {}),
        }


@st.composite
def conditions(draw: st.DrawFn, words: Words, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["one", "one", "one", *(["and", "or", "not"] if depth else [])]))
    if kind in {"and", "or"}:
        return f"({draw(conditions(words, depth - 1))}) {kind.upper()} {draw(conditions(words, depth - 1))}"
    if kind == "not":
        return f"NOT ({draw(conditions(words, 0))})"
    attribute = words.name(draw(st.sampled_from(sorted(NAMES))))
    return draw(comparisons(words, attribute))


@st.composite
def comparisons(draw: st.DrawFn, words: Words, attribute: str) -> str:
    """Without BETWEEN: moto dies of an attribute that is of another type than the bounds."""
    kind = draw(st.sampled_from(["exists", "not_exists", "equal", "order", "begins_with", "in"]))
    if kind in {"exists", "not_exists"}:
        return f"attribute_{kind}({attribute})"
    if kind == "equal":
        return f"{attribute} {draw(st.sampled_from(['=', '<>']))} {words.value(draw(value))}"
    if kind == "order":
        held = draw(st.one_of(text.map(lambda held: {"S": held}), number.map(lambda held: {"N": held})))
        return f"{attribute} {draw(st.sampled_from(['<', '<=', '>', '>=']))} {words.value(held)}"
    if kind == "in":
        return f"{attribute} IN ({words.value(draw(value))}, {words.value(draw(value))})"
    return f"begins_with({attribute}, {words.value({'S': draw(text)})})"


@st.composite
def updates(draw: st.DrawFn, words: Words) -> str:
    """Each attribute is touched once at most."""
    touched = draw(
        st.lists(st.sampled_from(["a", "n", "s", "#version", "#state"]), min_size=1, max_size=4, unique=True)
    )
    clauses: dict[str, list[str]] = {}
    for written in touched:
        name = words.name(written)
        kind = draw(st.sampled_from(["set", "sum", "if_not_exists", "copy", "REMOVE", "ADD"]))
        if kind == "set":
            clauses.setdefault("SET", []).append(f"{name} = {words.value(draw(value))}")
        elif kind == "sum":
            more = words.value({"N": draw(number)})
            clauses.setdefault("SET", []).append(f"{name} = {name} {draw(st.sampled_from('+-'))} {more}")
        elif kind == "if_not_exists":
            clauses.setdefault("SET", []).append(f"{name} = if_not_exists({name}, {words.value(draw(value))})")
        elif kind == "copy":
            other = words.name(draw(st.sampled_from(["a", "#version"])))
            clauses.setdefault("SET", []).append(f"{name} = {other}")
        elif kind == "REMOVE":
            clauses.setdefault("REMOVE", []).append(name)
        else:
            clauses.setdefault("ADD", []).append(f"{name} {words.value({'N': draw(number)})}")
    return " ".join(f"{section} {', '.join(parts)}" for section, parts in clauses.items())


@st.composite
def writes(draw: st.DrawFn, *, alone: bool) -> tuple[str, dict[str, Any]]:
    """A kind of write, and its request."""
    kind = draw(
        st.sampled_from(["Put", "Update", "Delete"] if alone else ["Put", "Update", "Delete", "ConditionCheck"])
    )
    words = Words()
    request: dict[str, Any] = {"TableName": draw(table)}
    request |= {"Item": draw(item)} if kind == "Put" else {"Key": draw(key)}
    if kind == "Update":
        request["UpdateExpression"] = draw(updates(words))
    if request.get("UpdateExpression", "").startswith("REMOVE") and "ADD" not in request["UpdateExpression"]:
        request["ConditionExpression"] = "attribute_exists(PK)"  # else the simulation does not play it
    elif kind == "ConditionCheck" or draw(st.booleans()):
        request["ConditionExpression"] = draw(conditions(words))
        if draw(st.booleans()):
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return kind, request | words.beside()


@st.composite
def single(draw: st.DrawFn) -> Request:
    kind, request = draw(writes(alone=True))
    returns = ["NONE", "ALL_OLD", *(["ALL_NEW", "UPDATED_NEW"] if kind == "Update" else [])]
    # not UPDATED_OLD: of an attribute that is set to what it was, moto returns nothing, and DynamoDB its value
    return f"{kind.lower()}_item", request | {"ReturnValues": draw(st.sampled_from(returns))}


@st.composite
def transactions(draw: st.DrawFn) -> Request:
    actions = draw(st.lists(writes(alone=False), min_size=1, max_size=3))
    return "transact_write_items", {"TransactItems": [{kind: request} for kind, request in actions]}


@st.composite
def queries(draw: st.DrawFn) -> Request:
    words = Words()
    request: dict[str, Any] = {"ScanIndexForward": draw(st.booleans())}
    if draw(st.booleans()):
        request |= {"TableName": draw(table), "ConsistentRead": draw(st.booleans())}
        condition = f"PK = {words.value({'S': draw(st.sampled_from('pq'))})}"
        bound, sort = draw(sort_key.map(lambda held: {"S": held})), "SK"
        if draw(st.booleans()):
            prefix = draw(st.sampled_from(["0", "0000", "M", "EARLY"]))
            return "query", request | {
                "KeyConditionExpression": f"{condition} AND begins_with(SK, {words.value({'S': prefix})})"
            } | words.beside()
    else:
        request |= {"TableName": "incidents", "IndexName": "by_next_step"}
        condition = f"next_shard = {words.value({'S': draw(st.sampled_from('01'))})}"
        bound, sort = draw(number.map(lambda held: {"N": held})), "next_step_at"
    sign = draw(st.sampled_from(["", "=", "<", "<=", ">", ">="]))
    if sign:
        condition += f" AND {sort} {sign} {words.value(bound)}"
    if draw(st.booleans()):
        request["Limit"] = draw(st.integers(1, 3))
    return "query", request | {"KeyConditionExpression": condition} | words.beside()


gets: st.SearchStrategy[Request] = st.builds(
    lambda of, wanted: ("get_item", {"TableName": of, "Key": wanted, "ConsistentRead": True}), table, key
)
requests = st.one_of(single(), transactions(), transactions(), queries(), gets)


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        tables.create(client)
        yield client


def heard(client: Any, request: Request) -> Any:
    """What a caller learns; of a query, all its pages: moto names no last key where a page ends with the last item."""
    method, asked = request
    try:
        answer = getattr(client, method)(**asked)
        while method == "query" and "LastEvaluatedKey" in answer:
            more = client.query(**asked, ExclusiveStartKey=answer.pop("LastEvaluatedKey"))
            answer = more | {name: answer[name] + more[name] for name in ("Items", "Count", "ScannedCount")}
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", [])
        told = [(reason["Code"], reason.get("Item")) for reason in reasons]
        if ("ValidationError", None) in told:
            return "ValidationException", None  # moto refuses the whole transaction, DynamoDB names the action
        return error.response["Error"]["Code"], told or error.response.get("Item")
    if asked.get("ReturnValues") == "UPDATED_NEW":  # of an item that is new, moto returns the keys too
        shown = {name: held for name, held in answer.get("Attributes", {}).items() if name not in {"PK", "SK"}}
        return {"Attributes": shown}
    return {name: told for name, told in answer.items() if name not in _BESIDE}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(asked=st.lists(requests, min_size=1, max_size=12))
def test_the_same_is_answered_to_the_same_requests(moto: Any, asked: list[Request]) -> None:
    ours = virtual.store()
    for name in tables.INDEXES:
        for left in moto.scan(TableName=name)["Items"]:
            moto.delete_item(TableName=name, Key={part: left[part] for part in ("PK", "SK")})

    for request in asked:
        here, there = heard(ours, request), heard(moto, request)
        if _DIED in str(there):
            reject()
        assert here == there, request
