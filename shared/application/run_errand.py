"""Run one errand: what a step asked to be done outside its own incident, however often it is delivered (ADR 53).

Nothing here is done twice: the site is written whole from what is public by then, and what is told to an incident is
an event with an id of its own. An errand that fails raises, and comes again.
"""

from collections.abc import Mapping
from typing import Any

from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.errand import Errand
from shared.domain.events import EVENT
from shared.domain.instants import format_instant
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
            _publish(world, errand)
        case "join":
            _join(world, errand)
        case "adopt":
            name = f"{errand.incident}/{errand.name}"
            crisis = {"crisis": errand.incident}
            _tell(world, errand, errand.data["complaint"], "complaint.joined", name, errand.at, crisis)
        case "end_drills":
            _end_drills(world, errand)
        case "renew":
            world.policies.renew(errand.data["people"], errand.data["until"])
        case unknown:
            raise ValueError(f"no errand of the kind {unknown!r}: a newer release asked for it")
    world.errands.finish(errand)
    world.metrics.count("ErrandsRun")
    world.metrics.count("ErrandLateness", max(0, world.time.now() - errand.at), "Milliseconds")


def _publish(world: World, errand: Errand) -> None:
    """Bring what is public onto the site, then say on the incident that it is there (I8)."""
    _write_site(world)
    what = errand.data
    name = f"{errand.incident}/{what['rung']}/{what['revision']}/out"
    data = {each: what[each] for each in ("rung", "revision")}
    data["published_at"] = format_instant(what["published_at"])
    _tell(world, errand, errand.incident, "statement.out", name, world.time.now(), data)


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


def _join(world: World, errand: Errand) -> None:
    """Tell a crisis of a complaint about its matter; the figures are those of the step that asked for it."""
    data = {"complaint": errand.incident} | {each: value for each, value in errand.data.items() if each != "crisis"}
    name = f"{errand.incident}/{errand.name}"
    _tell(world, errand, errand.data["crisis"], "crisis.joined", name, errand.at, data)


def _end_drills(world: World, errand: Errand) -> None:
    """Stand down every exercise: the same people are wanted in earnest."""
    for drill in world.crises.running_drills():
        data = {"by": OWN_SOURCE, "reason": "a real crisis began"}
        name = f"{errand.incident}/{errand.name}/{drill}"
        _tell(world, errand, drill, "crisis.stood_down", name, world.time.now(), data)


def _tell(world: World, errand: Errand, incident: str, kind: str, name: str, at: int, data: Mapping[str, Any]) -> None:
    """Take an event of the system's own on an incident, once; one that cannot be taken is told, and not tried again."""
    if world.incidents.taken(OWN_SOURCE, name) is not None:
        return
    raw = {
        "specversion": "1.0",
        "id": name,
        "source": OWN_SOURCE,
        "type": kind,
        "time": format_instant(at),
        "data": {"incident": incident, **data},
    }
    taken = take_event(world, EVENT.validate_python(raw), surface=OWN_SOURCE, trusted_by=False)
    if taken.status == "quarantined":
        world.metrics.count("ErrandsPutAside")
        world.operations.alert(
            f"An errand of {errand.incident} led nowhere",
            f"The errand {errand.name} should have told {incident} of {kind}, which could not be taken. "
            f"It is in quarantine with its reason and is not tried again. See docs/operations.md, 'Errands put aside'.",
        )
