"""Found by breaking it: a crisis declared anew, told late, grown beyond measure."""

from shared.domain.crisis import Crisis
from shared.domain.crisis_policy import Holding
from shared.domain.events import Event
from shared.domain.instants import MINUTE
from tests.scenarios.crisis_story import (
    A_AND_B,
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
from tests.scenarios.telling import MIDNIGHT, at

THREE = (COMMANDER, LEGAL, PR)
LEGAL_B = A_AND_B["legal.1"][1]
FIRST_CRISIS = [
    poisoned(reposts=50_000),
    *all_in("2m", THREE),
    drafted("5m"),
    *approved("6m", LEGAL, COMMANDER),
    by("1h", "crisis.stood_down", COMMANDER, reason="the test was negative"),
]


def _public(played: Stage) -> list[tuple[str, int, int]]:
    return [(each.rung, each.revision, (each.published_at - MIDNIGHT) // MINUTE) for each in played.world.site.index]


def test_declared_anew_it_has_a_group_milestones_and_statements_of_its_own() -> None:
    again = [declared("2h"), *all_in("123m", THREE), drafted("125m"), *approved("126m", LEGAL, COMMANDER, revision=2)]
    played = stage(SMALL).happens(*FIRST_CRISIS, *again).run("3h")
    assert not played.dead
    assert _public(played) == [("first", 1, 29), ("first", 2, 149)]
    of_first, of_second = played.world.site.index
    assert of_first.crisis != of_second.crisis, "the public reads of two crises, not of one with a correction"
    assert not of_second.corrects
    group = played.incident().group
    assert group is not None
    assert group.epoch == 1
    assert played.kinds("ladder_opened") == ["0", "2h"]
    assert {clock.key for clock in played.incident().course.clocks if clock.name == "muster"} == {
        "milestone:muster#1",
        "milestone:muster#2",
    }


def test_the_same_words_may_be_drafted_again_for_a_crisis_declared_anew() -> None:
    again = [declared("2h"), *all_in("123m", THREE), drafted("125m")]
    played = stage(SMALL).happens(*FIRST_CRISIS, *again).run("126m")
    first = played.incident().statements[0]
    assert first.draft is not None
    assert first.draft.number == 2
    assert first.published is None


def test_an_approval_of_the_first_crisis_is_none_of_the_second() -> None:
    again = [declared("2h"), *all_in("123m", THREE), drafted("125m"), *approved("126m", LEGAL, COMMANDER)]
    assert _public(stage(SMALL).happens(*FIRST_CRISIS, *again).run("3h")) == [("first", 1, 29)]


def test_a_holding_text_that_is_due_when_the_complaint_comes_in_is_public_with_its_words() -> None:
    public = SMALL.crises["public"]
    assert public.statements is not None
    holding = Holding(text={"zh-CN": "我们已获悉并正在调查。"}, approved_by=("chen.jing",))
    first = public.statements.rungs["first"].model_copy(update={"holding": holding})
    ladder = public.statements.model_copy(update={"rungs": {**public.statements.rungs, "first": first}})
    policy = SMALL.model_copy(update={"crises": {"public": public.model_copy(update={"statements": ladder})}})
    played = stage(policy, beginning="2h").arrives("2h", poisoned(reposts=50_000)).run("2h1m")
    assert [each.text for each in played.world.site.index] == [tuple(holding.text.items())]


def test_a_complaint_may_be_joined_by_hand_again_with_other_figures() -> None:
    other = at("1m", "received", subject="C-2", summary="A rash", channel="store", level="ordinary")
    joins = [
        by(after, "crisis.joined", "zhang.wei", complaint=other.incident, amount_cny=amount)
        for after, amount in (("5m", 10_000), ("6m", 100_000))
    ]
    played = stage(SMALL).happens(poisoned(), other, *joins).run("20m")
    assert not played.dead
    crisis = played.incident().course.crisis
    assert crisis is not None
    assert [each.amount_cny for each in crisis.joined] == [100_000]
    assert crisis.grade == "yellow"
    assert played.incident("C-2").part_of == played.incident().id


def test_stood_down_and_declared_anew_within_one_instant() -> None:
    twice = [
        by("5m", "crisis.stood_down", COMMANDER, reason="no"),
        declared("5m").model_copy(update={"id": "and then"}),
    ]
    played = stage(SMALL).happens(poisoned(reposts=50_000), *all_in("2m", THREE)).run("3m")
    for each in twice:
        played.happens(each).run("5m")
    assert not played.dead
    assert played.incident().in_crisis


def _out_of_order(*events: Event) -> Stage:
    """A group of three is called and comes at 2 min; these events arrive at 10 min, whenever they happened."""
    return stage(SMALL).happens(poisoned(reposts=50_000), *all_in("2m", THREE)).arrives("10m", *events)


def test_a_seat_is_not_called_for_when_somebody_took_it_after_it_was_given_away() -> None:
    played = _out_of_order(by("1m", "crisis.seated", "chen.jing", seat="commander", who=LEGAL_B)).run("40m")
    assert [page for page in played.pages() if page.startswith("1") and "called" in page] == []
    assert dict(_crisis(played).seated)["commander"] == COMMANDER


def test_a_no_that_was_overtaken_by_a_later_yes_calls_nobody() -> None:
    played = _out_of_order(by("1m", "crisis.declined", COMMANDER)).run("40m")
    assert [page for page in played.pages() if "called_b" in page] == []
    assert dict(_crisis(played).seated)["commander"] == COMMANDER


def _crisis(played: Stage) -> Crisis:
    crisis = played.incident().course.crisis
    assert crisis is not None
    return crisis


def test_word_of_the_end_that_comes_after_it_was_declared_anew_leaves_a_group_that_stands() -> None:
    played = _out_of_order(declared("8m"), by("5m", "crisis.stood_down", COMMANDER, reason="no")).run("20m")
    assert played.incident().in_crisis
    assert played.kinds("group_called") == ["0", "8m"]
    assert "10m commander called due 8m" in played.pages()
    assert played.kinds("ladder_opened") == ["0", "8m"]


def test_nothing_is_public_after_the_end_not_even_a_correction_whose_last_approver_comes_back() -> None:
    corrected = by("40m", "statement.corrected", PR, rung="first", text={"zh-CN": "更正。"})
    both = approved("41m", COMMANDER, LEGAL, revision=2)
    leaves, ends = by("40m30s", "crisis.declined", LEGAL), by("50m", "crisis.stood_down", COMMANDER, reason="no")
    back = by("45m", "crisis.confirmed", LEGAL)
    played = stage(SMALL).happens(*FIRST_CRISIS[:-1], corrected, leaves, *both, ends).arrives("55m", back).run("2h")
    assert _public(played) == [("first", 1, 29)]


def test_a_complaint_that_turns_out_to_have_joined_another_sends_its_own_group_home() -> None:
    """The word of joining waits while errands are out of order; meanwhile the complaint grew a crisis of its own."""
    other = at("1m", "received", subject="C-2", summary="A rash", channel="store", category="toys")
    join = by("5m", "crisis.joined", "zhang.wei", complaint=other.incident)
    played = stage(SMALL).happens(poisoned(), other, join, at("6m", "updated", subject="C-2", reposts=50_000))
    played.down.add("errand")
    played.run("10m")
    assert played.incident("C-2").in_crisis
    played.down.clear()
    played.run("20m")
    joined = played.incident("C-2")
    assert joined.part_of == played.incident().id
    assert not joined.in_crisis
    assert joined.group is not None
    assert joined.group.remind_at is None
    assert all(statement.cancelled for statement in joined.statements)


def test_a_seat_that_is_taken_when_the_group_is_called_is_not_called_for() -> None:
    """Between the end and a declaration that comes late, somebody answered their old page."""
    ended = by("5m", "crisis.stood_down", COMMANDER, reason="no")
    b_came = by("12m", "crisis.confirmed", LEGAL_B)
    told = [poisoned(reposts=50_000), *all_in("2m", (COMMANDER, PR)), by("3m", "crisis.declined", LEGAL), ended, b_came]
    played = stage(SMALL).happens(*told).arrives("15m", declared("10m")).run("20m")
    assert dict(_crisis(played).seated) == {"legal": LEGAL_B}
    assert [page for page in played.pages() if page.startswith("15m legal")] == []
