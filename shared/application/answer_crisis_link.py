"""What a link into a crisis offers and does: be in, or not; report milestones; read a text and stand by it, or veto it.

Such a link lives until the crisis is stood down. Each thing is done once by it, and a text is approved by its revision
and its hash: what was read is what is approved (I8, I11).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from shared.application.answer import IN_CRISIS, make_event
from shared.application.link_view import CrisisVerb, Draft, LinkState, LinkView, Room
from shared.application.problem import Problem
from shared.application.take_event import take_event
from shared.application.world import World
from shared.domain.crisis import Statement
from shared.domain.crisis_course import is_met_by_group
from shared.domain.directory import Directory
from shared.domain.incident import Incident
from shared.domain.message import Link
from shared.domain.policy import Policy
from shared.domain.response_group import is_leading, seat_called_for
from shared.domain.statement_approval import approvals_wanted, roles_for, standing_approvals
from shared.domain.statement_ladder import rules_of
from shared.domain.step import Step

_KINDS: Mapping[CrisisVerb, str] = {
    "confirm": IN_CRISIS["confirm-call"],
    "decline": IN_CRISIS["decline-call"],
    "milestone": "milestone.met",
    "approve": IN_CRISIS["approve"],
    "reject": IN_CRISIS["reject"],
    "seat": IN_CRISIS["seat"],
}
_NAMED_BY: Mapping[CrisisVerb, tuple[str, ...]] = {
    "milestone": ("milestone",),
    "approve": ("rung", "revision"),
    "reject": ("rung", "revision"),
    "seat": ("seat", "who"),
}
"""What tells one use of a verb from another: it stands in the event's id, so that each is done once."""
_WRITTEN: Mapping[CrisisVerb, str] = {"decline": "reason", "milestone": "text", "reject": "reason"}
_MUST_BE_WRITTEN = frozenset({"reject"})


def open_room(world: World, link: Link, view: LinkView) -> LinkView:
    """The view of a living link with the room and what can be done in it."""
    if view.incident is None or view.rules is None or view.today is None:
        return view
    room = room_of(world, view.incident, view.rules, view.today, link.person, view.now)
    offered: dict[CrisisVerb, bool] = {
        "confirm": room.called_for is not None,
        "decline": room.called_for is not None and not _was_used(world, link, "decline", {}),
        "milestone": bool(room.milestones),
        "approve": any(draft.approve for draft in room.drafts),
        "reject": any(draft.reject for draft in room.drafts),
        "seat": bool(room.empty_seats),
    }
    return replace(view, state="open", room=room, verbs=tuple(verb for verb, there in offered.items() if there))


def room_of(world: World, incident: Incident, rules: Policy, today: Policy, person: str, now: int) -> Room:
    """What a crisis wants of somebody.

    Args:
        world: for the texts of drafts.
        incident: with its crisis.
        rules: those it was opened under; today: the policy with the people of now.
        person: who looks; now: milliseconds UTC.
    """
    course, crisis = incident.course, incident.course.crisis
    if crisis is None or not incident.in_crisis:
        return Room()
    is_in = person in crisis.members
    called_for = None if is_in else seat_called_for(incident, person)
    asked = [call.seat for call in incident.group.seats if person in call.asked] if incident.group else []
    winners = [winner for seat in asked if (winner := crisis.person_in(seat))]
    owed = (clock for clock in course.clocks if clock.milestone and (clock.verdict == "running" or clock.is_owed))
    reported = (clock.name for clock in owed if not is_met_by_group(course, clock, rules))
    directory, kind = Directory(today, rules), rules.crises[crisis.kind]
    rung = directory.standing(incident.chain, person, now)
    leads = is_leading(incident, person, rung, len(rules.chains[incident.chain]))
    by_chain = kind.milestones_by == "group_or_chain" and rung > 0
    step = Step(incident, rules, directory, now)
    drafts = (_draft(world, step, statement, person) for statement in incident.statements)
    only_called = called_for is not None or bool(winners and not is_in)
    return Room(
        called_for=called_for,
        is_in=is_in,
        lost_to=winners[-1] if winners and not is_in and called_for is None else None,
        milestones=tuple(dict.fromkeys(reported)) if is_in or by_chain else (),
        drafts=tuple(draft for draft in drafts if draft and (draft.approve or draft.reject or not only_called)),
        empty_seats=_empty_seats(incident) if leads else (),
    )


def use_room(world: World, link: Link, view: LinkView, verb: str, said: Mapping[str, str]) -> LinkView:
    """Do what a form of the room asks for, once.

    Raises:
        UnavailableError: nothing was taken; safe to repeat.
    """
    if verb not in get_args(CrisisVerb):
        return replace(view, state="invalid", fields=("verb",))
    asked: CrisisVerb = verb  # type: ignore[assignment]  # it is one of them
    view = replace(view, verb=asked)
    if _was_used(world, link, asked, said):
        return replace(view, state="used")
    if why_not := _why_not(view, asked, said):
        return replace(view, state=why_not)
    written = said.get(_WRITTEN.get(asked, ""), "").strip()
    if asked in _MUST_BE_WRITTEN and not written:
        return replace(view, state="invalid", fields=(_WRITTEN[asked],))
    return _take(world, link, view, asked, {**said, _WRITTEN.get(asked, ""): written})


def _take(world: World, link: Link, view: LinkView, verb: CrisisVerb, said: Mapping[str, str]) -> LinkView:
    if view.incident is None:
        return view
    data = {name: said[name] for name in (*_NAMED_BY.get(verb, ()), _WRITTEN.get(verb, "")) if said.get(name)}
    told = {**data, "revision": int(data["revision"])} if "revision" in data else dict(data)
    event_id = _event_id(link, verb, said)
    try:
        event = make_event(world, view.incident, _KINDS[verb], told, link.person, source="link", event_id=event_id)
    except Problem as wrong:
        return replace(view, state="invalid", fields=tuple(fault.field for fault in wrong.faults))
    taken = take_event(world, event, surface="link", trusted_by=True, link=link)
    if taken.status in ("duplicate", "id_conflict"):
        return replace(view, state="used")
    after = world.incidents.load(view.incident.id)
    view = replace(view, incident=after.incident if after else view.incident, now=world.time.now())
    if taken.status == "superseded":  # it was stood down between the look and the act
        return replace(view, state="stood_down", verbs=(), room=None)
    seen = open_room(world, link, view)
    if taken.status == "accepted":
        return replace(seen, state="done")
    return replace(seen, state=_why_not(seen, verb, said) or "settled")


def _why_not(view: LinkView, verb: CrisisVerb, said: Mapping[str, str]) -> LinkState | None:
    """Why something cannot be done as things stand, None where it can."""
    room = view.room or Room()
    if verb in ("confirm", "decline"):
        return None if verb in view.verbs else "settled"
    if verb == "milestone":
        return None if said.get("milestone") in room.milestones else "settled"
    if verb == "seat":
        return None if said.get("seat") in room.empty_seats else "settled"
    draft = next((draft for draft in room.drafts if draft.rung == said.get("rung")), None)
    if draft is None or (str(draft.revision), draft.hash) != (said.get("revision"), said.get("hash")):
        return "changed"
    return None if (draft.approve if verb == "approve" else draft.reject) else "settled"


def _empty_seats(incident: Incident) -> tuple[str, ...]:
    crisis, group = incident.course.crisis, incident.group
    if crisis is None or group is None:
        return ()
    return tuple(call.seat for call in group.seats if call.window_end is None and crisis.person_in(call.seat) is None)


def _draft(world: World, step: Step, statement: Statement, person: str) -> Draft | None:
    draft, rules = statement.draft, rules_of(step)
    if draft is None or rules is None or statement.cancelled:
        return None
    text = world.statements.text(step.incident.id, statement.rung, draft.number)
    if text is None or text.hash != draft.hash:
        return None  # nobody stands by a text that cannot be read
    roles = roles_for(step, person, draft, rules)
    wanted = approvals_wanted(draft, standing_approvals(step, draft), rules)
    return Draft(
        rung=statement.rung,
        revision=draft.number,
        hash=draft.hash,
        by=draft.by,
        text=text.text,
        evidence=text.evidence,
        approve=any(role in wanted for role in roles),
        reject=bool(roles),
    )


def _was_used(world: World, link: Link, verb: CrisisVerb, said: Mapping[str, str]) -> bool:
    return world.incidents.taken("link", _event_id(link, verb, said)) is not None


def _event_id(link: Link, verb: CrisisVerb, said: Mapping[str, str]) -> str:
    """At most 256 characters: a form that names what there is not is refused before it gets one."""
    return "/".join((link.token_hash, verb, *(said.get(name, "")[:64] for name in _NAMED_BY.get(verb, ()))))
