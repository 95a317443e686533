"""Send one message of the outbox over its channel: never after an acknowledgement (I6), never blindly twice (I7).

However often and concurrently a key is delivered, the row's state decides: what is final is done, what is on its way
is left to settle. Nothing here waits; whoever has to try later raises, and the queue brings the key again.
"""

import hashlib
import secrets

from shared.application.carry_on import carry_on
from shared.application.message_for import first_channel
from shared.application.world import World
from shared.domain.instants import MINUTE, SECOND
from shared.domain.message import OPEN_STATES, Link, Message, MessageKey
from shared.domain.policy import Person, Policy
from shared.domain.policy_parts import Via
from shared.domain.timer import timer_for
from shared.ports import (
    CalledBackError,
    Carrier,
    ConflictError,
    PermanentFailure,
    Rendered,
    TemporaryFailure,
    UnknownOutcome,
)

TRIES = 5
"""How often a carrier that is out of order is asked before the next channel carries the message."""
SETTLED_AFTER = 60 * SECOND
"""How long a receipt may take to settle a send whose outcome is unknown (I7)."""
LONGEST_RUN = 30 * SECOND
"""Longer than that no run lives (the function's timeout), so that whoever counted in a minute has held by then."""
TOKEN_BYTES = 8
"""64 bits, 11 characters of an SMS (I11)."""
_ATTEMPTS = 8
"""How often a row is read again where its incident was being written to at that moment."""


class TryLaterError(Exception):
    """Not done yet: the queue has to deliver the key again."""


def send_message(world: World, key: MessageKey) -> None:
    """Take a message as far as it goes now.

    Raises:
        TryLaterError: the carrier is out of order, or the outcome of a send is not known yet.
        ConflictError: the row moved meanwhile; the next delivery reads it again.
    """
    message = world.outbox.get(key)
    if message is None:
        world.metrics.count("MessagesGone")
    elif message.state == "pending":
        _send(world, message)
    elif message.state == "sending" and not settle_sending(world, message):
        raise TryLaterError("its outcome is not known yet")


def settle_sending(world: World, message: Message) -> bool:
    """Close a send whose outcome is still unknown after a minute: the next channel, or one repeat, carries it (I7).

    Returns whether nothing is left to wait for; False while a receipt may still come.
    """
    if message.state != "sending":
        return True
    if message.sending_at is None or world.time.now() - message.sending_at < SETTLED_AFTER:
        return False
    try:
        carry_on(world, message, "unknown", "the carrier never said whether it took it")
    except ConflictError:
        return False  # a receipt or somebody else was quicker, or will be
    world.metrics.count("OutcomesUnknown")
    return True


def _send(world: World, message: Message) -> None:
    today = world.policies.current()[1]
    person = today.people.get(message.key.person)
    via = message.key.via
    carrier = world.carriers.get(via)
    if person is None or carrier is None or via not in person.reachable_by:
        carry_on(world, message, "failed", "there is nobody to reach there")
        return
    if _is_too_much(world, message, person, today):
        return
    rendered = _render(world, message, today)
    sending = _start(world, message)
    if sending is not None:
        _hand_over(world, sending, carrier, person.address(via) or "", rendered)


def _is_too_much(world: World, message: Message, person: Person, today: Policy) -> bool:
    """Storm control: what is above a person's measure in a minute is held for one digest, unless it is urgent.

    A try again, a repeat and what another channel could not take were let through before and are not counted anew.
    """
    key = message.key
    known = message.tries or message.perhaps_again or key.via != first_channel(person, message.kind)
    if known or message.kind == "digest":
        return False
    now = world.time.now()
    minute = now // MINUTE
    count = world.outbox.count_message(key.person, minute)
    if message.urgent or count <= today.storm.messages_per_minute:
        return False
    # The timer first: a crash between the two leaves a timer without a row, never a row without a timer.
    due = (minute + 1) * MINUTE + LONGEST_RUN
    world.timers.put(timer_for("digest", key.person, due, minute, now))
    world.outbox.hold(message, minute)
    world.metrics.count("MessagesHeld")
    return True


def _render(world: World, message: Message, today: Policy) -> Rendered:
    """The text under the incident's own rules (I10), to a person of today; a page gets a fresh link (I11)."""
    now = world.time.now()
    stored = world.incidents.load(message.key.incident) if message.kind != "digest" else None
    if stored is None:
        return world.words.message(message, None, today, message.key.person, None, now)
    rules = world.policies.at(stored.incident.rules)
    of_today = {"people": today.people, "operations": today.operations, "roster": today.roster}
    rules = rules.model_copy(update=of_today)
    link = _new_link(world, message, stored.incident.version, now) if message.kind == "page" else None
    return world.words.message(message, stored.incident, rules, message.key.person, link, now)


def _new_link(world: World, message: Message, version: int, now: int) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    key = message.key
    expires = now + (world.group_link_expiry if message.group else world.link_expiry)
    world.links.put(Link(token_hash, key.incident, key.person, message.epoch, expires, message.group, version))
    return f"{world.link_base_url}/{token}"


def _start(world: World, message: Message) -> Message | None:
    """Record SENDING; None where there is nothing to send any more."""
    pending: Message | None = message
    for _ in range(_ATTEMPTS):
        if pending is None or pending.state not in OPEN_STATES:
            return None
        if pending.state == "sending":
            raise TryLaterError("somebody else is sending it")
        try:
            return world.outbox.start_sending(pending, reference_of(pending.key), world.time.now())
        except CalledBackError:
            world.outbox.finish(pending, "called_back")
            world.metrics.count("MessagesCalledBack")
            return None
        except ConflictError:
            pending = world.outbox.get(message.key)
    raise TryLaterError("its incident is changing too fast")


def reference_of(key: MessageKey) -> str:
    """Our own name for a send, known before the carrier has one: the same row is always sent under the same."""
    return hashlib.sha256(str(key).encode()).hexdigest()[:32]


def _hand_over(world: World, sending: Message, carrier: Carrier, address: str, rendered: Rendered) -> None:
    via = sending.key.via
    reference = sending.reference or reference_of(sending.key)
    try:
        carriers = carrier.send(address, rendered.subject, rendered.text, rendered.html, reference)
    except TemporaryFailure as failure:
        _count_failure(world, via, "CarrierPutOff")
        if sending.tries < TRIES:
            world.outbox.finish(sending, "pending")
            raise TryLaterError("the carrier is out of order") from failure
        carry_on(world, sending, "failed", f"the carrier was out of order {TRIES} times")
    except PermanentFailure:
        _count_failure(world, via, "CarrierRefused")
        carry_on(world, sending, "failed", "the carrier refuses it for good")
    except UnknownOutcome as failure:
        _count_failure(world, via, "CarrierSilent")
        raise TryLaterError("the carrier may or may not have it") from failure
    else:
        _finish_sent(world, sending, carriers)
        world.metrics.count(f"MessagesSentBy{via.capitalize()}")
        lateness = max(0, (sending.sending_at or sending.due) - sending.due)
        world.metrics.count("SendLatenessMs", lateness, "Milliseconds")


def _count_failure(world: World, via: Via, how: str) -> None:
    world.metrics.count(how)
    world.metrics.count(f"CarrierFailuresBy{via.capitalize()}")


def _finish_sent(world: World, sending: Message, carriers: str) -> None:
    for _ in range(_ATTEMPTS):
        try:
            world.outbox.finish(sending, "sent", reference=carriers)
        except ConflictError:
            there = world.outbox.get(sending.key)
            if there is None or there.state != "sending":
                return  # its receipt was quicker, or it was settled without us
            sending = there
        else:
            return
