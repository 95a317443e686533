"""The world outside in memory: clock, queues, carriers, operations, metrics, keys, words."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain.incident import Incident
from shared.domain.message import Message
from shared.domain.policy import Policy
from shared.ports import KeyHolder, Rendered, UnavailableError

LONGEST_DELAY = 900


class FakeTime:
    """A clock that stands still until it is set."""

    def __init__(self, now: int = 1_772_323_200_000) -> None:  # 2026-03-01T00:00:00Z
        self._now = now

    def now(self) -> int:
        return self._now

    def set(self, instant: int) -> None:
        """Move to an instant; time never runs backwards."""
        assert instant >= self._now, f"the clock stands at {self._now}, later than {instant}"
        self._now = instant

    def advance(self, milliseconds: int) -> None:
        self.set(self._now + milliseconds)

    def wait_until(self, instant: int) -> None:
        self._now = max(self._now, instant)


class FakeQueue:
    """A queue with delays; `down` makes it refuse."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time
        self._waiting: list[tuple[int, int, str]] = []
        self._sent = 0
        self.down = False

    def send(self, bodies: Iterable[tuple[str, int]]) -> None:
        if self.down:
            raise UnavailableError("the queue is down")
        for body, delay in bodies:
            if not 0 <= delay <= LONGEST_DELAY:
                raise ValueError(f"a delay of {delay} s")
            self._sent += 1
            self._waiting.append((self._time.now() + 1000 * delay, self._sent, body))

    def take(self) -> Sequence[str]:
        """What a consumer would be given now; it is gone then."""
        now = self._time.now()
        ready = sorted(entry for entry in self._waiting if entry[0] <= now)
        self._waiting = [entry for entry in self._waiting if entry[0] > now]
        return tuple(body for _, _, body in ready)

    @property
    def next_at(self) -> int | None:
        """When the next body becomes ready."""
        return min((at for at, _, _ in self._waiting), default=None)

    def __len__(self) -> int:
        return len(self._waiting)


@dataclass(frozen=True, slots=True)
class Sent:
    """What a carrier took."""

    address: str
    subject: str
    text: str
    html: str | None
    reference: str


class FakeCarrier:
    """Records what went out.

    `fail` scripts the next sends, one failure each. With `took` it went out all the same, as it may when the outcome
    is unknown.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: list[Sent] = []
        self._script: deque[tuple[Exception, bool]] = deque()

    def fail(self, *failures: Exception, took: bool = False) -> None:
        self._script.extend((failure, took) for failure in failures)

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
        failure, took = self._script.popleft() if self._script else (None, True)
        if took:
            self.sent.append(Sent(address, subject, text, html, reference))
        if failure is not None:
            raise failure
        return f"{self.name}-{len(self.sent)}"


class FakeOperations:
    """Keeps what operations were told."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, str]] = []

    def alert(self, subject: str, text: str) -> None:
        self.alerts.append((subject, text))


class FakeMetrics:
    """Adds up."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.recorded: list[tuple[str, float, str]] = []

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:
        self.totals[name] += value  # type: ignore[assignment]  # figures may be fractions
        self.recorded.append((name, value, unit))


class FakeApiKeys:
    """Keys in clear, each with its holder."""

    def __init__(self, **holders: KeyHolder) -> None:
        self.holders = dict(holders)

    def holder(self, key: str) -> KeyHolder | None:
        return self.holders.get(key)


class FakeWords:
    """Says what a message is in the fewest words: reason, incident, person, link."""

    def message(
        self,
        message: Message,
        incident: Incident | None,
        policy: Policy,
        person: str,
        link: str | None,
        now: int,
    ) -> Rendered:
        words = (message.reason, message.key.incident, person, message.about, link, *message.items)
        text = " ".join(word for word in words if word)
        return Rendered(subject=message.reason, text=text, html=f"<p>{text}</p>", segments=1)
