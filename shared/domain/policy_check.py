"""What the shape of a policy cannot say: whether its parts fit together. Pure; the loader adds file and line."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from itertools import pairwise
from typing import Literal

from shared.domain.instants import SECOND, format_duration
from shared.domain.policy import Calendar, Policy, Rung
from shared.domain.step import HOLDER_RUNG

TEMPLATE_LOCALES = ("zh-CN", "en")
"""Languages in which messages can be written."""

Path = tuple[str | int, ...]
_MIDNIGHT = time(0)
_STEP_IN_RUNG = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or odd, at one place of a policy.

    Attributes:
        path: keys and indexes from the top: `("levels", "major", "window")`.
        severity: a policy with an `error` is refused; a `warning` is told.
    """

    path: Path
    message: str
    severity: Literal["error", "warning"] = "error"


def findings(policy: Policy) -> tuple[Finding, ...]:
    """Everything that is wrong or odd, in the order of the policy's parts; an empty tuple is a clean bill."""
    return (
        *_locales(policy),
        *_levels(policy),
        *_classification(policy),
        *_keywords(policy),
        *_rating(policy),
        *_calendars(policy),
        *_routing(policy),
        *_chains(policy),
        *_people(policy),
        *_operations(policy),
    )


def _locales(policy: Policy) -> Iterator[Finding]:
    spoken: list[tuple[Path, str]] = [(("locale",), policy.locale)]
    spoken += [(("people", name, "locale"), person.locale) for name, person in policy.people.items() if person.locale]
    for path, locale in spoken:
        if locale not in TEMPLATE_LOCALES:
            yield Finding(path, f"there are no templates for '{locale}': must be {_either(TEMPLATE_LOCALES)}")


def _levels(policy: Policy) -> Iterator[Finding]:
    for name, level in policy.levels.items():
        at: Path = ("levels", name)
        rungs = level.page_at_opening
        chains = _chains_of(policy, name)
        if 1 not in rungs:
            yield Finding((*at, "page_at_opening"), "rung 1 is always paged at opening")
        for index, rung in enumerate(rungs):
            if rung in rungs[:index]:
                yield Finding((*at, "page_at_opening", index), f"rung {rung} stands here twice")
            for chain in chains:
                if rung > len(policy.chains[chain]):
                    count = len(policy.chains[chain])
                    yield Finding((*at, "page_at_opening", index), f"chain '{chain}' has only {_rungs(count)}")
        if level.calendar is not None and level.calendar not in policy.calendars:
            yield _unknown((*at, "calendar"), "calendar", level.calendar, policy.calendars)
        if level.calendar is not None and level.urgent:
            yield Finding((*at, "calendar"), "an urgent level runs day and night and has no calendar")
        clocks = [((*at, "clocks", clock), length) for clock, length in level.clocks.running]
        for channel, own in level.channels.items():
            clocks += [((*at, "channels", channel, clock), length) for clock, length in own.running]
        clocks += [((*at, "milestones", step), length) for step, length in level.milestones.items()]
        if not clocks:
            yield Finding(at, "starts no clock: a complaint of this level is never due", "warning")
        for path, length in clocks:
            yield from _warned_in_time(path, length, policy.warning_share)
        if level.clocks.step_in is not None:
            for chain in chains:
                if len(policy.chains[chain]) < _STEP_IN_RUNG:
                    message = f"chain '{chain}' has no rung {_STEP_IN_RUNG}: only a resolve can meet this clock"
                    yield Finding((*at, "clocks", "step_in"), message, "warning")


def _warned_in_time(path: Path, length: int, share: float) -> Iterator[Finding]:
    before = round(length * share)
    if min(before, length - before) < SECOND:
        message = (
            f"at {share:.0%} of {format_duration(length)} the warning and the deadline are less than a second apart"
        )
        if before < SECOND:
            message = f"at {share:.0%} of {format_duration(length)} the warning comes within a second"
        yield Finding(path, message, "warning")


def _classification(policy: Policy) -> Iterator[Finding]:
    default, rules = policy.classification.default, policy.classification.rules
    if default not in policy.levels:
        yield _unknown(("classification", "default"), "level", default, policy.levels)
    for index, rule in enumerate(rules):
        at: Path = ("classification", "rules", index)
        if rule.level not in policy.levels:
            yield _unknown((*at, "level"), "level", rule.level, policy.levels)
        when = rule.when
        if all(getattr(when, field) in (None, ()) for field in type(when).model_fields):
            yield Finding((*at, "when"), "names nothing and would always hold: use `default`")
        if when.keywords is not None and when.keywords not in policy.keywords:
            yield _unknown((*at, "when", "keywords"), "keyword list", when.keywords, policy.keywords)
        if when.amount_cny_from is not None and not math.isfinite(when.amount_cny_from):
            yield Finding((*at, "when", "amount_cny_from"), "must be a number of CNY")
    given = {default, *(rule.level for rule in rules)}
    for level in policy.levels:
        if level not in given:
            yield Finding(
                ("levels", level), "no rule gives this level: only a complaint that states it has it", "warning"
            )


def _keywords(policy: Policy) -> Iterator[Finding]:
    used = {rule.when.keywords for rule in policy.classification.rules}
    for name, words in policy.keywords.items():
        if not words:
            yield Finding(("keywords", name), "an empty list would be found in every text")
        if name not in used:
            yield Finding(("keywords", name), "no classification rule uses this list", "warning")
        for index, word in enumerate(words):
            if not word.strip():
                yield Finding(("keywords", name, index), "a blank word would be found in every text")
            elif len(word.strip()) == 1:
                message = f"a single character such as '{word.strip()}' is found in many ordinary texts"
                yield Finding(("keywords", name, index), message, "warning")


def _rating(policy: Policy) -> Iterator[Finding]:
    if policy.rating.reopen_at_most >= policy.rating.confirm_at_least:
        grade = policy.rating.confirm_at_least
        yield Finding(("rating", "reopen_at_most"), f"a rating of {grade} would both re-open and confirm")


def _calendars(policy: Policy) -> Iterator[Finding]:
    used = {level.calendar for level in policy.levels.values()}
    for name, calendar in policy.calendars.items():
        if name not in used:
            yield Finding(("calendars", name), "no level uses this calendar", "warning")
        yield from _openings(("calendars", name, "open"), calendar)


def _openings(at: Path, calendar: Calendar) -> Iterator[Finding]:
    if not any(opening.days for opening in calendar.open):
        yield Finding(at, "is never open: clocks in this calendar would never run")
    ends = {}
    for index, opening in enumerate(calendar.open):
        if not opening.days:
            yield Finding((*at, index, "days"), "names no day")
        if _MIDNIGHT != opening.closes <= opening.opens:
            message = (
                "must close after it opens, at 00:00 at the latest: hours past midnight are an opening of the next day"
            )
            yield Finding((*at, index, "closes"), message)
        ends[index] = opening.closes if opening.closes != _MIDNIGHT else time.max
    for index, opening in enumerate(calendar.open):
        for other in range(index):
            before = calendar.open[other]
            shared = [day for day in opening.days if day in before.days]
            if shared and opening.opens < ends[other] and before.opens < ends[index]:
                yield Finding((*at, index), f"overlaps with open[{other}] on {shared[0]}: the time would count twice")


def _routing(policy: Policy) -> Iterator[Finding]:
    first: dict[tuple[tuple[str, str], ...], int] = {}
    for index, route in enumerate(policy.routing):
        at: Path = ("routing", index)
        if route.chain not in policy.chains:
            yield _unknown((*at, "chain"), "chain", route.chain, policy.chains)
        if route.when.level is not None and route.when.level not in policy.levels:
            yield _unknown((*at, "when", "level"), "level", route.when.level, policy.levels)
        if not route.when.wanted:
            yield Finding((*at, "when"), "names nothing and is never taken: the chain `default` is for the rest")
        elif route.when.wanted in first:
            message = f"is never taken: routing[{first[route.when.wanted]}] has the same condition"
            yield Finding((*at, "when"), message, "warning")
        first.setdefault(route.when.wanted, index)


def _chains(policy: Policy) -> Iterator[Finding]:
    if "default" not in policy.chains:
        yield Finding(("chains",), "needs a chain `default` for incidents no route is for")
    used = {"default", *(route.chain for route in policy.routing)}
    for name, chain in policy.chains.items():
        if name not in used:
            yield Finding(("chains", name), "no route leads to this chain", "warning")
        for name_of_rung, count in Counter(rung.rung for rung in chain).items():
            if count > 1:
                last = max(index for index, rung in enumerate(chain) if rung.rung == name_of_rung)
                yield Finding(("chains", name, last, "rung"), f"another rung of this chain is called '{name_of_rung}'")
        for index, rung in enumerate(chain):
            yield from _rung(policy, ("chains", name, index), rung)
        for index, (lower, upper) in enumerate(pairwise(chain), 1):
            for person in dict.fromkeys(upper.people):
                if person in lower.people:
                    at: Path = ("chains", name, index, "people", upper.people.index(person))
                    message = f"'{person}' stands on the rung below too and would be paged twice in a row"
                    yield Finding(at, message, "warning")


def _rung(policy: Policy, at: Path, rung: Rung) -> Iterator[Finding]:
    if rung.rung == HOLDER_RUNG:
        yield Finding((*at, "rung"), f"'{HOLDER_RUNG}' is what pages to somebody on no rung say: choose another name")
    if not rung.people:
        yield Finding((*at, "people"), "nobody stands on this rung")
    for index, person in enumerate(rung.people):
        if person not in policy.people:
            yield _unknown((*at, "people", index), "person", person, policy.people)
        elif person in rung.people[:index]:
            yield Finding((*at, "people", index), f"'{person}' stands on this rung twice")
    known = [person for person in rung.people if person in policy.people]
    if known and not _reachable(policy, known):
        yield Finding((*at, "people"), "nobody on this rung can be reached")


def _people(policy: Policy) -> Iterator[Finding]:
    for name, person in policy.people.items():
        at: Path = ("people", name)
        if not person.reachable_by:
            yield Finding(at, "cannot be reached: no contact on any of the channels")
        elif "channels" in person.model_fields_set:
            for index, channel in enumerate(person.channels):
                if not person.address(channel):
                    yield Finding((*at, "channels", index), f"there is no contact for '{channel}'", "warning")
        for index, channel in enumerate(person.channels):
            if channel in person.channels[:index]:
                yield Finding((*at, "channels", index), f"'{channel}' stands here twice")


def _operations(policy: Policy) -> Iterator[Finding]:
    for index, name in enumerate(policy.operations):
        if name not in policy.people:
            yield _unknown(("operations", index), "person", name, policy.people)
        elif name in policy.operations[:index]:
            yield Finding(("operations", index), f"'{name}' stands here twice")
    known = [name for name in policy.operations if name in policy.people]
    if known and not _reachable(policy, known):
        yield Finding(("operations",), "nobody of operations can be reached")


def _reachable(policy: Policy, people: Iterable[str]) -> bool:
    return any(policy.people[person].reachable_by for person in people)


def _chains_of(policy: Policy, level: str) -> tuple[str, ...]:
    """The chains an incident of this level may go up."""
    routed = (route.chain for route in policy.routing if route.when.level in (None, level))
    return tuple(dict.fromkeys(chain for chain in ("default", *routed) if chain in policy.chains))


def _unknown(path: Path, what: str, name: str, known: Iterable[str]) -> Finding:
    names = sorted(known)
    return Finding(
        path, f"there is no {what} '{name}'; " + (f"there is {_either(names)}" if names else "there is none")
    )


def _either(names: Iterable[str]) -> str:
    *others, last = [f"'{name}'" for name in names]
    return f"{', '.join(others)} or {last}" if others else last


def _rungs(count: int) -> str:
    return "1 rung" if count == 1 else f"{count} rungs"
