"""What can happen to one clock: it starts, stops for the customer, goes on, is answered, relevelled, withdrawn."""

from collections.abc import Iterable

from shared.domain.calendar import BusinessHours, add_time, time_between
from shared.domain.incident import Clock, changed
from shared.domain.policy import AFTERCARE_CLOCKS, STOPPED_BY_WAITING, Policy


def durations(policy: Policy, level: str, channel: str | None) -> dict[tuple[str, bool], int]:
    """Milliseconds of each clock of a level, by name and whether it is a milestone."""
    rules = policy.levels[level]
    return {(name, False): length for name, length in rules.durations(channel)} | {
        (name, True): length for name, length in rules.milestones.items()
    }


def started(
    present: Iterable[Clock],
    name: str,
    length: int,
    time: int,
    calendar: BusinessHours | None,
    share: float,
    *,
    milestone: bool = False,
) -> Clock:
    """A clock that starts at `time`, beside those the incident has; `share` of it is when its holder is warned."""
    count = 1 + sum(clock.name == name and clock.milestone == milestone for clock in present)
    return Clock(
        key=f"{'milestone:' if milestone else ''}{name}#{count}",
        name=name,
        milestone=milestone,
        duration=length,
        deadline=add_time(calendar, time, length),
        warn_at=add_time(calendar, time, round(length * share)),
    )


def stopped(clock: Clock, time: int, calendar: BusinessHours | None) -> Clock:
    """A clock while the customer is waited for (A8); first-response clocks and milestones run on."""
    if clock.verdict != "running" or clock.name not in STOPPED_BY_WAITING or clock.milestone:
        return clock
    return changed(clock, verdict="stopped", left=time_between(calendar, time, clock.deadline))


def restarted(clock: Clock, time: int, calendar: BusinessHours | None, share: float) -> Clock:
    """A clock after the waiting: it goes on with what was left of it."""
    if clock.verdict != "stopped" or clock.left is None:
        return clock
    to_warning = clock.left - (clock.duration - round(clock.duration * share))
    return changed(
        clock,
        verdict="running",
        left=None,
        deadline=add_time(calendar, time, clock.left),
        warn_at=add_time(calendar, time, to_warning) if to_warning > 0 else clock.warn_at,
    )


def answered(clock: Clock, time: int, level: str, calendar: BusinessHours | None) -> Clock:
    """A clock whose event came: met, or missed and no longer owed. At its very deadline it is in time."""
    if clock.verdict == "stopped" and clock.left is not None:  # in time: its deadline moved with the waiting
        clock = changed(clock, verdict="running", left=None, deadline=add_time(calendar, time, clock.left))
    if clock.verdict == "running":
        return changed(clock, verdict="met", ended=time, level=level, answered=time)
    if clock.is_owed:
        return changed(clock, answered=time)
    return clock


def relevelled(
    clock: Clock,
    duration: int | None,
    time: int,
    calendars: tuple[BusinessHours | None, BusinessHours | None],
    share: float,
    *,
    raised: bool,
) -> Clock:
    """A clock at another level: the earlier deadline when raised, the new duration less what is used when lowered.

    Args:
        clock: as it was.
        duration: of the new level; None where that has no such clock.
        time: of the change.
        calendars: of the old and of the new level.
        share: of a clock that is used up when its holder is warned.
        raised: whether the new level is the graver one.
    """
    if clock.verdict not in ("running", "stopped") or is_aftercare(clock):
        return clock
    if duration is None:
        return clock if raised else changed(clock, verdict="cancelled")
    old, new = calendars
    if clock.verdict == "stopped":
        left = clock.left or 0
        used = clock.duration - left
        return changed(clock, duration=duration, left=min(left, duration) if raised else max(0, duration - used))
    if raised:
        deadline = add_time(new, time, duration)
        if deadline >= clock.deadline:
            return clock
        return changed(
            clock, duration=duration, deadline=deadline, warn_at=add_time(new, time, round(duration * share))
        )
    used = clock.duration - time_between(old, time, clock.deadline)
    left = max(0, duration - used)
    return changed(
        clock,
        duration=duration,
        deadline=add_time(new, time, left),
        warn_at=add_time(new, time, max(0, left - (duration - round(duration * share)))),
    )


def withdrawn(clock: Clock, time: int) -> Clock:
    """A clock as a re-opening leaves it: the follow-up is no longer owed, resolve and propose start anew."""
    if clock.milestone or clock.name not in ("follow_up", *STOPPED_BY_WAITING):
        return clock
    if clock.verdict in ("running", "stopped"):
        return changed(clock, verdict="cancelled")
    if clock.is_owed:
        return changed(clock, answered=time)
    return clock


def is_aftercare(clock: Clock) -> bool:
    """Whether it is owed after the solution: follow-up and root cause (A5, A6)."""
    return clock.name in AFTERCARE_CLOCKS and not clock.milestone
