"""Whether the crisis types and the roster of a policy fit together and with the rest of it (B5, C1 to C7)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import get_args

from shared.domain.crisis_policy import COMMANDER, GRADES, CrisisType, Grade, GradeRules, StatementRules
from shared.domain.event_data import Scope
from shared.domain.finding import FIRST_YEAR, Finding, Path, unknown
from shared.domain.instants import format_duration
from shared.domain.policy import HANDLING_CLOCKS, Policy
from shared.domain.roster_policy import WEEKDAYS, Override, Roster, Team

MOST_CALLED = 40
"""Seats called in one step: with two full rungs at its opening, it has to fit into one transaction (I4)."""

_LAST_YEAR = 2999
_SCOPES: tuple[str, ...] = get_args(Scope)
"""In rising order."""


def crisis_findings(policy: Policy) -> Iterator[Finding]:
    """What is wrong with crisis types and the roster, in this order."""
    for name, kind in policy.crises.items():
        at: Path = ("crises", name)
        yield from _causes(policy, at, kind)
        yield from _grades(policy, at, kind)
        yield from _group(policy, at, kind)
        yield from _milestones(at, kind)
        yield from _statements(policy, (*at, "statements"), kind)
    yield from _made_once(policy)
    if policy.roster is not None:
        yield from _roster(policy, policy.roster)


def _causes(policy: Policy, at: Path, kind: CrisisType) -> Iterator[Finding]:
    for index, words in enumerate(kind.keywords):
        if words not in policy.keywords:
            yield unknown((*at, "keywords", index), "keyword list", words, policy.keywords)
    for index, level in enumerate(kind.levels):
        if level not in policy.levels:
            yield unknown((*at, "levels", index), "level", level, policy.levels)


def _made_once(policy: Policy) -> Iterator[Finding]:
    """A level or a word makes a complaint the first type that names it."""
    first: dict[tuple[str, str], str] = {}
    for name, kind in policy.crises.items():
        for what, values in (("levels", kind.levels), ("keywords", kind.keywords)):
            for index, value in enumerate(values):
                before = first.setdefault((what, value), name)
                if before != name:
                    message = f"makes nothing of this type: '{value}' stands at '{before}', which comes first"
                    yield Finding(("crises", name, what, index), message, "warning")


def _grades(policy: Policy, at: Path, kind: CrisisType) -> Iterator[Finding]:
    rising = [(grade, kind.grades[grade]) for grade in GRADES if grade in kind.grades]
    for grade, rules in rising:
        yield from _grade(policy, (*at, "grades", grade), rules)
        if rules.statements and kind.statements is None:
            yield Finding((*at, "grades", grade, "statements"), "this type has no `statements` to publish")
    severity = policy.severity
    yield from _rise(
        at, rising, "scope", lambda rules: min((_SCOPES.index(each) for each in rules.scope), default=None)
    )
    yield from _rise(at, rising, "amount_cny_from", lambda rules: rules.amount_cny_from)
    yield from _rise(at, rising, "reposts_from", lambda rules: rules.reposts_from)
    yield from _rise(at, rising, "level", lambda rules: severity.get(rules.level or ""), may_be_equal=True)
    for field in ("group", "statements"):
        yield from _never_taken_back(at, rising, field)
    if kind.statements is not None and not kind.stating:
        yield Finding((*at, "statements"), "no grade publishes them: say `statements: true` at one", "warning")


def _grade(policy: Policy, at: Path, rules: GradeRules) -> Iterator[Finding]:
    if rules.amount_cny_from is not None and not math.isfinite(rules.amount_cny_from):
        yield Finding((*at, "amount_cny_from"), "must be a number of CNY")
    if rules.level is not None and rules.level not in policy.levels:
        yield unknown((*at, "level"), "level", rules.level, policy.levels)
    for index, person in enumerate(rules.told):
        if person not in policy.people:
            yield unknown((*at, "told", index), "person", person, policy.people)
        elif person in rules.told[:index]:
            yield Finding((*at, "told", index), f"'{person}' stands here twice")
    if rules.group and policy.roster is None:
        yield Finding((*at, "group"), "there is no `roster` to call a group from")


def _rise(
    at: Path,
    rising: Sequence[tuple[Grade, GradeRules]],
    field: str,
    figure: Callable[[GradeRules], float | None],
    *,
    may_be_equal: bool = False,
) -> Iterator[Finding]:
    """Whether a figure grows from grade to grade, those left out that do not name it."""
    before: tuple[Grade, float] | None = None
    for grade, rules in rising:
        reached = figure(rules)
        if reached is None:
            continue
        if before is not None and (reached < before[1] or (reached == before[1] and not may_be_equal)):
            than = "below" if may_be_equal else "not above"
            yield Finding(
                (*at, "grades", grade, field), f"is {than} that of {before[0]}: grades rise blue, yellow, red"
            )
        before = (grade, reached)


def _never_taken_back(at: Path, rising: Sequence[tuple[Grade, GradeRules]], field: str) -> Iterator[Finding]:
    begun: Grade | None = None
    for grade, rules in rising:
        if getattr(rules, field):
            begun = begun or grade
        elif begun is not None:
            yield Finding((*at, "grades", grade), f"needs `{field}: true`: it begins at {begun} and goes on")


def _group(policy: Policy, at: Path, kind: CrisisType) -> Iterator[Finding]:
    if COMMANDER not in kind.roles:
        yield Finding((*at, "roles"), f"needs `{COMMANDER}`: somebody has to decide")
    roster = policy.roster
    if roster is None:
        return
    for role, quorum in kind.roles.items():
        here: Path = (*at, "roles", role)
        if role not in roster.roles:
            yield unknown(here, "role", role, roster.roles)
        elif quorum > (seats := roster.roles[role].seats):
            yield Finding(here, f"{quorum} make the quorum, but the roster has {seats} seat{'s' * (seats > 1)}")
    called = sum(roster.roles[role].seats for role in kind.roles if role in roster.roles)
    if called > MOST_CALLED:
        yield Finding((*at, "roles"), f"have {called} seats: at most {MOST_CALLED} are called at once")


def _milestones(at: Path, kind: CrisisType) -> Iterator[Finding]:
    for name in kind.milestones:
        if name in HANDLING_CLOCKS and name != "group":
            yield Finding((*at, "milestones", name), "is the name of a clock: choose another")
    if kind.milestones and not kind.calling:
        yield Finding((*at, "milestones"), "never start: no grade calls the group", "warning")


def _statements(policy: Policy, at: Path, kind: CrisisType) -> Iterator[Finding]:
    rules = kind.statements
    if rules is None:
        return
    if rules.drafts not in kind.roles:
        yield unknown((*at, "drafts"), "role", rules.drafts, kind.roles)
    for index, role in enumerate(rules.approvals):
        if role not in kind.roles:
            yield unknown((*at, "approvals", index), "role", role, kind.roles)
        elif role in rules.approvals[:index]:
            yield Finding((*at, "approvals", index), f"'{role}' stands here twice")
    yield from _ladder(at, rules)
    for name, rung in rules.rungs.items():
        for index, person in enumerate(rung.holding.approved_by if rung.holding else ()):
            if person not in policy.people:
                path = (*at, "rungs", name, "holding", "approved_by", index)
                yield unknown(path, "person", person, policy.people)


def _ladder(at: Path, rules: StatementRules) -> Iterator[Finding]:
    before: tuple[str, int] | None = None
    for name, rung in rules.rungs.items():
        here: Path = (*at, "rungs", name, "due")
        if before is not None and rung.due <= before[1]:
            yield Finding(here, f"is not after that of '{before[0]}': statements are published in order")
        if rung.due <= rules.lead:
            yield Finding(here, f"is not longer than `lead`, {format_duration(rules.lead)}")
        elif rung.due <= rules.remind_before:
            message = f"is not longer than `remind_before`, {format_duration(rules.remind_before)}"
            yield Finding(here, message, "warning")
        before = (name, rung.due)


def _roster(policy: Policy, roster: Roster) -> Iterator[Finding]:
    at: Path = ("roster",)
    if not FIRST_YEAR <= roster.starts.year <= _LAST_YEAR:
        yield Finding((*at, "starts"), "must be a date such as 2026-01-05")
    elif WEEKDAYS[roster.starts.weekday()] != roster.handover.day:
        message = f"is a {WEEKDAYS[roster.starts.weekday()]}, but the hand-over is on {roster.handover.day}"
        yield Finding((*at, "starts"), message)
    for index, name in enumerate(roster.rotation):
        if name not in roster.teams:
            yield unknown((*at, "rotation", index), "team", name, roster.teams)
    for name, team in roster.teams.items():
        yield from _team(policy, roster, (*at, "teams", name, "seats"), team)
    for index, override in enumerate(roster.overrides):
        yield from _override(policy, roster, (*at, "overrides", index), override)


def _team(policy: Policy, roster: Roster, at: Path, team: Team) -> Iterator[Finding]:
    for role in team.seats:
        if role not in roster.roles:
            yield unknown((*at, role), "role", role, roster.roles)
    for role, rules in roster.roles.items():
        pairs = team.seats.get(role, ())
        if len(pairs) != rules.seats:
            path = (*at, role) if role in team.seats else at
            yield Finding(path, f"'{role}' has {rules.seats} seat{'s' * (rules.seats > 1)}, not {len(pairs)}")
        for index, pair in enumerate(pairs):
            yield from _known(policy, (*at, role, index), {"a": pair.a, "b": pair.b})


def _override(policy: Policy, roster: Roster, at: Path, override: Override) -> Iterator[Finding]:
    if override.team is not None and override.team not in roster.teams:
        yield unknown((*at, "team"), "team", override.team, roster.teams)
    if override.person is not None and override.instead is not None:
        yield from _known(policy, at, {"person": override.person, "instead": override.instead})


def _known(policy: Policy, at: Path, people: Mapping[str, str]) -> Iterator[Finding]:
    for field, person in people.items():
        if person not in policy.people:
            yield unknown((*at, field), "person", person, policy.people)
