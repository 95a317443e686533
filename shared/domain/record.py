"""What stands on the timeline of an event, so that the fold can be run again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.classification import Known, keywords_in, known_from
from shared.domain.crisis import JoinedComplaint
from shared.domain.crisis_data import Joined
from shared.domain.crisis_policy import Grade
from shared.domain.event_data import Facts
from shared.domain.events import Event
from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Record:
    """What the fold needs of an event. It stands on the timeline, so that the fold can be run again.

    Attributes:
        rung: the highest rung of the chain on which `by` stood when the event arrived; 0 for none.
        person: whether `by` is a person of the directory who was authenticated, not an intake system's free text.
        known: what it tells of the complaint, where it tells something.
        leads: whether `by` was in the response group, or on the top rung: who may stand a crisis down or seat others.
        seat: of the response group, for which `by` was called, or which is given to `who`.
        joined: the complaint that joins; joins: the crisis this one joins, "" where it leaves one that is over.
        drill: whether it is of an exercise, whose complaint ends with its crisis.
        old: whether it arrived so late that it pages nobody: what it tells makes no crisis by itself.
    """

    time: int
    id: str
    type: str
    by: str | None = None
    rung: int = 0
    person: bool = False
    known: Known | None = None
    level: str | None = None
    score: int | None = None
    milestone: str | None = None
    leads: bool = False
    seat: str | None = None
    who: str | None = None
    grade: Grade | None = None
    kind: str | None = None
    joined: JoinedComplaint | None = None
    joins: str | None = None
    drill: bool = False
    old: bool = False


def record_of(
    event: Event,
    policy: Policy,
    rung: int = 0,
    *,
    person: bool = False,
    leads: bool = False,
    seat: str | None = None,
    joins: str | None = None,
    drill: bool = False,
) -> Record:
    """The part of an event that the fold reads; where its author stands, and in which capacity, is not its to say."""
    data = event.data
    said: Mapping[str, Any] = vars(data)  # a missing field is looked up slowly on a model that keeps unknown ones
    known = None
    if isinstance(data, Facts):
        known = known_from(data, said.get("channel"), keywords_in(policy, said.get("summary"), data.details))
    return Record(
        time=event.time,
        id=event.id,
        type=event.type,
        by=said.get("by"),
        rung=rung,
        person=person,
        known=known,
        level=None if known else said.get("level"),
        score=said.get("score"),
        milestone=said.get("milestone"),
        leads=leads,
        seat=seat,
        who=said.get("who"),
        grade=said.get("grade"),
        kind=said.get("kind") if event.type == "crisis.declared" else None,
        joined=_joined(event.data) if isinstance(event.data, Joined) else None,
        joins=(said.get("crisis") or "") if event.type == "complaint.joined" else joins,
        drill=drill,
    )


def _joined(data: Joined) -> JoinedComplaint:
    return JoinedComplaint(
        complaint=data.complaint,
        case=data.case or "",
        summary=data.summary or "",
        scope=data.scope,
        amount_cny=data.amount_cny,
        reposts=data.reposts,
        earlier_cny=data.earlier_cny,
    )
