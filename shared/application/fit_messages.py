"""The last resort where one step has more messages than one transaction carries: it commits, and says what it left out.

A rule of its own: a complaint must open, whatever it brings with it (I1). It takes dozens of early events, or a policy
with dozens of people on a rung, to come here.
"""

from collections.abc import Sequence

from shared.application.message_for import messages_for
from shared.domain.incident import changed
from shared.domain.message import Message
from shared.domain.outcome import OPERATIONS, Decision, Entry, Tell
from shared.domain.policy import Policy

MOST_MESSAGES = 93
"""A transaction holds 100 actions; dedup key, incident, two alarms, line, early events and customer come first."""
_MOST_NOTES = 5
"""How many of operations hear of it."""


def fit_messages(
    decision: Decision, today: Policy, rules: Policy, now: int, room: int
) -> tuple[Decision, tuple[Message, ...]]:
    """A decision's messages, at most `room`; the decision with an entry more where some had to go."""
    messages = messages_for(decision, today, rules)
    if len(messages) <= room:
        return decision, messages
    incident = changed(decision.incident, step=decision.incident.step + 1)
    left_out = str(len(messages) - room + min(len(today.operations), _MOST_NOTES))
    tell = Tell(incident.id, incident.step, incident.epoch, now, OPERATIONS, "left_out", left_out)
    entry = Entry(now, "told", {"to": OPERATIONS, "reason": tell.reason, "about": left_out})
    note = Decision(incident, tells=(tell,), entries=(entry,), answer=decision.answer)
    notes = messages_for(note, today, rules)[:_MOST_NOTES]
    return decision.then(note), (*_most_wanted(messages, room - len(notes)), *notes)


def _most_wanted(messages: Sequence[Message], most: int) -> list[Message]:
    """Everybody's newest page first, then their other pages, then what only informs; in the order they were decided."""
    pages = [message for message in messages if message.kind == "page"]
    newest = {page.key.person: page for page in pages}
    ranked = (*newest.values(), *pages, *messages)
    wanted = set(list(dict.fromkeys(message.key for message in ranked))[:most])
    return [message for message in messages if message.key in wanted]
