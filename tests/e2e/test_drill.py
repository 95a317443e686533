"""A drill on the deployed local stack, with every role's rights checked: called, answered, scored, and nothing public.

Sixty times the speed: a window of 70 minutes is 70 seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from cli import deployment
from cli.deployment import LOCAL, Deployment
from cli.key_ring import KeyRing
from cli.local_stack.stack import LocalStack
from cli.main import app
from shared.adapters.policy_yaml import parse, read_text
from shared.domain.policy import Policy
from tests.e2e.watching import complaint, eventually, incident, link_in, post

ROLES = ("commander", "legal", "public_relations", "quality", "service")
MARKS = ("演练", "DRILL")
SOON = datetime.now(UTC).date() + timedelta(days=30)
"""When the qualifications of the group end, in this file."""
SLOWER = {
    "seat_window: 5m": "70m",
    "muster: 15m": "80m",
    "group: 30m": "80m",
    "plan: 30m": "110m",
    "review: 60m": "115m",
    "full_chain: 60m": "115m",
    "first: {due: 30m": "40m",
}
"""What a dozen cold starts on two busy cores can keep to, by what the shipped policy says."""


@dataclass(frozen=True)
class Desk:
    """The command line of an operator of the stack."""

    stack: LocalStack
    rules: Policy

    def try_to(self, *arguments: str, key: str = "") -> Result:
        none = dict.fromkeys(("TOCSIN_API_KEY", "TOCSIN_API_URL", "TOCSIN_STAGE"))
        return CliRunner().invoke(app, arguments, env={**none, "TOCSIN_API_KEY": key or self.stack.person_key})

    def run(self, *arguments: str, key: str = "") -> str:
        result = self.try_to(*arguments, key=key)
        assert result.exit_code == 0, result.output
        return result.stdout

    def score(self, drill: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("drill", "score", drill, "--json"))
        return found

    def seats(self, drill: str) -> dict[str, Any]:
        """Who was called first, by role."""
        room = json.loads(self.run("crisis", "show", drill, "--json"))
        return {seat["role"]: seat["asked"][0] for seat in reversed(room["seats"]) if seat["asked"]}

    def sms(self, person: str) -> list[str]:
        return [each["Message"] for each in self.stack.carrier_sms(self.rules.people[person].phone)]

    def running_out(self) -> set[str]:
        """Whose qualification `roster check` finds to end within 90 days."""
        told = self.try_to("roster", "check").stderr
        return {name for name in self.rules.people if f"people.{name}.qualified_until" in told}

    def site(self) -> dict[str, str]:
        """Everything the public can read."""
        found = self.stack.client("s3").list_objects_v2(Bucket=self.stack.outputs["SiteBucket"])
        return {each["Key"]: each["ETag"] for each in found["Contents"]}


@pytest.fixture(scope="module")
def desk(guarded_stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """With the shipped policy, a little slower, and qualifications that end in a month; put back afterwards."""
    text = read_text("retail")[1].replace("qualified_until: 2035-12-31", f"qualified_until: {SOON}")
    for said, length in SLOWER.items():
        assert said in text
        text = text.replace(said, f"{said.rpartition(' ')[0]} {length}")
    file: Path = tmp_path_factory.mktemp("drill") / "retail.yaml"
    file.write_text(text, encoding="utf-8")
    stack = guarded_stack
    made = Deployment(LOCAL, stack.outputs, cache(stack.client), lambda: stack.http(timeout=60), stack.api_key)
    with patch.object(deployment, "_local", lambda: made):
        at_work = Desk(stack, parse(text, "retail"))
        at_work.run("policy", "push", str(file))
        yield at_work
        at_work.run("policy", "push", "retail")


@pytest.fixture(scope="module")
def writers(desk: Desk) -> dict[str, str]:
    """Keys of those who may be called first to write statements: this week or, around a hand-over, the next."""
    roster = desk.rules.roster
    assert roster is not None
    people = [pair.a for team in roster.teams.values() for pair in team.seats["public_relations"]]
    ring = KeyRing(desk.stack.client("secretsmanager"), desk.stack.outputs["ApiKeysSecretArn"])
    keys = {person: ring.add(f"drill {person}", person=person) for person in people}
    for key in keys.values():  # a function that knows older keys takes a minute to hear of these
        eventually(lambda key=key: desk.try_to("crisis", "list", key=key).exit_code == 0, within=90)  # type: ignore[misc]
    return keys


def test_a_drill_is_called_answered_scored_and_renews_and_nobody_outside_hears_of_it(
    desk: Desk, writers: dict[str, str], tmp_path: Path
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
        desk.run("statement", "draft", drill, "first", *text_of, key=writers[called["public_relations"]])
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
    found: dict[str, Any] = json.loads(desk.run("incidents", "show", which, "--json"))
    return found
