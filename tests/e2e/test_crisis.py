"""A crisis in earnest on the deployed local stack, from the complaint to the public page, with every role's rights.

Sixty times the speed: the first statement, due after 40 minutes, is due after 40 seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.local_stack.site import public_page
from cli.local_stack.stack import LocalStack
from shared.domain.publication import public_name
from tests.e2e.desk import Desk
from tests.e2e.watching import event, eventually, incident, link_in, mails, post, texts

CASE, SAME = "C-KETTLE", "C-POT"
STORE = {"store": "hz-021", "category": "kettle glass"}
ROLES = ("commander", "legal", "public_relations", "quality", "service")
LISTS = ("press.desk", "opinion.east_china", "opinion.nation")
"""Who of those told of a red crisis reads e-mail."""
LEAD = timedelta(minutes=1) / 60
"""How long before it is due a statement goes out, at sixty times the speed."""
SAID = "我们确认**水壶破裂**，已全部下架。"


@pytest.fixture
def over(desk: Desk) -> Iterator[None]:
    """Whatever went wrong, no crisis is left on: no drill would be started beside it."""
    yield
    for left in json.loads(desk.run("crisis", "list", "--json")):
        desk.try_to("crisis", "stand-down", left["incident"], "--reason", "the test is over")


@pytest.mark.usefixtures("over")
def test_from_the_complaint_to_the_public_page(desk: Desk, keys: Mapping[str, str], tmp_path: Path) -> None:
    stack = desk.stack
    told = event("complaint.received", CASE, summary="顾客被玻璃划伤", channel="weibo", reposts=60_000, **STORE)
    [taken] = post(stack, told)
    eventually(lambda: incident(stack, taken))
    crisis = desk.incident(taken)["crisis"]
    assert (crisis["kind"], crisis["grade"]) == ("public", "red")

    # The same again is the same; another complaint about the matter joins it.
    assert post(stack, told) == [taken]
    [other] = post(stack, event("complaint.received", SAME, summary="水壶裂了", channel="store", **STORE))
    eventually(lambda: incident(stack, other))
    [operator] = desk.rules.operations
    joined = desk.incident(other, keys[operator])
    assert (joined["part_of"], joined["crisis"]) == (taken, None)

    links = all_come(desk, taken, other)
    with stack.http(timeout=60) as phone:
        # Public relations write; legal stand by it over their link, the commander over the API.
        (tmp_path / "zh.md").write_text(SAID, encoding="utf-8")
        key = keys[desk.seats(taken)["public_relations"]]
        desk.run("statement", "draft", taken, "first", "--text", f"zh-CN={tmp_path / 'zh.md'}", key=key)
        [revision] = first_statement(desk, taken)["revisions"]
        exactly = {"verb": "approve", "rung": "first", "revision": "1", "hash": revision["hash"]}
        assert phone.post(links["legal"], data=exactly).status_code == 200
        assert phone.post(links["legal"], data=exactly).status_code == 409  # once is enough
        assert first_statement(desk, taken)["state"] == "draft"
        assert page_of(stack, taken).status_code == 404
        assert approve(stack, taken)["status"] == "accepted"
        assert approve(stack, taken)["status"] == "duplicate"

    # It is public at its time, or at once where a slow machine was late; then those of the lists are told.
    page = eventually(lambda: page_of(stack, taken), until=lambda page: page.status_code == 200)
    assert 'lang="zh-CN"' in page.text
    assert "<strong>水壶破裂</strong>" in page.text
    assert taken not in page.text
    assert CASE not in page.text
    statement = first_statement(desk, taken)
    due, out = (datetime.fromisoformat(statement[name]) for name in ("due", "published_at"))
    assert statement["state"] == "published"
    assert out >= due - LEAD
    address = f"{stack.site_url}/s/{public_name(taken)}/first.html"
    for each in LISTS:
        eventually(lambda each=each: letters(desk, each, address))  # type: ignore[misc]

    assert desk.run("crisis", "stand-down", taken, "--reason", "the kettles are off the shelves")
    assert json.loads(desk.run("crisis", "list", "--json")) == []
    with stack.http(timeout=60) as phone:
        assert phone.post(links["quality"], data={"verb": "milestone", "milestone": "plan"}).status_code == 410

    # Whatever comes after changes nothing: it was said once, to each of them once.
    assert approve(stack, taken)["status"] == "duplicate"
    after = desk.incident(taken)
    assert (after["drill"], after["crisis"]["over_at"] is not None) == (False, True)
    assert [entry["kind"] for entry in after["timeline"]].count("statement_published") == 1
    [after_first, *later] = after["crisis"]["statements"]
    assert after_first == statement
    assert {each["state"] for each in later} == {"cancelled"}
    assert page_of(stack, taken).text == page.text
    assert dates_in_feeds(stack, taken) == [out.replace(microsecond=0)] * 2
    assert [len(letters(desk, each, address)) for each in LISTS] == [1, 1, 1]


def all_come(desk: Desk, crisis: str, joined: str) -> dict[str, str]:
    """Those called first hear of it by text message and confirm by the link in it; the links, by role."""
    people = desk.seats(crisis)
    assert people["commander"] == desk.stack.person
    links = {role: call_of(desk, people[role]) for role in ROLES}
    with desk.stack.http(timeout=60) as phone:
        for link in links.values():
            done = phone.post(link, data={"verb": "confirm"})
            assert done.status_code == 200, done.text
    room = eventually(lambda: desk.incident(crisis)["crisis"], until=lambda room: bool(room["joined"]))
    assert [each["complaint"] for each in room["joined"]] == [joined]
    assert {seat["person"] for seat in room["seats"] if seat["state"] == "in"} == {people[role] for role in ROLES}
    assert {one["verdict"] for one in room["milestones"] if one["clock"] in ("muster", "group")} == {"met"}
    return links


def call_of(desk: Desk, person: str) -> str:
    """The link in the call of a member; where a slow machine is past half time, reminders follow it."""
    [text, *_] = eventually(lambda: texts(desk.stack, CASE, desk.rules.people[person].phone))
    return link_in(text)


def first_statement(desk: Desk, crisis: str) -> dict[str, Any]:
    [first, *_] = desk.incident(crisis)["crisis"]["statements"]
    assert first["rung"] == "first"
    return dict(first)


def approve(stack: LocalStack, crisis: str) -> dict[str, Any]:
    """What the commander says over the API, each time the very same request."""
    once = {"authorization": f"Bearer {stack.person_key}", "idempotency-key": "the-approval"}
    with stack.http(base_url=stack.api_url, headers=once, timeout=60) as api:
        answer = api.post(f"/v1/incidents/{crisis}/approve", json={"rung": "first", "revision": 1})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def page_of(stack: LocalStack, crisis: str) -> httpx.Response:
    """The statement, as the public asks for it."""
    return public_page(stack, f"/s/{public_name(crisis)}/first.html")


def letters(desk: Desk, person: str, about: str) -> list[dict[str, Any]]:
    """The e-mails one of a distribution list got."""
    return [mail for mail in mails(desk.stack, about) if str(desk.rules.people[person].email) in str(mail)]


def dates_in_feeds(stack: LocalStack, crisis: str) -> list[datetime]:
    """When the JSON feed and the Atom feed say that the text was published; one date an entry."""
    items = public_page(stack, "/feed.json").json()["items"]
    entries = re.findall(r"<entry>.*?</entry>", public_page(stack, "/feed.xml").text, re.DOTALL)
    found = [(str(item), item["date_published"]) for item in items]
    found += [(entry, re.findall(r"<published>(.*?)</published>", entry)[0]) for entry in entries]
    about = [(entry, date) for entry, date in found if public_name(crisis) in entry]
    assert all("水壶破裂" in entry for entry, _ in about)
    return [datetime.fromisoformat(date) for _, date in about]
