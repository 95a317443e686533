"""A crisis as it is kept: what the events say of it, who is called for which seat, and where its statements stand."""

from dataclasses import dataclass

from shared.domain.crisis_policy import Grade

GUEST = "guest"
"""The place of somebody who was invited beyond the seats."""


@dataclass(frozen=True)
class JoinedComplaint:
    """A complaint about the same matter, with its figures as they were told last; its clocks stay its own.

    Attributes:
        complaint: the id of its incident; "" for all of those together that came after the first hundred.
        count: how many these are.
        earlier_cny: what was told before of the same complaint, where it tells again.
    """

    complaint: str
    case: str = ""
    summary: str = ""
    scope: str | None = None
    amount_cny: float | None = None
    reposts: float | None = None
    count: int = 1
    earlier_cny: float | None = None


@dataclass(frozen=True)
class Crisis:
    """What the events say: a part of the course, folded in the order of their times.

    Attributes:
        kind: the crisis type of the policy.
        grade: it only ever grows (C2).
        since: when it became a matter for grading; called_at: when its grade called the group; stated_at: when its
            grade opened the statement ladder. Milestones and statements count from these (milliseconds UTC).
        declared_by: the person who declared it, None where a rule did.
        seated: who is in, by seat; guests: those who joined beyond the seats.
        over_at: when it was stood down.
    """

    kind: str
    grade: Grade
    since: int
    called_at: int | None = None
    stated_at: int | None = None
    declared_by: str | None = None
    seated: tuple[tuple[str, str], ...] = ()
    guests: tuple[str, ...] = ()
    joined: tuple[JoinedComplaint, ...] = ()
    over_at: int | None = None

    @property
    def is_on(self) -> bool:
        """Whether it was not stood down yet."""
        return self.over_at is None

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody who is in, those in seats first."""
        return tuple(dict.fromkeys((*(person for _, person in self.seated), *self.guests)))

    def person_in(self, seat: str) -> str | None:
        """Who sits there."""
        return dict(self.seated).get(seat)


@dataclass(frozen=True)
class SeatCall:
    """The calling for one seat.

    Attributes:
        asked: who was called, in order; the last one has until `window_end`.
        declined: those of them who said no.
        window_end: None once somebody is in, or nobody is left to call.
        in_time: who confirmed within their own window.
        replaced: who was called, or sat there, before the seat was given to another: they cannot take it any more.
        stale: whose turn passed during an outage: they were not paged, and may be when somebody says no.
    """

    seat: str
    role: str
    asked: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    window_end: int | None = None
    in_time: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """The response group: the calling for its seats (C3).

    Attributes:
        epoch: moves when the crisis is stood down: links of its pages are dead then (I11).
        invited: people beyond the seats who were asked and have not answered.
        remind_at: when the commander is next told that the crisis is still on.
    """

    seats: tuple[SeatCall, ...]
    epoch: int = 0
    invited: tuple[str, ...] = ()
    remind_at: int | None = None


@dataclass(frozen=True)
class Revision:
    """One text of a statement. The text itself lies beside the incident; this binds to it by its hash.

    Attributes:
        number: 1 for the first of its rung; those of a crisis declared anew go on where the former left off.
        hash: of all locales and the evidence; an approval stands for exactly this.
        roles: in which the drafter sat when drafting.
        approvals: role and person.
        rejected_by: who vetoed it.
        published_at: when it was decided to be public; out_at: when the site carried it.
        corrects: whether it corrects one that was public already.
        holding: whether the policy carried it, approved beforehand.
    """

    number: int
    by: str
    at: int
    hash: str
    roles: tuple[str, ...] = ()
    approvals: tuple[tuple[str, str], ...] = ()
    rejected_by: str | None = None
    published_at: int | None = None
    out_at: int | None = None
    corrects: bool = False
    holding: bool = False


@dataclass(frozen=True)
class Statement:
    """One rung of the statement ladder (C5, I8).

    Attributes:
        due: the latest; publish_at: when an approved text is published; half_at, soon_at: when whoever is missing is
            paged. Milliseconds UTC.
        passed: which of `half`, `soon`, `late` were dealt with.
        cancelled: the crisis was stood down before it was public.
        first: number of its first revision; above 1 where an earlier crisis of the same incident had some.
    """

    rung: str
    due: int
    publish_at: int
    half_at: int
    soon_at: int
    passed: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    cancelled: bool = False
    first: int = 1

    @property
    def next_number(self) -> int:
        """The number of the revision that is drafted next: never one that was used before."""
        return self.first + len(self.revisions)

    @property
    def published(self) -> Revision | None:
        """The revision the public reads: the last that was published."""
        return next((each for each in reversed(self.revisions) if each.published_at is not None), None)

    @property
    def draft(self) -> Revision | None:
        """The newest revision, where it is neither public nor vetoed."""
        newest = self.revisions[-1] if self.revisions else None
        return newest if newest and newest.published_at is None and newest.rejected_by is None else None
