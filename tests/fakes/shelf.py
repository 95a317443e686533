"""What all fakes of one world share: the rows, and one lock that makes a step whole or not at all."""

from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from shared.domain.errand import Errand
from shared.domain.message import Message, MessageKey
from shared.domain.publication import Publication, StatementText
from shared.domain.timer import Timer
from shared.ports import EarlyEvents, Line, Matter, Quarantined, Stored, TakenEvent


@dataclass
class Shelf:
    """The tables of a stage, in memory.

    `new_timers`, `new_messages` and `new_errands` are what the tables' streams would carry: rows in the order they
    were inserted. An errand that is done stays as None: its name is taken.
    """

    lock: RLock = field(default_factory=RLock)
    incidents: dict[str, Stored] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    taken: dict[tuple[str, str], TakenEvent] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    early: dict[str, EarlyEvents] = field(default_factory=dict)
    quarantine: dict[str, Quarantined] = field(default_factory=dict)
    timers: set[Timer] = field(default_factory=set)
    messages: dict[MessageKey, Message] = field(default_factory=dict)
    new_timers: list[Timer] = field(default_factory=list)
    new_messages: list[Message] = field(default_factory=list)
    texts: dict[tuple[str, str, int], StatementText] = field(default_factory=dict)
    publications: dict[tuple[str, str, int], Publication] = field(default_factory=dict)
    matters: dict[tuple[str, str], Matter] = field(default_factory=dict)
    crises: dict[str, bool] = field(default_factory=dict)
    errands: dict[tuple[str, str], Errand | None] = field(default_factory=dict)
    new_errands: list[Errand] = field(default_factory=list)

    def add_timer(self, timer: Timer) -> None:
        if timer not in self.timers:
            self.timers.add(timer)
            self.new_timers.append(timer)

    def add_message(self, message: Message) -> None:
        if message.key not in self.messages:
            self.messages[message.key] = message
            self.new_messages.append(message)
