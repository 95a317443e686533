"""What holds for all policies that ship."""

from __future__ import annotations

import phonenumbers
import pytest

from shared.adapters import policy_yaml
from shared.domain.instants import HOUR, MINUTE

SHIPPED = ("it-service-desk", "retail", "three-tier")


def test_three_policies_ship() -> None:
    assert policy_yaml.shipped() == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_has_neither_errors_nor_warnings(name: str) -> None:
    file, text = policy_yaml.read_text(name)
    checked = policy_yaml.check(text, file)
    assert [str(problem) for problem in checked.problems] == []
    assert checked.policy is not None
    assert checked.policy.policy == name


@pytest.mark.parametrize("name", SHIPPED)
def test_sample_people_can_be_reached_two_ways_and_by_nobody_real(name: str) -> None:
    policy = policy_yaml.load(name)
    outside = {who for crisis in policy.crises.values() for rules in crisis.grades.values() for who in rules.told}
    people = {who: person for who, person in policy.people.items() if who not in outside}
    assert all(set(person.reachable_by) == {"sms", "email"} for person in people.values())
    assert all((person.email or "").endswith("@example.com") for person in people.values())
    phones = [person.phone or "" for person in people.values()]
    assert len(set(phones)) == len(phones)
    assert all(phone.startswith(("+861459999", "+1202555010")) for phone in phones)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_who_hears_of_statements_is_outside_the_house_and_nobody_real() -> None:
    retail = policy_yaml.load("retail")
    told = {who for crisis in retail.crises.values() for rules in crisis.grades.values() for who in rules.told}
    for person in (retail.people[who] for who in told):
        assert person.phone is None
        assert (person.email or "@example.com").endswith("@example.com")
        assert (person.webhook or "https://partner.example.com/").startswith("https://partner.example.com/")
        assert person.reachable_by


def test_the_service_desk_has_four_priorities_and_nothing_of_retail() -> None:
    desk = policy_yaml.load("it-service-desk")
    assert {level: dict(rules.clocks.running) for level, rules in desk.levels.items()} == {
        "p4": {"respond": 48 * HOUR, "resolve": 240 * HOUR},
        "p3": {"respond": 24 * HOUR, "resolve": 120 * HOUR},
        "p2": {"respond": 2 * HOUR, "resolve": 24 * HOUR},
        "p1": {"respond": 30 * MINUTE, "resolve": 4 * HOUR},
    }
    assert [level for level, rules in desk.levels.items() if rules.urgent] == ["p1"]
    assert desk.classification.default == "p3"
    assert (desk.close_requires, desk.aftercare.follow_up, desk.aftercare.root_cause) == ("none", None, None)
    chain = [rung.rung for rung in desk.chains["default"]]
    assert chain == ["service_desk", "team_lead", "service_manager", "it_director", "vice_president"]
    assert desk.locale == "en"


def test_three_tier_pages_and_closes_as_the_rulebooks_say() -> None:
    tiers = policy_yaml.load("three-tier")
    assert [level for level, rules in tiers.levels.items() if rules.urgent] == ["urgent"]
    assert {rules.window for rules in tiers.levels.values()} == {30 * MINUTE}
    assert {rules.page_at_opening for rules in tiers.levels.values()} == {(1,)}
    assert tiers.close_requires == "confirmation"
    assert (tiers.aftercare.follow_up, tiers.aftercare.root_cause) == (24 * HOUR, 48 * HOUR)
