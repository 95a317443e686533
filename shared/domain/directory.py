"""Who stands where and how to reach them: looked up when a page is made, never frozen with an incident (I10)."""

from dataclasses import dataclass
from functools import cached_property

from shared.domain.policy import Person, Policy, Rung


@dataclass(frozen=True)
class Directory:
    """The people of today's policy on the rungs of an incident's own chains."""

    today: Policy

    @cached_property
    def _rungs(self) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(chain, rung.rung): rung.people for chain, rungs in self.today.chains.items() for rung in rungs}

    def person(self, name: str | None) -> Person | None:
        """Somebody of the directory, None for free text and for people who left."""
        return self.today.people.get(name) if name is not None else None

    def on(self, chain: str, rung: Rung) -> tuple[str, ...]:
        """The people on a rung now; those the incident was opened with where today's policy has no such rung."""
        return self._rungs.get((chain, rung.rung), rung.people)

    def reachable(self, name: str | None) -> bool:
        """Whether a person is known and has a contact on one of their channels."""
        person = self.person(name)
        return person is not None and bool(person.reachable_by)

    def standing(self, chain: str, rungs: tuple[Rung, ...], name: str | None) -> int:
        """The highest of these rungs a person stands on now, 1 being the lowest; 0 for none."""
        return max((number for number, rung in enumerate(rungs, 1) if name in self.on(chain, rung)), default=0)
