"""The demo judges the carrier's record: what it says when everything came, and when one thing did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from cli.demo import report
from cli.demo.carrier import Sent
from cli.demo.report import AT_OPENING, IN_TIME, show_verdict
from cli.demo.story import ANSWERED, ANSWERED_BY, LAST_RUNG, POLICY, SPEED, UNANSWERED, from_now, read_slice
from cli.demo.verdict import Expected, Outcome, expected_pages, held_together
from shared.adapters import policy_yaml
from shared.domain.instants import SECOND, format_instant, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
ANSWERED_AT = START + 32 * SECOND
END = START + 66 * SECOND
RULES = policy_yaml.load(POLICY).scaled(SPEED)
COMPLETE, NOTHING_ELSE, NOT_EARLY, IN_TIME_ALL, ACKNOWLEDGED, STOPPED, CLIMBED = range(7)
"""The checks, in the order in which they are shown."""


def happened(*, answered: bool = True) -> list[dict[str, Any]]:
    events = from_now(read_slice(), START)
    first = next(event for event in events if event["subject"] == ANSWERED)
    answer = {
        **first,
        "id": "the-link",
        "source": "link",
        "type": "complaint.acknowledged",
        "time": format_instant(ANSWERED_AT),
        "data": {"by": ANSWERED_BY, "of": first["source"]},
    }
    return [*events, answer] if answered else events


PAGES = expected_pages(happened(), RULES, END)


def carried(page: Expected, late: int = SECOND // 2) -> Sent:
    return Sent(page.at + late, page.person, "SMS", f"{page.subject[-6:]} {page.rung} {page.reason}")


RECORD = [carried(page) for page in PAGES]


def outcome(
    record: Sequence[Sent] = RECORD,
    pages: Sequence[Expected] = PAGES,
    *,
    answered_at: int | None = ANSWERED_AT,
    acknowledged: object = True,
) -> Outcome:
    matches, extra = held_together(pages, record)
    return Outcome(START, matches, extra, answered_at, {ANSWERED: {"acknowledged": acknowledged}})


def failed(told: Outcome) -> list[int]:
    checks = report._checks(told)
    assert len(checks) == 7
    return [number for number, (_, holds) in enumerate(checks) if not holds]


def number_of(holds: Callable[[Expected], bool]) -> int:
    return next(number for number, page in enumerate(PAGES) if holds(page))


def changed(number: int, *instead: Sent) -> list[Sent]:
    return [*RECORD[:number], *instead, *RECORD[number + 1 :]]


def test_the_rules_ask_for_a_page_at_each_opening_and_up_the_chain_of_whom_nobody_answered() -> None:
    ladder = [(page.at - START, page.rung, page.reason) for page in PAGES if page.subject == UNANSWERED]
    assert ladder == [
        (5 * SECOND, "service_desk", "opened"),
        (29 * SECOND, "service_desk", "warning"),
        (35 * SECOND, "team_lead", "missed"),
        (45 * SECOND, "service_manager", "unacknowledged"),
        (55 * SECOND, "it_director", "unacknowledged"),
        (65 * SECOND, LAST_RUNG, "unacknowledged"),
    ]
    assert sum(page.reason == "opened" for page in PAGES) == 6
    assert max(page.at for page in PAGES if page.subject == ANSWERED) < ANSWERED_AT


def test_when_everything_came_everything_holds() -> None:
    assert failed(outcome()) == []
    assert show_verdict(outcome()) is True


def test_each_message_belongs_to_one_page_in_its_order() -> None:
    matches, extra = held_together(PAGES, RECORD)
    assert [match.sent for match in matches] == RECORD
    assert {match.late for match in matches} == {SECOND // 2}
    assert extra == []


def test_a_page_that_did_not_come_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    number = number_of(lambda page: page.subject == UNANSWERED and page.rung == "it_director")
    told = outcome(changed(number))
    assert failed(told) == [COMPLETE, IN_TIME_ALL]
    assert show_verdict(told) is False
    assert f"missing: it_director {UNANSWERED} unacknowledged, due 2026-03-01T00:00:55" in capsys.readouterr().out


@pytest.mark.parametrize(
    "message",
    [
        RECORD[-1],
        Sent(END, "cara.novak", "SMS", "INC0009999 opened"),
        Sent(END, "eve.lind", "e-mail", f"{UNANSWERED} nobody answers"),
        Sent(END, "dan.okoro", "SMS", f"{ANSWERED} unacknowledged"),
    ],
    ids=["a page twice", "another case", "somebody else", "a rung too many"],
)
def test_a_message_nothing_asked_for_is_named(message: Sent, capsys: pytest.CaptureFixture[str]) -> None:
    told = outcome([*RECORD, message])
    assert failed(told) == [NOTHING_ELSE]
    assert show_verdict(told) is False
    assert f"not asked for: {message.via} to {message.person}" in capsys.readouterr().out


def test_a_page_to_the_wrong_person_is_missing_and_not_asked_for() -> None:
    number = number_of(lambda page: page.rung == "it_director")
    told = outcome(changed(number, replace(RECORD[number], person="eve.lind")))
    assert failed(told) == [COMPLETE, NOTHING_ELSE, IN_TIME_ALL]


def test_a_page_before_its_time_is_early() -> None:
    number = number_of(lambda page: page.reason == "missed")
    assert failed(outcome(changed(number, carried(PAGES[number], -1)))) == [NOT_EARLY]
    assert failed(outcome(changed(number, carried(PAGES[number], 0)))) == []


@pytest.mark.parametrize(("reason", "allowed"), [("opened", AT_OPENING), ("missed", IN_TIME), ("warning", IN_TIME)])
def test_how_late_a_page_may_be(reason: str, allowed: int) -> None:
    number = number_of(lambda page: page.reason == reason)
    assert failed(outcome(changed(number, carried(PAGES[number], allowed)))) == []
    assert failed(outcome(changed(number, carried(PAGES[number], allowed + 1)))) == [IN_TIME_ALL]


def test_a_link_that_changed_nothing_is_no_answer() -> None:
    assert failed(outcome(acknowledged=False)) == [ACKNOWLEDGED]
    assert failed(outcome(answered_at=None)) == [STOPPED]


def test_a_chain_that_goes_on_after_the_answer_did_not_stop() -> None:
    pages = expected_pages(happened(answered=False), RULES, END)
    assert failed(outcome([carried(page) for page in pages], pages)) == [STOPPED]


def test_nobody_at_the_top_is_a_failure_even_where_no_page_to_them_was_due_yet() -> None:
    pages = expected_pages(happened(), RULES, START + 60 * SECOND)
    assert failed(outcome([carried(page) for page in pages], pages)) == [CLIMBED]


def test_nothing_at_all_is_no_success() -> None:
    told = outcome([], [])
    assert COMPLETE in failed(told)
    assert show_verdict(told) is False
