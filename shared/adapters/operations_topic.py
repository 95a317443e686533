"""Alerts to whoever runs Tocsin, over an SNS topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws import UNREACHABLE
from shared.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient

_LONGEST_SUBJECT = 99


class OperationsTopic:
    """`ports.Operations`."""

    def __init__(self, client: Callable[[], SNSClient], topic: str) -> None:
        self._client = client
        self._topic = topic

    def alert(self, subject: str, text: str) -> None:
        """Tell them.

        Raises:
            UnavailableError: the topic did not take it; safe to repeat.
        """
        # SNS takes one line of ASCII that begins with neither blank nor control; the text repeats it in full.
        line = " ".join(subject.split())
        short = "".join(c if " " <= c <= "~" else "?" for c in f"Tocsin: {line}")[:_LONGEST_SUBJECT]
        try:
            self._client().publish(TopicArn=self._topic, Subject=short, Message=f"{line}\n\n{text}")
        except (ClientError, *UNREACHABLE) as error:
            raise UnavailableError("operations could not be told") from error
