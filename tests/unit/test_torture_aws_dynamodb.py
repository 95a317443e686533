"""The virtual DynamoDB holds to the rules of the real one, and says so where it does not know one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import moto.dynamodb
import pytest
from botocore.exceptions import ClientError

from shared.adapters.dynamo_copy import IncidentsCopy
from shared.adapters.dynamo_keys import Tables
from tests.contract import tables
from torture.aws.dynamodb import VirtualDynamoDB
from torture.aws.shapes import Key, tocsin_tables
from torture.aws.syntax import RESERVED

NOW = 1_770_000_000_000
KEY = {"PK": {"S": "inc-1"}, "SK": {"S": "META"}}
OTHER = {"PK": {"S": "inc-1"}, "SK": {"S": "EARLY"}}
ROW: dict[str, Any] = {**KEY, "fence": {"N": "7"}, "name": {"S": "kettle"}, "open": {"BOOL": True}}
MINUTE = 60_000


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> VirtualDynamoDB:
    made = VirtualDynamoDB(tocsin_tables(tables.NAMES), clock)
    made.put_item(TableName="incidents", Item=ROW)
    return made


def there(store: VirtualDynamoDB, key: dict[str, Any] = KEY) -> Any:
    return store.get_item(TableName="incidents", Key=key, ConsistentRead=True).get("Item")


def code(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return refused.value.response["Error"]["Code"]


def put(store: VirtualDynamoDB, **request: Any) -> Any:
    return store.put_item(**{"TableName": "incidents", "Item": ROW} | request)


def update(store: VirtualDynamoDB, expression: str, **request: Any) -> Any:
    return store.update_item(TableName="incidents", Key=KEY, UpdateExpression=expression, **request)


def test_tables_and_indexes_are_those_the_contract_suite_holds_to_what_is_deployed() -> None:
    shapes = tocsin_tables(tables.NAMES)

    assert shapes.keys() == tables.INDEXES.keys()
    for name, shape in shapes.items():
        assert (shape.partition, shape.sort) == (Key("PK"), Key("SK"))
        indexes = {
            index: (
                {key.name: key.type for key in (of.partition, of.sort) if key is not None},
                "ALL" if of.whole else "KEYS_ONLY",
            )
            for index, of in shape.indexes.items()
        }
        assert indexes == tables.INDEXES[name]
    assert {name for name, shape in shapes.items() if shape.expires == "ttl"} == {"incidents", "outbox", "timeline"}


def test_tables_are_found_by_the_names_of_the_stage() -> None:
    names = Tables(incidents="one", timers="two", outbox="three", timeline="four")

    assert set(tocsin_tables(names)) == {"one", "two", "three", "four"}


def test_reserved_words_are_those_that_moto_knows() -> None:
    listed = Path(moto.dynamodb.__file__).with_name("parsing") / "reserved_keywords.txt"

    assert set(listed.read_text().split()) == RESERVED


VALUES = {":seven": {"N": "7"}, ":six": {"N": "6"}, ":ten": {"N": "10"}, ":text": {"S": "ket"}, ":yes": {"BOOL": True}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("fence = :seven", True),
        ("fence = :six", False),
        ("fence < :ten", True),  # 7 < 10 as numbers, not as texts
        ("fence >= :seven", True),
        ("fence <> :six", True),
        ("lacking <> :six", True),
        ("lacking = :six", False),
        ("lacking < :six", False),
        ("lacking = gone", False),
        ("fence < :text", False),
        ("fence BETWEEN :six AND :ten", True),
        ("fence IN (:six, :seven)", True),
        ("begins_with(#name, :text)", True),
        ("begins_with(fence, :text)", False),
        ("#open = :yes", True),
        ("attribute_exists(fence)", True),
        ("attribute_exists(lacking)", False),
        ("attribute_not_exists(lacking)", True),
        ("attribute_not_exists(PK) OR fence = :seven", True),
        ("attribute_not_exists(PK) AND fence = :seven OR #open = :yes", True),
        ("attribute_not_exists(PK) AND (fence = :seven OR #open = :yes)", False),
        ("NOT fence = :seven", False),
        ("NOT fence = :six and NOT attribute_exists(lacking)", True),
    ],
)
def test_a_write_goes_in_where_its_condition_holds(store: VirtualDynamoDB, condition: str, *, holds: bool) -> None:
    names = {name: name[1:] for name in ("#name", "#open") if name in condition}
    request: dict[str, Any] = {
        "Item": {**KEY, "new": {"S": "yes"}},
        "ConditionExpression": condition,
        **({"ExpressionAttributeNames": names} if names else {}),
    }
    used = {name: value for name, value in VALUES.items() if name in condition}
    request |= {"ExpressionAttributeValues": used} if used else {}

    if holds:
        put(store, **request)
    else:
        assert code(lambda: put(store, **request)) == "ConditionalCheckFailedException"

    assert there(store) == (request["Item"] if holds else ROW)


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(
            {"ConditionExpression": "name = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}, id="reserved"
        ),
        pytest.param({"ConditionExpression": "fence = :v"}, id="a value that is not there"),
        pytest.param({"ConditionExpression": "attribute_exists(#x)"}, id="a name that is not there"),
        pytest.param({"ConditionExpression": ""}, id="empty"),
        pytest.param({"ConditionExpression": "attribute_exists(fence"}, id="open parenthesis"),
        pytest.param({"ConditionExpression": "attribute_exists(fence) fence"}, id="too much"),
        pytest.param({"ConditionExpression": "((attribute_exists(fence)))"}, id="needless parentheses"),
        pytest.param({"ConditionExpression": "fence = fence"}, id="compared with itself"),
        pytest.param({"ConditionExpression": "exists(fence)"}, id="no such function"),
        pytest.param(
            {"ConditionExpression": "fence < :v", "ExpressionAttributeValues": {":v": {"BOOL": True}}}, id="no order"
        ),
        pytest.param({"ExpressionAttributeValues": {":v": {"S": "x"}}}, id="an idle value"),
        pytest.param(
            {"ConditionExpression": "attribute_exists(fence)", "ExpressionAttributeNames": {"#x": "x"}},
            id="an idle name",
        ),
        pytest.param(
            {"ConditionExpression": "attribute_exists(fence)", "ExpressionAttributeNames": {}}, id="no names at all"
        ),
        pytest.param({"Item": {"PK": {"S": "inc-1"}}}, id="no sort key"),
        pytest.param({"Item": {**KEY, "SK": {"N": "1"}}}, id="a key of another type"),
        pytest.param({"Item": {**KEY, "PK": {"S": ""}}}, id="an empty key"),
        pytest.param({"Item": {**KEY, "SK": {"S": "x" * 1025}}}, id="a long sort key"),
        pytest.param({"Item": {**KEY, "PK": {"S": "投" * 683}}}, id="a partition key of 2049 bytes"),
        pytest.param({"Item": {**KEY, "next_shard": {"S": "1"}, "next_step_at": {"S": "1"}}}, id="an index key's type"),
        pytest.param({"Item": {**KEY, "next_shard": {"S": ""}}}, id="an empty index key"),
        pytest.param({"Item": {**KEY, "a": {"N": "seven"}}}, id="no number"),
        pytest.param({"Item": {**KEY, "a": {"N": "1" * 39}}}, id="39 digits"),
        pytest.param({"Item": {**KEY, "a": {"N": "1E126"}}}, id="a number too large"),
        pytest.param({"Item": {**KEY, "a": {"S": "x", "N": "1"}}}, id="two types"),
        pytest.param({"Item": {**KEY, "a": {"SS": []}}}, id="an empty set"),
        pytest.param({"Item": {**KEY, "a": {"S": "x" * (400 * 1024)}}}, id="more than 400 KB"),
        pytest.param({"ReturnValues": "ALL_NEW"}, id="a put returns nothing new"),
    ],
)
def test_a_put_that_is_wrong_is_refused_and_changes_nothing(store: VirtualDynamoDB, request_: dict[str, Any]) -> None:
    assert code(lambda: put(store, **request_)) == "ValidationException"
    assert there(store) == ROW


@pytest.mark.parametrize(
    "call",
    [
        lambda store: put(store, ReturnItemCollectionMetrics="SIZE"),
        lambda store: put(store, ReturnConsumedCapacity="TOTAL"),
        lambda store: put(store, ConditionExpression="size(fence) > :v", ExpressionAttributeValues={":v": {"N": "1"}}),
        lambda store: put(store, ConditionExpression=":v > size(fence)", ExpressionAttributeValues={":v": {"N": "1"}}),
        lambda store: put(store, ConditionExpression="contains(#n, :v)", ExpressionAttributeNames={"#n": "name"}),
        lambda store: put(store, ConditionExpression="attribute_exists(a.b)"),
        lambda store: put(store, ConditionExpression="attribute_exists(a[0])"),
        lambda store: update(store, "SET a = list_append(a, :v)", ExpressionAttributeValues={":v": {"L": []}}),
        lambda store: update(store, "ADD a :v", ExpressionAttributeValues={":v": {"SS": ["x"]}}),
        lambda store: update(store, "DELETE a :v", ExpressionAttributeValues={":v": {"SS": ["x"]}}),
        lambda store: store.update_item(TableName="incidents", Key=KEY),
        lambda store: store.update_item(TableName="incidents", Key=OTHER, UpdateExpression="REMOVE a"),
        lambda store: store.transact_write_items(TransactItems=[{"Get": {"TableName": "incidents", "Key": KEY}}]),
        lambda store: store.query(TableName="incidents", KeyConditions={}),
    ],
)
def test_what_is_not_played_is_not_overlooked(
    store: VirtualDynamoDB, call: Callable[[VirtualDynamoDB], object]
) -> None:
    with pytest.raises(NotImplementedError):
        call(store)
    assert there(store) == ROW


@pytest.mark.parametrize(
    ("expression", "values", "after"),
    [
        ("SET fence = :v", {":v": {"N": "8"}}, {"fence": {"N": "8"}}),
        ("SET fence = fence + :v", {":v": {"N": "0.5"}}, {"fence": {"N": "7.5"}}),
        ("SET fence = fence - :v, twin = fence", {":v": {"N": "8"}}, {"fence": {"N": "-1"}, "twin": {"N": "7"}}),
        ("SET fence = if_not_exists(fence, :v)", {":v": {"N": "1"}}, {"fence": {"N": "7"}}),
        ("SET tries = if_not_exists(tries, :v) + :v", {":v": {"N": "1"}}, {"tries": {"N": "2"}}),
        ("ADD fence :v", {":v": {"N": "1"}}, {"fence": {"N": "8"}}),
        ("ADD tries :v", {":v": {"N": "1"}}, {"tries": {"N": "1"}}),
        ("ADD tries :v SET a = :v REMOVE lacking", {":v": {"N": "1"}}, {"tries": {"N": "1"}, "a": {"N": "1"}}),
        ("set a = :v", {":v": {"N": "1.50"}}, {"a": {"N": "1.5"}}),
    ],
)
def test_an_update_reads_what_was_and_writes_what_it_says(
    store: VirtualDynamoDB, expression: str, values: dict[str, Any], after: dict[str, Any]
) -> None:
    answer = update(store, expression, ExpressionAttributeValues=values, ReturnValues="UPDATED_NEW")

    assert there(store) == ROW | after
    assert answer["Attributes"] == after


def test_an_update_removes_and_says_what_was(store: VirtualDynamoDB) -> None:
    answer = update(store, "REMOVE fence, lacking", ReturnValues="ALL_OLD")

    assert answer["Attributes"] == ROW
    assert there(store) == {name: value for name, value in ROW.items() if name != "fence"}


def test_an_update_of_nothing_begins_with_the_key(store: VirtualDynamoDB) -> None:
    store.update_item(
        TableName="incidents", Key=OTHER, UpdateExpression="ADD n :v", ExpressionAttributeValues={":v": {"N": "1"}}
    )

    assert there(store, OTHER) == {**OTHER, "n": {"N": "1"}}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("SET PK = :v", {"S": "x"}),
        ("SET a = :v REMOVE a", {"S": "x"}),
        ("SET a = :v SET b = :v", {"S": "x"}),
        ("SET a = lacking, b = :v", {"S": "x"}),
        ("SET a = fence + :v", {"S": "x"}),
        ("SET next_step_at = :v", {"S": "x"}),
        ("ADD fence :v", {"S": "x"}),
        ("ADD #open :v", {"N": "1"}),
        ("SET big = :v", {"S": "x" * (400 * 1024)}),
        ("PUT a = :v", {"S": "x"}),
    ],
)
def test_an_update_that_is_wrong_is_refused_and_changes_nothing(
    store: VirtualDynamoDB, expression: str, value: dict[str, Any]
) -> None:
    names = {"ExpressionAttributeNames": {"#open": "open"}} if "#open" in expression else {}
    assert (
        code(lambda: update(store, expression, ExpressionAttributeValues={":v": value}, **names))
        == "ValidationException"
    )
    assert there(store) == ROW


@pytest.mark.parametrize(
    ("written", "read"),
    [("007", "7"), ("1.0", "1"), ("-0", "0"), ("1e3", "1000"), ("0.10", "0.1"), ("+5", "5"), ("9" * 38, "9" * 38)],
)
def test_a_number_comes_back_as_it_is_kept(store: VirtualDynamoDB, written: str, read: str) -> None:
    put(store, Item={**KEY, "n": {"N": written}})

    assert there(store)["n"] == {"N": read}


def test_a_refusal_carries_what_stands_there_where_that_is_asked_for(store: VirtualDynamoDB) -> None:
    request = {"ConditionExpression": "attribute_not_exists(PK)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(ClientError) as refused:
        put(store, **request)

    assert refused.value.response["Item"] == ROW  # type: ignore[typeddict-item]


def test_nobody_holds_what_is_kept(store: VirtualDynamoDB) -> None:
    given: dict[str, Any] = {**KEY, "list": {"L": [{"S": "a"}]}, "text": {"S": "a"}}
    put(store, Item=given)
    for seen in (given, there(store), store.scan(TableName="incidents")["Items"][0]):
        seen["list"]["L"].append({"S": "b"})
        seen["text"]["S"] = "b"

    assert there(store) == {**KEY, "list": {"L": [{"S": "a"}]}, "text": {"S": "a"}}


def test_changes_are_heard_in_their_order_and_what_changes_nothing_is_not(store: VirtualDynamoDB) -> None:
    heard: list[Any] = []
    store.on_change = lambda *change: heard.append(change)
    early = {**OTHER, "n": {"N": "1"}}
    store.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "incidents", "Item": early}},
            {"ConditionCheck": {"TableName": "timers", "Key": KEY, "ConditionExpression": "attribute_not_exists(PK)"}},
            {"Delete": {"TableName": "incidents", "Key": KEY}},
        ]
    )
    put(store, Item=early)
    put(store, Item={**early, "n": {"N": "2"}})
    store.delete_item(TableName="incidents", Key=KEY)

    assert heard == [
        ("incidents", "INSERT", OTHER, None, early),
        ("incidents", "REMOVE", KEY, ROW, None),
        ("incidents", "MODIFY", OTHER, early, {**early, "n": {"N": "2"}}),
    ]


def test_what_expired_goes(store: VirtualDynamoDB, clock: Clock) -> None:
    put(store, Item={**OTHER, "ttl": {"N": str(NOW // 1000 + 60)}})
    assert store.expire() == 0

    clock.now += 2 * MINUTE

    assert store.expire() == 1
    assert there(store, OTHER) is None
    assert there(store) == ROW


def line(number: int, size: int = 1) -> dict[str, Any]:
    return {
        "PK": {"S": "inc-1"},
        "SK": {"S": f"{number:08d}"},
        "text": {"S": "x" * size},
        "odd": {"BOOL": number % 2 == 1},
    }


def pages(store: VirtualDynamoDB, **request: Any) -> list[list[str]]:
    asked: dict[str, Any] = {
        "TableName": "timeline",
        "KeyConditionExpression": "PK = :p",
        "ExpressionAttributeValues": {":p": {"S": "inc-1"}},
    } | request
    found = []
    while True:
        page = store.query(**asked)
        found.append([item["SK"]["S"].lstrip("0") for item in page["Items"]])
        if "LastEvaluatedKey" not in page:
            return found
        asked["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.mark.parametrize(
    ("condition", "bounds", "found"),
    [
        ("SK = :a", ["3"], ["3"]),
        ("SK < :a", ["3"], ["1", "2"]),
        ("SK <= :a", ["3"], ["1", "2", "3"]),
        ("SK > :a", ["4"], ["5"]),
        ("SK >= :a", ["4"], ["4", "5"]),
        ("SK BETWEEN :a AND :b", ["2", "4"], ["2", "3", "4"]),
    ],
)
def test_a_query_reads_a_range_in_order(
    store: VirtualDynamoDB, condition: str, bounds: list[str], found: list[str]
) -> None:
    for number in (3, 1, 5, 2, 4):
        store.put_item(TableName="timeline", Item=line(number))
    values = {name: {"S": bound.zfill(8)} for name, bound in zip((":a", ":b"), bounds, strict=False)}
    request = {
        "KeyConditionExpression": f"PK = :p AND {condition}",
        "ExpressionAttributeValues": {":p": {"S": "inc-1"}, **values},
    }

    assert pages(store, **request) == [found]
    assert pages(store, **request, ScanIndexForward=False) == [found[::-1]]


def test_a_limit_is_of_what_is_read_and_the_rest_is_found_from_there(store: VirtualDynamoDB) -> None:
    for number in range(1, 6):
        store.put_item(TableName="timeline", Item=line(number))
    filtered = {
        "FilterExpression": "odd = :yes",
        "ExpressionAttributeValues": {":p": {"S": "inc-1"}, ":yes": {"BOOL": True}},
    }

    assert pages(store, Limit=2) == [["1", "2"], ["3", "4"], ["5"]]
    assert pages(store, Limit=2, ScanIndexForward=False) == [["5", "4"], ["3", "2"], ["1"]]
    assert pages(store, Limit=2, **filtered) == [["1"], ["3"], ["5"]]


def test_a_page_holds_a_megabyte(store: VirtualDynamoDB) -> None:
    for number in range(1, 6):
        store.put_item(TableName="timeline", Item=line(number, 399 * 1024))

    assert pages(store) == [["1", "2"], ["3", "4"], ["5"]]


@pytest.mark.parametrize(
    "request_",
    [
        {"KeyConditionExpression": "SK = :p"},
        {"KeyConditionExpression": "PK > :p"},
        {"KeyConditionExpression": "PK = :p OR SK = :p"},
        {"KeyConditionExpression": "PK = :p AND SK <> :p"},
        {"KeyConditionExpression": "PK = :p AND other = :p"},
        {"KeyConditionExpression": "PK = :p AND PK = :p"},
        {"ExpressionAttributeValues": {":p": {"N": "1"}}},
        {"ExpressionAttributeValues": {":p": {"S": ""}}},
        {"FilterExpression": "SK = :p"},
        {
            "KeyConditionExpression": "PK = :p AND SK BETWEEN :p AND :a",
            "ExpressionAttributeValues": {":p": {"S": "inc-1"}, ":a": {"S": "a"}},
        },
        {"Limit": 0},
        {"ExclusiveStartKey": {"PK": {"S": "inc-1"}}},
        {"ExclusiveStartKey": {"PK": {"S": "inc-2"}, "SK": {"S": "x"}}},
        {"IndexName": "by_age"},
    ],
)
def test_a_query_that_is_wrong_is_refused(store: VirtualDynamoDB, request_: dict[str, Any]) -> None:
    assert code(lambda: pages(store, **request_)) == "ValidationException"


def silent(store: VirtualDynamoDB, **request: Any) -> list[dict[str, Any]]:
    asked = {
        "TableName": "incidents",
        "IndexName": "by_next_step",
        "KeyConditionExpression": "next_shard = :s",
        "ExpressionAttributeValues": {":s": {"S": "3"}},
    }
    items: list[dict[str, Any]] = store.query(**asked | request)["Items"]
    return items


def waiting(incident: str, at: int | None) -> dict[str, Any]:
    row: dict[str, Any] = {"PK": {"S": incident}, "SK": {"S": "META"}, "doc": {"S": "{}"}, "next_shard": {"S": "3"}}
    return row if at is None else row | {"next_step_at": {"N": str(at)}}


def test_an_index_holds_the_keys_of_those_that_have_them_by_number(store: VirtualDynamoDB) -> None:
    for incident, at in (("b", 9), ("a", 10), ("c", None), ("d", 9)):
        put(store, Item=waiting(incident, at))
    put(store, Item=waiting("d", None))

    assert [(item["PK"]["S"], item["next_step_at"]["N"]) for item in silent(store)] == [("b", "9"), ("a", "10")]
    assert all(item.keys() == {"PK", "SK", "next_shard", "next_step_at"} for item in silent(store))
    assert code(lambda: silent(store, ConsistentRead=True)) == "ValidationException"


def test_an_index_that_lags_shows_each_item_as_it_was_in_the_order_it_was(store: VirtualDynamoDB, clock: Clock) -> None:
    lags = iter([500, 100, 0])
    store.index_lag = lambda: next(lags)
    put(store, Item=waiting("a", 1))
    put(store, Item=waiting("a", 2))  # arrives no earlier than the change before it
    put(store, Item=waiting("b", 3))
    seen = []
    for _ in range(3):
        seen.append([item["next_step_at"]["N"] for item in silent(store)])
        clock.now += 250

    assert seen == [["3"], ["3"], ["2", "3"]]


def steps(*actions: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{kind: {"TableName": "incidents", **body}} for kind, body in actions]


FENCED = {"ConditionExpression": "fence = :f", "ExpressionAttributeValues": {":f": {"N": "7"}}}
STALE = {"ConditionExpression": "fence = :f", "ExpressionAttributeValues": {":f": {"N": "6"}}}


def test_a_transaction_writes_all_of_it(store: VirtualDynamoDB) -> None:
    store.transact_write_items(
        TransactItems=steps(
            ("ConditionCheck", {"Key": KEY, **FENCED}),
            ("Put", {"Item": OTHER, "ConditionExpression": "attribute_not_exists(PK)"}),
        )
    )

    assert there(store, OTHER) == OTHER
    assert there(store) == ROW


def test_a_transaction_that_is_refused_writes_nothing_and_says_why_in_order(store: VirtualDynamoDB) -> None:
    with pytest.raises(ClientError) as refused:
        store.transact_write_items(
            TransactItems=steps(
                ("Put", {"Item": OTHER}),
                ("Update", {"Key": KEY, "UpdateExpression": "REMOVE fence", **STALE}),
                (
                    "Put",
                    {
                        "Item": waiting("b", 1) | {"next_step_at": {"S": "soon"}},
                    },
                ),
            )
        )

    response: Any = refused.value.response
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in response["CancellationReasons"]] == [
        "None",
        "ConditionalCheckFailed",
        "ValidationError",
    ]
    assert "Item" not in response["CancellationReasons"][1]
    assert (there(store), there(store, OTHER)) == (ROW, None)


def test_a_reason_carries_the_item_where_that_is_asked_for(store: VirtualDynamoDB) -> None:
    shows = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    with pytest.raises(ClientError) as refused:
        store.transact_write_items(TransactItems=steps(("Delete", {"Key": KEY, **STALE, **shows})))

    response: Any = refused.value.response
    assert response["CancellationReasons"][0]["Item"] == ROW


@pytest.mark.parametrize(
    "actions",
    [
        [],
        [("Put", {"Item": line(number)}) for number in range(101)],
        [("Put", {"Item": OTHER}), ("Delete", {"Key": OTHER})],
        [("ConditionCheck", {"Key": KEY})],
        [("Put", {"Item": line(number, 399 * 1024)}) for number in range(11)],
    ],
    ids=["none", "101", "two on one item", "a check of nothing", "more than 4 MB"],
)
def test_a_transaction_that_is_wrong_is_refused(store: VirtualDynamoDB, actions: list[Any]) -> None:
    assert code(lambda: store.transact_write_items(TransactItems=steps(*actions))) == "ValidationException"
    assert list(store.rows("incidents")) == [ROW]


def test_a_transaction_of_a_hundred_is_one(store: VirtualDynamoDB) -> None:
    store.transact_write_items(TransactItems=steps(*(("Put", {"Item": line(number)}) for number in range(100))))

    kept = [item["SK"]["S"] for item in store.rows("incidents")]
    assert len(kept) == 101
    assert all(one < two for one, two in pairwise(kept))


def test_a_token_is_written_once_for_ten_minutes(store: VirtualDynamoDB, clock: Clock) -> None:
    claim = {
        "TransactItems": steps(("Delete", {"Key": KEY, "ConditionExpression": "attribute_exists(PK)"})),
        "ClientRequestToken": "t-1",
    }
    store.transact_write_items(**claim)
    store.transact_write_items(**claim)
    clock.now += 10 * MINUTE - 1
    store.transact_write_items(**claim)
    clock.now += 1

    assert code(lambda: store.transact_write_items(**claim)) == "TransactionCanceledException"


def test_a_token_is_for_one_content(store: VirtualDynamoDB) -> None:
    store.transact_write_items(TransactItems=steps(("Put", {"Item": OTHER})), ClientRequestToken="t-1")
    other = steps(("Put", {"Item": {**OTHER, "a": {"S": "b"}}}))
    reordered = [{"Put": dict(reversed(steps(("Put", {"Item": OTHER}))[0]["Put"].items()))}]

    refused = code(lambda: store.transact_write_items(TransactItems=other, ClientRequestToken="t-1"))
    store.transact_write_items(TransactItems=reordered, ClientRequestToken="t-1")

    assert refused == "IdempotentParameterMismatchException"
    assert there(store, OTHER) == OTHER


def test_a_token_of_what_was_refused_is_not_spent(store: VirtualDynamoDB) -> None:
    claim = {"TransactItems": steps(("Delete", {"Key": OTHER, "ConditionExpression": "attribute_exists(PK)"}))}
    assert code(lambda: store.transact_write_items(**claim, ClientRequestToken="t-1")) == "TransactionCanceledException"
    put(store, Item=OTHER)

    store.transact_write_items(**claim, ClientRequestToken="t-1")

    assert there(store, OTHER) is None


@pytest.mark.parametrize("key", [{**KEY, "fence": {"N": "7"}}, {"PK": KEY["PK"]}, {**KEY, "SK": {"N": "1"}}])
def test_a_key_has_its_two_parts_and_no_other(store: VirtualDynamoDB, key: dict[str, Any]) -> None:
    assert code(lambda: there(store, key)) == "ValidationException"


def test_a_table_that_is_not_there_is_not_found(store: VirtualDynamoDB) -> None:
    assert code(lambda: store.get_item(TableName="nowhere", Key=KEY)) == "ResourceNotFoundException"


def test_a_batch_is_read_as_far_as_it_is_there_and_fits(store: VirtualDynamoDB) -> None:
    for number in range(1, 46):
        store.put_item(TableName="timeline", Item=line(number, 399 * 1024))
    keys = [{"PK": {"S": "inc-1"}, "SK": {"S": f"{number:08d}"}} for number in range(1, 47)]
    asked: dict[str, Any] = {
        "incidents": {"Keys": [KEY, OTHER], "ConsistentRead": True, "ProjectionExpression": "PK, fence"},
        "timeline": {"Keys": keys, "ConsistentRead": True},
    }
    answer = store.batch_get_item(RequestItems=asked)
    rest = store.batch_get_item(RequestItems=answer["UnprocessedKeys"])

    assert answer["Responses"]["incidents"] == [{"PK": KEY["PK"], "fence": {"N": "7"}}]
    read = [*answer["Responses"]["timeline"], *rest["Responses"]["timeline"]]
    assert [item["SK"] for item in read] == [key["SK"] for key in keys[:45]]
    assert len(answer["Responses"]["timeline"]) == 41
    assert rest["UnprocessedKeys"] == {}


@pytest.mark.parametrize("keys", [[KEY, KEY], [], [OTHER | {"SK": {"S": str(number)}} for number in range(101)]])
def test_a_batch_that_is_wrong_is_refused(store: VirtualDynamoDB, keys: list[Any]) -> None:
    asked = {"incidents": {"Keys": keys}}

    assert code(lambda: store.batch_get_item(RequestItems=asked)) == "ValidationException"


def test_what_a_restore_puts_back_is_what_was_lost() -> None:
    shapes = tocsin_tables(tables.NAMES)
    store: Any = VirtualDynamoDB({**shapes, "copy": shapes["incidents"]}, Clock())
    lost = {"PK": {"S": "IDEM#1"}, "SK": {"S": "IDEM"}, "incident": {"S": "inc-1"}}
    kept = {"PK": {"S": "IDEM#2"}, "SK": {"S": "IDEM"}, "incident": {"S": "inc-1"}}
    for row in (lost, kept):
        store.put_item(TableName="copy", Item=row)
    store.put_item(TableName="incidents", Item=kept)

    assert IncidentsCopy(lambda: store, "copy", tables.NAMES).put_back_missing({"inc-1"}) == 1
    assert sorted(store.rows("incidents"), key=str) == [lost, kept]
