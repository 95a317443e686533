"""Whether the right people would be called: the policy in force, the roster ahead, the keys that open the API."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cli.health.diagnosis import Diagnosis, by_weight, counted, good, must, named, should
from shared.domain.finding import Finding


def policy(in_force: str, here: Mapping[str, str], *, production: bool, own: str | None = None) -> Iterator[Diagnosis]:
    """The policy in force against the checkout's.

    Args:
        in_force: the reference of the deployed one, `retail@4f3a2b1c9d8e`.
        here: references of those that ship with this checkout, by name.
        production: whether real people are paged.
        own: the reference of the house's own file, where one was given.
    """
    area, name = "policy", in_force.partition("@")[0]
    if own is not None and own != in_force:
        yield should(
            area, f"{in_force} is in force, the file is {own}", "tocsin policy check, simulate, then policy push"
        )
    elif own is None and name in here and here[name] != in_force:
        what = f"{in_force} is in force, this checkout ships {here[name]}"
        yield should(area, what, "tocsin policy push, if the newer text is wanted")
    elif in_force in here.values() and production:
        what = f"{in_force} is in force as it ships, with its made-up people"
        yield must(area, what, "write your own and push it (docs/operations.md, 7. People)")
    else:
        compared = own is not None or name in here
        yield good(area, f"{in_force} is in force" + ("" if compared else "; compare it with --policy FILE"))


def roster(soon: Sequence[Finding], later: Sequence[Finding], *, there: bool) -> Iterator[Diagnosis]:
    """What is wrong with the roster in the next two weeks, and after that."""
    area, do = "roster", "tocsin roster check names every gap; mend the roster and push the policy"
    if not there:
        yield good(area, "the policy has none")
        return
    if soon:
        yield must(area, f"{counted(len(soon), 'gap')} in the next 14 days: {soon[0].message}", do)
    if later:
        yield should(area, f"{counted(len(later), 'gap')} in the next 90 days: {later[0].message}", do)
    if not soon and not later:
        yield good(area, "two complete teams at any time of the next 90 days")


def unreachable(people: Sequence[str]) -> Iterator[Diagnosis]:
    """People of the policy with no contact on any of their channels."""
    area = "people"
    if people:
        yield should(area, f"cannot be reached at all: {named(list(people))}", "give them a contact, push the policy")
    else:
        yield good(area, "everybody has a contact")


def api_keys(entries: Sequence[Mapping[str, Any]], people: Collection[str], *, production: bool) -> Iterator[Diagnosis]:
    """Who may call the API."""
    area = "API keys"
    left = sorted({str(entry["name"]) for entry in entries if entry.get("person") and entry["person"] not in people})
    names = [str(entry.get("name")) for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if not any(entry.get("source") for entry in entries):
        what = "no intake system has a key: nothing comes in over the API"
        yield by_weight(area, what, "tocsin keys add NAME --source …", heavy=production)
    if left:
        yield must(area, f"of people who are no longer in the policy: {named(left)}", "tocsin keys revoke NAME")
    if twice:
        yield should(
            area, f"two keys live: {named(twice)}", "tocsin keys retire api NAME, once the holder uses the new one"
        )
    if not left and not twice and names:
        yield good(area, f"{counted(len(set(names)), 'holder')}, all known")


def console_keys(live: int) -> Iterator[Diagnosis]:
    """What signs the sessions of the console."""
    if live:
        yield good("console", f"{counted(live, 'key')} to sign sessions with")
    else:
        yield must("console", "has no key to sign sessions with: nobody can sign in", "tocsin keys rotate console")
