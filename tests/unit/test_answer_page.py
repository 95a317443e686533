"""The page behind a link, as a phone without a script sees it."""

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
import yaml

from shared.adapters.answer_page import AnswerPages, refusal
from shared.adapters.language import LOCALES, TEMPLATES, vocabulary
from shared.adapters.link_page import Page
from shared.application.link_view import STATUS, Room
from shared.domain.incident import Handover, Incident, Ladder
from shared.domain.instants import MINUTE
from shared.domain.outcome import Entry
from shared.domain.policy import Policy
from tests.complaint_of_two import T0, received

VERBS = ("acknowledge", "resolve", "escalate", "hand_over")
STATES = ("open", "done", "over", "used", "invalid", "unknown", "expired", "superseded", "not_theirs")
POLICY = """
policy: house
levels:
  major:
    name: {zh-CN: 重大投诉, en: Major complaint}
    clocks: {respond: 30m, resolve: 24h}
    window: 10m
    urgent: true
classification: {default: major}
chains:
  default:
    - rung: front_line
      people: [li, smith]
      title: {zh-CN: 一线客服, en: Front line}
      authority: {compensation_cny: 1500, actions: [refund]}
    - {rung: top, people: [wang], title: {en: The top}}
people:
  li: {name: 李娜, phone: "+8613800000001"}
  smith: {name: Smith, phone: "+447700900001", locale: en, zone: Europe/London}
  wang: {name: "Wang <Fang>", phone: "+8613800000003"}
  zoe: {name: Zoe, phone: "+8613800000004"}
  mute: {name: Mute}
operations: [li]
"""


@dataclass(frozen=True)
class View:
    """What a link shows."""

    state: str
    today: Policy | None
    now: int
    verbs: tuple[str, ...] = VERBS
    verb: str | None = None
    fields: tuple[str, ...] = ()
    person: str | None = "smith"
    incident: Incident | None = None
    rules: Policy | None = None
    room: Room | None = None

    @property
    def status(self) -> int:
        return STATUS[self.state]  # type: ignore[index]  # one of them


@dataclass(frozen=True)
class Line:
    entries: tuple[Entry, ...]


class Reading(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.buttons: list[str] = []
        self.options: dict[str, str] = {}
        self.headings: list[str] = []
        self.text = ""
        self._option = ""
        self._skip = False
        self.feed(page.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in given.items()]
        self._skip = tag in ("style", "script")
        if tag == "button":
            assert given["name"] == "verb"
            self.buttons.append(given["value"])
        self._option = given.get("value", "") if tag == "option" else ""

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        if self._skip:
            return
        self.text += data
        if self._option:
            self.options[self._option] = data
            self._option = ""
        if self.tags and self.tags[-1] in ("h1", "h2") and data.strip():
            self.headings.append(data.strip())

    def of(self, tag: str, name: str) -> list[str]:
        return [value for one, attribute, value in self.attributes if (one, attribute) == (tag, name)]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.model_validate(yaml.safe_load(POLICY))


@pytest.fixture(scope="module")
def incident(policy: Policy) -> Incident:
    return received(policy, "house@1", "货架砸伤")


def show(incident: Incident | None, policy: Policy, state: str = "open", **fields: Any) -> Page:
    timeline = fields.pop("timeline", ())
    view = View(state, policy, fields.pop("now", T0 + 20 * MINUTE), incident=incident, rules=policy, **fields)
    return AnswerPages(lambda _incident: timeline).page(view)


def with_course(incident: Incident, **fields: Any) -> Incident:
    return replace(incident, course=replace(incident.course, **fields))


def test_an_open_incident_shows_everything_somebody_needs_to_decide(incident: Incident, policy: Policy) -> None:
    page = show(incident, policy)
    text = Reading(page).text
    assert page.status == 200
    for said in (
        "C-1042",
        "货架砸伤",
        "Major complaint",
        "Open",
        "Nobody has taken it over yet",
        "First response",
        "Due in",
        "10 min",
        "due 06:30",
        "as of 06:20",
        "Solution",
        "Running",
        "Due 2 Mar 06:00, 23 h 40 min left",
        "Compensation up to CNY 1,500; refund",
        "You are asked as Front line.",
        "Times in Europe/London (UTC+00:00).",
    ):
        assert said in text
    assert Reading(page).buttons == ["resolve", "escalate", "hand_over", "acknowledge"]


def test_the_page_speaks_the_readers_language(incident: Incident, policy: Policy) -> None:
    chinese = Reading(show(incident, policy, person="li"))
    assert chinese.of("html", "lang") == ["zh-CN"]
    assert "14:30 到期" in chinese.text
    assert "重大投诉" in chinese.text
    assert Reading(show(incident, policy)).of("html", "lang") == ["en"]


def test_a_verdict_is_told_by_a_word_and_not_only_by_colour(incident: Incident, policy: Policy) -> None:
    clocks = incident.course.clocks
    verdicts = {"met": "Met", "stopped": "Stopped", "missed": "Missed"}
    for verdict, word in verdicts.items():
        turned = (replace(clocks[0], verdict=verdict, left=5 * MINUTE), clocks[1])  # type: ignore[arg-type]
        assert word in Reading(show(with_course(incident, clocks=turned), policy)).text
    answered = (replace(clocks[0], verdict="missed", answered=clocks[0].deadline + 3 * MINUTE), clocks[1])
    assert "Missed, done 3 min late" in Reading(show(with_course(incident, clocks=answered), policy)).text
    cancelled = (replace(clocks[0], verdict="cancelled"), clocks[1])
    assert "First response" not in Reading(show(with_course(incident, clocks=cancelled), policy)).text


def test_a_deadline_that_has_passed_is_missed_even_before_its_timer_was_seen_to(
    incident: Incident, policy: Policy
) -> None:
    text = Reading(show(incident, policy, now=T0 + 43 * MINUTE)).text
    assert "Missed by" in text
    assert "13 min" in text
    assert "was due 06:30" in text


def test_buttons_that_make_no_sense_are_not_shown(incident: Incident, policy: Policy) -> None:
    def buttons(given: Incident, **fields: Any) -> set[str]:
        return set(Reading(show(given, policy, **fields)).buttons)

    mine = with_course(incident, acknowledged=True, holder="smith")
    assert buttons(mine) == {"resolve", "escalate", "hand_over"}
    assert buttons(with_course(incident, acknowledged=True, holder="li")) == set(VERBS)
    assert buttons(replace(mine, ladder=Ladder(("resolve#1",), 1, 0, T0))) == set(VERBS)
    assert buttons(replace(with_course(incident, phase="waiting"), handover=Handover("li", "smith", T0))) == set(VERBS)
    assert buttons(with_course(incident, phase="closed")) == set()
    assert buttons(with_course(incident, phase="awaiting_confirmation")) == set()
    assert "escalate" not in buttons(incident, person="wang")
    assert buttons(incident, verbs=("resolve",)) == {"resolve"}


@pytest.mark.parametrize("state", ["over", "superseded"])
def test_a_link_that_no_longer_acts_shows_the_state_without_buttons(
    state: str, incident: Incident, policy: Policy
) -> None:
    reading = Reading(show(incident, policy, state))
    assert reading.buttons == []
    assert "form" not in reading.tags
    assert "货架砸伤" in reading.text


def test_a_superseded_link_says_who_has_it(incident: Incident, policy: Policy) -> None:
    taken = with_course(incident, acknowledged=True, holder="li")
    assert Reading(show(taken, policy, "superseded")).headings[0] == "李娜 has taken it over"
    assert Reading(show(incident, policy, "superseded")).headings[0] == "This link no longer acts"


@pytest.mark.parametrize(
    ("state", "status"),
    [("open", 200), ("done", 200), ("over", 200), ("used", 409), ("invalid", 400), ("superseded", 410)],
)
def test_each_state_has_its_status(state: str, status: int, incident: Incident, policy: Policy) -> None:
    assert show(incident, policy, state, verb="acknowledge").status == status


@pytest.mark.parametrize(("state", "status"), [("unknown", 404), ("expired", 410)])
def test_a_link_that_opens_nothing_tells_nothing(state: str, status: int, incident: Incident, policy: Policy) -> None:
    page = AnswerPages().page(View(state, policy, T0))
    assert page.status == status
    assert "C-1042" not in page.html
    assert Reading(page).headings
    assert Reading(page).buttons == []


def test_no_two_states_look_the_same(incident: Incident, policy: Policy) -> None:
    first = [Reading(show(incident, policy, state, verb="acknowledge")).headings[0] for state in STATES]
    assert len(set(first)) == len(STATES)


@pytest.mark.parametrize(
    ("verb", "title"),
    [
        ("acknowledge", "You have taken it over"),
        ("resolve", "Marked as solved"),
        ("escalate", "Escalated"),
        ("hand_over", "Handed over"),
    ],
)
def test_what_was_done_is_said_with_name_and_time(verb: str, title: str, incident: Incident, policy: Policy) -> None:
    after = replace(incident, handover=Handover("smith", "zoe", T0)) if verb == "hand_over" else incident
    reading = Reading(show(after, policy, "done", verb=verb, verbs=tuple(v for v in VERBS if v != verb)))
    assert reading.headings[0] == title
    assert "Recorded at 06:20 for Smith." in reading.text
    assert verb not in reading.buttons
    if verb == "hand_over":
        assert "Zoe is being paged" in reading.text


def test_wrong_fields_are_named_and_their_form_is_open(incident: Incident, policy: Policy) -> None:
    page = show(incident, policy, "invalid", verb="escalate", fields=("reason",))
    assert "Please check: Why the next level is needed." in Reading(page).text
    opened_form = page.html.split("<details open>")[1].split("</details>")[0]
    assert 'value="escalate"' in opened_form


def test_it_can_be_handed_to_whoever_can_be_reached(incident: Incident, policy: Policy) -> None:
    assert Reading(show(incident, policy)).options == {"li": "李娜", "wang": "Wang <Fang>", "zoe": "Zoe"}
    held = with_course(incident, acknowledged=True, holder="li")
    assert set(Reading(show(held, policy)).options) == {"wang", "zoe"}
    alone = policy.model_copy(update={"people": {"smith": policy.people["smith"], "mute": policy.people["mute"]}})
    assert "hand_over" not in Reading(show(incident, alone)).buttons


def test_the_timeline_speaks_in_words_newest_first(incident: Incident, policy: Policy) -> None:
    entries = (
        Entry(T0, "opened", {"level": "major"}),
        Entry(T0 + MINUTE, "paged", {"person": "li", "rung": "front_line", "reason": "opened"}),
        Entry(T0 + 2 * MINUTE, "stale", {"rung": "top"}),
        Entry(T0 + 3 * MINUTE, "complaint.escalated", {"data": {"by": "li", "reason": "he <shouts>\nloudly"}}),
        Entry(T0 + 4 * MINUTE, "complaint.acknowledged", {"data": {"by": "the hotline"}}),
        Entry(T0 + 5 * MINUTE, "corrected", {"clock": "respond", "was": "missed", "now": "met"}),
    )
    text = Reading(show(incident, policy, timeline=(Line(entries[:2]), Line(entries[2:])))).text
    told = [
        "First response corrected: met",
        "The hotline took it over",
        "李娜 escalated it: he <shouts> loudly",
        "李娜 was paged (Front line)",
        "Accepted as Major complaint",
    ]
    places = [text.index(one) for one in told]
    assert all(one < other for one, other in pairwise(places))
    assert "stale" not in text


def test_every_entry_of_both_languages_can_be_told(incident: Incident, policy: Policy) -> None:
    for locale in LOCALES:
        for kind in vocabulary(locale).entries:
            page = show(incident, policy, timeline=(Line((Entry(T0, kind, {}),)),), person="li")
            assert "经过" in Reading(page).text


def test_a_timeline_that_cannot_be_read_costs_nobody_the_page(incident: Incident, policy: Policy) -> None:
    def broken(_incident: str) -> tuple[Line, ...]:
        raise RuntimeError("the store is away")

    page = AnswerPages(broken).page(View("open", policy, T0, incident=incident, rules=policy))
    assert page.status == 200
    assert "acknowledge" in Reading(page).buttons


def test_everything_people_wrote_is_text(incident: Incident, policy: Policy) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}'
    page = show(
        with_course(replace(incident, summary=evil, subject=evil), acknowledged=True, holder=evil),
        policy,
        "done",
        verb="resolve",
        timeline=(Line((Entry(T0, "complaint.resolved", {"data": {"by": evil, "solution": evil}}),)),),
    )
    reading = Reading(page)
    assert reading.tags.count("script") == 1
    assert "img" not in reading.tags
    assert evil in reading.text


def test_the_page_says_what_may_run_in_it_and_nothing_else_may(incident: Incident, policy: Policy) -> None:
    page = show(incident, policy)
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    for tag in ("style", "script"):
        (source,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    names = {name for _, name, _ in Reading(page).attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert "http" not in page.html
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_forms_post_to_the_links_own_address_and_nothing_else_acts(incident: Incident, policy: Policy) -> None:
    reading = Reading(show(incident, policy))
    assert set(reading.of("form", "method")) == {"post"}
    assert reading.of("form", "action") == []
    assert reading.of("a", "href") == []


def test_a_page_without_an_incident_speaks_both_languages_when_nobody_knows_the_reader() -> None:
    page = AnswerPages().page(View("unavailable", None, 0))
    assert page.status == 503
    assert len(Reading(page).headings) == 2
    assert refusal("too_many", "en").status == 429
    assert Reading(refusal("too_many", "en")).headings == ["Too many tries"]
    assert refusal("bad_request", "zh-CN").status == 400


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(scheme: str) -> None:
    css = (TEMPLATES / "page.css").read_text("utf-8")
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light if scheme == "light" else dark.split("\n* {")[0]))
    pairs = [
        *((ink, ground) for ink in ("ink", "quiet") for ground in ("ground", "sheet")),
        *((f"{tone}", f"{tone}-ground") for tone in ("bad", "soon", "good")),
        *(("ink", f"{tone}-ground") for tone in ("bad", "soon", "good")),
        *((tone, "sheet") for tone in ("bad", "soon", "good", "deed")),
        ("deed", "ground"),
        ("on-deed", "deed"),
        ("sheet", "bad"),
    ]
    assert [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)
