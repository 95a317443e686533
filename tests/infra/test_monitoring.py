from __future__ import annotations

import json
from typing import Any

import pytest

from infra.bundle import ROOT

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def alarms(stage: Any) -> dict[str, dict[str, Any]]:
    found = stage.of_type("AWS::CloudWatch::Alarm")
    return {name[:-8]: alarm["Properties"] for name, alarm in found.items()}


def test_every_dead_letter_queue_has_an_alarm(prod: Any) -> None:
    dead = [name for name in alarms(prod) if name.endswith("DeadLetters")]
    assert len(dead) == 7


def test_a_missing_heartbeat_is_an_alarm_and_not_silence(prod: Any) -> None:
    for name in ("SweepSilent", "TimersSilent", "AuditSilent"):
        assert alarms(prod)[name]["TreatMissingData"] == "breaching"


def test_every_function_is_watched(prod: Any) -> None:
    assert sum(name.endswith("Errors") for name in alarms(prod)) == 13
    assert sum(name.endswith("Throttles") for name in alarms(prod)) == 13


def test_what_a_person_should_look_at_is_an_alarm(prod: Any) -> None:
    counted = {alarm["MetricName"] for alarm in alarms(prod).values()}
    assert {
        *("OverdueTimers", "SilentIncidents", "StuckMessages", "Quarantined", "TimersParked", "AuditGaveUp"),
        *("StuckErrands", "ErrandsPutAside", "ErrandLateness", "HeadsNotSealed"),
        *("TimersNotArmed", "MessagesNotRelayed", "SendsFailed", "MessagesUndeliverable"),
    } <= counted


def test_alarms_watch_figures_that_the_code_counts(prod: Any) -> None:
    own = {alarm["MetricName"] for alarm in alarms(prod).values() if alarm["Namespace"] == "Tocsin/prod"}
    code = [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]
    sources = "".join(path.read_text() for path in code)
    assert {name for name in own if f'"{name}"' not in sources} == set()


def test_every_alarm_tells_the_operations_topic(prod: Any) -> None:
    for alarm in alarms(prod).values():
        assert "Operations" in json.dumps(alarm["AlarmActions"])


def test_stages_count_in_namespaces_of_their_own(prod: Any) -> None:
    counted = {alarm["Namespace"] for alarm in alarms(prod).values()} - {"AWS/SQS", "AWS/Lambda"}
    assert counted == {"Tocsin/prod"}
    for function in prod.of_type("AWS::Lambda::Function").values():
        assert function["Properties"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == "Tocsin/prod"
