"""What leaves the product by other services: texts, alerts, e-mails and secrets, in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torture.aws.refusals import answer, only, refusal

_E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
_LONGEST_SMS = 1600
_LONGEST_SUBJECT = 100
_NOT_FOUND = 400
_EMAIL = frozenset({"FromEmailAddress", "Destination", "Content", "EmailTags", "ConfigurationSetName"})


class Text(NamedTuple):
    """An SMS that was taken at an instant (milliseconds UTC)."""

    at: int
    number: str
    text: str
    message_id: str


class Alert(NamedTuple):
    """What was published to a topic."""

    at: int
    topic: str
    subject: str
    text: str


class Email(NamedTuple):
    """An e-mail that was taken; `tags` come back with its receipts."""

    at: int
    address: str
    subject: str
    text: str
    html: str
    tags: Mapping[str, str]
    message_id: str


class VirtualSNS:
    """Texts to numbers, alerts to topics.

    Attributes:
        sent: the texts, in the order in which they were taken.
        published: the alerts.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.sent: list[Text] = []
        self.published: list[Alert] = []

    def publish(self, **request: Any) -> dict[str, Any]:
        """Publish to a PhoneNumber or to a TopicArn."""
        only("Publish", request, {"PhoneNumber", "TopicArn", "Subject", "Message", "MessageAttributes"})
        if ("PhoneNumber" in request) is ("TopicArn" in request):
            raise self._invalid("Invalid parameter: exactly one of PhoneNumber and TopicArn")
        text, subject = request["Message"], request.get("Subject", "")
        if not text:
            raise self._invalid("Invalid parameter: Empty message")
        number = len(self.sent) + len(self.published) + 1
        if "TopicArn" in request:
            if "Subject" in request and not _is_subject(subject):
                raise self._invalid("Invalid parameter: Subject")
            self.published.append(Alert(self._now(), request["TopicArn"], subject, text))
        else:
            if not _E164.match(request["PhoneNumber"]):
                raise self._invalid("Invalid parameter: PhoneNumber")
            if len(text) > _LONGEST_SMS:
                raise self._invalid("Invalid parameter: Message too long")
            self.sent.append(Text(self._now(), request["PhoneNumber"], text, f"sns-{number}"))
        return answer(MessageId=f"sns-{number}")

    def _invalid(self, why: str) -> Exception:
        return refusal("Publish", "InvalidParameter", why)


class VirtualSES:
    """E-mail.

    Attributes:
        sent: the e-mails, in the order in which they were taken.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self.sent: list[Email] = []

    def send_email(self, **request: Any) -> dict[str, Any]:
        """SendEmail (SES v2) of a simple message to one address."""
        only("SendEmail", request, _EMAIL)
        only("Destination", request["Destination"], {"ToAddresses"})
        only("Content", request["Content"], {"Simple"})
        [address] = request["Destination"]["ToAddresses"]
        simple = request["Content"]["Simple"]
        only("Simple", simple, {"Subject", "Body"})
        body, subject = simple["Body"], simple["Subject"]["Data"]
        if not request["FromEmailAddress"] or "@" not in address or "\n" in subject or "\r" in subject:
            raise refusal("SendEmail", "BadRequestException", "an address or the subject is malformed")
        message_id = f"ses-{len(self.sent) + 1}"
        tags = {tag["Name"]: tag["Value"] for tag in request.get("EmailTags", ())}
        html = body.get("Html", {}).get("Data", "")
        self.sent.append(Email(self._now(), address, subject, body["Text"]["Data"], html, tags, message_id))
        return answer(MessageId=message_id)


class VirtualSecrets:
    """Secrets by their ARN; whoever owns the world may change them."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self.secrets = dict(secrets)

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        """GetSecretValue of the current version."""
        only("GetSecretValue", request, {"SecretId"})
        arn = request["SecretId"]
        if arn not in self.secrets:
            raise refusal("GetSecretValue", "ResourceNotFoundException", "there is no such secret", _NOT_FOUND)
        return answer(ARN=arn, SecretString=self.secrets[arn])


def _is_subject(subject: str) -> bool:
    plain = subject.isascii() and subject.isprintable()
    return plain and 0 < len(subject) < _LONGEST_SUBJECT and not subject[0].isspace()
