"""How a drill goes, or went: what was due, who answered within how long, whose qualification it renewed (B5)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.application import problem
from shared.application.answer import incident_of, person_of
from shared.application.view import At, View
from shared.application.world import World
from shared.domain.crisis import GUEST
from shared.domain.crisis_policy import Grade
from shared.domain.drill import Mark, score_of
from shared.domain.group_story import Answer, seat_stories
from shared.domain.incident import Incident
from shared.domain.instants import SECOND, parse_instant
from shared.domain.outcome import Entry
from shared.ports import KeyHolder


class MarkView(View):
    """One thing that was due: a milestone, or `statement:` and a rung. `late_seconds` where it was done too late."""

    what: str
    due: At
    done: At | None
    in_time: bool
    late_seconds: float | None


class AnswerView(View):
    """Somebody who was called. `in_time`: they were in within their own window, which is what a drill renews."""

    person: str
    seat: str
    called_at: At
    answer: Answer
    seconds: float | None
    in_time: bool


class DrillView(View):
    """A drill and its score: final once it is `over_at`, so far until then.

    `share` is of what was due by then, 0 to 1; `passed` is None while it is on.
    """

    incident: str
    subject: str
    scenario: str
    summary: str
    kind: str
    grade: Grade
    started_by: str
    started_at: At
    over_at: At | None
    passed: bool | None
    share: float
    pass_share: float
    marks: tuple[MarkView, ...]
    answers: tuple[AnswerView, ...]
    renewed: tuple[str, ...]
    renewed_until: str | None


def show_drill(world: World, caller: KeyHolder, incident_id: str) -> DrillView:
    """A drill's score.

    Raises:
        Problem: 403 not a person's key, 404 there is no such incident, 409 it is no drill.
    """
    person_of(world, caller)
    incident = incident_of(world, incident_id).incident
    crisis = incident.course.crisis
    if not incident.drill or crisis is None:
        raise problem.conflict("This incident is no drill.")
    rules, now = world.policies.at(incident.rules), world.time.now()
    entries = [entry for line in world.incidents.timeline(incident.id) for entry in line.entries]
    opening: Mapping[str, Any] = next((each.data["data"] for each in entries if each.kind == "complaint.received"), {})
    scored = next((entry.data for entry in entries if entry.kind == "drill_scored"), None)
    score = score_of(incident, rules, now)
    marks = score.marks if scored is None else [_mark(each) for each in scored["marks"]]
    until = scored.get("renewed_until") if scored else None
    return DrillView(
        incident=incident.id,
        subject=incident.subject,
        scenario=str(opening.get("scenario", "")),
        summary=incident.summary,
        kind=crisis.kind,
        grade=crisis.grade,
        started_by=str(opening.get("started_by", "")),
        started_at=incident.course.opened_at,
        over_at=crisis.over_at,
        passed=scored["passed"] if scored else None,
        share=scored["share"] if scored else score.share,
        pass_share=rules.drills.pass_share,
        marks=tuple(_mark_view(mark) for mark in marks),
        answers=tuple(_answers(incident, entries)),
        renewed=tuple(scored["answered"]) if scored and until else (),
        renewed_until=until,
    )


def _mark(told: Mapping[str, Any]) -> Mark:
    done = told.get("done")
    return Mark(told["what"], parse_instant(told["due"]), parse_instant(done) if done else None, told["in_time"])


def _mark_view(mark: Mark) -> MarkView:
    late = None if mark.done is None or mark.in_time else (mark.done - mark.due) / SECOND
    return MarkView(what=mark.what, due=mark.due, done=mark.done, in_time=mark.in_time, late_seconds=late)


def _answers(incident: Incident, entries: Sequence[Entry]) -> Iterator[AnswerView]:
    in_time = {call.seat: call.in_time for call in incident.group.seats} if incident.group else {}
    for story in seat_stories(entries):
        for call in story.calls if story.seat != GUEST else ():
            yield AnswerView(
                person=call.person,
                seat=story.seat,
                called_at=call.at,
                answer=call.answer,
                seconds=None if call.after is None else call.after / SECOND,
                in_time=call.person in in_time.get(story.seat, ()),
            )
