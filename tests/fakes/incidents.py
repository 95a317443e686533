"""Incidents in memory, under the conditions of the real table."""

from collections.abc import Callable, Sequence
from typing import Any

from shared.domain.record import Record
from shared.domain.timeline import records_on
from shared.domain.timer import Timer
from shared.ports import (
    Commit,
    ConflictError,
    DuplicateError,
    EarlyEvents,
    Line,
    Quarantined,
    Stored,
    TakenEvent,
)
from tests.fakes.shelf import Shelf

Hook = Callable[[Commit], None]


class FakeIncidents:
    """`ports.Incidents`.

    `before_commit` and `after_commit` run around each commit; one that raises plays a store that failed before, or
    whose answer was lost after, it committed.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.before_commit: Hook | None = None
        self.after_commit: Hook | None = None

    def load(self, incident: str) -> Stored | None:
        with self._shelf.lock:
            return self._shelf.incidents.get(incident)

    def commit(self, commit: Commit) -> None:
        if self.before_commit is not None:
            self.before_commit(commit)
        with self._shelf.lock:
            self._check(commit)
            self._write(commit)
        if self.after_commit is not None:
            self.after_commit(commit)

    def taken(self, source: str, event_id: str) -> TakenEvent | None:
        with self._shelf.lock:
            return self._shelf.taken.get((source, event_id))

    def timeline(self, incident: str) -> Sequence[Line]:
        with self._shelf.lock:
            return tuple(self._shelf.lines.get(incident, ()))

    def history(self, incident: str) -> Sequence[Record]:
        return records_on(self.timeline(incident))

    def customer(self, incident: str) -> dict[str, Any] | None:
        with self._shelf.lock:
            return self._shelf.customers.get(incident)

    def early(self, incident: str) -> EarlyEvents | None:
        with self._shelf.lock:
            return self._shelf.early.get(incident)

    def keep_early(self, early: EarlyEvents, taken: TakenEvent, timer: Timer | None) -> None:
        shelf = self._shelf
        with shelf.lock:
            self._refuse_duplicates((taken,))
            there = shelf.early.get(early.incident)
            if early.incident in shelf.incidents or early.version != (there.version if there else 0) + 1:
                raise ConflictError(f"{early.incident} moved")
            shelf.early[early.incident] = early
            shelf.taken[taken.source, taken.id] = taken
            if timer is not None:
                shelf.add_timer(timer)

    def expire_early(self, early: EarlyEvents, quarantined: Sequence[Quarantined], timer: Timer | None) -> None:
        shelf = self._shelf
        with shelf.lock:
            there = shelf.early.get(early.incident)
            claimed = timer is None or timer in shelf.timers
            if there is None or there.version != early.version or not claimed:
                raise ConflictError(f"{early.incident} moved")
            del shelf.early[early.incident]
            if timer is not None:
                shelf.timers.remove(timer)
            for event in early.events:
                shelf.taken.pop((event.source, event.id), None)
            for each in quarantined:
                shelf.quarantine.setdefault(each.id, each)

    def silent(self, before: int, limit: int) -> Sequence[str]:
        with self._shelf.lock:
            late = sorted(
                (stored.incident.next_step_at, name)
                for name, stored in self._shelf.incidents.items()
                if stored.incident.next_step_at is not None and stored.incident.next_step_at < before
            )
            return tuple(name for _, name in late[:limit])

    def _check(self, commit: Commit) -> None:
        shelf, incident = self._shelf, commit.stored.incident.id
        self._refuse_duplicates(commit.taken)
        there = shelf.incidents.get(incident)
        if (there.incident.version if there else None) != commit.expected:
            raise ConflictError(f"{incident} moved")
        moved = commit.alarm_before != commit.stored.alarm
        if moved and commit.claims_alarm and commit.alarm_before not in shelf.timers:
            raise ConflictError(f"the alarm of {incident} is gone")
        early = shelf.early.get(incident)
        if (commit.expected is None or commit.early_version is not None) and (
            early.version if early else None
        ) != commit.early_version:
            raise ConflictError(f"the early events of {incident} moved")
        if commit.line.number in {line.number for line in shelf.lines.get(incident, ())}:
            raise ConflictError(f"line {commit.line.number} of {incident} is written")
        if any(message.key in shelf.messages for message in commit.messages):
            raise ConflictError(f"a message of {incident} exists")
        if any((errand.incident, errand.name) in shelf.errands for errand in commit.errands):
            raise ConflictError(f"an errand of {incident} exists")
        if any((incident, text.rung, text.revision) in shelf.texts for text in commit.texts):
            raise ConflictError(f"a text of {incident} is written")
        if any((incident, each.rung, each.revision) in shelf.publications for each in commit.publications):
            raise ConflictError(f"a statement of {incident} is public")

    def _write(self, commit: Commit) -> None:
        shelf, incident = self._shelf, commit.stored.incident.id
        shelf.incidents[incident] = commit.stored
        shelf.lines.setdefault(incident, []).append(commit.line)
        for taken in commit.taken:
            shelf.taken[taken.source, taken.id] = taken
        if commit.alarm_before != commit.stored.alarm:
            if commit.alarm_before is not None:
                shelf.timers.discard(commit.alarm_before)
            if commit.stored.alarm is not None:
                shelf.add_timer(commit.stored.alarm)
        for message in commit.messages:
            shelf.add_message(message)
        if commit.early_version is not None:
            del shelf.early[incident]
        for released in commit.released:
            shelf.taken.pop(released, None)
        if commit.customer is not None:
            shelf.customers[incident] = commit.customer
        self._write_beside(commit)

    def _write_beside(self, commit: Commit) -> None:
        """What a crisis leaves beside its incident."""
        shelf, incident = self._shelf, commit.stored.incident.id
        for errand in commit.errands:
            shelf.errands[errand.incident, errand.name] = errand
            shelf.new_errands.append(errand)
        shelf.texts.update({(incident, text.rung, text.revision): text for text in commit.texts})
        shelf.publications.update({(incident, each.rung, each.revision): each for each in commit.publications})
        shelf.matters.update({(matter.name, matter.crisis): matter for matter in commit.matters})
        if commit.crisis == "began":
            shelf.crises[incident] = commit.stored.incident.drill
        elif commit.crisis == "ended":
            shelf.crises.pop(incident, None)

    def _refuse_duplicates(self, taken: Sequence[TakenEvent]) -> None:
        for each in taken:
            first = self._shelf.taken.get((each.source, each.id))
            if first is not None:
                raise DuplicateError(first.fingerprint, first.incident)
