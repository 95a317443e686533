"""`tocsin simulate` as an operator runs it, over a real stream and over small ones of our own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

DATA = Path(__file__).parent.parent / "data"
STREAM = DATA / "servicenow-2days.jsonl"
Story = Callable[..., Path]


def simulate(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)], input=stdin)


def summary(*arguments: str | Path, stdin: bytes | None = None, policy: str = "retail") -> dict[str, Any]:
    result = simulate("--policy", policy, "--json", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def event(after: int, what: str = "received", *, name: str | None = None, subject: str = "C-1", **data: Any) -> bytes:
    """An event `after` minutes past midnight."""
    if what == "received":
        data = {"summary": "The kettle leaks", "channel": "store", **data}
    envelope = {
        "specversion": "1.0",
        "id": name or f"{subject}-{after}-{what}",
        "source": "crm/hotline",
        "type": f"complaint.{what}",
        "time": f"2026-03-01T{after // 60:02}:{after % 60:02}:00Z",
        "subject": subject,
        "data": data,
    }
    return json.dumps(envelope, ensure_ascii=False).encode()


@pytest.fixture
def story(tmp_path: Path) -> Story:
    def write(*lines: bytes) -> Path:
        path = tmp_path / "story.jsonl"
        path.write_bytes(b"\n".join(lines) + b"\n")
        return path

    return write


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


# --- the real stream


def test_the_real_stream_comes_to_what_an_independent_program_counted() -> None:
    told = summary("--events", STREAM, policy="it-service-desk")
    ended = {
        level: {clock: {v: n for v, n in verdicts.items() if n} for clock, verdicts in own.items()}
        for level, own in told["clocks"].items()
    }
    counted = {name: told[name] for name in ("events", "incidents")} | {"clocks": ended}
    assert counted == json.loads((DATA / "servicenow-2days.expected.json").read_text())
    assert (told["duplicates"], told["quarantined"]) == (0, 0)


_ON_ONE_CORE_AND_ON_THREE = """
import resource, sys
from cli.play import Player
from shared.adapters.policy_yaml import load
from shared.application.simulate import by_incident, by_matter
from shared.domain.events import EVENT

policy = load("it-service-desk")
incidents, outcome = by_incident(map(EVENT.validate_json, open(sys.argv[1], "rb")), policy)
player = Player(policy, outcome.until, pages=True, timeline=True)
alone = player.play(by_matter(incidents, policy), cores=1)
before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
together = player.play(by_matter(incidents, policy), cores=3)
forked = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before
print(alone.incidents, len(alone.pages) > 0, len(alone.timeline) > 0, alone == together, forked)
"""


def test_several_processes_tell_what_one_tells() -> None:
    command = [sys.executable, "-W", "error", "-c", _ON_ONE_CORE_AND_ON_THREE, str(STREAM)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, cwd=DATA.parent.parent)
    assert ran.stdout.split() == ["522", "True", "True", "True", str(sys.platform == "linux")]


# --- what it prints


def test_json_is_one_object_with_the_fields_of_the_contract(story: Story) -> None:
    result = simulate("--policy", "retail", "--json", "--events", story(event(0), event(10, "acknowledged", by="x")))
    told = json.loads(result.stdout)
    assert list(told) == [
        *("events", "incidents", "duplicates", "quarantined", "clocks", "pages", "statements", "wall_seconds"),
    ]
    assert told["events"] == 2
    assert told["clocks"]["ordinary"]["respond"] == {"met": 1, "missed": 0, "open": 0}
    assert sum(told["pages"].values()) > 0
    assert told["statements"] == {}
    assert told["wall_seconds"] > 0


def test_levels_stand_in_the_order_of_the_policy(story: Story) -> None:
    path = story(event(0, subject="A", level="major"), event(1, subject="B"), event(2, subject="C", level="important"))
    assert list(summary("--events", path)["clocks"]) == ["ordinary", "important", "major"]


def test_without_json_a_person_reads_it(story: Story) -> None:
    result = simulate("--policy", "retail", "--events", story(event(0), event(10, "acknowledged", by="x")))
    assert result.exit_code == 0
    assert "2 events of 1 incidents" in result.stdout
    assert "ordinary" in result.stdout
    assert "respond" in result.stdout
    assert result.stderr == ""


def test_until_ends_the_run_and_leaves_later_events_out(story: Story) -> None:
    path = story(event(0), event(10, "acknowledged", by="x"))
    told = summary("--events", path, "--until", "2026-03-01T08:05:00+08:00")
    assert told["events"] == 1
    assert told["clocks"]["ordinary"]["respond"] == {"met": 0, "missed": 0, "open": 1}


def test_stdin_is_read_for_a_dash() -> None:
    assert summary("--events", "-", stdin=event(0) + b"\n")["incidents"] == 1


def test_an_empty_stream_comes_to_nothing(story: Story) -> None:
    told = summary("--events", story(b""))
    assert (told["events"], told["incidents"], told["clocks"], told["pages"]) == (0, 0, {}, {})


# --- pages and timeline


def test_pages_have_the_fields_of_the_contract_in_time_order(story: Story, tmp_path: Path) -> None:
    out = tmp_path / "pages.jsonl"
    told = summary("--events", story(event(5, subject="投诉-2"), event(0)), "--pages", out)
    pages = lines(out)
    first = {
        "at": "2026-03-01T00:00:00Z",
        "incident": "C-1",
        "source": "crm/hotline",
        "level": "ordinary",
        "clock": None,
        "rung": pages[0]["rung"],
        "person": pages[0]["person"],
        "reason": "opened",
    }
    assert pages[0] == first
    assert list(pages[0]) == list(first)
    assert [page["at"] for page in pages] == sorted(page["at"] for page in pages)
    assert pages[1]["incident"] == "投诉-2"
    assert {"missed", "unacknowledged"} <= {page["reason"] for page in pages}
    assert {page["clock"] for page in pages} >= {None, "respond"}
    by_rung: dict[str, int] = {}
    for page in pages:
        by_rung[page["rung"]] = by_rung.get(page["rung"], 0) + 1
    assert told["pages"] == by_rung


def test_the_timeline_tells_everything_and_no_personal_data(story: Story, tmp_path: Path) -> None:
    out = tmp_path / "timeline.jsonl"
    path = story(event(0, customer={"phone": "+8613912345678"}), event(10, "acknowledged", by="x"))
    summary("--events", path, "--timeline", out)
    told = lines(out)
    assert [line["kind"] for line in told[:3]] == ["complaint.received", "opened", "paged"]
    assert all((line["incident"], line["source"]) == ("C-1", "crm/hotline") for line in told)
    assert "complaint.acknowledged" in [line["kind"] for line in told]
    assert [line["at"] for line in told] == sorted(line["at"] for line in told)
    assert "record" not in {key for line in told for key in line}
    assert "13912345678" not in out.read_text()


# --- lines that are no events


def test_a_bad_line_is_quarantined_with_its_number_and_does_not_end_the_run(story: Story) -> None:
    bad = json.loads(event(1)) | {"time": "yesterday"}
    path = story(event(0), b"{not json", b"", b"[]", json.dumps(bad).encode(), b"\xff\xfe", b"[" * 5000)
    result = simulate("--policy", "retail", "--json", "--events", path)
    told = json.loads(result.stdout)
    assert (told["events"], told["quarantined"], told["incidents"]) == (6, 5, 1)
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [f"line {n}" for n in (2, 4, 5, 6, 7)]
    assert "time: must be an RFC 3339 time" in result.stderr
    assert "yesterday" not in result.stderr


def test_blank_lines_a_byte_order_mark_and_windows_ends_are_passed_over(story: Story) -> None:
    told = summary("--events", story(b"\xef\xbb\xbf" + event(0) + b"\r", b"  \r", event(1, "closed") + b"\r"))
    assert (told["events"], told["quarantined"], told["incidents"]) == (2, 0, 1)


def test_the_same_event_again_is_a_duplicate_and_other_content_a_conflict(story: Story) -> None:
    path = story(event(0), event(0), event(0, summary="Another kettle"), event(1, "received", name="other-id"))
    result = simulate("--policy", "retail", "--json", "--events", path)
    told = json.loads(result.stdout)
    assert (told["events"], told["duplicates"], told["quarantined"], told["incidents"]) == (4, 1, 1, 1)
    assert "crm/hotline C-1-0-received: quarantined at 2026-03-01T00:00:00Z, id_conflict" in result.stderr


def test_an_update_without_its_complaint_is_quarantined_after_a_day(story: Story) -> None:
    result = simulate("--policy", "retail", "--json", "--events", story(event(0, "acknowledged", by="x")))
    assert json.loads(result.stdout)["quarantined"] == 1
    assert "quarantined at 2026-03-02T00:00:00Z, no_complaint" in result.stderr


def test_many_bad_lines_are_counted_and_the_first_are_named(story: Story) -> None:
    result = simulate("--policy", "retail", "--json", "--events", story(*[b"{}"] * 60))
    assert json.loads(result.stdout)["quarantined"] == 60
    assert result.stderr.splitlines()[-1] == "and 10 more"


# --- what cannot begin


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--policy", "retail", "--events", "nowhere.jsonl"), "nowhere.jsonl: cannot be read (No such file"),
        (("--policy", "retail", "--events", "."), ".: cannot be read (Is a directory)"),
        (("--policy", "retail", "--events", STREAM, "--until", "soon"), "--until soon: must be an RFC 3339 time"),
        (
            ("--policy", "retail", "--events", STREAM, "--pages", "/nowhere/out"),
            "/nowhere/out: cannot be written (No such file",
        ),
        (("--policy", "nowhere", "--events", STREAM), "nowhere:1: cannot be read"),
    ],
)
def test_what_cannot_begin_is_said_in_one_line(arguments: tuple[str | Path, ...], said: str) -> None:
    result = simulate(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(said)
    assert len(result.stderr.splitlines()) == 1


def test_a_bad_policy_is_refused_with_its_findings(tmp_path: Path) -> None:
    policy = tmp_path / "bad.yaml"
    policy.write_text("policy: bad\nlevels: {a: {window: soon}}\n")
    result = simulate("--policy", policy, "--events", STREAM)
    assert result.exit_code == 2
    assert "levels.a.window" in result.stderr


def test_the_events_are_not_overwritten(story: Story) -> None:
    path = story(event(0))
    before = path.read_bytes()
    result = simulate("--policy", "retail", "--events", path, "--pages", path)
    assert (result.exit_code, path.read_bytes()) == (2, before)
    assert result.stderr == f"{path}: would overwrite the events\n"
