"""What a crisis is about, so that several complaints about one matter join one crisis: the same store or product, and
the same category, within a window.
"""

from collections.abc import Mapping

from shared.domain.classification import Known
from shared.domain.crisis import JoinedComplaint
from shared.domain.errand import Errand
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


def may_join(course: Course) -> bool:
    """Whether a complaint is free to join another's crisis: it has none of its own, and is part of none."""
    return course.part_of is None and (course.crisis is None or not course.crisis.is_on)


def join_errand(incident: Incident, at: int) -> Errand:
    """Tells the crisis a complaint is part of what is known of it by now."""
    known = incident.course.known
    told = JoinedComplaint(
        incident.id, incident.subject, incident.summary, known.scope, known.amount_cny, known.reposts
    )
    data = {name: value for name, value in vars(told).items() if value is not None and name != "complaint"}
    crisis = incident.course.part_of
    return Errand(incident.id, f"join-{incident.version + 1}", "join", at, {"crisis": crisis, **data})
