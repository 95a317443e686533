"""Odd orders, each once a mistake: what stops a ladder, what starts again, and what does not."""

from shared.adapters import policy_yaml
from shared.domain.decision import apply_event, open_incident, pass_time, record_for
from shared.domain.directory import Directory
from shared.domain.events import ComplaintReceived
from shared.domain.policy import Person
from tests.scenarios.telling import at, clocks, entries, instant, pages, play, told


def test_an_escalation_ends_with_the_resolve_although_the_customer_has_not_confirmed() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("10m", "escalated", by="li.na", reason="a lawyer called", source="link"),
        at("15m", "resolved", by="li.na"),
        until="19h",
    )
    assert pages(story) == ["0 front_line opened", "10m supervisor escalated"]
    assert entries(story, "ladder_stopped") == ["15m"]


def test_a_solved_complaint_raised_to_a_data_breach_gets_its_milestones_at_once() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("1h", "resolved", by="li.na"),
        at("2h", "reclassified", by="zhang.wei", level="data_breach", reason="the list was online", source="console"),
        until="3h",
    )
    assert "2h security_duty raised" in pages(story)
    assert "3h commander milestone_missed contain" in pages(story)
    assert clocks(story)["data_breach contain"] == "missed"


def test_a_complaint_raised_while_it_was_solved_gets_the_missing_clocks_when_it_is_reopened() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("1h", "resolved", by="li.na"),
        at("2h", "reclassified", by="zhang.wei", level="major", reason="it grows", source="console"),
        at("3h", "reopened"),
        until="7h",
    )
    assert clocks(story)["major step_in"] == "missed"  # from the re-opening: 3 h + 4 h


def test_lowered_by_mistake_and_raised_again_the_milestones_of_the_crisis_run_on() -> None:
    story = play(
        at("0", "received", level="data_breach"),
        at("10m", "reclassified", by="wu.hao", level="ordinary", reason="a slip", source="console"),
        at("20m", "reclassified", by="wu.hao", level="data_breach", reason="undo", source="console"),
        until="1h20m",
    )
    # The level is a person's to lower, the crisis goes on until it is stood down: its milestone runs as it ran.
    assert clocks(story)["data_breach contain"] == "missed"
    assert "1h commander milestone_missed contain" in pages(story)


def test_resumed_does_not_start_a_ladder_again_that_a_person_had_stopped() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("10m", "proposed", by="li.na", solution="A new kettle"),
        at("1d10m", "acknowledged", by="zhang.wei", source="link"),
        at("1d20m", "waiting", reason="away"),
        at("1d1h", "resumed"),
        until="1d6h",
    )
    assert pages(story)[-1] == "1d supervisor missed resolve"


def test_another_chain_hears_of_it_from_its_first_rung_on() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("10m", "reclassified", by="li.na", level="data_breach", reason="a stolen list", source="link"),
        until="1h40m",
    )
    assert [page for page in pages(story) if "called" not in page and "seat_empty" not in page][1:] == [
        "10m security_duty raised",
        "22m holder warning muster",
        "25m commander milestone_missed muster",
        "25m vice_president milestone_missed muster",
        "58m holder warning contain",
        "1h10m commander milestone_missed contain",
        "1h10m vice_president milestone_missed contain",
        "1h36m holder warning propose",
    ]


def test_a_running_ladder_starts_anew_on_another_chain() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("3h10m", "reclassified", by="li.na", level="data_breach", reason="a stolen list", source="link"),
        until="3h40m",
    )
    assert "3h10m security_duty raised" in pages(story)
    assert [page for page in pages(story) if page.startswith(("3h1", "3h4")) and " propose" in page] == [
        "3h10m security_lead missed respond propose",
        "3h40m headquarters unacknowledged respond propose",
    ]


def test_a_reopening_ends_the_ladder_of_the_follow_up_it_cancels() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na"),
        at("1h", "resolved", by="li.na"),
        at("1d1h10m", "reopened"),
        until="1d2h",
    )
    assert pages(story)[-2:] == ["1d1h supervisor missed follow_up", "1d1h10m front_line reopened"]


def test_a_ladder_that_nobody_ever_stopped_begins_its_next_climb_at_rung_2() -> None:
    story = play(
        at("0", "received", level="ordinary"),
        at("4h5m", "resolved", by="the desk"),
        at("5h", "reopened"),
        until="7h",
    )
    assert pages(story)[-1] == "7h supervisor missed propose"


def test_a_rung_that_is_skipped_pages_the_next_one_once() -> None:
    policy = policy_yaml.load("retail")
    people = {**policy.people, "li.na": Person(name="李娜")}
    story = play(at("0", "received", level="major"), policy=policy.model_copy(update={"people": people}), until="1m")
    assert pages(story) == ["0 supervisor opened"]
    assert told(story) == ["0 operations rung_skipped"]


def test_free_text_that_happens_to_be_a_name_has_no_standing() -> None:
    policy = policy_yaml.load("retail")
    directory = Directory(policy, policy)
    opening, ack = at("0", "received", level="ordinary"), at("5m", "acknowledged", by="chen.jing")
    assert isinstance(opening, ComplaintReceived)
    incident = open_incident(opening, "retail", policy, directory, instant("0")).incident
    record = record_for(incident, ack, policy, directory, authority=False)
    incident = apply_event(incident, ack, record, policy, directory, instant("5m")).incident
    missed = pass_time(incident, policy, directory, instant("2h"))
    assert [(page.rung, page.reason) for page in missed.pages if page.reason == "missed"] == [("supervisor", "missed")]


def test_an_acknowledgement_stops_the_ladder_of_a_miss_whose_timer_is_late() -> None:
    policy = policy_yaml.load("retail")
    directory = Directory(policy, policy)
    opening, ack = at("0", "received", level="inquiry"), at("2h1s", "acknowledged", by="zhang.wei", source="link")
    assert isinstance(opening, ComplaintReceived)
    incident = open_incident(opening, "retail", policy, directory, instant("0")).incident
    record = record_for(incident, ack, policy, directory)
    decision = apply_event(incident, ack, record, policy, directory, instant("2h2s"))
    assert decision.pages == ()
    assert decision.incident.ladder is None
    assert {entry.kind for entry in decision.entries} >= {"missed", "called_back", "ladder_stopped"}


def test_a_late_acknowledgement_neither_stops_a_newer_ladder_nor_takes_back_a_newer_handover() -> None:
    policy = policy_yaml.load("retail")
    directory = Directory(policy, policy)
    events = [
        at("0", "received", level="ordinary"),
        at("5m", "acknowledged", by="li.na", source="link"),
        at("10m", "proposed", by="li.na", solution="A new kettle"),
    ]
    assert isinstance(events[0], ComplaintReceived)
    incident = open_incident(events[0], "retail", policy, directory, instant("0")).incident
    history = [record_for(incident, events[0], policy, directory)]
    for event in events[1:]:
        record = record_for(incident, event, policy, directory)
        incident = apply_event(incident, event, record, policy, directory, event.time).incident
        history.append(record)
    while incident.next_step_at is not None and incident.next_step_at <= instant("1d"):
        incident = pass_time(incident, policy, directory, incident.next_step_at).incident
    assert incident.ladder is not None
    late = at("4m", "acknowledged", by="desk 3")
    record = record_for(incident, late, policy, directory, authority=False)
    after = apply_event(incident, late, record, policy, directory, instant("1d20m"), history=history)
    assert after.incident.ladder == incident.ladder
    assert (after.incident.epoch, after.incident.course.holder) == (incident.epoch, "li.na")


def test_in_a_stream_only_people_may_name_an_incident_by_its_subject_alone() -> None:
    complaint = at("0", "received", level="inquiry")
    other = play(complaint, at("5m", "acknowledged", by="x", source="crm/web"), until="1d2h")
    assert clocks(other) == {"inquiry respond": "missed"}
    assert [refused.reason for refused in other.quarantined] == ["no_complaint"]
    person = play(complaint, at("5m", "acknowledged", by="li.na", source="console"), until="1d2h")
    assert clocks(person) == {"inquiry respond": "met"}
