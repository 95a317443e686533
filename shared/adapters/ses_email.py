"""E-mail over SES."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.adapters.carrier_outcome import told_apart

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

REFERENCE_TAG = "tocsin_reference"
"""Comes back with every receipt, and so settles a send whose answer was lost (I7)."""


class SesEmail:
    """`ports.Carrier` for e-mail; the client must make each call once.

    Args:
        client: makes the client at first use.
        sender: the address it comes from, verified with SES.
        configuration_set: publishes the receipts; empty where the stage has none.
    """

    def __init__(self, client: Callable[[], SESV2Client], sender: str, configuration_set: str = "") -> None:
        self._client = client
        self._sender = sender
        self._receipts: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
        """Hand an e-mail over, once; SES's message id.

        Raises:
            TemporaryFailure, PermanentFailure, UnknownOutcome: see `told_apart`.
        """
        body = {"Text": _utf8(text), **({"Html": _utf8(html)} if html else {})}
        with told_apart():
            answer = self._client().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                Content={"Simple": {"Subject": _utf8(" ".join(subject.split())), "Body": body}},  # type: ignore[typeddict-item]
                EmailTags=[{"Name": REFERENCE_TAG, "Value": reference}],
                **self._receipts,
            )
        return answer["MessageId"]


def _utf8(value: str) -> dict[str, str]:
    return {"Data": value, "Charset": "UTF-8"}
