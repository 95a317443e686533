"""`tocsin crisis report`: files of a crisis that lies in a stage's tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters import dynamo_keys
from shared.domain.instants import MINUTE
from tests.crisis_story import CRISIS, SINCE, Story
from tests.fakes import FakeTime
from tests.unit.cli_stage import Stage, stage, tocsin


@pytest.fixture
def deployed() -> Iterator[Stage]:
    with stage() as made:
        story = Story(replace(made.world, time=FakeTime(SINCE), policies=made.policies()))
        story.happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo")
        story.happens(MINUTE, "crisis.declared", by="chen.jing", reason="now")
        story.happens(2 * MINUTE, "crisis.confirmed", by="lin.guodong")
        yield made


def test_it_writes_a_page_and_markdown_with_its_picture(deployed: Stage, tmp_path: Path) -> None:
    result = tocsin("crisis", "report", "crm/weibo#F-1", "--out", tmp_path / "reports", "--locale", "en")
    assert (result.exit_code, result.stderr) == (0, "")
    files = {Path(line).name: Path(line).read_text(encoding="utf-8") for line in result.stdout.splitlines()}
    assert set(files) == {f"{CRISIS}-report.{ending}" for ending in ("html", "md", "svg")}
    assert f"]({CRISIS}-report.svg)" in files[f"{CRISIS}-report.md"]
    assert "| Commander | 林国栋 | 2026-03-02 10:02:00 (02:02:00Z) | 1 min |" in files[f"{CRISIS}-report.md"]
    assert '<html lang="en">' in files[f"{CRISIS}-report.html"]


@pytest.mark.parametrize(("form", "endings"), [("md", {"md", "svg"}), ("html", {"html"})])
def test_one_may_choose_the_form(deployed: Stage, tmp_path: Path, form: str, endings: set[str]) -> None:
    assert tocsin("crisis", "report", CRISIS, "--out", tmp_path, "--format", form).exit_code == 0
    assert {path.suffix[1:] for path in tmp_path.iterdir()} == endings


def test_it_speaks_the_language_of_the_policy(deployed: Stage, tmp_path: Path) -> None:
    tocsin("crisis", "report", CRISIS, "--out", tmp_path)
    assert '<html lang="zh-CN">' in (tmp_path / f"{CRISIS}-report.html").read_text(encoding="utf-8")


def test_it_counts_as_fast_as_the_stage(deployed: Stage, tmp_path: Path) -> None:
    deployed.outputs["TimeScale"] = "60"  # type: ignore[index]  # this test's own copy
    try:
        tocsin("crisis", "report", CRISIS, "--out", tmp_path, "--locale", "en")
    finally:
        del deployed.outputs["TimeScale"]  # type: ignore[attr-defined]
    markdown = (tmp_path / f"{CRISIS}-report.md").read_text(encoding="utf-8")
    assert "| preliminary plan | 2026-03-02 10:01:30 (02:01:30Z) |" in markdown, "30 s and not 30 min after the call"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "pdf"), "--format pdf: give md, html or both\n"),
        (("--locale", "fr"), "--locale fr: give one of zh-CN, en\n"),
    ],
)
def test_what_cannot_be_asked_for_is_said(deployed: Stage, arguments: tuple[str, ...], said: str) -> None:
    result = tocsin("crisis", "report", CRISIS, *arguments)
    assert (result.exit_code, result.stderr) == (2, said)


def test_an_incident_that_is_not_there_is_said(deployed: Stage, tmp_path: Path) -> None:
    result = tocsin("crisis", "report", "crm#nothing", "--out", tmp_path / "x")
    assert result.exit_code == 1
    assert "there is no such incident" in result.stderr
    assert not (tmp_path / "x").exists()


def test_a_timeline_that_is_gone_is_said(deployed: Stage, tmp_path: Path) -> None:
    for line in deployed.incidents().timeline(CRISIS):
        deployed.client("dynamodb").delete_item(TableName="timeline", Key=dynamo_keys.line(CRISIS, line.number))
    result = tocsin("crisis", "report", CRISIS, "--out", tmp_path)
    assert result.exit_code == 1
    assert f"`tocsin audit verify {CRISIS}` says more" in result.stderr


def test_rules_that_are_gone_are_said(deployed: Stage, tmp_path: Path) -> None:
    stored = deployed.incidents().load(CRISIS)
    assert stored is not None
    deployed.client("dynamodb").delete_item(TableName="incidents", Key=dynamo_keys.policy(stored.incident.rules))
    result = tocsin("crisis", "report", CRISIS, "--out", tmp_path)
    assert (result.exit_code, result.stderr) == (1, f"{CRISIS}: there is no policy {stored.incident.rules}\n")
