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
keywords:
  hurt: [bleeding, 受伤]
crises:
  public:
    keywords: [hurt]
    levels: [low]
    grades:
      blue: {scope: [store], amount_cny_from: 10, reposts_from: 5}
      yellow: {scope: [region], amount_cny_from: 20, reposts_from: 10, level: low, group: true}
      red: {scope: [nation], amount_cny_from: 30, reposts_from: 15, group: true, statements: true, told: [bob]}
    roles: {commander: 1, legal: 1}
    seat_window: 5m
    milestones: {muster: 15m, plan: 30m}
    statements:
      rungs:
        first: {due: 30m, holding: {text: {en: We are looking into it.}, approved_by: [ann]}}
        full: {due: 48h}
      lead: 60s
      remind_before: 10m
      drafts: legal
      approvals: [legal, commander]
    join_window: 24h
  leak:
    figures: false
    grades:
      yellow: {group: true}
    roles: {commander: 1}
roster:
  zone: Europe/Berlin
  handover: {day: mon, at: 09:00}
  starts: 2026-01-05
  rotation: [north, south]
  roles:
    commander: {}
    legal: {seats: 2}
  teams:
    north:
      seats:
        commander: [{a: ann, b: bob}]
        legal: [{a: ann, b: bob}, {a: bob, b: ann}]
    south:
      seats:
        commander: [{a: bob, b: ann}]
        legal: [{a: ann, b: bob}, {a: bob, b: ann}]
  overrides:
    - {since: 2026-12-24T00:00:00, until: 2026-12-27T00:00:00, team: south}
    - {since: 2026-06-01T09:00:00, until: 2026-06-08T09:00:00, person: ann, instead: bob}
operations: [ann]
"""


def policy(text: str = SMALL, change: Callable[[Any], object] = lambda _: None) -> Policy:
    """The policy of a text, its data changed first; the shape is checked, nothing else."""
    document = read(text)
    assert not document.mistakes
    change(document.data)
    return Policy.model_validate(document.data)
