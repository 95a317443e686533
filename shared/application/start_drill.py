"""Start a drill: a complaint of the source `drill`, taken on the way every complaint takes (B5, ADR 69).

Nothing else is different from here on: the incident knows that it is an exercise, and whatever it makes says so.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from shared.application import problem
from shared.application.answer import Answered, make_event, person_of
from shared.application.problem import Fault
from shared.application.show_incident import show_incident
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.decision import apply_event, open_incident, record_for
from shared.domain.directory import Directory
from shared.domain.drill import may_run_drills
from shared.domain.drill_scenario import Scenario
from shared.domain.events import DRILL_SOURCE, ComplaintReceived, Event, incident_id
from shared.domain.field_words import in_words
from shared.domain.incident import Incident
from shared.domain.instants import SECOND, format_instant
from shared.domain.policy import Policy
from shared.ports import KeyHolder

_DECLARED = "crisis.declared"


def start_drill(world: World, caller: KeyHolder, said: Mapping[str, Any], key: str) -> Answered:
    """Open the complaint of a scenario, and declare what the scenario wants declared.

    Args:
        world: the ports.
        caller: whose key it is: rung 2 or above of a chain, operations, a commander.
        said: the scenario, as `Scenario` has it.
        key: repeating the same scenario under the same key starts nothing again (`Idempotency-Key`).

    Raises:
        Problem: 400 wrong fields, or today's policy calls no group for it; 403 not somebody's who may run drills;
            409 a crisis or another drill is on.
        UnavailableError: safe to repeat under the same key.
    """
    person = person_of(world, caller)
    scenario = _read(said)
    event_id = f"{person}/{scenario.scenario}/{key}"
    known = world.incidents.taken(DRILL_SOURCE, event_id)
    incident = _open(world, person, scenario, event_id) if known is None else known.incident
    stored = world.incidents.load(incident)
    if stored is None:
        raise problem.conflict("The drill was started, and its incident is gone.")
    if _is_to_be_declared(scenario, stored.incident):
        declared = _declaration(world, stored.incident, scenario, person, event_id)
        take_event(world, declared, surface="api", trusted_by=True)
    status = "accepted" if known is None else "duplicate"
    return Answered.model_validate({**show_incident(world, caller, incident).__dict__, "status": status})


def _open(world: World, person: str, scenario: Scenario, event_id: str) -> str:
    rules, today = world.policies.current()
    directory, now = Directory(today, today), world.time.now()
    if not may_run_drills(directory, person, now):
        raise problem.forbidden(
            "Whoever stands on rung 2 or above of a chain, operations and commanders start drills: they wake people."
        )
    _refuse_names(scenario, today)
    _refuse_beside_others(world)
    complaint = _complaint(world, person, scenario, event_id, today, now)
    _refuse_what_calls_nobody(world, complaint, scenario, person, rules, directory)
    taken = take_event(world, complaint, surface="api", trusted_by=True)
    if taken.incident is None or taken.status not in ("accepted", "duplicate"):
        raise problem.conflict("The drill could not be started; the quarantine says why.")
    return taken.incident


def _read(said: Mapping[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise problem.invalid(
            [Fault(0, ".".join(map(str, one["loc"])) or "body", in_words(one)) for one in found]
        ) from None


def _refuse_names(scenario: Scenario, today: Policy) -> None:
    """Names that today's policy does not have."""
    level, kind, grade = scenario.complaint.level, scenario.kind, scenario.grade
    faults = []
    if level is not None and level not in today.real_levels:
        faults.append(Fault(0, "complaint.level", "must be one of " + ", ".join(today.real_levels)))
    if kind is not None and kind not in today.crises:
        faults.append(Fault(0, "kind", "must be one of " + ", ".join(today.crises)))
    kinds = [rules for name, rules in today.crises.items() if kind in (None, name)]
    grades = tuple(dict.fromkeys(each for rules in kinds for each in rules.grades))
    if grade is not None and kinds and grade not in grades:
        faults.append(Fault(0, "grade", "must be one of " + ", ".join(grades)))
    if faults:
        raise problem.invalid(faults)


def _refuse_beside_others(world: World) -> None:
    """The same people are wanted. What begins at this very moment is seen to by an errand (ADR 69)."""
    drills = world.crises.running_drills()
    real = [incident for incident in world.crises.running() if incident not in drills]
    if real:
        raise problem.conflict(f"A crisis is on in earnest, {real[0]}: no drill beside it.")
    if drills:
        raise problem.conflict(f"A drill is on already, {drills[0]}: end it first.")


def _complaint(
    world: World, person: str, scenario: Scenario, event_id: str, today: Policy, now: int
) -> ComplaintReceived:
    return ComplaintReceived.model_validate(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": DRILL_SOURCE,
            "type": "complaint.received",
            "time": format_instant(now),
            "subject": _case(world, scenario, event_id, today, now),
            "data": {**scenario.facts(today.locale), "scenario": scenario.scenario, "started_by": person},
        }
    )


def _case(world: World, scenario: Scenario, event_id: str, today: Policy, now: int) -> str:
    """`drill-2026-11-22-food-1a2b`: short, as it stands in text messages, and of no other drill."""
    day = datetime.fromtimestamp(now / SECOND, UTC).astimezone(ZoneInfo(today.zone)).date()
    digits = hashlib.sha256(event_id.encode()).hexdigest()
    names = (f"drill-{day}-{scenario.scenario}-{digits[:length]}" for length in (4, 8, 16))
    return next(name for name in names if world.incidents.load(incident_id(DRILL_SOURCE, name)) is None)


def _refuse_what_calls_nobody(
    world: World, complaint: ComplaintReceived, scenario: Scenario, person: str, rules: str, directory: Directory
) -> None:
    """Decide it once without committing anything: a drill that calls no group would only wake the front line."""
    today, now = directory.today, complaint.time
    incident = open_incident(complaint, rules, today, directory, now).incident
    if _is_to_be_declared(scenario, incident):
        declared = _declaration(world, incident, scenario, person, complaint.id)
        record = record_for(incident, declared, today, directory)
        incident = apply_event(incident, declared, record, today, directory, max(now, declared.time)).incident
    crisis = incident.course.crisis
    if crisis is not None and scenario.kind not in (None, crisis.kind):
        raise problem.invalid([Fault(0, "kind", f"the complaint makes it {crisis.kind} by itself")])
    if crisis is None or not incident.in_crisis:
        grade = f", {crisis.grade}," if crisis else ""
        raise problem.invalid(
            [Fault(0, "complaint", f"what it tells makes no crisis{grade} for which today's policy calls a group")]
        )


def _is_to_be_declared(scenario: Scenario, incident: Incident) -> bool:
    over = incident.course.crisis is not None and not incident.course.crisis.is_on
    return (scenario.kind is not None or scenario.grade is not None) and not over


def _declaration(world: World, incident: Incident, scenario: Scenario, person: str, event_id: str) -> Event:
    said = {"kind": scenario.kind, "grade": scenario.grade, "reason": f"drill {scenario.scenario}"}
    said = {name: value for name, value in said.items() if value is not None}
    return make_event(world, incident, _DECLARED, said, person, source="api", event_id=f"{event_id}/declared")
