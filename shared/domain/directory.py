"""Who stands where and how to reach them: looked up when a page is made, never frozen with an incident (I10)."""

from functools import cache

from shared.domain.policy import Person, Policy, Rung


class Directory:
    """Today's people on the rungs of the rules an incident was opened under.

    Attributes:
        today: the policy whose people are paged; rules: the one whose chains are climbed.
    """

    def __init__(self, today: Policy, rules: Policy) -> None:
        self.today = today
        self.rules = rules
        self._on = {(chain, rung.rung): rung.people for chain, rungs in today.chains.items() for rung in rungs}
        # A run of `simulate` asks the same few questions a hundred thousand times.
        self.reachable_on = cache(self._reachable_on)
        self.standing = cache(self._standing)

    def person(self, name: str | None) -> Person | None:
        """Somebody of the directory, None for free text and for people who left."""
        return self.today.people.get(name) if name is not None else None

    def reachable(self, name: str | None) -> bool:
        """Whether a person is known and has a contact on one of their channels."""
        person = self.person(name)
        return person is not None and bool(person.reachable_by)

    def _people_on(self, chain: str, rung: Rung) -> tuple[str, ...]:
        """Today's people on a rung; those of the rules where today's policy has no such rung."""
        return self._on.get((chain, rung.rung), rung.people)

    def _reachable_on(self, chain: str, number: int) -> tuple[str, ...]:
        """Those who can be reached on a rung, 1 being the lowest."""
        rung = self.rules.chains[chain][number - 1]
        return tuple(person for person in self._people_on(chain, rung) if self.reachable(person))

    def _standing(self, chain: str, name: str | None) -> int:
        """The highest rung of a chain a person stands on, 1 being the lowest; 0 for none."""
        rungs = enumerate(self.rules.chains[chain], 1)
        return max((number for number, rung in rungs if name in self._people_on(chain, rung)), default=0)
