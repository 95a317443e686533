"""A course at another level: which clocks that starts, shortens or leaves (A1, Level raised)."""

from collections.abc import Iterable

from shared.domain import clocks as on_clock
from shared.domain.incident import SOLVED, Clock, Course, changed
from shared.domain.policy import Policy

MET_BY: dict[str, tuple[str, ...]] = {
    "complaint.acknowledged": ("respond",),
    "complaint.proposed": ("respond", "propose"),
    "complaint.resolved": ("respond", "propose", "step_in", "resolve"),
    "complaint.closed": ("respond",),
    "complaint.followed_up": ("follow_up",),
    "complaint.confirmed": ("follow_up",),
    "complaint.rated": ("follow_up",),
    "complaint.root_cause_started": ("root_cause",),
}
"""Which clocks an event meets (milestones: by name)."""


def at_level(course: Course, level: str, time: int, policy: Policy) -> Course:
    """Another level: running clocks take its durations, clocks that only it has start now."""
    if level == course.level:
        return course
    raised = policy.severity[level] > policy.severity[course.level]
    durations = on_clock.durations(policy, level, course.known.channel)
    old, new = policy.calendar_of(course.level), policy.calendar_of(level)
    course = changed(course, level=level)
    if course.phase == "closed":
        return course
    if course.phase in SOLVED:  # what a resolve would meet is met already
        unmet = tuple(clock for clock in missing_clocks(course, policy, time) if _outlives_resolve(clock))
        return changed(course, clocks=course.clocks + unmet)
    of_crisis = policy.crises[course.crisis.kind].milestones if course.crisis else ()
    clocks = tuple(
        clock
        if clock.milestone and clock.name in of_crisis
        else on_clock.relevelled(
            clock, durations.get((clock.name, clock.milestone)), time, (old, new), policy.warning_share, raised=raised
        )
        for clock in course.clocks
    )
    course = changed(course, clocks=clocks)
    course = changed(course, clocks=clocks + missing_clocks(course, policy, time))
    return paused(course, time, policy) if course.phase == "waiting" else course


def missing_clocks(course: Course, policy: Policy, time: int) -> tuple[Clock, ...]:
    """The level's clocks that were never started, or were withdrawn when it was lowered."""
    present = {(clock.name, clock.milestone) for clock in course.clocks if clock.verdict != "cancelled"}
    return level_clocks(course, policy, time, without=present)


def _outlives_resolve(clock: Clock) -> bool:
    return clock.milestone or clock.name not in MET_BY["complaint.resolved"]


def paused(course: Course, time: int, policy: Policy) -> Course:
    calendar = policy.calendar_of(course.level)
    return changed(course, clocks=tuple(on_clock.stopped(clock, time, calendar) for clock in course.clocks))


def level_clocks(
    course: Course, policy: Policy, time: int, without: Iterable[tuple[str, bool]] = ()
) -> tuple[Clock, ...]:
    present, calendar = set(without), policy.calendar_of(course.level)
    return tuple(
        on_clock.started(course.clocks, name, length, time, calendar, policy.warning_share, milestone=milestone)
        for (name, milestone), length in on_clock.durations(policy, course.level, course.known.channel).items()
        if (name, milestone) not in present
    )


def with_clock(course: Course, name: str, length: int, time: int, policy: Policy) -> Course:
    calendar = policy.calendar_of(course.level)
    clock = on_clock.started(course.clocks, name, length, time, calendar, policy.warning_share)
    return changed(course, clocks=(*course.clocks, clock))
