"""From a decision to what is committed: one transaction per step (I4)."""

from dataclasses import replace
from typing import Any

from shared.application.fit_messages import MOST_MESSAGES, fit_messages
from shared.domain.directory import Directory
from shared.domain.outcome import Decision
from shared.domain.policy import Policy
from shared.domain.timeline import seal
from shared.domain.timer import Timer, timer_for
from shared.ports import Commit, Stored, TakenEvent

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
    decision, messages = fit_messages(decision, directory.today, policy, now, MOST_MESSAGES - len(released))
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
    )


def _alarm(before: Timer | None, incident: str, due: int | None, version: int, now: int) -> Timer | None:
    if due is None:
        return None
    if before is not None and before.due == due:
        return before
    return timer_for("incident", incident, due, version, now)
