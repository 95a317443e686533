"""The page behind a link into a crisis, as a phone without a script sees it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from shared.adapters.answer_page import AnswerPages
from shared.adapters.language import LOCALES
from shared.adapters.link_page import Page
from shared.adapters.room_page import room_words
from shared.application.answer_link import open_link, token_hash, use_link
from shared.application.link_view import LinkView
from shared.domain.instants import MINUTE
from shared.domain.message import Link
from shared.domain.probe import PROBE
from tests.fakes import FakeWorld
from tests.probed_policy import probed
from tests.unit.crisis_room import (
    CHIEF,
    DECLARER,
    LAWYER,
    PRESS,
    SECOND_LAWYER,
    TEXTS,
    TOP,
    a_crisis,
    call_everybody,
    come_in,
    do,
    draft,
    incident,
    link_for,
    reading,
)
from tests.unit.door_requests import INCIDENT, a_world, open_incident
from tests.unit.test_answer_page import Reading


@pytest.fixture
def world() -> FakeWorld:
    made = a_crisis(data__summary="Children <i>ill</i> after yoghurt", data__store="Xuhui", data__reposts=6_200)
    made.time.advance(1_000)
    return made


def page(world: FakeWorld, view: LinkView, locale: str = "en") -> Page:
    """What a reader of that language sees; the names of people stay."""
    assert view.today is not None
    person = view.person or ""
    people = dict(view.today.people)
    people[person] = people[person].model_copy(update={"locale": locale})
    reader = view.today.model_copy(update={"people": people})
    return AnswerPages(world.incidents.timeline).page(replace(view, today=reader))


def shown(world: FakeWorld, person: str, locale: str = "en") -> Reading:
    return Reading(page(world, open_link(world, link_for(world, person)), locale))


def tapped(world: FakeWorld, person: str, verb: str, said: dict[str, str] | None = None) -> Reading:
    world.time.advance(1_000)
    return Reading(page(world, use_link(world, link_for(world, person), verb, said or {})))


def named(world: FakeWorld, person: str) -> str:
    return world.policies.current()[1].people[person].name


def hidden(read: Reading) -> set[str]:
    return set(read.of("input", "value"))


def test_somebody_who_is_called_reads_for_what_until_when_and_what_is_known(world: FakeWorld) -> None:
    read = shown(world, CHIEF)
    for said in (
        "RED crisis",
        "You are called as Commander",
        "answer by 08:06, then somebody else is called",
        "4 min",
        "Xuhui",
        "6,200",
        "Muster",
        "First statement",
        "Compensation up to CNY 1,000,000",
        named(world, LAWYER),
    ):
        assert said in read.text, said
    assert read.buttons == ["decline", "confirm"]
    assert read.of("textarea", "required") == [], "nobody has to explain why they cannot come"


def test_the_thumb_finds_the_one_answer_that_is_wanted(world: FakeWorld) -> None:
    html = page(world, open_link(world, link_for(world, CHIEF))).html
    assert re.search(r'<div class="thumb">.*value="confirm">I am in</button>', html)
    come_in(world, CHIEF)
    assert 'class="thumb"' not in page(world, open_link(world, link_for(world, CHIEF))).html


def test_after_the_confirmation_the_room_is_there(world: FakeWorld) -> None:
    read = tapped(world, CHIEF, "confirm")
    assert read.headings[0] == "You are in"
    assert "You are in as Commander" in read.text
    assert read.buttons == ["milestone", "milestone"]
    assert hidden(read) == {"plan", "review"}


def test_an_approver_reads_their_language_first_and_the_form_names_the_very_text(world: FakeWorld) -> None:
    come_in(world, LAWYER, PRESS)
    draft(world)
    for locale, first, second in (("en", "en", "zh-CN"), ("zh-CN", "zh-CN", "en")):
        read = shown(world, LAWYER, locale)
        assert read.text.index(TEXTS[first]) < read.text.index(TEXTS[second])
        assert read.of("div", "lang")[-2:] == [first, second]
    read = shown(world, LAWYER)
    assert read.buttons[:2] == ["approve", "reject"]
    assert set(reading(world).values()) <= hidden(read)
    assert "for exactly this text" in read.text
    assert read.of("textarea", "required") == [""], "a veto says why"


def test_whoever_drafted_is_told_why_there_is_no_button(world: FakeWorld) -> None:
    come_in(world, PRESS)
    draft(world)
    read = shown(world, PRESS)
    assert "Your own text: somebody else has to approve it." in read.text
    assert not {"approve", "reject"} & set(read.buttons)


def test_the_evidence_of_a_text_is_named_with_it(world: FakeWorld) -> None:
    come_in(world, PRESS, LAWYER)
    proof = {"name": "<report>.pdf", "sha256": "ab" * 32}
    do(world, "draft", PRESS, rung="first", text=TEXTS, evidence=[proof])
    read = shown(world, LAWYER)
    assert "<report>.pdf" in read.text
    assert ("ab" * 8) in read.text


def test_a_text_that_changed_is_said_and_shown_anew(world: FakeWorld) -> None:
    come_in(world, LAWYER, PRESS)
    draft(world)
    old = reading(world)
    draft(world, en="A later text")
    read = tapped(world, LAWYER, "approve", old)
    assert read.headings[0] == "The text changed meanwhile"
    assert "A later text" in read.text
    assert reading(world)["hash"] in hidden(read)
    assert old["hash"] not in hidden(read)


def test_a_veto_without_words_opens_its_form_again(world: FakeWorld) -> None:
    come_in(world, LAWYER, PRESS)
    draft(world)
    read = tapped(world, LAWYER, "reject", reading(world))
    assert read.headings[0] == "Something is missing"
    assert "Please check: What has to change." in read.text
    assert len(read.of("details", "open")) == 1


@pytest.mark.parametrize(
    ("verb", "said", "title"),
    [
        ("approve", {}, "Approved"),
        ("reject", {"reason": "no"}, "Rejected"),
        ("milestone", {"milestone": "plan"}, "Reported as met"),
    ],
)
def test_what_was_done_is_said_once(world: FakeWorld, verb: str, said: dict[str, str], title: str) -> None:
    come_in(world, LAWYER, PRESS)
    draft(world)
    form = {**reading(world), **said}
    assert tapped(world, LAWYER, verb, form).headings[0] == title
    assert tapped(world, LAWYER, verb, form).headings[0] == "You have done this already"


def test_a_seat_that_is_taken_is_said_calmly(world: FakeWorld) -> None:
    do(world, "decline-call", LAWYER)
    called_b = next(message.key.person for message in world.outbox.all if message.reason == "called_b")
    come_in(world, called_b)
    for read in (shown(world, LAWYER), tapped(world, LAWYER, "confirm")):
        assert read.headings[0] == f"{named(world, called_b)} has come already"
        assert read.buttons == []


def test_who_is_not_asked_may_follow_it(world: FakeWorld) -> None:
    assert shown(world, "he.ping").headings[0] == "This is how things stand"


def test_a_seat_for_which_nobody_is_left_is_filled_by_the_top_of_the_chain(world: FakeWorld) -> None:
    call_everybody(world)
    read = shown(world, TOP)
    assert "Commander: put somebody there" in read.text
    assert "he.ping" in read.options
    assert set(read.buttons) == {"seat"}
    assert tapped(world, TOP, "seat", {"seat": "commander", "who": "he.ping"}).headings[0] == "They are being called"
    assert "You are called as Commander" in shown(world, "he.ping").text


def test_nobody_is_put_into_a_seat_who_is_there_for_synthetic_complaints() -> None:
    world = a_world()
    world.policies.adopt(probed())
    open_incident(world)
    world.time.advance(1_000)
    do(world, "declare-crisis", DECLARER, reason="children are ill", grade="red")
    call_everybody(world)
    options = shown(world, TOP).options
    assert "he.ping" in options
    assert PROBE not in options


def test_a_crisis_that_is_over_says_so_and_shows_how_it_ended(world: FakeWorld) -> None:
    come_in(world, CHIEF)
    token = link_for(world, LAWYER)
    do(world, "stand-down", CHIEF, reason="all are well")
    found = page(world, open_link(world, token))
    read = Reading(found)
    assert (found.status, read.headings[0], read.buttons) == (410, "The crisis is over", [])
    assert named(world, CHIEF) in read.text


def test_a_drill_says_so_on_every_page(world: FakeWorld) -> None:
    for link in (link_for(world, CHIEF), link_of_the_complaint(world)):
        view = open_link(world, link)
        assert view.incident is not None
        drilled = replace(view, incident=replace(view.incident, drill=True))
        assert "This is a DRILL" in Reading(page(world, drilled)).text
        assert "DRILL" not in Reading(page(world, view)).text


def link_of_the_complaint(world: FakeWorld) -> str:
    expires = world.time.now() + MINUTE
    world.links.put(Link(token_hash("ordinary-token"), INCIDENT, "li.na", incident(world).epoch, expires))
    return "ordinary-token"


def test_everything_people_wrote_is_text(world: FakeWorld) -> None:
    come_in(world, LAWYER, PRESS)
    draft(world)
    found = page(world, open_link(world, link_for(world, LAWYER)))
    read = Reading(found)
    assert "<i>ill" not in found.html
    assert "<b>Sorry" not in found.html
    assert "Children <i>ill</i> after yoghurt" in read.text
    assert TEXTS["en"] in read.text
    assert "script-src 'sha256-" in found.headers["Content-Security-Policy"]


def test_forms_post_to_the_links_own_address_and_labels_lead_to_their_fields(world: FakeWorld) -> None:
    come_in(world, LAWYER, PRESS, SECOND_LAWYER)
    draft(world)
    draft(world, rung="progress", en="Later")
    read = shown(world, LAWYER)
    assert set(read.of("form", "method")) == {"post"}
    assert read.of("form", "action") == []
    assert set(read.of("label", "for")) == set(read.of("textarea", "id"))
    ids = [value for _, name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_a_crisis_of_many_and_a_late_one_are_drawn(world: FakeWorld) -> None:
    world.time.advance(90 * MINUTE)
    come_in(world, CHIEF)
    assert "Missed" in shown(world, CHIEF).text
    assert "was due" in shown(world, CHIEF).text


def test_both_languages_say_the_same_things() -> None:
    def keys(words: object) -> object:
        return {name: keys(word) for name, word in words.items()} if isinstance(words, dict) else None

    first, second = (vars(room_words(locale)) for locale in LOCALES)
    assert keys(first) == keys(second)
    for one, other in zip(_texts(first), _texts(second), strict=True):
        assert set(re.findall(r"\{\w+\}", one)) == set(re.findall(r"\{\w+\}", other))


def _texts(words: object) -> list[str]:
    if isinstance(words, dict):
        return [text for name in sorted(words) for text in _texts(words[name])]
    return [str(words)]
