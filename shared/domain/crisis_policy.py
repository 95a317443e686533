"""Crisis types as data (C1 to C7, A7): what makes one, its grades, who is called, its milestones and its statements."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.event_data import Scope
from shared.domain.instants import parse_duration
from shared.domain.policy_parts import Duration, Identifier, Part, Share, shorter

Grade = Literal["blue", "yellow", "red"]
GRADES: tuple[Grade, ...] = ("blue", "yellow", "red")
"""In rising order (C2)."""
COMMANDER = "commander"
"""The role that decides: whoever is in it is paged when a milestone or a statement is late."""
MET_BY_QUORUM = ("group", "muster")
"""Clocks met as soon as the quorum is in; `full_chain` when every seat is taken (C3, C4)."""
FULL_CHAIN = "full_chain"


class GradeRules(Part):
    """What gives a grade, and what it does (C2). Each threshold is reached at its figure.

    Attributes:
        scope, amount_cny_from, reposts_from: any one of them gives the grade.
        level: the level an incident of this grade has at least.
        group: the response group is called; statements: the public is told on a schedule.
        told: the distribution list: people of the directory who hear when a statement is out (C7).
    """

    scope: tuple[Scope, ...] = ()
    amount_cny_from: Annotated[float, Field(ge=0)] | None = None
    reposts_from: Annotated[int, Field(ge=0)] | None = None
    level: Identifier | None = None
    group: bool = False
    statements: bool = False
    told: Annotated[tuple[Identifier, ...], Field(max_length=60)] = ()


class Holding(Part):
    """A text approved beforehand, published at the rung's time when nothing else was approved. None ships."""

    text: Annotated[Mapping[str, Annotated[str, Field(min_length=1, max_length=20_000)]], Field(min_length=1)]
    approved_by: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class StatementRule(Part):
    """One rung of the statement ladder (C5): `due` is the latest, counted from the event that graded it so high."""

    due: Duration
    title: Mapping[str, str] = {}
    holding: Holding | None = None


class StatementRules(Part):
    """The statement ladder (C5, I8).

    Attributes:
        rungs: in the order of publication.
        lead: how long before `due` an approved text is published.
        remind_share: at this share of the time to `due`, and `remind_before` before it, whoever is missing is paged.
        drafts: the role that writes.
        approvals: the roles each of which has to approve.
    """

    rungs: Annotated[Mapping[Identifier, StatementRule], Field(min_length=1)]
    lead: Duration = parse_duration("60s")
    remind_share: Share = 0.5
    remind_before: Duration = parse_duration("10m")
    drafts: Identifier = "public_relations"
    approvals: Annotated[tuple[Identifier, ...], Field(min_length=1)] = ("legal", COMMANDER)


class DrillRules(Part):
    """When an exercise is passed, and for how long that renews a qualification (B5: a quarterly stress test).

    Attributes:
        pass_share: of everything that was due this share was done in time, the muster among it.
        renews: from the end of the drill; never scaled.
    """

    pass_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    renews: Duration = parse_duration("92d")


class CrisisType(Part):
    """One kind of crisis.

    Attributes:
        keywords: keyword lists of the policy; a word of one makes a complaint a matter for grading (C1).
        levels: levels of the policy that do.
        figures: whether grown figures alone do, from the grade on at which the group is called.
        roles: of the roster: who is called, and how many of each make the quorum; one where it is not said (C3).
        seat_window: how long somebody who is called may be silent before the next one is.
        milestones: from the event that called the group; those of the level run beside them (C4, A7).
        milestones_by: who may say that one is met: a member of the group, or also somebody of the incident's chain.
        join_window: how long further complaints about the same matter join by themselves; none: never.
    """

    name: Mapping[str, str] = {}
    keywords: tuple[Identifier, ...] = ()
    levels: tuple[Identifier, ...] = ()
    figures: bool = True
    grades: Annotated[Mapping[Grade, GradeRules], Field(min_length=1)]
    roles: Annotated[Mapping[Identifier, Annotated[int, Field(ge=0)]], Field(min_length=1)]
    seat_window: Duration = parse_duration("5m")
    milestones: Mapping[Identifier, Duration] = {}
    milestones_by: Literal["group", "group_or_chain"] = "group"
    statements: StatementRules | None = None
    join_window: Duration | None = None

    @cached_property
    def calling(self) -> frozenset[Grade]:
        """Grades at which the group is called."""
        return frozenset(grade for grade, rules in self.grades.items() if rules.group)

    @cached_property
    def stating(self) -> frozenset[Grade]:
        """Grades at which the public is told."""
        return frozenset(grade for grade, rules in self.grades.items() if rules.statements)

    def scaled(self, factor: int) -> "CrisisType":
        """The same type with every duration `factor` times shorter."""
        ladder = self.statements
        if ladder is not None:
            rungs = {name: shorter(rung, factor, "due") for name, rung in ladder.rungs.items()}
            ladder = shorter(ladder, factor, "lead", "remind_before", rungs=rungs)
        milestones = {name: max(1, length // factor) for name, length in self.milestones.items()}
        return shorter(self, factor, "seat_window", "join_window", milestones=milestones, statements=ladder)
