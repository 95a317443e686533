"""An exercise: who may run one, what of what was due was done in time, and who answered in time (B5, Drill)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.domain.course import missed_by
from shared.domain.crisis_course import is_of_crisis
from shared.domain.crisis_policy import COMMANDER, MET_BY_QUORUM
from shared.domain.directory import Directory
from shared.domain.errand import Errand
from shared.domain.incident import Course, Incident
from shared.domain.instants import SECOND, format_instant
from shared.domain.policy import Policy

_RUNG = 2
"""From this rung of any chain on somebody may run drills."""


@dataclass(frozen=True)
class Mark:
    """One thing that was due in a drill.

    Attributes:
        what: name of the milestone, or `statement:` and the rung.
        due, done: milliseconds UTC; `done` None where it never was.
    """

    what: str
    due: int
    done: int | None
    in_time: bool

    def told(self) -> dict[str, object]:
        """As it stands on the timeline."""
        done = None if self.done is None else format_instant(self.done)
        return {"what": self.what, "due": format_instant(self.due), "done": done, "in_time": self.in_time}


@dataclass(frozen=True)
class Score:
    """How a drill went; what was not due when it ended, or is not due yet, is not judged.

    Attributes:
        answered: who confirmed within their own window.
    """

    marks: tuple[Mark, ...]
    answered: tuple[str, ...]
    passed: bool

    @property
    def share(self) -> float:
        """The share of what was due that was done in time, 0 to 1."""
        return sum(mark.in_time for mark in self.marks) / len(self.marks) if self.marks else 0.0


def may_run_drills(directory: Directory, person: str, at: int) -> bool:
    """Whether somebody may start a drill, and end any: rung 2 or above of a chain, operations, a commander.

    A drill wakes a dozen people, so it is not for everybody; and whoever starts one must be able to end it.
    """
    if person in directory.today.operations:
        return True
    roster = directory.roster
    commanders = (pair for team in roster.teams.values() for pair in team.seats.get(COMMANDER, ())) if roster else ()
    if any(person in (pair.a, pair.b) for pair in commanders):
        return True
    return any(directory.standing(chain, person, at) >= _RUNG for chain in directory.rules.chains)


def score_of(incident: Incident, policy: Policy, now: int) -> Score:
    """Judge a drill by its own clocks and statements: passed when the group mustered and enough was in time.

    Args:
        incident: running or over.
        policy: the rules it was opened under.
        now: milliseconds UTC; what is due later is not judged yet.
    """
    crisis, course = incident.course.crisis, missed_by(incident.course, now - 1)
    until = now if crisis is None or crisis.over_at is None else crisis.over_at
    marks = (*_milestones(course, policy), *_statements(incident, until))
    answered = tuple(person for seat in incident.group.seats for person in seat.in_time) if incident.group else ()
    mustered = any(mark.what in MET_BY_QUORUM and mark.in_time for mark in marks)
    score = Score(marks, tuple(dict.fromkeys(answered)), passed=False)
    return Score(marks, score.answered, passed=mustered and score.share >= policy.drills.pass_share)


def renewal(incident: Incident, score: Score, policy: Policy, now: int) -> Errand | None:
    """Renews the qualification of those who answered in time, where the drill was passed."""
    if not score.passed or not score.answered:
        return None
    zone = ZoneInfo(policy.roster.zone if policy.roster else policy.zone)
    until = datetime.fromtimestamp((now + policy.drills.renews) / SECOND, UTC).astimezone(zone).date()
    data = {"people": list(score.answered), "until": until.isoformat()}
    return Errand(incident.id, f"renew-{incident.version + 1}", "renew", now, data)


def _milestones(course: Course, policy: Policy) -> list[Mark]:
    return [
        Mark(clock.name, clock.deadline, clock.answered, clock.verdict == "met")
        for clock in course.clocks
        if is_of_crisis(course, clock, policy) and clock.verdict in ("met", "missed")
    ]


def _statements(incident: Incident, until: int) -> list[Mark]:
    marks = []
    for statement in incident.statements:
        first = next((each for each in statement.revisions if each.published_at is not None), None)
        done = first.published_at if first else None
        if done is not None or statement.due <= until:
            in_time = done is not None and done <= statement.due
            marks.append(Mark(f"statement:{statement.rung}", statement.due, done, in_time))
    return marks
