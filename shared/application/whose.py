"""What an intake system may speak of: its own source and what lies below it, and no source that is kept for others."""

from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.events import DRILL_SOURCE, PROBE_SOURCE, RESERVED_SOURCES, SYSTEM_TYPES, Event, incident_id

_KEPT = {
    OWN_SOURCE: "is the system's own",
    DRILL_SOURCE: "is kept for drills",
    PROBE_SOURCE: "is kept for the synthetic complaints that prove that pages go out",
}
SAID_BY_ITSELF = frozenset({"complaint.joined", "statement.out"})
"""Types of events that only the system sends."""


def covers(source: str, other: str) -> bool:
    """Whether `other` is a source or lies below it: `crm` covers `crm/hotline` and not `crmx`."""
    return other == source or other.startswith(source.rstrip("/") + "/")


def why_reserved(source: str) -> str | None:
    """Why no intake system may use a source, or one below it; None where it may."""
    first = source.partition("/")[0]
    return _KEPT.get(first, "names a surface for people") if first in RESERVED_SOURCES else None


def why_not_said_by_systems(kind: str) -> str | None:
    """Why no intake system may send events of this type; None where it may."""
    if kind in SAID_BY_ITSELF:
        return "is said by the system itself"
    return None if kind in SYSTEM_TYPES else "is for people: a link, the API or the command line"


def not_its_own(event: Event) -> list[tuple[str, str]]:
    """Fields by which an event would act on an incident not of its own source or below it, and what is wrong."""
    found = []
    told = vars(event.data)  # declared fields alone: of a complaint, `of` is a field like any other
    of = told.get("of")
    if of is not None and not covers(event.source, of):
        found.append(("data.of", f"is not {event.source} or below it"))
    target = told.get("incident")
    if target is not None and target != incident_id(of or event.source, event.subject or ""):
        found.append(("data.incident", "is not the incident that source and subject name"))
    return found
