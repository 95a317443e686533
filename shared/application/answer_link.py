"""What a page's link opens and does (I11): looking changes nothing, each action works once, and links die."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from shared.application.answer import make_event
from shared.application.answer_crisis_link import open_room, use_room
from shared.application.link_view import LinkVerb, LinkView
from shared.application.problem import Problem
from shared.application.take_event import link_lives, take_event
from shared.application.who_may_look import may_act
from shared.application.world import World
from shared.domain.incident import Incident
from shared.domain.message import Link
from shared.ports import Stored

_KINDS: Mapping[str, str] = {
    "acknowledge": "complaint.acknowledged",
    "resolve": "complaint.resolved",
    "escalate": "complaint.escalated",
    "hand_over": "complaint.handed_over",
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "acknowledge": (),
    "resolve": ("solution",),
    "escalate": ("reason",),
    "hand_over": ("to",),
}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8,128}", re.ASCII)


def open_link(world: World, token: str) -> LinkView:
    """What a link shows. It changes nothing: mail scanners open links too."""
    return _found(world, token)[2]


def use_link(world: World, token: str, verb: str, said: Mapping[str, str]) -> LinkView:
    """Do what a link's form asks for, once.

    Args:
        world: the ports.
        token: as the path has it; only its hash is ever kept.
        verb: which button it was.
        said: the form's fields; those that are not the verb's are passed over.

    Raises:
        UnavailableError: nothing was taken; safe to repeat.
    """
    link, stored, view = _found(world, token)
    if link is None or stored is None or view.state not in ("open", "over"):
        return view
    if link.group:
        return use_room(world, link, view, verb, said)
    if verb not in get_args(LinkVerb):
        return replace(view, state="invalid", fields=("verb",))
    asked: LinkVerb = verb  # type: ignore[assignment]  # it is one of them
    view = replace(view, verb=asked)
    if asked not in view.verbs:
        return replace(view, state="used" if _was_used(world, link, stored, asked) else view.state)
    return _done(world, link, stored, view, asked, said)


def not_a_form(world: World) -> LinkView:
    """What whoever sends something else than the page's own form sees; the link was not even looked up."""
    return LinkView("bad_request", world.policies.current()[1], world.time.now())


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _done(world: World, link: Link, seen: Stored, view: LinkView, verb: LinkVerb, said: Mapping[str, str]) -> LinkView:
    incident = seen.incident
    data = {name: text for name in _FIELDS[verb] if (text := said.get(name, "").strip()) or verb != "resolve"}
    event_id = _event_id(link, verb)
    try:
        event = make_event(world, incident, _KINDS[verb], data, link.person, source="link", event_id=event_id)
    except Problem as wrong:
        return replace(view, state="invalid", fields=tuple(fault.field for fault in wrong.faults))
    taken = take_event(world, event, surface="link", trusted_by=True, link=link, seen=seen)
    if taken.status in ("duplicate", "id_conflict"):
        return replace(view, state="used")
    if taken.status == "superseded":  # somebody moved the incident between the look and the act
        return replace(view, state="superseded", verb=None)
    left = tuple(each for each in view.verbs if each != verb)
    return replace(view, state="done", verbs=left, incident=taken.after or incident)


def _found(world: World, token: str) -> tuple[Link | None, Stored | None, LinkView]:
    now = world.time.now()
    nothing = LinkView("unknown", world.policies.current()[1], now)
    link = world.links.get(token_hash(token)) if _TOKEN.fullmatch(token) else None
    stored = world.incidents.load(link.incident) if link else None
    if link is None or stored is None:
        return None, None, nothing
    view = replace(nothing, person=link.person)
    if link.expires <= now:
        return link, stored, replace(view, state="expired")
    incident = stored.incident
    view = replace(view, incident=incident, rules=world.policies.at(incident.rules))
    if not link_lives(link, incident):
        return link, stored, replace(view, state="stood_down" if link.group else "superseded")
    if not may_act(world, incident, link.person):
        return link, stored, replace(view, state="not_theirs")
    if link.group:
        return link, stored, open_room(world, link, view)
    return link, stored, _of_complaint(world, link, view, stored)


def _of_complaint(world: World, link: Link, view: LinkView, stored: Stored) -> LinkView:
    incident = stored.incident
    left = tuple(verb for verb in _wanted(incident) if not _was_used(world, link, stored, verb))
    if incident.is_solved and not left:
        return replace(view, state="over")
    return replace(view, state="open", verbs=left)


def _wanted(incident: Incident) -> tuple[LinkVerb, ...]:
    """What a link may do: everything while the complaint is handled; afterwards a ladder can still be stopped."""
    if not incident.is_solved:
        verbs: tuple[LinkVerb, ...] = get_args(LinkVerb)
        return verbs
    return ("acknowledge",) if incident.ladder is not None else ()


def _was_used(world: World, link: Link, stored: Stored, verb: LinkVerb) -> bool:
    if link.version == stored.incident.version:
        return False  # nothing happened since the link was made
    return world.incidents.taken("link", _event_id(link, verb)) is not None


def _event_id(link: Link, verb: LinkVerb) -> str:
    return f"{link.token_hash}/{verb}"
