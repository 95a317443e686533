"""Errands: run once however often they come, the site never left stale, nothing told twice (I8, ADR 53)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any

import pytest

from shared.adapters import policy_yaml
from shared.application.audit import audit
from shared.application.run_errand import WRITES, run_errand
from shared.application.take_event import take_event
from shared.domain.errand import Errand, ErrandKind
from shared.domain.events import incident_id
from shared.domain.instants import MINUTE, SECOND
from shared.domain.outcome import Entry
from shared.domain.publication import Publication
from shared.ports import Commit, ConflictError, UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.scenarios.telling import MIDNIGHT, at, instant

CASE, OTHER = incident_id("crm/hotline", "C-1"), incident_id("crm/hotline", "C-2")


@dataclass
class Newsroom:
    """Two incidents, and errands that were committed with steps of theirs."""

    world: FakeWorld = field(default_factory=lambda: fake_world(policy_yaml.load("retail"), now=MIDNIGHT))

    def __post_init__(self) -> None:
        for subject in ("C-1", "C-2"):
            event = at("0", "received", subject=subject).model_copy(update={"id": subject})
            take_event(self.world, event, surface="queue", trusted_by=False)
        self.world.time.advance(SECOND)

    def ask(self, name: str, kind: ErrandKind, incident: str = CASE, **data: Any) -> Errand:
        errand = Errand(incident, name, kind, self.world.time.now(), data)
        self.world.incidents._shelf.errands[incident, name] = errand
        return errand

    def decide(self, rung: str, revision: int = 1, incident: str = CASE) -> Errand:
        """A step decides that a revision is public: its publication and its errand, in one."""
        now = self.world.time.now()
        public = Publication("public", incident, rung, revision, now, now, (("en", f"{rung} {revision}"),))
        self.world.incidents._shelf.publications[incident, rung, revision] = public
        data: dict[str, Any] = {"rung": rung, "revision": revision, "published_at": now}
        return self.ask(f"publish-{rung}-{revision}", "publish", incident, **data)

    def run(self, errand: Errand) -> None:
        run_errand(self.world, errand.incident, errand.name)

    def entered(self, kind: str, incident: str = CASE) -> list[Entry]:
        lines = self.world.incidents.timeline(incident)
        return [entry for line in lines for entry in line.entries if entry.kind == kind]

    @property
    def out(self) -> list[tuple[str, int]]:
        """What the incident was told the public can read."""
        return [(entry.data["data"]["rung"], entry.data["data"]["revision"]) for entry in self.entered("statement.out")]

    @property
    def shown(self) -> list[tuple[str, int]]:
        return [(each.rung, each.revision) for each in self.world.site.index]


@pytest.fixture
def desk() -> Newsroom:
    return Newsroom()


def test_what_was_decided_is_on_the_site_before_the_incident_is_told(desk: Newsroom) -> None:
    errand = desk.decide("first")
    seen: list[list[tuple[str, int]]] = []
    desk.world.incidents.before_commit = lambda _: seen.append(desk.shown)
    desk.world.time.advance(2 * SECOND)

    desk.run(errand)

    assert seen == [[("first", 1)]]
    assert desk.out == [("first", 1)]
    [told] = desk.entered("statement.out")
    assert (told.at, told.data["source"]) == (desk.world.time.now(), "tocsin")
    assert desk.world.errands.get(CASE, errand.name) is None
    assert desk.world.metrics.totals["ErrandsRun"] == 1
    assert ("ErrandLateness", 2 * SECOND, "Milliseconds") in desk.world.metrics.recorded


def test_an_errand_that_comes_twice_is_run_once(desk: Newsroom) -> None:
    errand = desk.decide("first")
    for _ in range(3):
        desk.run(errand)
        desk.world.time.advance(SECOND)

    assert desk.out == [("first", 1)]
    assert desk.world.site.writes == 1
    assert list(desk.world.quarantine.list()) == []


def test_a_run_that_died_before_it_was_closed_tells_nobody_again(desk: Newsroom) -> None:
    errand = desk.decide("first")
    desk.run(errand)
    desk.world.incidents._shelf.errands[CASE, errand.name] = errand
    desk.world.time.advance(MINUTE)

    desk.run(errand)

    assert desk.out == [("first", 1)]
    assert list(desk.world.quarantine.list()) == []
    assert desk.world.errands.all == ()


def test_a_commit_whose_answer_was_lost_is_one(desk: Newsroom) -> None:
    errand = desk.decide("first")

    def lost(_: Commit) -> None:
        desk.world.incidents.after_commit = None
        raise ConflictError("whether it was written is unknown")

    desk.world.incidents.after_commit = lost
    desk.run(errand)

    assert desk.out == [("first", 1)]
    assert desk.world.errands.all == ()


def test_many_runs_at_once_publish_and_tell_once(desk: Newsroom) -> None:
    errands = [desk.decide(rung) for rung in ("first", "progress", "full")] * 6
    start = Barrier(len(errands))

    def run(errand: Errand) -> None:
        start.wait()
        desk.run(errand)

    with ThreadPoolExecutor(len(errands)) as pool:
        list(pool.map(run, errands))

    assert sorted(desk.out) == [("first", 1), ("full", 1), ("progress", 1)]
    assert sorted(desk.shown) == [("first", 1), ("full", 1), ("progress", 1)]
    assert desk.world.errands.all == ()


@pytest.mark.parametrize("midway", [False, True])
def test_a_site_that_cannot_be_written_leaves_the_errand_open_and_nobody_told(desk: Newsroom, midway: bool) -> None:
    errand = desk.decide("first")

    def fail() -> None:
        raise UnavailableError("the bucket went away")

    desk.world.site.during, desk.world.site.down = (fail if midway else None), not midway
    with pytest.raises(UnavailableError):
        desk.run(errand)
    assert desk.out == []
    assert desk.shown == []
    assert desk.world.errands.get(CASE, errand.name) == errand

    desk.world.site.during, desk.world.site.down = None, False
    desk.run(errand)
    assert desk.out == [("first", 1)]
    assert desk.shown == [("first", 1)]


def test_what_is_published_while_the_site_is_written_is_on_it_afterwards(desk: Newsroom) -> None:
    first, later = desk.decide("first"), []

    def grow() -> None:
        desk.world.site.during = None
        later.append(desk.decide("progress"))

    desk.world.site.during = grow
    desk.run(first)

    assert desk.shown == [("first", 1), ("progress", 1)]
    assert desk.out == [("first", 1)], "the other's own errand tells of it"
    desk.run(later[0])
    assert desk.out == [("first", 1), ("progress", 1)]


def test_a_slow_writer_that_overwrites_a_quick_one_leaves_no_stale_index(desk: Newsroom) -> None:
    slow = desk.decide("first")

    def overtaken() -> None:
        """Between the slow writer's pages and its index, another errand runs from beginning to end."""
        desk.world.site.during = None
        desk.run(desk.decide("progress", incident=OTHER))
        assert desk.shown == [("first", 1), ("progress", 1)]

    desk.world.site.during = overtaken
    desk.run(slow)

    assert desk.shown == [("first", 1), ("progress", 1)]


def test_a_slow_writer_that_dies_after_overwriting_is_made_good_by_the_next_run(
    desk: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = desk.decide("first")
    published = desk.world.statements.published
    looks: list[int] = []

    def dies_at_its_second_look() -> Sequence[Publication]:
        looks.append(1)
        if len(looks) == 4:  # the quick one has two of its own in between
            raise UnavailableError("killed")
        return published()

    def overtaken() -> None:
        desk.world.site.during = None
        desk.run(desk.decide("progress"))

    desk.world.site.during = overtaken
    monkeypatch.setattr(desk.world.statements, "published", dies_at_its_second_look)
    with pytest.raises(UnavailableError):
        desk.run(slow)
    assert desk.shown == [("first", 1)], "else this is no test of a stale index"

    desk.world.time.advance(2 * MINUTE)
    assert audit(desk.world).stuck_errands == 1
    assert desk.world.errands_queue.take() == (f"{CASE}/{slow.name}",)
    desk.run(slow)
    assert desk.shown == [("first", 1), ("progress", 1)]
    assert sorted(desk.out) == [("first", 1), ("progress", 1)]


def test_where_more_and_more_is_published_the_rest_is_left_to_the_next_run(desk: Newsroom) -> None:
    errand = desk.decide("first")

    def grow() -> None:
        if desk.world.site.writes <= WRITES:
            desk.decide("n", desk.world.site.writes)

    desk.world.site.during = grow
    with pytest.raises(UnavailableError):
        desk.run(errand)
    assert desk.out == []

    desk.run(errand)
    assert desk.out == [("first", 1)]
    assert len(desk.shown) == 1 + WRITES + 1


def test_a_second_run_at_another_second_is_no_other_event(desk: Newsroom) -> None:
    errand = desk.decide("first")

    def overtaken(_: Commit) -> None:
        desk.world.incidents.before_commit = None
        desk.world.time.advance(SECOND)
        desk.run(errand)

    desk.world.incidents.before_commit = overtaken
    desk.run(errand)

    assert desk.out == [("first", 1)]
    assert list(desk.world.quarantine.list()) == []


def test_a_crisis_is_told_of_a_complaint_with_the_figures_of_then(desk: Newsroom) -> None:
    figures = {"case": "C-2", "summary": "Sour milk", "scope": "region", "amount_cny": 120_000.0, "reposts": 700}
    errand = desk.ask("join-1", "join", OTHER, crisis=CASE, **figures)
    asked_at = desk.world.time.now()
    desk.world.time.advance(5 * MINUTE)

    for _ in range(2):
        desk.run(errand)
        desk.world.incidents._shelf.errands[OTHER, errand.name] = errand  # a run that died before it was closed

    [entry] = desk.entered("crisis.joined", CASE)
    assert entry.at == asked_at
    assert entry.data["data"] == {"incident": CASE, "complaint": OTHER, **figures}
    assert desk.entered("crisis.joined", OTHER) == []
    assert list(desk.world.quarantine.list()) == []


def test_figures_that_grew_are_told_again(desk: Newsroom) -> None:
    for number, reposts in ((1, 700), (2, 9_000)):
        desk.run(desk.ask(f"join-{number}", "join", OTHER, crisis=CASE, reposts=reposts))
        desk.world.time.advance(SECOND)

    assert [entry.data["data"]["reposts"] for entry in desk.entered("crisis.joined", CASE)] == [700, 9_000]


def test_a_real_crisis_ends_every_drill(desk: Newsroom) -> None:
    desk.world.incidents._shelf.crises |= {CASE: True, OTHER: True, incident_id("crm/hotline", "real"): False}
    errand = desk.ask("end-drills-1", "end_drills", incident_id("crm/hotline", "real"))

    for _ in range(2):
        desk.run(errand)
        desk.world.incidents._shelf.errands[errand.incident, errand.name] = errand
        desk.world.time.advance(SECOND)

    for drill in (CASE, OTHER):
        [entry] = desk.entered("crisis.stood_down", drill)
        assert entry.data["source"] == "tocsin"
        assert entry.data["data"]["reason"] == "a real crisis began"
    assert list(desk.world.quarantine.list()) == []


def test_where_no_drill_runs_there_is_nothing_to_end(desk: Newsroom) -> None:
    desk.run(desk.ask("end-drills-1", "end_drills"))

    assert desk.entered("crisis.stood_down") == []
    assert desk.world.errands.all == ()


def test_a_passed_drill_renews_those_who_answered(desk: Newsroom) -> None:
    first, second = sorted(desk.world.policies.current()[1].people)[:2]
    before = desk.world.policies.current()[1].people[second].qualified_until

    desk.run(desk.ask("renew", "renew", people=[first], until="2099-03-01"))

    people = desk.world.policies.current()[1].people
    assert str(people[first].qualified_until) == "2099-03-01"
    assert people[second].qualified_until == before
    assert desk.world.errands.all == ()


def test_what_can_never_be_told_is_put_aside_once_and_operations_hear_of_it(desk: Newsroom) -> None:
    errand = desk.ask("join-1", "join", OTHER, crisis=incident_id("crm/hotline", "gone"))

    for _ in range(3):
        desk.run(errand)

    [kept] = desk.world.quarantine.list()
    assert (kept.reason, kept.surface) == ("unknown_incident", "tocsin")
    assert desk.world.metrics.totals["ErrandsPutAside"] == 1
    [(subject, text)] = desk.world.operations.alerts
    assert OTHER in subject
    assert "join-1" in text
    assert desk.world.errands.all == ()


def test_an_errand_nobody_asked_for_is_done(desk: Newsroom) -> None:
    run_errand(desk.world, CASE, "publish-first-1")

    assert desk.world.site.writes == 0
    assert desk.world.metrics.totals["ErrandsRun"] == 0


def test_an_errand_of_a_kind_this_release_does_not_know_stays_open(desk: Newsroom) -> None:
    errand = desk.ask("sing", "publish")
    unknown = replace(errand, kind="sing")  # type: ignore[arg-type]
    desk.world.incidents._shelf.errands[CASE, "sing"] = unknown

    with pytest.raises(ValueError, match="sing"):
        desk.run(unknown)

    assert desk.world.errands.get(CASE, "sing") == unknown


def test_an_errand_that_was_never_relayed_is_handed_over_again_after_a_minute(desk: Newsroom) -> None:
    errand = desk.decide("first")
    desk.world.time.set(errand.at + MINUTE)
    assert audit(desk.world).stuck_errands == 0
    desk.world.time.advance(1)
    assert audit(desk.world).stuck_errands == 1
    assert desk.world.errands_queue.take() == (f"{CASE}/{errand.name}",)
    assert desk.world.metrics.totals["StuckErrands"] == 1

    desk.run(errand)
    assert audit(desk.world).stuck_errands == 0


def test_where_the_errands_queue_is_down_the_audit_goes_on(desk: Newsroom) -> None:
    desk.decide("first")
    desk.world.errands_queue.down = True
    desk.world.time.set(instant("30m"))

    findings = audit(desk.world)

    assert findings.stuck_errands == 1
    assert findings.stuck_messages > 0
    assert desk.world.metrics.totals["AuditGaveUp"] == 1
    assert desk.world.metrics.totals["AuditHeartbeat"] == 1
