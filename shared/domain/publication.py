"""What the public reads, and the texts it is made of (C5, I8)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.plain import canonical


@dataclass(frozen=True)
class StatementText:
    """The text of a revision, by locale, and the evidence it rests on (name and SHA-256)."""

    rung: str
    revision: int
    text: tuple[tuple[str, str], ...]
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def hash(self) -> str:
        """What approvals bind to: all locales and the evidence."""
        said = {"text": sorted(self.text), "evidence": sorted(self.evidence)}
        return hashlib.sha256(canonical(said).encode()).hexdigest()


@dataclass(frozen=True)
class Publication:
    """One published revision as the public site shows it; never changed afterwards (I8).

    Attributes:
        crisis: the public name of the crisis, which says nothing of the case: part of the stable address.
        incident: whose it is; never shown.
        kind: names of the crisis type, titles: of the rung, by locale.
        due: when it was promised for; published_at: when it was decided to be public (milliseconds UTC).
        hash: of the text that was approved; what is published has exactly this one (I8).
        corrects: whether an earlier revision was public before.
    """

    crisis: str
    incident: str
    rung: str
    revision: int
    published_at: int
    due: int
    text: tuple[tuple[str, str], ...]
    hash: str = ""
    kind: tuple[tuple[str, str], ...] = ()
    titles: tuple[tuple[str, str], ...] = ()
    corrects: bool = False

    @property
    def is_late(self) -> bool:
        """Whether the public waited longer than was promised."""
        return self.published_at > self.due and not self.corrects


def public_name(incident: str, first: int = 1) -> str:
    """What the public calls a crisis: stable, and no hint at the case.

    Each crisis of an incident has its own; they are told apart by the number of their first revision.
    """
    named = incident if first == 1 else f"{incident}\n{first}"
    return hashlib.sha256(f"public\n{named}".encode()).hexdigest()[:12]


def text_of(rung: str, revision: int, text: Mapping[str, str], evidence: Iterable[tuple[str, str]]) -> StatementText:
    """The text of a draft, in one order."""
    return StatementText(rung, revision, tuple(sorted(text.items())), tuple(sorted(set(evidence))))
