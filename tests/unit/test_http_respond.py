"""The door of people, from API Gateway's event to what goes back: link pages and verbs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.respond import handler as door
from shared.adapters.answer_page import AnswerPages
from shared.application.answer_link import token_hash
from shared.application.link_view import LinkView
from shared.domain.instants import HOUR
from shared.domain.message import Link
from shared.ports import UnavailableError
from tests.fakes import FakeWorld
from tests.unit.crisis_room import CHIEF, PRESS, TEXTS, a_crisis, come_in, draft, link_for, reading, seen, statement
from tests.unit.crisis_room import do as do_as
from tests.unit.door_requests import CRM_KEY, GONE_KEY, INCIDENT, LI_KEY, Answer, a_world, call, open_incident, request

pytestmark = [pytest.mark.usefixtures("world"), pytest.mark.filterwarnings("ignore:No application metrics")]

TOKEN = "tok-0123456789abcdef"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class PlainPage:
    status: int
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


class PlainPages:
    """Draws a view in the fewest words."""

    def page(self, view: LinkView) -> PlainPage:
        return PlainPage(view.status, f"<p>{view.state} {' '.join(view.verbs)} {' '.join(view.fields)}</p>")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
    made = a_world()
    open_incident(made)
    made.time.advance(60_000)
    made.links.put(Link(token_hash(TOKEN), INCIDENT, "li.na", 0, made.time.now() + 48 * HOUR))
    monkeypatch.setattr(door, "bootstrap", SimpleNamespace(world=lambda: made, pages=PlainPages))
    return made


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the function logs."""
    stream = StringIO()
    before = door.logger.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # it is a stream handler
    yield stream
    door.logger.registered_handler.setStream(before)  # type: ignore[attr-defined]


def look(token: str = TOKEN, *, method: str = "GET") -> Answer:
    return call(door.handler, request(method, f"/l/{token}"))


def tap(
    verb: str = "acknowledge",
    *,
    token: str = TOKEN,
    headers: Mapping[str, str] | None = None,
    content_type: str = FORM,
    body: str | bytes | None = None,
    **fields: str,
) -> Answer:
    sent = urlencode({"verb": verb, **fields}).encode() if body is None else body
    return call(
        door.handler, request("POST", f"/l/{token}", sent, headers={"content-type": content_type, **(headers or {})})
    )


def do(
    verb: str,
    body: Any = None,
    *,
    key: str | None = LI_KEY,
    at: str = INCIDENT,
    content_type: str | None = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    sent = body if isinstance(body, str | bytes | None) else json.dumps(body)
    named = {"content-type": content_type} if content_type else {}
    path = f"/v1/incidents/{at}/{verb}"
    return call(door.handler, request("POST", path, sent, key=key, headers={**named, **(headers or {})}))


def holder(world: FakeWorld) -> str | None:
    stored = world.incidents.load(INCIDENT)
    assert stored is not None
    return stored.incident.course.holder


class TestLinks:
    def test_a_get_shows_a_page_and_changes_nothing(self, world: FakeWorld) -> None:
        before = (world.incidents.load(INCIDENT), world.incidents.timeline(INCIDENT), world.outbox.all)
        answer = look()
        assert answer.status == 200
        assert "acknowledge resolve escalate hand_over" in answer.text
        assert (world.incidents.load(INCIDENT), world.incidents.timeline(INCIDENT), world.outbox.all) == before

    def test_pages_are_kept_private(self) -> None:
        headers = look().headers
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"

    def test_head_is_get_without_the_body(self, world: FakeWorld) -> None:
        answer = look(method="HEAD")
        assert (answer.status, answer.text) == (200, "")
        assert holder(world) is None

    def test_a_tap_acknowledges_and_a_second_one_is_told_so(self, world: FakeWorld) -> None:
        assert tap().status == 200
        assert holder(world) == "li.na"
        again = tap()
        assert again.status == 409
        assert "used" in again.text

    def test_words_come_through_in_any_script(self, world: FakeWorld) -> None:
        reason = "顾客受伤 🩹 — «urgent» & more = 100%\r\nsecond line"
        assert tap("escalate", reason=reason).status == 200
        told = [
            e.data["data"] for li in world.incidents.timeline(INCIDENT) for e in li.entries if "escalated" in e.kind
        ]
        assert told[0]["reason"] == reason

    def test_dead_links_have_their_status(self, world: FakeWorld) -> None:
        assert look("nobodys-token").status == 404
        assert tap(token="nobodys-token").status == 404
        world.time.advance(48 * HOUR)
        assert look().status == 410
        assert tap().status == 410
        assert holder(world) is None

    @pytest.mark.parametrize("token", ["x", "%2e%2e", "令牌", "a" * 3_000, "tok 0123456789"])
    def test_odd_tokens_are_not_found(self, token: str) -> None:
        assert look(token).status == 404

    def test_a_form_with_wrong_fields_may_be_corrected(self) -> None:
        answer = tap("hand_over", to="nobody")
        assert answer.status == 400
        assert "invalid" in answer.text
        assert tap("hand_over", to="sun.li").status == 200

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            (b"verb=acknowledge", "text/plain", 415),
            (b'{"verb": "acknowledge"}', "application/json", 415),
            (b"verb=%ff", FORM, 400),
            (b"\xff=\xfe", FORM, 400),
            (b"&".join(b"f%d=1" % n for n in range(50)), FORM, 400),
            (b"verb=escalate&reason=" + b"x" * 1_000_000, FORM, 413),
            (b"", FORM, 400),
            (b"verb=", FORM, 400),
        ],
        ids=["text", "json", "not-utf8", "not-ascii", "fifty-fields", "megabyte", "empty", "no-verb"],
    )
    def test_what_is_no_form_does_nothing(self, world: FakeWorld, body: bytes, content_type: str, status: int) -> None:
        answer = tap(body=body, content_type=content_type)
        assert answer.status == status
        assert answer.headers["Content-Type"].startswith("text/html"), "people see a page"
        assert holder(world) is None

    @pytest.mark.parametrize(
        ("headers", "taken"),
        [
            ({}, True),
            ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
            ({"sec-fetch-site": "none"}, True),
            ({"sec-fetch-site": "cross-site", "origin": "null"}, False),
            ({"origin": "null"}, True),
            ({"origin": "https://abc123.execute-api.eu-central-1.amazonaws.com"}, True),
            ({"origin": "https://evil.example"}, False),
        ],
    )
    def test_another_site_cannot_tap(self, world: FakeWorld, headers: Mapping[str, str], *, taken: bool) -> None:
        assert (tap(headers=headers).status == 200) is taken
        assert (holder(world) == "li.na") is taken

    def test_the_real_pages_draw_every_state(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = SimpleNamespace(world=lambda: world, pages=lambda: AnswerPages(world.incidents.timeline))
        monkeypatch.setattr(door, "bootstrap", drawn)
        answers = [look(), tap(), tap(), tap("hand_over", to="nobody"), tap(body=b"\xff"), tap("resolve"), look()]
        answers += [look("nobodys-token"), tap("escalate", reason="r")]
        assert [answer.status for answer in answers] == [200, 200, 409, 400, 400, 200, 200, 404, 200]
        world.time.advance(48 * HOUR)
        assert look().status == 410
        assert all(answer.headers["Content-Security-Policy"] for answer in answers)
        assert all("<html" in answer.text and TOKEN not in answer.text for answer in answers)

    def test_a_store_that_rests_still_shows_a_page(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        def resting(_: str) -> None:
            raise UnavailableError("resting")

        monkeypatch.setattr(world.links, "get", resting)
        for answer in (look(), tap()):
            assert answer.status == 503
            assert "unavailable" in answer.text

    def test_the_token_is_never_logged_or_echoed(
        self, world: FakeWorld, log: StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = [look(), tap(), tap("escalate", reason="my secret words"), look("another-" + TOKEN)]

        def broken(token_hash: str) -> None:
            raise RuntimeError(token_hash + TOKEN)

        monkeypatch.setattr(world.links, "get", broken)
        answers.append(look())
        assert [answer.status for answer in answers] == [200, 200, 200, 404, 500]
        logged = log.getvalue()
        assert "li.na" in logged
        assert "RuntimeError" in logged
        for secret in (TOKEN, token_hash(TOKEN), "my secret words"):
            assert secret not in logged + "".join(answer.text for answer in answers)


class TestVerbs:
    def test_a_verb_answers_with_the_incident(self) -> None:
        answer = do("acknowledge", {})
        assert answer.status == 200
        assert (answer.json["status"], answer.json["holder"]) == ("accepted", "li.na")
        assert answer.json["incident"] == INCIDENT

    def test_a_verb_without_words_needs_no_body(self) -> None:
        assert do("acknowledge", None, content_type=None).status == 200

    def test_repeating_under_one_key_changes_nothing(self) -> None:
        escalate = partial(do, "escalate", {"reason": "r"})
        first = escalate(headers={"idempotency-key": "7f3a"}).json
        again = escalate(headers={"Idempotency-Key": "7f3a"}).json
        assert (first["status"], again["status"]) == ("accepted", "duplicate")
        assert first["timeline"] == again["timeline"]

    def test_without_a_key_every_request_counts(self) -> None:
        pages = [len(do("escalate", {"reason": "r"}).json["messages"]) for _ in range(2)]
        assert pages[0] < pages[1]

    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 101])
    def test_odd_idempotency_keys_are_refused(self, world: FakeWorld, key: str) -> None:
        assert do("acknowledge", {}, headers={"idempotency-key": key}).status == 400
        assert holder(world) is None

    @pytest.mark.parametrize(
        ("answered", "status"),
        [
            (partial(do, "acknowledge", {}, key=None), 401),
            (partial(do, "acknowledge", {}, key="nobodys"), 401),
            (partial(do, "acknowledge", {}, key=CRM_KEY), 403),
            (partial(do, "acknowledge", {}, key=GONE_KEY), 403),
            (partial(do, "explode", {}), 404),
            (partial(do, "acknowledge", {}, at="inc-00000000000000000000"), 404),
            (partial(do, "acknowledge", {}, at="编号"), 404),
            (partial(do, "acknowledge", [{}]), 400),
            (partial(do, "acknowledge", "null"), 400),
            (partial(do, "acknowledge", "{"), 400),
            (partial(do, "escalate", {}), 400),
            (partial(do, "escalate", '{"reason": "a", "reason": "b"}'), 400),
            (partial(do, "escalate", {"reason": "x" * 1_000_000}), 413),
            (partial(do, "acknowledge", {}, content_type="text/plain"), 415),
        ],
    )
    def test_refusals_are_problems(self, world: FakeWorld, answered: partial[Answer], status: int) -> None:
        before = world.incidents.load(INCIDENT)
        answer = answered()
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.json["status"], answer.json["request_id"]) == (status, "req-1")
        assert world.incidents.load(INCIDENT) == before

    def test_a_store_that_rests_says_when_to_come_back(self, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        def resting(_: object) -> None:
            raise UnavailableError("resting")

        monkeypatch.setattr(world.incidents, "commit", resting)
        answer = do("acknowledge", {})
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"

    def test_other_methods_are_not_allowed(self) -> None:
        answer = call(door.handler, request("GET", f"/v1/incidents/{INCIDENT}/resolve", key=LI_KEY))
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def judge(verb: str, fields: Mapping[str, str]) -> Answer:
    """A button of a form with hidden fields."""
    return tap(body=urlencode({"verb": verb, **fields}).encode())


class TestCrisis:
    """The same door in a crisis: links into the room, statements, evidence."""

    @pytest.fixture
    def world(self, monkeypatch: pytest.MonkeyPatch) -> FakeWorld:
        made = a_crisis()
        pages = AnswerPages(made.incidents.timeline)
        monkeypatch.setattr(door, "bootstrap", SimpleNamespace(world=lambda: made, pages=lambda: pages))
        link_for(made, CHIEF, TOKEN)
        made.time.advance(1_000)
        return made

    def test_a_link_goes_from_being_called_to_an_approval(self, world: FakeWorld) -> None:
        page = look()
        assert (page.status, 'value="confirm"' in page.text) == (200, True)
        assert tap("confirm").status == 200
        assert tap("confirm").status == 409
        come_in(world, PRESS)
        draft(world)
        read = reading(world)
        page = look()
        assert all(f'value="{value}"' in page.text for value in ("approve", "reject", *read.values()))
        draft(world, en="Another text")
        assert judge("approve", read).status == 409
        assert judge("approve", reading(world)).status == 200
        assert statement(world).revisions[-1].approvals == (("commander", CHIEF),)
        assert judge("reject", reading(world)).status == 400
        do_as(world, "stand-down", CHIEF, reason="all are well")
        assert (look().status, tap("milestone", milestone="plan").status) == (410, 410)

    def test_get_and_head_change_nothing(self, world: FakeWorld) -> None:
        before = seen(world)
        assert [look(method=method).status for method in ("GET", "HEAD")] == [200, 200]
        assert seen(world) == before

    @pytest.mark.parametrize("field", ["milestone", "rung", "revision", "hash", "reason", "text"])
    @pytest.mark.parametrize("verb", ["milestone", "approve", "reject"])
    def test_odd_fields_break_nothing(self, world: FakeWorld, verb: str, field: str) -> None:
        come_in(world, CHIEF, PRESS)
        draft(world)
        given = {"milestone": "plan", "reason": "r", **reading(world)}
        for odd in ("", "x" * 9_000, "\x00", "-1", "¹", "١", "<script>", "a/b"):
            answer = judge(verb, {**given, field: odd})
            assert answer.status in (200, 400, 409), odd
            assert "<script>a" not in answer.text

    def test_the_text_of_a_statement_is_for_people(self, world: FakeWorld) -> None:
        come_in(world, PRESS)
        draft(world)

        def text(revision: int, key: str | None, method: str = "GET") -> Answer:
            at = f"/v1/incidents/{INCIDENT}/statements/first/{revision}"
            return call(door.handler, request(method, at, key=key))

        found = text(1, LI_KEY)
        assert (found.status, found.json["text"], found.json["by"]) == (200, TEXTS, PRESS)
        assert text(1, LI_KEY, "HEAD").text == ""
        assert [text(1, key).status for key in (CRM_KEY, None)] == [403, 401]
        assert text(2, LI_KEY).status == 404
        assert (text(1, LI_KEY, "POST").status, text(1, LI_KEY, "POST").headers["Allow"]) == (405, "GET, HEAD")

    def test_a_file_is_announced_uploaded_and_confirmed(self, world: FakeWorld) -> None:
        content = b"a video still"
        sha256 = hashlib.sha256(content).hexdigest()
        said = {"name": "still.png", "size": len(content), "media_type": "image/png"}
        announced = do("attachments", {**said, "sha256": sha256})
        assert announced.status == 201
        confirm = announced.json["confirm"].removeprefix(f"/v1/incidents/{INCIDENT}/")
        assert do(confirm, said).status == 409
        world.evidence.put(announced.json["upload"]["url"], content)
        assert [do(confirm, said).json["status"] for _ in range(2)] == ["accepted", "duplicate"]
        assert do("attachments", {**said, "sha256": sha256}).status == 200
        assert [do(confirm, said, key=key).status for key in (CRM_KEY, None)] == [403, 401]
        assert do("attachments", {**said, "sha256": "x"}).json["errors"][0]["field"] == "sha256"
        assert call(door.handler, request("GET", f"/v1/incidents/{INCIDENT}/{confirm}", key=LI_KEY)).status == 405

    def test_a_long_text_is_taken_and_an_endless_one_is_not(self, world: FakeWorld) -> None:
        assert do("draft", {"rung": "first", "text": {"zh-CN": "字" * 20_000, "en": "x" * 20_000}}).status == 200
        assert do("draft", {"rung": "first", "text": {"en": "x" * 200_000}}).status == 413
        assert do("stand-down", {"reason": "x" * 100_000}).status == 413

    def test_words_tokens_and_texts_are_not_logged(self, world: FakeWorld, log: StringIO) -> None:
        tap("decline", reason="my secret words")
        do("draft", {"rung": "first", "text": {"en": "my secret words"}})
        do("confirm-call", {})
        logged = log.getvalue()
        assert "confirm-call" in logged
        assert all(secret not in logged for secret in (TOKEN, token_hash(TOKEN), "my secret words"))
