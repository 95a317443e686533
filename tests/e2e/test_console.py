"""The crisis room in a real browser, on the deployed local stack: with a script and without one."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from cli.key_ring import KeyRing
from cli.local_stack.stack import LocalStack
from tests.e2e.watching import complaint, eventually, post

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ROLES = ("commander", "legal", "public_relations", "quality")
PHONE: Any = {"width": 390, "height": 844}

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine")
expect.set_options(timeout=30_000)  # two cores, many cold starts


def timeline(stack: LocalStack, incident: str) -> list[dict[str, Any]]:
    """What happened, as a person may read it: an intake system is told nothing of the group."""
    with stack.http(headers={"authorization": f"Bearer {stack.person_key}"}, timeout=60) as api:
        answer = api.get(f"{stack.api_url}/v1/incidents/{incident}")
    return list(answer.json()["timeline"]) if answer.status_code == 200 else []


@dataclass
class Crisis:
    """A red crisis on the stack, and a key for whoever was called first for each role."""

    stack: LocalStack
    id: str
    people: dict[str, str]
    keys: dict[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        return f"{self.stack.console_url}/c/{self.id}"

    def entries(self) -> list[str]:
        return [entry["kind"] for entry in timeline(self.stack, self.id)]


@pytest.fixture(scope="module")
def begin(stack: LocalStack) -> Callable[[str], Crisis]:
    """Begins a crisis. The keys are given out once: functions notice new ones after a minute."""
    keys: dict[str, str] = {}

    def begun(case: str) -> Crisis:
        said = complaint(case, level="crisis", scope="nation", reposts=60_000, store=case)
        said["data"]["summary"] = "顾客食用酸奶后不适 <b>C-1</b>"
        [taken] = post(stack, said)

        def called() -> dict[str, str]:
            lines = timeline(stack, taken)
            pages = [line["data"] for line in lines if line["kind"] == "paged" and line["data"]["reason"] == "called"]
            found: dict[str, str] = {}
            for page in pages:
                found.setdefault(page["rung"].partition(".")[0], page["person"])
            return found

        people = eventually(called, until=lambda found: set(ROLES) <= set(found))
        ring = KeyRing(stack.client("secretsmanager"), stack.outputs["ApiKeysSecretArn"])
        for role in ROLES:
            keys.setdefault(people[role], "")
        for person in [person for person, key in keys.items() if not key]:
            keys[person] = ring.renew(f"e2e {person}", person=person)
        return Crisis(stack, taken, {role: people[role] for role in ROLES}, keys)

    return begun


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-sync",
                "--disable-component-update",
                "--no-first-run",
                "--no-proxy-server",
            ],
        )
        yield browser
        browser.close()


class Visitors:
    """Opens browsers for people, and closes them; keeps what the browsers complain about."""

    def __init__(self, chromium: Browser) -> None:
        self.complaints: list[str] = []
        self._chromium = chromium
        self._open: list[BrowserContext] = []

    def sign_in(self, crisis: Crisis, role: str, *, script: bool = True) -> Page:
        """The crisis room as the person of a role has it, at the end of the whole way through the sign-in."""
        context = self._chromium.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=script)
        self._open.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

        def inside() -> bool:
            page.goto(crisis.address)
            page.get_by_label("Your own API key").fill(crisis.keys[crisis.people[role]])
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_load_state()
            return page.locator("#room").count() == 1

        eventually(inside, within=90)  # a function that knew older keys takes a minute to hear of these
        return page

    def close(self) -> None:
        for context in self._open:
            context.close()


@pytest.fixture
def visitors(chromium: Browser) -> Iterator[Visitors]:
    made = Visitors(chromium)
    yield made
    made.close()


def seat(page: Page, name: str) -> Locator:
    return page.locator(f'[data-seat="{name}"]')


def statement(page: Page, rung: str) -> Locator:
    return page.locator(f"#statement-{rung}")


def write(page: Page, rung: str, text: str) -> None:
    """Write a draft, or another one."""
    form = statement(page, rung)
    form.locator(f"#write-{rung} > summary").click()
    form.locator(f"#text-{rung}-en").fill(text)
    form.locator(f"#write-{rung} button.first").click()
    page.wait_for_url("**?done=draft.accepted")


def test_the_crisis_room_with_a_script(begin: Callable[[str], Crisis], visitors: Visitors) -> None:
    crisis = begin("E2E-ROOM")
    boss = visitors.sign_in(crisis, "commander")
    expect(boss).to_have_title("红色危机：E2E-ROOM – 警钟")
    expect(boss.locator("h1")).to_have_text("顾客食用酸奶后不适 <b>C-1</b>")
    expect(boss.locator("[data-seat]")).to_have_count(12)
    width = boss.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], "the page scrolls sideways on a phone"

    # Deadlines tick.
    count = statement(boss, "full").locator(".figure").first
    before = count.inner_text()
    expect(count).not_to_have_text(before)
    assert ":" in count.inner_text()

    # Being in shows on another's page without a reload; what they are typing there stays.
    lawyer = visitors.sign_in(crisis, "legal")
    expect(seat(lawyer, "commander")).not_to_have_attribute("data-state", "taken")
    lawyer.locator("#leave > summary").click()
    lawyer.locator("#decline-reason").fill("half a sentence")
    boss.locator("#part button.first").click()
    boss.wait_for_url("**?done=confirm.accepted")
    expect(seat(boss, "commander")).to_have_attribute("data-state", "taken")
    expect(seat(lawyer, "commander")).to_have_attribute("data-state", "taken")
    assert lawyer.locator("#decline-reason").input_value() == "half a sentence"

    # A double click is one event.
    boss.locator("#milestone-plan > summary").click()
    boss.locator("#milestone-plan button.first").dblclick()
    boss.wait_for_url("**?done=milestone.*")
    assert crisis.entries().count("milestone.met") == 1
    assert visitors.complaints == []


def test_a_text_is_approved_only_as_it_was_read(begin: Callable[[str], Crisis], visitors: Visitors) -> None:
    """It is changed while the lawyer reads: an approval of the first is refused, and the page shows the second."""
    crisis = begin("E2E-TEXT")
    lawyer, writer = visitors.sign_in(crisis, "legal"), visitors.sign_in(crisis, "public_relations")
    for page in (lawyer, writer):
        page.locator("#part button.first").click()
        page.wait_for_url("**?done=confirm.accepted")
    write(writer, "full", "The **first** text")
    lawyer.goto(crisis.address)
    approve = statement(lawyer, "full").locator('form[action$="/approve"]')
    expect(statement(lawyer, "full").locator(".statement strong")).to_have_text("first")
    stale = {name: approve.locator(f'[name="{name}"]').input_value() for name in ("csrf", "rung", "revision", "hash")}
    write(writer, "full", "The **second** text")
    cookies = {one["name"]: one["value"] for one in lawyer.context.cookies()}
    refused = httpx.post(
        f"{crisis.address}/approve", data={**stale, "once": "0"}, cookies=cookies, timeout=60, trust_env=False
    )
    assert refused.status_code == 409
    assert "文本已改动" in refused.text
    expect(statement(lawyer, "full").locator(".statement strong")).to_have_text("second")  # by itself
    statement(lawyer, "full").locator('form[action$="/approve"] button').click()
    lawyer.wait_for_url("**?done=approve.accepted")
    assert crisis.entries().count("statement.approved") == 1

    assert visitors.complaints == []


def test_a_file_goes_from_the_browser_into_the_lock(
    begin: Callable[[str], Crisis], visitors: Visitors, tmp_path: Path
) -> None:
    crisis = begin("E2E-FILE")
    page = visitors.sign_in(crisis, "quality")
    proof = tmp_path / "still.txt"
    proof.write_text("what the camera saw")
    page.locator("#file").set_input_files(proof)
    page.locator(".upload button").click()
    expect(page.locator("#evidence .rows li")).to_have_count(1)
    expect(page.locator("#evidence .hash")).to_contain_text(hashlib.sha256(proof.read_bytes()).hexdigest())
    assert crisis.entries().count("evidence.added") == 1
    assert visitors.complaints == []


def test_the_crisis_room_without_a_script(begin: Callable[[str], Crisis], visitors: Visitors) -> None:
    crisis = begin("E2E-PLAIN")
    boss = visitors.sign_in(crisis, "commander", script=False)
    boss.locator("#part button.first").click()
    expect(seat(boss, "commander")).to_have_attribute("data-state", "taken")
    expect(boss.locator("#told")).to_contain_text("您已到位")

    writer = visitors.sign_in(crisis, "public_relations", script=False)
    writer.locator("#part button.first").click()
    form = statement(writer, "full")
    form.locator("#write-full > summary").click()
    form.locator("#text-full-zh-CN").fill("**原因**已查明 <script>")
    form.locator('button[formaction$="/preview"]').click()
    expect(statement(writer, "full").locator(".preview strong")).to_have_text("原因")
    expect(statement(writer, "full").locator("#text-full-zh-CN")).to_have_value("**原因**已查明 <script>")
    assert "statement.drafted" not in crisis.entries()
    statement(writer, "full").locator("#write-full button.first").click()
    expect(statement(writer, "full")).to_have_attribute("data-state", "draft")

    boss.goto(crisis.address)
    statement(boss, "full").locator('form[action$="/approve"] button').click()
    expect(boss.locator("#told")).to_contain_text("已记录您的批准")
    expect(boss.locator(".upload")).to_be_hidden()

    boss.locator("#stand-down > summary").click()
    boss.locator("#stand-down-reason").fill("已查明并消除原因")
    boss.locator("#stand-down button").click()
    expect(boss.locator("#told")).to_contain_text("危机已解除")
    assert "crisis.stood_down" in crisis.entries()

    boss.get_by_role("button", name="退出").click()
    boss.goto(crisis.address)
    expect(boss.get_by_label("Your own API key")).to_be_visible()


def test_a_page_can_be_used_with_the_keyboard_alone(begin: Callable[[str], Crisis], visitors: Visitors) -> None:
    crisis = begin("E2E-KEYS")
    page = visitors.sign_in(crisis, "quality")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#part') && document.activeElement.tagName") == "BUTTON":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=confirm.accepted")
    expect(seat(page, "quality.1")).to_have_attribute("data-state", "taken")
