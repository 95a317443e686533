"""Every port in memory. One contract suite (tests/contract) holds them to what the real adapters do."""

from tests.fakes.crises import FakeCrises, FakeErrands, FakeStatements
from tests.fakes.heads import FakeSealedHeads
from tests.fakes.incidents import FakeIncidents
from tests.fakes.keeping import FakeLinks, FakePolicies, FakeQuarantine
from tests.fakes.outbox import FakeOutbox
from tests.fakes.outside import (
    FakeApiKeys,
    FakeCarrier,
    FakeMetrics,
    FakeOperations,
    FakeQueue,
    FakeTime,
    FakeWords,
    Sent,
)
from tests.fakes.shelf import Shelf
from tests.fakes.storage import FakeEvidence, FakeSite
from tests.fakes.timers import FakeTimers
from tests.fakes.world import FakeWorld, fake_world

__all__ = [
    "FakeApiKeys",
    "FakeCarrier",
    "FakeCrises",
    "FakeErrands",
    "FakeEvidence",
    "FakeIncidents",
    "FakeLinks",
    "FakeMetrics",
    "FakeOperations",
    "FakeOutbox",
    "FakePolicies",
    "FakeQuarantine",
    "FakeQueue",
    "FakeSealedHeads",
    "FakeSite",
    "FakeStatements",
    "FakeTime",
    "FakeTimers",
    "FakeWords",
    "FakeWorld",
    "Sent",
    "Shelf",
    "fake_world",
]
