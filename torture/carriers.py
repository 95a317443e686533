"""Carriers that take, refuse, fail, hang and lose; their record of what they took is what the checks believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from botocore.exceptions import ReadTimeoutError

from shared.domain.instants import SECOND
from torture.aws.outside import Alert, VirtualSES, VirtualSNS
from torture.clockwork import Clockwork, current
from torture.faults import Faults
from torture.wire import error_of

_HANGS = 8 * SECOND
_CALL_FAILS_BEFORE = 0.5


@dataclass(frozen=True, slots=True)
class Taken:
    """A message a carrier has: it will be in somebody's hands, unless it is lost on its way.

    Attributes:
        at: when it was taken, milliseconds; address: E.164 or e-mail; reference: the product's name for the send.
    """

    at: int
    via: Literal["sms", "email"]
    address: str
    subject: str
    text: str
    reference: str
    message_id: str
    lost: bool


class Carriers:
    """SNS for numbers and SES, with the topic of operations beside them."""

    def __init__(
        self,
        clock: Clockwork,
        faults: Callable[[], Faults],
        arrived: Callable[[Taken], None],
        receipt: Callable[[str, Taken], None],
        took: Callable[[Taken], None],
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._arrived = arrived
        self._receipt = receipt
        self._took = took
        self._sns = VirtualSNS(lambda: clock.now)
        self._ses = VirtualSES(lambda: clock.now)
        self.taken: list[Taken] = []

    @property
    def alerts(self) -> list[Alert]:
        """What operations were told."""
        return self._sns.published

    def publish(self, **request: Any) -> dict[str, Any]:
        """`sns.publish`: to a number or to the topic."""
        if "TopicArn" in request:
            return self._sns.publish(**request)
        return self._hand_over("sms", "publish", partial(self._sns.publish, **request))

    def send_email(self, **request: Any) -> dict[str, Any]:
        """`sesv2.send_email`."""
        return self._hand_over("email", "send_email", partial(self._ses.send_email, **request))

    def _hand_over(
        self, via: Literal["sms", "email"], operation: str, take: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        clock, faults = self._clock, self._faults()
        if clock.chance(faults.carrier_down):
            raise error_of(operation, "InternalError", 500)
        if clock.chance(faults.carrier_refuses):
            raise error_of(operation, "InvalidParameter", 400)
        hangs = clock.chance(faults.carrier_hangs)
        if hangs and clock.chance(_CALL_FAILS_BEFORE):
            clock.pause(_HANGS)
            raise ReadTimeoutError(endpoint_url=via)
        answer = take()
        taken = self._seen(via, answer["MessageId"], lost=clock.chance(faults.carrier_loses))
        if not taken.lost:
            clock.after(clock.rng.randrange(200, 5_000), lambda: self._arrived(taken))
        if via == "email":
            self._tell_later(taken)
        if hangs:
            clock.pause(_HANGS)
            raise ReadTimeoutError(endpoint_url=via)
        return answer

    def _seen(self, via: Literal["sms", "email"], message_id: str, *, lost: bool) -> Taken:
        task = current()
        reference = task.about if task else ""
        if via == "sms":
            text = self._sns.sent[-1]
            taken = Taken(text.at, via, text.number, "", text.text, reference, message_id, lost)
        else:
            mail = self._ses.sent[-1]
            taken = Taken(mail.at, via, mail.address, mail.subject, mail.text, reference, message_id, lost)
        self.taken.append(taken)
        said = (taken.subject or taken.text).splitlines()[0]
        self._clock.tell(via, f"takes {message_id} for {taken.address}{' and loses it' if lost else ''}: {said[:70]}")
        self._took(taken)
        return taken

    def _tell_later(self, taken: Taken) -> None:
        """The receipt; it may come late, twice or never, and what is lost may bounce."""
        clock, faults = self._clock, self._faults()
        what = "Email Bounced" if taken.lost else "Email Delivered"
        if clock.chance(faults.receipts):
            times, most = clock.rng.choice((0, 1, 2)), 200 * SECOND
        else:
            times, most = 1, 20 * SECOND
        for _ in range(times):
            clock.after(clock.rng.randrange(500, most), lambda: self._receipt(what, taken))
