"""Whoever is woken by an alarm finds it in the runbook: what it means, what to check, what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from infra.bundle import ROOT

pytestmark = [pytest.mark.synth, pytest.mark.xdist_group("synth")]

RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COLUMNS = ("means", "check", "remedy")


def pages() -> dict[str, dict[str, str]]:
    """Each alarm of the runbook with its columns."""
    [section] = re.findall(r"^## Alarms\n(.*?)^## ", RUNBOOK, re.MULTILINE | re.DOTALL)
    found: dict[str, dict[str, str]] = {}
    titles: list[str] = []
    for line in section.splitlines():
        if not line.startswith("|"):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not cells[0].startswith("`"):
            titles = cells if not cells[0].startswith("-") else titles
            continue
        for name in re.findall(r"`(\w+)`", cells[0]):
            assert name not in found, f"{name} has two pages"
            found[name] = dict(zip(titles[1:], cells[1:], strict=True))
    return found


def test_every_alarm_is_explained_and_every_explained_alarm_exists(prod: Any) -> None:
    made = {name[:-8] for name in prod.of_type("AWS::CloudWatch::Alarm")}
    assert set(pages()) == made


def test_what_alarms_cost_is_counted(prod: Any) -> None:
    assert f"{len(prod.of_type('AWS::CloudWatch::Alarm'))} alarms at 0.10 USD" in RUNBOOK


def test_every_page_says_what_it_means_what_to_check_and_what_to_do() -> None:
    lacking = {
        name: [column for column in COLUMNS if len(page.get(column, "")) < len("none")]
        for name, page in pages().items()
    }
    assert {name: columns for name, columns in lacking.items() if columns} == {}


def test_sections_that_pages_lead_to_are_there() -> None:
    heads = set(re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE))
    led_to = {name for page in pages().values() for text in page.values() for name in re.findall(r'"([^"$]+)"', text)}
    unknown = {name for name in led_to if name[0].isupper() and name not in heads}
    assert unknown == set()


def test_outputs_that_the_runbook_asks_for_exist(prod: Any) -> None:
    asked = set(re.findall(r"output (Stateful|Service) (\w+)", RUNBOOK))
    assert {(kind, name) for kind, name in asked if name not in prod.templates[kind]["Outputs"]} == set()
    assert asked
