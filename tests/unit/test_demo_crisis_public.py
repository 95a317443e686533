"""The demo reads the public site as anybody does and names what is wrong; a form is filled in as the page offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import httpx
import pytest

from cli.demo_crisis.acting import RefusedError, form_for
from cli.demo_crisis.public import PublicPage
from cli.demo_crisis.story import LATE, RUNGS, TEXTS
from shared.adapters.answer_page import AnswerPages
from shared.adapters.site_pages import site_files
from shared.application.answer_link import open_link
from shared.domain.instants import MINUTE, SECOND, parse_instant
from shared.domain.publication import Publication, public_name
from tests.unit.crisis_room import CHIEF, LAWYER, PRESS, a_crisis, come_in, draft, link_for, reading

URL = "https://status.example.com"
INCIDENT = "inc-1"
AT = parse_instant("2026-03-01T00:39:00Z")
OUT = dict.fromkeys(RUNGS, AT)

Change = Callable[[list[Publication]], object]


def publications() -> list[Publication]:
    return [
        Publication(
            crisis=public_name(INCIDENT),
            incident=INCIDENT,
            rung=rung,
            revision=1,
            published_at=AT,
            due=AT - 4 * MINUTE if rung == LATE else AT + SECOND,
            text=tuple(sorted(TEXTS[rung].items())),
            kind=(("en", "Public crisis"), ("zh-CN", "公共危机事件")),
        )
        for rung in RUNGS
    ]


def site(said: list[Publication]) -> PublicPage:
    files = site_files(said, URL)

    def read(path: str) -> httpx.Response:
        return httpx.Response(200, content=files[path].content) if path in files else httpx.Response(404)

    return PublicPage(read, URL, INCIDENT)


def test_a_site_with_each_statement_once_is_as_it_should_be() -> None:
    assert site(publications()).wrong(OUT, LATE) == []


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda said: said.pop(), "en/s/{crisis}/full.html answers 404"),
        (lambda said: said.append(replace(said[0], revision=2, corrects=True)), "the Atom feed (en) has not each"),
        (lambda said: said.append(replace(said[0], revision=2, corrects=True)), "the JSON feed (zh-CN) has not each"),
        (lambda said: said.__setitem__(1, replace(said[1], due=AT)), "progress.html does not say that it is late"),
        (lambda said: said.__setitem__(0, replace(said[0], due=AT - MINUTE)), "first.html says that it is late"),
        (lambda said: said.__setitem__(2, replace(said[2], text=(("en", "x"),))), "full.html does not hold the text"),
        (lambda said: said.__setitem__(2, replace(said[2], published_at=AT + SECOND)), "once, at its time"),
        (lambda said: said.__setitem__(0, replace(said[0], crisis="other")), "has no link to first"),
        (lambda said: said.__setitem__(0, replace(said[0], kind=(("en", INCIDENT),))), "names the incident"),
    ],
)
def test_what_is_wrong_with_a_site_is_named(change: Change, names: str) -> None:
    said = publications()
    change(said)
    found = site(said).wrong(OUT, LATE)
    assert [line for line in found if names.format(crisis=public_name(INCIDENT)) in line], found


def test_each_statement_is_noted_when_it_is_first_seen() -> None:
    said = publications()
    page = site(said[:1])
    assert page.look(AT) == ["first"]
    assert page.look(AT + SECOND) == []
    page.read = site(said).read
    assert page.look(AT + MINUTE) == ["progress", "full"]
    assert page.first_seen == {"first": AT, "progress": AT + MINUTE, "full": AT + MINUTE}


def test_an_approval_takes_the_hash_from_the_form_of_its_own_rung() -> None:
    world = a_crisis()
    come_in(world, CHIEF, LAWYER, PRESS)
    draft(world)
    draft(world, rung="progress")
    page = AnswerPages().page(open_link(world, link_for(world, LAWYER))).html
    for rung in ("first", "progress"):
        filled = form_for(page, "approve", {"rung": rung, "revision": 1})
        assert filled == hidden(reading(world, rung))
    with pytest.raises(RefusedError, match="offers no 'approve'"):
        form_for(page, "approve", {"rung": "first", "revision": 2})
    with pytest.raises(RefusedError, match="offers no 'confirm'"):
        form_for(page, "confirm", {})


def hidden(said: Mapping[str, str]) -> dict[str, str]:
    return {name: said[name] for name in ("rung", "revision", "hash")}
