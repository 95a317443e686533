"""What the events make of a crisis: a part of the fold (C2, C3, C4). Grades only grow; who is in meets milestones."""

from collections.abc import Callable

from shared.domain import clocks as on_clock
from shared.domain.crisis import GUEST, Crisis
from shared.domain.crisis_policy import FULL_CHAIN, MET_BY_QUORUM, CrisisType, Grade
from shared.domain.grading import crisis_kind, declared_grade, first_grade, grade_of, highest, kind_declared
from shared.domain.incident import Clock, Course, changed
from shared.domain.joined import with_joined
from shared.domain.level_clocks import at_level, missing_clocks
from shared.domain.policy import Policy
from shared.domain.record import Record
from shared.domain.roster import role_of


def graded(course: Course, time: int, policy: Policy) -> Course:
    """The course after what its figures, keywords and level ask for: a new matter, a higher grade, or as it was.

    A group that stands already meets the clock that a higher level starts for it.
    """
    return _met_by_who_is_in(_with_grade(course, time, policy), time, policy)


def _with_grade(course: Course, time: int, policy: Policy) -> Course:
    if policy.probe is not None and course.level == policy.probe:
        return course  # whatever its fixed words are a keyword of: nobody real is called for a synthetic complaint
    if not policy.crises or course.part_of or (course.crisis is not None and not course.crisis.is_on):
        return course
    crisis = course.crisis
    if crisis is None:
        name = crisis_kind(policy, course.known, course.level)
        if name is None:
            return course
        first = first_grade(policy.crises[name], course.known, course.level)
        return _at_grade(changed(course, crisis=Crisis(name, first, time)), first, time, policy)
    kind = policy.crises[crisis.kind]
    reached = [grade_of(kind, course.known, crisis.joined), crisis.grade]
    if course.level in kind.levels:
        reached.append(first_grade(kind, course.known, course.level))
    grade = highest(grade for grade in reached if grade is not None)
    return _at_grade(course, grade or crisis.grade, time, policy)


def ended_with(course: Course, time: int) -> Course:
    """A matter for which nobody was called ends with its complaint."""
    crisis = course.crisis
    if crisis is None or not crisis.is_on or crisis.called_at is not None or course.phase != "closed":
        return course
    return changed(course, crisis=changed(crisis, over_at=time))


def tell(course: Course, record: Record, policy: Policy) -> Course:
    """The course after an event of a crisis; another event leaves it as it was."""
    turn = _TURNS.get(record.type)
    return turn(course, record, policy) if turn else course


def joined_to(course: Course, crisis: str, time: int, policy: Policy) -> Course:
    """The course of a complaint that joins another's crisis, or leaves one that is over (`""`) and is graded itself.

    A blue grade of its own ends with joining; a group that was called for it goes on.
    """
    if not crisis:
        return graded(_with_group_clocks(changed(course, part_of=None), time, policy), time, policy)
    own = course.crisis
    if own is not None and own.is_on:
        if own.called_at is not None:
            return course
        course = changed(course, crisis=changed(own, over_at=time))
    return changed(course, part_of=crisis)


def without_group_clocks(course: Course) -> Course:
    """A complaint that is part of another's crisis has no group of its own to wait for."""
    if course.part_of is None:
        return course
    clocks = tuple(changed(clock, verdict="cancelled") if _waits_for_group(clock) else clock for clock in course.clocks)
    return changed(course, clocks=clocks)


def _with_group_clocks(course: Course, time: int, policy: Policy) -> Course:
    """A complaint that is graded itself again waits for a group again, where its level does."""
    missing = tuple(clock for clock in missing_clocks(course, policy, time) if _waits_for_group(clock))
    return changed(course, clocks=course.clocks + missing)


def _waits_for_group(clock: Clock) -> bool:
    return clock.name in MET_BY_QUORUM and not clock.milestone and clock.verdict == "running"


def is_met_by_group(course: Course, clock: Clock, policy: Policy) -> bool:
    """Whether a clock is met by who is in the group, and not by anybody saying so."""
    crisis = course.crisis
    if crisis is None or crisis.called_at is None:
        return bool(policy.crises) and clock.name in MET_BY_QUORUM and not clock.milestone
    return clock.name in MET_BY_QUORUM or (clock.name == FULL_CHAIN and clock.milestone)


def is_of_crisis(course: Course, clock: Clock, policy: Policy) -> bool:
    """Whether the commander answers for a clock: a milestone of the crisis, or the group's own clock (C4)."""
    crisis = course.crisis
    if crisis is None or crisis.called_at is None:
        return False
    return clock.name in MET_BY_QUORUM or (clock.milestone and clock.name in policy.crises[crisis.kind].milestones)


def may_meet(course: Course, record: Record, policy: Policy) -> bool:
    """Whether whoever says that a milestone is met may say so: a member, or where the type has it so, the chain."""
    crisis = course.crisis
    if crisis is None or not record.person:
        return False
    by_chain = policy.crises[crisis.kind].milestones_by == "group_or_chain" and record.rung > 0
    return record.by in crisis.members or by_chain


def has_quorum(crisis: Crisis, kind: CrisisType) -> bool:
    """Whether enough of every role are in."""
    sitting = [role_of(seat) for seat, _ in crisis.seated]
    return all(sitting.count(role) >= wanted for role, wanted in kind.roles.items())


def _at_grade(course: Course, grade: Grade, time: int, policy: Policy) -> Course:
    """At least this grade: the level, the milestones and the statement ladder it brings."""
    crisis = course.crisis
    if crisis is None:
        return course
    kind = policy.crises[crisis.kind]
    grade = highest((grade, crisis.grade)) or grade
    rules = kind.grades.get(grade)
    calls, states = grade in kind.calling, grade in kind.stating and kind.statements is not None
    called = crisis.called_at if crisis.called_at is not None or not calls else time
    stated = crisis.stated_at if crisis.stated_at is not None or not states else time
    course = changed(course, crisis=changed(crisis, grade=grade, called_at=called, stated_at=stated))
    level = rules.level if rules and (grade != crisis.grade or time == crisis.since) else None
    if level is not None and policy.severity[level] > policy.severity[course.level]:
        course = at_level(course, level, time, policy)
    if called == time and crisis.called_at is None:
        started = tuple(
            on_clock.started(course.clocks, name, length, time, None, policy.warning_share, milestone=True)
            for name, length in kind.milestones.items()
        )
        course = changed(course, clocks=course.clocks + started)
    return course


def _declared(course: Course, record: Record, policy: Policy) -> Course:
    crisis = course.crisis
    name = crisis.kind if crisis and crisis.is_on else kind_declared(policy, course.level, record.kind)
    if name is None or course.part_of is not None:
        return course  # one matter, one crisis: it is declared where it is
    grade = declared_grade(policy.crises[name], record.grade)
    if crisis is None or not crisis.is_on:
        joined = crisis.joined if crisis else ()
        crisis = Crisis(name, grade, record.time, declared_by=record.by, joined=joined)
        course = changed(course, crisis=crisis)
    return graded(_at_grade(course, grade, record.time, policy), record.time, policy)


def _confirmed(course: Course, record: Record, policy: Policy) -> Course:
    crisis = course.crisis
    if crisis is None or not crisis.is_on or record.seat is None or record.by is None:
        return course
    if record.seat == GUEST:
        if record.by in crisis.members:
            return course
        return changed(course, crisis=changed(crisis, guests=(*crisis.guests, record.by)))
    if crisis.person_in(record.seat) is not None or record.by in dict(crisis.seated).values():
        return course
    return _seated(course, crisis, record.seat, record.by, record.time, policy)


def _seated(course: Course, crisis: Crisis, seat: str, person: str, time: int, policy: Policy) -> Course:
    guests = tuple(guest for guest in crisis.guests if guest != person)
    others = tuple(pair for pair in crisis.seated if pair[1] != person)
    crisis = changed(crisis, seated=(*others, (seat, person)), guests=guests)
    return _met_by_who_is_in(changed(course, crisis=crisis), time, policy)


def _met_by_who_is_in(course: Course, time: int, policy: Policy) -> Course:
    crisis = course.crisis
    if crisis is None or not crisis.is_on or not crisis.seated:
        return course
    met = set(MET_BY_QUORUM) if has_quorum(crisis, policy.crises[crisis.kind]) else set()
    if len(crisis.seated) >= seats_wanted(policy, crisis.kind):
        met.add(FULL_CHAIN)
    if not met:
        return course
    clocks = tuple(
        on_clock.answered(clock, time, course.level, None)
        if clock.name in met and is_met_by_group(course, clock, policy)
        else clock
        for clock in course.clocks
    )
    return changed(course, clocks=clocks)


def seats_wanted(policy: Policy, kind: str) -> int:
    """How many seats a group of this type has; as many as its quorum where the policy has no roster."""
    crisis = policy.crises[kind]
    if policy.roster is None:
        return sum(crisis.roles.values())
    return sum(policy.roster.roles[role].seats for role in crisis.roles if role in policy.roster.roles)


def _declined(course: Course, record: Record, policy: Policy) -> Course:  # noqa: ARG001 - one form for all
    crisis = course.crisis
    if crisis is None or record.by not in crisis.members:
        return course
    seated = tuple(pair for pair in crisis.seated if pair[1] != record.by)
    guests = tuple(guest for guest in crisis.guests if guest != record.by)
    return changed(course, crisis=changed(crisis, seated=seated, guests=guests))


def _reseated(course: Course, record: Record, policy: Policy) -> Course:
    crisis = course.crisis
    if crisis is None or not crisis.is_on or record.seat is None or record.who is None:
        return course
    seated = tuple(pair for pair in crisis.seated if pair[0] != record.seat and pair[1] != record.who)
    crisis = changed(crisis, seated=seated)
    if record.who == record.by:
        return _seated(course, crisis, record.seat, record.who, record.time, policy)
    return changed(course, crisis=crisis)


def _joined(course: Course, record: Record, policy: Policy) -> Course:
    crisis = course.crisis
    if crisis is None or not crisis.is_on or record.joined is None:
        return course
    joined = with_joined(crisis.joined, record.joined)
    return graded(changed(course, crisis=changed(crisis, joined=joined)), record.time, policy)


def _stood_down(course: Course, record: Record, policy: Policy) -> Course:
    crisis = course.crisis
    if crisis is None or not crisis.is_on or not record.leads:
        return course
    clocks = tuple(
        changed(clock, verdict="cancelled")
        if (clock.verdict == "running" and is_of_crisis(course, clock, policy))
        or (record.drill and clock.verdict in ("running", "stopped"))
        else clock
        for clock in course.clocks
    )
    course = changed(course, clocks=clocks, crisis=changed(crisis, over_at=record.time))
    return changed(course, phase="closed") if record.drill else course  # no customer waits for anything


_TURNS: dict[str, Callable[[Course, Record, Policy], Course]] = {
    "crisis.declared": _declared,
    "crisis.confirmed": _confirmed,
    "crisis.declined": _declined,
    "crisis.seated": _reseated,
    "crisis.joined": _joined,
    "crisis.stood_down": _stood_down,
}
