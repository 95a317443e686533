"""What a life costs, held: whoever makes an incident dearer is told by the row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench import prices
from bench.billing import index_units, read_units, write_units
from bench.life_cost import (
    MOST_INVOCATIONS,
    MOST_WRITE_UNITS,
    acknowledged_in_time,
    usd_for_a_million,
    usd_of_the_front,
)
from bench.life_why import why, why_read
from bench.meter import Bill, Write
from bench.monthly import monthly
from infra import counted

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

KEYS = {"PK": {"S": "p"}, "SK": {"S": "s"}}
MOST_READ_UNITS = 16
"""No aim of anybody's: what it takes where nothing is read twice."""
OPEN = (frozenset({"open_shard", "open_since"}), "KEYS_ONLY")
STUCK = {**KEYS, "open_shard": {"S": "3"}, "open_since": {"N": "12"}}


def of_size(size: int) -> dict[str, dict[str, str]]:
    return {"a": {"S": "x" * (size - 1)}}


@pytest.mark.parametrize(
    ("before", "after", "alone", "together"), [(0, 1024, 1, 2), (0, 1025, 2, 4), (3000, 10, 3, 6), (10, 0, 1, 2)]
)
def test_a_write_costs_the_larger_of_before_and_after_and_twice_that_in_a_transaction(
    before: int, after: int, alone: int, together: int
) -> None:
    was, there = (of_size(size) if size else {} for size in (before, after))
    assert write_units(was, there, transaction=False) == alone
    assert write_units(was, there, transaction=True) == together


def test_an_index_costs_for_what_comes_goes_or_moves_and_for_nothing_else() -> None:
    moved = {**STUCK, "open_since": {"N": "13"}}
    assert index_units({}, STUCK, [OPEN]) == 1
    assert index_units(STUCK, KEYS, [OPEN]) == 1
    assert index_units(STUCK, moved, [OPEN]) == 2
    assert index_units(STUCK, {**STUCK, "state": {"S": "sent"}}, [OPEN]) == 0
    assert index_units({}, KEYS, [OPEN]) == 0


def test_a_read_that_finds_nothing_costs_as_much_as_the_least() -> None:
    assert [read_units(size, consistent=True) for size in (0, 4096, 4097)] == [1, 1, 2]
    assert read_units(0, consistent=False) == 0.5


def test_an_incident_acknowledged_in_time_stays_within_what_was_promised() -> None:
    life = acknowledged_in_time()
    bill = life.to_acknowledgement
    assert bill is not None
    assert {write.row for write in bill.writes} >= {"dedup key", "incident", "timer", "line", "message", "link"}
    assert bill.write_units <= MOST_WRITE_UNITS, [(write.row, write.units, write.index_units) for write in bill.writes]
    assert bill.read_units <= MOST_READ_UNITS, bill.reads
    assert bill.invocations.total() <= MOST_INVOCATIONS, bill.invocations
    assert all(why(write) for write in life.bill.writes)
    assert all(why_read(read.row) for read in bill.reads)
    assert life.bill.write_units > bill.write_units


def test_a_write_that_nobody_can_explain_is_refused() -> None:
    with pytest.raises(LookupError, match="nobody said why"):
        why(Write("intake", "incidents", "diary", "Put", 10, 2, 0))


def test_a_price_is_for_so_many_of_its_unit() -> None:
    listed = prices.load()
    bill = Bill(writes=[Write("intake", "incidents", "incident", "Put", 900, 2, 1)])
    assert usd_for_a_million(bill, listed)["DynamoDB writes"] == pytest.approx(3 * listed.prices["dynamodb_write"].usd)


def test_every_price_is_asked_for() -> None:
    """One that nothing is multiplied with would look as if it were counted."""
    asked = set[str]()
    listed = prices.load()

    class Asked(prices.Prices):
        def of(self, name: str, amount: float) -> float:
            asked.add(name)
            return super().of(name, amount)

    noting = Asked.model_validate(listed.model_dump())
    usd_for_a_million(Bill(), noting)
    usd_of_the_front(Bill(), noting)
    monthly(noting)
    assert asked == set(listed.prices)


def test_a_call_says_one_thing_in_the_logs_names_its_incident_and_counts_only_what_is_watched() -> None:
    watched = {name for name, _ in (*counted.FINDINGS, *counted.SENT.values(), counted.SEND)}
    for function, lines in acknowledged_in_time().logs:
        said = [json.loads(line) for line in lines]
        told = [each for each in said if "_aws" not in each]
        assert [each["level"] for each in told] == ["INFO"], function
        assert "inc-" in lines[0], function
        assert told[0]["function_request_id"], function
        figures = [figure["Name"] for each in said if "_aws" in each for figure in _figures_of(each)]
        assert set(figures) <= watched, function


def _figures_of(line: dict[str, Any]) -> list[dict[str, str]]:
    return [figure for metrics in line["_aws"]["CloudWatchMetrics"] for figure in metrics["Metrics"]]
