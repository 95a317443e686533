"""Stories through every function but the HTTP door, to what the carriers took; and a death between any two calls."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from shared.domain.incident import Incident
from shared.domain.instants import MINUTE, SECOND
from shared.domain.timeline import first_broken
from tests.scenarios.playing import TIMERS, Stage, crashes, stage, timers_of
from tests.scenarios.telling import at, instant

MAJOR = at("0", "received", level="major")


# Without mishaps


def test_a_major_complaint_from_the_hotline_to_the_customer_s_word() -> None:
    played = (
        stage(every_tick=True)
        .happens(
            MAJOR,
            at("41m", "acknowledged", by="zhang.wei", source="link"),
            at("2h", "acknowledged", by="wang.fang", source="link"),
            at("5h", "resolved", by="wang.fang", source="console"),
            at("6h", "confirmed", by="li.na"),
        )
        .run("1d")
    )
    assert played.received() == [
        "0 sms li.na opened",
        "0 sms zhang.wei opened",
        "24m sms li.na warning",
        "30m sms wang.fang missed",
        "40m sms liu.yang unacknowledged",
    ]
    incident = played.incident()
    assert incident.course.phase == "closed"
    assert {clock.name: clock.verdict for clock in incident.course.clocks} == {
        "respond": "missed",
        "step_in": "met",
        "resolve": "met",
        "follow_up": "met",
    }
    assert incident.next_step_at is None
    assert timers_of(played.world, incident.id) == []
    assert {timer.kind for timer in played.world.timers.all} == {"heartbeat"}
    assert not played.dead


def test_all_ticks_and_only_the_useful_ones_tell_the_same_story() -> None:
    events = (MAJOR, at("1h5m", "acknowledged", by="zhang.wei", source="link"))
    full = stage(every_tick=True).happens(*events).run("8h")
    short = stage().happens(*events).run("8h")
    assert full.received() == short.received()
    assert full.pages() == short.pages()


@pytest.mark.parametrize("tick", [60, 75, 119])
def test_ticks_that_drift_make_no_page_late(tick: int) -> None:
    played = stage(every_tick=True, tick=tick * SECOND).happens(MAJOR).run("2h30m")
    assert played.pages() == stage().happens(MAJOR).run("2h30m").pages()
    assert not [page for page in played.pages() if "due" in page]


def test_each_rung_is_paged_to_the_second_over_a_whole_night() -> None:
    played = stage(every_tick=True).happens(MAJOR).run("12h")
    assert all(" due " not in page for page in played.pages())
    late = [value for name, value, _ in played.world.metrics.recorded if name == "HeartbeatLateness"]
    assert len(late) > 700
    assert max(late) == 0


def test_an_acknowledgement_while_the_page_is_on_its_way_calls_it_back() -> None:
    played = stage().happens(MAJOR).run("29m")
    played.down.add("send")
    played.run("30m30s")
    played.happens(at("30m31s", "acknowledged", by="zhang.wei", source="link")).run("31m")
    played.down.discard("send")
    played.run("3h")
    assert "missed" not in " ".join(played.received())
    assert [row.state for row in played.world.outbox.all if row.reason == "missed"] == ["called_back"]


def test_forty_incidents_at_once_are_all_paged_in_the_same_second() -> None:
    played = stage()
    for number in range(40):
        played.happens(at("0", "received", subject=f"C-{number}", level="major").model_copy(update={"id": str(number)}))
    played.run("30m")
    assert Counter(played.received()) == {
        "0 sms li.na opened": 40,
        "0 sms zhang.wei opened": 40,
        "24m sms li.na warning": 40,
        "30m sms wang.fang missed": 40,
    }


# Where parts fail for a while


def test_with_the_scheduler_dead_for_hours_the_audit_alone_delivers() -> None:
    played = stage()
    played.down |= {"sweep", "arm"}
    played.happens(MAJOR, at("2h10m", "resolved", by="wang.fang")).run("3h")
    said = [line.split(maxsplit=1)[1] for line in played.received() if "sms" in line]
    assert said[:6] == [
        "sms li.na opened",
        "sms zhang.wei opened",
        "sms li.na warning",
        "sms wang.fang missed",
        "sms liu.yang unacknowledged",
        "sms chen.jing unacknowledged",
    ]
    for entry in played.entries():
        if entry.kind == "paged":
            assert 0 <= entry.at - entry.data["due"] <= 6 * MINUTE
    assert not played.dead


def test_with_the_audit_dead_nothing_is_missing() -> None:
    played = stage(every_tick=True)
    played.down.add("audit")
    assert played.happens(MAJOR).run("3h").pages() == stage().happens(MAJOR).run("3h").pages()


def test_with_the_stream_dead_the_sweep_and_the_audit_are_late_by_minutes_at_most() -> None:
    played = stage(every_tick=True)
    played.down |= {"arm", "relay"}
    played.happens(MAJOR).run("1h30m")
    assert [line.split(maxsplit=1)[1] for line in played.received() if "sms" in line][:4] == [
        "sms li.na opened",
        "sms zhang.wei opened",
        "sms li.na warning",
        "sms wang.fang missed",
    ]
    for entry in played.entries():
        if entry.kind == "paged":
            assert 0 <= entry.at - entry.data["due"] <= 6 * MINUTE


def test_both_engines_at_once_are_one_page_each() -> None:
    played = stage(every_tick=True).happens(MAJOR)
    played.run("29m")
    played.down.add("fire")
    played.run("31m30s")
    played.down.discard("fire")  # now the overdue timer lies on the queue twice, and the audit comes too
    played.run("3h")
    rows = [(row.key.step, row.key.person) for row in played.world.outbox.all if row.kind == "page"]
    assert len(rows) == len(set(rows))
    assert len([line for line in played.received() if line.endswith("wang.fang missed")]) == 1


def test_an_incident_whose_timer_vanished_goes_on_within_minutes() -> None:
    played = stage(every_tick=True).happens(MAJOR).run("10m")
    incident = played.incident()
    for timer in timers_of(played.world, incident.id):
        assert played.world.timers.claim(timer)
    played.run("1h")
    warned = next(page for page in played.pages() if "warning" in page)
    assert warned.split()[0] in ("25m", "26m", "27m", "28m", "29m")
    assert "30m regional_manager missed respond" in played.pages()


def test_a_poisoned_incident_is_parked_and_the_others_go_on() -> None:
    played = stage(every_tick=True).happens(MAJOR, at("0", "received", subject="C-2", level="crisis")).run("10m")
    shelf = played.world.incidents._shelf
    stored = shelf.incidents[played.incident().id]
    shelf.incidents[stored.incident.id] = replace(stored, incident=replace(stored.incident, rules="retail@gone"))
    played.run("1h")
    assert played.world.timers.parked
    assert any("parked" in subject for subject, _ in played.world.operations.alerts)
    assert "30m regional_manager missed respond" in played.pages("C-2")
    shelf.incidents[stored.incident.id] = replace(shelf.incidents[stored.incident.id], incident=stored.incident)
    played.run("1h12m")
    assert played.pages()[-1].startswith(("1h2m supervisor repeat", "1h7m supervisor repeat", "1h10m", "1h12m"))


# A death between any two calls


def essence(played: Stage) -> tuple[Incident, list[tuple[str, str, str, str, str]], list[str]]:
    """What must not depend on who died where."""
    rows = [
        (str(row.key.step), row.key.person, row.reason, str(row.due), str(row.fence))
        for row in played.world.outbox.all
        if row.key.via == "sms" or row.kind != "page"
    ]
    return played.incident(), rows, [entry.kind for entry in played.entries()]


def short_story(played: Stage) -> Stage:
    """Opened, warned, missed, climbed, acknowledged, resolved, confirmed."""
    return played.happens(
        MAJOR,
        at("45m", "acknowledged", by="zhang.wei", source="link"),
        at("50m", "resolved", by="zhang.wei"),
        at("55m", "confirmed", by="li.na"),
    ).run("1h10m")


def early_story(played: Stage) -> Stage:
    """An acknowledgement that overtook its complaint, and one whose complaint never came."""
    return (
        played.happens(at("1m", "proposed", by="desk", subject="C-2", solution="A new kettle"))
        .happens(at("5m", "acknowledged", by="desk"))
        .arrives("9m", at("0", "received", level="inquiry"))
        .happens(at("10m", "resolved", by="desk"), at("11m", "confirmed", by="desk"))
        .run("1d10m")
    )


def assert_no_doubles(played: Stage, place: str) -> None:
    took = [sent.reference for carrier in played.world.carriers.values() for sent in carrier.sent]
    assert len(took) == len(set(took)), f"one message went out twice after a death {place}"


def assert_whole(played: Stage, place: str) -> None:
    incident = played.incident()
    assert first_broken(played.world.incidents.timeline(incident.id)) is None, place
    pages = [row for row in played.world.outbox.all if row.kind == "page"]
    assert all(row.state in ("sent", "called_back", "unknown", "failed") for row in pages), place
    assert not played.dead, place
    assert len(timers_of(played.world, incident.id)) == (incident.next_step_at is not None), place


def test_whoever_dies_anywhere_in_a_complaint_s_life_it_ends_the_same() -> None:
    calm = short_story(stage())
    places = Counter[str]()
    for played, place in crashes(short_story):
        assert essence(played) == essence(calm), place
        assert_no_doubles(played, place)
        assert_whole(played, place)
        reached = {row.key.person for row in played.world.outbox.all if row.state == "sent" and row.kind == "page"}
        assert reached == {"li.na", "zhang.wei", "wang.fang", "liu.yang"}, place
        places[place.split()[1]] += 1
    assert {"incidents.commit", "timers_queue.send", "outbox.start_sending", "sms.send", "timers.claim"} <= set(places)


def test_whoever_dies_anywhere_around_early_events_none_is_lost_and_none_applied_twice() -> None:
    calm = early_story(stage())
    assert [each.reason for each in calm.world.quarantine.list()] == ["no_complaint"]
    for played, place in crashes(early_story):
        assert essence(played) == essence(calm), place
        assert [each.id for each in played.world.quarantine.list()] == [
            each.id for each in calm.world.quarantine.list()
        ], place
        assert_no_doubles(played, place)
        assert_whole(played, place)


def test_whoever_dies_when_an_outage_is_over_each_incident_gets_one_page() -> None:
    def story(played: Stage) -> Stage:
        played.happens(MAJOR).run("1m")
        played.down |= TIMERS
        played.run("3h")
        played.down -= TIMERS
        return played.run("3h10m")

    calm = story(stage())
    for played, place in crashes(story):
        assert [page for page in played.pages() if page.startswith("3h")] == [
            page for page in calm.pages() if page.startswith("3h")
        ], place
        assert_no_doubles(played, place)
    assert instant("3h") <= calm.incident().next_step_at  # type: ignore[operator]
