"""What a synthetic complaint may say: nothing that could lead it to anybody but the test contact."""

from shared.domain.events import PROBE_SOURCE, ComplaintConfirmed, ComplaintReceived, ComplaintResolved, Event
from shared.domain.policy import Policy

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
