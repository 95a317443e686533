"""What the use cases need from the world; one contract suite holds the adapters and the tests' fakes to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from shared.domain.errand import Errand
from shared.domain.events import Event
from shared.domain.heads import Head, SealedObject
from shared.domain.incident import Incident
from shared.domain.message import Link, Message, MessageKey
from shared.domain.policy import Policy
from shared.domain.publication import Publication, StatementText
from shared.domain.record import Record
from shared.domain.timeline import Line as Line  # noqa: PLC0414 - whoever speaks of a commit speaks of its line
from shared.domain.timer import Timer


class ConflictError(Exception):
    """Somebody else committed first, or the store cannot say: read again and decide again (I4)."""


class DuplicateError(Exception):
    """This event id was taken before (I2); `fingerprint` is of what was taken, `incident` where it went."""

    def __init__(self, fingerprint: str, incident: str) -> None:
        super().__init__("this event was taken before")
        self.fingerprint = fingerprint
        self.incident = incident


class CalledBackError(Exception):
    """The fence moved: an acknowledgement came before the message went out (I6)."""


class UnavailableError(Exception):
    """A service could not be reached or refused for load; safe to repeat."""


class TemporaryFailure(Exception):  # noqa: N818 - carriers report outcomes, not errors of ours
    """The carrier did not take the message and may take it later."""


class PermanentFailure(Exception):  # noqa: N818
    """The carrier will never take this message to this address: the next channel carries it."""


class UnknownOutcome(Exception):  # noqa: N818
    """The carrier may or may not have taken it (I7)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An incident as it lies in the store.

    Attributes:
        alarm: the row of its next step in the timers table.
        lines: how many lines its timeline has; head: the hash of the last one.
    """

    incident: Incident
    alarm: Timer | None
    lines: int
    head: str


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """The dedup key an applied event leaves, outliving its incident (I2)."""

    source: str
    id: str
    fingerprint: str
    incident: str


@dataclass(frozen=True, slots=True)
class EarlyEvents:
    """Events that came before their complaint, with the version they are claimed under."""

    incident: str
    events: tuple[Event, ...]
    version: int
    since: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One step, whole or not at all (I4).

    Attributes:
        stored: what is there afterwards; its alarm is the timer of the next step.
        expected: the version that was loaded; None: the incident must not exist yet.
        alarm_before: the timer of the step before; it goes where the alarm moves.
        claims_alarm: this step is what that timer stood for, so it must still be there (I4). An event only moves
            it: the version guards, and a row that was lost or parked must not keep an acknowledgement out.
        taken: dedup keys; one that exists refuses the commit with DuplicateError.
        released: source and id of early events that were put aside: their dedup keys go, so that they may come again.
        errands: to be run afterwards; texts: drafted revisions; publications: what is public from now on.
        matters: what the crisis that begins here is about; the newest crisis of a matter counts.
        crisis: whether a crisis, or an exercise of one, begins or ends here.
        early_version: the early events this commit applied; they go, if nobody added to them meanwhile.
        customer: personal data, kept beside the incident and off its chain.
    """

    stored: Stored
    expected: int | None
    alarm_before: Timer | None
    line: Line
    messages: tuple[Message, ...] = ()
    taken: tuple[TakenEvent, ...] = ()
    early_version: int | None = None
    customer: dict[str, Any] | None = None
    claims_alarm: bool = False
    released: tuple[tuple[str, str], ...] = ()
    errands: tuple[Errand, ...] = ()
    texts: tuple[StatementText, ...] = ()
    publications: tuple[Publication, ...] = ()
    matters: tuple[Matter, ...] = ()
    crisis: Literal["began", "ended"] | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """What a crisis is about, so that further complaints find it: `<category>/store/<store>` and the like.

    Attributes:
        until: from when on a complaint no longer joins by itself (milliseconds UTC).
    """

    name: str
    crisis: str
    until: int


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An event that could not be taken, kept as it came with the reason (I1)."""

    id: str
    at: int
    reason: str
    detail: str
    body: str
    surface: str


class Time(Protocol):
    """The clock."""

    def now(self) -> int:
        """Milliseconds UTC."""
        ...

    def wait_until(self, instant: int) -> None:
        """Return when `now()` has reached an instant that is a few seconds away (I5).

        Raises:
            UnavailableError: it is further away than anybody should sleep; nobody waited.
        """
        ...


class Incidents(Protocol):
    """Incidents, their timelines and the events that made them."""

    def load(self, incident: str) -> Stored | None:
        """The incident as of now (strongly consistent), None where there is none."""
        ...

    def commit(self, commit: Commit) -> None:
        """Write all of it, or nothing.

        Raises:
            ConflictError: the version, the alarm or the early events moved, or the outcome is unknown.
            DuplicateError: an event was taken before.
        """
        ...

    def taken(self, source: str, event_id: str) -> TakenEvent | None:
        """The dedup key of an event that was taken."""
        ...

    def timeline(self, incident: str) -> Sequence[Line]:
        """All lines in order (strongly consistent)."""
        ...

    def history(self, incident: str) -> Sequence[Record]:
        """The records of all events of the incident, the opening one first."""
        ...

    def customer(self, incident: str) -> dict[str, Any] | None:
        """The personal data kept beside an incident."""
        ...

    def early(self, incident: str) -> EarlyEvents | None:
        """Events waiting for their complaint."""
        ...

    def keep_early(self, early: EarlyEvents, taken: TakenEvent, timer: Timer | None) -> None:
        """Keep events for a complaint that is not here yet: `early` replaces what was loaded (its version less one).

        Raises:
            ConflictError: somebody else kept one meanwhile, or the complaint came.
            DuplicateError: the event was taken before.
        """
        ...

    def expire_early(self, early: EarlyEvents, quarantined: Sequence[Quarantined], timer: Timer | None) -> None:
        """Move events whose complaint never came to quarantine, claiming the timer (None: it is parked).

        Their dedup keys go with them: an event that is replayed, or sent again, is taken.

        Raises:
            ConflictError: they moved meanwhile.
        """
        ...

    def silent(self, before: int, limit: int) -> Sequence[str]:
        """Ids of incidents whose next step should have been taken before this instant (the audit's question, I3).

        The one due first comes first; asked of an index that may lag, so one of them may have moved on since.
        """
        ...


class Quarantine(Protocol):
    """What could not be taken."""

    def put(self, quarantined: Quarantined) -> None:
        """Keep it; the same id is kept once. A body larger than the store holds is cut, and `detail` says so."""
        ...

    def get(self, quarantine_id: str) -> Quarantined | None:
        """One of them."""
        ...

    def list(self, limit: int = 100) -> Sequence[Quarantined]:
        """The newest first."""
        ...

    def discard(self, quarantine_id: str) -> None:
        """Forget it; it was replayed, or an operator said so."""
        ...


class Timers(Protocol):
    """The timers table, as the sweep reads it."""

    def due(self, hour: int, shard: int, until: int) -> Sequence[Timer]:
        """Timers of one partition due at `until` or before, oldest first (strongly consistent)."""
        ...

    def put(self, timer: Timer) -> None:
        """Add a timer that belongs to no incident; one that exists stays as it is."""
        ...

    def claim(self, timer: Timer) -> bool:
        """Delete it; False where it was gone."""
        ...

    def pending(self, timer: Timer) -> bool:
        """Whether it is still there (strongly consistent)."""
        ...

    def failed(self, timer: Timer) -> int:
        """Count a failure of this timer and return how many there were."""
        ...

    def park(self, timer: Timer, reason: str) -> None:
        """Take a timer that failed too often out of the sweep's way; the audit goes on trying it."""
        ...

    @property
    def parked(self) -> Mapping[Timer, str]:
        """What is parked, with the last reason."""
        ...

    def forget(self, timer: Timer) -> None:
        """Take a parked timer off the list: what it stood for is done."""
        ...

    def cursor(self) -> int:
        """The first hour that may still hold timers; 0 before the first sweep."""
        ...

    def move_cursor(self, hour: int) -> None:
        """Let the sweep begin at this hour. Too early costs reads, too late hides timers."""
        ...

    def watermark(self) -> int:
        """Up to which due time the sweeps have handed timers over (milliseconds UTC); 0 before the first."""
        ...

    def move_watermark(self, instant: int) -> None:
        """Remember how far a sweep got."""
        ...

    def clock(self) -> int | None:
        """What time the store itself has (milliseconds UTC, to the second below); None where it does not say."""
        ...

    def sign(self, of: SignOfLife) -> int:
        """When a part of the pager last showed that it works (milliseconds UTC); 0 where it never did."""
        ...

    def leave_sign(self, of: SignOfLife, at: int) -> None:
        """Remember that a part of the pager worked at this instant."""
        ...


SignOfLife = Literal["pulse", "audit", "probe_filed", "probe_arrived"]
"""`pulse`: the minute's own timer was claimed; `audit`: an audit came to its end; `probe_filed`: a synthetic complaint
was handed in; `probe_arrived`: all pages of one reached their carrier."""


class Heartbeat(Protocol):
    """Somebody outside who calls when they hear nothing."""

    def beat(self) -> bool:
        """Tell them that the pager lives; False where nobody is set up to listen.

        Raises:
            UnavailableError: they could not be told.
        """
        ...


class Outbox(Protocol):
    """Messages on their way."""

    def get(self, key: MessageKey) -> Message | None:
        """One row (strongly consistent)."""
        ...

    def put(self, message: Message) -> None:
        """Add a row; one that exists stays as it is."""
        ...

    def start_sending(self, message: Message, reference: str, now: int) -> Message:
        """PENDING becomes SENDING, before the carrier is called (I7), and only while the fence stands (I6).

        Raises:
            CalledBackError: the incident's fence moved.
            ConflictError: the row is no longer pending.
        """
        ...

    def finish(
        self, message: Message, state: str, *, reference: str | None = None, then: Message | None = None
    ) -> None:
        """Record how it went; with `then`, the message that carries on, in the same transaction.

        Raises:
            ConflictError: the row moved meanwhile.
        """
        ...

    def by_reference(self, reference: str) -> Message | None:
        """The row a carrier's receipt is about."""
        ...

    def stuck(self, before: int, limit: int) -> Sequence[Message]:
        """Rows still pending or sending that were made before this instant."""
        ...

    def of_incident(self, incident: str) -> Sequence[Message]:
        """All rows of an incident in order."""
        ...

    def count_message(self, person: str, minute: int) -> int:
        """Count a message to a person in a minute (storm control) and return how many there are now."""
        ...

    def held(self, person: str, minute: int) -> Sequence[Message]:
        """Rows storm control holds for a person's digest of that minute."""
        ...

    def hold(self, message: Message, minute: int) -> None:
        """PENDING becomes HELD for the digest of a minute.

        Raises:
            ConflictError: the row is no longer pending.
        """
        ...


class Links(Protocol):
    """Links by the hash of their token."""

    def put(self, link: Link) -> None:
        """Store one."""
        ...

    def get(self, token_hash: str) -> Link | None:
        """One of them, expired or not."""
        ...


class Policies(Protocol):
    """Policies as versioned data; a version never changes."""

    def current(self) -> tuple[str, Policy]:
        """Reference (`retail@4f3a…`) and content of the policy new incidents open under, scaled for the stage."""
        ...

    def at(self, reference: str) -> Policy:
        """The policy of a reference, scaled for the stage."""
        ...

    def push(self, raw: str) -> str:
        """Store a checked policy text and make it the current one; the reference."""
        ...

    def renew(self, people: Iterable[str], until: str) -> None:
        """Let these people's crisis qualification last until a day (`2027-03-01`); `current` shows it from then on."""
        ...


class Crises(Protocol):
    """Which crises are on, as far as other incidents ask for it."""

    def about(self, matters: Sequence[str], now: int) -> str | None:
        """The crisis that complaints about one of these matters join; the first named matter that has one counts."""
        ...

    def running(self) -> Sequence[str]:
        """Incidents of crises that are on, exercises among them."""
        ...

    def running_drills(self) -> Sequence[str]:
        """Those of them that are exercises."""
        ...


class Statements(Protocol):
    """Texts of statements, and what the public may read."""

    def text(self, incident: str, rung: str, revision: int) -> StatementText | None:
        """The text of one revision (strongly consistent)."""
        ...

    def published(self) -> Sequence[Publication]:
        """Everything that was ever published, oldest first (strongly consistent)."""
        ...


class Errands(Protocol):
    """What steps asked to be done outside their incident."""

    def get(self, incident: str, name: str) -> Errand | None:
        """One that is still to be run (strongly consistent); None where it is done."""
        ...

    def finish(self, errand: Errand) -> None:
        """It was run; done twice is done."""
        ...

    def stuck(self, before: int, limit: int) -> Sequence[Errand]:
        """Those still open that were asked for before this instant (the audit's question)."""
        ...


class Site(Protocol):
    """The public status site."""

    def publish(self, publications: Sequence[Publication]) -> None:
        """Let the site show exactly these: pages, indexes and feeds; safe to repeat.

        Raises:
            UnavailableError: not all of it was written; safe to repeat.
        """
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """Where and how to put one file: a URL for one PUT with exactly these headers.

    Attributes:
        expires: milliseconds UTC.
    """

    url: str
    headers: Mapping[str, str]
    expires: int


class Evidence(Protocol):
    """Write-once storage: files by their content hash, and the heads of timelines (I9, C6)."""

    def upload(self, incident: str, sha256: str, size: int, media_type: str) -> Upload:
        """Allow one upload of exactly this content."""
        ...

    def size(self, incident: str, sha256: str) -> int | None:
        """How many bytes are kept under a hash, None where nothing was uploaded."""
        ...

    def read(self, incident: str, sha256: str) -> bytes:
        """The content.

        Raises:
            LookupError: nothing is kept under this hash.
        """
        ...


class SealedHeads(Protocol):
    """Write-once storage for the hashes of timeline lines (I9)."""

    def seal(self, heads: Iterable[Head]) -> None:
        """Keep them; the same ones again change nothing.

        Raises:
            UnavailableError: not all were taken; safe to repeat.
        """
        ...

    def found(self, since: int, until: int) -> Iterable[SealedObject]:
        """What was sealed of lines committed between two instants, and of the rest of their hours, oldest hour first.

        Of an object that was written over since, what was written first.
        """
        ...


class Queue(Protocol):
    """A queue that another function consumes."""

    def send(self, bodies: Iterable[tuple[str, int]]) -> None:
        """Hand over bodies, each with a delay in seconds (0 to 900).

        Raises:
            UnavailableError: not all were taken; safe to repeat.
        """
        ...


class Carrier(Protocol):
    """Takes messages to people: SMS, e-mail, webhook."""

    def send(self, address: str, subject: str, text: str, html: str | None, reference: str) -> str:
        """Hand a message over, once; the carrier's reference.

        Raises:
            TemporaryFailure, PermanentFailure, UnknownOutcome: see there.
        """
        ...


class Operations(Protocol):
    """Whoever runs Tocsin."""

    def alert(self, subject: str, text: str) -> None:
        """Tell them."""
        ...


class Metrics(Protocol):
    """Figures for the dashboards."""

    def count(self, name: str, value: float = 1, unit: str = "Count") -> None:
        """Record one."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as its reader sees it.

    Attributes:
        subject: of an e-mail; text: the SMS, or the plain part; html: the other part of an e-mail.
        segments: how many SMS it takes.
    """

    subject: str
    text: str
    html: str | None
    segments: int


class Words(Protocol):
    """Templates in the reader's language."""

    def message(
        self, message: Message, incident: Incident | None, policy: Policy, person: str, link: str | None, now: int
    ) -> Rendered:
        """What a message says: to a person of the policy's people (or operations), with a link where it asks to act."""
        ...


class ApiKeys(Protocol):
    """Who calls: keys are kept as hashes."""

    def holder(self, key: str) -> KeyHolder | None:
        """Whose key this is, None for nobody's."""
        ...


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """An intake system (its `source` and everything below it) or a person of the directory."""

    name: str
    source: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """What one sign-in to the console is recognised by when the browser comes back.

    Attributes:
        state: comes back with the browser; nonce: comes back inside the proof; verifier: proves that whoever brings
            the code is who asked for it (PKCE). All are random.
        then: the incident to show afterwards; empty for the first page.
    """

    state: str
    nonce: str
    verifier: str
    then: str = ""


class SignIn(Protocol):
    """How somebody shows the console who they are."""

    def address(self, handshake: Handshake) -> str | None:
        """Where to send the browser; None: the console itself asks for the person's API key."""
        ...

    def farewell(self) -> str | None:
        """Where to send the browser after signing out, so that it is forgotten there too; None: nowhere."""
        ...

    def person(self, proof: str, handshake: Handshake) -> str | None:
        """Whose the proof is: the code the browser came back with, or the key that was typed. None: nobody's.

        Raises:
            UnavailableError: it cannot be checked just now.
        """
        ...


class Seal(Protocol):
    """Lets a browser keep something for us that it cannot change."""

    def seal(self, purpose: str, content: Mapping[str, Any]) -> str:
        """The content as text, sealed now, for one purpose only."""
        ...

    def opened(self, purpose: str, sealed: str, lives: int) -> tuple[Mapping[str, Any], int] | None:
        """The content and when it was sealed (milliseconds UTC); None where it was changed or is older than `lives`.

        Raises:
            UnavailableError: the keys cannot be read.
        """
        ...
