"""Names in a person's verb that must exist: people, levels, milestones, seats, rungs, revisions and complaints.

Else it is refused (400), every wrong name at once.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from shared.application.problem import Fault
from shared.application.view import is_incident_id
from shared.application.world import World
from shared.domain.crisis_course import is_met_by_group
from shared.domain.crisis_data import Declared
from shared.domain.events import Event
from shared.domain.incident import Incident
from shared.domain.matter import is_on
from shared.domain.policy import Policy


def unknown_names(world: World, incident: Incident, event: Event) -> list[Fault]:
    """Every field that names what there is not: people in today's directory, the rest in the incident's own rules."""
    said: Mapping[str, Any] = vars(event.data)
    people, rules = world.policies.current()[1].people, world.policies.at(incident.rules)
    faults = [
        Fault(0, field, "is no person of the directory")
        for field in ("to", "who")
        if said.get(field) is not None and said[field] not in people
    ]
    lists: dict[str, Callable[[], tuple[Collection[object], str]]] = {
        "level": lambda: (rules.real_levels, "this policy has none"),
        "milestone": lambda: (_milestones(incident, rules), "this incident has none"),
        "seat": lambda: (_seats(incident), "this incident has no response group"),
        "rung": lambda: (_rungs(incident), "this incident has no statements"),
        "revision": lambda: (_revisions(incident, said.get("rung")), "nothing was drafted for this rung"),
    }
    for field, known_of in lists.items():
        if said.get(field) is not None:
            faults += _among(field, said[field], *known_of())
    if isinstance(event.data, Declared):
        faults += _of_declaration(event.data, incident, rules)
    if said.get("complaint") is not None:
        faults += _of_complaint(world, incident, event, said["complaint"])
    return faults


def _among(field: str, value: object, known: Collection[object], otherwise: str) -> list[Fault]:
    if value in known:
        return []
    return [Fault(0, field, "must be one of " + ", ".join(map(str, known)) if known else otherwise)]


def _milestones(incident: Incident, rules: Policy) -> tuple[str, ...]:
    """Those somebody reports; muster, group and full chain are met by who is in."""
    course = incident.course
    clocks = (clock for clock in course.clocks if clock.milestone or clock.name == "group")
    return tuple(dict.fromkeys(clock.name for clock in clocks if not is_met_by_group(course, clock, rules)))


def _seats(incident: Incident) -> tuple[str, ...]:
    return tuple(call.seat for call in incident.group.seats) if incident.group else ()


def _rungs(incident: Incident) -> tuple[str, ...]:
    return tuple(statement.rung for statement in incident.statements)


def _revisions(incident: Incident, rung: str | None) -> tuple[int, ...]:
    return tuple(each.number for one in incident.statements if one.rung == rung for each in one.revisions)


def _of_declaration(said: Declared, incident: Incident, rules: Policy) -> list[Fault]:
    if not rules.crises:
        return [Fault(0, "kind", "the rules this incident was opened under know no crisis")]
    if said.kind is not None and said.kind not in rules.crises:
        return _among("kind", said.kind, tuple(rules.crises), "")
    crisis = incident.course.crisis
    named = rules.crises.get(said.kind or (crisis.kind if crisis else ""))
    kinds = [named] if named else rules.crises.values()
    grades = tuple(dict.fromkeys(grade for each in kinds for grade in each.grades))
    return [] if said.grade is None else _among("grade", said.grade, grades, "")


def _of_complaint(world: World, incident: Incident, event: Event, complaint: str) -> list[Fault]:
    if complaint == incident.id:
        return [Fault(0, "complaint", "is this incident itself")]
    stored = world.incidents.load(complaint) if is_incident_id(complaint) else None
    if stored is None:
        return [Fault(0, "complaint", "is no incident")]
    if stored.incident.drill != incident.drill:
        wrong = "is an exercise, and this crisis is none" if stored.incident.drill else "is none, and this is a drill"
        return [Fault(0, "complaint", wrong)]
    if is_on(incident) or world.incidents.taken(event.source, event.id) is not None:  # repeated after its end
        return []
    return [Fault(0, "complaint", "joins nothing: this is no crisis that is on")]
