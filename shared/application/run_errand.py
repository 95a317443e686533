"""Run one errand: what a step asked to be done outside its own incident, however often it is delivered (ADR 53).

Nothing here is done twice: the site is written whole from what is public by then, and what is told to an incident is
an event with an id of its own. An errand that fails raises, and comes again.
"""

from functools import partial

from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.errand import Errand
from shared.domain.events import Event
from shared.domain.matter import is_on
from shared.domain.own_event import drill_ended, event_of, released
from shared.ports import UnavailableError

WRITES = 10
"""How often the site is written in one run while more and more is published; the rest is left to the next run."""


def run_errand(world: World, incident: str, name: str) -> None:
    """Run an errand and close it; one that is gone was run before.

    Raises:
        UnavailableError: something could not be reached; the queue delivers it again.
    """
    errand = world.errands.get(incident, name)
    if errand is None:
        return
    match errand.kind:
        case "publish":
            _write_site(world)  # then, and not before, the incident hears that the public can read it (I8)
            _tell(world, errand, event_of(errand, world.time.now()))
        case "join":
            _tell(world, errand, event_of(errand, errand.at))  # the grade it gives counts from then
            crisis = world.incidents.load(str(errand.data["crisis"]))
            if crisis is None or not is_on(crisis.incident):
                _tell(world, errand, released(errand, world.time.now()))
        case "adopt":
            _tell(world, errand, event_of(errand, errand.at))
        case "end_drills":
            _end_drills(world, errand)
        case "renew":
            world.policies.renew(errand.data["people"], errand.data["until"])
        case unknown:
            raise ValueError(f"no errand of the kind {unknown!r}: a newer release asked for it")
    world.errands.finish(errand)
    world.metrics.count("ErrandsRun")
    world.metrics.count("ErrandLateness", max(0, world.time.now() - errand.at), "Milliseconds")


def _write_site(world: World) -> None:
    """Write the site until what was written is what is public.

    Whoever writes last has read afterwards that nothing was added, so two writers at once leave no stale index: the
    slower one may overwrite what the quicker one wrote with an older list, and then finds that the list has grown.
    """
    public = world.statements.published()
    for _ in range(WRITES):
        world.site.publish(public)
        written, public = public, world.statements.published()
        if public == written:
            return
    raise UnavailableError("more is published than can be written down")


def _end_drills(world: World, errand: Errand) -> None:
    """Stand down every exercise beside a real crisis, and of several exercises the later ones.

    Each crisis and each exercise asks for it as it begins: of two at the same moment whichever was committed last
    sees the other (ADR 69).
    """
    drills, reason = list(world.crises.running_drills()), "a real crisis began"
    began = world.incidents.load(errand.incident)
    if began is not None and began.incident.drill and set(world.crises.running()) <= set(drills):
        drills, reason = sorted(drills, key=partial(_called_at, world))[1:], "another drill was on already"
    for drill in drills:
        _tell(world, errand, drill_ended(errand, drill, reason, world.time.now()))


def _called_at(world: World, drill: str) -> tuple[int, str]:
    stored = world.incidents.load(drill)
    crisis = stored.incident.course.crisis if stored else None
    return (crisis.called_at or 0 if crisis else 0, drill)


def _tell(world: World, errand: Errand, event: Event | None) -> None:
    """Take an event of the system's own, once; one that cannot be taken is told, and not tried again."""
    if event is None or world.incidents.taken(event.source, event.id) is not None:
        return
    taken = take_event(world, event, surface=OWN_SOURCE, trusted_by=False)
    if taken.status == "quarantined":
        world.metrics.count("ErrandsPutAside")
        world.operations.alert(
            f"An errand of {errand.incident} led nowhere",
            f"The errand {errand.name} should have told {event.incident} of {event.type}, which could not be taken. "
            f"It is in quarantine with its reason and is not tried again. See docs/operations.md, 'Errands put aside'.",
        )
