"""Random lives of one crisis: what may happen to a group and its statements, by whom, and when.

The machine drives the real use cases; `Seats` says from the timeline alone who sat where, so that invariants need not
ask the code they judge.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from shared.application.fire_timer import fire_timer
from shared.application.run_errand import run_errand
from shared.application.take_event import Taken, take_event
from shared.domain.crisis_policy import Holding
from shared.domain.errand import Errand
from shared.domain.events import EVENT, PEOPLE_SURFACES, Event, incident_id
from shared.domain.incident import Incident
from shared.domain.instants import DAY, HOUR, MINUTE, format_instant
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from shared.domain.roster import candidates, seats_of, team_on_duty
from shared.domain.timer import Timer
from shared.ports import Commit, ConflictError, UnavailableError
from tests.fakes import fake_world
from tests.properties.timed import Timed
from tests.scenarios.crisis_story import RETAIL
from tests.scenarios.telling import MIDNIGHT

SOURCE = "crm/hotline"
RUNGS = ("first", "progress", "full")
TOP = "chen.jing"
HELD = {"zh-CN": "我们已获悉并正在调查。"}
EDGES = (MINUTE, 5 * MINUTE, 14 * MINUTE, 29 * MINUTE, HOUR, 6 * HOUR, DAY)


def _of_four(*, holding: bool = False) -> Policy:
    """Retail with a group of four seats: commander, two lawyers, public relations; one team is always on duty."""
    public, roster = RETAIL.crises["public"], RETAIL.roster
    assert public.statements is not None
    assert roster is not None
    ladder = public.statements
    if holding:
        text = Holding(text=HELD, approved_by=(TOP,))
        first = ladder.rungs["first"].model_copy(update={"holding": text})
        ladder = ladder.model_copy(update={"rungs": {**ladder.rungs, "first": first}})
    roles = dict.fromkeys(("commander", "legal", "public_relations"), 1)
    public = public.model_copy(update={"roles": roles, "statements": ladder})
    on_duty = roster.model_copy(update={"rotation": (team_on_duty(roster, MIDNIGHT),)})
    return RETAIL.model_copy(update={"crises": {"public": public}, "roster": on_duty})


POLICIES = {"four": _of_four(), "holding text": _of_four(holding=True)}


def _called() -> dict[str, tuple[str, ...]]:
    roster = POLICIES["four"].roster
    assert roster is not None
    seats = [seat for role in ("commander", "legal", "public_relations") for seat in seats_of(roster, role)]
    return {seat.name: tuple(each.person for each in candidates(roster, seat, MIDNIGHT)) for seat in seats}


CALLED = _called()
"""Who is called for each seat, in order."""
WHO = (*CALLED, *CALLED, CALLED["commander"][1], CALLED["public_relations"][1], TOP, "zhang.wei")
"""Who does something: whoever sits in a seat or was called for it last, or somebody by name."""


def _other(seat: str, drafter: str) -> frozenset[str]:
    """Who stands in where the drafter sits there: the other of their pair; the pair on duty for one of none."""
    called = CALLED[seat]
    pairs = [frozenset(called[two : two + 2]) for two in range(0, len(called), 2)]
    return next((pair for pair in pairs if drafter in pair), pairs[0]) - {drafter}


def hash_of(text: Mapping[str, str]) -> str:
    """What an approval binds to, computed anew."""
    said = {"text": sorted([locale, words] for locale, words in text.items()), "evidence": []}
    return hashlib.sha256(
        json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def role_of(seat: str) -> str:
    return seat.partition(".")[0]


@dataclass
class Seats:
    """Who sits where once these events have happened, in the order of their times."""

    on: bool = True
    holders: dict[str, str] = field(default_factory=dict)
    guests: set[str] = field(default_factory=set)

    @classmethod
    def after(cls, events: Iterable[Entry]) -> Seats:
        seats = cls()
        for event in sorted(events, key=lambda entry: (entry.at, entry.data["event"].encode())):
            seats.take(event)
        return seats

    def take(self, event: Entry) -> None:
        record = event.data["record"]
        by, seat = record.get("by"), record.get("seat")
        if event.kind == "crisis.declared" and not self.on:
            self.on, self.holders, self.guests = True, {}, set()
        elif event.kind == "crisis.declined":
            self._leave(by)
        elif event.kind == "crisis.stood_down" and record.get("leads"):
            self.on = False
        elif event.kind == "crisis.confirmed" and self.on and seat is not None:
            self._come(by, seat)
        elif event.kind == "crisis.seated" and self.on and seat is not None:
            who = record["who"]
            self.holders = {place: one for place, one in self.holders.items() if place != seat and one != who}
            if who == by:
                self._come(by, seat)

    def _come(self, person: str, seat: str) -> None:
        if person in self.holders.values() or seat in self.holders:
            return
        if seat == "guest":
            self.guests.add(person)
        else:
            self._leave(person)
            self.holders[seat] = person

    def _leave(self, person: str) -> None:
        self.guests.discard(person)
        self.holders = {seat: one for seat, one in self.holders.items() if one != person}

    @property
    def members(self) -> set[str]:
        return {*self.holders.values(), *self.guests}

    def may_judge(self, role: str, person: str, drafter: str) -> bool:
        """Whether somebody stands for a role: they sit for it; where who sits there drafted the text, its other."""
        if person == drafter:
            return False
        places = {seat: one for seat, one in self.holders.items() if role_of(seat) == role}
        own = next((seat for seat, one in places.items() if one == drafter), None)
        return person in places.values() or (own is not None and person in _other(own, drafter))


def is_event(entry: Entry) -> bool:
    return "record" in entry.data


class OneCrisis(Timed):
    """What days of a crisis may bring: people in any order, late, doubled, at once; clocks that jump; a site down."""

    @initialize(
        policy=st.sampled_from(sorted(POLICIES)),
        opening=st.sampled_from(["red", "red", "red", "grows", "drill"]),
        late=st.sampled_from([0, 0, 0, 20 * MINUTE, 2 * HOUR, 3 * DAY]),
        all_in=st.booleans(),
    )
    def opens(self, policy: str, opening: str, late: int, *, all_in: bool) -> None:
        self.policy = POLICIES[policy]
        self.world = fake_world(self.policy, now=MIDNIGHT + late)
        self.drill = opening == "drill"
        self.source = "drill" if self.drill else SOURCE
        self.case = incident_id(self.source, "C-1")
        self.posted: list[Event] = []
        self.fired: list[Timer] = []
        self.ran: list[Errand] = []
        self.born: dict[tuple[str, int], int] = {}
        self.read: dict[tuple[str, str, int], Any] = {}
        self.world.incidents.after_commit = self._note
        facts = {"summary": "食物中毒", "channel": "store", "reposts": 10 if opening == "grows" else 50_000}
        self._post(self._event("complaint.received", facts, MIDNIGHT, self.source))
        if opening == "grows":
            self._post(self._event("complaint.updated", {"reposts": 50_000}, self.world.time.now(), SOURCE))
        if all_in:
            self.everybody_who_is_called_comes()

    # What people do

    @rule()
    def everybody_who_is_called_comes(self) -> None:
        group = self._incident().group
        for seat in group.seats if group else ():
            if seat.asked and seat.window_end is not None:
                self._act("crisis.confirmed", seat.asked[-1])

    @rule(
        what=st.sampled_from(["confirmed", "confirmed", "declined", "declared"]),
        who=st.sampled_from(WHO),
        late=st.sampled_from([0, 0, 0, MINUTE, HOUR]),
    )
    def somebody_comes_or_goes(self, what: str, who: str, late: int) -> None:
        data = {"reason": "so it is"} if what == "declared" else {}
        self._act(f"crisis.{what}", who, late, **data)

    @rule(
        by=st.sampled_from(WHO),
        who=st.sampled_from(WHO),
        seat=st.sampled_from([None, *CALLED]),
        late=st.sampled_from([0, 0, 0, MINUTE]),
    )
    def somebody_is_asked_by_name(self, by: str, who: str, seat: str | None, late: int) -> None:
        if seat is None:
            self._act("crisis.invited", by, late, who=self._person(who))
        else:
            self._act("crisis.seated", by, late, who=self._person(who), seat=seat)

    @rule(
        rung=st.sampled_from(RUNGS),
        who=st.sampled_from(WHO),
        text=st.sampled_from("甲乙丙"),
        corrects=st.sampled_from([None, None, True, False]),
        late=st.sampled_from([0, 0, 0, MINUTE]),
    )
    def somebody_writes(self, rung: str, who: str, text: str, *, corrects: bool | None, late: int) -> None:
        if corrects is None:
            corrects = self._published(rung)
        self._act(f"statement.{'corrected' if corrects else 'drafted'}", who, late, rung=rung, text={"zh-CN": text})

    @rule(
        what=st.sampled_from(["approved", "approved", "approved", "rejected"]),
        rung=st.sampled_from(RUNGS),
        who=st.sampled_from(WHO),
        off=st.sampled_from([0, 0, 0, -1, 1]),
        late=st.sampled_from([0, 0, 0, MINUTE, HOUR]),
    )
    def somebody_judges(self, what: str, rung: str, who: str, off: int, late: int) -> None:
        self._judge(what, rung, who, off, late)

    @rule(
        rung=st.sampled_from(RUNGS),
        text=st.sampled_from("甲乙丙"),
        writer=st.sampled_from([*CALLED, "public_relations"]),
        off=st.sampled_from([0, 0, 0, -1]),
        replaced=st.sampled_from([None, None, "legal.1", "commander"]),
        then=st.integers(0, 8),
    )
    def a_text_goes_its_way(self, rung: str, text: str, writer: str, off: int, replaced: str | None, then: int) -> None:
        kind = "corrected" if self._published(rung) else "drafted"
        self._act(f"statement.{kind}", writer, rung=rung, text={"zh-CN": text})
        for seat in ("legal.1", "commander"):
            self._judge("approved", rung, seat, off)
        if replaced is not None:
            self.a_seat_changes_hands(seat=replaced, whose=None, place=1, comes=True)
        self.steps_are_taken_in_time(then)

    @rule(
        seat=st.sampled_from([*CALLED, "commander"]),
        whose=st.sampled_from([None, None, *CALLED]),
        place=st.integers(0, 3),
        comes=st.booleans(),
    )
    def a_seat_changes_hands(self, seat: str, whose: str | None, place: int, *, comes: bool) -> None:
        who = CALLED[whose or seat][place]
        self._act("crisis.seated", TOP, who=who, seat=seat)
        if comes:
            self._act("crisis.confirmed", who)

    @rule(anew=st.booleans(), who=st.sampled_from(["commander", TOP]))
    def it_is_stood_down_and_perhaps_declared_anew(self, who: str, *, anew: bool) -> None:
        self._act("crisis.stood_down", who, reason="so it is")
        if anew:
            self.time_passes(MINUTE)
            self._act("crisis.declared", who, reason="after all")
            self.everybody_who_is_called_comes()

    @rule(reposts=st.sampled_from([5_000, 50_000]), late=st.sampled_from([0, HOUR]))
    def the_matter_grows(self, reposts: int, late: int) -> None:
        when = max(MIDNIGHT, self.world.time.now() - late)
        self._post(self._event("complaint.updated", {"reposts": reposts}, when, self.source))

    @rule(what=st.sampled_from(["resolved", "closed", "reopened", "reclassified"]))
    def the_complaint_goes_its_own_way(self, what: str) -> None:
        data = {"level": "ordinary", "reason": "so it is"} if what == "reclassified" else {}
        by = {} if what == "reopened" else {"by": TOP}
        source = self.source if what == "reopened" else "console"
        case = {} if source != "console" else {"incident": self.case}
        event = self._event(f"complaint.{what}", {**data, **by, **case}, self.world.time.now(), source)
        self._post(event)

    @rule(data=st.data())
    def something_is_delivered_again(self, data: st.DataObject) -> None:
        before = (self.world.incidents.load(self.case), self.world.outbox.all, self.world.errands.all)
        assert self._take(data.draw(st.sampled_from(self.posted))).status == "duplicate"
        assert before == (self.world.incidents.load(self.case), self.world.outbox.all, self.world.errands.all)

    @rule(
        who=st.sampled_from(WHO),
        other=st.sampled_from(WHO),
        rung=st.sampled_from(RUNGS),
        text=st.sampled_from("甲乙"),
    )
    def two_do_something_at_once(self, who: str, other: str, rung: str, text: str) -> None:
        def in_between(_: Commit) -> None:
            self.world.incidents.before_commit = None
            self._judge("approved", rung, other)
            raise ConflictError("the store says no")

        self.world.incidents.before_commit = in_between
        self._act("statement.drafted", who, rung=rung, text={"zh-CN": text})
        self.world.incidents.before_commit = None

    # What time and machines do

    @rule(how_long=st.one_of(st.sampled_from(EDGES), st.integers(1, 90).map(lambda minutes: minutes * MINUTE)))
    def time_passes(self, how_long: int) -> None:
        self.world.time.advance(how_long)

    @rule(times=st.integers(1, 12))
    def steps_are_taken_in_time(self, times: int) -> None:
        for _ in range(times):
            due = self._incident().next_step_at
            if due is not None:
                self.world.time.wait_until(due)
            self.due_timers_fire(twice=False, by_two=False)

    @precondition(lambda self: self.fired)
    @rule(data=st.data())
    def an_old_timer_fires_again(self, data: st.DataObject) -> None:
        fire_timer(self.world, data.draw(st.sampled_from(self.fired)))

    @rule(site=st.sampled_from(["well", "well", "well", "down", "dies midway"]), twice=st.booleans())
    def errands_are_run(self, site: str, *, twice: bool) -> None:
        self.world.site.down = site == "down"
        self.world.site.during = _dies if site == "dies midway" else None
        for errand in self.world.errands.all:
            for _ in range(1 + twice):
                try:
                    run_errand(self.world, errand.incident, errand.name)
                except UnavailableError:
                    assert site != "well"
            self.ran.append(errand)
        self.world.site.down, self.world.site.during = False, None

    @precondition(lambda self: self.ran)
    @rule(data=st.data())
    def an_old_errand_is_run_again(self, data: st.DataObject) -> None:
        errand = data.draw(st.sampled_from(self.ran))
        run_errand(self.world, errand.incident, errand.name)

    def teardown(self) -> None:
        """Left alone for four days it does its steps one by one and comes to rest."""
        if not hasattr(self, "world"):
            return
        end = self.world.time.now() + 4 * DAY
        for _ in range(1_000):
            pending = [timer for timer in self.world.timers.all if timer.kind == "incident" and timer.due <= end]
            if not pending:
                break
            self.world.time.wait_until(pending[0].due)
            fire_timer(self.world, pending[0])
        else:
            raise AssertionError("it never comes to rest")
        self.errands_are_run(site="well", twice=False)
        for check in self._invariants():
            check()

    # How

    def _invariants(self) -> list[Any]:
        return [
            getattr(self, name)
            for name in dir(self)
            if hasattr(getattr(type(self), name, None), "hypothesis_stateful_invariant")
        ]

    def _act(self, kind: str, by: str, late: int = 0, **data: Any) -> Taken:
        when = max(MIDNIGHT, self.world.time.now() - late)
        return self._post(self._event(kind, {"by": self._person(by), "incident": self.case, **data}, when, "console"))

    def _judge(self, what: str, rung: str, who: str, off: int = 0, late: int = 0) -> None:
        newest = max((number for name, number in self.born if name == rung), default=0)
        reason = {"reason": "no proof"} if what == "rejected" else {}
        self._act(f"statement.{what}", who, late, rung=rung, revision=max(1, newest + off), **reason)

    def _person(self, named: str) -> str:
        incident = self._incident()
        group, crisis = incident.group, incident.course.crisis
        sitting = crisis.person_in(named) if crisis else None
        asked = [seat.asked[-1] for seat in (group.seats if group else ()) if seat.seat == named and seat.asked]
        return sitting or next(iter(asked), CALLED[named][0] if named in CALLED else named)

    def _published(self, rung: str) -> bool:
        return any(one.rung == rung and one.published is not None for one in self._incident().statements)

    def _event(self, kind: str, data: dict[str, Any], when: int, source: str) -> Event:
        raw = {"specversion": "1.0", "id": f"e-{len(self.posted):03d}", "source": source, "type": kind, "data": data}
        return EVENT.validate_python({**raw, "time": format_instant(when), "subject": "C-1"})

    def _post(self, happened: Event) -> Taken:
        self.posted.append(happened)
        taken = self._take(happened)
        assert taken.status in ("accepted", "kept", "no_effect", "early"), (happened, taken)
        return taken

    def _take(self, happened: Event) -> Taken:
        return take_event(self.world, happened, surface="queue", trusted_by=happened.source in PEOPLE_SURFACES)

    def _note(self, commit: Commit) -> None:
        for text in commit.texts:
            self.born[text.rung, text.revision] = commit.line.number

    def _incident(self) -> Incident:
        stored = self.world.incidents.load(self.case)
        assert stored is not None
        return stored.incident

    def _lines(self) -> list[tuple[int, Entry]]:
        """The timeline: the number of the line, and the entry."""
        return [(line.number, entry) for line in self.world.incidents.timeline(self.case) for entry in line.entries]


def _dies() -> None:
    raise UnavailableError("the bucket went away in the middle")
