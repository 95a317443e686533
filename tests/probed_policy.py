"""A policy with a synthetic complaint: as a stage brings one along, and as docs/policy.md writes one into a policy."""

from __future__ import annotations

from typing import Any

from shared.adapters.policy_yaml import load
from shared.domain.policy import Policy
from shared.domain.probe import with_probe

CONTACT = "success@simulator.amazonses.com"


def add_probe(data: Any) -> None:
    """The parts of a policy's data that make its probe."""
    level = {"clocks": {"respond": "1m"}, "window": "24h"}
    data["levels"] = {"probe": level, **data["levels"]}
    data.setdefault("routing", []).append({"when": {"level": "probe"}, "chain": "probe"})
    data["chains"]["probe"] = [{"rung": "probe", "people": ["probe"]}]
    data["people"]["probe"] = {"name": "Probe", "email": CONTACT, "channels": ["email"]}
    data["probe"] = "probe"


def probed(name: str = "retail") -> Policy:
    """A shipped policy on a stage that brings a probe along."""
    return with_probe(load(name), CONTACT)
