"""Tell a story in minutes and hours and read back who was paged: the product's own decisions on a virtual clock."""

from typing import Any

from shared.adapters import policy_yaml
from shared.application.simulate import Outcome, simulate
from shared.domain.events import EVENT, Event
from shared.domain.instants import format_duration, format_instant, parse_duration, parse_instant
from shared.domain.outcome import OF_GROUP
from shared.domain.policy import Policy

MIDNIGHT = parse_instant("2026-03-01T00:00:00Z")


def instant(after: str) -> int:
    """The instant `1h30m` (or `0s`) after the story's midnight."""
    return MIDNIGHT + (0 if after in ("0", "0s") else parse_duration(after))


def at(after: str, what: str, *, source: str = "crm/hotline", subject: str = "C-1", **data: Any) -> Event:
    """An event that happens `after` the story's beginning; a `complaint.` in front is understood."""
    kind = what if "." in what else f"complaint.{what}"
    if kind == "complaint.received":
        data = {"summary": "The kettle leaks", "channel": "store", **data}
    raw: dict[str, Any] = {
        "specversion": "1.0",
        "id": f"{after}-{kind}-{source}-{sorted(map(str, data.items()))}",
        "source": source,
        "type": kind,
        "time": format_instant(instant(after)),
        "subject": subject,
        "data": data,
    }
    return EVENT.validate_python({**raw, "id": raw["id"][:250]})


def play(*events: Event, policy: str | Policy = "retail", until: str = "3d") -> Outcome:
    """Run the story's events until a time after its beginning."""
    rules = policy_yaml.load(policy) if isinstance(policy, str) else policy
    return simulate(events, rules, until=instant(until), timeline=True)


def without_crises() -> Policy:
    """The retail policy of a house that has no response group: its levels and nothing more."""
    return policy_yaml.load("retail").model_copy(update={"crises": {}})


def group_pages(outcome: Outcome) -> list[str]:
    """Who was paged as a member of the response group, as `2h quality.1 tan.xiaofeng called`."""
    return [
        " ".join(filter(None, (_after(page.at), page.rung, page.person, page.reason, page.clock, *page.also)))
        for page, _ in outcome.pages
        if page.reason in OF_GROUP
    ]


def pages(outcome: Outcome) -> list[str]:
    """Who was paged, as `2h supervisor missed respond`: time, rung, reason and clock."""
    return [
        " ".join(filter(None, (_after(page.at), page.rung, page.reason, page.clock, *page.also)))
        for page, _ in outcome.pages
    ]


def clocks(outcome: Outcome) -> dict[str, str]:
    """How each clock ended, as `{"ordinary respond": "met"}`; several of one kind are joined by a space."""
    return {
        f"{level} {clock}": " ".join(
            f"{verdict}" if n == 1 else f"{n}x{verdict}" for verdict, n in sorted(verdicts.items())
        )
        for (level, clock), verdicts in outcome.clocks.items()
    }


def entries(outcome: Outcome, kind: str) -> list[str]:
    """When something of a kind was entered, as `2h`."""
    return [_after(entry.at) for entry, _ in outcome.timeline if entry.kind == kind]


def told(outcome: Outcome) -> list[str]:
    """Who was told what, as `2h he.ping waiting`."""
    return [
        f"{_after(entry.at)} {entry.data['to']} {entry.data['reason']}"
        for entry, _ in outcome.timeline
        if entry.kind == "told"
    ]


def _after(at: int) -> str:
    return "0" if at == MIDNIGHT else format_duration(at - MIDNIGHT)
