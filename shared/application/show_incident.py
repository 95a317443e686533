"""An incident as its intake system and the people see it: state, clocks, ladder, timeline and messages (D1, B4).

An intake system sees how its complaint fares, and so does a person whom it does not concern; who sits in a response
group and what it writes is for those who may look (`who_may_look`).
"""

from collections.abc import Sequence
from typing import Any

from shared.application import problem
from shared.application.show_crisis import CrisisView, crisis_view
from shared.application.view import At, ClockView, View, clock_view
from shared.application.view import is_incident_id as is_incident_id  # noqa: PLC0414 - whoever shows them names them
from shared.application.who_may_look import sees_all
from shared.application.whose import SAID_BY_ITSELF, covers
from shared.application.world import World
from shared.domain.course import missed_by
from shared.domain.incident import Incident, Phase
from shared.domain.instants import format_instant
from shared.domain.message import Message, MessageState
from shared.domain.outcome import OF_GROUP, Entry
from shared.domain.plain import plain
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from shared.ports import KeyHolder

_MAIN_JOB = frozenset(
    {
        "called_back",
        "close_kept",
        "corrected",
        "handover_lapsed",
        "ladder_stopped",
        "lowered",
        "missed",
        "opened",
        "paged",
        "raised",
        "reopened",
        "rerouted",
        "rung_skipped",
        "stale",
        "told",
        "unmoved",
        "unreachable",
        "warning",
    }
)
"""Entries of the timeline that intake systems see beside the events of the complaint."""
_MAIN_JOB_TELLS = frozenset(
    {"ladder_ended", "rung_skipped", "nobody_reachable", "too_old", "left_out", "waiting", "unconfirmed"}
)


class LadderView(View):
    """The escalation that runs: the rung paged last and until when it may acknowledge (B2)."""

    rung: str
    round: int
    acknowledge_by: At


class StepView(View):
    """What happens next by itself (I3)."""

    at: At
    kind: str


class EntryView(View):
    """One thing that happened. `line` is its line of the hash-chained timeline (I9)."""

    line: int
    at: At
    kind: str
    data: dict[str, Any]


class MessageView(View):
    """One message to one person on one channel, without its text and address (I12)."""

    at: At
    kind: str
    reason: str
    person: str
    channel: Via
    attempt: int
    state: MessageState


class EvidenceView(View):
    """A file in write-once storage, under the hash of its content (C6)."""

    name: str
    sha256: str
    size: int
    media_type: str | None
    by: str
    at: At


class IncidentView(View):
    """An incident; `part_of` is the crisis that the complaint was joined to, `drill` says that it is an exercise."""

    incident: str
    source: str
    subject: str
    summary: str
    level: str
    state: Phase
    opened_at: At
    acknowledged: bool
    holder: str | None
    chain: str
    rules: str
    clocks: tuple[ClockView, ...]
    ladder: LadderView | None
    next_step: StepView | None
    drill: bool
    part_of: str | None
    crisis: CrisisView | None
    evidence: tuple[EvidenceView, ...]
    timeline: tuple[EntryView, ...]
    messages: tuple[MessageView, ...]


def show_incident(world: World, caller: KeyHolder, incident_id: str) -> IncidentView:
    """What a caller may see of an incident: whom it concerns everything, others how the complaint fares.

    Raises:
        Problem: 404 for one that is not there, and alike for one that is another system's.
    """
    stored = world.incidents.load(incident_id) if is_incident_id(incident_id) else None
    if stored is None or not _may_see(caller, stored.incident):
        raise problem.not_found(
            "No incident of this id, or none of this key's; a new one takes a moment to be recorded."
        )
    incident, rules, now = stored.incident, world.policies.at(stored.incident.rules), world.time.now()
    # A clock that ran out this second is missed, whether or not its timer has been seen to yet.
    clocks = missed_by(incident.course, now - 1).clocks
    people = sees_all(world, caller, incident)
    entries = [
        _entry(line.number, entry)
        for line in world.incidents.timeline(incident.id)
        for entry in line.entries
        if people or _is_for_systems(entry, incident)
    ]
    return IncidentView(
        incident=incident.id,
        source=incident.source,
        subject=incident.subject,
        summary=incident.summary,
        level=incident.course.level,
        state=incident.course.phase,
        opened_at=incident.course.opened_at,
        acknowledged=incident.course.acknowledged,
        holder=incident.course.holder,
        chain=incident.chain,
        rules=incident.rules,
        clocks=tuple(clock_view(clock) for clock in clocks),
        ladder=_ladder(incident, rules),
        next_step=_next_step(incident),
        drill=incident.drill,
        part_of=incident.part_of if people else None,
        crisis=crisis_view(incident, clocks, rules, now, people=people),
        evidence=_evidence(entries),
        timeline=tuple(entries),
        messages=_messages(
            [row for row in world.outbox.of_incident(incident.id) if people or _is_main_job(row.kind, row.reason)]
        ),
    )


def _may_see(caller: KeyHolder, incident: Incident) -> bool:
    return caller.person is not None or (caller.source is not None and covers(caller.source, incident.source))


def _is_for_systems(entry: Entry, incident: Incident) -> bool:
    reason = str(entry.data.get("reason", ""))
    if entry.kind in ("paged", "called_back", "told"):
        return _is_main_job("tell" if entry.kind == "told" else "page", reason)
    if entry.kind == "milestone.met":  # in a crisis it names who is in the group; its clock says that it was met
        return incident.course.crisis is None
    return entry.kind in _MAIN_JOB or (entry.kind.startswith("complaint.") and entry.kind not in SAID_BY_ITSELF)


def _is_main_job(kind: str, reason: str) -> bool:
    return reason in _MAIN_JOB_TELLS if kind == "tell" else reason not in OF_GROUP


def _evidence(entries: Sequence[EntryView]) -> tuple[EvidenceView, ...]:
    added = [(entry.at, entry.data["data"]) for entry in entries if entry.kind == "evidence.added"]
    return tuple(
        EvidenceView(at=at, media_type=data.get("media_type"), **{name: data[name] for name in _OF_EVIDENCE})
        for at, data in added
    )


_OF_EVIDENCE = ("name", "sha256", "size", "by")


def _ladder(incident: Incident, policy: Policy) -> LadderView | None:
    ladder = incident.ladder
    if ladder is None:
        return None
    chain = policy.chains[incident.chain]
    rung = chain[min(max(ladder.rung, 1), len(chain)) - 1].rung
    return LadderView(rung=rung, round=ladder.round, acknowledge_by=ladder.window_end)


def _next_step(incident: Incident) -> StepView | None:
    if incident.next_step_at is None:
        return None
    return StepView(at=incident.next_step_at, kind=incident.next_step or "")


def _entry(line: int, entry: Entry) -> EntryView:
    data = {name: plain(value) for name, value in entry.data.items() if name != "record"}
    if "due" in data:
        data["due"] = format_instant(data["due"])
    return EntryView(line=line, at=entry.at, kind=entry.kind, data=data)


def _messages(rows: Sequence[Message]) -> tuple[MessageView, ...]:
    return tuple(
        MessageView(
            at=row.at,
            kind=row.kind,
            reason=row.reason,
            person=row.key.person,
            channel=row.key.via,
            attempt=row.key.attempt,
            state=row.state,
        )
        for row in rows
    )
