"""The deployed local stack is looked over by `tocsin doctor`: every question is one that a real endpoint answers."""

from __future__ import annotations

from functools import cache

from cli.deployment import LOCAL, Deployment
from cli.doctor import diagnose
from cli.doctor_checks.patient import Patient
from cli.local_stack.stack import LocalStack
from infra.stages import choose
from shared.adapters.system_time import SystemTime

NOT_IN_THE_EMULATOR = {"SMS account", "SMS numbers"}
"""It has no SMS sandbox and no list of numbers that opted out."""


def test_everything_but_what_the_emulator_lacks_is_answered(stack: LocalStack) -> None:
    deployment = Deployment(LOCAL, stack.outputs, cache(stack.client), stack.http)
    found = diagnose(Patient(deployment, choose(LOCAL), SystemTime().now()))
    assert {each.area for each in found if each.verdict == "unchecked"} == NOT_IN_THE_EMULATOR
    good = {each.area for each in found if each.verdict == "good"}
    assert {"stacks", "functions", "Lambda limit", "KMS key", "e-mail sender", "API keys", "console", "policy"} <= good
