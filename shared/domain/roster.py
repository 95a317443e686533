"""Who is on duty for a crisis (B5): a weekly rotation on the wall clock of its zone, with overrides on top. Pure."""

from typing import NamedTuple

from shared.domain.roster_policy import Roster


class Seat(NamedTuple):
    """One place in the response group: `commander`, or `quality.2` where a role has several."""

    name: str
    role: str
    number: int


class Candidate(NamedTuple):
    """Somebody who may take a seat; `as_b` where they are called because another was silent."""

    person: str
    team: str
    as_b: bool


def seats_of(roster: Roster, role: str) -> tuple[Seat, ...]:
    """The seats of a role, in order."""
    count = roster.roles[role].seats
    if count == 1:
        return (Seat(role, role, 1),)
    return tuple(Seat(f"{role}.{number}", role, number) for number in range(1, count + 1))


def team_on_duty(roster: Roster, at: int) -> str:
    """The team on duty at an instant (milliseconds UTC): always exactly one, whatever the overrides."""
    raise NotImplementedError


def candidates(roster: Roster, seat: Seat, at: int) -> tuple[Candidate, ...]:
    """Who is called for a seat, in order: A, B, then A and B of the other teams in their turn; nobody twice."""
    raise NotImplementedError


def on_duty(roster: Roster, role: str, at: int) -> tuple[str, ...]:
    """The A of each seat of a role at an instant, for a rung of an escalation chain that names the role."""
    raise NotImplementedError
