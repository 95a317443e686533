"""A small policy to change in a test, and one that says everything there is to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.adapters.marked_yaml import read
from shared.domain.policy import Policy

SMALL = """\
policy: small
levels:
  low:
    clocks: {respond: 2h, resolve: 24h}
    window: 30m
  high:
    clocks: {respond: 30m}
    window: 10m
    urgent: true
classification:
  default: low
  rules:
    - {when: {keywords: hurt}, level: high}
keywords:
  hurt: [bleeding, 受伤]
chains:
  default:
    - {rung: first, people: [ann]}
    - {rung: second, people: [bob]}
    - {rung: third, people: [cy]}
people:
  ann: {name: Ann, email: ann@example.com}
  bob: {name: Bob, email: bob@example.com}
  cy: {name: Cy, email: cy@example.com}
operations: [cy]
"""

FULL = """\
policy: full
levels:
  low:
    clocks: {respond: 2h, propose: 3h, step_in: 4h, resolve: 24h, group: 5h}
    channels:
      email: {respond: 1h, propose: 2h, step_in: 3h, resolve: 12h, group: 4h}
    milestones: {contain: 6h}
    window: 30m
    calendar: office
classification: {default: low}
aftercare: {follow_up: 24h, root_cause: 48h}
unmoved: {share_of_resolve: 0.5, at_least: 30m, without_resolve: 24h}
repeat: {from_rung: 2, factor: 2, longest_window: 12h}
reminder: 24h
arrival: {early_kept: 24h, silent_after: 7d}
calendars:
  office:
    zone: Europe/Berlin
    open: [{days: [mon, tue], opens: 09:00, closes: 18:00}]
    holidays: [2026-12-25]
routing:
  - {when: {region: north}, chain: north}
chains:
  default:
    - {rung: first, people: [ann], window: 15m}
    - {rung: second, people: [bob], window: 20m}
    - {rung: third, people: [ann]}
  north:
    - {rung: first, people: [bob], window: 25m}
    - {rung: second, people: [ann]}
    - {rung: third, people: [bob]}
people:
  ann: {name: Ann, email: ann@example.com}
  bob: {name: Bob, email: bob@example.com}
operations: [ann]
"""


def policy(text: str = SMALL, change: Callable[[Any], object] = lambda _: None) -> Policy:
    """The policy of a text, its data changed first; the shape is checked, nothing else."""
    document = read(text)
    assert not document.mistakes
    change(document.data)
    return Policy.model_validate(document.data)
