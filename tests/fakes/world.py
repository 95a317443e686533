"""A whole world in memory, as the use cases take it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.application.world import World
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from tests.fakes.incidents import FakeIncidents
from tests.fakes.keeping import FakeLinks, FakePolicies, FakeQuarantine
from tests.fakes.outbox import FakeOutbox
from tests.fakes.outside import FakeApiKeys, FakeCarrier, FakeMetrics, FakeOperations, FakeQueue, FakeTime, FakeWords
from tests.fakes.shelf import Shelf
from tests.fakes.timers import FakeTimers


@dataclass(frozen=True)
class FakeWorld(World):
    """`World` with every port a fake, so that a test can look behind it."""

    time: FakeTime
    incidents: FakeIncidents
    quarantine: FakeQuarantine
    timers: FakeTimers
    outbox: FakeOutbox
    links: FakeLinks
    policies: FakePolicies
    events_queue: FakeQueue
    timers_queue: FakeQueue
    messages_queue: FakeQueue
    carriers: Mapping[Via, FakeCarrier]
    operations: FakeOperations
    metrics: FakeMetrics
    words: FakeWords
    api_keys: FakeApiKeys


def fake_world(policy: Policy, *, now: int | None = None) -> FakeWorld:
    """A new world under a policy, its clock at `now`."""
    time = FakeTime() if now is None else FakeTime(now)
    shelf = Shelf()
    return FakeWorld(
        time=time,
        incidents=FakeIncidents(shelf),
        quarantine=FakeQuarantine(shelf),
        timers=FakeTimers(shelf),
        outbox=FakeOutbox(shelf),
        links=FakeLinks(),
        policies=FakePolicies(policy),
        events_queue=FakeQueue(time),
        timers_queue=FakeQueue(time),
        messages_queue=FakeQueue(time),
        carriers={"sms": FakeCarrier("sms"), "email": FakeCarrier("email"), "webhook": FakeCarrier("webhook")},
        operations=FakeOperations(),
        metrics=FakeMetrics(),
        words=FakeWords(),
        api_keys=FakeApiKeys(),
        link_base_url="https://t.example/l",
    )
