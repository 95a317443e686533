"""The outbox in memory: every step of a message under the conditions of the real table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from shared.domain.message import OPEN_STATES, Message, MessageKey, MessageState
from shared.ports import CalledBackError, ConflictError
from tests.fakes.shelf import Shelf


class FakeOutbox:
    """`ports.Outbox`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._counts: Counter[tuple[str, int]] = Counter()
        self._held: dict[tuple[str, int], list[MessageKey]] = {}

    @property
    def all(self) -> Sequence[Message]:
        """Every row, by incident and step."""
        with self._shelf.lock:
            return tuple(sorted(self._shelf.messages.values(), key=lambda message: str(message.key)))

    def take_new(self) -> Sequence[Message]:
        """What the table's stream carries since the last call."""
        with self._shelf.lock:
            new, self._shelf.new_messages = tuple(self._shelf.new_messages), []
            return new

    def get(self, key: MessageKey) -> Message | None:
        with self._shelf.lock:
            return self._shelf.messages.get(key)

    def put(self, message: Message) -> None:
        with self._shelf.lock:
            self._shelf.add_message(message)

    def start_sending(self, message: Message, reference: str, now: int) -> Message:
        with self._shelf.lock:
            there = self._unmoved(message, "pending")
            if message.fence is not None:
                stored = self._shelf.incidents.get(message.key.incident)
                if stored is None or stored.incident.fence != message.fence:
                    raise CalledBackError(str(message.key))
            return self._set(
                replace(there, state="sending", sending_at=now, reference=reference, tries=there.tries + 1)
            )

    def finish(
        self, message: Message, state: str, *, reference: str | None = None, then: Message | None = None
    ) -> None:
        with self._shelf.lock:
            there = self._unmoved(message, message.state)
            if then is not None and then.key in self._shelf.messages:
                raise ConflictError(f"{then.key} exists")
            self._set(replace(there, state=cast("MessageState", state), reference=reference or there.reference))
            if then is not None:
                self._shelf.add_message(then)

    def by_reference(self, reference: str) -> Message | None:
        return next((message for message in self.all if message.reference == reference), None)

    def stuck(self, before: int, limit: int) -> Sequence[Message]:
        late = [message for message in self.all if message.state in OPEN_STATES and message.at < before]
        return tuple(sorted(late, key=lambda message: (message.at, str(message.key))))[:limit]

    def of_incident(self, incident: str) -> Sequence[Message]:
        rows = [message for message in self.all if message.key.incident == incident]
        return tuple(sorted(rows, key=lambda message: message.key.sort))

    def count_message(self, person: str, minute: int) -> int:
        with self._shelf.lock:
            self._counts[person, minute] += 1
            return self._counts[person, minute]

    def held(self, person: str, minute: int) -> Sequence[Message]:
        with self._shelf.lock:
            rows = [self._shelf.messages[key] for key in self._held.get((person, minute), ())]
            return tuple(
                sorted((message for message in rows if message.state == "held"), key=lambda message: str(message.key))
            )

    def hold(self, message: Message, minute: int) -> None:
        with self._shelf.lock:
            there = self._unmoved(message, "pending")
            self._set(replace(there, state="held"))
            self._held.setdefault((message.key.person, minute), []).append(message.key)

    def _unmoved(self, message: Message, state: str) -> Message:
        there = self._shelf.messages.get(message.key)
        if there is None or (there.state, there.reference, there.tries) != (state, message.reference, message.tries):
            raise ConflictError(f"{message.key} moved")
        return there

    def _set(self, message: Message) -> Message:
        self._shelf.messages[message.key] = message
        return message
