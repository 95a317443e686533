"""Put one incident back from a copy of the store, in one transaction, while everything else goes on (I4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shared.application.commit_step import ATTEMPTS, commit_for, with_texts
from shared.application.world import World
from shared.domain.directory import Directory
from shared.domain.incident import Incident, changed
from shared.domain.instants import format_instant
from shared.domain.message import OPEN_STATES
from shared.domain.outcome import Decision
from shared.domain.restored import RESTORED, replayed, restored
from shared.domain.timeline import Line
from shared.domain.timer import timer_for
from shared.ports import Commit, ConflictError, Stored, UnavailableError


class LinesLostError(Exception):
    """A timeline has fewer lines than its incident's copy knew: whoever cut it off, it is not passed over (I9)."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What became of one incident.

    Attributes:
        outcome: `left`: it is at rest, then and now; `again`: this copy was put back before.
        differed: whether it was not what its timeline says; replayed: lines since the copy that were taken again.
        paged: people who are asked now; ended: messages that were on their way and are not sent.
    """

    incident: str
    outcome: Literal["restored", "left", "again"]
    differed: bool = False
    replayed: int = 0
    paged: tuple[str, ...] = ()
    ended: int = 0


def restore_incident(world: World, copy: Stored, copied_at: int, *, dry: bool = False) -> PutBack:
    """Put an incident back to the copy and what its timeline says since; the timeline itself is only added to (I9).

    Args:
        world: the ports.
        copy: the incident as it was copied.
        copied_at: the instant of the copy (milliseconds UTC).
        dry: only say what would become of it.

    Raises:
        LookupError: the store holds no such incident.
        LinesLostError: its timeline is shorter than the copy knew it.
        ValueError: its timeline holds what these rules cannot read.
        UnavailableError: it is changing too fast; safe to repeat.
    """
    name = copy.incident.id
    ended: dict[str, None] = {}  # kept over attempts: what was ended in one that came too late is still to be entered
    for _ in range(ATTEMPTS):
        live = world.incidents.load(name)
        if live is None:
            raise LookupError(f"{name} is not in the store")
        lines = world.incidents.timeline(name)
        if len(lines) < copy.lines:
            raise LinesLostError(f"the timeline of {name} has {len(lines)} lines, its copy knew {copy.lines}")
        if copy.incident.next_step_at is None and live.incident.next_step_at is None and len(lines) == copy.lines:
            return PutBack(name, "left")
        if _is_there(lines, copied_at):
            return PutBack(name, "again")
        rows = world.outbox.of_incident(name)
        on_their_way = [row for row in rows if row.state in OPEN_STATES]
        ended |= dict.fromkeys(row.key.sort for row in on_their_way)
        now = world.time.now()
        policy = world.policies.at(copy.incident.rules)
        directory = Directory(world.policies.current()[1], policy)
        base = replayed(copy.incident, lines, copy.lines, policy, directory)
        last_step = max((row.key.step for row in rows), default=0)
        decision = restored(
            base,
            policy,
            directory,
            now,
            copied_at=copied_at,
            live=live.incident,
            last_step=last_step,
            ended=tuple(ended),
        )
        done = PutBack(
            name,
            "restored",
            differed=_decided(base) != _decided(live.incident),
            replayed=len(lines) - copy.lines,
            paged=tuple(dict.fromkeys(page.person for page in decision.pages)),
            ended=len(ended),
        )
        if dry:
            return done
        try:
            # First: nothing of before may leave once the new epoch stands.
            for message in on_their_way:
                world.outbox.finish(message, "unknown" if message.state == "sending" else "called_back")
            stands = replace(live, lines=len(lines), head=lines[-1].hash if lines else "")
            decision = with_texts(world, _without_public(world, decision))
            world.incidents.commit(_with_own_alarm(commit_for(stands, decision, policy, directory, now), now))
        except ConflictError:
            continue
        return done
    raise UnavailableError(f"{name} is changing too fast")


def _with_own_alarm(commit: Commit, now: int) -> Commit:
    """Under a key of its own, though it may be due when the old one was: that row may be lost, or on a queue (I4)."""
    alarm = commit.stored.alarm
    if alarm is None:
        return commit
    alarm = timer_for("incident", alarm.subject, alarm.due, commit.stored.incident.version, now)
    return replace(commit, stored=replace(commit.stored, alarm=alarm))


def _without_public(world: World, decision: Decision) -> Decision:
    """What is public stays public, and is not published twice (I8)."""
    if not decision.publications:
        return decision
    public = {(each.incident, each.rung, each.revision) for each in world.statements.published()}
    new = [each for each in decision.publications if (each.incident, each.rung, each.revision) not in public]
    return decision._replace(publications=tuple(new))


def _is_there(lines: Sequence[Line], copied_at: int) -> bool:
    """Whether the incident was put back to this copy before."""
    at = format_instant(copied_at)
    return any(entry.kind == RESTORED and entry.data.get("copied_at") == at for line in lines for entry in line.entries)


def _decided(incident: Incident) -> dict[str, object]:
    """An incident without what is counted up by each commit or restore."""
    group = incident.group and changed(incident.group, epoch=0)
    return {**vars(incident), **dict.fromkeys(("version", "epoch", "fence", "step", "link")), "group": group}
