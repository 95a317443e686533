"""The brief: facts, grade, money, authority, who is in, milestones, statements and linked complaints, to one reader."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from shared.adapters.crisis_sheet import MOST_JOINED, CrisisSheet, crisis_sheet
from shared.adapters.language import reader
from shared.domain.clocks import answered
from shared.domain.crisis import JoinedComplaint, Revision
from shared.domain.incident import Incident
from shared.domain.instants import MINUTE
from shared.domain.policy import Policy
from shared.domain.sms import measure
from tests.crisis_words_scene import (
    CHIEF,
    HOUR,
    LAWYER,
    NOW,
    PRESS,
    SUMMARY,
    T0,
    drafted,
    policy_in,
    red_crisis,
    said,
    with_revisions,
)


def sheet(incident: Incident, policy: Policy, person: str = LAWYER, now: int = NOW) -> CrisisSheet:
    made = crisis_sheet(incident, policy, reader(policy, person), person, now)
    assert made is not None
    return made


def detail(incident: Incident, locale: str = "en", now: int = NOW, rung: int = 0) -> str:
    return sheet(incident, policy_in(locale), now=now).statements[rung].detail


@pytest.fixture
def policy() -> Policy:
    return policy_in("en")


@pytest.mark.parametrize(
    ("locale", "wanted"),
    [
        ("zh-CN", ("等级：红色危机，始于 14:00；由陈静宣布", "门店：SH-001", "影响范围：区域", "转发量：51,000")),
        (
            "en",
            ("Grade: RED crisis, since 14:00; declared by 陈静", "Store: SH-001", "Scope: a region", "Reposts: 51,000"),
        ),
    ],
)
@pytest.mark.parametrize("reason", ["called", "called_b", "invited", "brief", "regraded"])
def test_whoever_comes_in_reads_the_facts_in_their_language(reason: str, locale: str, wanted: tuple[str, ...]) -> None:
    policy = policy_in(locale)
    kind = "tell" if reason in ("brief", "regraded") else "page"
    mail = said(red_crisis(policy), policy, reason, via="email", kind=kind, rung="legal.1")
    assert mail.html
    for line in wanted:
        name, _, value = line.partition(": " if locale == "en" else "：")
        assert f"- {line}\n" in mail.text
        assert name in mail.html
        assert value in mail.html
    assert SUMMARY in mail.text
    assert SUMMARY in mail.html
    assert "{" not in mail.text


def test_times_are_in_the_readers_zone(policy: Policy) -> None:
    people = {**policy.people, LAWYER: policy.people[LAWYER].model_copy(update={"zone": "Europe/London"})}
    there = sheet(red_crisis(policy), policy.model_copy(update={"people": people}))
    assert (there.since, there.zone, there.since_at) == ("06:00", "Europe/London (UTC+00:00)", T0)
    assert there.milestones[0].deadline == "06:15"


def test_the_money_of_linked_complaints_counts(policy: Policy) -> None:
    incident = red_crisis(policy)
    assert sheet(incident, policy).money_cny == 1_250_000
    [money] = [fact.value for fact in sheet(incident, policy).facts if fact.name == "Money at stake"]
    assert money == "CNY 1,250,000 (this case 1,200,000, linked ones 50,000)"
    assert incident.course.crisis
    alone = replace(incident, course=replace(incident.course, crisis=replace(incident.course.crisis, joined=())))
    assert "CNY 1,200,000" in [fact.value for fact in sheet(alone, policy).facts]


def test_twenty_linked_complaints_are_listed_and_the_rest_counted(policy: Policy) -> None:
    incident = red_crisis(policy)
    assert incident.course.crisis
    many = tuple(JoinedComplaint(f"inc-{n}", f"C-{n}", "ill\ntoo", amount_cny=1.5) for n in range(27))
    crowded = replace(incident, course=replace(incident.course, crisis=replace(incident.course.crisis, joined=many)))
    shown = sheet(crowded, policy)
    assert (len(shown.joined), shown.joined_more) == (MOST_JOINED, 7)
    assert shown.joined[3] == ("C-3", "ill too; CNY 1.50")
    mail = said(crowded, policy, "called", via="email", rung="legal.1")
    assert "- C-19: ill too; CNY 1.50\n- and 7 more\n" in mail.text


def test_everybody_learns_what_they_may_decide(policy: Policy) -> None:
    incident = red_crisis(policy)
    chief, lawyer, agent = (sheet(incident, policy, person) for person in (CHIEF, LAWYER, "li.na"))
    assert (chief.standing, "CNY 1,000,000" in chief.may) == ("Vice president", True)
    assert (lawyer.standing, lawyer.may) == ("", "nothing by yourself: ask the commander")
    assert (agent.standing, "CNY 200;" in agent.may) == ("Front line", True)


def test_a_commander_who_is_called_and_not_in_yet_decides_as_the_top_of_the_chain(policy: Policy) -> None:
    incident = red_crisis(policy)
    assert incident.course.crisis
    assert incident.group
    nobody = replace(incident, course=replace(incident.course, crisis=replace(incident.course.crisis, seated=())))
    assert sheet(nobody, policy, CHIEF).standing == "Vice president"
    asked = tuple(replace(call, asked=(*call.asked, PRESS)) for call in incident.group.seats)
    second = replace(nobody, group=replace(incident.group, seats=asked))
    assert sheet(second, policy, CHIEF).standing == ""
    assert sheet(second, policy, PRESS).standing == "Vice president"


def test_it_says_who_is_in_who_is_called_and_what_is_open(policy: Policy) -> None:
    shown = sheet(red_crisis(policy), policy)
    by_seat = {line.seat: line for line in shown.seats}
    assert len(by_seat) == 12
    assert (by_seat["commander"].state, by_seat["commander"].detail) == ("taken", "林国栋")
    called = by_seat["legal.1"]
    assert (called.state, called.person, called.until) == ("called", LAWYER, T0 + 15 * MINUTE)
    assert called.detail == "open, 彭建国 was called and has until 14:15"
    assert (by_seat["quality.2"].name, by_seat["quality.2"].state) == ("Quality expert 2", "empty")
    assert (shown.guests, shown.invited) == (("何平",), ("吴昊",))
    assert len(shown.seated) + len(shown.open_seats) == 12
    assert [line.seat for line in shown.seated] == ["commander", "public_relations"]


def test_milestones_stand_in_the_order_of_their_deadlines_with_their_state(policy: Policy) -> None:
    incident = red_crisis(policy)
    clocks = tuple(
        answered(clock, T0 + 9 * MINUTE, "crisis", None) if clock.name == "muster" else clock
        for clock in incident.course.clocks
    )
    met = replace(incident, course=replace(incident.course, clocks=clocks))
    lines = sheet(met, policy, now=T0 + 35 * MINUTE).milestones
    assert [(line.at, line.state) for line in lines if line.name == "muster"] == [(T0 + 15 * MINUTE, "met")]
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert {line.name for line in lines} == {"muster", "crisis group", "preliminary plan", "review", "full group"}
    [plan] = [line for line in lines if line.name == "preliminary plan"]
    assert (plan.state, plan.detail) == ("overdue", "missed, 5 min over")


def test_a_statement_goes_from_no_draft_to_public(policy: Policy) -> None:
    incident = red_crisis(policy)
    both = (("legal", LAWYER), ("commander", CHIEF))
    assert detail(incident) == "no draft; due 14:30, 18 min left"
    assert detail(drafted(incident)) == "draft 1 waits for Legal adviser, Commander; due 14:30, 18 min left"
    assert "draft 1 waits for Commander; due" in detail(drafted(incident, approvals=both[:1]))
    assert "draft 1 was rejected; due 14:30" in detail(drafted(incident, rejected_by=LAWYER))
    assert detail(drafted(incident, approvals=both)) == "approved, goes out 14:29; due 14:30, 18 min left"
    out = drafted(incident, approvals=both, published_at=T0 + 29 * MINUTE)
    assert detail(out, now=T0 + HOUR) == "public since 14:29"
    shown = sheet(drafted(incident, approvals=both[:1]), policy).statements[0]
    assert (shown.state, shown.revision, shown.wanted, shown.approved_by) == ("draft", 1, ("Commander",), ("彭建国",))


def test_a_statement_that_is_late_says_by_how_much(policy: Policy) -> None:
    incident = red_crisis(policy)
    late = T0 + 42 * MINUTE
    assert detail(incident, now=late) == "no draft; was due 14:30, 12 min over"
    assert sheet(incident, policy, now=late).statements[0].overdue
    out = drafted(incident, published_at=late)
    assert detail(out, now=late + HOUR) == "public since 14:42; late by 12 min"
    assert not sheet(out, policy, now=late + HOUR).statements[0].overdue


def test_a_correction_is_not_late_and_the_first_text_stays_public_until_it_is_out(policy: Policy) -> None:
    first = Revision(1, PRESS, T0, "a", published_at=T0 + 29 * MINUTE)
    second = Revision(2, PRESS, T0 + HOUR, "b", corrects=True)
    correcting = with_revisions(red_crisis(policy), "first", first, second)
    assert detail(correcting, now=T0 + 2 * HOUR) == "public since 14:29"
    assert sheet(correcting, policy).statements[0].wanted == ("Legal adviser", "Commander")
    corrected = with_revisions(red_crisis(policy), "first", first, replace(second, published_at=T0 + 2 * HOUR))
    assert detail(corrected, now=T0 + 3 * HOUR) == "public since 16:00"


def test_a_crisis_that_was_stood_down_says_so(policy: Policy) -> None:
    incident = red_crisis(policy)
    assert incident.course.crisis
    crisis = replace(incident.course.crisis, over_at=T0 + 90 * MINUTE)
    over = with_revisions(replace(incident, course=replace(incident.course, crisis=crisis)), "full", cancelled=True)
    shown = sheet(over, policy, now=T0 + 2 * HOUR)
    assert shown.over == "15:30"
    assert (shown.statements[2].state, shown.statements[2].detail) == ("cancelled", "cancelled")
    assert "stood down 15:30" in said(over, policy, "brief", kind="tell", via="email", at=T0 + 2 * HOUR).text


def test_it_names_people_and_never_how_to_reach_them() -> None:
    for locale in ("zh-CN", "en"):
        policy = policy_in(locale)
        mail = said(red_crisis(policy), policy, "called", via="email", rung="legal.1")
        both = mail.text + (mail.html or "")
        contacts = [contact for one in policy.people.values() for contact in (one.phone, one.email) if contact]
        assert [contact for contact in (*contacts, "139", "王先生") if contact in both] == []


def test_what_people_wrote_is_text_on_one_line(policy: Policy) -> None:
    evil = "<script>x</script>\r\nBcc: all@example.com"
    incident = red_crisis(policy, summary=evil, subject=evil)
    mail = said(incident, policy, "called", via="email", rung="legal.1")
    assert mail.html
    assert "<script>" not in mail.html
    assert "- Complaint: <script>x</script> Bcc: all@example.com\n" in mail.text
    assert "\n" not in mail.subject


def test_a_complaint_that_is_no_crisis_has_no_brief(policy: Policy) -> None:
    incident = red_crisis(policy)
    calm = replace(incident, course=replace(incident.course, crisis=None), group=None, statements=())
    assert crisis_sheet(calm, policy, reader(policy, CHIEF), CHIEF, NOW) is None
    assert "Brief" not in said(calm, policy, "opened", via="email", rung="front_line").text


def test_names_the_policy_no_longer_has_are_shown_as_they_are(policy: Policy) -> None:
    bare = policy.model_copy(update={"crises": {}, "roster": None, "people": {}})
    shown = sheet(red_crisis(policy), bare)
    assert (shown.kind, shown.seats[0].name, shown.seats[0].who) == ("public", "commander", CHIEF)
    assert [line.name for line in shown.statements] == ["first statement", "progress statement", "full report"]
    text = said(red_crisis(policy), bare, "called", rung="legal.1").text
    assert measure(text).segments == 1


def test_nobody_changes_what_was_handed_to_a_page(policy: Policy) -> None:
    with pytest.raises(FrozenInstanceError):
        sheet(red_crisis(policy), policy).grade = "blue"  # type: ignore[misc]
