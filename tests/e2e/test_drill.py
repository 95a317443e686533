"""A drill on the deployed local stack, with every role's rights checked: called, answered, scored, and nothing public.

Sixty times the speed: a window of 70 minutes is 70 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.desk import SOON, Desk
from tests.e2e.watching import complaint, eventually, incident, link_in, post

ROLES = ("commander", "legal", "public_relations", "quality", "service")
MARKS = ("演练", "DRILL")


def test_a_drill_is_called_answered_scored_and_renews_and_nobody_outside_hears_of_it(
    desk: Desk, keys: Mapping[str, str], tmp_path: Path
) -> None:
    public, before = desk.site(), {person: len(desk.sms(person)) for person in desk.rules.people}
    assert len(desk.running_out()) == 56

    drill, case, *_ = desk.run("drill", "start", "food").split()
    assert case.startswith("drill-")
    people = desk.seats(drill)
    called = {role: people[role] for role in ROLES}

    # Each confirms by the link in their own text message, which says what it is; so does the page behind it.
    links = {}
    with desk.stack.http(timeout=60) as phone:
        for role, person in called.items():
            [text] = eventually(lambda person=person: desk.sms(person)[before[person] :])  # type: ignore[misc]
            links[role] = link_in(text)
            done = phone.post(links[role], data={"verb": "confirm"})
            assert done.status_code == 200, done.text
        assert any(words in phone.get(links["quality"]).text for words in ("这是一次演练", "This is a DRILL"))
        for milestone in ("plan", "review"):
            met = phone.post(links["commander"], data={"verb": "milestone", "milestone": milestone, "text": "recall"})
            assert met.status_code == 200, met.text

        # A text is written and approved as in earnest.
        (tmp_path / "zh.md").write_text("演习：我们正在调查。", encoding="utf-8")
        text_of = ("--text", f"zh-CN={tmp_path / 'zh.md'}")
        desk.run("statement", "draft", drill, "first", *text_of, key=keys[called["public_relations"]])
        [first, *_] = incident_of(desk, drill)["crisis"]["statements"]
        said = {"rung": "first", "revision": "1", "hash": first["revisions"][0]["hash"]}
        for role in ("legal", "commander"):
            approved = phone.post(links[role], data={"verb": "approve", **said})
            assert approved.status_code == 200, approved.text

    def published() -> list[str]:
        return [entry["kind"] for entry in incident_of(desk, drill)["timeline"] if "published" in entry["kind"]]

    eventually(published, within=45)
    ended = desk.run("drill", "end", drill)
    assert ended.startswith("done: DRILL, public, over since ")

    score = desk.score(drill)
    marks = {mark["what"]: mark["in_time"] for mark in score["marks"]}
    marks["statement:first"] = True  # where everything is slow it is public too late, and the drill is passed still
    assert marks == dict.fromkeys(("group", "muster", "plan", "review", "statement:first"), True)
    assert score["passed"] is True
    in_time = {each["person"]: each["seconds"] for each in score["answers"] if each["in_time"]}
    assert set(in_time) == set(score["renewed"]) == set(called.values())
    assert all(0 < seconds < 70 for seconds in in_time.values())
    assert date.fromisoformat(score["renewed_until"]) > SOON + timedelta(days=60)
    eventually(lambda: desk.running_out() & set(in_time), until=lambda left: not left)
    assert len(desk.running_out()) == 56 - len(in_time)

    # Nothing of it left the house, and whatever went out inside says what it is.
    view = incident_of(desk, drill)
    assert (view["drill"], view["state"]) == (True, "closed")
    assert desk.site() == public
    assert not [row for row in view["messages"] if row["reason"] == "published"]
    for person in called.values():
        news = desk.sms(person)[before[person] :]
        assert news
        assert all(any(mark in text for mark in MARKS) for text in news), news
    mails = [str(mail.get("Subject", "")) for mail in desk.stack.carrier_emails() if case in str(mail)]
    assert mails
    assert all(any(mark in subject for mark in MARKS) for subject in mails), mails


def test_a_real_crisis_ends_a_drill_and_none_is_started_beside_it(desk: Desk) -> None:
    drill = desk.run("drill", "start", "injury").split()[0]
    assert "A drill is on already" in desk.try_to("drill", "start", "food").stderr
    [real] = post(desk.stack, complaint("C-REAL", level="crisis"))
    over = eventually(lambda: desk.score(drill), until=lambda found: found["over_at"] is not None)
    assert over["passed"] is False
    assert "A crisis is on in earnest" in desk.try_to("drill", "start", "food").stderr

    desk.run("crisis", "confirm", real)
    desk.run("crisis", "stand-down", real, "--reason", "the test is over")
    assert json.loads(desk.run("crisis", "list", "--json")) == []
    assert incident(desk.stack, real)["drill"] is False


def incident_of(desk: Desk, which: str) -> dict[str, Any]:
    """As a person sees it: an intake system's key knows nothing of drills."""
    assert incident(desk.stack, which) == {}
    return desk.incident(which)
