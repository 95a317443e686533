"""A store that is put back to an hour ago pages nobody for that hour, and whoever is due now once (Restore)."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from typing import Any

import pytest

from shared.application.answer_link import open_link, use_link
from shared.application.restore_incident import LinesLostError, PutBack, restore_incident
from shared.application.send_message import reference_of
from shared.domain.directory import Directory
from shared.domain.events import incident_id
from shared.domain.incident import changed
from shared.domain.message import Link
from shared.domain.policy_parts import Via
from shared.domain.restored import replayed
from shared.domain.timeline import first_broken
from shared.domain.timer import Timer
from shared.ports import Commit, ConflictError, Stored
from tests.fakes.shelf import Shelf
from tests.scenarios.crisis_story import (
    COMMANDER,
    LEGAL,
    LEGAL_2,
    QUORUM,
    all_in,
    approved,
    by,
    declared,
    drafted,
    poisoned,
)
from tests.scenarios.playing import CrashError, Fuse, Stage, fused, stage, timers_of
from tests.scenarios.telling import at, instant

MAJOR = at("0", "received", level="major")
INCIDENT = incident_id("crm/hotline", "C-1")
TOKEN = "an-old-link"


def copied(played: Stage) -> dict[str, Any]:
    """Every table as it stands."""
    shelf: Shelf = played.world.incidents._shelf
    rows = {each.name: getattr(shelf, each.name) for each in fields(Shelf) if each.name != "lock"}
    return {name: {key: list(row) if isinstance(row, list) else row for key, row in table.items()}
            if isinstance(table, dict) else type(table)(table)
            for name, table in rows.items()}  # fmt: skip


def put_back(played: Stage, tables: dict[str, Any]) -> None:
    """All tables as they were; what lies on queues, and what people hold in their hands, stays as it is."""
    for name, table in tables.items():
        setattr(played.world.incidents._shelf, name, table)


def restored(played: Stage, copy: Stored | None = None, since: str = "20m") -> PutBack:
    there = copy or played.world.incidents.load(INCIDENT)
    assert there is not None
    return restore_incident(played.world, there, instant(since))


def pending(played: Stage) -> list[Timer]:
    stored = played.world.incidents.load(INCIDENT)
    return [timer for timer in timers_of(played.world, INCIDENT) if stored and timer == stored.alarm]


def reached(played: Stage) -> dict[Via, int]:
    """How much each carrier took so far."""
    return {via: len(carrier.sent) for via, carrier in played.world.carriers.items()}


def since(played: Stage, taken: dict[Via, int]) -> list[str]:
    """What carriers took since, as `person reason`; who got what before is forgotten with the outbox."""
    who = {reference_of(row.key): row.key.person for row in played.world.outbox.all}
    sent = [each for via, carrier in played.world.carriers.items() for each in carrier.sent[taken[via] :]]
    return sorted(f"{who[each.reference]} {each.subject}" for each in sent)


def test_hours_after_the_copy_nobody_is_paged_but_the_rung_that_is_due_now_and_once() -> None:
    played = stage().happens(MAJOR).run("20m")
    tables = copied(played)
    played.run("5h10m")
    before = reached(played)
    put_back(played, tables)
    done = restored(played)
    played.run("5h11m")
    # The rungs below are stale by now: the ladder is in its second round, and he.ping runs Tocsin.
    assert since(played, before) == ["he.ping ladder_ended", "zhang.wei repeat"]
    assert [page for page in played.pages() if page.startswith("5h10m")] == [
        "5h10m supervisor repeat respond step_in due 5h",
    ]
    assert done.paged == ("zhang.wei",)
    assert first_broken(played.world.incidents.timeline(INCIDENT)) is None
    assert played.dead == []


@pytest.mark.parametrize("copied_after", ["5m", "20m", "31m", "45m", "1h30m"])
@pytest.mark.parametrize("lost", ["20m", "2h", "26h"])
def test_however_much_was_lost_every_person_is_paged_once_at_most_and_the_ladder_goes_on(
    copied_after: str, lost: str
) -> None:
    played = stage().happens(MAJOR).run(copied_after)
    tables = copied(played)
    now = instant(copied_after) + instant(lost) - instant("0")
    played.run(now)
    before = reached(played)
    put_back(played, tables)
    restored(played)
    played.run(now + 1000)
    again = since(played, before)
    assert again, "somebody hears of it"
    assert len({line.split()[0] for line in again}) == len(again)
    incident = played.incident()
    assert incident.next_step_at is not None
    assert incident.next_step_at > now
    assert [timer.due for timer in timers_of(played.world, INCIDENT)] == [incident.next_step_at]
    played.run(incident.next_step_at + 1000)
    assert played.incident().next_step_at != incident.next_step_at
    assert played.dead == []


def test_a_step_that_is_due_soon_is_armed_at_once_though_its_timer_was_born_long_before() -> None:
    played = stage().happens(MAJOR).run("20m")
    [before] = pending(played)
    assert not before.soon
    restored(played)
    [after] = pending(played)
    assert (after.due, after.soon) == (before.due, True)
    assert after.step > before.step


def test_what_was_on_its_way_at_the_copy_is_not_sent_again_and_entered() -> None:
    played = stage(down={"send"}).happens(MAJOR).run("20m")
    tables = copied(played)
    played.down.discard("send")
    played.run("28m")
    assert [line.split()[2] for line in played.received()] == ["li.na", "zhang.wei", "li.na"]
    before = reached(played)
    put_back(played, tables)
    done = restored(played)
    played.run("29m")
    rows = [row for row in played.world.outbox.all if row.at == instant("0")]
    assert {row.state for row in rows} == {"called_back"}
    (entry,) = [entry for entry in played.entries() if entry.kind == "restored"]
    assert entry.data["ended"] == [row.key.sort for row in rows]
    assert done.ended == len(rows) == 2
    # The warning was due meanwhile and the first two have dead links: each of them is asked again, once.
    assert since(played, before) == ["li.na warning", "zhang.wei opened"]


def test_numbers_of_messages_that_outlived_the_copy_are_not_used_again() -> None:
    played = stage().happens(MAJOR).run("20m")
    tables = copied(played)
    played.run("25m")
    rows, before = {row.key: row.state for row in played.world.outbox.all}, reached(played)
    put_back(played, {name: table for name, table in tables.items() if "messages" not in name})
    restored(played)
    played.run("26m")
    assert {
        key: state for key, state in ((row.key, row.state) for row in played.world.outbox.all) if key in rows
    } == rows
    assert since(played, before) == ["li.na warning", "zhang.wei opened"]


def test_a_send_that_was_out_at_the_copy_is_unknown_and_never_repeated() -> None:
    played = stage(down={"send"}).happens(MAJOR).run("1m")
    first = played.world.outbox.all[0]
    played.world.outbox.start_sending(first, "r1", played.world.time.now())
    restored(played, since="1m")
    row = played.world.outbox.get(first.key)
    assert row is not None
    assert row.state == "unknown"


def test_links_of_before_are_dead_and_the_new_page_s_link_works() -> None:
    played = stage().happens(MAJOR).run("20m")
    hashed = hashlib.sha256(TOKEN.encode()).hexdigest()
    epoch = played.incident().epoch
    played.world.links.put(Link(hashed, INCIDENT, "li.na", epoch, instant("2d")))
    tables = copied(played)
    assert open_link(played.world, TOKEN).state == "open"
    played.run("2h")
    put_back(played, tables)
    restored(played)
    assert open_link(played.world, TOKEN).state == "superseded"
    assert use_link(played.world, TOKEN, "acknowledge", {}).state == "superseded"
    assert not played.incident().course.acknowledged
    played.run("2h1m")
    fresh = [link for link in played.world.links.all.values() if link.epoch == played.incident().epoch]
    assert [link.person for link in fresh]


def test_the_acknowledgement_that_the_kept_timeline_knows_of_is_not_lost() -> None:
    played = stage().happens(MAJOR).run("20m")
    copy = played.world.incidents.load(INCIDENT)
    played.happens(at("25m", "acknowledged", by="zhang.wei", source="link")).run("40m")
    spoiled = played.world.incidents.load(INCIDENT)
    assert spoiled is not None
    incident = changed(spoiled.incident, course=changed(spoiled.incident.course, phase="closed", acknowledged=False))
    shelf: Shelf = played.world.incidents._shelf
    shelf.incidents[INCIDENT] = replace(spoiled, incident=incident)
    before = reached(played)
    done = restored(played, copy)
    assert (done.outcome, done.differed) == ("restored", True)
    assert (played.incident().course.phase, played.incident().course.holder) == ("open", "zhang.wei")
    played.run("59m")
    assert since(played, before) == [], "somebody has it, and nothing is due"
    assert first_broken(played.world.incidents.timeline(INCIDENT)) is None


def test_what_was_taken_since_the_copy_is_taken_once() -> None:
    played = stage().happens(MAJOR).run("20m")
    copy = played.world.incidents.load(INCIDENT)
    ack = at("25m", "acknowledged", by="the desk")
    played.happens(ack).run("40m")
    restored(played, copy)
    played.arrives("41m", ack).run("42m")
    assert [taken.status for taken in played.taken] == ["accepted", "accepted", "duplicate"]


def test_put_back_twice_is_put_back_once() -> None:
    played = stage().happens(MAJOR).run("20m")
    copy = played.world.incidents.load(INCIDENT)
    played.run("2h")
    assert restored(played, copy).outcome == "restored"
    epoch, lines = played.incident().epoch, len(played.world.incidents.timeline(INCIDENT))
    assert restored(played, copy).outcome == "again"
    assert (played.incident().epoch, len(played.world.incidents.timeline(INCIDENT))) == (epoch, lines)


def test_whoever_dies_wherever_a_second_run_puts_it_back_and_pages_once() -> None:
    for point in range(100):
        played = stage(down={"send"}).happens(MAJOR).run("20m")
        copy = played.world.incidents.load(INCIDENT)
        assert copy is not None
        fuse = Fuse(point)
        played.down.discard("send")
        try:
            restore_incident(fused(played.world, fuse), copy, instant("20m"))
        except CrashError:
            restore_incident(played.world, copy, instant("20m"))
        played.run("23m")
        assert sorted(played.received()) == ["20m sms li.na opened", "20m sms zhang.wei opened"], fuse.place
        assert [entry.kind for entry in played.entries()].count("restored") == 1
        if not fuse.place:
            assert point > 3
            return
    raise AssertionError("it never comes to an end")


def test_somebody_who_is_quicker_is_not_overwritten() -> None:
    played = stage().happens(MAJOR).run("20m")
    copy = played.world.incidents.load(INCIDENT)
    quicker = [at("20m", "acknowledged", by="zhang.wei", source="link")]

    def first(commit: Commit) -> None:
        if quicker:
            played.happens(quicker.pop()).run("20m")
            raise ConflictError("somebody was quicker")

    played.world.incidents.before_commit = first
    done = restored(played, copy)
    assert played.incident().course.holder == "zhang.wei"
    assert done.replayed == 1
    played.run("25m")
    assert len(played.received()) == 2, "nobody is paged of what somebody has"


def test_one_that_rests_is_left_alone() -> None:
    played = stage().happens(
        MAJOR,
        at("10m", "resolved", by="the desk"),
        at("11m", "confirmed", by="the desk"),
        at("12m", "followed_up", by="the desk"),
    )
    played.run("3d")
    assert played.incident().next_step_at is None
    lines = len(played.world.incidents.timeline(INCIDENT))
    assert restored(played).outcome == "left"
    assert len(played.world.incidents.timeline(INCIDENT)) == lines


def test_a_timeline_that_lost_lines_is_not_put_back_in_silence() -> None:
    played = stage().happens(MAJOR).run("1h")
    copy = played.world.incidents.load(INCIDENT)
    shelf: Shelf = played.world.incidents._shelf
    shelf.lines[INCIDENT].pop()
    with pytest.raises(LinesLostError, match="its copy knew"):
        restored(played, copy)


# What happened since the copy happens again, exactly


STORIES = {
    "a night without an answer": (MAJOR,),
    "taken, handed over, waiting, solved, opened anew": (
        MAJOR,
        at("41m", "acknowledged", by="zhang.wei", source="link"),
        at("50m", "handed_over", by="zhang.wei", to="liu.yang", source="link"),
        at("1h10m", "waiting", reason="photos"),
        at("3h", "resumed"),
        at("4h", "escalated", by="zhang.wei", reason="a lawyer called", source="link"),
        at("5h", "resolved", by="wang.fang", source="console"),
        at("6h", "rated", score=1),
        at("7h", "acknowledged", by="the desk"),
    ),
    "a crisis with its statement": (
        poisoned(reposts=50_000),
        *all_in("2m", (*QUORUM, LEGAL_2)),
        drafted("5m"),
        *approved("6m", LEGAL, COMMANDER),
        by("8h", "crisis.stood_down", COMMANDER, reason="it is over"),
    ),
    "a crisis that nobody answers": (at("0", "received", level="ordinary"), declared("30m")),
}


@pytest.mark.parametrize("story", STORIES)
def test_from_any_copy_the_timeline_makes_the_same_incident_again(story: str) -> None:
    played = stage().happens(*STORIES[story])
    kept: list[Stored] = []
    played.world.incidents.after_commit = lambda commit: kept.append(commit.stored)
    played.run("1d")
    policy = played.world.policies.current()[1]
    lines = played.world.incidents.timeline(INCIDENT)
    assert len(kept) == len(lines) > 4
    last = kept[-1].incident
    for copy in kept:
        again = replayed(copy.incident, lines, copy.lines, policy, Directory(policy, policy))
        assert replace(again, version=last.version, link=last.link) == last, copy.lines


@pytest.mark.parametrize("copied_after", ["1m", "4m", "20m"])
def test_a_crisis_that_is_put_back_is_public_once_and_calls_those_it_waits_for_once_more(copied_after: str) -> None:
    events = STORIES["a crisis with its statement"]
    played = stage().happens(*events).run(copied_after)
    copy = played.world.incidents.load(INCIDENT)
    played.run("45m")
    public = played.world.statements.published()
    assert len(public) == 1
    before = reached(played)
    done = restored(played, copy)
    assert not done.differed
    played.run("46m")
    assert played.world.statements.published() == public
    assert {f"{person} still_on" for person in (*QUORUM, LEGAL_2)} <= set(since(played, before))
    assert played.incident().group != copy.incident.group if copy else False
    assert played.dead == []


def test_the_links_of_a_response_group_die_too_and_who_is_called_is_called_again() -> None:
    played = stage().happens(*STORIES["a crisis that nobody answers"]).run("31m")
    group = played.incident().group
    before = reached(played)
    assert group is not None
    done = restored(played)
    played.run("32m")
    after = played.incident().group
    assert after is not None
    assert after.epoch == group.epoch + 1
    called = {seat.asked[-1] for seat in group.seats if seat.window_end is not None}
    assert called
    assert called <= set(done.paged)
    assert {line for line in since(played, before) if line.endswith(" called")} == {f"{each} called" for each in called}
