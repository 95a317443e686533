"""The crisis of the demo as data: who plays, when, and under which policy."""

from __future__ import annotations

import pytest

from cli.demo_crisis.policy import demo_policy
from cli.demo_crisis.story import CALLED, LATE, STORY, Cast, When, in_order, moment, stream
from shared.adapters import policy_yaml
from shared.domain.events import EVENT
from shared.domain.instants import HOUR, MINUTE, SECOND, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
RETAIL = policy_yaml.load("retail")


def test_the_demos_policy_is_retail_but_for_two_rungs_and_one_address() -> None:
    checked = policy_yaml.check(demo_policy(), "demo")
    assert checked.policy is not None, checked.problems
    ours, shipped = (policy.model_dump() for policy in (checked.policy, RETAIL))
    rungs = ours["crises"]["public"]["statements"]["rungs"]
    assert {name: rung["due"] // MINUTE for name, rung in rungs.items()} == {"first": 30, "progress": 90, "full": 150}
    for name, rung in shipped["crises"]["public"]["statements"]["rungs"].items():
        rungs[name]["due"] = rung["due"]
    feed = ours["people"].pop("partner.feed")
    shipped["people"].pop("partner.feed")
    assert feed["webhook"] is None
    assert feed["email"] == "partner.feed@example.com"
    assert ours == shipped


def test_times_of_a_later_statement_move_with_its_rung() -> None:
    demo = policy_yaml.parse(demo_policy(), "demo")
    late = When(4, "due", LATE)
    assert (moment(late, RETAIL), moment(late, demo)) == (10 * MINUTE + 6 * HOUR + 4 * MINUTE, 104 * MINUTE)
    before_half = When(-4, "half", "full")
    assert (moment(before_half, RETAIL), moment(before_half, demo)) == (24 * HOUR + 6 * MINUTE, 81 * MINUTE)
    assert moment(When(7), RETAIL) == moment(When(7), demo) == 7 * MINUTE


def test_the_cast_is_the_team_on_duty() -> None:
    west, east = START, START + 7 * 24 * HOUR
    assert Cast(RETAIL, west).person("commander") == "lu.zhengyang"
    assert Cast(RETAIL, east).person("commander") == "lin.guodong"
    assert Cast(RETAIL, west).person("quality.1") == "cui.baoguo"
    assert Cast(RETAIL, west).person("quality.1/b") == "zhong.lihua"
    assert Cast(RETAIL, west).person("front_line") == "li.na"
    with pytest.raises(LookupError, match=r"quality\.9"):
        Cast(RETAIL, west).person("quality.9")


@pytest.mark.parametrize("speed", [1, 60])
def test_the_stream_has_every_act_in_order_as_an_event_the_product_takes(speed: int) -> None:
    events = stream(RETAIL, START, speed)
    assert len(events) == len(STORY)
    times = [parse_instant(event["time"]) for event in events]
    assert times == sorted(times)
    assert times[0] == START
    updates = [event for event in events if event["type"] == "complaint.updated"]
    assert (parse_instant(updates[0]["time"]) - START) * speed == CALLED * MINUTE
    assert len({EVENT.validate_python(event).incident for event in events}) == 1
    assert len({event["id"] for event in events}) == len(STORY)


def test_people_act_upon_a_message_and_intake_systems_upon_nothing() -> None:
    assert {act.upon == "" for act in STORY if act.door == "intake"} == {True}
    assert {act.upon == "" for act in STORY if act.door != "intake"} == {False}
    assert {act.door for act in STORY if act.what == "crisis.confirmed"} == {"link", "api"}


def test_played_sixty_times_faster_it_is_over_in_less_than_three_minutes() -> None:
    last, _ = in_order(policy_yaml.parse(demo_policy(), "demo"))[-1]
    assert last / 60 <= 165 * SECOND
