"""What the carrier was given, with when it was seen there: its own record, not our outbox."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from cli.local_stack.stack import LocalStack
from shared.domain.policy import Policy

_LINK = re.compile(r"https?://\S+/[\w-]{11}\b")


@dataclass(frozen=True)
class Sent:
    """One message the carrier took.

    Attributes:
        at: when it was seen in the record (milliseconds UTC), at most one look late.
        subject: of an e-mail.
    """

    at: int
    person: str
    via: str
    text: str
    subject: str = ""

    def is_about(self, subject: str) -> bool:
        """Whether it names a case; an SMS may shorten it from the left."""
        return subject[-6:] in self.text

    @property
    def head(self) -> str:
        """What the reader sees first: the SMS, or the subject of the mail."""
        return self.subject or self.text

    @property
    def link(self) -> str | None:
        """The link as it stands in the message."""
        found = _LINK.search(self.text)
        return found.group() if found else None


class CarrierRecord:
    """Looks at the carrier's record and remembers what was new at each look."""

    def __init__(self, stack: LocalStack, policy: Policy) -> None:
        self._stack = stack
        self._by_phone = {person.phone: name for name, person in policy.people.items()}
        self._by_email = {person.email: name for name, person in policy.people.items()}
        self._seen: Counter[str] = Counter()
        self._passed_over: tuple[str, ...] = ()
        self.sent: list[Sent] = []

    def look(self, now: int) -> list[Sent]:
        """What came since the last look."""
        new: list[Sent] = []
        for number, texts in self._texts().items():
            new += [Sent(now, self._by_phone.get(number, number), "SMS", text) for text in texts[self._seen[number] :]]
            self._seen[number] = len(texts)
        mails = self._stack.carrier_emails()
        for mail in mails[self._seen["mail"] :]:
            [to] = mail["To"]
            new.append(
                Sent(
                    now, self._by_email.get(to, to), "e-mail", f"{mail['Subject']} {mail['BodyText']}", mail["Subject"]
                )
            )
        self._seen["mail"] = len(mails)
        new = [sent for sent in new if not any(sent.is_about(case) for case in self._passed_over)]
        self.sent += new
        return new

    def pass_over(self, case: str) -> None:
        """What came about a case, and what of it is still on its way, is not part of the story."""
        self._passed_over = (*self._passed_over, case)
        self.sent = [sent for sent in self.sent if not sent.is_about(case)]

    def _texts(self) -> dict[str, list[str]]:
        by_number: dict[str, list[str]] = {}
        for sms in self._stack.carrier_sms():
            by_number.setdefault(sms["PhoneNumber"], []).append(sms["Message"])
        return by_number
