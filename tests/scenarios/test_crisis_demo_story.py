"""The story of `make demo-crisis` as a stream for `simulate`, with the real 30 min, 6 h and 48 h: a specification.

The list is written from SEMANTICS, by hand. The group is the west team, on duty in the week of 1 March 2026.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.demo_crisis.policy import demo_policy
from cli.demo_crisis.story import STORY, stream
from cli.main import app
from shared.adapters import policy_yaml
from shared.domain.instants import parse_instant

POST = "2026-03-01T00:00:00Z"

UP_TO_THE_LADDER = [
    # Blue: the responsible rung is paged; the keyword makes it `major`, so the supervisor hears at once.
    "00:00:00 opened - front_line li.na",
    "00:00:00 opened - supervisor zhang.wei",
    # 5,000 reposts: yellow. The A of every seat, in one step.
    "00:02:00 called - commander lu.zhengyang",
    "00:02:00 called - legal.1 shi.guanglei",
    "00:02:00 called - legal.2 jia.hongtao",
    "00:02:00 called - public_relations jiang.haoran",
    "00:02:00 called - quality.1 cui.baoguo",
    "00:02:00 called - quality.2 tan.xiaofeng",
    "00:02:00 called - quality.3 fan.dehua",
    "00:02:00 called - service.1 wei.jianping",
    "00:02:00 called - service.2 fang.zeyu",
    "00:02:00 called - service.3 zou.yongkang",
    "00:02:00 called - service.4 xiong.bowen",
    "00:02:00 called - service.5 qiu.shaohua",
    # The A of quality.1 says nothing for five minutes.
    "00:07:00 called_b - quality.1 zhong.lihua",
    # 50,000 reposts: red, level `crisis`; rung 2 hears that it was raised. The ladder counts from here.
    "00:10:00 raised - supervisor zhang.wei",
    # The plan is due at 32: whoever answers for it is warned at four fifths, then it escalates.
    "00:26:00 warning plan commander lu.zhengyang",
    "00:32:00 milestone_missed plan commander lu.zhengyang",
    "00:32:00 milestone_missed plan vice_president chen.jing",
]


def ladder(half: str, soon: str, due: str) -> list[str]:
    """The progress report: nothing drafted at half time, one approval missing ten minutes before, none when it is due.

    The other two are approved before half their time is gone, and nobody hears of them.
    """
    return [
        f"{half} approval_wanted progress commander lu.zhengyang",
        f"{half} approval_wanted progress legal.1 shi.guanglei",
        f"{half} approval_wanted progress legal.2 jia.hongtao",
        f"{half} approval_wanted progress public_relations jiang.haoran",
        f"{soon} approval_wanted progress commander lu.zhengyang",
        f"{soon} approval_wanted progress public_relations jiang.haoran",
        f"{due} statement_late progress commander lu.zhengyang",
        f"{due} statement_late progress vice_president chen.jing",
    ]


REAL = [*UP_TO_THE_LADDER, *ladder("03:10:00", "06:00:00", "06:10:00")]
DEMO = [*UP_TO_THE_LADDER, *ladder("00:55:00", "01:30:00", "01:40:00")]


def simulated(tmp_path: Path, policy: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Pages, timeline and summary of the story under a policy, by the command."""
    rules = policy_yaml.load(policy)
    events, pages, timeline = (tmp_path / name for name in ("events.jsonl", "pages.jsonl", "timeline.jsonl"))
    told = stream(rules, parse_instant(POST))
    events.write_text("".join(f"{json.dumps(event, ensure_ascii=False)}\n" for event in told), encoding="utf-8")
    asked = ["--policy", policy, "--events", str(events), "--pages", str(pages), "--timeline", str(timeline), "--json"]
    result = CliRunner().invoke(app, ["simulate", *asked])
    assert result.exit_code == 0, result.stderr
    read = [[json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in (pages, timeline)]
    return read[0], read[1], json.loads(result.stdout)


@pytest.fixture
def demo_file(tmp_path: Path) -> str:
    path = tmp_path / "demo.yaml"
    path.write_text(demo_policy(), encoding="utf-8")
    return str(path)


def in_words(pages: list[dict[str, Any]]) -> list[str]:
    """`00:07:00 called_b - quality.1 zhong.lihua`, at one instant by the alphabet: there is no order then."""
    return sorted(
        f"{after(page['at'])} {page['reason']} {page['clock'] or '-'} {page['rung']} {page['person']}" for page in pages
    )


def after(at: str) -> str:
    """The time since the post."""
    passed = datetime.fromtimestamp((parse_instant(at) - parse_instant(POST)) / 1000, UTC)
    return f"{passed:%H:%M:%S}" if passed.day == 1 else f"{passed.day - 1}d{passed:%H:%M:%S}"


def published(timeline: list[dict[str, Any]]) -> list[str]:
    return [
        f"{after(entry['at'])} {entry['rung']}{' late' if 'late_by' in entry else ''}"
        for entry in timeline
        if entry["kind"] == "statement_published"
    ]


def test_who_is_paged_when_with_half_an_hour_six_hours_and_two_days(tmp_path: Path) -> None:
    pages, timeline, summary = simulated(tmp_path, "retail")
    assert in_words(pages) == REAL
    assert published(timeline) == ["00:39:00 first", "06:14:00 progress late", "2d00:09:00 full"]
    assert summary["statements"] == {rung: {"published": 1, "unapproved": 0} for rung in ("first", "progress", "full")}
    assert summary["quarantined"] == 0


def test_under_the_demos_policy_it_is_the_same_but_for_the_times_of_the_later_statements(
    tmp_path: Path, demo_file: str
) -> None:
    pages, timeline, _ = simulated(tmp_path, demo_file)
    assert in_words(pages) == DEMO
    assert [line.split(maxsplit=1)[1] for line in DEMO] == [line.split(maxsplit=1)[1] for line in REAL]
    assert published(timeline) == ["00:39:00 first", "01:44:00 progress late", "02:39:00 full"]


def test_what_the_issue_asks_of_the_story(tmp_path: Path) -> None:
    pages, timeline, summary = simulated(tmp_path, "retail")
    assert [entry["grade"] for entry in timeline if entry["kind"] == "graded"] == ["blue", "yellow", "red"]
    milestones = {clock: counts for level in summary["clocks"].values() for clock, counts in level.items()}
    verdicts = {
        name: next(verdict for verdict, count in counts.items() if count) for name, counts in milestones.items()
    }
    wanted = {"muster": "met", "full_chain": "met", "review": "met", "plan": "missed", "group": "met"}
    assert {name: verdicts[name] for name in wanted} == wanted
    taken = {entry["seat"]: entry["person"] for entry in timeline if entry["kind"] == "seat_taken"}
    assert len(taken) == 12
    assert taken["quality.1"] == "zhong.lihua"
    assert len({page["person"] for page in pages}) == 16
    assert [entry for entry in timeline if entry["kind"] == "told" and entry["to"] == "operations"] == []
    acts = Counter(entry["kind"] for entry in timeline if entry["kind"] in {act.what for act in STORY})
    assert acts == Counter(act.what for act in STORY)
