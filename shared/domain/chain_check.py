"""Whether the escalation chains of a policy lead to people who can be reached (B1, B2, B4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from shared.domain.finding import Finding, Path, unknown
from shared.domain.policy import Person, Policy, Rung
from shared.domain.step import HOLDER_RUNG
from shared.domain.webhook_address import target_of

MOST_ON_A_RUNG = 20
"""More people than this are a distribution list, not somebody who is responsible; and a step has to fit into one
transaction, with two rungs at its opening (I4)."""


def chain_findings(policy: Policy) -> Iterator[Finding]:
    """What is wrong with routes, chains, people and operations, in this order."""
    yield from _routing(policy)
    yield from _chains(policy)
    yield from _people(policy)
    yield from _operations(policy)


def _routing(policy: Policy) -> Iterator[Finding]:
    first: dict[tuple[tuple[str, str], ...], int] = {}
    for index, route in enumerate(policy.routing):
        at: Path = ("routing", index)
        if route.chain not in policy.chains:
            yield unknown((*at, "chain"), "chain", route.chain, policy.chains)
        if route.when.level is not None and route.when.level not in policy.levels:
            yield unknown((*at, "when", "level"), "level", route.when.level, policy.levels)
        if not route.when.wanted:
            yield Finding((*at, "when"), "names nothing and is never taken: the chain `default` is for the rest")
        elif route.when.wanted in first:
            message = f"is never taken: routing[{first[route.when.wanted]}] has the same condition"
            yield Finding((*at, "when"), message, "warning")
        first.setdefault(route.when.wanted, index)


def _chains(policy: Policy) -> Iterator[Finding]:
    if "default" not in policy.chains:
        yield Finding(("chains",), "needs a chain `default` for incidents no route is for")
    used = {"default", *(route.chain for route in policy.routing)}
    probed = {route.chain for route in policy.routing if policy.probe is not None and route.when.level == policy.probe}
    for name, chain in policy.chains.items():
        if name not in used:
            yield Finding(("chains", name), "no route leads to this chain", "warning")
        for name_of_rung, count in Counter(rung.rung for rung in chain).items():
            if count > 1:
                last = max(index for index, rung in enumerate(chain) if rung.rung == name_of_rung)
                yield Finding(("chains", name, last, "rung"), f"another rung of this chain is called '{name_of_rung}'")
        for index, rung in enumerate(chain):
            yield from _rung(policy, ("chains", name, index), rung)
        for index, (lower, upper) in enumerate(pairwise(chain), 1):
            yield from _twice_in_a_row(("chains", name, index), lower, upper)
        if name not in probed:  # a synthetic complaint is over before a second round
            yield from _next_round(policy, name, chain)


def _twice_in_a_row(at: Path, lower: Rung, upper: Rung) -> Iterator[Finding]:
    message = "stands on the rung below too and would be paged twice in a row"
    for person in dict.fromkeys(upper.people):
        if person in lower.people:
            yield Finding((*at, "people", upper.people.index(person)), f"'{person}' {message}", "warning")
    if upper.role is not None and upper.role == lower.role:
        yield Finding((*at, "role"), f"whoever is on duty as '{upper.role}' {message}", "warning")


def _next_round(policy: Policy, name: str, chain: tuple[Rung, ...]) -> Iterator[Finding]:
    """What a second round (B2) does on this chain; a short one stays at its top, odd only where somebody wrote so."""
    first, count = policy.repeat.from_rung, len(chain)
    if first >= count:
        message = f"chain '{name}' has only {count} rung{'s' * (count > 1)}: a new round begins on its last"
        if first == count:
            message = f"is the last rung of chain '{name}': its people would be paged twice in a row"
        if "from_rung" in policy.repeat.model_fields_set and (first > count or count > 1):
            yield Finding(("repeat", "from_rung"), message, "warning")
    elif first < count - 1:  # the rung right below was compared already
        for person in dict.fromkeys(chain[-1].people):
            if person in chain[first - 1].people:
                at: Path = ("chains", name, count - 1, "people", chain[-1].people.index(person))
                message = f"'{person}' stands on rung {first} too, where a new round begins: paged twice in a row"
                yield Finding(at, message, "warning")


def _rung(policy: Policy, at: Path, rung: Rung) -> Iterator[Finding]:
    if rung.rung == HOLDER_RUNG:
        yield Finding((*at, "rung"), f"'{HOLDER_RUNG}' is what pages to somebody on no rung say: choose another name")
    if rung.role is not None:
        yield from _role(policy, (*at, "role"), rung.role)
    elif not rung.people:
        yield Finding((*at, "people"), "nobody stands on this rung")
    count = len(rung.people) + _seats(policy, rung.role)
    if count > MOST_ON_A_RUNG:
        yield Finding((*at, "people"), f"{count} people stand on this rung: at most {MOST_ON_A_RUNG} are paged at once")
    for index, person in enumerate(rung.people):
        if person not in policy.people:
            yield unknown((*at, "people", index), "person", person, policy.people)
        elif person in rung.people[:index]:
            yield Finding((*at, "people", index), f"'{person}' stands on this rung twice")
    known = [person for person in rung.people if person in policy.people]
    if known and not _reachable(policy, known) and rung.role is None:
        yield Finding((*at, "people"), "nobody on this rung can be reached")


def _role(policy: Policy, at: Path, role: str) -> Iterator[Finding]:
    if policy.roster is None:
        yield Finding(at, f"there is no `roster` to say who is on duty as '{role}'")
    elif role not in policy.roster.roles:
        yield unknown(at, "role", role, policy.roster.roles)


def _seats(policy: Policy, role: str | None) -> int:
    roles = policy.roster.roles if policy.roster else {}
    return roles[role].seats if role is not None and role in roles else 0


def _people(policy: Policy) -> Iterator[Finding]:
    for name, person in policy.people.items():
        at: Path = ("people", name)
        if not person.reachable_by:
            yield Finding(at, "cannot be reached: no contact on any of the channels")
        elif "channels" in person.model_fields_set:
            for index, channel in enumerate(person.channels):
                if not person.address(channel):
                    yield Finding((*at, "channels", index), f"there is no contact for '{channel}'", "warning")
        for index, channel in enumerate(person.channels):
            if channel in person.channels[:index]:
                yield Finding((*at, "channels", index), f"'{channel}' stands here twice")
        yield from _webhook((*at, "webhook"), person)


def _webhook(at: Path, person: Person) -> Iterator[Finding]:
    """A stage on a developer's machine lets more through; a policy is written for those that are not."""
    if person.webhook is None or "webhook" not in person.reachable_by:
        return
    try:
        target_of(person.webhook)
    except ValueError as error:
        only = set(person.reachable_by) == {"webhook"}
        message = f"nothing would be posted to it ({error})" + (", and there is no other contact" if only else "")
        yield Finding(at, message, "error" if only else "warning")


def _operations(policy: Policy) -> Iterator[Finding]:
    for index, name in enumerate(policy.operations):
        if name not in policy.people:
            yield unknown(("operations", index), "person", name, policy.people)
        elif name in policy.operations[:index]:
            yield Finding(("operations", index), f"'{name}' stands here twice")
    known = [name for name in policy.operations if name in policy.people]
    if known and not _reachable(policy, known):
        yield Finding(("operations",), "nobody of operations can be reached")


def _reachable(policy: Policy, people: Iterable[str]) -> bool:
    return any(policy.people[person].reachable_by for person in people)
