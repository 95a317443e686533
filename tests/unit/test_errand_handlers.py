"""An errand's way through the functions: from the outbox's stream to the queue, from the queue to whoever runs it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.relay_outbox import handler as relaying
from functions.run_errands import handler as running
from shared import bootstrap
from shared.adapters import policy_yaml
from shared.adapters.dynamo_errands import errand_row
from shared.application.errand_body import errand_body, read_errand
from shared.domain.errand import Errand
from shared.domain.instants import MINUTE
from shared.ports import UnavailableError
from tests.fakes import FakeWorld, fake_world
from tests.unit.test_message_handlers import Context, failed, sqs, stream

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    made = fake_world(policy_yaml.load("retail"))
    monkeypatch.setattr(bootstrap, "world", lambda: made)
    return made


def renewal(world: FakeWorld, name: str = "renew", until: str = "2099-03-01") -> Errand:
    """An errand that needs no incident: it was asked for, and is open."""
    person = min(world.policies.current()[1].people)
    errand = Errand("inc-1", name, "renew", world.time.now(), {"people": [person], "until": until})
    world.incidents._shelf.errands["inc-1", name] = errand
    return errand


def keys_of(errand: Errand) -> tuple[str, str]:
    row = errand_row(errand)
    return row["PK"]["S"], row["SK"]["S"]


def test_an_errand_goes_from_the_stream_to_its_queue_and_is_run(world: FakeWorld) -> None:
    errand = renewal(world)

    relaying.handler(stream(keys_of(errand)), Context())
    bodies = world.errands_queue.take()
    assert failed(running.handler(sqs(*bodies, *bodies), Context())) == []

    assert world.errands.all == ()
    assert str(min(world.policies.current()[1].people.items())[1].qualified_until) == "2099-03-01"
    assert len(world.messages_queue) == 0


def test_an_errand_is_passed_on_when_it_is_new_and_never_again(world: FakeWorld) -> None:
    relaying.handler(stream(keys_of(renewal(world)), name="MODIFY"), Context())

    assert world.errands_queue.take() == ()


def test_a_queue_that_is_down_holds_up_no_other_row(world: FakeWorld) -> None:
    world.errands_queue.down = True
    errand = renewal(world)

    relaying.handler(stream(keys_of(errand), ("inc-1", "000001#lin#sms#1"), ("inc-1", "what is this")), Context())

    assert world.messages_queue.take() == ("inc-1/000001#lin#sms#1",)
    assert world.metrics.totals["MessagesNotRelayed"] == 2
    assert list(world.errands.stuck(errand.at + MINUTE, 10)) == [errand]


def test_an_errand_that_fails_comes_again_alone(world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = renewal(world, "a"), renewal(world, "b", until="never")
    answer = running.handler(
        sqs("nonsense", *(errand_body(each.incident, each.name) for each in (bad, good))), Context()
    )

    assert failed(answer) == ["m0", "m1"]
    assert world.errands.all == (bad,)


def test_where_nothing_could_be_done_the_whole_batch_comes_again(world: FakeWorld, monkeypatch: Any) -> None:
    def down(*_: object) -> None:
        raise UnavailableError("down")

    errand = renewal(world)
    monkeypatch.setattr(world.policies, "renew", down)

    with pytest.raises(Exception, match="All records failed"):
        running.handler(sqs(errand_body(errand.incident, errand.name)), Context())

    assert world.errands.all == (errand,)


@pytest.mark.parametrize("name", ["publish-first-1", "a/b", "公告#1"])
def test_a_body_says_which_errand_it_is(name: str) -> None:
    assert read_errand(errand_body("inc-1", name)) == ("inc-1", name)


@pytest.mark.parametrize("body", ["", "inc-1", "inc-1/", "/publish"])
def test_a_body_that_names_no_errand(body: str) -> None:
    with pytest.raises(ValueError, match="errand"):
        read_errand(body)
