"""A synthetic complaint goes the whole way, says how late its pages were, and troubles nobody (ADR 76)."""

from __future__ import annotations

import json

import pytest

from shared.adapters.policy_yaml import shipped
from shared.application.read_event import take_body
from shared.application.send_probe import Probed, send_probe
from shared.domain.instants import MINUTE, SECOND
from shared.domain.policy import Policy
from shared.ports import PermanentFailure, UnknownOutcome
from tests.probed_policy import CONTACT, probed
from tests.scenarios.playing import Part, Stage, stage
from tests.scenarios.telling import MIDNIGHT, at

PERIOD = 5 * MINUTE
RETAIL = probed()


def ticks(played: Stage, count: int, *, receipts: bool = False, delay: int = 2 * SECOND) -> list[Probed]:
    """Runs of the probe, five minutes apart; what they put on the events queue is taken `delay` later."""
    found = []
    for _ in range(count):
        found.append(send_probe(played.world, receipts=receipts))
        start = played.world.time.now()
        bodies = played.world.events_queue.take()
        played.run(start + delay)
        if "take" not in played.down:
            for body in bodies:
                take_body(played.world, body)
        played.run(start + PERIOD)
    return found


def scene(policy: Policy = RETAIL, *down: Part) -> Stage:
    return stage(policy, down=set(down))


def recorded(played: Stage, name: str) -> list[float]:
    return [value for each, value, _ in played.world.metrics.recorded if each == name]


def test_a_probe_is_paged_at_its_opening_and_by_a_timer_and_nobody_else_is() -> None:
    played = scene()
    ticks(played, 3)

    emails = played.world.carriers["email"].sent
    assert {sent.address for sent in emails} == {CONTACT}
    assert [sent.subject for sent in emails] == ["opened", "warning", "missed"] * 3
    assert not played.world.carriers["sms"].sent
    assert not played.world.carriers["webhook"].sent
    assert played.world.operations.alerts == []


def test_its_lateness_is_what_the_queue_the_timers_and_the_carrier_took() -> None:
    played = scene()
    found = ticks(played, 4, delay=7 * SECOND)

    assert recorded(played, "ProbeLateness") == [7_000] * 3
    assert [each.lateness for each in found] == [None, 7_000, 7_000, 7_000]
    assert recorded(played, "ProbesLost") == [0, 0, 0]
    assert played.world.timers.sign("probe_arrived") == MIDNIGHT + 3 * PERIOD


@pytest.mark.parametrize("name", shipped())
def test_each_probe_is_over_when_the_next_was_looked_at(name: str) -> None:
    played = scene(probed(name))
    found = ticks(played, 4)
    played.run("23h")

    for each in found[:-1]:
        stored = played.world.incidents.load(str(each.filed))
        assert stored is not None
        assert stored.incident.is_solved
        assert stored.incident.next_step_at is None
        assert stored.alarm is None
    assert len(played.world.carriers["email"].sent) == 3 * 4
    assert not played.dead


@pytest.mark.parametrize("part", ["take", "arm", "fire", "relay", "send"])
def test_a_part_that_stands_still_loses_the_probe_or_makes_it_late(part: Part) -> None:
    played = scene(RETAIL, part, *(("sweep", "audit") if part in ("arm", "fire") else ("audit",)))
    ticks(played, 4)

    assert recorded(played, "ProbesLost") == [1, 1, 1]
    assert recorded(played, "ProbeLateness") == []
    assert played.world.timers.sign("probe_arrived") == 0


def test_a_carrier_that_refuses_loses_the_probe() -> None:
    played = scene()
    played.world.carriers["email"].fail(PermanentFailure(), PermanentFailure(), PermanentFailure())
    ticks(played, 3)
    assert recorded(played, "ProbesLost") == [1, 0]


def test_a_send_whose_outcome_is_unknown_is_late_by_its_repeat() -> None:
    played = scene()
    played.world.carriers["email"].fail(UnknownOutcome())
    ticks(played, 2)
    [lateness] = recorded(played, "ProbeLateness")
    assert lateness > MINUTE


def test_what_the_carrier_confirmed_is_told_apart_from_what_it_only_took() -> None:
    played = scene()
    ticks(played, 2, receipts=True)
    assert recorded(played, "ProbesUnconfirmed") == [1]

    confirmed = scene()
    ticks(confirmed, 1)
    for row in confirmed.world.outbox.all:
        if row.kind == "page":
            confirmed.world.outbox.finish(row, "delivered", reference=str(row.key))
    ticks(confirmed, 1, receipts=True)
    assert recorded(confirmed, "ProbesUnconfirmed") == [0]


def test_a_tick_that_repeats_itself_does_nothing() -> None:
    played = scene()
    ticks(played, 1)
    played.world.time.advance(PERIOD)
    send_probe(played.world, receipts=False)
    bodies = played.world.events_queue.take()
    assert send_probe(played.world, receipts=False) == Probed()
    assert len(bodies) == 3
    assert played.world.events_queue.take() == ()
    assert len(recorded(played, "ProbesLost")) == 1


def test_a_policy_without_a_probe_has_none_and_the_last_one_is_still_closed() -> None:
    bare = scene(RETAIL.model_copy(update={"probe": None}))
    assert ticks(bare, 3) == [Probed()] * 3
    assert recorded(bare, "ProbesLost") == []

    played = scene()
    [first] = ticks(played, 1)
    played.world.policies.adopt(RETAIL.model_copy(update={"probe": None}))
    last, after = ticks(played, 2)
    assert (last.lateness, last.filed, after) == (2_000, None, Probed())
    stored = played.world.incidents.load(str(first.filed))
    assert stored is not None
    assert stored.incident.course.phase == "closed"


def test_a_real_complaint_goes_its_own_way_beside_the_probes() -> None:
    alone = stage(RETAIL).happens(at("0", "received", level="major")).run("40m")
    beside = scene().happens(at("0", "received", level="major"))
    ticks(beside, 8)
    beside.run("40m")
    assert [line for line in beside.received() if " probe " not in line] == alone.received()


def claiming(**data: object) -> str:
    event = {
        "specversion": "1.0",
        "id": "forged",
        "source": "probe",
        "type": "complaint.received",
        "subject": "forged",
        "time": "2026-03-01T00:00:00Z",
        "data": {"summary": "Not a probe", "channel": "api", "level": "probe", **data},
    }
    return json.dumps({"surface": "probe", "event": event})


@pytest.mark.parametrize(
    "body",
    [
        claiming(level="crisis"),
        claiming(category="injury"),
        claiming(store="S-1"),
        claiming().replace('"source": "probe"', '"source": "crm/hotline"'),
        claiming().replace('"surface": "probe"', '"surface": "queue"'),
        claiming().replace("complaint.received", "complaint.updated"),
    ],
)
def test_nothing_else_gets_in_as_a_synthetic_complaint(body: str) -> None:
    played = scene()
    assert take_body(played.world, body).status == "quarantined"
    assert played.world.outbox.all == ()


def test_a_real_complaint_never_goes_the_way_of_the_synthetic_ones() -> None:
    played = scene().happens(at("0", "received", level="probe"), at("1m", "received", subject="C-2", level="major"))
    played.happens(
        at("2m", "reclassified", subject="C-2", level="probe", by="wang.fang", reason="none", source="api")
    ).run("10m")
    assert [taken.status for taken in played.taken] == ["quarantined", "accepted", "quarantined"]
    assert [each.reason for each in played.world.quarantine.list()] == ["unknown_level"] * 2
    assert played.incident("C-2").course.level == "major"
