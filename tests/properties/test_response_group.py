"""Who is called for a seat, in which order and for how long; who is in, and what that meets (C3, C4, I3, I11)."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from hypothesis.stateful import invariant

from shared.application.take_event import link_lives
from shared.domain.message import Link
from shared.domain.outcome import OF_GROUP, Entry
from shared.domain.timeline import first_broken
from tests.properties.crisis_lives import CALLED, TOP, OneCrisis, Seats, is_event, role_of
from tests.properties.lives import bounded

_CALLS = ("called", "called_b")


class ResponseGroup(OneCrisis):
    """Calls are read from the timeline; who sits where is folded from its events."""

    @invariant()
    def a_crisis_that_is_on_is_never_silent(self) -> None:  # I3
        incident, stored = self._incident(), self.world.incidents.load(self.case)
        assert stored is not None
        assert incident.next_step_at is not None or not incident.in_crisis
        alarms = [timer for timer in self.world.timers.all if timer.kind == "incident"]
        assert alarms == ([stored.alarm] if stored.alarm else [])
        assert first_broken(self.world.incidents.timeline(self.case)) is None

    @invariant()
    def there_is_a_group_as_long_as_the_crisis_is_on(self) -> None:
        incident = self._incident()
        assert (incident.group is not None and incident.group.remind_at is not None) == incident.in_crisis

    @invariant()
    def a_step_pages_a_person_once(self) -> None:  # I4
        paged = [entry for _, entry in self._lines() if entry.kind == "paged"]
        assert max(Counter((each.data["step"], each.data["person"]) for each in paged).values(), default=0) <= 1
        rows = Counter((row.key.step, row.key.person) for row in self.world.outbox.all if row.kind == "page")
        assert set(rows) == {(each.data["step"], each.data["person"]) for each in paged}
        assert all(each.data["due"] <= each.at for each in paged)

    @invariant()
    def nobody_sits_twice_and_the_seats_are_those_the_events_say(self) -> None:
        crisis = self._incident().course.crisis
        assert crisis is not None
        seats = Seats.after(entry for _, entry in self._lines() if is_event(entry))
        assert len(dict(crisis.seated)) == len(crisis.seated) == len(set(dict(crisis.seated).values()))
        assert dict(crisis.seated) == seats.holders
        assert set(crisis.members) == seats.members
        assert crisis.is_on == seats.on

    @invariant()
    def seats_are_called_in_their_order_and_nobody_twice(self) -> None:
        for story in self._groups():
            asked: dict[str, str] = {}
            latest, passed_by = dict.fromkeys(CALLED, -1), set()
            for lines in _by_line(story):
                by_hand = {(r["seat"], r["who"]) for r in _given(lines)}
                asked |= {person: seat for seat, person in by_hand}
                calls = {_call(entry) for _, entry in lines if _is_call(entry)}
                for seat, person in sorted(calls - by_hand, key=lambda call: CALLED[call[0]].index(call[1])):
                    assert person not in asked, "called twice, or for two seats"
                    place = CALLED[seat].index(person)
                    assert place > latest[seat] or (seat, person) in passed_by, f"{seat} was called out of its order"
                    asked[person], latest[seat] = seat, max(place, latest[seat])
                passed_by |= {_call(entry) for _, entry in lines if entry.kind == "seat_stale"}

    @invariant()
    def the_second_of_a_pair_is_called_as_b(self) -> None:
        for story in self._groups():
            for _, entry in story:
                if entry.kind == "paged" and entry.data["reason"] == "called_b":
                    assert CALLED[entry.data["rung"]].index(entry.data["person"]) % 2

    @invariant()
    def whoever_is_called_has_a_window_and_the_next_follows_when_it_ends(self) -> None:
        incident, now = self._incident(), self.world.time.now()
        crisis, group = incident.course.crisis, incident.group
        if group is None or crisis is None:
            return
        window = self.policy.crises["public"].seat_window
        for seat in group.seats:
            if seat.window_end is None:
                continue
            assert incident.in_crisis
            assert crisis.person_in(seat.seat) is None, "called for a seat that is taken"
            assert seat.window_end <= now + window
            assert incident.next_step_at is not None
            assert incident.next_step_at <= seat.window_end

    @invariant()
    def a_seat_nobody_sits_in_or_is_called_for_is_told_to_the_top(self) -> None:
        incident, stories = self._incident(), self._groups()
        if not incident.in_crisis or incident.group is None or incident.course.crisis is None:
            return
        told = {entry.data["seat"] for _, entry in stories[-1] if entry.kind == "seat_empty"}
        open_seats = {seat.seat for seat in incident.group.seats if seat.window_end is None}
        assert {seat for seat in open_seats if incident.course.crisis.person_in(seat) is None} <= told
        for _, entry in stories[-1]:
            if entry.kind == "paged" and entry.data["reason"] == "seat_empty":
                assert entry.data["person"] == TOP

    @invariant()
    def the_muster_is_met_by_the_quorum_and_by_nothing_else(self) -> None:
        events = sorted(
            (entry for _, entry in self._lines() if is_event(entry)),
            key=lambda entry: (entry.at, entry.data["event"].encode()),
        )
        crisis = self._incident().course.crisis
        assert crisis is not None
        clocks = [clock for clock in self._incident().course.clocks if clock.name == "muster" and clock.milestone]
        if not clocks or crisis.called_at is None:
            return
        first = clocks[-1].deadline - clocks[-1].duration
        reached = None
        seats = Seats()
        for event in events:
            if event.kind == "crisis.declared" and not seats.on:
                reached = None
            seats.take(event)
            roles = {role_of(seat) for seat in seats.holders}
            if reached is None and seats.on and event.at >= first and roles == {*map(role_of, CALLED)}:
                reached = event.at
        in_time = reached is not None and reached <= clocks[-1].deadline
        if clocks[-1].verdict in ("met", "missed"):
            assert (clocks[-1].verdict == "met") == in_time

    @invariant()
    def links_live_as_long_as_their_crisis(self) -> None:  # I11
        incident, over = self._incident(), -1
        epochs = {}
        for _, entry in self._lines():
            over += entry.kind == "group_called"
            if entry.kind == "paged" and entry.data["reason"] in OF_GROUP:
                epochs[entry.data["step"], entry.data["person"]] = over
        for row in self.world.outbox.all:
            if row.kind == "page" and row.reason in OF_GROUP:
                link = Link("hash", self.case, row.key.person, row.epoch, 0, group=True)
                is_of_now = incident.in_crisis and epochs[row.key.step, row.key.person] == over
                assert link_lives(link, incident) == is_of_now

    @invariant()
    def nobody_is_called_by_a_group_that_was_sent_home(self) -> None:
        standing = False
        for _, entry in self._lines():
            if entry.kind == "group_called":
                standing = True
            elif entry.kind == "told" and entry.data["reason"] == "stood_down":
                standing = False
            elif entry.kind == "paged" and entry.data["reason"] in OF_GROUP:
                assert standing, "paged for a crisis that is over"

    def _groups(self) -> list[list[tuple[int, Entry]]]:
        """The timeline of each group, from its calling on."""
        lines = self._lines()
        starts = [n for n, (_, entry) in enumerate(lines) if entry.kind == "group_called"]
        return [lines[since:until] for since, until in zip(starts, [*starts[1:], len(lines)], strict=True)]


def _by_line(story: list[tuple[int, Entry]]) -> list[list[tuple[int, Entry]]]:
    return [list(each) for _, each in groupby(story, key=lambda line: line[0])]


def _given(lines: list[tuple[int, Entry]]) -> list[dict[str, str]]:
    """Seats that were given to somebody by hand, who may be called for them."""
    records = [entry.data["record"] for _, entry in lines if entry.kind == "crisis.seated"]
    return [record for record in records if record.get("seat") is not None]


def _is_call(entry: Entry) -> bool:
    return entry.kind == "paged" and entry.data["reason"] in _CALLS


def _call(entry: Entry) -> tuple[str, str]:
    return entry.data.get("seat") or entry.data["rung"], entry.data["person"]


TestResponseGroup = ResponseGroup.TestCase
TestResponseGroup.settings = bounded(50)
