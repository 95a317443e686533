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
from tests.scenarios.playing import Stage, crashes, stage
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
