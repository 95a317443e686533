"""What the shape of a policy cannot say: whether its parts fit together. Pure; the loader adds file and line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import time

from shared.domain.chain_check import chain_findings
from shared.domain.crisis_check import crisis_findings
from shared.domain.finding import FIRST_YEAR, Finding, Path, either, unknown
from shared.domain.instants import SECOND, format_duration, parse_instant
from shared.domain.policy import Calendar, LevelRules, Policy
from shared.domain.probe_check import probe_findings

TEMPLATE_LOCALES = ("zh-CN", "en")
"""Languages in which messages can be written."""

_MIDNIGHT = time(0)
_STEP_IN_RUNG = 3
_SOME_DAY = parse_instant("2026-01-01T00:00:00Z")


def findings(policy: Policy) -> tuple[Finding, ...]:
    """Everything that is wrong or odd, in the order of the policy's parts; an empty tuple is a clean bill."""
    return (
        *_locales(policy),
        *_levels(policy),
        *_classification(policy),
        *_keywords(policy),
        *_rating(policy),
        *_calendars(policy),
        *chain_findings(policy),
        *crisis_findings(policy),
        *probe_findings(policy),
    )


def _locales(policy: Policy) -> Iterator[Finding]:
    spoken: list[tuple[Path, str]] = [(("locale",), policy.locale)]
    spoken += [(("people", name, "locale"), person.locale) for name, person in policy.people.items() if person.locale]
    for path, locale in spoken:
        if locale not in TEMPLATE_LOCALES:
            yield Finding(path, f"there are no templates for '{locale}': must be {either(TEMPLATE_LOCALES)}")


def _levels(policy: Policy) -> Iterator[Finding]:
    for name, level in policy.levels.items():
        at: Path = ("levels", name)
        chains = _chains_of(policy, name)
        yield from _pages_at_opening(policy, (*at, "page_at_opening"), level.page_at_opening, chains)
        if level.calendar is not None and level.calendar not in policy.calendars:
            yield unknown((*at, "calendar"), "calendar", level.calendar, policy.calendars)
        if level.calendar is not None and level.urgent:
            yield Finding((*at, "calendar"), "an urgent level runs day and night and has no calendar")
        yield from _clocks(
            policy, at, level, in_a_crisis=any(name in crisis.levels for crisis in policy.crises.values())
        )
        yield from _fits_its_calendar(policy, at, level)
        too_short = [chain for chain in chains if len(policy.chains[chain]) < _STEP_IN_RUNG]
        if level.clocks.step_in is not None and too_short:
            message = f"chain '{too_short[0]}' has no rung {_STEP_IN_RUNG}: only a resolve can meet this clock"
            yield Finding((*at, "clocks", "step_in"), message, "warning")


def _fits_its_calendar(policy: Policy, at: Path, level: LevelRules) -> Iterator[Finding]:
    """A deadline is computed when a complaint comes: one that cannot be must not wait until then."""
    calendar = policy.calendars.get(level.calendar or "")
    if calendar is None or level.urgent or not any(opening.days for opening in calendar.open):
        return
    if any(opening.opens.tzinfo or opening.closes.tzinfo for opening in calendar.open):
        return  # a mistake of its own
    for name, length in level.clocks.running:
        try:
            calendar.hours.add(_SOME_DAY, length)
        except ValueError:
            message = f"would take years in the calendar '{level.calendar}', which is open too little"
            yield Finding((*at, "clocks", name), message)


def _pages_at_opening(policy: Policy, at: Path, rungs: tuple[int, ...], chains: tuple[str, ...]) -> Iterator[Finding]:
    if 1 not in rungs:
        yield Finding(at, "rung 1 is always paged at opening")
    for index, rung in enumerate(rungs):
        if rung in rungs[:index]:
            yield Finding((*at, index), f"rung {rung} stands here twice")
        for chain in chains:
            count = len(policy.chains[chain])
            if rung > count:
                yield Finding((*at, index), f"chain '{chain}' has only {count} rung{'s' * (count > 1)}")


def _clocks(policy: Policy, at: Path, level: LevelRules, *, in_a_crisis: bool) -> Iterator[Finding]:
    clocks: list[tuple[Path, int]] = [((*at, "clocks", clock), length) for clock, length in level.clocks.running]
    for channel, own in level.channels.items():
        clocks += [((*at, "channels", channel, clock), length) for clock, length in own.running]
    clocks += [((*at, "milestones", step), length) for step, length in level.milestones.items()]
    if not clocks and not in_a_crisis:
        yield Finding(at, "starts no clock: a complaint of this level is never due", "warning")
    for path, length in clocks:
        yield from _warned_in_time(path, length, policy.warning_share)


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
        yield unknown(("classification", "default"), "level", default, policy.levels)
    for index, rule in enumerate(rules):
        at: Path = ("classification", "rules", index)
        if rule.level not in policy.levels:
            yield unknown((*at, "level"), "level", rule.level, policy.levels)
        when = rule.when
        if all(getattr(when, field) in (None, ()) for field in type(when).model_fields):
            yield Finding((*at, "when"), "names nothing and would always hold: use `default`")
        if when.keywords is not None and when.keywords not in policy.keywords:
            yield unknown((*at, "when", "keywords"), "keyword list", when.keywords, policy.keywords)
        if when.amount_cny_from is not None and not math.isfinite(when.amount_cny_from):
            yield Finding((*at, "when", "amount_cny_from"), "must be a number of CNY")
    given = {default, *(rule.level for rule in rules)}
    given.update(rules.level for crisis in policy.crises.values() for rules in crisis.grades.values() if rules.level)
    for level in policy.real_levels:
        if level not in given:
            yield Finding(
                ("levels", level), "no rule gives this level: only a complaint that states it has it", "warning"
            )


def _keywords(policy: Policy) -> Iterator[Finding]:
    used = {rule.when.keywords for rule in policy.classification.rules}
    used.update(*(crisis.keywords for crisis in policy.crises.values()))
    for name, words in policy.keywords.items():
        if not words:
            yield Finding(("keywords", name), "an empty list would be found in every text")
        if name not in used:
            yield Finding(("keywords", name), "no classification rule and no crisis type uses this list", "warning")
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
        for index, day in enumerate(calendar.holidays):
            if day.year < FIRST_YEAR:
                yield Finding(("calendars", name, "holidays", index), "must be a date such as 2026-02-17")
        zoned = [
            (index, field)
            for index, opening in enumerate(calendar.open)
            for field in ("opens", "closes")
            if getattr(opening, field).tzinfo is not None
        ]
        for index, field in zoned:
            message = "must be a time without a zone: the calendar has one"
            yield Finding(("calendars", name, "open", index, field), message)
        if not zoned:
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


def _chains_of(policy: Policy, level: str) -> tuple[str, ...]:
    """The chains an incident of this level may go up."""
    routed = (route.chain for route in policy.routing if route.when.level in (None, level))
    return tuple(dict.fromkeys(chain for chain in ("default", *routed) if chain in policy.chains))
