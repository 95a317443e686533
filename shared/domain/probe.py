"""The synthetic complaint: a level, a chain and a test contact of its own, and nothing it says leads elsewhere."""

from shared.domain.events import PROBE_SOURCE, ComplaintConfirmed, ComplaintReceived, ComplaintResolved, Event
from shared.domain.instants import parse_duration
from shared.domain.policy import Clocks, LevelRules, Person, Policy, Route, RouteCondition, Rung

PROBE = "probe"
"""What the level, the chain and the test contact are called that a stage brings along."""
_SAID = frozenset({"summary", "channel", "level"})


def is_of_probe(event: Event, policy: Policy) -> bool:
    """Whether an event is the opening of a synthetic complaint as the policy routes it, or its end."""
    if isinstance(event, ComplaintResolved | ComplaintConfirmed):
        return event.data.incident is None
    if not isinstance(event, ComplaintReceived) or event.data.model_fields_set != _SAID:
        return False  # a store or a region might lead it up the chain of real people
    return event.data.level == policy.probe is not None


def levels_of(source: str, policy: Policy) -> tuple[str, ...]:
    """The levels that events of a source may name."""
    return tuple(policy.levels) if source == PROBE_SOURCE else policy.real_levels


def with_probe(policy: Policy, contact: str) -> Policy:
    """The policy with a synthetic complaint of the stage's own.

    Args:
        policy: as it was written; one that names its own keeps that.
        contact: the e-mail address of whom it pages; empty: the stage has none.
    """
    if not contact or policy.probe is not None or is_taken(policy):
        return policy
    level = LevelRules(
        clocks=Clocks(respond=parse_duration("1m")),
        window=parse_duration("24h"),
        name={"zh-CN": "自检", "en": "Probe"},
    )
    own = {
        "levels": {PROBE: level, **policy.levels},  # the least of them: no complaint is raised to it
        "routing": (Route(when=RouteCondition(level=PROBE), chain=PROBE), *policy.routing),
        "chains": {**policy.chains, PROBE: (Rung(rung=PROBE, people=(PROBE,)),)},
        "people": {**policy.people, PROBE: Person(name="Probe", email=contact, channels=("email",))},
        "probe": PROBE,
    }
    return Policy.model_validate({name: getattr(policy, name) for name in Policy.model_fields} | own)


def is_taken(policy: Policy) -> bool:
    """Whether something real is called as the stage's synthetic complaint would be."""
    return PROBE in policy.levels or PROBE in policy.chains or PROBE in policy.people
