"""One incident's life, with everything concurrent and in any order; the invariants hold after every step (I2 to I6)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from shared.application.fire_timer import fire_timer
from shared.application.send_message import send_message
from shared.application.take_event import Taken, take_event
from shared.domain.events import PEOPLE_SURFACES, Event
from shared.domain.incident import Clock, Incident
from shared.domain.instants import DAY, HOUR, MINUTE
from shared.domain.message import Message
from shared.domain.outcome import FENCED
from shared.domain.timeline import first_broken
from shared.domain.timer import Timer
from shared.ports import Commit, ConflictError
from tests.fakes import fake_world
from tests.properties.lives import CASE, LEVELS, POLICIES, bounded, complaint, event, happenings
from tests.properties.timed import Timed
from tests.scenarios.telling import MIDNIGHT

EDGES = (MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, DAY)


class OneIncident(Timed):
    """What a day in the house may bring: events late, doubled and in a crowd; timers fired by two at once."""

    @initialize(
        policy=st.sampled_from(sorted(POLICIES)),
        level=st.sampled_from(LEVELS),
        late=st.sampled_from([0, 0, 0, 5 * MINUTE, 75 * MINUTE, 5 * HOUR, 8 * DAY]),
        early=st.lists(happenings(by_people=False), max_size=2),
    )
    def opens(self, policy: str, level: str, late: int, early: list[tuple[str, str, dict[str, Any]]]) -> None:
        self.policy = POLICIES[policy]
        self.world = fake_world(self.policy, now=MIDNIGHT + late)
        self.posted: list[Event] = []
        self.fired: list[Timer] = []
        self.stopped_up_to = 0  # steps an acknowledgement called back
        self.sent_too_late: list[Message] = []
        for happening in early:
            self._post(event(len(self.posted) + 1, MIDNIGHT + late, happening))
        self.opening = complaint(level)
        assert self._post(self.opening).status == "accepted"

    # What may happen

    @rule(happening=happenings(), late=st.sampled_from([0, 0, 0, MINUTE, HOUR, DAY]))
    def something_happens(self, happening: tuple[str, str, dict[str, Any]], late: int) -> None:
        when = max(MIDNIGHT, self.world.time.now() - late)
        self._post(event(len(self.posted) + 1, when, happening))

    @rule(data=st.data())
    def something_is_delivered_again(self, data: st.DataObject) -> None:
        before = (self.world.incidents.load(CASE), self.world.outbox.all)
        again = data.draw(st.sampled_from(self.posted))
        assert self._take(again).status == "duplicate"
        assert before == (self.world.incidents.load(CASE), self.world.outbox.all)

    @rule(
        at_once=st.lists(happenings(), min_size=2, max_size=3),
        refused=st.booleans(),
    )
    def several_happen_at_once(self, at_once: list[tuple[str, str, dict[str, Any]]], *, refused: bool) -> None:
        first, *others = [
            event(len(self.posted) + 1 + n, self.world.time.now(), happening) for n, happening in enumerate(at_once)
        ]

        def in_between(_: Commit) -> None:
            self.world.incidents.before_commit = None
            for other in others:
                self._post(other)
            if refused:
                raise ConflictError("the store says no")

        self.world.incidents.before_commit = in_between
        self._post(first)
        self.world.incidents.before_commit = None

    @rule(how_long=st.one_of(st.sampled_from(EDGES), st.integers(1, 300).map(lambda minutes: minutes * MINUTE)))
    def time_passes(self, how_long: int) -> None:
        self.world.time.advance(how_long)

    @rule()
    def time_passes_to_the_next_step(self) -> None:
        due = self._incident().next_step_at
        if due is not None:
            self.world.time.wait_until(due)

    @precondition(lambda self: self.fired)
    @rule(data=st.data())
    def an_old_timer_fires_again(self, data: st.DataObject) -> None:
        before = self.world.incidents.load(CASE)
        fire_timer(self.world, data.draw(st.sampled_from(self.fired)))
        assert self.world.incidents.load(CASE) == before or self._incident().version > before.incident.version  # type: ignore[union-attr]

    @rule(which=st.sampled_from(["all", "the first"]))
    def messages_go_out(self, which: str) -> None:
        pending = [row for row in self.world.outbox.all if row.state == "pending"]
        for row in pending[: None if which == "all" else 1]:
            send_message(self.world, row.key)
            after = self.world.outbox.get(row.key)
            assert after is not None
            if after.state == "sent" and row.reason in FENCED and row.key.step <= self.stopped_up_to:
                self.sent_too_late.append(row)

    # What must hold

    @invariant()
    def there_is_one_incident_and_no_event_is_lost(self) -> None:  # I1, I2
        assert list(self.world.incidents._shelf.incidents) == [CASE]
        entered = Counter(record.id for record in self.world.incidents.history(CASE))
        assert entered == Counter(each.id for each in self.posted)
        assert self.world.incidents.early(CASE) is None
        assert not self.world.quarantine.list()

    @invariant()
    def an_open_incident_has_a_next_step_and_a_timer_for_it(self) -> None:  # I3
        incident = self._incident()
        stored = self.world.incidents.load(CASE)
        assert stored is not None
        assert not incident.is_open or incident.next_step_at is not None
        alarms = [timer for timer in self.world.timers.all if timer.kind == "incident"]
        assert alarms == ([stored.alarm] if stored.alarm else [])
        assert (stored.alarm.due if stored.alarm else None) == incident.next_step_at

    @invariant()
    def steps_grow_and_each_pages_a_person_once(self) -> None:  # I4
        paged = [entry for entry in self._entries() if entry.kind == "paged"]
        steps = [entry.data["step"] for entry in paged]
        assert steps == sorted(steps)
        assert not [key for key, n in Counter((e.data["step"], e.data["person"]) for e in paged).items() if n > 1]
        assert max(steps, default=0) <= self._incident().step
        rows = Counter((row.key.step, row.key.person) for row in self._pages())
        assert set(rows) == {(entry.data["step"], entry.data["person"]) for entry in paged}

    @invariant()
    def nobody_is_paged_before_it_is_due(self) -> None:  # I5
        now = self.world.time.now()
        assert all(row.due <= row.at <= now for row in self._pages())

    @invariant()
    def nothing_an_acknowledgement_stopped_is_sent_after_it(self) -> None:  # I6
        assert not self.sent_too_late

    @invariant()
    def every_clock_is_there_once_and_met_means_in_time(self) -> None:
        course = self._incident().course
        keys = [clock.key for clock in course.clocks]
        assert len(keys) == len(set(keys))
        for clock in course.clocks:
            assert clock.verdict != "met" or (clock.ended is not None and clock.ended <= clock.deadline)
            assert clock.verdict != "missed" or clock.ended == clock.deadline
            assert clock.verdict not in ("met", "missed") or clock.level is not None
            assert not _unanswered_in_time(clock)

    @invariant()
    def what_was_missed_was_entered_once_it_was_time(self) -> None:
        incident = self._incident()
        if incident.next_step_at is None or incident.next_step_at > self.world.time.now():
            missed = {clock.key for clock in incident.course.clocks if clock.verdict == "missed"}
            assert missed == set(incident.entered)
            assert set(incident.ladder.feeds if incident.ladder else ()) - {"escalation"} <= missed

    @invariant()
    def the_timeline_is_whole(self) -> None:  # I9
        assert first_broken(self.world.incidents.timeline(CASE)) is None

    def teardown(self) -> None:
        """Left alone for two days, the incident does its steps one by one and never twice."""
        if not hasattr(self, "world"):
            return
        end = self.world.time.now() + 2 * DAY
        for _ in range(400):
            due = [timer for timer in self.world.timers.all if timer.due <= end]
            if not due:
                break
            self.world.time.wait_until(due[0].due)
            fire_timer(self.world, due[0])
        else:
            raise AssertionError("it never comes to rest")
        self.steps_grow_and_each_pages_a_person_once()
        self.nobody_is_paged_before_it_is_due()

    # How

    def _post(self, happened: Event) -> Taken:
        self.posted.append(happened)
        taken = self._take(happened)
        assert taken.status in ("accepted", "kept", "no_effect", "early"), taken
        return taken

    def _take(self, happened: Event) -> Taken:
        before = self.world.incidents.load(CASE)
        taken = take_event(self.world, happened, surface="queue", trusted_by=happened.source in PEOPLE_SURFACES)
        if before is not None and happened.type == "complaint.acknowledged" and taken.status == "accepted":
            self.stopped_up_to = max(self.stopped_up_to, before.incident.step)
        return taken

    def _incident(self) -> Incident:
        stored = self.world.incidents.load(CASE)
        assert stored is not None
        return stored.incident

    def _entries(self) -> list[Any]:
        return [entry for line in self.world.incidents.timeline(CASE) for entry in line.entries]

    def _pages(self) -> list[Message]:
        return [row for row in self.world.outbox.of_incident(CASE) if row.kind == "page"]


def _unanswered_in_time(clock: Clock) -> bool:
    """A clock that counts as missed though its event came by the deadline."""
    return clock.verdict == "missed" and clock.answered is not None and clock.answered <= clock.deadline


TestOneIncident = OneIncident.TestCase
TestOneIncident.settings = bounded(60)
