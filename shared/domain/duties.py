"""What one person has to do by the roster: the weeks, or parts of weeks, in which they are in a seat on duty."""

from typing import NamedTuple

from shared.domain.roster import Seat, pair_of, seats_of, stand_ins, team_on_duty, turns, week_at
from shared.domain.roster_policy import Roster


class Duty(NamedTuple):
    """A turn in a seat of the team on duty, at most a week long: hand-overs and overrides end it.

    Attributes:
        since, until: milliseconds UTC; `until` is the first instant no longer covered.
        as_b: called when A is silent.
        instead_of: for whom this person stands in, None where it is their own seat.
    """

    since: int
    until: int
    team: str
    seat: Seat
    as_b: bool
    instead_of: str | None


def duties_of(roster: Roster, person: str, since: int, until: int) -> tuple[Duty, ...]:
    """Every turn of a person from the week of `since` to that of `until`, in order. Weeks are never cut."""
    first, end = week_at(roster, since).since, week_at(roster, until - 1).until
    done: list[Duty] = []
    running: dict[tuple[str, Seat, bool, str | None], int] = {}
    for moment in (*turns(roster, first, end), end):
        sitting = _seats_at(roster, person, moment) if moment < end else frozenset()
        is_handover = moment == week_at(roster, moment).since
        for place, begun in list(running.items()):
            if place not in sitting or is_handover:
                done.append(Duty(begun, moment, *place))
                del running[place]
        running |= dict.fromkeys(sitting - running.keys(), moment)
    return tuple(sorted(done))


def _seats_at(roster: Roster, person: str, at: int) -> frozenset[tuple[str, Seat, bool, str | None]]:
    team, standing_in = team_on_duty(roster, at), stand_ins(roster, at)
    seats = (seat for role in roster.roles for seat in seats_of(roster, role))
    return frozenset(
        (team, seat, as_b, named if named != person else None)
        for seat in seats
        if (pair := pair_of(roster, team, seat)) is not None
        for named, as_b in ((pair.a, False), (pair.b, True))
        if standing_in.get(named, named) == person
    )
