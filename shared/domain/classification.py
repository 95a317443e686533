"""Which level a complaint gets, and which one growing figures or a keyword raise it to (A1, C1, C2)."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from shared.domain.event_data import Facts
from shared.domain.policy import Condition, Policy

_SCOPES = {None: 0, "store": 1, "region": 2, "nation": 3}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a complaint, as far as rules ask for it. Figures only ever grow."""

    channel: str | None = None
    stated: str | None = None
    scope: str | None = None
    amount_cny: float | None = None
    reposts: float | None = None
    category: str | None = None
    department: str | None = None
    store: str | None = None
    region: str | None = None
    product: str | None = None
    vip: bool = False
    keywords: frozenset[str] = frozenset()


def keywords_in(policy: Policy, *texts: str | None) -> frozenset[str]:
    """Names of the policy's keyword lists of which a word stands in the texts.

    Width and case are folded; a word of letters counts only whole, a Chinese one anywhere.
    """
    if not policy.keywords:
        return frozenset()
    text = _folded(" \n ".join(text for text in texts if text))
    return frozenset(name for name, words in policy.keywords.items() if _pattern(words).search(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=256)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    def one(word: str) -> str:
        folded = _folded(word)
        body = r"\s+".join(re.escape(part) for part in folded.split())
        if not folded.isascii():
            return body
        return rf"(?<![a-z0-9_]){body}(?![a-z0-9_])"

    return re.compile("|".join(one(word) for word in sorted(words, key=len, reverse=True)))


def known_from(facts: Facts, channel: str | None, keywords: frozenset[str]) -> Known:
    """What one event tells."""
    return Known(
        channel=channel,
        stated=facts.level,
        scope=facts.scope,
        amount_cny=facts.amount_cny,
        reposts=facts.reposts,
        category=facts.category,
        department=facts.department,
        store=facts.store,
        region=facts.region,
        product=facts.product,
        vip=bool(facts.customer and facts.customer.vip),
        keywords=keywords,
    )


def together(known: Known, more: Known) -> Known:
    """Both: figures and scope keep their highest, keywords add up, the rest is replaced where there is news."""
    return Known(
        channel=more.channel or known.channel,
        stated=more.stated or known.stated,
        scope=max(known.scope, more.scope, key=_SCOPES.__getitem__),
        amount_cny=_higher(known.amount_cny, more.amount_cny),
        reposts=_higher(known.reposts, more.reposts),
        category=more.category or known.category,
        department=more.department or known.department,
        store=more.store or known.store,
        region=more.region or known.region,
        product=more.product or known.product,
        vip=known.vip or more.vip,
        keywords=known.keywords | more.keywords,
    )


def first_level(policy: Policy, known: Known) -> str:
    """The level a complaint opens at: the stated one, the highest of the rules that hold, or the default."""
    if known.stated is not None:
        return known.stated
    rules = policy.classification.rules
    return _highest(policy, (rule.level for rule in rules if holds(rule.when, known))) or policy.classification.default


def raised_level(policy: Policy, before: Known, after: Known) -> str | None:
    """The level that what was learned asks for, None where nothing new asks for any.

    Only rules that begin to hold count, so that what a person lowered is not raised again by the same facts.
    """
    if before == after:
        return None
    asked = [
        rule.level for rule in policy.classification.rules if holds(rule.when, after) and not holds(rule.when, before)
    ]
    if after.stated is not None and after.stated != before.stated:
        asked.append(after.stated)
    return _highest(policy, asked)


def holds(when: Condition, known: Known) -> bool:
    """Whether everything the condition names is so."""
    return (
        (when.keywords is None or when.keywords in known.keywords)
        and (not when.scope or known.scope in when.scope)
        and (when.amount_cny_from is None or (known.amount_cny or 0) >= when.amount_cny_from)
        and (when.reposts_from is None or (known.reposts or 0) >= when.reposts_from)
        and (not when.channel or known.channel in when.channel)
        and (not when.category or known.category in when.category)
        and (when.vip is None or known.vip == when.vip)
    )


def chain_for(policy: Policy, known: Known, level: str) -> str:
    """An incident's escalation chain: the most specific route, then the first; else `default`, never nowhere (B4)."""
    best, name = 0, "default"
    for route in policy.routing:
        wanted = route.when.wanted
        if len(wanted) > best and all((level if f == "level" else getattr(known, f)) == value for f, value in wanted):
            best, name = len(wanted), route.chain
    return name


def _highest(policy: Policy, levels: Iterable[str]) -> str | None:
    return max(levels, key=policy.severity.__getitem__, default=None)


def _higher(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)
