"""The digest: what storm control held back from a person in one minute, in one message.

Safe to repeat and to stop between any two steps: the digest's key follows from person and minute, it is put before
the first row is marked, and a second run finds it there.
"""

from typing import get_args

from shared.application.carry_on import is_called_back
from shared.application.message_for import first_channel
from shared.application.world import World
from shared.domain.instants import MINUTE
from shared.domain.message import DRILL_ITEM, Message, MessageKey
from shared.domain.policy import Policy
from shared.domain.policy_parts import Via


def digest(world: World, person: str, minute: int) -> None:
    """Gather what is held for a person and a minute (since 1970) into one message.

    Pages that an acknowledgement called back meanwhile are left out (I6).

    Raises:
        ConflictError: somebody else is gathering them; the next run goes on.
    """
    wanted: list[Message] = []
    for row in world.outbox.held(person, minute):
        if is_called_back(world, row):
            world.outbox.finish(row, "called_back")
        else:
            wanted.append(row)
    if not wanted:
        return
    if not _is_made(world, person, minute):
        world.outbox.put(_digest_of(world, person, minute, wanted))
        world.metrics.count("Digests")
    for row in wanted:
        world.outbox.finish(row, "digested")


def digest_incident(person: str) -> str:
    """What stands for an incident in the key of a person's digests."""
    return f"digest-{person}"


def item(row: Message, subject: str) -> str:
    """One line: level, reason and case number with blanks between; last the one that may hold blanks itself.

    That of a drill says so first.
    """
    said = f"{row.level} {row.reason} {subject}"
    return f"{DRILL_ITEM} {said}" if row.drill else said


def _digest_of(world: World, person: str, minute: int, rows: list[Message]) -> Message:
    today = world.policies.current()[1]
    via = first_channel(today.people.get(person), "digest")
    return Message(
        key=MessageKey(digest_incident(person), minute, person, via),
        kind="digest",
        reason="digest",
        level=_gravest(today, rows),
        at=world.time.now(),
        due=(minute + 1) * MINUTE,
        epoch=0,
        items=tuple(item(row, _subject(world, row)) for row in rows),
        drill=all(row.drill for row in rows),
    )


def _is_made(world: World, person: str, minute: int) -> bool:
    """On any channel: the person's order may have changed since the first run."""
    incident = digest_incident(person)
    return any(world.outbox.get(MessageKey(incident, minute, person, via)) is not None for via in get_args(Via))


def _gravest(today: Policy, rows: list[Message]) -> str:
    return max((row.level for row in rows), key=lambda level: today.severity.get(level, -1))


def _subject(world: World, row: Message) -> str:
    stored = world.incidents.load(row.key.incident)
    return stored.incident.subject if stored else row.key.incident
