"""The crisis demo judges what was collected: what it says when all is well, and when one thing is not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx
import pytest

from cli.demo.carrier import Sent
from cli.demo_crisis.acting import Done
from cli.demo_crisis.expected import Called, Expected, expected, fitted, in_turn
from cli.demo_crisis.outcome import Outcome
from cli.demo_crisis.policy import demo_policy
from cli.demo_crisis.public import PublicPage
from cli.demo_crisis.report import show_verdict
from cli.demo_crisis.said import NAMES, SAYS
from cli.demo_crisis.story import CALLED, LATE, RUNGS, SEATS, SILENT, STAND_IN, STORY, Cast, stream
from cli.demo_crisis.verdict import (
    CALLED_WITHIN,
    PAGED_WITHIN,
    PUBLIC_WITHIN,
    RESPONSIBLE_WITHIN,
    TOLD_WITHIN,
    differences,
    judge,
    published_at,
)
from shared.adapters import policy_yaml
from shared.application.simulate import simulate
from shared.domain.events import EVENT
from shared.domain.instants import SECOND, format_instant, parse_instant

SPEED = 60
START = parse_instant("2026-03-01T00:00:00Z")
END = START + 200 * SECOND
POLICY = policy_yaml.parse(demo_policy(), "demo")
CAST = Cast(POLICY, START + CALLED * SECOND)
ACTED, CARRIED, NOTHING_ELSE, NOT_EARLY, IN_TIME, GRADED, SEATED, MILESTONES, SEQUENCE, TIMES, LADDER = range(11)
"""The checks, in the order in which they are shown."""

Change = Callable[[Outcome], object]


def timeline() -> list[dict[str, Any]]:
    """What the API would tell of the story, played without a hitch."""
    events = [EVENT.validate_python(event) for event in stream(POLICY, START, SPEED)]
    told = []
    for entry, _ in simulate(events, POLICY.scaled(SPEED), until=END, timeline=True).timeline:
        data = {name: value for name, value in entry.data.items() if name != "record"}
        if "due" in data:
            data["due"] = format_instant(data["due"])
        told.append({"at": format_instant(entry.at), "kind": entry.kind, "data": data})
    return told


TIMELINE = timeline()


def view() -> dict[str, Any]:
    out = published_at({"timeline": TIMELINE})
    due = {rung: START + after * SECOND for rung, after in zip(RUNGS, (40, 100, 160), strict=True)}
    approvals = [
        {"role": role, "person": CAST.person(seat)} for role, seat in (("commander",) * 2, ("legal", "legal.1"))
    ]
    seats = []
    for name in SEATS:
        asked = [CAST.person(name), *([CAST.person(STAND_IN)] if name == SILENT else [])]
        seats.append({"seat": name, "person": asked[-1], "asked": asked})
    statements = [
        {
            "rung": rung,
            "due": format_instant(due[rung]),
            "publish_at": format_instant(due[rung] - SECOND),
            "published_at": format_instant(out[rung]),
            "late": rung == LATE,
            "revisions": [{"published_at": format_instant(out[rung]), "approvals": approvals}],
        }
        for rung in RUNGS
    ]
    verdicts = {"muster": "met", "full_chain": "met", "review": "met", "plan": "missed", "group": "met"}
    clocks = [{"clock": name, "verdict": verdict} for name, verdict in verdicts.items()]
    return {"timeline": TIMELINE, "crisis": {"seats": seats, "statements": statements}, "clocks": clocks}


def carried(wanted: Expected, late: int = SECOND // 2) -> Sent:
    head = f"{SAYS[wanted.reason][0]} {NAMES.get(wanted.about or '', ('',))[0]}"
    return Sent(wanted.at + late, wanted.person, wanted.via, head, head if wanted.via == "e-mail" else "")


WANTED = expected(stream(POLICY, START, SPEED), POLICY.scaled(SPEED), END)
RECORD = [carried(one) for one in WANTED]


def good() -> Outcome:
    public = PublicPage(lambda _: httpx.Response(404), "https://status.example.com", "inc-1")
    public.first_seen = {rung: at + SECOND for rung, at in published_at({"timeline": TIMELINE}).items()}
    taken = [Done(act, "", "") for act in STORY]
    return Outcome(START, POLICY, CAST, public, END, taken, [], list(RECORD), deepcopy(view()))


def failed(outcome: Outcome) -> list[int]:
    return [number for number, check in enumerate(judge(outcome, SPEED).checks) if check.against]


def number_of(reason: str) -> int:
    return next(number for number, one in enumerate(WANTED) if one.reason == reason)


def replaced(outcome: Outcome, reason: str, **changes: Any) -> None:
    number = number_of(reason)
    outcome.sent[number] = replace(outcome.sent[number], **changes)


def seat(outcome: Outcome, name: str) -> dict[str, Any]:
    return next(one for one in outcome.view["crisis"]["seats"] if one["seat"] == name)


def statement(outcome: Outcome, rung: str) -> dict[str, Any]:
    return next(one for one in outcome.view["crisis"]["statements"] if one["rung"] == rung)


def entries(outcome: Outcome, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in outcome.view["timeline"] if entry["kind"] == kind]


def test_when_everything_was_as_it_should_be_every_check_holds() -> None:
    verdict = judge(good(), SPEED)
    assert [check for check in verdict.checks if check.against] == []
    assert len(verdict.checks) == 11
    assert show_verdict(verdict) is True


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (lambda o: o.refused.append("commander crisis.confirmed: POST confirm 409"), [ACTED]),
        (lambda o: o.taken.pop(), [ACTED]),
        (lambda o: o.sent.pop(number_of("statement_late")), [CARRIED]),
        (lambda o: o.sent.pop(number_of("stood_down")), [CARRIED]),
        (lambda o: replaced(o, "called_b", text="【警钟】还有一件事"), [CARRIED, NOTHING_ELSE]),
        (lambda o: o.sent.append(Sent(END, "chen.jing", "SMS", "【警钟】席位无人到位")), [NOTHING_ELSE]),
        (lambda o: o.sent.append(o.sent[number_of("called_b")]), [NOTHING_ELSE]),
        (lambda o: replaced(o, "approval_wanted", at=WANTED[number_of("approval_wanted")].at - 1), [NOT_EARLY]),
        (lambda o: o.view["timeline"].remove(entries(o, "graded")[-1]), [GRADED]),
        (lambda o: seat(o, SILENT).update(person="cui.baoguo"), [SEATED]),
        (lambda o: seat(o, SILENT)["asked"].append("gao.minghui"), [SEATED]),
        (lambda o: seat(o, "legal.2").update(person=None), [SEATED]),
        (lambda o: o.view["clocks"].pop(3), [MILESTONES]),
        (lambda o: o.view["timeline"].remove(entries(o, "paged")[-1]), [SEQUENCE]),
        (lambda o: o.view["timeline"].append(entries(o, "paged")[3]), [SEQUENCE]),
        (lambda o: entries(o, "paged")[-1]["data"].update(due=format_instant(START + 101 * SECOND)), [TIMES]),
        (lambda o: statement(o, "first")["revisions"][0]["approvals"].pop(), [LADDER]),
        (lambda o: statement(o, "full").update(published_at=format_instant(START + 158 * SECOND)), [LADDER]),
        (lambda o: statement(o, LATE).update(late=False), [LADDER]),
        (lambda o: o.public.first_seen.pop("full"), [LADDER]),
        (lambda o: o.public.first_seen.update(first=START), [LADDER]),
        (lambda o: o.view["timeline"].append(entries(o, "statement_published")[0]), [LADDER]),
    ],
)
def test_one_thing_that_is_wrong_fails_its_check_and_no_other(change: Change, fails: list[int]) -> None:
    outcome = good()
    change(outcome)
    assert failed(outcome) == fails
    assert show_verdict(judge(outcome, SPEED)) is False


@pytest.mark.parametrize(
    ("reason", "allowed"),
    [
        ("opened", RESPONSIBLE_WITHIN),
        ("called", CALLED_WITHIN),
        ("called_b", PAGED_WITHIN),
        ("statement_late", PAGED_WITHIN),
        ("published", TOLD_WITHIN),
    ],
)
def test_how_late_a_message_may_be(reason: str, allowed: int) -> None:
    outcome = good()
    at = WANTED[number_of(reason)].at
    replaced(outcome, reason, at=at + allowed)
    assert failed(outcome) == []
    replaced(outcome, reason, at=at + allowed + 1)
    assert failed(outcome) == [IN_TIME]


def test_a_statement_may_take_a_moment_to_the_site() -> None:
    outcome = good()
    at = published_at(outcome.view)["first"]
    outcome.public.first_seen["first"] = at + PUBLIC_WITHIN
    assert failed(outcome) == []
    outcome.public.first_seen["first"] += 1
    assert failed(outcome) == [LADDER]


def test_what_is_wrong_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = good()
    outcome.sent.pop(number_of("called_b"))
    show_verdict(judge(outcome, SPEED))
    assert "SMS zhong.lihua quality.1 called_b" in capsys.readouterr().out


def test_pages_of_one_instant_have_no_order_and_others_have() -> None:
    a, b, c = (Called("called", None, seat, "x") for seat in ("a", "b", "c"))
    plan = in_turn([(1, a), (1, b), (2, c)])
    assert differences(plan, [b, a, c]) == []
    assert differences(plan, [a, c, b]) != []
    assert differences(plan, [a, b]) == ["missing, or out of its turn: called c x"]
    assert differences(plan, [a, b, c, c]) == ["not in the plan: called c x"]


def test_a_message_fits_what_it_says_not_what_came_first() -> None:
    drafted = [one for one in WANTED if one.reason == "drafted" and one.person == "lu.zhengyang"]
    matches, left = fitted(drafted, [carried(one) for one in reversed(drafted)])
    assert [match.late for match in matches] == [SECOND // 2] * 3
    assert left == []
