"""A stage whose policy is wrong is not deployed."""

from __future__ import annotations

from shared.adapters.policy_yaml import load, shipped


class UnknownPolicyError(Exception):
    """A function finds its policy by name, among those that are uploaded with it."""


def refuse_bad_policy(name: str) -> None:
    """Refuse what `tocsin policy check` refuses.

    Raises:
        UnknownPolicyError: it is not one that ships.
        PolicyError: it has mistakes, each named with its line.
    """
    if name not in shipped():
        raise UnknownPolicyError(f"policy: {name!r} is none of {', '.join(shipped())}")
    load(name)
