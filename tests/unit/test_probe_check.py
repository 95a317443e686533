"""A policy whose synthetic complaint could page anybody real, or prove nothing, is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.policy_yaml import dotted, shipped
from shared.domain.policy_check import findings
from shared.domain.probe import with_probe
from tests.complaint_of_two import received
from tests.probed_policy import CONTACT, add_probe, probed
from tests.unit.policy_text import FULL, SMALL, policy


@pytest.mark.parametrize("text", [SMALL, FULL])
def test_a_sound_probe_has_no_findings(text: str) -> None:
    assert findings(policy(text, add_probe)) == ()


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_policy_takes_a_probe(name: str) -> None:
    assert [found for found in findings(probed(name)) if found.severity == "error"] == []


@pytest.mark.parametrize("part", ["levels", "chains", "people"])
def test_what_the_stage_calls_its_own_is_nothing_real(part: str) -> None:
    def unnamed(data: Any) -> None:
        data[part]["probe"] = next(iter(data[part].values()))

    errors = [dotted(each.path) for each in findings(policy(SMALL, unnamed)) if each.severity == "error"]
    assert errors == [f"{part}.probe"]
    taken = policy(SMALL, unnamed)
    assert with_probe(taken, CONTACT) is taken


def test_a_policy_with_a_probe_of_its_own_keeps_it() -> None:
    own = policy(SMALL, add_probe)
    assert with_probe(own, "another@example.com") is own


def test_a_stage_without_a_contact_adds_none() -> None:
    assert with_probe(policy(SMALL), "").probe is None


def also(change: Callable[[Any], object]) -> Callable[[Any], None]:
    def both(data: Any) -> None:
        add_probe(data)
        change(data)

    return both


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda d: d.update(probe="none"), "probe", "there is no level 'none'"),
        (lambda d: d["routing"].pop(), "probe", "real people are paged"),
        (lambda d: d.update(probe="high"), "probe", "a level of real complaints"),
        (lambda d: d["classification"].update(default="probe"), "probe", "a level of real complaints"),
        (lambda d: d["levels"]["probe"]["clocks"].update(respond="5m"), "levels.probe.clocks.respond", "within 1m30s"),
        (lambda d: d["levels"]["probe"].update(clocks={"resolve": "1m"}), "levels.probe.clocks", "within 1m30s"),
        (lambda d: d["levels"]["probe"].update(window="10m"), "levels.probe.window", "at least 1h"),
        (
            lambda d: d["chains"]["probe"][0].update(people=["bob"]),
            "chains.probe[0].people[0]",
            "'bob' is paged for real too",
        ),
        (lambda d: d.update(operations=["cy", "probe"]), "chains.probe[0].people[0]", "'probe' is paged for real too"),
        (
            lambda d: d["people"]["probe"].update(phone="+12025550106", channels=["email", "sms"]),
            "chains.probe[0].people[0]",
            "by SMS, which costs",
        ),
    ],
)
def test_a_probe_that_is_none_is_named(change: Callable[[Any], object], where: str, what: str) -> None:
    errors = [(dotted(each.path), each.message) for each in findings(policy(SMALL, also(change)))]
    assert any(path == where and what in message for path, message in errors), errors


def test_a_probe_in_business_hours_proves_nothing_at_night() -> None:
    change = also(lambda d: d["levels"]["probe"].update(calendar="office"))
    errors = {dotted(each.path) for each in findings(policy(FULL, change)) if each.severity == "error"}
    assert "levels.probe.calendar" in errors


@pytest.mark.parametrize(("level", "crisis"), [("probe", None), ("major", "data_breach")])
def test_whatever_a_policy_has_for_a_keyword_a_probe_makes_no_crisis(level: str, crisis: str | None) -> None:
    written = probed()
    breach = written.crises["data_breach"].model_copy(update={"keywords": ("additives",)})
    changes = {
        "keywords": {**written.keywords, "additives": ("synthetic",)},
        "crises": {**written.crises, "data_breach": breach},
    }
    rules = written.model_copy(update=changes)
    course = received(rules, "rules", "A synthetic complaint", level=level).course
    assert (course.crisis.kind if course.crisis else None) == crisis
