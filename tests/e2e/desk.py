"""The command line of an operator of the stack, and the policy they pushed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer.testing import CliRunner, Result

from cli import deployment
from cli.deployment import LOCAL, Deployment
from cli.key_ring import KeyRing
from cli.local_stack.stack import LocalStack
from cli.main import app
from shared.adapters.policy_yaml import parse, read_text
from shared.domain.policy import Policy
from tests.e2e.watching import eventually

SOON = datetime.now(UTC).date() + timedelta(days=30)
"""When the qualifications of the group end, by the policy of the desk."""
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
        stack = self.stack
        made = Deployment(LOCAL, stack.outputs, cache(stack.client), lambda: stack.http(timeout=60), stack.api_key)
        none = dict.fromkeys(("TOCSIN_API_KEY", "TOCSIN_API_URL", "TOCSIN_STAGE"))
        with patch.object(deployment, "_local", lambda: made):
            return CliRunner().invoke(app, arguments, env={**none, "TOCSIN_API_KEY": key or stack.person_key})

    def run(self, *arguments: str, key: str = "") -> str:
        result = self.try_to(*arguments, key=key)
        assert result.exit_code == 0, result.output
        return result.stdout

    def incident(self, which: str, key: str = "") -> dict[str, Any]:
        """As a person sees it."""
        found: dict[str, Any] = json.loads(self.run("incidents", "show", which, "--json", key=key))
        return found

    def score(self, drill: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("drill", "score", drill, "--json"))
        return found

    def seats(self, crisis: str) -> dict[str, Any]:
        """Who was called first, by role."""
        room = json.loads(self.run("crisis", "show", crisis, "--json"))
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


def desk_of(stack: LocalStack, file: Path) -> Desk:
    """With the shipped policy, a little slower, and qualifications that end in a month."""
    text = read_text("retail")[1].replace("qualified_until: 2035-12-31", f"qualified_until: {SOON}")
    for said, length in SLOWER.items():
        assert said in text
        text = text.replace(said, f"{said.rpartition(' ')[0]} {length}")
    file.write_text(text, encoding="utf-8")
    at_work = Desk(stack, parse(text, "retail"))
    at_work.run("policy", "push", str(file))
    return at_work


def give_keys(desk: Desk) -> Mapping[str, str]:
    """Keys of operations and of those who may be called first to write statements, this week or, around a hand-over,
    the next.
    """
    roster = desk.rules.roster
    assert roster is not None
    people = [pair.a for team in roster.teams.values() for pair in team.seats["public_relations"]]
    people += desk.rules.operations
    ring = KeyRing(desk.stack.client("secretsmanager"), desk.stack.outputs["ApiKeysSecretArn"])
    keys = {person: ring.add(f"desk {person}", person=person) for person in people}
    for key in keys.values():  # a function that knows older keys takes a minute to hear of these
        eventually(lambda key=key: desk.try_to("crisis", "list", key=key).exit_code == 0, within=90)  # type: ignore[misc]
    return keys
