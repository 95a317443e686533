"""What a carrier says later about a message it took: it arrived, or it did not and the next channel carries it."""

from dataclasses import dataclass
from typing import Literal

from shared.application.carry_on import carry_on
from shared.application.world import World
from shared.domain.message import Message, MessageState
from shared.ports import ConflictError

Outcome = Literal["delivered", "undeliverable", "doubtful"]
"""`doubtful`: a complaint, a soft bounce, an automatic answer. It says nothing against a delivery already reported."""

_ATTEMPTS = 4
_UNSETTLED: frozenset[MessageState] = frozenset({"pending", "sending", "sent"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """A carrier's word on one message.

    Attributes:
        reference: the carrier's own name for it.
        ours: the name we gave it, where the carrier repeats it: it settles a send whose answer was lost (I7).
        why: in the carrier's words, without addresses.
    """

    reference: str
    outcome: Outcome
    ours: str | None = None
    why: str = ""


def record_delivery(world: World, receipt: Receipt) -> str | None:
    """Enter a receipt. One about a message of somebody else, or about what is final, changes nothing.

    Returns:
        The incident of the message it is about, None where it is none of ours.

    Raises:
        ConflictError: the row kept moving; the receipt has to be delivered again.
    """
    for _ in range(_ATTEMPTS):
        message = _message_of(world, receipt)
        if message is None:
            world.metrics.count("ReceiptsUnknown")
            return None
        try:
            _enter(world, message, receipt)
        except ConflictError:
            continue
        return message.key.incident
    raise ConflictError("the message of a receipt kept moving")


def _enter(world: World, message: Message, receipt: Receipt) -> None:
    if receipt.outcome == "delivered":
        if message.state in _UNSETTLED or message.state == "unknown":
            world.outbox.finish(message, "delivered", reference=receipt.reference)
    elif message.state in _UNSETTLED or (message.state == "delivered" and receipt.outcome == "undeliverable"):
        # A hard bounce may follow the receipt of the first mail server on the way: then nobody has read it.
        carry_on(world, message, "failed", f"the carrier could not deliver it {receipt.why}".rstrip())
        world.metrics.count("MessagesBounced")
    elif message.state == "unknown":
        world.outbox.finish(message, "failed", reference=receipt.reference)  # another channel carries it already


def _message_of(world: World, receipt: Receipt) -> Message | None:
    for reference in (receipt.reference, receipt.ours):
        message = world.outbox.by_reference(reference) if reference else None
        if message is not None:
            return message
    return None
