"""The sender dies between any two calls to the outside, and is woken again: nothing lost, nothing blindly doubled (I7).

The assertions look at what the carriers really took, whatever the rows say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from shared.application.digest import digest
from shared.application.send_message import settle_sending
from shared.domain.instants import MINUTE
from shared.domain.message import OPEN_STATES, Message
from shared.ports import PermanentFailure, TemporaryFailure
from tests.message_scene import POLICY, CrashError, Fuse, Scene, fused

LIMIT = POLICY.storm.messages_per_minute
FINAL = ("sent", "delivered", "failed", "unknown", "called_back", "digested")


def crashes(prepare: Callable[[Scene], None]) -> Iterator[tuple[Scene, str]]:
    """One scene for each point at which the first delivery can die; the place says where it did."""
    for point in range(500):
        scene, fuse = Scene(), Fuse(point)
        prepare(scene)
        scene.deliver(fused(scene.world, fuse))
        if not fuse.place:
            assert point > 0, "nothing was called at all"
            return
        yield scene, fuse.place
    raise AssertionError("it never comes to an end")


def assert_at_rest(scene: Scene, place: str) -> None:
    assert all(row.state in FINAL for row in scene.world.outbox.all), place
    assert not scene.dead, place


def one_page(person: str) -> Callable[[Scene], None]:
    def prepare(scene: Scene) -> None:
        scene.message(scene.open(), person)

    return prepare


def test_a_person_with_two_channels_is_reached_and_by_each_channel_once_at_most() -> None:
    places = []
    for scene, place in crashes(one_page("wang")):
        places.append(place)
        scene.run()
        by_sms, by_mail = len(scene.texts("sms")), len(scene.texts("email"))
        assert by_sms <= 1, place
        assert by_mail <= 1, place
        assert by_sms + by_mail >= 1, place
        if by_sms and by_mail:  # only where the first carrier has it and nobody could write that down
            assert place in ("after sms.send", "before outbox.finish"), place
        assert not scene.alerts, place
        assert_at_rest(scene, place)
    assert {"after outbox.start_sending", "before sms.send", "after sms.send", "after outbox.finish"} <= set(places)


def test_a_person_with_one_channel_is_reached_and_a_second_message_says_that_it_may_be_one() -> None:
    doubled = []
    for scene, place in crashes(one_page("li")):
        scene.run()
        texts = scene.texts("sms")
        assert 1 <= len(texts) <= 2, place
        assert "PERHAPS AGAIN" not in texts[0] or len(texts) == 1, place
        if len(texts) == 2:
            assert "PERHAPS AGAIN" in texts[1], place
            doubled.append(place)
        assert_at_rest(scene, place)
    assert set(doubled) == {"after sms.send", "before outbox.finish"}


@pytest.mark.parametrize("failure", [PermanentFailure, TemporaryFailure])
def test_a_carrier_that_fails_and_a_crash_together_lose_nothing(failure: type[Exception]) -> None:
    def prepare(scene: Scene) -> None:
        scene.message(scene.open())
        scene.world.carriers["sms"].fail(failure())

    for scene, place in crashes(prepare):
        scene.run()
        assert len(scene.texts("sms")) + len(scene.texts("email")) == 1, place
        assert_at_rest(scene, place)


def test_the_end_of_all_channels_is_told_to_operations_whatever_dies() -> None:
    def prepare(scene: Scene) -> None:
        scene.message(scene.open(), "li")
        scene.world.carriers["sms"].fail(PermanentFailure(), PermanentFailure())

    for scene, place in crashes(prepare):
        scene.run()
        assert scene.alerts + len(scene.texts("sms")) >= 1, place
        assert_at_rest(scene, place)


def test_a_storm_loses_no_page_and_says_none_twice() -> None:
    def prepare(scene: Scene) -> None:
        for number in range(LIMIT + 3):
            scene.message(scene.open(f"CASE-{number}"))

    held_somewhere = False
    for scene, place in crashes(prepare):
        scene.run()
        texts = scene.texts("sms") + scene.texts("email")
        digests = [row for row in scene.world.outbox.all if row.kind == "digest"]
        held_somewhere |= bool(digests)
        for number in range(LIMIT + 3):
            said = sum(f"inc-case-{number} " in f"{text} " for text in texts)
            named = sum(f"ordinary opened CASE-{number}" in row.items for row in digests)
            unknown = place.startswith(("after sms.send", "before outbox.finish"))
            assert said + named >= 1, f"CASE-{number} lost {place}"
            assert said + named == 1 or unknown, f"CASE-{number} twice {place}"
        assert_at_rest(scene, place)
    assert held_somewhere


def test_a_digest_that_dies_anywhere_is_made_once() -> None:
    for point in range(200):
        scene, fuse = Scene(), Fuse(point)
        pages = [scene.message(scene.open(f"CASE-{number}")) for number in range(LIMIT + 3)]
        scene.deliver()
        minute = scene.world.time.now() // MINUTE
        try:
            digest(fused(scene.world, fuse), "wang", minute)
        except CrashError:
            scene.run()
        else:
            assert point > 0
            return
        made = [row for row in scene.world.outbox.all if row.kind == "digest"]
        assert [len(row.items) for row in made] == [3], fuse.place
        assert {scene.state(page) for page in pages[LIMIT:]} == {"digested"}, fuse.place
        assert_at_rest(scene, fuse.place)
    raise AssertionError("it never comes to an end")


def test_the_audit_dies_while_it_settles() -> None:
    for point in range(100):
        scene, fuse = Scene(), Fuse(point)
        message = scene.message(scene.open())
        started = scene.world.outbox.start_sending(message, "lost", scene.world.time.now())
        scene.world.time.advance(MINUTE)
        try:
            settle_sending(fused(scene.world, fuse), started)
        except CrashError:
            _audit(scene)
        else:
            assert point > 0
            return
        scene.run()
        assert (scene.state(message), scene.state(message, "email")) == ("unknown", "sent"), fuse.place
        assert len(scene.texts("email")) == 1, fuse.place
    raise AssertionError("it never comes to an end")


def test_the_queue_and_the_audit_settle_the_same_send_once() -> None:
    scene = Scene()
    message = scene.message(scene.open())
    sending = scene.world.outbox.start_sending(message, "lost", scene.world.time.now())
    scene.world.time.advance(MINUTE)
    scene.deliver()  # the queue's redelivery settles it
    settle_sending(scene.world, sending)  # the audit read the row before that
    scene.run()
    assert len(scene.texts("email")) == 1
    assert not scene.texts("sms")


def test_what_never_reached_the_queue_is_driven_again_by_the_audit() -> None:
    scene = Scene()
    message = scene.message(scene.open())
    scene.world.outbox.take_new()  # the stream's consumer died with it
    scene.run()
    assert scene.state(message) == "pending"
    scene.world.time.advance(2 * MINUTE)
    _audit(scene)
    scene.run()
    assert scene.state(message) == "sent"
    assert len(scene.texts("sms")) == 1


def _audit(scene: Scene) -> None:
    """The outbox's part of the audit."""
    stuck: list[Message] = list(scene.world.outbox.stuck(scene.world.time.now() - MINUTE + 1, 100))
    for row in stuck:
        assert row.state in OPEN_STATES
        if row.state == "sending":
            settle_sending(scene.world, row)
        else:
            scene.world.messages_queue.send([(str(row.key), 0)])
