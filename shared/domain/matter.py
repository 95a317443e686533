"""What a crisis is about, so that several complaints about one matter join one crisis: the same store or product, and
the same category, within a window.
"""

from collections.abc import Callable, Mapping, Sequence

from shared.domain.classification import Known, known_from, together
from shared.domain.crisis import JoinedComplaint
from shared.domain.errand import Errand
from shared.domain.event_data import Facts
from shared.domain.events import DRILL_SOURCE, Event
from shared.domain.incident import Course, Incident
from shared.domain.policy import Policy


def matters_of(known: Known) -> tuple[str, ...]:
    """The names of what a complaint is about; none without a category, or without a store and a product."""
    if known.category is None:
        return ()
    named = (("store", known.store), ("product", known.product))
    return tuple(f"{known.category}/{what}/{which}" for what, which in named if which is not None)


def open_matters(incident: Incident, policy: Policy) -> Mapping[str, int]:
    """What other complaints join this incident's crisis by, and until when (milliseconds UTC). A drill takes nobody."""
    crisis = incident.course.crisis
    if crisis is None or not crisis.is_on or incident.drill:
        return {}
    window = policy.crises[crisis.kind].join_window
    if window is None:
        return {}
    return dict.fromkeys(matters_of(incident.course.known), crisis.since + window)


def matters_changed(before: Incident | None, after: Incident, policy: Policy, now: int) -> Mapping[str, int]:
    """Until when others join by each name, where a step changed that; nobody joins what is over."""
    if after.course.crisis is None:
        return {}
    was, is_now = open_matters(before, policy) if before else {}, open_matters(after, policy)
    gone = {name: now for name in was if name not in is_now}
    return gone | {name: until for name, until in is_now.items() if was.get(name) != until}


def matters_after(known: Known | None, told: Facts, channel: str | None) -> tuple[str, ...]:
    """What a complaint is about once an event has told its facts."""
    more = known_from(told, channel, frozenset())
    return matters_of(together(known, more) if known else more)


def may_join(course: Course) -> bool:
    """Whether a complaint is free to join another's crisis: it has none of its own, and is part of none."""
    return course.part_of is None and (course.crisis is None or not course.crisis.is_on)


def crisis_to_join(
    event: Event,
    policy: Policy,
    incident: Incident | None,
    *,
    about: Callable[[Sequence[str]], str | None],
    crisis_of: Callable[[str], Incident | None],
) -> str | None:
    """The crisis about the same matter that a complaint joins; "" where the one it was part of is over.

    Args:
        event: what is told of the complaint.
        policy: the rules.
        incident: as it was before; None for one that is being opened.
        about: finds the crisis that is on about one of some matters.
        crisis_of: the incident of a crisis that was joined.
    """
    data = event.data
    if not policy.crises or not isinstance(data, Facts) or event.source == DRILL_SOURCE:
        return None
    if incident is not None and not may_join(incident.course):
        crisis = crisis_of(incident.part_of) if incident.part_of else None
        return "" if crisis and not is_on(crisis) else None
    matters = matters_after(incident.course.known if incident else None, data, vars(data).get("channel"))
    found = about(matters) if matters else None
    return found if incident is None or found != incident.id else None


def is_on(incident: Incident) -> bool:
    """Whether a crisis others were joined to goes on."""
    return incident.course.crisis is not None and incident.course.crisis.is_on


def join_errand(incident: Incident, at: int, earlier: Known | None = None) -> Errand:
    """Tells the crisis a complaint is part of what is known of it by now; `earlier`: what it was told before."""
    known = incident.course.known
    told = JoinedComplaint(
        complaint=incident.id,
        case=incident.subject,
        summary=incident.summary,
        scope=known.scope,
        amount_cny=known.amount_cny,
        reposts=known.reposts,
        earlier_cny=(earlier.amount_cny or 0) if earlier else None,
    )
    data = {
        name: value for name, value in vars(told).items() if value is not None and name not in ("complaint", "count")
    }
    crisis = incident.course.part_of
    return Errand(incident.id, f"join-{incident.version + 1}", "join", at, {"crisis": crisis, **data})
