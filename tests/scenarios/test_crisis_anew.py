"""What an earlier crisis of the same incident told the public stays told, in the package and in the report (C6, D4)."""

import json
from dataclasses import replace
from typing import Any

from shared.domain.after_action import after_action
from shared.domain.crisis import Revision
from shared.domain.crisis_policy import Holding
from shared.domain.earlier_ladders import ladders_of
from shared.domain.evidence_package import Record, documents, revisions_of
from shared.domain.instants import HOUR, MINUTE
from shared.domain.policy import Policy
from shared.domain.publication import StatementText
from tests.scenarios.crisis_story import (
    COMMANDER,
    LEGAL,
    PR,
    SMALL,
    all_in,
    approved,
    by,
    declared,
    drafted,
    poisoned,
)
from tests.scenarios.playing import Stage, stage
from tests.scenarios.telling import MIDNIGHT

THREE = (COMMANDER, LEGAL, PR)
CORRECTED = {"zh-CN": "更正：两个批次。"}
FIRST_CRISIS = [
    poisoned(reposts=50_000),
    *all_in("2m", THREE),
    drafted("5m", text="没有问题。"),
    by("6m", "statement.rejected", PR, rung="first", revision=1, reason="nobody vetoes their own text"),
    by("7m", "statement.rejected", LEGAL, rung="first", revision=1, reason="there is one"),
    drafted("8m"),
    *approved("9m", LEGAL, COMMANDER, revision=2),
    by("40m", "statement.corrected", PR, rung="first", text=CORRECTED),
    *approved("41m", LEGAL, COMMANDER, revision=3),
    drafted("50m", rung="progress", text="检测中。"),
    by("1h", "crisis.stood_down", COMMANDER, reason="the test was negative"),
]
SECOND_CRISIS = [declared("2h"), *all_in("121m", THREE), drafted("125m", text="又一批次。")]


def package(played: Stage) -> dict[str, Any]:
    incident = played.incident()
    lines = played.world.incidents.timeline(incident.id)
    rules = played.world.policies.at(incident.rules)
    texts = [played.world.statements.text(incident.id, *each) for each in revisions_of(incident, lines)]
    found = tuple(text for text in texts if isinstance(text, StatementText))
    made = documents(Record(incident, lines, (), found, {}, "whole", rules), {})
    return {name: json.loads(body) for name, body in made.items() if name.startswith("statements/")}


def told(played: Stage) -> dict[str, tuple[Revision, ...]]:
    """What the incident itself knows, but for what no timeline tells."""
    statements = played.incident().statements
    return {each.rung: tuple(replace(revision, roles=()) for revision in each.revisions) for each in statements}


def test_the_timeline_tells_of_an_earlier_crisis_what_the_incident_knew_of_it() -> None:
    played = stage(SMALL).happens(*FIRST_CRISIS)
    before = told(played.run("90m"))
    assert [len(revisions) for revisions in before.values()] == [3, 1, 0]
    earlier, last = ladders_of(played.happens(*SECOND_CRISIS).run("3h").incident(), played.entries())
    assert earlier.revisions == before
    assert {rung: tuple(each.number for each in revisions) for rung, revisions in last.revisions.items()} == {
        "first": (4,),
        "progress": (),
        "full": (),
    }


def test_the_package_holds_every_text_of_both_with_its_words() -> None:
    found = package(stage(SMALL).happens(*FIRST_CRISIS, *SECOND_CRISIS).run("3h"))
    names = ("first-1", "first-2", "first-3", "first-4", "progress-1")
    assert set(found) == {f"statements/{name}.json" for name in names}
    public, corrected = found["statements/first-2.json"], found["statements/first-3.json"]
    assert public["text"] == {"zh-CN": "我们正在调查。"}
    assert (public["due"], public["published_at"]) == ("2026-03-01T00:30:00Z", "2026-03-01T00:29:00Z")
    assert public["approvals"] == [
        {"role": "commander", "by": COMMANDER, "at": "2026-03-01T00:09:00Z"},
        {"role": "legal", "by": LEGAL, "at": "2026-03-01T00:09:00Z"},
    ]
    assert (corrected["corrects"], corrected["text"]) == (True, CORRECTED)
    assert found["statements/first-1.json"]["rejected_by"] == LEGAL
    assert found["statements/progress-1.json"]["cancelled"]
    newest = found["statements/first-4.json"]
    assert (newest["due"], newest["roles"]) == ("2026-03-01T02:30:00Z", ["public_relations"])


def test_a_holding_text_of_an_earlier_crisis_is_there_as_what_the_public_read() -> None:
    played = stage(with_holding_text()).happens(*FIRST_CRISIS[:7], *FIRST_CRISIS[-1:], *SECOND_CRISIS).run("3h")
    held = package(played)["statements/first-2.json"]
    assert held["holding"]
    assert held["text"] == {"zh-CN": "我们知道了。"}
    assert (held["published_at"], held["drafted_by"]) == ("2026-03-01T00:29:00Z", "policy")
    assert held["approvals"] == [{"role": "policy", "by": COMMANDER, "at": None}]


def test_the_report_tells_both_ladders_each_by_its_own_times() -> None:
    played = stage(SMALL).happens(*FIRST_CRISIS, *SECOND_CRISIS).run("3h")
    incident = played.incident()
    report = after_action(incident, played.world.incidents.timeline(incident.id), SMALL, played.world.time.now())
    rows = [
        (each.rung, each.since - MIDNIGHT, len(each.revisions), each.late, each.cancelled_at is not None)
        for each in report.statements
    ]
    assert rows == [
        ("first", 0, 3, 0, False),
        ("progress", 0, 1, 0, True),
        ("full", 0, 0, 0, True),
        ("first", 2 * HOUR, 1, 30 * MINUTE, False),
        ("progress", 2 * HOUR, 0, 0, False),
        ("full", 2 * HOUR, 0, 0, False),
    ]


def with_holding_text() -> Policy:
    public = SMALL.crises["public"]
    assert public.statements is not None
    rungs = dict(public.statements.rungs)
    holding = Holding(text={"zh-CN": "我们知道了。"}, approved_by=(COMMANDER,))
    rungs["first"] = rungs["first"].model_copy(update={"holding": holding})
    statements = public.statements.model_copy(update={"rungs": rungs})
    return SMALL.model_copy(update={"crises": {"public": public.model_copy(update={"statements": statements})}})
