"""The script of the page behind a link, run by node on the page as it is sent."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.answer_page import AnswerPages
from shared.application.link_view import LinkView
from shared.domain.course import opened
from shared.domain.events import EVENT
from shared.domain.incident import Incident
from shared.domain.instants import HOUR, MINUTE, SECOND, parse_instant
from shared.domain.record import record_of
from tests.unit.policy_text import SMALL, policy

BROWSER = Path(__file__).with_name("answer_page_browser.js")
OPENED = parse_instant("2026-03-01T06:00:00Z")
DUE = OPENED + 2 * HOUR
VOID = {"meta", "link", "br", "input"}

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="the deployment needs node, the tests do not")


class Tree(HTMLParser):
    """The page as nested elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root: dict[str, Any] = {"tag": "", "attributes": {}, "text": "", "children": []}
        self._open = [self.root]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "attributes": {name: value or "" for name, value in attrs}, "text": "", "children": []}
        self._open[-1]["children"].append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop()["tag"] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._open[-1]["text"] += data


def browsed(now: int, *seconds: int, ahead: int = 0) -> Any:
    """What the page made at `now` shows so many seconds later, on a phone whose clock is `ahead` (milliseconds)."""
    rules = policy(SMALL, lambda data: data.update(locale="en"))
    received = EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": "1",
            "source": "crm",
            "type": "complaint.received",
            "time": "2026-03-01T06:00:00Z",
            "subject": "C-1",
            "data": {"summary": "The kettle leaks", "channel": "store", "level": "low"},
        }
    )
    course = opened(record_of(received, rules, 0), rules)
    incident = Incident("inc-1", "crm", "C-1", "The kettle leaks", "small@1", "default", course)
    view = LinkView("open", today=rules, now=now, verbs=("acknowledge",), person="ann", incident=incident, rules=rules)
    page = AnswerPages(lambda _: ()).page(view)
    told = {"page": Tree(page.html).root, "phone": now + ahead, "seconds": seconds}
    node = subprocess.run(
        ["node", str(BROWSER)], input=json.dumps(told), capture_output=True, text=True, check=False, timeout=30
    )
    assert node.returncode == 0, node.stderr
    return json.loads(node.stdout)


@pytest.mark.parametrize("ahead", [0, 3 * HOUR, -10 * MINUTE])
def test_the_countdown_ticks_to_the_deadline_and_on_by_our_clock_whatever_the_phone_thinks(ahead: int) -> None:
    left, over = ["Due in", False], ["Missed by", True]
    told = browsed(DUE - 61 * SECOND, 0, 1, 2, 61, 62, 61 + 3_661, ahead=ahead)
    assert [[word, overdue] for [[word, _, overdue]] in told["shown"]] == [left] * 4 + [over] * 2
    assert [figure for [[_, figure, _]] in told["shown"]] == ["1:01", "1:00", "0:59", "0:00", "0:01", "1:01:01"]


def test_hours_are_shown_where_there_are_any() -> None:
    assert browsed(OPENED, 0, 1)["shown"] == [[["Due in", "2:00:00", False]], [["Due in", "1:59:59", False]]]


def test_what_stands_still_without_a_script_is_hidden_with_one() -> None:
    assert browsed(OPENED, 0)["hidden"] == [True]


def test_a_second_tap_sends_nothing_until_the_page_is_shown_again() -> None:
    assert browsed(OPENED, 0)["taps"] == [True, False, True]
