"""A whole world in memory, as the use cases take it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.application.world import World
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from tests.fakes.crises import FakeCrises, FakeErrands, FakeStatements
from tests.fakes.heads import FakeSealedHeads
from tests.fakes.incidents import FakeIncidents
from tests.fakes.keeping import FakeLinks, FakePolicies, FakeQuarantine
from tests.fakes.outbox import FakeOutbox
from tests.fakes.outside import FakeApiKeys, FakeCarrier, FakeMetrics, FakeOperations, FakeQueue, FakeTime, FakeWords
from tests.fakes.shelf import Shelf
from tests.fakes.storage import FakeEvidence, FakeSite
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
    crises: FakeCrises
    statements: FakeStatements
    errands: FakeErrands
    errands_queue: FakeQueue
    site: FakeSite
    evidence: FakeEvidence
    sealed_heads: FakeSealedHeads


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
        crises=FakeCrises(shelf),
        statements=FakeStatements(shelf),
        errands=FakeErrands(shelf),
        errands_queue=FakeQueue(time),
        site=FakeSite(),
        evidence=FakeEvidence(time),
        sealed_heads=FakeSealedHeads(),
        link_base_url="https://t.example/l",
    )
