"""`tocsin send` against the real handlers behind a real socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from cli import api
from shared.domain.instants import MINUTE, format_instant, parse_instant
from tests.unit.cli_stage import ApiServer, api_server, tocsin
from tests.unit.door_requests import CRM_KEY, NOW, a_world, arrive, complaint

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

Written = Callable[..., Path]


@pytest.fixture
def server() -> Iterator[ApiServer]:
    world = a_world()
    world.time.set(max(world.time.now(), time.time_ns() // 1_000_000 + MINUTE))
    with api_server(world) as made:
        yield made


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(*events: dict[str, Any] | str) -> Path:
        path = tmp_path / "events.jsonl"
        path.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in events))
        return path

    return write


def send(server: ApiServer, *arguments: object, key: str = CRM_KEY) -> Result:
    return tocsin("send", *arguments, "--url", server.url, TOCSIN_API_KEY=key)


def numbered(number: int, **changes: Any) -> dict[str, Any]:
    """One of many complaints, each a second after the one before."""
    at = format_instant(parse_instant(NOW) - 1000 * (1000 - number))
    return complaint(**{"id": f"e{number}", "subject": f"A-{number}", "time": at, **changes})


def test_events_are_posted_in_time_order_in_requests_of_up_to_a_hundred(server: ApiServer, written: Written) -> None:
    result = send(server, written(*(numbered(n) for n in reversed(range(250)))))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "250 accepted, 0 duplicate, 0 refused; 250 incidents\n"
    assert [event["id"] for event in server.events()] == [f"e{n}" for n in range(250)]
    assert [len(json.loads(body)) for body in server.bodies] == [100, 100, 50]
    assert {taken.status for taken in arrive(server.world)} == {"accepted"}


def test_what_was_recorded_before_is_a_duplicate(server: ApiServer, written: Written) -> None:
    path = written(numbered(1), numbered(2))
    send(server, path)
    arrive(server.world)
    result = send(server, path)
    assert (result.exit_code, result.stdout) == (0, "0 accepted, 2 duplicate, 0 refused; 2 incidents\n")


def test_a_wrong_event_is_named_and_the_others_of_its_request_are_taken(server: ApiServer, written: Written) -> None:
    path = written(numbered(1), numbered(2, data__channel="fax"), numbered(3), numbered(4, source="shop/web"))
    result = send(server, path)
    assert result.exit_code == 1
    assert result.stdout == "2 accepted, 0 duplicate, 2 refused; 2 incidents\n"
    channel, source = result.stderr.splitlines()
    assert channel.startswith("refused crm/hotline e2: ")
    assert "channel" in channel
    assert source.startswith("refused shop/web e4: source: ")
    assert {taken.status for taken in arrive(server.world)} == {"accepted"}


def test_one_that_spoils_the_whole_request_is_found(server: ApiServer, written: Written) -> None:
    deep = numbered(
        3, data__more=json.loads("[" * 30 + "]" * 30)
    )  # as deep as an event may be, so too deep in an array
    result = send(server, written(*(numbered(n) for n in range(3)), deep, *(numbered(n) for n in range(4, 8))))
    assert (result.exit_code, result.stdout) == (1, "7 accepted, 0 duplicate, 1 refused; 7 incidents\n")
    assert result.stderr.startswith("refused crm/hotline e3: HTTP 400: The body cannot be read. ")
    assert {taken.status for taken in arrive(server.world)} == {"accepted"}


def test_large_events_go_in_smaller_requests(server: ApiServer, written: Written) -> None:
    large = "x" * 15_000
    result = send(server, written(*(numbered(n, data__details=large) for n in range(60))))
    assert result.stdout == "60 accepted, 0 duplicate, 0 refused; 60 incidents\n"
    assert len(server.bodies) == 2


def test_lines_that_are_no_events_are_refused_with_their_number(server: ApiServer, written: Written) -> None:
    lines = ("{", "[1]", '{"id":"a","time":"soon"}', '{"id":"a"}', '{"time":"2026-03-01T00:00:00Z","id":NaN}')
    result = send(server, written(numbered(1), "", *lines))
    assert result.exit_code == 1
    assert result.stdout == "1 accepted, 0 duplicate, 5 refused; 1 incidents\n"
    said = result.stderr.splitlines()
    assert [line.split(":")[0] for line in said] == [f"refused line {n}" for n in (3, 4, 5, 6, 7)]
    assert said[2].endswith(
        "must be an RFC 3339 time with a zone, such as 2026-03-01T08:30:00+08:00 or 2026-03-01T00:30:00Z"
    )
    assert said[3].endswith("time is missing")


def test_limit_takes_the_earliest(server: ApiServer, written: Written) -> None:
    send(server, written(*(numbered(n) for n in (3, 1, 2))), "--limit", 2)
    assert [event["id"] for event in server.events()] == ["e1", "e2"]


def test_a_prefix_puts_every_source_below_the_keys_own(server: ApiServer, written: Written) -> None:
    result = send(server, written(numbered(1, source="servicenow/uci")), "--source-prefix", "crm/drill-1")
    assert result.exit_code == 0
    assert [event["source"] for event in server.events()] == ["crm/drill-1/servicenow/uci"]


def test_rebasing_moves_the_first_event_and_divides_the_distances(server: ApiServer, written: Written) -> None:
    path = written(numbered(30), numbered(10), numbered(20, time="2026-02-28T23:43:33.500Z"))
    result = send(server, path, "--rebase", "2026-02-01T08:00:00+08:00", "--speed", 2)
    assert result.exit_code == 0, result.stderr
    assert [(event["id"], event["time"]) for event in server.events()] == [
        ("e10", "2026-02-01T00:00:00Z"),
        ("e20", "2026-02-01T00:00:01.750Z"),
        ("e30", "2026-02-01T00:00:10Z"),
    ]


def test_following_posts_no_event_before_its_time(server: ApiServer, written: Written) -> None:
    came: list[int] = []
    world = server.world
    sent = world.events_queue.send

    def send_and_note(bodies: Iterable[tuple[str, int]]) -> None:
        came.append(time.time_ns() // 1_000_000)
        sent(bodies)

    world.events_queue.send = send_and_note
    before = time.time_ns() // 1_000_000
    result = send(server, written(*(numbered(n) for n in (1, 2, 3))), "--rebase", "now", "--speed", 4, "--follow")
    assert result.exit_code == 0, result.stderr
    times = [parse_instant(event["time"]) for event in server.events()]
    assert [at - times[0] for at in times] == [0, 250, 500]
    assert before <= times[0] <= came[0]
    assert len(came) == 3
    assert all(at <= arrived for at, arrived in zip(times, came, strict=True))


def test_a_busy_api_is_asked_again(server: ApiServer, written: Written) -> None:
    server.refusals.extend([503, 429, 502])
    result = send(server, written(numbered(1)))
    assert (result.exit_code, result.stdout) == (0, "1 accepted, 0 duplicate, 0 refused; 1 incidents\n")


def test_an_api_that_stays_busy_ends_the_command(server: ApiServer, written: Written) -> None:
    server.refusals.extend([503] * api.ATTEMPTS)
    result = send(server, written(numbered(1)))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "HTTP 503: Service Unavailable"


def test_an_api_that_is_not_there_is_named(
    server: ApiServer, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "_FIRST_PAUSE", 0)
    result = tocsin("send", written(numbered(1)), "--url", "http://127.0.0.1:9", "--key", "k")
    assert result.exit_code == 1
    assert "http://127.0.0.1:9/ cannot be reached" in result.stderr


def test_a_key_of_nobody_ends_the_command(server: ApiServer, written: Written) -> None:
    result = send(server, written(*(numbered(n) for n in range(150))), key="nobody's")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("HTTP 401: A valid API key is needed. ")
    assert len(server.bodies) == 1
    assert "nobody's" not in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--speed", "2"), "--speed: only with --rebase"),
        (("--rebase", "soon"), "--rebase soon: must be an RFC 3339 time"),
    ],
)
def test_what_cannot_begin_is_said(server: ApiServer, written: Written, arguments: tuple[str, ...], said: str) -> None:
    result = send(server, written(numbered(1)), *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(said)
    assert server.bodies == []
