"""An incident as its intake system and the people see it: state, clocks, ladder, timeline and messages (D1, B4)."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from shared.application import problem
from shared.application.whose import covers
from shared.application.world import World
from shared.domain.course import missed_by
from shared.domain.incident import Clock, Incident, Phase, Verdict
from shared.domain.instants import format_instant
from shared.domain.message import Message, MessageState
from shared.domain.outcome import Entry
from shared.domain.plain import plain
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via
from shared.ports import KeyHolder

At = Annotated[
    int,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClockView(_View):
    """One response deadline. `ended` is when its verdict fell, `answered` when its event came, in time or late."""

    clock: str
    verdict: Verdict
    milestone: bool
    deadline: At
    level: str | None = None
    ended: At | None = None
    answered: At | None = None


class LadderView(_View):
    """The escalation that runs: the rung paged last and until when it may acknowledge (B2)."""

    rung: str
    round: int
    acknowledge_by: At


class StepView(_View):
    """What happens next by itself (I3)."""

    at: At
    kind: str


class EntryView(_View):
    """One thing that happened. `line` is its line of the hash-chained timeline (I9)."""

    line: int
    at: At
    kind: str
    data: dict[str, Any]


class MessageView(_View):
    """One message to one person on one channel, without its text and address (I12)."""

    at: At
    kind: str
    reason: str
    person: str
    channel: Via
    attempt: int
    state: MessageState


class IncidentView(_View):
    """An incident."""

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
    timeline: tuple[EntryView, ...]
    messages: tuple[MessageView, ...]


def show_incident(world: World, caller: KeyHolder, incident_id: str) -> IncidentView:
    """What a caller may see of an incident: a person everything, an intake system what came from its own source.

    Raises:
        Problem: 404 for one that is not there, and alike for one that is another system's.
    """
    stored = world.incidents.load(incident_id) if is_incident_id(incident_id) else None
    if stored is None or not _may_see(caller, stored.incident):
        raise problem.not_found(
            "No incident of this id, or none of this key's; a new one takes a moment to be recorded."
        )
    incident = stored.incident
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
        # A clock that ran out this second is missed, whether or not its timer has been seen to yet.
        clocks=tuple(_clock(clock) for clock in missed_by(incident.course, world.time.now() - 1).clocks),
        ladder=_ladder(incident, world.policies.at(incident.rules)),
        next_step=_next_step(incident),
        timeline=tuple(
            _entry(line.number, entry) for line in world.incidents.timeline(incident.id) for entry in line.entries
        ),
        messages=_messages(world.outbox.of_incident(incident.id)),
    )


def is_incident_id(text: str) -> bool:
    """Whether this can be an incident's id; anything else never reaches the store."""
    return _INCIDENT_ID.fullmatch(text) is not None


_INCIDENT_ID = re.compile(r"inc-[0-9a-f]{20}", re.ASCII)


def _may_see(caller: KeyHolder, incident: Incident) -> bool:
    return caller.person is not None or (caller.source is not None and covers(caller.source, incident.source))


def _clock(clock: Clock) -> ClockView:
    return ClockView(
        clock=clock.name,
        verdict=clock.verdict,
        milestone=clock.milestone,
        deadline=clock.deadline,
        level=clock.level,
        ended=clock.ended,
        answered=clock.answered,
    )


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
