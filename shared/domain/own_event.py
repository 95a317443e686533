"""What the system tells an incident by itself: the event an errand comes to, the same however often it is run."""

from collections.abc import Mapping
from typing import Any

from shared.domain.crisis_events import OWN_SOURCE
from shared.domain.errand import Errand
from shared.domain.events import EVENT, Event
from shared.domain.instants import format_instant


def event_of(errand: Errand, at: int) -> Event | None:
    """The event an errand tells, at an instant (milliseconds UTC); None for one that tells nobody by itself."""
    data, name = errand.data, f"{errand.incident}/{errand.name}"
    match errand.kind:
        case "publish":
            told = {"rung": data["rung"], "revision": data["revision"]}
            told["published_at"] = format_instant(data["published_at"])
            return _own_event("statement.out", errand.incident, name, at, told)
        case "join":
            told = {"complaint": errand.incident} | {field: data[field] for field in data if field != "crisis"}
            return _own_event("crisis.joined", str(data["crisis"]), name, at, told)
        case "adopt":
            return _own_event("complaint.joined", str(data["complaint"]), name, at, {"crisis": errand.incident})
        case "end_drills" | "renew":
            return None


def released(errand: Errand, at: int) -> Event:
    """Tells a complaint that the crisis it wanted to join was over already: it is a matter of its own again."""
    return _own_event("complaint.joined", errand.incident, f"{errand.incident}/{errand.name}/released", at, {})


def drill_ended(errand: Errand, drill: str, reason: str, at: int) -> Event:
    """Stands an exercise down: the same people are wanted elsewhere."""
    told = {"by": OWN_SOURCE, "reason": reason}
    return _own_event("crisis.stood_down", drill, f"{errand.incident}/{errand.name}/{drill}", at, told)


def _own_event(kind: str, incident: str, name: str, at: int, data: Mapping[str, Any]) -> Event:
    """An event of the system's own about an incident; `name` is its id."""
    return EVENT.validate_python(
        {
            "specversion": "1.0",
            "id": name,
            "source": OWN_SOURCE,
            "type": kind,
            "time": format_instant(at),
            "data": {"incident": incident, **data},
        }
    )
