"""A policy with a synthetic complaint, as docs/policy.md adds one to any policy."""

from __future__ import annotations

from typing import Any

from shared.adapters.policy_yaml import read_text
from shared.domain.policy import Policy
from tests.unit.policy_text import policy

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
    """A shipped policy with a probe."""
    return policy(read_text(name)[1], add_probe)
