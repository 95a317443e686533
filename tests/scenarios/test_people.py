"""SEMANTICS: Acknowledge, handing over, People."""

from shared.adapters import policy_yaml
from shared.domain.policy import Person, Policy
from tests.scenarios.telling import at, clocks, entries, pages, play, told


def without(*people: str) -> Policy:
    """`retail` where nobody has a contact of these people."""
    policy = policy_yaml.load("retail")
    silent = {name: Person(name=policy.people[name].name) for name in people}
    return policy.model_copy(update={"people": {**policy.people, **silent}})


def test_the_owner_is_silent_and_the_supervisor_acknowledges_at_41_minutes() -> None:
    story = play(
        at("0", "received", level="major"),
        at("41m", "acknowledged", by="zhang.wei", source="link"),
        until="3h59m",
    )
    assert pages(story) == [
        "0 front_line opened",
        "0 supervisor opened",
        "24m front_line warning respond",
        "30m regional_manager missed respond",
        "40m headquarters unacknowledged respond",
        "3h12m supervisor warning step_in",
    ]
    assert entries(story, "ladder_stopped") == ["41m"]


def test_free_text_from_an_intake_system_acknowledges_as_well() -> None:
    story = play(at("0", "received", level="inquiry"), at("5m", "acknowledged", by="agent 7 in the call centre"))
    assert clocks(story) == {"inquiry respond": "met"}


def test_a_later_miss_starts_a_new_ladder_above_the_holder() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("10m", "acknowledged", by="zhang.wei"),
        at("20m", "proposed", by="zhang.wei", solution="A new kettle"),
        until="1d30m",
    )
    assert pages(story)[-2:] == [
        "1d regional_manager missed resolve",
        "1d30m headquarters unacknowledged resolve",
    ]


def test_a_later_miss_starts_at_rung_2_where_the_holder_stands_on_none() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("10m", "acknowledged", by="somebody at the desk"),
        until="2h",
    )
    assert pages(story)[-1] == "2h supervisor missed propose"


def test_a_later_miss_of_the_top_rung_s_incident_pages_the_top_rung_itself() -> None:
    story = play(at("0", "received", level="ordinary"), at("1m", "acknowledged", by="chen.jing"), until="2h30m")
    assert pages(story)[-2:] == ["2h vice_president missed propose", "2h30m supervisor repeat propose"]
    assert told(story) == ["2h30m operations ladder_ended"]


def test_an_acknowledged_incident_without_events_pages_its_holder_and_then_the_rung_above() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("10m", "acknowledged", by="zhang.wei"),
        at("20m", "proposed", by="zhang.wei", solution="A new kettle"),
        until="13h",
    )
    assert pages(story)[1:] == [
        "6h20m supervisor unmoved",
        "6h50m regional_manager unmoved",
        "12h20m supervisor unmoved",
        "12h50m regional_manager unmoved",
    ]


def test_without_a_resolve_clock_the_holder_hears_after_a_day() -> None:
    story = play(at("0", "received", level="inquiry"), at("1h", "acknowledged", by="li.na"), until="1d2h")
    assert pages(story)[1:] == ["1d1h front_line unmoved", "1d1h30m supervisor unmoved"]


def test_a_quarter_of_a_short_resolve_clock_is_at_least_half_an_hour() -> None:
    policy = policy_yaml.load("it-service-desk")
    p1 = policy.levels["p1"]
    short = p1.model_validate({**dict(p1), "clocks": {"respond": "30m", "resolve": "1h"}})
    story = play(
        at("0", "received", level="p1"),
        at("1m", "acknowledged", by="nobody in the directory"),
        policy=policy.model_copy(update={"levels": {**policy.levels, "p1": short}}),
        until="40m",
    )
    assert pages(story)[-1] == "31m service_desk unmoved"


def test_every_event_puts_the_reminder_off() -> None:
    story = play(
        at("0", "received", level="inquiry"),
        at("1h", "acknowledged", by="li.na"),
        at("20h", "updated", product="kettle"),
        until="1d19h59m",
    )
    assert pages(story) == ["0 front_line opened"]


def test_who_is_handed_an_incident_is_paged_and_takes_it_by_acknowledging() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("10m", "handed_over", by="li.na", to="zhang.wei", source="link"),
        at("30m", "acknowledged", by="zhang.wei", source="link"),
        at("40m", "proposed", by="zhang.wei", solution="A new kettle"),
        until="7h",
    )
    assert pages(story) == ["0 front_line opened", "10m supervisor handed_over", "6h40m supervisor unmoved"]


def test_a_handover_that_nobody_takes_pages_the_old_holder_and_the_next_rung() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("10m", "handed_over", by="li.na", to="zhang.wei", source="link"),
        until="1h",
    )
    assert pages(story)[1:] == [
        "10m supervisor handed_over",
        "40m front_line unacknowledged",
        "40m regional_manager unacknowledged",
    ]


def test_a_handover_to_somebody_who_cannot_be_reached_comes_back_at_once() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("10m", "handed_over", by="li.na", to="nobody.known", source="link"),
        until="1h",
    )
    assert pages(story)[1:] == ["10m front_line unacknowledged", "10m supervisor unacknowledged"]


def test_a_person_may_ask_for_the_next_rung_at_once_and_again() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "escalated", by="li.na", reason="the customer shouts", source="link"),
        at("10m", "escalated", by="li.na", reason="still shouting", source="link"),
        until="40m",
    )
    assert pages(story)[1:] == [
        "5m supervisor escalated",
        "10m regional_manager escalated",
        "40m headquarters unacknowledged",
    ]


def test_a_rung_without_a_reachable_person_is_skipped_upwards_and_operations_are_told() -> None:
    story = play(at("0", "received", level="ordinary"), policy=without("zhang.wei"), until="2h")
    assert pages(story)[-1] == "2h regional_manager missed respond"
    assert told(story) == ["2h operations rung_skipped"]


def test_where_nobody_at_all_can_be_reached_operations_hear_of_it_every_round() -> None:
    nobody = without("li.na", "zhang.wei", "wang.fang", "liu.yang", "chen.jing")
    story = play(at("0", "received", level="ordinary"), policy=nobody, until="4h")
    assert pages(story) == []
    assert "2h operations nobody_reachable" in told(story)


def test_one_person_on_two_rungs_is_paged_for_each() -> None:
    policy = policy_yaml.load("retail")
    first, second, *rest = policy.chains["default"]
    chains = {**policy.chains, "default": (first, second.model_copy(update={"people": first.people}), *rest)}
    story = play(at("0", "received", level="major"), policy=policy.model_copy(update={"chains": chains}), until="1m")
    assert [(page.rung, page.person) for page, _ in story.pages] == [("front_line", "li.na"), ("supervisor", "li.na")]
