"""Fire one timer: claim it and take the step it stands for, in one transaction (I4, I5)."""

from shared.application.commit_step import ATTEMPTS, commit_for, with_texts
from shared.application.digest import digest
from shared.application.quarantine import as_quarantined
from shared.application.world import World
from shared.domain.decision import pass_time
from shared.domain.directory import Directory
from shared.domain.instants import SECOND
from shared.domain.timer import Timer
from shared.ports import ConflictError, UnavailableError

WAITED_FOR = 10 * SECOND
"""How long a timer that comes too early is waited for; earlier still means that a wrong clock handed it over."""
_MEANWHILE = {
    "incident": "Until then the incident pages nobody by itself, though it still takes events: page by hand",
    "early": "Until then events whose complaint never came wait for their quarantine",
    "digest": "Until then the messages that were held back for this person wait",
    "heartbeat": "Nobody waits for it",
}
"""What a parked timer means for people."""
GIVE_UP_AFTER = 5
"""Failures after which a timer is parked, so that it cannot hold up the sweep for ever."""


def fire_timer(world: World, timer: Timer) -> None:
    """Do what the timer is for, never before it is due. A timer that is gone was somebody else's: done.

    One that comes much too early is left where it is: the sweep hands it over again when its time comes (I5).

    Raises:
        UnavailableError: too many conflicts in a row; the queue delivers the timer again.
    """
    if timer.due - world.time.now() > WAITED_FOR:
        world.metrics.count("TimersTooEarly")
        return
    world.time.wait_until(timer.due)
    # An incident says itself whether it still waits for this one, and is read anyhow.
    if timer.kind != "incident" and not world.timers.pending(timer):
        return
    match timer.kind:
        case "incident":
            advance(world, timer.subject, timer)
        case "early":
            _expire_early(world, timer, claimed=timer)
        case "digest":
            digest(world, timer.subject, timer.step)
            world.timers.claim(timer)
        case "heartbeat":
            if world.timers.claim(timer):
                world.metrics.count("HeartbeatLateness", max(0, world.time.now() - timer.due), "Milliseconds")
                world.timers.leave_sign("pulse", world.time.now())


def fire_or_park(world: World, timer: Timer) -> None:
    """Like `fire_timer`; a timer that fails time and again is parked, entered and told to operations.

    Raises:
        Exception: whatever went wrong, for the queue to deliver it again, until the timer is parked.
    """
    try:
        fire_timer(world, timer)
    except (ConflictError, UnavailableError):
        raise  # load, not poison
    except Exception as error:
        failures = world.timers.failed(timer)
        if not failures:
            return  # it was fired or parked meanwhile: nothing is left that this delivery stands for
        if failures < GIVE_UP_AFTER:
            raise
        world.timers.park(timer, f"{type(error).__name__}: {error}")
        world.metrics.count("TimersParked")
        world.operations.alert(
            f"A timer of {timer.subject} was parked",
            f"The {timer.kind} timer {timer.sort} failed {GIVE_UP_AFTER} times, last with {type(error).__name__}. "
            f"The audit tries it again every few minutes and drops it when that succeeds. {_MEANWHILE[timer.kind]}. "
            f"See docs/operations.md, 'Timers parked'.",
        )


def fire_parked(world: World, timer: Timer) -> None:
    """Try a parked timer again, without its row: each thing it may stand for is done once by itself.

    Raises:
        Exception: whatever is wrong still; it stays parked.
    """
    match timer.kind:
        case "incident":
            advance(world, timer.subject, None)
        case "early":
            _expire_early(world, timer, claimed=None)
        case "digest":
            digest(world, timer.subject, timer.step)
        case "heartbeat":
            pass
    world.timers.forget(timer)


def advance(world: World, incident: str, timer: Timer | None) -> None:
    """Everything of an incident that is due now. With a timer: only while the incident still waits for that one.

    Raises:
        UnavailableError: too many conflicts in a row.
    """
    for _ in range(ATTEMPTS):
        stored = world.incidents.load(incident)
        if stored is None or (timer is not None and stored.alarm != timer):
            if timer is not None and world.timers.pending(timer):
                world.timers.claim(timer)  # of a state that is gone: nothing waits for it
            return
        now = world.time.now()
        due = stored.incident.next_step_at
        if due is None or due > now:
            return
        policy = world.policies.at(stored.incident.rules)
        directory = Directory(world.policies.current()[1], policy)
        decision = with_texts(world, pass_time(stored.incident, policy, directory, now))
        try:
            claims = timer is not None
            world.incidents.commit(commit_for(stored, decision, policy, directory, now, claims_alarm=claims))
        except ConflictError:
            if timer is not None and not world.timers.pending(timer):
                return  # somebody else took the step, or parked it
            continue
        world.metrics.count("StepLateness", max(0, now - due), "Milliseconds")
        return
    raise UnavailableError(f"{incident} is changing too fast")


def _expire_early(world: World, timer: Timer, *, claimed: Timer | None) -> None:
    early = world.incidents.early(timer.subject)
    if early is None or early.since >= timer.due:  # their complaint came, or they expired and others came since
        world.timers.claim(timer)
        return
    now = world.time.now()
    detail = "its complaint did not come in time"
    gone = [as_quarantined(event, now, "early", "no_complaint", detail) for event in early.events]
    world.incidents.expire_early(early, gone, claimed)
    world.metrics.count("Quarantined", len(gone))
