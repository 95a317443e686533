"""The crisis room: who may look, what each form does, and what is said where it does nothing."""

from __future__ import annotations

import hashlib
import json
from io import StringIO
from typing import Any

import pytest

from functions.console import handler as door
from shared.application.console import incident_named
from shared.domain.crisis import Statement
from shared.domain.events import incident_id
from shared.domain.instants import MINUTE
from shared.domain.probe import PROBE
from tests.probed_policy import probed
from tests.unit.console_scene import BASE, Browser, Page, Scene, crisis_scene
from tests.unit.door_requests import INCIDENT, open_incident

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics")

TEXT = {"text__zh-CN": "我们已经知道**有顾客不适**。", "text__en": "We know that **customers fell ill**."}
FILE = b"the laboratory's report"
SHA256 = hashlib.sha256(FILE).hexdigest()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return crisis_scene(monkeypatch)


@pytest.fixture
def boss(scene: Scene) -> str:
    return scene.sitting("commander")


@pytest.fixture
def writer(scene: Scene) -> str:
    """The public-relations manager, who is in."""
    person = scene.sitting("public_relations")
    scene.said("crisis.confirmed", person)
    return person


@pytest.fixture
def lawyer(scene: Scene) -> str:
    person = scene.sitting("legal")
    scene.said("crisis.confirmed", person)
    return person


def kinds(scene: Scene) -> list[str]:
    """Everything people did, in order."""
    entries = (entry for line in scene.world.incidents.timeline(INCIDENT) for entry in line.entries)
    return [entry.kind for entry in entries if entry.data.get("source") == "console"]


def statement(scene: Scene, rung: str = "first") -> Statement:
    return next(each for each in scene.incident.statements if each.rung == rung)


def draft(browser: Browser, rung: str = "first", **typed: str) -> Page:
    return browser.submit(browser.room().form("draft", rung=rung), **{**TEXT, **typed})


def outsider(scene: Scene) -> str:
    """Somebody of the directory whom the crisis does not concern."""
    group = scene.incident.group
    assert group is not None
    called = {person for seat in group.seats for person in seat.asked}
    on_chain = {person for rung in scene.world.policies.current()[1].chains["default"] for person in rung.people}
    policy = scene.world.policies.current()[1]
    return next(name for name in policy.people if name not in {*called, *on_chain, *policy.operations})


def test_those_called_the_chain_and_operations_may_look(scene: Scene) -> None:
    policy = scene.world.policies.current()[1]
    chain = policy.chains[scene.incident.chain]
    for person in (scene.sitting("quality"), chain[0].people[0], chain[-1].people[0], policy.operations[0]):
        assert scene.browser(person).room().status == 200, person


def test_others_are_told_nothing_not_even_that_there_is_a_crisis(scene: Scene) -> None:
    browser = scene.browser(outsider(scene))
    theirs, nobodys = browser.room(), browser.room("inc-00000000000000000000")
    assert (theirs.status, nobodys.status) == (404, 404)
    assert theirs.text == nobodys.text
    assert INCIDENT not in browser.get("/console").html


def test_others_can_do_nothing(scene: Scene, boss: str) -> None:
    form, browser = scene.browser(boss).room().form("confirm"), scene.browser(outsider(scene))
    own = browser.get("/console").form("sign-out").fields["csrf"]
    for verb in ("confirm", "stand-down", "milestone", "draft", "upload", "evidence", "preview"):
        page = browser.submit(form, csrf=own, to=f"{BASE}/console/c/{INCIDENT}/{verb}", reason="x")
        assert page.status == 404, verb
    assert kinds(scene) == []


def test_somebody_who_was_invited_may_look(scene: Scene, writer: str) -> None:
    guest = outsider(scene)
    browser = scene.browser(writer)
    assert browser.submit(browser.room().form("invite"), who=guest).status == 200
    page = scene.browser(guest)
    page.submit(page.room().form("confirm"))
    crisis = scene.incident.course.crisis
    assert crisis is not None
    assert crisis.guests == (guest,)


def test_the_first_page_lists_the_crises_that_are_on(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    assert f"{BASE}/console/c/{INCIDENT}" in browser.get("/console").links
    browser.submit(browser.room().form("stand-down"), reason="It is over")
    assert f"{BASE}/console/c/{INCIDENT}" not in browser.get("/console").links


@pytest.mark.parametrize("said", [INCIDENT, f" https://elsewhere.example/c/{INCIDENT}?done=x ", "crm/hotline A-1"])
def test_a_crisis_is_opened_by_its_id_its_address_or_its_case(scene: Scene, boss: str, said: str) -> None:
    browser = scene.browser(boss)
    page = browser.submit(browser.get("/console").form("console"), incident=said)
    assert page.url == f"{BASE}/console/c/{INCIDENT}"


@pytest.mark.parametrize("said", ["A-1", "crm/hotline A-2", " ", "inc-00000000000000000000"])
def test_what_names_no_crisis_of_theirs_is_asked_for_again(scene: Scene, boss: str, said: str) -> None:
    browser = scene.browser(boss)
    page = browser.submit(browser.get("/console").form("console"), incident=said)
    assert page.url.startswith(f"{BASE}/console?") or page.url == f"{BASE}/console"
    assert "console" in page.form("console").action


def test_a_case_may_hold_spaces() -> None:
    assert incident_named("crm/hotline Case 12 b") == incident_id("crm/hotline", "Case 12 b")


def test_looking_changes_nothing(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    before = scene.world.incidents.timeline(INCIDENT)
    browser.room()
    browser.get("/console")
    browser.get(f"/console/c/{INCIDENT}/confirm")
    assert scene.world.incidents.timeline(INCIDENT) == before


def test_a_page_is_drawn_again_only_when_something_happened(scene: Scene, boss: str, writer: str) -> None:
    browser = scene.browser(boss)
    address = f"/console/c/{INCIDENT}?version={scene.incident.version}"
    assert (browser.get(address).status, browser.get(address).html) == (204, "")
    scene.said("crisis.confirmed", boss)
    assert browser.get(address).status == 200
    assert scene.browser(outsider(scene)).get(address).status == 404


def test_somebody_who_was_called_is_in_with_one_tap(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    page = browser.submit(browser.room().form("confirm"))
    assert page.url == f"{BASE}/console/c/{INCIDENT}?done=confirm.accepted"
    crisis = scene.incident.course.crisis
    assert crisis is not None
    assert crisis.person_in("commander") == boss
    assert not page.has("confirm")
    assert page.has("decline")


def test_a_double_click_is_one_event(scene: Scene, boss: str, writer: str) -> None:
    browser = scene.browser(writer)
    form = browser.room().form("draft", rung="first")
    for _ in range(2):
        assert browser.submit(form, **TEXT).status == 200
    assert kinds(scene).count("statement.drafted") == 1
    assert browser.went[-1].endswith("draft.duplicate")

    browser.submit(form, **{**TEXT, "text__en": "Something else"})
    assert kinds(scene).count("statement.drafted") == 2


def test_somebody_who_cannot_come_says_so_and_the_next_one_is_called(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    page = browser.submit(browser.room().form("decline"), reason="On a plane")
    assert page.status == 200
    group = scene.incident.group
    assert group is not None
    seat = next(each for each in group.seats if each.seat == "commander")
    assert seat.declined == (boss,)
    assert seat.asked[-1] != boss


def test_a_seat_is_given_to_somebody_else_and_a_guest_is_invited(scene: Scene, writer: str) -> None:
    guest = outsider(scene)
    browser = scene.browser(writer)
    browser.submit(browser.room().form("seat"), seat="quality.2", who=guest)
    group = scene.incident.group
    assert group is not None
    assert next(each for each in group.seats if each.seat == "quality.2").asked[-1] == guest
    browser.submit(browser.room().form("invite"), who=scene.world.policies.current()[1].operations[0])
    assert kinds(scene) == ["crisis.seated", "crisis.invited"]


def test_nobody_is_invited_who_is_there_for_synthetic_complaints(scene: Scene, writer: str) -> None:
    scene.world.policies.adopt(probed())
    page = scene.browser(writer).room()
    assert 'value="he.ping"' in page.html
    assert f'value="{PROBE}"' not in page.html


def test_a_milestone_is_reported(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    browser.submit(browser.room().form("milestone", milestone="plan"), text="Recall the batch")
    assert {clock.name: clock.verdict for clock in scene.incident.course.clocks}["plan"] == "met"
    assert not browser.room().has("milestone", milestone="plan")


def test_those_who_are_in_make_the_muster_and_nobody_reports_it(scene: Scene, writer: str) -> None:
    room = scene.browser(writer).room()
    assert not room.has("milestone", milestone="muster")
    assert not room.has("milestone", milestone="full_chain")


def test_a_statement_goes_from_draft_over_two_approvals_to_its_publication(
    scene: Scene, boss: str, writer: str, lawyer: str
) -> None:
    scene.said("crisis.confirmed", boss)
    draft(scene.browser(writer))
    for person in (lawyer, boss):
        browser = scene.browser(person)
        room = browser.room()
        assert "customers fell ill" in room.text
        assert browser.submit(room.form("approve", rung="first")).status == 200
    drafted = statement(scene).draft
    assert drafted is not None
    assert dict(drafted.approvals) == {"legal": lawyer, "commander": boss}


def test_nobody_is_asked_to_approve_what_they_wrote_or_what_is_not_theirs(
    scene: Scene, boss: str, writer: str, lawyer: str
) -> None:
    draft(scene.browser(lawyer))
    assert not scene.browser(lawyer).room().has("approve")
    assert not scene.browser(writer).room().has("approve")
    assert not scene.browser(scene.sitting("quality")).room().has("approve")


def test_a_text_that_was_changed_meanwhile_is_not_approved(scene: Scene, writer: str, lawyer: str) -> None:
    draft(scene.browser(writer))
    browser = scene.browser(lawyer)
    form = browser.room().form("approve", rung="first")
    draft(scene.browser(writer), text__en="Another text")

    page = browser.submit(form)

    assert page.status == 409
    assert "changed" in page.wrong or "改动" in page.wrong
    drafted = statement(scene).draft
    assert drafted is not None
    assert drafted.approvals == ()
    assert "Another text" in page.text


def test_an_approval_stands_for_the_text_that_was_shown_and_no_other(scene: Scene, writer: str, lawyer: str) -> None:
    draft(scene.browser(writer))
    browser = scene.browser(lawyer)
    form = browser.room().form("approve", rung="first")
    for wrong in ({"hash": "0" * 64}, {"revision": "2"}, {"revision": ""}, {"rung": "none"}):
        assert browser.submit(form, **wrong).status == 400, wrong
    assert kinds(scene) == ["statement.drafted"]


def test_a_rejection_says_why_and_asks_for_a_new_text(scene: Scene, writer: str, lawyer: str) -> None:
    draft(scene.browser(writer))
    browser = scene.browser(lawyer)
    assert browser.submit(browser.room().form("reject", rung="first"), reason=" ").status == 400
    browser.submit(browser.room().form("reject", rung="first"), reason="We do not know that yet")
    assert statement(scene).revisions[-1].rejected_by == lawyer
    assert not browser.room().has("approve")
    assert scene.browser(writer).room().form("draft", rung="first").fields["text-en"] == TEXT["text__en"]


def test_a_preview_shows_what_the_public_would_read_and_saves_nothing(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    form = browser.room().form("draft", rung="first")
    to = next(action for action, _ in form.buttons if action)
    page = browser.submit(form, to=f"{BASE}/console/c/{INCIDENT}/{to.rpartition('/')[2]}", **TEXT)
    assert page.status == 200
    assert "<strong>customers fell ill</strong>" in page.html
    assert page.form("draft", rung="first").fields["text-en"] == TEXT["text__en"]
    assert statement(scene).revisions == ()


def test_a_draft_may_leave_a_language_out_but_not_all_of_them(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    page = draft(browser, **{"text__zh-CN": " ", "text__en": "\r\n"})
    assert page.status == 400
    assert page.wrong
    draft(browser, text__en="")
    newest = scene.world.statements.text(INCIDENT, "first", 1)
    assert newest is not None
    assert [locale for locale, _ in newest.text] == ["zh-CN"]


def test_a_text_is_the_same_however_a_browser_ends_its_lines(scene: Scene, writer: str) -> None:
    draft(scene.browser(writer), text__en="One\r\n\r\nTwo\r\n")
    newest = scene.world.statements.text(INCIDENT, "first", 1)
    assert newest is not None
    assert dict(newest.text)["en"] == "One\n\nTwo"


def test_what_was_typed_is_kept_where_it_was_not_taken(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    page = draft(browser, text__en="x" * 20_001)
    assert page.status == 400
    assert page.form("draft", rung="first").fields["text-en"] == "x" * 20_001
    assert page.form("draft", rung="progress").fields["text-en"] == ""
    page = browser.submit(browser.room().form("join"), complaint="no such thing")
    assert page.form("join").fields["complaint"] == "no such thing"
    page = browser.submit(browser.room().form("invite"), who="nobody.at.all")
    assert page.status == 400


def test_what_did_nothing_is_said_in_words_beside_the_form(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    draft(browser)
    page = draft(browser)  # the same text again
    assert page.status == 409
    assert page.wrong
    assert page.form("draft", rung="first").fields["text-en"] == TEXT["text__en"]


def test_a_published_text_is_corrected_and_stays(scene: Scene, boss: str, writer: str, lawyer: str) -> None:
    scene.said("crisis.confirmed", boss)
    draft(scene.browser(writer))
    scene.said("statement.approved", lawyer, rung="first", revision=1)
    scene.world.time.set(statement(scene).publish_at + MINUTE)
    scene.said("statement.approved", boss, rung="first", revision=1)
    assert statement(scene).published is not None

    browser = scene.browser(writer)
    room = browser.room()
    assert not room.has("draft", rung="first")
    browser.submit(room.form("correct", rung="first"), text__en="A better text")

    newest = statement(scene).revisions[-1]
    assert (newest.number, newest.corrects, newest.published_at) == (2, True, None)
    page = scene.browser(lawyer).room()
    assert "customers fell ill" in page.text
    assert "A better text" in page.text


def test_the_crisis_is_stood_down_with_a_reason(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    assert browser.submit(browser.room().form("stand-down"), reason="  ").status == 400
    page = browser.submit(browser.room().form("stand-down"), reason="The cause is found and removed")
    assert not scene.incident.in_crisis
    for verb in ("confirm", "decline", "invite", "seat", "stand-down", "draft", "approve"):
        assert not page.has(verb), verb


def test_a_complaint_is_linked_by_hand(scene: Scene, writer: str) -> None:
    other = open_incident(scene.world, id="e9", subject="B-2", data__summary="Also sour", data__amount_cny=500)
    browser = scene.browser(writer)
    page = browser.submit(browser.room().form("join"), complaint=f"{BASE}/console/c/{other}")
    crisis = scene.incident.course.crisis
    assert crisis is not None
    assert [each.complaint for each in crisis.joined] == [other]
    assert "Also sour" in page.text


def test_an_ordinary_case_can_be_declared_a_crisis(scene: Scene, boss: str) -> None:
    other = open_incident(scene.world, id="e9", subject="B-2", data__summary="Sour")
    chain = scene.world.policies.current()[1].chains["default"]
    browser = scene.browser(chain[1].people[0])
    page = browser.room(other)
    assert page.status == 200
    browser.submit(page.form("declare"), grade="yellow", reason="The press is calling")
    stored = scene.world.incidents.load(other)
    assert stored is not None
    assert stored.incident.course.crisis is not None
    assert stored.incident.course.crisis.grade == "yellow"


def announced(browser: Browser, **changed: str) -> tuple[Page, dict[str, Any]]:
    form = browser.room().form("evidence")
    said = {"name": "report.pdf", "sha256": SHA256, "size": str(len(FILE)), "media_type": "application/pdf", **changed}
    page = browser.submit(form, to=f"{BASE}/console/c/{INCIDENT}/upload", **said)
    return page, json.loads(page.html) if page.status == 200 else {}


def test_a_file_is_announced_put_and_then_lies_with_the_evidence(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    page, allowed = announced(browser)
    assert page.status == 200
    scene.world.evidence.put(allowed["upload"]["url"], FILE)
    said = {"name": "report.pdf", "sha256": SHA256, "size": str(len(FILE)), "media_type": "application/pdf"}
    room = browser.submit(browser.room().form("evidence"), **said)
    assert SHA256 in room.text

    draft(browser, **{f"evidence__{SHA256}": "yes"})
    newest = scene.world.statements.text(INCIDENT, "first", 1)
    assert newest is not None
    assert newest.evidence == (("report.pdf", SHA256),)
    assert f"evidence-{SHA256}" in browser.room().form("draft", rung="first").fields


def test_a_file_that_never_came_is_not_entered(scene: Scene, writer: str) -> None:
    browser = scene.browser(writer)
    said = {"name": "report.pdf", "sha256": SHA256, "size": str(len(FILE)), "media_type": "application/pdf"}
    assert browser.submit(browser.room().form("evidence"), **said).status == 409
    for wrong in ({"size": "0"}, {"size": "1e3"}, {"sha256": "x"}, {"name": ""}):
        assert announced(browser, **wrong)[0].status == 400, wrong


def test_a_statement_rests_on_evidence_that_is_there(scene: Scene, writer: str) -> None:
    page = draft(scene.browser(writer), **{f"evidence__{SHA256}": "yes"})
    assert page.status == 400
    assert statement(scene).revisions == ()


def test_a_form_that_does_not_exist_is_not_found(scene: Scene, boss: str) -> None:
    browser = scene.browser(boss)
    form = browser.room().form("confirm")
    for verb in ("statement.out", "KINDS", "x"):
        assert browser.submit(form, to=f"{BASE}/console/c/{INCIDENT}/{verb}").status == 404


def test_while_the_store_rests_there_is_a_page_that_says_so(
    scene: Scene, boss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared.ports import UnavailableError  # noqa: PLC0415 - where it is raised

    browser = scene.browser(boss)

    def rest(_: object) -> None:
        raise UnavailableError("the store rests")

    monkeypatch.setattr(scene.world.incidents, "load", rest)
    page = browser.room()
    assert page.status == 503
    assert "the store rests" not in page.html


def test_the_log_says_who_did_what_and_nothing_of_what_they_wrote(scene: Scene, writer: str) -> None:
    """I12: names and ids, never a key, a token of a form, or a text."""
    log = StringIO()
    before = door.logger.registered_handler.setStream(log)  # type: ignore[attr-defined]  # it is a stream handler
    try:
        browser = scene.browser(writer)
        draft(browser)
        browser.submit(browser.room().form("stand-down"), reason="A reason nobody logs")
        browser.get("/console/signed-in?code=a-code&state=a-state")
    finally:
        door.logger.registered_handler.setStream(before)  # type: ignore[attr-defined]
    said = log.getvalue()
    assert f'"person":"{writer}"' in said
    assert '"verb":"draft"' in said
    csrf = browser.room().form("sign-out").fields["csrf"]
    for secret in (f"key-of-{writer}", csrf, "customers fell ill", "A reason nobody logs", "a-code", "a-state"):
        assert secret not in said
