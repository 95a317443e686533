"""Who stands where and how to reach them: looked up when a page is made, never frozen with an incident (I10)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from shared.domain.instants import SECOND
from shared.domain.policy import Person, Policy, Rung
from shared.domain.roster import Candidate, Seat, candidates, seats_of, team_on_duty
from shared.domain.roster_policy import Roster


class Directory:
    """Today's people on the rungs of the rules an incident was opened under.

    Attributes:
        today: the policy whose people are paged; rules: the one whose chains are climbed.
    """

    def __init__(self, today: Policy, rules: Policy) -> None:
        self.today = today
        self.rules = rules
        self._on = {(chain, rung.rung): rung for chain, rungs in today.chains.items() for rung in rungs}
        # A run of `simulate` asks the same few questions a hundred thousand times; only a roster's answers change.
        self._by_role = {
            chain: any(self._today(chain, rung).role for rung in rungs) for chain, rungs in rules.chains.items()
        }
        self._always_on = cache(self._reachable_on)
        self._always_standing = cache(self._standing)

    @property
    def roster(self) -> Roster | None:
        """Today's roster."""
        return self.today.roster

    def person(self, name: str | None) -> Person | None:
        """Somebody of the directory, None for free text and for people who left."""
        return self.today.people.get(name) if name is not None else None

    def reachable(self, name: str | None) -> bool:
        """Whether a person is known and has a contact on one of their channels."""
        person = self.person(name)
        return person is not None and bool(person.reachable_by)

    def reachable_on(self, chain: str, number: int, now: int) -> tuple[str, ...]:
        """Those who can be reached on a rung at `now` (milliseconds UTC), 1 being the lowest."""
        return self._reachable_on(chain, number, now) if self._by_role[chain] else self._always_on(chain, number)

    def standing(self, chain: str, name: str | None, now: int) -> int:
        """The highest rung of a chain a person stands on at `now`, 1 being the lowest; 0 for none."""
        return self._standing(chain, name, now) if self._by_role[chain] else self._always_standing(chain, name)

    def candidates(self, seat: Seat, at: int) -> tuple[Candidate, ...]:
        """Who is called for a seat at an instant, in order: those who can be reached, the qualified ones first (B5)."""
        if self.roster is None or seat.role not in self.roster.roles:
            return ()
        called = [each for each in candidates(self.roster, seat, at) if self.reachable(each.person)]
        day = datetime.fromtimestamp(at / SECOND, UTC).astimezone(ZoneInfo(self.roster.zone)).date()
        return tuple(sorted(called, key=lambda each: not self.today.people[each.person].qualified_on(day)))

    def _today(self, chain: str, rung: Rung) -> Rung:
        """Today's rung of that name; that of the rules where today's policy has none."""
        return self._on.get((chain, rung.rung), rung)

    def _people_on(self, chain: str, rung: Rung, now: int) -> tuple[str, ...]:
        rung = self._today(chain, rung)
        return (
            rung.people if rung.role is None else tuple(dict.fromkeys((*rung.people, *self._on_duty(rung.role, now))))
        )

    def _on_duty(self, role: str, now: int) -> Iterator[str]:
        """For each seat of a role A of the team on duty, or B where A cannot be reached."""
        roster = self.roster
        if roster is None or role not in roster.roles:
            return
        team = team_on_duty(roster, now)
        for seat in seats_of(roster, role):
            called = [each.person for each in candidates(roster, seat, now) if each.team == team]
            yield from next(([person] for person in called if self.reachable(person)), called[:1])

    def _reachable_on(self, chain: str, number: int, now: int = 0) -> tuple[str, ...]:
        rung = self.rules.chains[chain][number - 1]
        return tuple(person for person in self._people_on(chain, rung, now) if self.reachable(person))

    def _standing(self, chain: str, name: str | None, now: int = 0) -> int:
        rungs = enumerate(self.rules.chains[chain], 1)
        return max((number for number, rung in rungs if name in self._people_on(chain, rung, now)), default=0)
