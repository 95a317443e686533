"""Text messages over SNS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.carrier_outcome import told_apart

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient


class SnsSms:
    """`ports.Carrier` for SMS; the client must make each call once.

    Args:
        client: makes the client at first use.
        sender: the sender ID shown, in countries that have them; empty for none.
    """

    def __init__(self, client: Callable[[], SNSClient], sender: str = "") -> None:
        self._client = client
        self._attributes: dict[str, Any] = {"AWS.SNS.SMS.SMSType": _text("Transactional")}
        if sender:
            self._attributes["AWS.SNS.SMS.SenderID"] = _text(sender)

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:  # noqa: ARG002
        """Hand a text over to a number (E.164), once; SNS's message id.

        Raises:
            TemporaryFailure, PermanentFailure, UnknownOutcome: see `told_apart`.
        """
        with told_apart():
            answer = self._client().publish(PhoneNumber=address, Message=text, MessageAttributes=self._attributes)
        return answer["MessageId"]


def _text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}
