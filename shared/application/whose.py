"""What an intake system may speak of: its own source and what lies below it, and no surface for people."""

from shared.domain.events import RESERVED_SOURCES, Event, incident_id


def covers(source: str, other: str) -> bool:
    """Whether `other` is a source or lies below it: `crm` covers `crm/hotline` and not `crmx`."""
    return other == source or other.startswith(source.rstrip("/") + "/")


def is_for_people(source: str) -> bool:
    """Whether a source names a surface for people, or hides below one."""
    return source.partition("/")[0] in RESERVED_SOURCES


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
