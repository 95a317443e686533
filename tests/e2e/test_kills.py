"""Workers killed with SIGKILL at work, functions cut off, queues that deliver again: nothing lost, nothing doubled."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cli.chain import chain_of
from cli.local_stack.stack import LocalStack
from shared.domain.message import Message
from tests.e2e.storm import CRISIS, CUT, EVERYTHING, FIRST_STEPS, JOINING, SILENT, TIMEOUTS, Storm, storm
from tests.e2e.watching import eventually

pytestmark = [
    pytest.mark.timeout(900),  # for a machine that has much else to do
    pytest.mark.skipif("TOCSIN_KILLS" not in os.environ, reason="minutes long: make kills runs it"),
]

LINE, PHONE = "li.na", "+8614599990001"
"""The front line: paged however late a complaint came in, the supervisor only when it was in time."""


@pytest.fixture(scope="module")
def after(stack: LocalStack) -> Iterator[Storm]:
    with storm(stack) as over:
        yield over


def test_it_was_a_storm(after: Storm) -> None:
    died, cut_off = after.died_at_work(), after.cut_off()
    assert all(died[function] >= 2 for function in ("Intake", "FireTimer", "RelayOutbox", "SendMessage")), died
    assert all(line.lost[CUT[function]] == 1 for function, line in after.lines.items())
    assert all(cut_off[function] >= 1 for function in TIMEOUTS), cut_off


def test_each_complaint_became_one_incident(after: Storm) -> None:
    """I1, I2: though each came by two doors at least, and again while it was being taken."""
    assert len(set(after.ids.values())) == len(EVERYTHING)
    for subject in EVERYTHING:
        kinds = Counter(entry.kind for entry in after.entries(subject))
        assert (kinds["complaint.received"], kinds["opened"], kinds["complaint.resolved"]) == (1, 1, 1), subject
    for told in after.sent:
        taken = after.incidents.taken(told["source"], told["id"])
        assert taken is not None
        assert taken.incident == after.ids[told["subject"]]


def test_the_front_line_heard_of_everything_that_nobody_acknowledged(after: Storm) -> None:
    """By the policy and the carriers alone, by SMS or else by e-mail."""
    sms, emails = after.stack.carrier_sms(), after.stack.carrier_emails()
    for subject in (*SILENT, *CUT.values()):
        heard = [each for each in sms if each["PhoneNumber"] == PHONE and subject in each["Message"]]
        assert heard or [each for each in emails if is_letter(each, subject, LINE)], subject


def test_each_page_that_was_entered_went_out_or_was_called_back(after: Storm) -> None:
    """Of an unknown outcome nothing follows only where an acknowledgement came first (I6)."""
    for subject in EVERYTHING:
        fence = after.load(subject).incident.fence
        rows: dict[tuple[int, str], list[Message]] = {}
        for row in after.rows(subject):
            rows.setdefault((row.key.step, row.key.person), []).append(row)
        for entry in after.entries(subject):
            if entry.kind == "paged":
                told = rows[entry.data["step"], entry.data["person"]]
                states = {row.state for row in told}
                called_back = all(row.fence not in (None, fence) for row in told)
                assert states & {"sent", "called_back"} or (states == {"unknown"} and called_back), (subject, told)


def test_no_channel_carried_a_page_twice(after: Storm) -> None:
    """I7: each row of the outbox was handed to its carrier once at most.

    What was sent reached the carrier once. What is unknown may have: another channel carries it then, or where there is
    none one repeat, a row of its own that says what it is. Nothing else was sent.
    """
    people = after.deployment.policies().current()[1].people
    sms, emails = after.stack.carrier_sms(), after.stack.carrier_emails()
    for subject in EVERYTHING:
        by_reader: dict[tuple[str, str], Counter[str]] = {}
        for row in after.rows(subject):
            by_reader.setdefault((row.key.person, row.key.via), Counter())[row.state] += 1
            assert row.key.attempt == 1 or row.perhaps_again, row.key
        for (person, via), states in by_reader.items():
            if via == "sms":
                got = [
                    each for each in sms if each["PhoneNumber"] == people[person].phone and subject in each["Message"]
                ]
            else:
                got = [each for each in emails if is_letter(each, subject, person)]
            assert states["sent"] <= len(got) <= states["sent"] + states["unknown"], (subject, person, via, states)


def test_what_nobody_knows_to_have_been_sent_goes_on_by_the_next_channel(after: Storm) -> None:
    """The carrier took the SMS, the function never heard so; an e-mail follows, and never a second SMS."""
    rows = [row for row in after.rows(CUT["SendMessage"]) if row.key.step <= FIRST_STEPS]
    unknown = [row.key for row in rows if row.state == "unknown"]
    assert unknown
    for key in unknown:
        others = {row.key: row.state for row in rows if (row.key.step, row.key.person) == (key.step, key.person)}
        assert others == {key: "unknown", replace(key, via="email"): "sent"}


def test_who_joins_the_crisis_joins_once(after: Storm) -> None:
    crisis = after.load(CRISIS).incident.course.crisis
    assert crisis is not None
    joined = Counter(each.complaint for each in crisis.joined)
    assert joined == Counter(after.ids[subject] for subject in JOINING)
    for subject in JOINING:
        assert after.load(subject).incident.course.part_of == after.ids[CRISIS]


def test_no_incident_is_silent_and_each_timeline_is_whole(after: Storm) -> None:
    """I3, I9."""
    for subject in EVERYTHING:
        stored = after.load(subject)
        assert stored.alarm is not None, subject
        assert after.timers.pending(stored.alarm), subject
        assert stored.incident.next_step_at == stored.alarm.due
        assert chain_of(after.incidents, stored.incident.id, (), 0).broken_link is None


def test_nothing_is_a_dead_letter(after: Storm) -> None:
    assert after.dead() == after.dead_before


def test_everything_delivered_once_more_changes_nothing(after: Storm) -> None:
    def seen() -> tuple[int, int, list[int]]:
        lines = [after.load(subject).lines for subject in EVERYTHING]
        return len(about_it(after.stack.carrier_sms())), len(about_it(after.stack.carrier_emails())), lines

    before = seen()
    after.again([row for subject in EVERYTHING for row in after.rows(subject)], EVERYTHING, after.sent)
    eventually(after.drained, within=180)
    assert seen() == before


def is_letter(mail: dict[str, Any], subject: str, person: str) -> bool:
    return subject in str(mail) and f"{person}@example.com" in str(mail)


def about_it(sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in sent if any(subject in str(each) for subject in EVERYTHING)]
