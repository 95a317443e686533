"""Whether a policy's synthetic complaint reaches a test contact, and nobody and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.classification import Known, chain_for
from shared.domain.finding import Finding, Path, unknown
from shared.domain.instants import format_duration, parse_duration
from shared.domain.policy import LevelRules, Policy
from shared.domain.probe import PROBE

LONGEST_RESPOND = parse_duration("90s")
"""So that its deadline has passed, and the page of it gone out, well before the next synthetic complaint."""
SHORTEST_WINDOW = parse_duration("1h")
"""A synthetic complaint is closed after some minutes: nothing beyond its first pages may fall due by then."""


def probe_findings(policy: Policy) -> Iterator[Finding]:
    """What is wrong with the level, the route and the people of the synthetic complaint."""
    name = policy.probe
    if name is None:
        for part in ("levels", "chains", "people"):
            if PROBE in getattr(policy, part):
                message = "is kept for the synthetic complaint: call it otherwise, or say `probe: probe`"
                yield Finding((part, PROBE), message)
        return
    level = policy.levels.get(name)
    if level is None:
        yield unknown(("probe",), "level", name, policy.levels)
        return
    yield from _level(policy, name, level)
    chain = chain_for(policy, Known(), name)
    if chain == "default":
        yield Finding(("probe",), f"no route leads the level '{name}' to a chain of its own: real people are paged")
    elif chain in policy.chains:
        yield from _people(policy, chain)


def _level(policy: Policy, name: str, level: LevelRules) -> Iterator[Finding]:
    at: Path = ("levels", name)
    respond = level.clocks.respond
    if respond is None or respond > LONGEST_RESPOND:
        message = f"a synthetic complaint has to be due within {format_duration(LONGEST_RESPOND)}: it proves the timers"
        yield Finding((*at, "clocks", "respond") if respond else (*at, "clocks"), message)
    if level.window < SHORTEST_WINDOW:
        message = f"at least {format_duration(SHORTEST_WINDOW)}, so that a synthetic complaint is closed before it ends"
        yield Finding((*at, "window"), message)
    if level.calendar is not None:
        yield Finding((*at, "calendar"), "a synthetic complaint proves the pager day and night: no calendar")
    asked = {rule.level for rule in policy.classification.rules} | {policy.classification.default}
    if name in asked or any(name in crisis.levels for crisis in policy.crises.values()):
        yield Finding(("probe",), f"'{name}' is a level of real complaints: give the probe one of its own")


def _people(policy: Policy, chain: str) -> Iterator[Finding]:
    at: Path = ("chains", chain)
    elsewhere = {
        person for name, rungs in policy.chains.items() if name != chain for rung in rungs for person in rung.people
    } | set(policy.operations)
    for index, rung in enumerate(policy.chains[chain]):
        if rung.role is not None:
            yield Finding((*at, index, "role"), "whoever is on duty is nobody to page for a synthetic complaint")
        for number, name in enumerate(rung.people):
            here: Path = (*at, index, "people", number)
            if name in elsewhere:
                yield Finding(here, f"'{name}' is paged for real too: a synthetic complaint needs a test contact")
            elif (person := policy.people.get(name)) is not None and "sms" in person.reachable_by:
                yield Finding(here, f"'{name}' is reached by SMS, which costs: give the test contact an e-mail address")
