"""What is done about an event of a crisis: whoever is responsible is paged, the group is called, the ladder opens."""

from collections.abc import Callable

from shared.domain.crisis import Crisis
from shared.domain.crisis_course import has_quorum
from shared.domain.drill import renewal, score_of
from shared.domain.errand import Errand
from shared.domain.events import Event
from shared.domain.incident import Course, changed
from shared.domain.matter import join_errand
from shared.domain.outcome import Answer
from shared.domain.record import Record
from shared.domain.response_group import (
    commander,
    confirmed,
    declined,
    dismissed,
    form,
    invited,
    kind_of,
    reseated,
)
from shared.domain.statement_ladder import cancel_rest, open_ladder, publish_what_may
from shared.domain.statement_reactions import react_to_statement
from shared.domain.step import Step


def react_to_crisis(step: Step, before: Course, record: Record, event: Event) -> Answer:
    """Compare the crisis before and after an event and do what follows; what whoever asked is told."""
    after = step.course.crisis
    joined(step, before)
    if _is_over(step, before, record):
        cancel_rest(step)
        dismissed(step)
        graded(step, None, record)  # nothing, unless word of the end came late and it was declared anew since
    elif after is not None and after != before.crisis:
        graded(step, before.crisis, record)
    if record.type.startswith("statement."):
        return react_to_statement(step, event, record.by if record.person else None)
    answered_by = _ANSWERED_BY.get(record.type)
    if answered_by is None or (after is None and record.type == "milestone.met"):
        return "accepted"
    answer = answered_by(step, before, record)
    publish_what_may(step)  # a seat that changed hands may have been what an approval waited for
    return answer


def _is_over(step: Step, before: Course, record: Record) -> bool:
    """Whether the crisis the group stands for is over: stood down, or by a late event none that calls for a group."""
    group = step.incident.group
    if group is None or group.remind_at is None:
        return False
    stood_down = record.type == "crisis.stood_down" and step.course.crisis != before.crisis
    return stood_down or not step.incident.in_crisis


def graded(step: Step, before: Crisis | None, record: Record | None = None) -> None:
    """A matter begins, or its grade grew: page, call the group, open the ladder (C2)."""
    crisis = step.course.crisis
    if crisis is None or not crisis.is_on:
        return
    begins = before is None or not before.is_on
    was = None if begins or before is None else before.grade
    if crisis.grade != was:
        since = crisis.since if begins else max(crisis.stated_at or 0, crisis.called_at or 0, crisis.since)
        by = record.by if record and record.type == "crisis.declared" else None
        step.enter(since, "graded", grade=crisis.grade, was=was, crisis=crisis.kind, by=by)
    rules = kind_of(crisis, step.policy)
    newly_called = crisis.called_at is not None and (begins or before is None or before.called_at is None)
    if newly_called and crisis.called_at is not None:
        form(step, crisis, crisis.called_at)
        step.errands.append(Errand(step.incident.id, f"end-drills-{step.incident.version + 1}", "end_drills", step.now))
    elif crisis.grade != was and was is not None:
        for person in crisis.members:
            step.tell(person, "regraded", crisis.grade)
    if crisis.grade != was and crisis.grade not in rules.calling and not step.pages:
        step.page_holder("graded", crisis.since)
    if crisis.stated_at is not None and (begins or before is None or before.stated_at is None):
        open_ladder(step, crisis, crisis.stated_at)


def joined(step: Step, before: Course | None) -> None:
    """A complaint is part of another's crisis, or knows more of the matter: the crisis is told."""
    course = step.course
    if course.part_of is None or (before and before.part_of == course.part_of and before.known == course.known):
        return
    if before is None or before.part_of != course.part_of:
        step.enter(step.now, "joined", crisis=course.part_of)
    told_before = before is not None and before.part_of == course.part_of
    if not any(errand.kind == "join" for errand in step.errands):
        step.errands.append(join_errand(step.incident, step.now, before.known if before and told_before else None))


def remind(step: Step, due: int) -> None:
    """The crisis is still on: the commander is told, so that it is stood down when it is over (I3)."""
    group = step.incident.group
    if group is None:
        return
    every = step.policy.reminder
    step.change(group=changed(group, remind_at=due + (max(0, step.now - due) // every + 1) * every))
    for person, _ in commander(step.incident):
        step.tell(person, "still_on")


def _confirmed(step: Step, before: Course, record: Record) -> Answer:
    after, crisis = step.course.crisis, before.crisis
    if after is None or crisis is None or after == crisis or record.by is None:
        return "no_effect"
    if not step.incident.in_crisis:
        return "accepted"  # it comes late: it counts, and there is nothing left to brief anybody for
    confirmed(step, record.by)
    rules = kind_of(after, step.policy)
    if has_quorum(after, rules) and not has_quorum(crisis, rules):
        step.enter(step.now, "quorum", members=list(after.members))
    return "accepted"


def _declined(step: Step, before: Course, record: Record) -> Answer:
    crisis = before.crisis
    if crisis is None or not crisis.is_on or not record.person or record.by is None:
        return "no_effect"
    return "accepted" if declined(step, record.by, crisis) else "no_effect"


def _seated(step: Step, before: Course, record: Record) -> Answer:
    if record.seat is None or record.who is None or before.crisis is None or not step.incident.in_crisis:
        return "no_effect"
    reseated(step, record.seat, record.who, before.crisis)
    return "accepted"


def _invited(step: Step, before: Course, record: Record) -> Answer:  # noqa: ARG001 - one form for all
    crisis = step.course.crisis
    if not record.leads or record.who is None or crisis is None or record.who in crisis.members:
        return "no_effect"
    if not step.incident.in_crisis or not step.directory.reachable(record.who):
        return "no_effect"
    invited(step, record.who)
    return "accepted"


def _stood_down(step: Step, before: Course, record: Record) -> Answer:  # noqa: ARG001 - one form for all
    if step.course.crisis == before.crisis:
        return "no_effect"
    if step.incident.drill:
        _score(step)
    return "accepted"


def _score(step: Step) -> None:
    score = score_of(step.incident, step.policy, step.now)
    renews = renewal(step.incident, score, step.policy, step.now)
    until = renews.data["until"] if renews else None
    marks = [mark.told() for mark in score.marks]
    answered = list(score.answered)
    step.enter(
        step.now,
        "drill_scored",
        passed=score.passed,
        share=score.share,
        marks=marks,
        answered=answered,
        renewed_until=until,
    )
    if renews:
        step.errands.append(renews)


def _joined(step: Step, before: Course, record: Record) -> Answer:
    if step.course.crisis == before.crisis or record.joined is None:
        return "no_effect"
    if record.person:  # by hand: the complaint itself has to know
        complaint = record.joined.complaint
        data = {"complaint": complaint}
        step.errands.append(
            Errand(step.incident.id, f"adopt-{complaint}-{step.incident.version + 1}", "adopt", step.now, data)
        )
    return "accepted"


def _graded(step: Step, before: Course, record: Record) -> Answer:  # noqa: ARG001 - one form for all
    return "accepted" if step.course.crisis != before.crisis else "no_effect"


def _milestone(step: Step, before: Course, record: Record) -> Answer:  # noqa: ARG001 - one form for all
    return "accepted" if step.course.clocks != before.clocks else "no_effect"


_ANSWERED_BY: dict[str, Callable[[Step, Course, Record], Answer]] = {
    "crisis.confirmed": _confirmed,
    "crisis.declined": _declined,
    "crisis.seated": _seated,
    "crisis.invited": _invited,
    "crisis.stood_down": _stood_down,
    "crisis.declared": _graded,
    "crisis.joined": _joined,
    "milestone.met": _milestone,
}
