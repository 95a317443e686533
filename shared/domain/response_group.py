"""The response group (C3): seats are called in one step, a silent A is replaced by the B, then by the other teams.

Windows are absolute, counted from the event that called the group: an outage delays a page, it does not shift the
calling. Candidates whose window passed meanwhile are entered as stale; the first one is paged whatever the time.
"""

from shared.domain.crisis import GUEST, Crisis, Group, SeatCall
from shared.domain.crisis_policy import COMMANDER, CrisisType
from shared.domain.events import Event
from shared.domain.incident import Incident, changed
from shared.domain.outcome import PageReason
from shared.domain.policy import Policy
from shared.domain.roster import Candidate, Seat, role_of, seat_named, seats_of
from shared.domain.step import Step


def kind_of(crisis: Crisis, policy: Policy) -> CrisisType:
    """The rules of a crisis's type."""
    return policy.crises[crisis.kind]


def form(step: Step, crisis: Crisis, called_at: int) -> None:
    """Call everybody at once: the A of each seat of the team on duty."""
    roster = step.directory.today.roster
    wanted = kind_of(crisis, step.policy).roles
    seats = [seat for role in wanted if roster and role in roster.roles for seat in seats_of(roster, role)]
    seats = seats or [Seat(role, role, 1) for role in wanted]
    epoch = step.incident.group.epoch if step.incident.group else 0
    calls = tuple(SeatCall(seat.name, seat.role) for seat in seats)
    step.change(group=Group(calls, epoch, remind_at=called_at + step.policy.reminder))
    step.enter(called_at, "group_called", seats=[seat.name for seat in seats])
    call(step, tuple(seat.name for seat in seats), called_at)


def call(step: Step, names: tuple[str, ...], due: int) -> None:
    """Call the next candidate for each of these seats; where none is left, the top of the chain hears of it."""
    pages: dict[PageReason, list[tuple[str, str]]] = {"called": [], "called_b": []}
    empty: list[str] = []
    crisis = step.course.crisis
    for name in names:
        seat = _seat(step, name)
        if seat is None or (crisis is not None and crisis.person_in(name) is not None):
            continue  # where words come late, somebody may sit there already
        seat = _called(step, seat, due, pages)
        if seat.window_end is None:
            empty.append(name)
        _keep(step, seat)
    for reason, people in pages.items():
        if people:
            step.page_members(people, reason, due)
    if empty:
        for name in empty:
            step.enter(due, "seat_empty", seat=name)
        top = step.reachable_from(len(step.rungs), due) or _highest_reachable(step)
        if top is not None:
            step.page_members(_people_on(step, top), "seat_empty", due, empty[0], tuple(empty[1:]))


def windows_ended(step: Step, due: int) -> None:
    """Whoever was called for a seat and has said nothing: the next one is called."""
    group = step.incident.group
    if group is None:
        return
    silent = [seat.seat for seat in group.seats if seat.window_end is not None and seat.window_end <= due]
    call(step, tuple(silent), due)


def next_window(group: Group | None) -> int | None:
    """When the next window of a seat ends, None where nobody is being waited for."""
    ends = [seat.window_end for seat in group.seats if seat.window_end is not None] if group else []
    return min(ends, default=None)


def confirmed(step: Step, person: str) -> None:
    """Somebody is in: nobody else is called for that seat, and they get the brief."""
    crisis, group = step.course.crisis, step.incident.group
    if crisis is None or group is None:
        return
    step.change(group=changed(group, invited=_without(group.invited, person)))
    for name, holder in crisis.seated:
        seat = _seat(step, name)
        if holder != person or seat is None:
            continue
        step.enter(step.now, "seat_taken", seat=name, person=person)
        waiting = seat.asked[-1] if seat.window_end is not None and seat.asked else None
        asked = seat.asked if person in seat.asked else (*seat.asked, person)
        answers_in_time = seat.window_end is not None and waiting == person
        in_time = (*seat.in_time, person) if answers_in_time else seat.in_time
        _keep(step, changed(seat, window_end=None, asked=asked, in_time=in_time))
        if waiting is not None and waiting != person:
            step.tell(waiting, "seat_taken", name)
    step.tell(person, "brief")


def declined(step: Step, person: str, before: Crisis) -> bool:
    """Somebody is not coming, or leaves: the next one is called at once. False where nobody had called them."""
    group = step.incident.group
    if group is None or (step.course.crisis is not None and person in step.course.crisis.members):
        return False  # nobody called them, or they said later that they are in, and that came first
    held = [name for name, holder in before.seated if holder == person]
    asked = [seat for seat in group.seats if person in seat.asked and person not in seat.declined]
    for seat in asked:
        _keep(step, changed(seat, declined=(*seat.declined, person), stale=()))
        step.enter(step.now, "seat_declined", seat=seat.seat, person=person)
    waited_for = [
        seat.seat
        for seat in asked
        if before.person_in(seat.seat) is None
        and ((seat.window_end is not None and seat.asked[-1] == person) or (seat.window_end is None and seat.stale))
    ]
    if person in group.invited:
        step.change(group=changed(step.incident.group or group, invited=_without(group.invited, person)))
    call(step, tuple(dict.fromkeys((*held, *waited_for))), step.now)
    return bool(held or asked or person in group.invited or person in before.guests)


def reseated(step: Step, name: str, who: str, before: Crisis) -> None:
    """A seat is given to somebody else: they are called for it, and have a window as anybody.

    Whoever sat there hears of it, and nobody who was called for it before can take it any more. A seat the new one
    left is called for anew.
    """
    crisis, seat = step.course.crisis, _seat(step, name)
    if crisis is None or seat is None:
        return
    removed = before.person_in(name)
    if removed is not None:
        step.tell(removed, "seat_taken", name)
    left = tuple(other for other, person in before.seated if person == who and other != name)
    others = _without(seat.asked, who)
    seat = changed(seat, asked=(*others, who), replaced=others, declined=_without(seat.declined, who))
    if crisis.person_in(name) == who:
        _keep(step, seat)
        confirmed(step, who)
    elif crisis.person_in(name) is None:  # else it comes late: somebody took the seat since
        _keep(step, changed(seat, window_end=step.now + kind_of(crisis, step.policy).seat_window))
        step.page_members([(who, name)], "called", step.now)
    call(step, left, step.now)


def invited(step: Step, who: str) -> None:
    """Somebody beyond the seats is asked to join."""
    group = step.incident.group
    if group is not None:
        step.change(group=changed(group, invited=(*_without(group.invited, who), who)))
        step.page_members([(who, GUEST)], "invited", step.now)


def dismissed(step: Step) -> None:
    """The crisis is over: nobody is called any more, and the links of its pages are dead."""
    group, crisis = step.incident.group, step.course.crisis
    if group is None:
        return
    members = crisis.members if crisis else ()  # by a late event it never was one, and yet people were called
    waiting = [seat.asked[-1] for seat in group.seats if seat.window_end is not None and seat.asked]
    seats = tuple(changed(seat, window_end=None) for seat in group.seats)
    step.change(group=changed(group, seats=seats, epoch=group.epoch + 1, invited=(), remind_at=None))
    for person in dict.fromkeys((*members, *waiting, *group.invited)):
        step.tell(person, "stood_down")


def seat_called_for(incident: Incident, person: str) -> str | None:
    """The open seat somebody was called for last; `GUEST` where they were invited; None where nobody called them."""
    group, crisis = incident.group, incident.course.crisis
    if group is None or crisis is None:
        return None
    taken = dict(crisis.seated)
    mine = [
        seat.seat
        for seat in group.seats
        if person in seat.asked and person not in seat.replaced and seat.seat not in taken
    ]
    if mine:
        return mine[-1]
    return GUEST if person in group.invited else None


def seat_meant(incident: Incident, event: Event, *, leads: bool, at_top: bool) -> str | None:
    """The seat an event is about: for a confirmation where its author was called, for a new seating the one named.

    The commander and the top of the chain give any seat to anybody, themselves too. Others who sit in the group give
    an empty one to somebody else: nobody takes another's place, or helps themselves to one, without either of the two.
    """
    said = vars(event.data)
    if event.type == "crisis.confirmed":
        return seat_called_for(incident, str(said.get("by")))
    group, crisis = incident.group, incident.course.crisis
    if event.type != "crisis.seated" or not leads or group is None or crisis is None:
        return None
    name, by, who = str(said["seat"]), said.get("by"), said.get("who")
    known = any(seat.seat == name for seat in group.seats)
    decides = at_top or by == crisis.person_in(COMMANDER)
    helps = crisis.person_in(name) is None and who != by and who not in crisis.members
    return name if known and crisis.person_in(name) != who and (decides or helps) else None


def is_leading(incident: Incident, person: str, rung: int, top: int) -> bool:
    """Whether somebody may seat and invite others and stand the crisis down: who sits in the group, or the chain's top.

    Guests advise; they do not lead.
    """
    crisis = incident.course.crisis
    return crisis is not None and (person in dict(crisis.seated).values() or rung >= top)


def holders(incident: Incident, role: str) -> tuple[tuple[str, str], ...]:
    """Who sits for a role, with their seats; where nobody does, whoever is being called."""
    crisis, group = incident.course.crisis, incident.group
    if crisis is None:
        return ()
    seated = sitting(incident, role)
    if seated or group is None:
        return seated
    return tuple((seat.asked[-1], seat.seat) for seat in group.seats if seat.role == role and seat.asked)


def sitting(incident: Incident, role: str) -> tuple[tuple[str, str], ...]:
    """Who sits for a role, with their seats."""
    crisis = incident.course.crisis
    seated = sorted(crisis.seated) if crisis else []
    return tuple((person, seat) for seat, person in seated if role_of(seat) == role)


def commander(incident: Incident) -> tuple[tuple[str, str], ...]:
    """Who commands, with the seat."""
    return holders(incident, COMMANDER)


def above_commander(step: Step) -> tuple[tuple[str, str], ...]:
    """The chain above the commander: the next rung, its top for a commander who stands on none or on the last."""
    chief = commander(step.incident)
    standing = max((step.standing(person) for person, _ in chief), default=0)
    top = len(step.rungs)
    number = step.reachable_from(standing + 1 if 0 < standing < top else top, step.now) or _highest_reachable(step)
    return _people_on(step, number)


def chain_top(step: Step) -> tuple[tuple[str, str], ...]:
    """The people at the top of the chain."""
    return _people_on(step, _highest_reachable(step))


def _called(step: Step, seat: SeatCall, due: int, pages: dict[PageReason, list[tuple[str, str]]]) -> SeatCall:
    """The seat after calling its next candidate; without a window where nobody is left."""
    crisis = step.course.crisis
    if crisis is None:
        return changed(seat, window_end=None)
    window = kind_of(crisis, step.policy).seat_window
    while True:
        candidate = _next_candidate(step, seat, crisis)
        if candidate is None:
            return changed(seat, window_end=None)
        first, end = not seat.asked, due + window
        if first or end > step.now:
            seat = changed(seat, asked=(*seat.asked, candidate.person), window_end=end)
            pages["called_b" if candidate.as_b else "called"].append((candidate.person, seat.seat))
        else:
            seat = changed(seat, stale=(*seat.stale, candidate.person), window_end=end)
            step.enter(due, "seat_stale", seat=seat.seat, person=candidate.person)
        if end > step.now:
            return seat
        due = end


def _next_candidate(step: Step, seat: SeatCall, crisis: Crisis) -> Candidate | None:
    """Nobody is called twice for a seat, and nobody for two seats."""
    group = step.incident.group
    busy = {person for other in group.seats if other.seat != seat.seat for person in other.asked} if group else set()
    busy |= {person for name, person in crisis.seated if name != seat.seat}
    for candidate in step.directory.candidates(seat_named(seat.seat), crisis.called_at or crisis.since):
        if candidate.person not in (*seat.asked, *seat.stale) and candidate.person not in busy:
            return candidate
    return None


def _people_on(step: Step, number: int | None) -> tuple[tuple[str, str], ...]:
    """Those who can be reached on a rung, with its name; nobody where there is none."""
    return () if number is None else tuple((person, step.rungs[number - 1].rung) for person in step.people_on(number))


def _highest_reachable(step: Step) -> int | None:
    return next((number for number in range(len(step.rungs), 0, -1) if step.people_on(number)), None)


def _seat(step: Step, name: str) -> SeatCall | None:
    group = step.incident.group
    return next((seat for seat in group.seats if seat.seat == name), None) if group else None


def _keep(step: Step, seat: SeatCall) -> None:
    group = step.incident.group
    if group is not None:
        seats = tuple(seat if each.seat == seat.seat else each for each in group.seats)
        step.change(group=changed(group, seats=seats))


def _without(people: tuple[str, ...], person: str) -> tuple[str, ...]:
    return tuple(one for one in people if one != person)
