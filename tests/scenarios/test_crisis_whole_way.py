"""A crisis over the whole way: use cases, timers, messages, errands and the public site, with deaths in between."""

from shared.application.take_event import take_event
from shared.domain.events import Event
from shared.domain.instants import MINUTE
from tests.scenarios.crisis_story import (
    COMMANDER,
    LEGAL,
    LEGAL_2,
    PR,
    QUORUM,
    SMALL,
    all_in,
    approved,
    by,
    declared,
    drafted,
    poisoned,
)
from tests.scenarios.playing import TIMERS, Stage, crashes, stage
from tests.scenarios.telling import MIDNIGHT, at

TOLD: list[Event] = [
    poisoned(reposts=50_000),
    *all_in("2m", (*QUORUM, LEGAL_2)),
    drafted("5m"),
    *approved("6m", LEGAL, COMMANDER),
]


def _public(played: Stage) -> list[tuple[str, int, int]]:
    return [(each.rung, each.revision, each.published_at - MIDNIGHT) for each in played.world.site.index]


def test_the_public_reads_it_a_minute_before_it_is_due_and_the_list_hears_of_it() -> None:
    played = stage().happens(*TOLD).run("40m")
    assert _public(played) == [("first", 1, 29 * MINUTE)]
    assert played.world.site.index[0].text == (("zh-CN", "我们正在调查。"),)
    assert [line for line in played.received() if "published" in line]
    assert played.world.errands.all == ()


def test_members_get_their_page_at_once_by_sms() -> None:
    received = stage().happens(*TOLD).run("1m").received()
    assert f"0 sms {COMMANDER} called" in received


def test_whoever_dies_wherever_it_is_public_once_and_at_its_time_or_later() -> None:
    """Everybody is in and the text is approved when somebody dies: at each call around the publication, one by one."""

    def told(played: Stage) -> Stage:
        fuse, played.fuse = played.fuse, None
        played.happens(*TOLD[:1], *all_in("1m", (LEGAL, COMMANDER, PR)), *TOLD[-3:]).run("28m")
        played.fuse = fuse
        return played.run("36m")

    seen = 0
    for played, place in crashes(told, policy=SMALL):
        public = _public(played)
        assert [(rung, revision) for rung, revision, _ in public] == [("first", 1)], place
        assert public[0][2] >= 29 * MINUTE, place
        assert played.world.errands.all == (), place
        outs = [entry for entry in played.entries() if entry.kind == "statement.out"]
        assert len(outs) == 1, place
        seen += 1
    assert seen > 20


def test_a_second_complaint_about_the_matter_tells_the_crisis_and_is_none_itself() -> None:
    second = at("9m", "received", subject="C-2", summary="食物中毒", channel="store", store="SH-002", category="food")
    played = stage().happens(poisoned(), second).run("20m")
    crisis = played.incident().course.crisis
    assert crisis is not None
    assert [each.case for each in crisis.joined] == ["C-2"]
    assert played.incident("C-2").part_of == played.incident().id
    assert played.incident("C-2").course.crisis is None


def test_a_complaint_joined_by_hand_knows_it() -> None:
    second = at("1m", "received", subject="C-2", summary="A rash", channel="store", level="ordinary")
    join = by("5m", "crisis.joined", "zhang.wei", complaint=second.incident, amount_cny=100_000)
    played = stage().happens(poisoned(), second, join).run("20m")
    assert played.incident("C-2").part_of == played.incident().id
    assert played.incident().in_crisis


def test_a_real_crisis_ends_the_drill() -> None:
    drill = at("0", "received", source="drill", summary="演习", channel="api", level="crisis")
    played = stage()
    played.happens(at("3m", "received", level="ordinary"), declared("5m"))
    take_event(played.world, drill, surface="api", trusted_by=True)
    played.run("10m")
    exercise = played.incident(source="drill")
    assert exercise.drill
    assert not exercise.in_crisis
    assert played.incident().in_crisis


def test_a_drill_is_on_no_site_and_every_message_says_so() -> None:
    played = stage()
    drill = at("0", "received", source="drill", summary="演习", channel="api", level="crisis")
    take_event(played.world, drill, surface="api", trusted_by=True)
    played.run("40m")
    assert played.world.site.writes == 0
    assert played.world.outbox.all
    assert all(message.drill for message in played.world.outbox.all)


def test_a_complaint_that_is_too_old_calls_nobody() -> None:
    played = stage(SMALL).arrives("8d", poisoned(reposts=50_000)).run("8d1h")
    assert played.pages() == []
    assert not played.incident().in_crisis


def test_fresh_news_of_a_complaint_that_came_too_late_call_the_group_after_all() -> None:
    fresh = at("8d10m", "updated", reposts=60_000)
    played = stage(SMALL).arrives("8d", poisoned(reposts=50_000)).happens(fresh).run("8d11m")
    assert played.incident().in_crisis
    assert "8d10m commander called" in played.pages()


def test_a_crisis_that_comes_25_minutes_late_still_finds_somebody_when_one_declines() -> None:
    played = stage(SMALL).arrives("25m", poisoned(reposts=50_000)).run("25m")
    played.happens(by("26m", "crisis.declined", COMMANDER)).run("40m")
    assert "26m commander called_b" in played.pages()


def test_after_an_outage_approvals_are_asked_for_once() -> None:
    played = stage(SMALL).happens(*TOLD[:1], *all_in("1m", (LEGAL, COMMANDER, PR)))
    played.run("10m")
    played.down |= TIMERS
    played.run("22m")
    played.down -= TIMERS
    played.run("23m")
    asked = [page for page in played.pages() if "approval_wanted" in page]
    assert len(asked) == 3
    assert all("due 20m" in page for page in asked)


def test_a_complaint_whose_crisis_was_stood_down_meanwhile_is_graded_itself() -> None:
    told = {"summary": "食物中毒", "channel": "store", "store": "SH-002", "category": "food", "scope": "nation"}
    second = at("9m", "received", subject="C-2", **told)
    played = stage(SMALL).happens(poisoned(reposts=50_000), *all_in("2m", (COMMANDER, LEGAL, PR))).run("8m")
    played.down |= {"errand"}
    played.happens(second, by("9m1s", "crisis.stood_down", COMMANDER, reason="over")).run("10m")
    played.down -= {"errand"}
    played.run("20m")
    assert played.incident("C-2").part_of is None
    assert played.incident("C-2").in_crisis


def test_a_hundred_complaints_are_kept_by_name_and_the_rest_as_one_figure() -> None:
    told = {"summary": "食物中毒" * 20, "channel": "store", "store": "SH-002", "category": "food"}
    many = [at("1m", "received", subject=f"M-{n}", amount_cny=10, details=f"{n}", **told) for n in range(130)]
    again = [at("2m", "updated", subject=f"M-{n}", amount_cny=30, details=f"{n}") for n in (5, 129)]
    crisis = stage(SMALL).happens(poisoned(), *many, *again).run("10m").incident().course.crisis
    assert crisis is not None
    assert len(crisis.joined) == 101
    assert sum(each.count for each in crisis.joined) == 130
    assert sum(each.amount_cny or 0 for each in crisis.joined) == 130 * 10 + 2 * 20
