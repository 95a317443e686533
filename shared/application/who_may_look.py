"""Who may look into an incident's crisis, and who may do anything at all: one rule for the API, the console and links.

To everybody else a crisis shows what it shows an intake system. What each of those who may look may do there, the
decisions answer (`no_effect`).
"""

from shared.application import problem
from shared.application.world import World
from shared.domain.directory import Directory
from shared.domain.drill import may_run_drills
from shared.domain.incident import Incident
from shared.domain.policy import Policy
from shared.ports import KeyHolder

_ONLY_WHERE_THEY_LOOK = {
    "crisis.joined": "Complaints are joined to a crisis by those whom it concerns.",
    "evidence.added": "Files are added by those whom the incident concerns: its group, its chain, operations.",
}
_DECLARED = "crisis.declared"


def may_look(incident: Incident, person: str, rules: Policy, today: Policy, now: int) -> bool:
    """Whether somebody sees all of an incident: its room, its drafts, its evidence.

    Those are who is in, was called or invited, who declared it, who has the complaint or is asked to take it, the
    people of the chain, operations; and of a drill whoever may end it.
    """
    crisis, group, course = incident.course.crisis, incident.group, incident.course
    concerned = set(today.operations)
    if crisis is not None:
        concerned |= {*crisis.members, *([crisis.declared_by] if crisis.declared_by else [])}
    if group is not None:
        concerned |= {*group.invited, *(one for seat in group.seats for one in seat.asked)}
    if course.holder is not None and course.holder_is_person:
        concerned.add(course.holder)
    if incident.handover is not None:
        concerned.add(incident.handover.taker)
    directory = Directory(today, rules)
    if person in concerned or directory.standing(incident.chain, person, now) > 0:
        return True
    return incident.drill and may_run_drills(directory, person, now)


def sees_all(world: World, caller: KeyHolder, incident: Incident) -> bool:
    """Whether a key shows all of an incident; an intake system's, and that of somebody who left, never does."""
    today = world.policies.current()[1]
    if caller.person is None or caller.person not in today.people:
        return False
    return may_look(incident, caller.person, world.policies.at(incident.rules), today, world.time.now())


def may_act(world: World, incident: Incident, person: str) -> bool:
    """Whether somebody may do anything here; whoever only hears of statements (C7) may where they were called in."""
    today = world.policies.current()[1]
    if not _is_outside(today, person):
        return True
    return may_look(incident, person, world.policies.at(incident.rules), today, world.time.now())


def check_may(world: World, incident: Incident, person: str, kind: str) -> None:
    """Let a person's event of a type through, where it is theirs to send at all.

    Raises:
        Problem: 403, with why.
    """
    today = world.policies.current()[1]
    if may_look(incident, person, world.policies.at(incident.rules), today, world.time.now()):
        return
    if _is_outside(today, person):
        raise problem.forbidden("Whoever is only on a distribution list hears of statements and does nothing here.")
    if kind in _ONLY_WHERE_THEY_LOOK:
        raise problem.forbidden(_ONLY_WHERE_THEY_LOOK[kind])
    if kind == _DECLARED and not _is_of_the_house(today, person):
        raise problem.forbidden("A crisis is declared by people of a chain, of the roster's teams, or of operations.")


def _is_of_the_house(today: Policy, person: str) -> bool:
    """Whether somebody stands on a chain, sits in a team of the roster, stands in for one who does, or operates."""
    people = {*today.operations, *(one for rungs in today.chains.values() for rung in rungs for one in rung.people)}
    if today.roster is not None:
        pairs = (pair for team in today.roster.teams.values() for seats in team.seats.values() for pair in seats)
        people |= {one for pair in pairs for one in (pair.a, pair.b)}
        people |= {override.instead for override in today.roster.overrides if override.instead}
    return person in people


def _is_outside(today: Policy, person: str) -> bool:
    """Whether somebody is in the directory only to hear of statements."""
    listed = (rules.told for kind in today.crises.values() for rules in kind.grades.values())
    return any(person in told for told in listed) and not _is_of_the_house(today, person)
