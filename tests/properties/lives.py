"""Random lives of one incident: what may happen to a complaint, by whom, and when."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from shared.adapters import policy_yaml
from shared.domain.events import EVENT, Event, incident_id
from shared.domain.instants import MINUTE, format_instant
from tests.scenarios.telling import MIDNIGHT

RETAIL = policy_yaml.load("retail")
UNCONFIRMED = RETAIL.model_copy(update={"close_requires": "none"})
POLICIES = {"retail": RETAIL, "without confirmation": UNCONFIRMED}
SOURCE = "crm/hotline"
CASE = incident_id(SOURCE, "C-1")
PEOPLE = ("li.na", "zhang.wei", "wang.fang", "liu.yang", "chen.jing", "he.ping")
LEVELS = ("suggestion", "inquiry", "ordinary", "important", "major", "crisis")
"""Without `data_breach`: its chain is another one, and a person's rung is looked up when the event arrives."""


def bounded(examples: int) -> settings:
    """So many examples, on the build server always the same ones; `MORE_EXAMPLES=50` searches fifty times as long."""
    return settings(
        max_examples=examples * int(os.environ.get("MORE_EXAMPLES", "1")),
        deadline=None,
        derandomize="CI" in os.environ,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


_SYSTEM: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "acknowledged": st.fixed_dictionaries({"by": st.sampled_from(["desk", "zhang.wei", "chen.jing"])}),
    "proposed": st.just({"by": "desk", "solution": "A new kettle"}),
    "waiting": st.just({"reason": "away"}),
    "resumed": st.just({}),
    "resolved": st.just({"by": "desk"}),
    "followed_up": st.just({"by": "desk"}),
    "confirmed": st.just({"by": "desk"}),
    "rated": st.fixed_dictionaries({"score": st.integers(1, 5)}),
    "root_cause_started": st.just({"by": "desk"}),
    "reopened": st.just({}),
    "closed": st.just({}),
    "updated": st.one_of(
        st.fixed_dictionaries({"amount_cny": st.sampled_from([100, 10_000, 100_000, 1_000_000])}),
        st.fixed_dictionaries({"reposts": st.sampled_from([10, 500, 5_000, 50_000])}),
        st.fixed_dictionaries({"scope": st.sampled_from(["store", "region", "nation"])}),
        st.just({"details": "a child was injured"}),
        st.just({"store": "S-2"}),
    ),
}
_person = st.fixed_dictionaries({"by": st.sampled_from(PEOPLE)})
_PEOPLE: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "acknowledged": _person,
    "resolved": _person,
    "closed": _person,
    "escalated": st.fixed_dictionaries({"by": st.sampled_from(PEOPLE), "reason": st.just("now")}),
    "handed_over": st.fixed_dictionaries(
        {"by": st.sampled_from(PEOPLE), "to": st.sampled_from([*PEOPLE, "nobody.known"])}
    ),
    "reclassified": st.fixed_dictionaries(
        {"by": st.sampled_from(PEOPLE), "level": st.sampled_from(LEVELS), "reason": st.just("so it is")}
    ),
    "milestone.met": st.fixed_dictionaries({"by": st.sampled_from(PEOPLE), "milestone": st.just("group")}),
}
_KINDS = [("system", kind) for kind in _SYSTEM] + [("people", kind) for kind in _PEOPLE]


@st.composite
def happenings(draw: st.DrawFn, *, by_people: bool = True) -> tuple[str, str, dict[str, Any]]:
    """Source, type and data of something that happens to an incident."""
    who, kind = draw(st.sampled_from(_KINDS if by_people else [each for each in _KINDS if each[0] == "system"]))
    if who == "system":
        return SOURCE, f"complaint.{kind}", draw(_SYSTEM[kind])
    full = kind if "." in kind else f"complaint.{kind}"
    return draw(st.sampled_from(["link", "console"])), full, {**draw(_PEOPLE[kind]), "incident": CASE}


def event(number: int, when: int, happening: tuple[str, str, dict[str, Any]]) -> Event:
    """The event of a happening; its number makes its id."""
    source, kind, data = happening
    raw = {"specversion": "1.0", "id": f"e-{number:03d}", "source": source, "type": kind}
    return EVENT.validate_python({**raw, "time": format_instant(when), "subject": "C-1", "data": data})


def complaint(level: str, when: int = MIDNIGHT) -> Event:
    """The event that opens it."""
    return event(0, when, (SOURCE, "complaint.received", {"summary": "It leaks", "channel": "store", "level": level}))


@st.composite
def lives(draw: st.DrawFn, *, longest: int = 12, hours: int = 40) -> list[Event]:
    """A complaint and what happens to it afterwards, in any order, at whole minutes: some fall on deadlines."""
    edges = [0, 24, 30, 40, 50, 96, 120, 150, 240, 19 * 60 + 12, 24 * 60]
    minutes = st.one_of(st.sampled_from(edges), st.integers(0, hours * 60))
    what = draw(st.lists(st.tuples(minutes, happenings()), max_size=longest))
    opening = complaint(draw(st.sampled_from(LEVELS)))
    return [opening, *(event(n, MIDNIGHT + at * MINUTE, each) for n, (at, each) in enumerate(what, 1))]
