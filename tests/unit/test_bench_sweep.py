"""What a sweep reads follows what is due; and rows in memory cost what rows in DynamoDB do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.sweep_cost import DUE, in_process, over_moto

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


def test_rows_in_memory_tell_the_same_as_the_store() -> None:
    assert replace(in_process(200), store="moto") == over_moto(200)


def test_a_hundred_times_as_many_open_incidents_cost_a_sweep_nothing_more() -> None:
    few, many = in_process(500), in_process(50_000)
    assert few.handed == many.handed == DUE
    assert (many.requests, many.read_units) == (few.requests, few.read_units)
