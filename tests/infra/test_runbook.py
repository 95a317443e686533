"""Whoever is woken by an alarm finds it in the runbook."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.bundle import ROOT

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]


def test_every_alarm_is_explained_and_every_explained_alarm_exists(prod: Any) -> None:
    made = {name[:-8] for name in prod.of_type("AWS::CloudWatch::Alarm")}
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    [section] = re.findall(r"^## Alarms\n(.*?)^## ", runbook, re.MULTILINE | re.DOTALL)
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == made


def test_outputs_that_the_runbook_asks_for_exist(prod: Any) -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    asked = set(re.findall(r"output (Stateful|Service) (\w+)", runbook))
    assert {(kind, name) for kind, name in asked if name not in prod.templates[kind]["Outputs"]} == set()
    assert asked
