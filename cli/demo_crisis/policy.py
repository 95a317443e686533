"""The demo's policy: `retail` as it ships, with the two later statements due while somebody still watches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from cli.demo_crisis.story import KIND
from shared.adapters import marked_yaml, policy_yaml
from shared.adapters.marked_yaml import Place

SHIPPED: Final = "retail"
SHORTER: Final[Mapping[Place, str]] = {
    ("crises", KIND, "statements", "rungs", "progress", "due"): "90m",
    ("crises", KIND, "statements", "rungs", "full", "due"): "150m",
}
"""6 h and 48 h would be six and forty-eight minutes at the demo's speed."""
BY_MAIL: Final[Mapping[Place, str]] = {
    ("people", "partner.feed", "webhook"): "email: partner.feed@example.com",
    ("people", "partner.feed", "channels"): "channels: [email]",
}
"""The one webhook of the policy becomes an address the emulator takes: a demo posts nothing into the world."""


def demo_policy() -> str:
    """The policy's text.

    Raises:
        LookupError: `retail` no longer writes one of these on a line of its own part.
    """
    document = marked_yaml.read(text := policy_yaml.read_text(SHIPPED)[1])
    lines = text.splitlines(keepends=True)
    instead = {**{place: f"{place[-1]}: {value}" for place, value in SHORTER.items()}, **BY_MAIL}
    for place, written in instead.items():
        number = document.line(place) - 1
        field = rf'\b{place[-1]}: ("[^"]*"|\[[^\]]*\]|[^,}}\s]+)'
        lines[number], changed = re.subn(field, written, lines[number], count=1)
        if changed != 1:
            raise LookupError(f"{policy_yaml.dotted(place)} is not where it was")
    return "".join(lines)
