"""What a use case may reach: every port, in one frozen record that the composition root fills."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared import ports
from shared.domain.instants import DAY, HOUR, MINUTE
from shared.domain.policy_parts import Via


@dataclass(frozen=True)
class World:
    """The ports of a stage.

    Attributes:
        link_base_url: what a link starts with; the token follows after a slash.
        link_expiry: how long a link lives, in milliseconds; never scaled. group_link_expiry: one of the response
            group, which dies with the crisis; this bounds a crisis that nobody stands down.
        pulse_every: how far apart the beats of the pulse are (milliseconds): a minute, on a stage whose clocks run
            faster so much less.
    """

    time: ports.Time
    incidents: ports.Incidents
    quarantine: ports.Quarantine
    timers: ports.Timers
    outbox: ports.Outbox
    links: ports.Links
    policies: ports.Policies
    events_queue: ports.Queue
    timers_queue: ports.Queue
    messages_queue: ports.Queue
    carriers: Mapping[Via, ports.Carrier]
    operations: ports.Operations
    metrics: ports.Metrics
    words: ports.Words
    api_keys: ports.ApiKeys
    crises: ports.Crises
    statements: ports.Statements
    errands: ports.Errands
    errands_queue: ports.Queue
    site: ports.Site
    evidence: ports.Evidence
    sealed_heads: ports.SealedHeads
    link_base_url: str = ""
    link_expiry: int = 48 * HOUR
    group_link_expiry: int = 14 * DAY
    pulse_every: int = MINUTE
