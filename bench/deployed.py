"""The product on a local stack of its own, for measures: a policy that pages by e-mail, and the carrier's record.

E-mail, because that is the record in which the carrier keeps a time for each message; for SMS the emulator keeps none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from cli.local_stack.stack import LocalStack, local_stack
from shared.adapters import dynamo_keys, policy_yaml
from shared.adapters.dynamo_keys import Tables
from shared.adapters.policy_store import DynamoPolicies
from shared.adapters.system_time import SystemTime
from shared.domain.envelope import incident_id
from shared.domain.instants import SECOND, format_instant

_T = TypeVar("_T")
_POLICY: Final = "it-service-desk"
_LEVEL: Final = "p1"
_SOURCE: Final = "crm/bench"
_TAKEN_AT_ONCE: Final = 100
"""Events of one request (CONTRACT)."""
_READ_AT_ONCE: Final = 100
"""Keys of one BatchGetItem."""
_SETTLE_SECONDS: Final = 1.0
_PATIENCE: Final = 300


@dataclass(frozen=True)
class Mail:
    """One e-mail in the carrier's record; `at` is the carrier's own stamp (milliseconds UTC, with fractions)."""

    to: str
    subject: str
    text: str
    at: float


class Deployed:
    """A stack under the measures' policy."""

    def __init__(self, stack: LocalStack) -> None:
        text = policy_yaml.read_text(_POLICY)[1].replace("channels: [sms, email]", "channels: [email]")
        self._dynamodb = client = stack.client("dynamodb")
        self._incidents = stack.outputs["IncidentsTable"]
        DynamoPolicies(lambda: client, Tables(incidents=self._incidents), SystemTime(), shipped=_POLICY).push(text)
        policy = policy_yaml.parse(text, _POLICY)
        self.stack = stack
        respond = policy.levels[_LEVEL].clocks.respond
        if respond is None:
            raise ValueError(f"{_POLICY}: {_LEVEL} has no first response")
        self.respond = respond
        """From a complaint to its first deadline (milliseconds)."""
        chain = policy.chains["default"]
        self.first, self.second = (policy.people[rung.people[0]].email or "" for rung in chain[:2])
        """Whom an opening pages, and whom the first missed deadline does."""
        self._sqs = stack.client("sqs")

    def complaint(self, case: str, due: int) -> dict[str, Any]:
        """A complaint whose first response is due then: it is as old as that asks for."""
        return {
            "specversion": "1.0",
            "id": case,
            "source": _SOURCE,
            "type": "complaint.received",
            "subject": case,
            "time": format_instant(due - self.respond),
            "data": {"summary": "The till does not open", "channel": "api", "level": _LEVEL},
        }

    def post(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """Their incidents' ids, as the API answered."""
        ids: list[str] = []
        with self.stack.http(
            base_url=self.stack.api_url, headers={"authorization": f"Bearer {self.stack.api_key}"}, timeout=60
        ) as http:
            for first in range(0, len(events), _TAKEN_AT_ONCE):
                answer = http.post("/v1/events", json=events[first : first + _TAKEN_AT_ONCE]).raise_for_status()
                ids += [taken["incident"] for taken in answer.json()]
        return ids

    def ids(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """The incidents that complaints are going to open."""
        return [incident_id(event["source"], event["subject"]) for event in events]

    def all_there(self, incidents: Sequence[str]) -> bool | None:
        """Whether every incident can be read; None: not yet. The last ones are asked for first."""
        for first in reversed(range(0, len(incidents), _READ_AT_ONCE)):
            keys = [dynamo_keys.meta(incident) for incident in incidents[first : first + _READ_AT_ONCE]]
            wanted = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "PK"}
            answer = self._dynamodb.batch_get_item(RequestItems={self._incidents: wanted})
            if len(answer["Responses"][self._incidents]) < len(keys):
                return None
        return True

    def wait_until_idle(self) -> None:
        """Until the pages of what was opened are out: the next measure begins with idle workers.

        Raises:
            TimeoutError: five minutes were not enough.
        """
        wait_for(lambda: self._waiting() == 0 or None, "the end of all sending", pause=0.5)
        time.sleep(_SETTLE_SECONDS)
        wait_for(lambda: self._waiting() == 0 or None, "the end of all sending", pause=0.5)

    def _waiting(self) -> int:
        asked = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        count = 0
        for name in ("EventsQueueUrl", "MessagesQueueUrl"):
            url = self.stack.outputs[name]
            found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(asked))["Attributes"]
            count += sum(int(found[each]) for each in asked)
        return count

    def mails(self, to: str | None = None) -> list[Mail]:
        """What the carrier was given, oldest first."""
        return [
            Mail(mail["To"][0], mail["Subject"], mail["BodyText"], float(mail["Timestamp"]) * SECOND)
            for mail in self.stack.carrier_emails()
            if to in (None, *mail["To"])
        ]

    def wait_for_mails(self, to: str, cases: Iterable[str], pause: float = 2.0) -> dict[str, Mail]:
        """The first e-mail to somebody about each case.

        Raises:
            TimeoutError: not all of them came within five minutes.
        """
        wanted = set(cases)

        def all_there() -> dict[str, Mail] | None:
            found: dict[str, Mail] = {}
            for mail in self.mails(to):
                case = next((word for word in f"{mail.subject} {mail.text}".split() if word in wanted), None)
                if case is not None:
                    found.setdefault(case, mail)
            return found if len(found) == len(wanted) else None

        return wait_for(all_there, f"{len(wanted)} e-mails", pause)


@contextmanager
def deployed(say: Callable[[str], None]) -> Iterator[Deployed]:
    """Up, with its policy pushed; gone when the block ends."""
    started = time.monotonic()
    with local_stack(policy=_POLICY) as stack:
        ready = Deployed(stack)
        say(f"deployed in {time.monotonic() - started:.0f} s")
        yield ready


def now() -> int:
    """Milliseconds UTC."""
    return time.time_ns() // 1_000_000


def sleep_until(instant: int) -> None:
    """Return at an instant (milliseconds UTC)."""
    time.sleep(max(0.0, (instant - now()) / SECOND))


def wait_for(look: Callable[[], _T | None], what: str, pause: float = 1.0, patience: float = _PATIENCE) -> _T:
    """What `look` finds, looked for again after a pause (seconds).

    Raises:
        TimeoutError: it did not come.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if (found := look()) is not None:
            return found
        time.sleep(pause)
    raise TimeoutError(f"{what} did not come within {patience:.0f} s")
