"""What the events of a crisis say: its declaration, its group and its statements."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.crisis_policy import Grade
from shared.domain.event_data import PLAIN, Act, Instant, Kept, Name, Scope, Short, Target, Text

Locale = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Rung = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


def _says_something(text: Mapping[str, str]) -> Mapping[str, str]:
    if blank := [locale for locale, written in text.items() if not written.strip()]:
        raise ValueError(f"must not be blank in {', '.join(sorted(blank))}")
    return text


Texts = Annotated[
    Mapping[Locale, Annotated[str, Field(min_length=1, max_length=20_000), *PLAIN]],
    Field(min_length=1, max_length=8),
    AfterValidator(_says_something),
]


class Declared(Act):
    """`crisis.declared`: a person says that this is one; without a grade it is red."""

    grade: Grade | None = None
    kind: Name | None = None
    reason: Text | None = None


class Declined(Act):
    """`crisis.declined`: somebody who was called cannot come."""

    reason: Text | None = None


class Invited(Act):
    """`crisis.invited`: somebody beyond the seats joins."""

    who: Name


class Seated(Act):
    """`crisis.seated`: a seat is given to somebody else while the crisis runs; they are called."""

    seat: Name
    who: Name


class StoodDown(Act):
    """`crisis.stood_down`: it is over."""

    reason: Short


class Joined(Target):
    """`crisis.joined`: a complaint about the same matter, with its figures as of now; by hand, `by` says who.

    Attributes:
        complaint: the id of its incident; `summary`, `case`: what people call it.
        earlier_cny: what it told before, where it tells again.
    """

    by: Name | None = None
    complaint: Name
    case: Name | None = None
    summary: Short | None = None
    scope: Scope | None = None
    amount_cny: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False, strict=False)] | None = None
    reposts: Annotated[int, Field(ge=0, le=10**12)] | None = None
    earlier_cny: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False, strict=False)] | None = None


class Adopted(Target):
    """`complaint.joined`: this complaint is part of a crisis by now, or of none any more where that is over.

    Said by the system, after somebody joined it by hand, or when a crisis turned out to be over.
    """

    crisis: Name | None = None


class Proof(Kept):
    """A piece of evidence a statement rests on, named by its content."""

    name: Name
    sha256: Sha256


class Drafted(Act):
    """`statement.drafted`: the text of a rung of the ladder; drafting again makes another revision."""

    rung: Rung
    text: Texts
    evidence: Annotated[tuple[Proof, ...], Field(max_length=50, strict=False)] = ()


class Approved(Act):
    """`statement.approved`: a role stands by exactly this revision."""

    rung: Rung
    revision: Annotated[int, Field(ge=1)]


class Rejected(Approved):
    """`statement.rejected`: a role vetoes this revision."""

    reason: Text


class Published(Target):
    """`statement.out`: the public site carries a revision, said by the system itself."""

    rung: Rung
    revision: Annotated[int, Field(ge=1)]
    published_at: Instant


class EvidenceAdded(Act):
    """`evidence.added`: a file lies in write-once storage under its content hash (C6)."""

    name: Name
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    media_type: Name | None = None
