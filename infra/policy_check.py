"""A stage whose policy is wrong is not deployed: a synth fails with the line of each mistake."""

from __future__ import annotations

from pathlib import Path

from shared.adapters.policy_yaml import PolicyError, load


class BadPolicyError(Exception):
    """The policy of a stage has mistakes; the text has one line each."""


def refuse_bad_policy(name: str | Path) -> None:
    """Read the policy of a stage (a shipped one, or a file) as its functions will, and check it in full.

    Raises:
        BadPolicyError: it has mistakes, or there is none of this name.
    """
    try:
        load(name)
    except PolicyError as error:
        raise BadPolicyError(f"The policy of this stage cannot be deployed:\n{error}") from error
