"""Quarantine, links and policies in memory."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date

from shared.adapters.policy_store import renewed
from shared.domain.message import Link
from shared.domain.policy import Policy
from shared.ports import Quarantined
from tests.fakes.shelf import Shelf


class FakeQuarantine:
    """`ports.Quarantine`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def put(self, quarantined: Quarantined) -> None:
        with self._shelf.lock:
            self._shelf.quarantine.setdefault(quarantined.id, quarantined)

    def get(self, quarantine_id: str) -> Quarantined | None:
        with self._shelf.lock:
            return self._shelf.quarantine.get(quarantine_id)

    def list(self, limit: int = 100) -> Sequence[Quarantined]:
        with self._shelf.lock:
            newest = sorted(self._shelf.quarantine.values(), key=lambda each: (each.at, each.id), reverse=True)
            return tuple(newest[:limit])

    def discard(self, quarantine_id: str) -> None:
        with self._shelf.lock:
            self._shelf.quarantine.pop(quarantine_id, None)


class FakeLinks:
    """`ports.Links`; `all` holds them by the hash of their token."""

    def __init__(self) -> None:
        self.all: dict[str, Link] = {}

    def put(self, link: Link) -> None:
        self.all[link.token_hash] = link

    def get(self, token_hash: str) -> Link | None:
        return self.all.get(token_hash)


class FakePolicies:
    """`ports.Policies` over policies made in a test, taken as they are: nothing is scaled.

    `adopt` makes another one current; older ones stay under their references.
    """

    def __init__(self, policy: Policy) -> None:
        self._versions: dict[str, Policy] = {}
        self._renewals: dict[str, str] = {}
        self._current = self.adopt(policy)

    def adopt(self, policy: Policy) -> str:
        reference = f"{policy.policy}@{hashlib.sha256(policy.model_dump_json().encode()).hexdigest()[:12]}"
        self._versions[reference] = policy
        self._current = reference
        return reference

    def current(self) -> tuple[str, Policy]:
        return self._current, renewed(self._versions[self._current], self._renewals)

    def at(self, reference: str) -> Policy:
        return self._versions[reference]

    def push(self, raw: str) -> str:
        return self.adopt(Policy.model_validate_json(raw))

    def renew(self, people: Iterable[str], until: str) -> None:
        date.fromisoformat(until)
        self._renewals |= {person: max(until, self._renewals.get(person, "")) for person in people}
