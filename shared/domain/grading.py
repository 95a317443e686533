"""What makes an incident a crisis, and how grave it is: scope, money and heat, the highest wins (C1, C2)."""

from collections.abc import Iterable

from shared.domain.classification import Known
from shared.domain.crisis import JoinedComplaint
from shared.domain.crisis_policy import GRADES, CrisisType, Grade
from shared.domain.policy import Policy

_SCOPES = ("store", "region", "nation")


def crisis_kind(policy: Policy, known: Known, level: str) -> str | None:
    """The type a rule makes of a complaint: by a keyword or its level; else by figures that call a group.

    Figures alone do so only at a level as high as their grade asks for: a level that a person or an intake system set
    lower on purpose stands (`tocsin crisis declare` is theirs to say).
    """
    for name, kind in policy.crises.items():
        if level in kind.levels:
            return name
    for name, kind in policy.crises.items():
        if not known.keywords.isdisjoint(kind.keywords):
            return name
    for name, kind in policy.crises.items():
        grade = grade_of(kind, known) if kind.figures else None
        asked = kind.grades[grade].level if grade in kind.calling else None
        if grade in kind.calling and (asked is None or policy.severity[level] >= policy.severity[asked]):
            return name
    return None


def kind_declared(policy: Policy, level: str, named: str | None = None) -> str | None:
    """The type a person declares: the one they name, the one of the incident's level, else the policy's first."""
    if named in policy.crises:
        return named
    by_level = (name for name, kind in policy.crises.items() if level in kind.levels)
    return next(by_level, next(iter(policy.crises), None))


def grade_of(kind: CrisisType, known: Known, joined: Iterable[JoinedComplaint] = ()) -> Grade | None:
    """The highest grade whose scope, money or heat is reached; None where none is.

    Of complaints that joined, what they claim adds up; scope and reposts count the highest, as they may speak of the
    same post.
    """
    others = tuple(joined)
    amount = (known.amount_cny or 0) + sum(each.amount_cny or 0 for each in others)
    reposts = max([known.reposts or 0, *(each.reposts or 0 for each in others)])
    scope = max([_rank(known.scope), *(_rank(each.scope) for each in others)])
    reached = [
        grade
        for grade, rules in kind.grades.items()
        if (rules.amount_cny_from is not None and amount >= rules.amount_cny_from)
        or (rules.reposts_from is not None and reposts >= rules.reposts_from)
        or (rules.scope and scope >= min(_rank(each) for each in rules.scope))
    ]
    return highest(reached)


def first_grade(kind: CrisisType, known: Known, level: str) -> Grade:
    """The grade a matter begins with: of its figures; of its level where it states that alone; else the lowest."""
    reached = grade_of(kind, known)
    if reached is not None:
        return reached
    says_nothing = known.scope is None and not known.amount_cny and not known.reposts
    of_level = [grade for grade, rules in kind.grades.items() if rules.level == level]
    return highest(of_level if says_nothing and level in kind.levels else ()) or _lowest(kind)


def declared_grade(kind: CrisisType, grade: Grade | None) -> Grade:
    """The grade a person declares, red where they say none; where the type lacks it, the next higher it has."""
    asked = GRADES.index(grade or "red")
    return next((each for each in GRADES[asked:] if each in kind.grades), highest(kind.grades) or "red")


def highest(grades: Iterable[Grade]) -> Grade | None:
    """The gravest of them."""
    return max(grades, key=GRADES.index, default=None)


def _lowest(kind: CrisisType) -> Grade:
    return min(kind.grades, key=GRADES.index)


def _rank(scope: str | None) -> int:
    return _SCOPES.index(scope) + 1 if scope in _SCOPES else 0
