"""Storm control and the digest: nothing floods a person, nothing is lost, urgent pages go through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.application.digest import digest
from shared.application.send_message import TryLaterError, send_message
from shared.domain.instants import MINUTE, SECOND
from shared.domain.message import Message
from shared.domain.policy import Policy
from shared.ports import PermanentFailure, TemporaryFailure
from tests.message_scene import POLICY, Scene

LIMIT = POLICY.storm.messages_per_minute


@pytest.fixture
def scene() -> Scene:
    return Scene()


def storm(scene: Scene, count: int, level: str = "ordinary") -> list[Message]:
    pages = [scene.message(scene.open(f"CASE-{number}", level)) for number in range(count)]
    for page in pages:
        send_message(scene.world, page.key)
    return pages


def held_minute(scene: Scene) -> int:
    return scene.world.time.now() // MINUTE


def digests(scene: Scene) -> list[Message]:
    return [row for row in scene.world.outbox.all if row.kind == "digest"]


def test_what_is_above_a_persons_measure_is_held(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 2)
    assert [scene.state(page) for page in pages] == ["sent"] * LIMIT + ["held"] * 2
    assert len(scene.texts("sms")) == LIMIT


def test_urgent_pages_are_never_held(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 5, "major")
    assert {scene.state(page) for page in pages} == {"sent"}


def test_the_measure_is_a_persons_own_and_a_minutes(scene: Scene) -> None:
    storm(scene, LIMIT)
    other = scene.message(scene.open("OTHER"), "li")
    send_message(scene.world, other.key)
    scene.world.time.advance(MINUTE)
    later = scene.message(scene.open("LATER"))
    send_message(scene.world, later.key)
    assert (scene.state(other), scene.state(later)) == ("sent", "sent")


def test_another_try_does_not_count_again(scene: Scene) -> None:
    pages = [scene.message(scene.open(f"CASE-{number}")) for number in range(LIMIT)]
    scene.world.carriers["sms"].fail(TemporaryFailure())
    with pytest.raises(TryLaterError):
        send_message(scene.world, pages[0].key)
    for page in (*pages[1:], pages[0]):
        send_message(scene.world, page.key)
    assert {scene.state(page) for page in pages} == {"sent"}


def test_what_one_channel_refused_is_not_held_on_the_next(scene: Scene) -> None:
    pages = [scene.message(scene.open(f"CASE-{number}")) for number in range(LIMIT)]
    scene.world.carriers["sms"].fail(*(PermanentFailure() for _ in range(LIMIT)))
    scene.run()
    assert {scene.state(page, "email") for page in pages} == {"sent"}


def test_the_digest_comes_once_whoever_counted_in_the_minute_must_have_held(scene: Scene) -> None:
    storm(scene, LIMIT + 2)
    [timer] = scene.world.timers.all
    assert (timer.kind, timer.subject, timer.step) == ("digest", "wang", held_minute(scene))
    end = (held_minute(scene) + 1) * MINUTE
    assert timer.due == end + 30 * SECOND


def test_a_digest_names_each_held_message(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 2)
    digest(scene.world, "wang", held_minute(scene))
    [made] = digests(scene)
    assert made.items == (f"ordinary opened CASE-{LIMIT}", f"ordinary opened CASE-{LIMIT + 1}")
    assert (made.key.incident, made.key.step, made.key.via) == ("digest-wang", held_minute(scene), "sms")
    assert {scene.state(page) for page in pages[LIMIT:]} == {"digested"}
    send_message(scene.world, made.key)
    assert f"CASE-{LIMIT + 1}" in scene.texts("sms")[-1]


@pytest.mark.parametrize(("drills", "whole"), [([True, False], False), ([True, True], True), ([False, False], False)])
def test_a_drill_is_marked_in_its_line_and_a_digest_of_drills_as_a_whole(
    scene: Scene, drills: list[bool], whole: bool
) -> None:
    storm(scene, LIMIT)
    for number, drill in enumerate(drills):
        send_message(scene.world, scene.message(scene.open(f"X-{number}"), drill=drill).key)
    digest(scene.world, "wang", held_minute(scene))
    [made] = digests(scene)
    assert made.items == tuple(
        f"{'DRILL ' if drill else ''}ordinary opened X-{number}" for number, drill in enumerate(drills)
    )
    assert made.drill is whole


def test_a_digest_is_never_held_itself(scene: Scene) -> None:
    storm(scene, LIMIT + 1)
    digest(scene.world, "wang", held_minute(scene))
    [made] = digests(scene)
    send_message(scene.world, made.key)
    assert scene.state(made) == "sent"


def test_a_second_run_makes_no_second_digest(scene: Scene) -> None:
    storm(scene, LIMIT + 2)
    digest(scene.world, "wang", held_minute(scene))
    digest(scene.world, "wang", held_minute(scene))
    assert len(digests(scene)) == 1


def test_a_run_between_put_and_marks_makes_no_second_digest_even_if_the_channels_changed(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 1)
    digest(scene.world, "wang", held_minute(scene))
    # As a run that died before the mark left it:
    scene.world.outbox._shelf.messages[pages[-1].key] = replace(pages[-1], state="held")
    raw = POLICY.model_dump(mode="json")
    raw["people"]["wang"]["channels"] = ["email"]
    scene.world.policies.adopt(Policy.model_validate(raw))
    digest(scene.world, "wang", held_minute(scene))
    assert len(digests(scene)) == 1
    assert scene.state(pages[-1]) == "digested"


def test_nothing_held_makes_no_digest(scene: Scene) -> None:
    digest(scene.world, "wang", held_minute(scene))
    assert not scene.world.outbox.all


def test_pages_called_back_meanwhile_are_left_out(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 2)
    scene.acknowledge(pages[-1].key.incident)
    digest(scene.world, "wang", held_minute(scene))
    [made] = digests(scene)
    assert made.items == (f"ordinary opened CASE-{LIMIT}",)
    assert scene.state(pages[-1]) == "called_back"


def test_all_called_back_makes_no_digest(scene: Scene) -> None:
    pages = storm(scene, LIMIT + 1)
    scene.acknowledge(pages[-1].key.incident)
    digest(scene.world, "wang", held_minute(scene))
    assert not digests(scene)


def test_a_digest_to_somebody_who_left_ends_with_operations(scene: Scene) -> None:
    storm(scene, LIMIT + 1)
    raw = POLICY.model_dump(mode="json")
    del raw["people"]["wang"]
    scene.world.policies.adopt(Policy.model_validate(raw))
    digest(scene.world, "wang", held_minute(scene))
    scene.run()
    assert [row.state for row in digests(scene)] == ["failed"]
    assert scene.alerts == 1
