"""Scenarios of drills: those that ship say what they are, and mistakes are named where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shared.adapters.drill_scenarios import LARGEST, ScenarioError, load, parse, shipped
from shared.adapters.policy_yaml import load as policy

GOOD = """\
scenario: flood
title: {en: Flood}
complaint:
  summary: {zh-CN: 演习：仓库进水, en: "DRILL: the warehouse is under water"}
  channel: api
  reposts: 60000
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        parse(text, "flood.yaml")
    return str(refused.value).splitlines()


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_says_in_both_languages_that_it_is_a_drill(name: str) -> None:
    scenario = load(name)
    assert scenario.scenario == name
    for texts in (scenario.complaint.summary, scenario.complaint.details or {}):
        assert texts["zh-CN"].startswith("演习")
        assert texts["en"].startswith("DRILL")
    for texts in (scenario.title, scenario.about):
        assert set(texts) == {"zh-CN", "en"}


def test_red_yellow_and_a_data_breach_ship() -> None:
    assert set(shipped()) == {"breach", "food", "injury"}


def test_a_scenario_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "flood.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load(file).complaint.reposts == 60_000


def test_facts_are_in_the_language_that_is_asked_for_else_in_english_else_in_any() -> None:
    scenario = parse(GOOD, "flood.yaml")
    assert scenario.facts("zh-CN") == {"summary": "演习：仓库进水", "channel": "api", "reposts": 60_000}
    assert scenario.facts("fr")["summary"] == "DRILL: the warehouse is under water"
    only = yaml.safe_load(GOOD)
    del only["complaint"]["summary"]["en"]
    assert parse(yaml.safe_dump(only, allow_unicode=True), "x").facts("fr")["summary"] == "演习：仓库进水"


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ("scenario: flood", "scenario: The Flood!", "flood.yaml:1: scenario: must be a short name of a-z"),
        ("title: {en: Flood}", "titel: {en: Flood}", "flood.yaml:2: titel: is not a field here; did you mean 'title'?"),
        ("  channel: api", "  channel: fax", "flood.yaml:5: complaint.channel: must be 'store', 'hotline'"),
        ("  reposts: 60000", "  reposts: many", "flood.yaml:6: complaint.reposts: must be a whole number"),
        ("  reposts: 60000", "  amount_cny: much", "flood.yaml:6: complaint.amount_cny: must be a number"),
        ("  reposts: 60000", "  customer: {name: 李}", "flood.yaml:6: complaint.customer: is not a field here"),
        ("  reposts: 60000", "  reposts:", "flood.yaml:6: complaint.reposts: has no value"),
        ("title: {en: Flood}", "title: {english!: Flood}", "flood.yaml:2: title.english!: must be a locale such as"),
        ("演习：仓库进水", "仓库进水", "flood.yaml:4: complaint.summary: must say in zh-CN that it is a drill"),
        (
            "DRILL: the",
            "The",
            "flood.yaml:4: complaint.summary: must say in en that it is a drill, with the word drill",
        ),
        ("title: {en: Flood}", "title: {en: Flood}\ngrade: pink", "flood.yaml:3: grade: must be 'blue', 'yellow'"),
    ],
)
def test_a_mistake_is_named_with_its_file_line_and_field(line: str, instead: str, said: str) -> None:
    assert line in GOOD
    assert [found for found in mistakes(GOOD.replace(line, instead)) if found.startswith(said)]


def test_all_mistakes_are_named_at_once() -> None:
    assert len(mistakes(GOOD.replace("flood", "!").replace("api", "fax").replace("60000", "-1"))) == 3


@pytest.mark.parametrize("text", ["", "[1, 2]", "a: b: c", "- \x00", "x" * (LARGEST + 1), "scenario: *any"])
def test_what_is_no_scenario_is_refused_in_a_line(text: str) -> None:
    assert all(found.startswith("flood.yaml:1: ") for found in mistakes(text))


def test_a_file_that_cannot_be_read_is_told_with_the_names_that_ship(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="shipped scenarios are breach, food, injury"):
        load(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match="is not UTF-8 text"):
        load(tmp_path / "latin.yaml")


def test_the_levels_and_kinds_of_shipped_scenarios_are_those_of_the_shipped_policy() -> None:
    rules = policy("retail")
    for scenario in map(load, shipped()):
        assert scenario.kind is None or scenario.kind in rules.crises
        assert scenario.complaint.level is None or scenario.complaint.level in rules.levels
