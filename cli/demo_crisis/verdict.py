"""Judge the run: what was missing, extra, early, late or wrong, check by check. A check without a finding holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from cli.demo_crisis.expected import Called, Expected, Match, expected, fitted, in_turn, pages_of
from cli.demo_crisis.outcome import Outcome
from cli.demo_crisis.policy import SHIPPED
from cli.demo_crisis.story import (
    CALLED,
    CASE,
    COMMANDER,
    LATE,
    LEGAL,
    RUNGS,
    SEATS,
    SILENT,
    SOURCE,
    STAND_IN,
    STORY,
    TEXTS,
    stream,
)
from shared.adapters import policy_yaml
from shared.domain.instants import DAY, MINUTE, SECOND, parse_instant
from shared.domain.policy import Policy

RESPONSIBLE_WITHIN: Final = 30 * SECOND
"""How late the pages of the post may be: the promise of C1."""
PAGED_WITHIN: Final = 3 * SECOND
"""How late the page of a deadline may be in the carrier's record."""
CALLED_WITHIN: Final = 5 * SECOND
"""The same for the pages of an event that comes in, twelve at once: as long as the window of a seat."""
OF_EVENTS: Final = frozenset({"called", "raised"})
"""Reasons of pages that an event makes."""
TOLD_WITHIN: Final = 10 * SECOND
"""How late what only informs may be: a statement has to be on the site before it is told of."""
PUBLIC_WITHIN: Final = 8 * SECOND
"""How long a statement may take from its time to the site, as it is looked at twice a second."""
_WHOLE: Final = 3 * DAY
"""How long the story takes in real time, at most."""


class Check(NamedTuple):
    """A sentence, and what contradicts it."""

    says: str
    against: Sequence[str]


@dataclass
class Verdict:
    """What is judged, with the messages as they fit what was asked for."""

    matches: list[Match] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def judge(outcome: Outcome, speed: int) -> Verdict:
    """Every check that needs nothing but what was collected."""
    timeline = outcome.view["timeline"]
    scaled = outcome.policy.scaled(speed)
    matches, left = fitted(expected(happened(timeline), scaled, outcome.ended), outcome.sent)
    verdict = Verdict(matches, [f"{one.via} to {one.person}: {one.head}" for one in left])
    verdict.checks = [
        Check(f"everybody did their part ({len(STORY)} acts), through the API and the links alone", _undone(outcome)),
        *_of_the_carrier(matches, verdict.extra),
        Check("it went blue, yellow, red, at the minutes of the post", _grades(timeline, outcome.start, speed)),
        Check("the silent A was replaced by the B, and every seat was taken", _seats(outcome)),
        Check("muster, review and the full chain were met; the plan was late and escalated", _milestones(outcome)),
        Check(
            "who was paged why is the same as in `simulate`, in real time with 30 min, 6 h and 48 h",
            _sequence(outcome, timeline),
        ),
        Check("and at the very times of the plan", _times(outcome, timeline, speed)),
        Check("three statements, each approved by two others, public once and not before its time", _ladder(outcome)),
    ]
    return verdict


def happened(timeline: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The events that were taken, with their times; what the system told itself is its own doing."""
    events = []
    for entry in timeline:
        said = entry["data"]
        if "event" in said and said.get("source") != "tocsin":
            told = dict(said["data"])
            if entry["kind"] == "statement.drafted":
                told["text"] = TEXTS[told["rung"]]
            if said["source"] != SOURCE:
                told["of"] = SOURCE
                told.pop("incident", None)
            events.append(
                {
                    "specversion": "1.0",
                    "id": said["event"],
                    "source": said["source"],
                    "type": entry["kind"],
                    "subject": CASE,
                    "time": entry["at"],
                    "data": told,
                }
            )
    return events


def published_at(view: Mapping[str, Any]) -> dict[str, int]:
    """When it was decided that each statement is public (milliseconds UTC)."""
    entries = (entry for entry in view["timeline"] if entry["kind"] == "statement_published")
    return {entry["data"]["rung"]: parse_instant(entry["at"]) for entry in entries}


def _undone(outcome: Outcome) -> list[str]:
    missing = len(STORY) - len(outcome.taken)
    return [*outcome.refused, *([f"{missing} acts were not taken"] if missing and not outcome.refused else [])]


def _of_the_carrier(matches: Sequence[Match], extra: Sequence[str]) -> list[Check]:
    pages = [match for match in matches if match.wanted.kind == "page"]
    tells = [match for match in matches if match.wanted.kind == "tell"]
    return [
        Check(
            f"every page ({len(pages)}) and all news ({len(tells)}) reached the carrier, in their words",
            [_told(match.wanted) for match in matches if match.sent is None] or ([] if pages else ["there were none"]),
        ),
        Check("and nothing else did", extra),
        Check(
            "none was early", [_told(match.wanted) for match in matches if match.late is not None and match.late < 0]
        ),
        Check(
            f"the responsible person was paged within {RESPONSIBLE_WITHIN // SECOND} s of the post, "
            f"the group within {CALLED_WITHIN // SECOND} s, a deadline within {PAGED_WITHIN // SECOND} s, "
            f"news within {TOLD_WITHIN // SECOND} s",
            [
                f"{_told(match.wanted)}: {match.late / SECOND:.1f} s late"
                for match in matches
                if match.late is not None and match.late > allowed(match.wanted)
            ],
        ),
    ]


def allowed(wanted: Expected) -> int:
    """How late a message may be (milliseconds)."""
    if wanted.reason == "opened":
        return RESPONSIBLE_WITHIN
    if wanted.kind == "tell":
        return TOLD_WITHIN
    return CALLED_WITHIN if wanted.reason in OF_EVENTS else PAGED_WITHIN


def _told(wanted: Expected) -> str:
    return " ".join(filter(None, (wanted.via, wanted.person, wanted.rung, wanted.reason, wanted.about)))


def _grades(timeline: Sequence[Mapping[str, Any]], start: int, speed: int) -> list[str]:
    graded = [entry for entry in timeline if entry["kind"] == "graded"]
    found = [entry["data"]["grade"] for entry in graded]
    if found != ["blue", "yellow", "red"]:
        return [f"it was graded {found}"]
    late = [(parse_instant(entry["at"]) - start) / SECOND for entry in graded]
    wanted = [0, CALLED * MINUTE / speed / SECOND]
    return [f"graded after {at:.1f} s" for at, due in zip(late, wanted, strict=False) if not due <= at <= due + 3]


def _seats(outcome: Outcome) -> list[str]:
    seats = {seat["seat"]: seat for seat in outcome.view["crisis"]["seats"]}
    found = []
    for name in SEATS:
        wanted = outcome.cast.person(STAND_IN if name == SILENT else name)
        seat = seats.get(name, {})
        if seat.get("person") != wanted:
            found.append(f"{name}: {seat.get('person')} sits there, not {wanted}")
    called = [outcome.cast.person(SILENT), outcome.cast.person(STAND_IN)]
    if list(seats.get(SILENT, {}).get("asked", ())) != called:
        found.append(f"{SILENT}: {seats.get(SILENT, {}).get('asked')} were called, not {called}")
    return found


_MILESTONES: Final = {"muster": "met", "full_chain": "met", "review": "met", "plan": "missed", "group": "met"}


def _milestones(outcome: Outcome) -> list[str]:
    verdicts = {clock["clock"]: clock["verdict"] for clock in outcome.view["clocks"]}
    return [
        f"{name}: {verdicts.get(name)}, not {wanted}"
        for name, wanted in _MILESTONES.items()
        if verdicts.get(name) != wanted
    ]


def paged(timeline: Sequence[Mapping[str, Any]]) -> list[tuple[int, Called]]:
    """The pages the timeline tells of, each with the time it was due (milliseconds UTC)."""
    entries = (entry["data"] for entry in timeline if entry["kind"] == "paged")
    return [
        (parse_instant(said["due"]), Called(said["reason"], said.get("clock"), said["rung"], said["person"]))
        for said in entries
    ]


def planned(policy: Policy, outcome: Outcome, speed: int = 1) -> list[tuple[int, list[Called]]]:
    """The pages of the story under a policy; the group is called when it was here, so the same team is on duty."""
    begin = outcome.cast.called_at - CALLED * MINUTE // speed
    return in_turn(pages_of(expected(stream(policy, begin, speed), policy.scaled(speed), begin + _WHOLE // speed)))


def _sequence(outcome: Outcome, timeline: Sequence[Mapping[str, Any]]) -> list[str]:
    real = planned(policy_yaml.load(SHIPPED), outcome)
    lived = [called for _, group in in_turn(paged(timeline)) for called in group]
    return differences(real, lived)


def differences(plan: Sequence[tuple[int, Sequence[Called]]], lived: Sequence[Called]) -> list[str]:
    """Where the pages, in their order, are not those of a plan; within one instant of the plan any order will do."""
    found: list[str] = []
    rest = list(lived)
    for _, group in plan:
        here, rest = rest[: len(group)], rest[len(group) :]
        found += [f"missing, or out of its turn: {_words(one)}" for one in (Counter(group) - Counter(here)).elements()]
        found += [f"instead: {_words(one)}" for one in (Counter(here) - Counter(group)).elements()]
    return found + [f"not in the plan: {_words(one)}" for one in rest]


def _words(called: Called) -> str:
    return " ".join(filter(None, called))


def _times(outcome: Outcome, timeline: Sequence[Mapping[str, Any]], speed: int) -> list[str]:
    """A deadline is due at its instant whenever it is seen to; news of an event is due when it has come in."""
    plan = {(one, number): at for at, one, number in _numbered(planned(outcome.policy, outcome, speed))}
    lived = {(one, number): at for at, one, number in _numbered(in_turn(paged(timeline)))}

    def minute(at: int) -> str:
        return f"minute {(at - outcome.start) * speed / MINUTE:.2f}"

    return [
        f"{_words(one)}: due at {minute(lived[one, number])}, planned for {minute(at)}"
        for (one, number), at in plan.items()
        if (one, number) in lived
        and not at <= lived[one, number] <= at + (CALLED_WITHIN if one.reason == "raised" else 0)
    ]


def _numbered(groups: Sequence[tuple[int, Sequence[Called]]]) -> Iterator[tuple[int, Called, int]]:
    """Who was paged when for the same reason: for the first time, for the second."""
    seen: Counter[Called] = Counter()
    for at, group in groups:
        for one in group:
            seen[one] += 1
            yield at, one, seen[one]


def _ladder(outcome: Outcome) -> list[str]:
    found: list[str] = []
    statements = {one["rung"]: one for one in outcome.view["crisis"]["statements"]}
    told = Counter(
        entry["data"]["rung"] for entry in outcome.view["timeline"] if entry["kind"] == "statement_published"
    )
    approvers = sorted([("legal", outcome.cast.person(LEGAL)), ("commander", outcome.cast.person(COMMANDER))])
    for rung in RUNGS:
        statement = statements.get(rung, {})
        revisions = [one for one in statement.get("revisions", ()) if one["published_at"]]
        if told[rung] != 1 or len(revisions) != 1:
            found.append(f"{rung} was published {told[rung]} times")
            continue
        if sorted((one["role"], one["person"]) for one in revisions[0]["approvals"]) != approvers:
            found.append(f"{rung} was approved by {revisions[0]['approvals']}")
        if statement["late"] != (rung == LATE):
            found.append(f"{rung} is {'late' if statement['late'] else 'not late'}")
        at, allowed_from = parse_instant(statement["published_at"]), parse_instant(statement["publish_at"])
        due = parse_instant(statement["due"])
        if not allowed_from <= at or (rung != LATE and at > due):
            found.append(f"{rung} was published at {statement['published_at']}, to be from {statement['publish_at']}")
        seen = outcome.public.first_seen.get(rung)
        if seen is None or not at <= seen <= at + PUBLIC_WITHIN:
            after = "never" if seen is None else f"{(seen - at) / SECOND:.1f} s after its time"
            found.append(f"{rung} was first seen on the site {after}")
    return found
