"""The after-action report, read from the timeline of a crisis that was played through the real use cases (D1, D4)."""

from __future__ import annotations

import pytest

from shared.adapters.policy_yaml import load
from shared.domain.after_action import Deadline, Report, after_action
from shared.domain.course import refold
from shared.domain.group_story import Call, SeatStory
from shared.domain.instants import HOUR, MINUTE
from shared.domain.outcome import Entry
from shared.domain.statement_story import StatementStory
from shared.domain.timeline import records_on, seal
from tests.crisis_story import CRISIS, REPORT_PDF, SINCE, SPOKESPERSON, Story, in_memory
from tests.fakes import FakeWorld, fake_world

POLICY = load("retail")


@pytest.fixture(scope="module")
def world() -> FakeWorld:
    return in_memory()[1]


@pytest.fixture(scope="module")
def report(world: FakeWorld) -> Report:
    return read(world)


def read(world: FakeWorld) -> Report:
    stored = world.incidents.load(CRISIS)
    assert stored is not None
    return after_action(stored.incident, world.incidents.timeline(CRISIS), POLICY, world.time.now())


def deadline(report: Report, name: str) -> Deadline:
    return next(each for each in report.deadlines if each.name == name)


def seat(report: Report, name: str) -> SeatStory:
    return next(each for each in report.seats if each.seat == name)


def statement(report: Report, rung: str) -> StatementStory:
    return next(each for each in report.statements if each.rung == rung)


def test_the_timeline_alone_gives_the_course_that_was_kept(world: FakeWorld) -> None:
    stored = world.incidents.load(CRISIS)
    assert stored is not None
    assert refold(records_on(world.incidents.timeline(CRISIS)), POLICY) == stored.incident.course


def test_it_grew_from_blue_to_red_with_its_figures(report: Report) -> None:
    assert [(each.grade, each.at - SINCE) for each in report.gradings] == [
        ("blue", 0),
        ("yellow", 2 * MINUTE),
        ("red", 3 * MINUTE),
    ]
    assert [(each.reposts, each.amount_cny) for each in report.figures] == [
        (700, None),
        (6_000, None),
        (52_000, 1_200_000),
    ]


def test_a_deadline_that_was_kept(report: Report) -> None:
    muster = deadline(report, "muster")
    assert (muster.due - SINCE, muster.verdict, muster.late) == (17 * MINUTE, "met", 0)
    assert muster.done_at == report.quorum_at == SINCE + 13 * MINUTE
    assert muster.by is None, "the group met it, and no one of them"


def test_a_deadline_that_was_late_says_whose_it_was(report: Report) -> None:
    plan = deadline(report, "plan")
    assert (plan.due - SINCE, plan.done_at, plan.late) == (32 * MINUTE, SINCE + 45 * MINUTE, 13 * MINUTE)
    assert (plan.by, plan.text) == ("lin.guodong", "recall | *all* of it")


def test_what_nobody_did_is_late_until_the_end_of_the_crisis(report: Report) -> None:
    full_chain = deadline(report, "full_chain")
    assert (full_chain.verdict, full_chain.done_at) == ("missed", None)
    assert full_chain.due + full_chain.late == report.ended_at == SINCE + 30 * HOUR


def test_deadlines_stand_in_their_order(report: Report) -> None:
    assert [each.due for each in report.deadlines] == sorted(each.due for each in report.deadlines)
    assert deadline(report, "follow_up").verdict == "running"


def test_a_seat_whose_a_came(report: Report) -> None:
    commander = seat(report, "commander")
    assert commander.calls == (Call("lin.guodong", SINCE + 2 * MINUTE, "in", 2 * MINUTE),)
    assert (commander.taken, commander.taken_after) == ((("lin.guodong", SINCE + 4 * MINUTE),), 2 * MINUTE)


def test_a_seat_whose_a_declined_goes_to_the_b(report: Report) -> None:
    first, second = seat(report, "quality.1").calls
    assert (first.person, first.answer, first.after, first.as_b) == ("gao.minghui", "declined", 2 * MINUTE, False)
    assert (second.person, second.answer, second.after, second.as_b) == ("luo.yating", "in", MINUTE, True)


def test_a_seat_that_stayed_empty(report: Report) -> None:
    empty = seat(report, "legal.2")
    assert [call.answer for call in empty.calls] == ["silent"] * 4
    assert (empty.taken, empty.empty_at, empty.taken_after) == ((), SINCE + 22 * MINUTE, None)


def test_who_never_answered_is_named_and_who_was_released_is_not(report: Report) -> None:
    silent = {call.person for _, call in report.silent}
    assert {"su.weiming", "lv.jiaqi", "xiao.tianyu"} <= silent
    assert silent.isdisjoint({"zhou.jie", "gao.minghui", SPOKESPERSON, "lin.guodong"})
    assert len(report.silent) == 26


def test_seats_come_as_they_were_called_and_guests_last(report: Report) -> None:
    names = [story.seat for story in report.seats]
    assert (names[0], names[-1], len(names)) == ("commander", "guest", 13)
    assert seat(report, "guest").calls[0].answer == "released"


def test_a_statement_that_was_on_time(report: Report) -> None:
    first = statement(report, "first")
    assert (first.due - SINCE, first.publish_at - SINCE) == (33 * MINUTE, 32 * MINUTE)
    assert (first.published_at, first.late) == (SINCE + 32 * MINUTE, 0)
    (revision,) = first.revisions
    assert [(each.role, each.by, each.after) for each in revision.approvals] == [
        ("legal", "peng.jianguo", 2 * MINUTE),
        ("commander", "lin.guodong", 4 * MINUTE),
    ]
    assert revision.out_at == SINCE + 33 * MINUTE


def test_a_statement_that_was_vetoed_and_late(report: Report) -> None:
    progress = statement(report, "progress")
    vetoed, published = progress.revisions
    assert (vetoed.rejected_by, vetoed.rejected_at, vetoed.reason) == (
        "lin.guodong",
        SINCE + 5 * HOUR + MINUTE,
        "it is not",
    )
    assert published.published_at == SINCE + 6 * HOUR + 20 * MINUTE
    assert progress.late == 17 * MINUTE
    assert progress.escalated_at == progress.due
    assert [at - SINCE for at in progress.asked] == [3 * HOUR + 3 * MINUTE, 5 * HOUR + 53 * MINUTE]


def test_a_statement_that_the_end_of_the_crisis_cancelled(report: Report) -> None:
    full = statement(report, "full")
    assert (full.cancelled_at, full.late, full.revisions) == (SINCE + 30 * HOUR, 0, ())


def test_pages_say_why_about_what_and_whom(report: Report) -> None:
    empty = next(each for each in report.pages if each.reason == "seat_empty")
    assert empty.people == (("chen.jing", "vice_president"),)
    assert empty.about[:2] == ("quality.3", "legal.2")
    late = next(each for each in report.pages if each.reason == "statement_late")
    assert [person for person, _ in late.people] == ["lin.guodong", "chen.jing"]
    assert not {each.reason for each in report.pages} & {"called", "called_b", "invited"}


def test_evidence_and_the_end(report: Report) -> None:
    assert [(each.name, each.by, each.size) for each in report.evidence] == [
        ("lab report.PDF", "lin.guodong", len(REPORT_PDF)),
        ("still", "tang.zhiyuan", 21),
    ]
    assert (report.ended_by, report.reason) == ("lin.guodong", "the batch was recalled")


def test_a_page_that_an_outage_delayed_says_by_how_much() -> None:
    world = fake_world(POLICY, now=SINCE)
    story = Story(world)
    story.happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo", level="ordinary")
    stored = world.incidents.load(CRISIS)
    assert stored is not None
    world.time.set(SINCE + 2 * HOUR + 7 * MINUTE)
    story.pass_until(SINCE + 2 * HOUR + 7 * MINUTE)
    missed = next(each for each in read(world).pages if each.reason == "missed")
    assert missed.late == 7 * MINUTE


def test_while_it_runs_what_is_late_grows() -> None:
    world = fake_world(POLICY, now=SINCE)
    story = Story(world)
    story.happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo")
    story.happens(MINUTE, "crisis.declared", by="chen.jing", reason="now")
    story.pass_until(SINCE + 40 * MINUTE)
    report = read(world)
    assert report.ended_at is None
    assert (report.gradings[-1].grade, report.gradings[-1].by) == ("red", "chen.jing")
    assert deadline(report, "plan").late == 9 * MINUTE
    first = statement(report, "first")
    assert (first.published_at, first.late, first.revisions) == (None, 9 * MINUTE, ())


def test_somebody_whose_seat_was_taken_meanwhile_is_released_and_a_late_answer_is_told_apart() -> None:
    world = fake_world(POLICY, now=SINCE)
    story = Story(world)
    story.happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo")
    story.happens(0, "crisis.declared", by="chen.jing", reason="now")
    story.happens(6 * MINUTE, "crisis.confirmed", by="lin.guodong")  # the B, He, was called a minute ago
    commander = seat(read(world), "commander")
    assert [(call.person, call.answer) for call in commander.calls] == [
        ("lin.guodong", "in"),
        ("he.xiulan", "released"),
    ]
    story.happens(7 * MINUTE, "crisis.confirmed", by="he.xiulan")
    assert seat(read(world), "commander").calls[1].answer == "released"
    story.happens(8 * MINUTE, "crisis.confirmed", by="peng.jianguo")
    story.happens(21 * MINUTE, "crisis.confirmed", by="zeng.shufen")
    legal = seat(read(world), "legal.1")
    assert [(call.person, call.answer) for call in legal.calls] == [("peng.jianguo", "in"), ("zeng.shufen", "released")]


def test_an_ordinary_complaint_has_a_report_too() -> None:
    world = fake_world(POLICY, now=SINCE)
    Story(world).happens(0, "complaint.received", source="crm/weibo", summary="x", channel="weibo", level="ordinary")
    report = read(world)
    assert (report.crisis, report.seats, report.statements, report.ended_at) == (None, (), (), None)
    assert {each.name for each in report.deadlines} == {"respond", "propose", "resolve"}


def test_a_timeline_without_a_complaint_is_refused(world: FakeWorld) -> None:
    stored = world.incidents.load(CRISIS)
    assert stored is not None
    line = seal("", 1, SINCE, [Entry(SINCE, "missed", {})])
    with pytest.raises(ValueError, match="holds no events"):
        after_action(stored.incident, [line], POLICY, SINCE)
