"""Which messages a decision sends, and on which channel a message is carried on that one could not take.

People and their channels are looked up in today's policy (I10). Keys follow from the decision alone: deciding the
same step twice makes the same rows.
"""

from dataclasses import replace

from shared.domain.message import Message, MessageKey, MessageKind
from shared.domain.outcome import OPERATIONS, TOLD_OF_GROUP, Decision, Page, Tell
from shared.domain.policy import Person, Policy
from shared.domain.policy_parts import Via

LAST_RESORT: Via = "email"
"""The channel filed for somebody without any contact: the row is found undeliverable, and operations are told."""


def messages_for(decision: Decision, policy_today: Policy, rules: Policy) -> tuple[Message, ...]:
    """One message a page, on the first channel of its person; one a tell, by e-mail where there is one.

    Args:
        decision: what was decided.
        policy_today: whose people, contacts and operations are asked.
        rules: the policy the incident was opened under; its levels say what is urgent. Whatever a crisis has to say
            is, at every level: storm control never holds it, and a digest never names a case to outsiders.
    """
    level, drill = decision.incident.course.level, decision.incident.drill
    messages = []
    for page in decision.pages:
        urgent = page.group or rules.levels[page.level].urgent
        messages.append(_page(page, policy_today, urgent=urgent, drill=drill))
    for tell in decision.tells:
        urgent = tell.reason in TOLD_OF_GROUP or rules.levels[level].urgent
        people = policy_today.operations if tell.to == OPERATIONS else (tell.to,)
        messages += [_tell(tell, person, level, policy_today, urgent=urgent, drill=drill) for person in people]
    return tuple({message.key: message for message in messages}.values())


def channels(person: Person | None, kind: MessageKind) -> tuple[Via, ...]:
    """The channels to try in order: a person's own for what asks to act, e-mail first for what only informs."""
    if person is None:
        return ()
    own = person.reachable_by
    return tuple(sorted(own, key=lambda via: via != "email")) if kind == "tell" else own


def first_channel(person: Person | None, kind: MessageKind) -> Via:
    """Where a message starts."""
    return next(iter(channels(person, kind)), LAST_RESORT)


def on_channel(message: Message, via: Via, at: int, *, attempt: int = 1) -> Message:
    """The same message, to be sent on another channel, or once more on one whose outcome is unknown (I7).

    It keeps its fence, so that an acknowledgement still calls it back (I6), and its due time.
    """
    return replace(
        message,
        key=replace(message.key, via=via, attempt=attempt),
        at=at,
        state="pending",
        perhaps_again=attempt > 1,
        sending_at=None,
        reference=None,
        tries=0,
    )


def _page(page: Page, today: Policy, *, urgent: bool, drill: bool) -> Message:
    via = first_channel(today.people.get(page.person), "page")
    return Message(
        key=MessageKey(page.incident, page.step, page.person, via),
        kind="page",
        reason=page.reason,
        level=page.level,
        at=page.at,
        due=page.due,
        epoch=page.epoch,
        fence=page.fence,
        clock=page.clock,
        also=page.also,
        rung=page.rung,
        urgent=urgent,
        drill=drill,
        group=page.group,
    )


def _tell(tell: Tell, person: str, level: str, today: Policy, *, urgent: bool, drill: bool) -> Message:
    via = first_channel(today.people.get(person), "tell")
    return Message(
        key=MessageKey(tell.incident, tell.step, person, via),
        kind="tell",
        reason=tell.reason,
        level=level,
        at=tell.at,
        due=tell.at,
        epoch=tell.epoch,
        about=tell.about,
        urgent=urgent,
        drill=drill,
    )
