"""Messages as a person gets them: an acknowledgement in between, a storm, a carrier that is down for a while."""

from __future__ import annotations

from shared.application.take_event import take_event
from shared.domain.events import EVENT
from shared.domain.instants import MINUTE, SECOND, format_instant
from shared.ports import TemporaryFailure
from tests.message_scene import MAIL, PHONE, POLICY, Scene

LIMIT = POLICY.storm.messages_per_minute


def event(scene: Scene, kind: str, subject: str, **data: object) -> None:
    raw = {
        "specversion": "1.0",
        "id": f"{kind}-{subject}",
        "source": "crm/hotline",
        "type": f"complaint.{kind}",
        "time": format_instant(scene.world.time.now()),
        "subject": subject,
        "data": data,
    }
    take_event(scene.world, EVENT.validate_python(raw), surface="queue", trusted_by=False)


def complain(scene: Scene, subject: str, level: str = "ordinary") -> None:
    event(scene, "received", subject, summary="the kettle leaks", channel="hotline", level=level)


def test_a_complaint_pages_the_front_line_by_sms_with_the_link_whole() -> None:
    scene = Scene()
    complain(scene, "CASE-1")
    scene.run()
    [sent] = scene.world.carriers["sms"].sent
    assert sent.address == PHONE
    [token] = [word.rpartition("/")[2] for word in sent.text.split() if word.startswith("https://t.example/l/")]
    assert len(token) == 11
    assert len(scene.world.links.all) == 1


def test_an_acknowledgement_between_creation_and_send_is_in_time() -> None:
    scene = Scene()
    complain(scene, "CASE-1")
    scene.relay()  # the page is on the queue
    event(scene, "acknowledged", "CASE-1", by="somebody at the desk")
    scene.run()
    assert not scene.texts("sms")
    assert not scene.texts("email")
    assert {row.state for row in scene.world.outbox.all} == {"called_back"}


def test_an_acknowledgement_of_one_incident_leaves_the_others_pages_alone() -> None:
    scene = Scene()
    complain(scene, "CASE-1")
    complain(scene, "CASE-2")
    event(scene, "acknowledged", "CASE-1", by="somebody at the desk")
    scene.run()
    assert len(scene.texts("sms")) == 1


def test_thirty_pages_in_a_minute_are_a_few_messages_and_one_digest_with_the_rest() -> None:
    scene = Scene()
    for number in range(30):
        scene.message(scene.open(f"CASE-{number}"))
        scene.deliver()
        scene.world.time.advance(SECOND)
    scene.run()
    texts = scene.texts("sms")
    assert len(texts) == LIMIT + 1
    [made] = [row for row in scene.world.outbox.all if row.kind == "digest"]
    assert made.state == "sent"
    assert made.items == tuple(sorted(f"ordinary opened CASE-{number}" for number in range(LIMIT, 30)))
    assert all(f"CASE-{number}" in texts[-1] for number in range(LIMIT, 30))
    assert not scene.texts("email")


def test_thirty_urgent_pages_in_a_minute_all_go_through() -> None:
    scene = Scene()
    for number in range(30):
        scene.message(scene.open(f"CASE-{number}", "major"))
    scene.run()
    assert len(scene.texts("sms")) == 30


def test_a_carrier_that_is_down_for_minutes_costs_time_and_no_page() -> None:
    scene = Scene()
    message = scene.message(scene.open())
    start = scene.world.time.now()
    scene.world.carriers["sms"].fail(*(TemporaryFailure() for _ in range(3)))
    scene.run()
    assert scene.state(message) == "sent"
    assert len(scene.texts("sms")) == 1
    assert start + 4 * MINUTE < scene.world.time.now() < start + 6 * MINUTE


def test_a_carrier_that_stays_down_gives_the_page_to_the_next_before_the_queue_gives_up() -> None:
    scene = Scene()
    message = scene.message(scene.open())
    scene.world.carriers["sms"].fail(*(TemporaryFailure() for _ in range(50)))
    scene.run()
    assert scene.state(message) == "failed"
    assert [sent.address for sent in scene.world.carriers["email"].sent] == [MAIL]
    assert not scene.dead
