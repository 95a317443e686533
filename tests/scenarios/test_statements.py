"""SEMANTICS: Statements (C5, I8): drafts, approvals, what is published when, and who is paged while it is not."""

from shared.application.simulate import Outcome
from shared.domain.crisis_policy import Holding
from shared.domain.instants import SECOND
from tests.scenarios.crisis_story import (
    A_AND_B,
    COMMANDER,
    LEGAL,
    LEGAL_2,
    PR,
    QUORUM,
    RETAIL,
    all_in,
    approved,
    by,
    drafted,
    poisoned,
    story,
)
from tests.scenarios.telling import MIDNIGHT, entries, group_pages, told

RED = [poisoned(reposts=50_000), *all_in("2m", (*QUORUM, LEGAL_2))]
BOTH = (LEGAL, COMMANDER)


def _published(outcome: Outcome) -> list[str]:
    """`29m first 1` and `, late 5m` where it is."""
    out = []
    for entry, _ in outcome.timeline:
        if entry.kind == "statement_published":
            late = f" late {entry.data['late_by'] // SECOND}s" if "late_by" in entry.data else ""
            at = (entry.at - MIDNIGHT) // SECOND
            out.append(f"{at // 60}m{at % 60 or ''} {entry.data['rung']} {entry.data['revision']}{late}")
    return out


def _asked(outcome: Outcome, rung: str = "first") -> list[str]:
    return [page for page in group_pages(outcome) if page.endswith(f" {rung}")]


def test_an_approved_text_is_published_a_minute_before_it_is_due_and_once() -> None:
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), until="2h")
    assert _published(outcome) == ["29m first 1"]
    assert outcome.statements == {"first": {"published": 1}}
    assert _asked(outcome) == []


def test_the_whole_ladder_in_its_order_at_its_times() -> None:
    texts = [
        drafted("5m"),
        drafted("6m", "progress"),
        drafted("7m", "full"),
        approved("8m", *BOTH),
        approved("9m", *BOTH, rung="progress"),
        approved("10m", *BOTH, rung="full"),
    ]
    outcome = story(*RED, *texts, until="3d")
    assert _published(outcome) == ["29m first 1", "359m progress 1", "2879m full 1"]


def test_without_approval_nothing_is_published_and_it_escalates() -> None:
    outcome = story(*RED, until="5h")
    assert _published(outcome) == []
    wanted = [f"public_relations {PR}", f"legal.1 {LEGAL}", f"legal.2 {LEGAL_2}", f"commander {COMMANDER}"]
    assert _asked(outcome) == [
        *(f"15m {who} approval_wanted first" for who in wanted),
        *(f"20m {who} approval_wanted first" for who in wanted),
        f"30m commander {COMMANDER} statement_late first",
        "30m vice_president chen.jing statement_late first",
    ]
    assert outcome.statements == {"first": {"unapproved": 1}}


def test_approved_after_its_time_it_is_published_at_once() -> None:
    outcome = story(*RED, drafted("5m"), approved("29m30s", *BOTH), until="2h")
    assert _published(outcome) == ["29m30 first 1"]
    assert not [page for page in _asked(outcome) if "late" in page]


def test_approved_after_it_was_due_it_is_published_at_once_and_marked_late() -> None:
    outcome = story(*RED, drafted("5m"), approved("31m", LEGAL), approved("35m", COMMANDER), until="2h")
    assert _published(outcome) == ["35m first 1 late 300s"]


def test_an_approval_at_the_very_instant_counts() -> None:
    outcome = story(*RED, drafted("5m"), approved("29m", *BOTH), until="2h")
    assert _published(outcome) == ["29m first 1"]
    assert not [page for page in _asked(outcome) if "late" in page]


def test_who_has_approved_is_not_asked_again() -> None:
    outcome = story(*RED, drafted("5m"), approved("6m", COMMANDER), until="16m")
    assert {page.split()[2] for page in _asked(outcome)} == {PR, LEGAL, LEGAL_2}


def test_another_text_needs_its_own_approvals() -> None:
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), drafted("10m", text="我们查明了原因。"), until="40m")
    assert _published(outcome) == []
    assert entries(outcome, "approvals_fell") == ["10m"]
    again = story(
        *RED,
        drafted("5m"),
        approved("6m", *BOTH),
        drafted("10m", text="我们查明了原因。"),
        approved("11m", *BOTH, revision=2),
        until="40m",
    )
    assert _published(again) == ["29m first 2"]


def test_an_approval_of_an_older_revision_counts_for_nothing() -> None:
    events = [drafted("5m"), drafted("6m", text="另一段文字。"), approved("7m", *BOTH, revision=1)]
    assert _published(story(*RED, *events, until="40m")) == []


def test_the_same_text_again_changes_nothing() -> None:
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), drafted("10m"), until="40m")
    assert _published(outcome) == ["29m first 1"]


def test_other_evidence_is_another_text() -> None:
    report = [{"name": "report.pdf", "sha256": "a" * 64}]
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), drafted("10m", evidence=report), until="40m")
    assert _published(outcome) == []


def test_a_rejection_vetoes_the_revision_for_good() -> None:
    veto = by("7m", "statement.rejected", LEGAL_2, rung="first", revision=1, reason="no test report yet")
    outcome = story(*RED, drafted("5m"), approved("6m", LEGAL), veto, approved("8m", *BOTH), until="40m")
    assert _published(outcome) == []
    assert f"7m {PR} vetoed" in told(outcome)


def test_nobody_approves_what_they_drafted_their_b_does() -> None:
    b = A_AND_B["commander"][1]
    own = story(*RED, drafted("5m", person=COMMANDER), approved("6m", *BOTH), until="40m")
    assert _published(own) == []
    assert f"15m commander {b} approval_wanted first" in _asked(own)
    by_b = story(*RED, drafted("5m", person=COMMANDER), approved("6m", LEGAL, b), until="40m")
    assert _published(by_b) == ["29m first 1"]


def test_the_other_legal_adviser_may_approve_what_one_drafted() -> None:
    outcome = story(*RED, drafted("5m", person=LEGAL), approved("6m", LEGAL_2, COMMANDER), until="40m")
    assert _published(outcome) == ["29m first 1"]


def test_the_b_approves_nothing_while_the_a_may() -> None:
    b = A_AND_B["commander"][1]
    assert _published(story(*RED, drafted("5m"), approved("6m", LEGAL, b), until="40m")) == []


def test_only_members_draft_and_only_the_roles_approve() -> None:
    assert _published(story(*RED, drafted("5m", person="zhang.wei"), approved("6m", *BOTH), until="40m")) == []
    assert _published(story(*RED, drafted("5m"), approved("6m", PR, QUORUM[2], LEGAL), until="40m")) == []


def test_the_approver_must_still_sit_there_when_it_is_published() -> None:
    b = A_AND_B["commander"][1]
    replaced = [by("10m", "crisis.seated", COMMANDER, seat="commander", who=b), by("11m", "crisis.confirmed", b)]
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), *replaced, until="40m")
    assert _published(outcome) == []
    again = story(*RED, drafted("5m"), approved("6m", *BOTH), *replaced, approved("12m", b), until="40m")
    assert _published(again) == ["29m first 1"]


def test_a_later_rung_waits_for_the_earlier_and_escalates_meanwhile() -> None:
    outcome = story(
        *RED,
        drafted("5m"),
        drafted("6m", "progress"),
        approved("7m", *BOTH, rung="progress"),
        approved("7h", *BOTH),
        until="8h",
    )
    assert _published(outcome) == ["420m first 1 late 23400s", "420m progress 1 late 3600s"]
    assert f"6h commander {COMMANDER} statement_late progress" in _asked(outcome, "progress")
    assert entries(outcome, "statement_waits") == ["5h59m"]


def test_a_correction_is_a_new_revision_with_approvals_of_its_own() -> None:
    corrected = by("1h", "statement.corrected", PR, rung="first", text={"zh-CN": "更正:批号有误。"})
    unapproved = story(*RED, drafted("5m"), approved("6m", *BOTH), corrected, until="2h")
    assert _published(unapproved) == ["29m first 1"]
    approved_too = approved("1h10m", *BOTH, revision=2)
    assert _published(story(*RED, drafted("5m"), approved("6m", *BOTH), corrected, approved_too, until="2h")) == [
        "29m first 1",
        "70m first 2",
    ]


def test_what_is_public_is_not_drafted_again_and_what_is_not_is_not_corrected() -> None:
    late_draft = drafted("1h", text="另一段文字。")
    outcome = story(
        *RED, drafted("5m"), approved("6m", *BOTH), late_draft, approved("61m", *BOTH, revision=2), until="2h"
    )
    assert _published(outcome) == ["29m first 1"]
    early = by("5m", "statement.corrected", PR, rung="first", text={"zh-CN": "更正。"})
    assert _published(story(*RED, early, approved("6m", *BOTH), until="2h")) == []


def test_standing_down_cancels_what_is_not_public() -> None:
    outcome = story(
        *RED,
        drafted("5m"),
        approved("6m", *BOTH),
        drafted("40m", "progress"),
        approved("41m", *BOTH, rung="progress"),
        by("1h", "crisis.stood_down", COMMANDER, reason="the test was negative"),
        until="3d",
    )
    assert _published(outcome) == ["29m first 1"]
    assert entries(outcome, "statement_cancelled") == ["1h", "1h"]
    assert outcome.statements == {"first": {"published": 1}}


def test_when_it_is_out_the_list_of_its_grade_and_the_members_hear_of_it() -> None:
    outcome = story(*RED, drafted("5m"), approved("6m", *BOTH), until="2h")
    listed = RETAIL.crises["public"].grades["red"].told
    assert listed
    assert {line.split()[1] for line in told(outcome) if line.endswith("published")} == {*listed, *QUORUM, LEGAL_2}


def test_a_holding_text_the_policy_carries_is_published_when_nothing_else_is_approved() -> None:
    public = RETAIL.crises["public"]
    assert public.statements is not None
    holding = Holding(text={"zh-CN": "我们已获悉并正在调查。"}, approved_by=("chen.jing",))
    first = public.statements.rungs["first"].model_copy(update={"holding": holding})
    ladder = public.statements.model_copy(update={"rungs": {**public.statements.rungs, "first": first}})
    crises = {**RETAIL.crises, "public": public.model_copy(update={"statements": ladder})}
    policy = RETAIL.model_copy(update={"crises": crises})
    held = story(*RED, until="2h", policy=policy)
    assert _published(held) == ["29m first 1"]
    assert not [page for page in _asked(held) if "late" in page]
    own = story(*RED, drafted("5m"), approved("6m", *BOTH), until="2h", policy=policy)
    assert _published(own) == ["29m first 1"]
    assert entries(own, "holding_text") == []
    assert RETAIL.crises["public"].statements == public.statements


def test_no_holding_text_ships() -> None:
    ladders = [kind.statements for kind in RETAIL.crises.values() if kind.statements]
    assert ladders
    assert not [rung for ladder in ladders for rung in ladder.rungs.values() if rung.holding]


def test_yellow_has_no_statements() -> None:
    yellow = [poisoned(reposts=5_000), *all_in("2m")]
    assert _published(story(*yellow, drafted("5m"), approved("6m", *BOTH), until="2h")) == []
