"""Every cross-check has an example that fails it; the policies the examples start from pass all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.adapters.policy_yaml import dotted
from shared.domain.policy_check import findings
from tests.unit.policy_text import FULL, SMALL, policy


def found(text: str, change: Callable[[Any], object] = lambda _: None) -> list[tuple[str, str, str]]:
    return [(finding.severity, dotted(finding.path), finding.message) for finding in findings(policy(text, change))]


@pytest.mark.parametrize("text", [SMALL, FULL])
def test_a_sound_policy_has_no_findings(text: str) -> None:
    assert found(text) == []


def rung(data: Any, number: int, chain: str = "default") -> Any:
    return data["chains"][chain][number - 1]


def hooked(data: Any, url: str, **contacts: str) -> None:
    data["people"]["bob"] = {"name": "Bob", "webhook": url, **contacts}


def hours(data: Any, *openings: tuple[str, str, str]) -> None:
    data["calendars"]["office"]["open"] = [
        {"days": days.split(), "opens": opens, "closes": closes} for days, opens, closes in openings
    ]


ERRORS: list[tuple[str, Callable[[Any], object], str, str]] = [
    (SMALL, lambda d: d.update(locale="fr"), "locale", "no templates for 'fr': must be 'zh-CN' or 'en'"),
    (SMALL, lambda d: d["people"]["bob"].update(locale="zh"), "people.bob.locale", "no templates for 'zh'"),
    # levels
    (
        SMALL,
        lambda d: d["levels"]["high"].update(page_at_opening=[1, 4]),
        "levels.high.page_at_opening[1]",
        "only 3 rungs",
    ),
    (
        SMALL,
        lambda d: d["levels"]["high"].update(page_at_opening=[2]),
        "levels.high.page_at_opening",
        "rung 1 is always",
    ),
    (SMALL, lambda d: d["levels"]["high"].update(page_at_opening=[1, 1]), "levels.high.page_at_opening[1]", "twice"),
    (SMALL, lambda d: d["levels"]["low"].update(calendar="shop"), "levels.low.calendar", "there is no calendar 'shop'"),
    (FULL, lambda d: d["levels"]["low"].update(calendar="shop"), "levels.low.calendar", "there is 'office'"),
    (FULL, lambda d: d["levels"]["low"].update(urgent=True), "levels.low.calendar", "an urgent level"),
    # classification
    (SMALL, lambda d: d["classification"].update(default="mid"), "classification.default", "there is no level 'mid'"),
    (
        SMALL,
        lambda d: d["classification"]["rules"].append({"when": {"vip": True}, "level": "mid"}),
        "classification.rules[1].level",
        "there is no level 'mid'; there is 'high' or 'low'",
    ),
    (
        SMALL,
        lambda d: d["classification"]["rules"].append({"when": {"keywords": "stolen"}, "level": "high"}),
        "classification.rules[1].when.keywords",
        "there is no keyword list 'stolen'; there is 'hurt'",
    ),
    (
        SMALL,
        lambda d: d["classification"]["rules"].append({"when": {"scope": []}, "level": "high"}),
        "classification.rules[1].when",
        "would always hold",
    ),
    (
        SMALL,
        lambda d: d["classification"]["rules"].append({"when": {"amount_cny_from": "inf"}, "level": "high"}),
        "classification.rules[1].when.amount_cny_from",
        "must be a number of CNY",
    ),
    (SMALL, lambda d: d["keywords"].update(hurt=["ow", " "]), "keywords.hurt[1]", "a blank word"),
    (SMALL, lambda d: d["keywords"].update(hurt=[]), "keywords.hurt", "found in every text"),
    (SMALL, lambda d: d.update(rating={"reopen_at_most": 4}), "rating.reopen_at_most", "a rating of 4 would both"),
    # calendars
    (FULL, lambda d: hours(d, ("", "09:00", "18:00")), "calendars.office.open", "is never open"),
    (
        FULL,
        lambda d: hours(d, ("mon", "09:00", "09:00")),
        "calendars.office.open[0].closes",
        "must close after it opens",
    ),
    (FULL, lambda d: hours(d, ("mon", "22:00", "06:00")), "calendars.office.open[0].closes", "hours past midnight"),
    (
        FULL,
        lambda d: hours(d, ("mon tue", "09:00", "13:00"), ("tue", "12:00", "18:00")),
        "calendars.office.open[1]",
        "overlaps with open[0] on tue",
    ),
    (
        FULL,
        lambda d: hours(d, ("mon", "20:00", "00:00"), ("mon", "23:00", "00:00")),
        "calendars.office.open[1]",
        "overlaps with open[0] on mon",
    ),
    # routing
    (FULL, lambda d: d["routing"][0].update(chain="south"), "routing[0].chain", "there is no chain 'south'"),
    (FULL, lambda d: d["routing"][0].update(when={"level": "mid"}), "routing[0].when.level", "there is no level 'mid'"),
    (FULL, lambda d: d["routing"][0].update(when={}), "routing[0].when", "names nothing and is never taken"),
    # chains
    (SMALL, lambda d: d.update(chains={"main": d["chains"]["default"]}), "chains", "needs a chain `default`"),
    (SMALL, lambda d: rung(d, 2).update(rung="first"), "chains.default[1].rung", "is called 'first'"),
    (SMALL, lambda d: rung(d, 2).update(rung="holder"), "chains.default[1].rung", "choose another name"),
    (SMALL, lambda d: rung(d, 2).update(people=[]), "chains.default[1].people", "nobody stands on this rung"),
    (SMALL, lambda d: rung(d, 2).update(people=["ann"] * 21), "chains.default[1].people", "at most 20 are paged"),
    (SMALL, lambda d: rung(d, 2).update(people=["bob", "bert"]), "chains.default[1].people[1]", "no person 'bert'"),
    (SMALL, lambda d: rung(d, 2).update(people=["bob", "bob"]), "chains.default[1].people[1]", "on this rung twice"),
    # people and operations
    (SMALL, lambda d: d["people"].update(dee={"name": "Dee"}), "people.dee", "cannot be reached"),
    (
        SMALL,
        lambda d: d["people"].update(dee={"name": "Dee", "email": "dee@example.com", "channels": ["sms"]}),
        "people.dee",
        "cannot be reached: no contact on any of the channels",
    ),
    (
        SMALL,
        lambda d: d["people"]["bob"].update(channels=["email", "email"]),
        "people.bob.channels[1]",
        "'email' stands",
    ),
    (SMALL, lambda d: d.update(operations=["cy", "dee"]), "operations[1]", "there is no person 'dee'"),
    (SMALL, lambda d: d.update(operations=["cy", "cy"]), "operations[1]", "stands here twice"),
]

WARNINGS: list[tuple[str, Callable[[Any], object], str, str]] = [
    (SMALL, lambda d: d["classification"].update(default="high"), "levels.low", "no rule gives this level"),
    (SMALL, lambda d: d["levels"]["high"].update(clocks={}), "levels.high", "starts no clock"),
    (
        SMALL,
        lambda d: d["levels"]["high"]["clocks"].update(respond="4s"),
        "levels.high.clocks.respond",
        "a second apart",
    ),
    (
        FULL,
        lambda d: d["levels"]["low"]["milestones"].update(contain="4s"),
        "levels.low.milestones.contain",
        "80% of 4s",
    ),
    (
        FULL,
        lambda d: d["levels"]["low"]["channels"]["email"].update(respond="1s"),
        "levels.low.channels.email.respond",
        "the warning comes within a second",
    ),
    (
        FULL,
        lambda d: (d["chains"]["north"].pop(), d["repeat"].pop("from_rung")),
        "levels.low.clocks.step_in",
        "chain 'north' has no rung 3: only a resolve can meet this clock",
    ),
    (
        SMALL,
        lambda d: d["keywords"].update(lost=["stolen"]),
        "keywords.lost",
        "no classification rule and no crisis type uses this",
    ),
    (SMALL, lambda d: d["keywords"]["hurt"].append("伤"), "keywords.hurt[2]", "a single character such as '伤'"),
    (FULL, lambda d: d["levels"]["low"].pop("calendar"), "calendars.office", "no level uses this calendar"),
    (FULL, lambda d: d["routing"].append(d["routing"][0]), "routing[1].when", "routing[0] has the same condition"),
    (FULL, lambda d: d.pop("routing"), "chains.north", "no route leads to this chain"),
    (SMALL, lambda d: rung(d, 3).update(people=["cy", "bob"]), "chains.default[2].people[1]", "paged twice in a row"),
    (
        SMALL,
        lambda d: (rung(d, 3).update(people=["cy", "ann"]), d.update(repeat={"from_rung": 1})),
        "chains.default[2].people[1]",
        "'ann' stands on rung 1 too, where a new round begins",
    ),
    (SMALL, lambda d: d.update(repeat={"from_rung": 3}), "repeat.from_rung", "is the last rung of chain 'default'"),
    (SMALL, lambda d: d.update(repeat={"from_rung": 4}), "repeat.from_rung", "chain 'default' has only 3 rungs"),
    (
        SMALL,
        lambda d: hooked(d, "http://hooks.example.com/x", email="bob@example.com"),
        "people.bob.webhook",
        "nothing would be posted to it (only https)",
    ),
    (
        SMALL,
        lambda d: d["people"]["bob"].update(channels=["sms", "email"]),
        "people.bob.channels[0]",
        "no contact for 'sms'",
    ),
]


@pytest.mark.parametrize(
    ("text", "change", "path", "message"), ERRORS, ids=[f"{case[2]}: {case[3]}" for case in ERRORS]
)
def test_an_error_is_found_at_its_place(text: str, change: Callable[[Any], object], path: str, message: str) -> None:
    assert [(at, message in said) for severity, at, said in found(text, change) if severity == "error"][:1] == [
        (path, True)
    ]


@pytest.mark.parametrize(
    ("text", "change", "path", "message"), WARNINGS, ids=[f"{case[2]}: {case[3]}" for case in WARNINGS]
)
def test_what_is_odd_is_a_warning_and_nothing_else(
    text: str, change: Callable[[Any], object], path: str, message: str
) -> None:
    [(severity, at, said)] = found(text, change)
    assert (severity, at) == ("warning", path)
    assert message in said


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example.com/x", "only https"),
        ("https://ann:secret@hooks.example.com/x", "credentials in the URL"),
        ("https://10.1.2.3/x", "an address of an internal network"),
        ("https://127.0.0.1:8443/x", "an address of an internal network"),
        ("https://169.254.169.254/x", "an address of an internal network"),
        ("https://[::1]/x", "an address of an internal network"),
        ("https://hooks.example.com/a b", "no URL of a webhook"),
        ("https://[", "no URL"),
    ],
)
def test_somebody_with_no_contact_but_a_webhook_nothing_is_posted_to_is_an_error(url: str, why: str) -> None:
    assert found(SMALL, lambda d: hooked(d, url)) == [
        ("error", "people.bob.webhook", f"nothing would be posted to it ({why}), and there is no other contact")
    ]
    beside = found(SMALL, lambda d: hooked(d, url, email="bob@example.com"))
    assert beside == [("warning", "people.bob.webhook", f"nothing would be posted to it ({why})")]


@pytest.mark.parametrize("url", ["https://hooks.example.com/x?y=1", "https://93.184.216.34/x", "https://例子.cn/x"])
def test_a_webhook_of_the_internet_is_contact_enough(url: str) -> None:
    assert found(SMALL, lambda d: hooked(d, url)) == []


def test_a_webhook_that_is_not_among_the_channels_is_never_posted_to() -> None:
    def change(data: Any) -> None:
        hooked(data, "http://hooks.example.com/x", email="bob@example.com")
        data["people"]["bob"]["channels"] = ["email"]

    assert found(SMALL, change) == []


@pytest.mark.parametrize(
    ("repeat", "told"), [({}, []), ({"from_rung": 1}, []), ({"from_rung": 2}, ["repeat.from_rung"])]
)
def test_on_a_short_chain_a_round_begins_where_it_must_unless_somebody_wrote_a_rung_it_does_not_have(
    repeat: dict[str, int], told: list[str]
) -> None:
    def change(data: Any) -> None:
        del data["chains"]["default"][1:]
        data["repeat"] = repeat

    assert [at for _, at, _ in found(SMALL, change)] == told


def test_a_rung_nobody_of_whom_can_be_reached_is_an_error_beside_the_people() -> None:
    assert [(at, said) for _, at, said in found(SMALL, lambda d: d["people"]["bob"].pop("email"))] == [
        ("chains.default[1].people", "nobody on this rung can be reached"),
        ("people.bob", "cannot be reached: no contact on any of the channels"),
    ]


def test_operations_that_cannot_be_reached_are_an_error() -> None:
    def change(data: Any) -> None:
        data["people"]["dee"] = {"name": "Dee"}
        data["operations"] = ["dee"]

    assert [at for _, at, _ in found(SMALL, change)] == ["people.dee", "operations"]


def test_a_level_is_measured_against_the_chains_it_may_go_up_and_no_other() -> None:
    def change(data: Any) -> None:
        data["levels"]["high"]["page_at_opening"] = [1, 2]
        data["chains"]["short"] = [{"rung": "only", "people": ["bob"]}]
        data["routing"] = [{"when": {"level": route}, "chain": "short"}]

    route = "low"
    assert found(SMALL, change) == []
    route = "high"
    assert [at for _, at, _ in found(SMALL, change)] == ["levels.high.page_at_opening[1]"]


def test_openings_that_touch_do_not_overlap() -> None:
    assert found(FULL, lambda d: hours(d, ("mon", "09:00", "13:00"), ("mon", "13:00", "00:00"))) == []
    assert found(FULL, lambda d: hours(d, ("mon", "00:00", "00:00"))) == []


def test_every_finding_is_told_at_once() -> None:
    def change(data: Any) -> None:
        data["operations"] = ["dee"]
        data["classification"]["default"] = "mid"
        rung(data, 1)["people"] = []

    assert [at for severity, at, _ in found(SMALL, change) if severity == "error"] == [
        "classification.default",
        "chains.default[0].people",
        "operations[0]",
    ]


def test_a_clock_that_would_run_for_years_in_its_calendar_is_an_error() -> None:
    def rare(data: Any) -> None:
        data["calendars"] = {"rare": {"zone": "UTC", "open": [{"days": ["mon"], "opens": "09:00", "closes": "09:10"}]}}
        data["levels"]["low"]["calendar"] = "rare"
        data["levels"]["low"]["clocks"]["resolve"] = "200h"

    assert [finding for finding in found(SMALL, rare) if finding[1] == "levels.low.clocks.resolve"] == [
        (
            "error",
            "levels.low.clocks.resolve",
            "would take years in the calendar 'rare', which is open too little",
        )
    ]
