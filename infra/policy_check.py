"""A stage whose policy is wrong is not deployed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import cast


class BadPolicyError(Exception):
    """The policy of a stage has mistakes; each line names one."""


def refuse_bad_policy(name: str) -> None:
    """Read the shipped policy by the product's own checker, which is imported late: a test of one stack needs none."""
    checker = importlib.import_module("shared.application.check_policy")
    mistakes = list(cast("Callable[[str], Iterable[object]]", checker.check_shipped_policy)(name))
    if mistakes:
        raise BadPolicyError(f"policy {name}:\n" + "\n".join(f"  {mistake}" for mistake in mistakes))
