"""From a decision to what is committed: one transaction per step (I4)."""

from dataclasses import replace
from typing import Any, Literal

from shared.application.fit_messages import MOST_MESSAGES, fit_messages
from shared.application.world import World
from shared.domain.directory import Directory
from shared.domain.incident import Incident
from shared.domain.matter import matters_changed
from shared.domain.outcome import Decision
from shared.domain.policy import Policy
from shared.domain.timeline import seal
from shared.domain.timer import Timer, timer_for
from shared.ports import Commit, Matter, Stored, TakenEvent

ATTEMPTS = 8
"""How often a step is decided anew when somebody else committed first."""


def commit_for(
    stored: Stored,
    decision: Decision,
    policy: Policy,
    directory: Directory,
    now: int,
    *,
    taken: tuple[TakenEvent, ...] = (),
    customer: dict[str, Any] | None = None,
    claims_alarm: bool = False,
    released: tuple[tuple[str, str], ...] = (),
) -> Commit:
    """The transaction of a decision about an incident that was loaded as `stored`; for the fields see `Commit`."""
    before = stored.incident
    changed = matters_changed(before, decision.incident, policy, now)
    matters = tuple(Matter(name, before.id, until) for name, until in changed.items())
    turn = _turn(before, decision.incident)
    others = (released, decision.errands, decision.texts, decision.publications, matters)
    room = MOST_MESSAGES - sum(map(len, others)) - (turn is not None)
    decision, messages = fit_messages(decision, directory.today, policy, now, room)
    incident = replace(decision.incident, version=before.version + 1)
    line = seal(stored.head, stored.lines + 1, now, decision.entries)
    return Commit(
        stored=Stored(
            incident,
            _alarm(stored.alarm, incident.id, incident.next_step_at, incident.version, now),
            line.number,
            line.hash,
        ),
        expected=before.version,
        alarm_before=stored.alarm,
        line=line,
        messages=messages,
        taken=taken,
        customer=customer,
        claims_alarm=claims_alarm,
        released=released,
        errands=decision.errands,
        texts=decision.texts,
        publications=decision.publications,
        matters=matters,
        crisis=turn,
    )


def with_texts(world: World, decision: Decision) -> Decision:
    """A decision's publications with the texts that were approved; they are what the public will read (I8).

    Raises:
        LookupError: the text is gone, or is not the one that was approved; nothing may be published then.
    """
    if not decision.publications:
        return decision
    drafted = {(text.rung, text.revision): text for text in decision.texts}
    filled = []
    for publication in decision.publications:
        place = (publication.rung, publication.revision)
        text = drafted.get(place) or world.statements.text(publication.incident, *place)
        if text is None or text.hash != publication.hash:
            raise LookupError(f"{publication.incident}: the approved text of {place} is not there")
        filled.append(replace(publication, text=text.text))
    return decision._replace(publications=tuple(filled))


def _turn(before: Incident, after: Incident) -> Literal["began", "ended"] | None:
    if before.in_crisis == after.in_crisis:
        return None
    return "began" if after.in_crisis else "ended"


def _alarm(before: Timer | None, incident: str, due: int | None, version: int, now: int) -> Timer | None:
    if due is None:
        return None
    if before is not None and before.due == due:
        return before
    return timer_for("incident", incident, due, version, now)
