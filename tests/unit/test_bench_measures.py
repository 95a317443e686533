import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench import own_share
from bench.distribution import Distribution
from bench.lateness_plot import svg
from bench.own_share import Call, Run, by_incident, parts_of, read_runs

_INC = "inc-" + "a" * 20
_OTHER = "inc-" + "b" * 20
_MINE = frozenset({_INC})


def test_a_quantile_is_a_value_that_was_measured() -> None:
    late = Distribution.of(reversed(range(1, 601)))
    assert (late.least, late.p50, late.p99, late.most) == (1, 300, 594, 600)


def test_one_measurement_is_every_quantile() -> None:
    assert Distribution.of([7]).p99 == Distribution.of([7]).p50 == 7


def test_nothing_measured_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="nothing"):
        Distribution.of([])


def test_own_share_begins_at_the_deadline_and_leaves_out_waiting_for_aws() -> None:
    run = Run(
        "fire_timer",
        began=100,
        calls=(Call("GetItem", 1_010, 1_030, _MINE), Call("TransactWriteItems", 1_035, 1_060, _MINE)),
    )
    [part] = parts_of(_INC, 1_000, [run])
    assert (part.own, part.calls) == (15, 45)


def test_waiting_behind_another_record_of_the_batch_counts_but_not_its_calls() -> None:
    other = frozenset({_OTHER})
    run = Run(
        "fire_timer",
        began=900,
        calls=(Call("TransactWriteItems", 1_020, 1_050, other), Call("TransactWriteItems", 1_060, 1_080, _MINE)),
    )
    [part] = parts_of(_INC, 1_000, [run])
    assert (part.own, part.calls) == (30, 50)


def test_a_call_that_spans_the_deadline_counts_from_it() -> None:
    run = Run("fire_timer", 900, (Call("GetItem", 990, 1_010, _MINE), Call("TransactWriteItems", 1_010, 1_020, _MINE)))
    [part] = parts_of(_INC, 1_000, [run])
    assert (part.own, part.calls) == (0, 20)


def test_the_page_of_the_opening_is_not_taken_for_that_of_the_deadline() -> None:
    opening = Run("send_message", 100, (Call("emails", 120, 130, _MINE),))
    deadline = Run("send_message", 1_100, (Call("emails", 1_105, 1_110, _MINE),))
    [part] = parts_of(_INC, 1_000, [opening, deadline])
    assert (part.own, part.calls) == (5, 5)


def test_runs_are_read_as_the_probe_wrote_them(tmp_path: Path) -> None:
    calls = [
        {"call": "TransactWriteItems", "began": 1, "ended": 2, "incidents": [_INC]},
        {"call": "v2-emails", "began": 3, "ended": 4, "incidents": []},
    ]
    line = {"handler": "functions.send_message.handler.handler", "began": 0, "ended": 5, "calls": calls}
    (tmp_path / "runs").write_text(json.dumps(line) + "\n")
    [run] = read_runs(tmp_path / "runs")
    assert run.function == "send_message"
    assert run.calls[1] == Call("emails", 3, 4, _MINE)  # a mail names no incident: it is about the one before
    assert by_incident([run]) == {_INC: [run]}


def test_the_plot_is_a_picture_with_a_curve_each() -> None:
    drawn = svg({"spread": Distribution.of([1, 2]), "<burst>": Distribution.of([0, 900])})
    picture = ET.fromstring(drawn)  # noqa: S314 - our own
    curves = [path for path in picture.iter("{http://www.w3.org/2000/svg}path") if path.get("fill") == "none"]
    assert len(curves) == 2
    assert "<burst>" in [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_the_probe_is_uploaded_beside_the_functions_own_code() -> None:
    with zipfile.ZipFile(io.BytesIO(own_share._with_probe("relay_outbox"))) as packed:
        names = set(packed.namelist())
    assert "probe.py" in names
    assert any(name.startswith("functions/relay_outbox/handler.py") for name in names)
    assert any(name.startswith("shared/application/relay_outbox.py") for name in names)
