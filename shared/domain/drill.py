"""The score of an exercise: what was due, what of it was done in time, and who answered in time (B5, Drill)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.domain.crisis_course import is_of_crisis
from shared.domain.crisis_policy import MET_BY_QUORUM
from shared.domain.errand import Errand
from shared.domain.incident import Incident
from shared.domain.instants import SECOND
from shared.domain.policy import Policy


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


@dataclass(frozen=True)
class Score:
    """How a drill went; what was still running when it ended is not judged.

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


def score_of(incident: Incident, policy: Policy) -> Score:
    """Judge a drill by its own clocks and statements: passed when the group mustered and enough was in time."""
    marks = (*_milestones(incident, policy), *_statements(incident))
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
    return Errand(incident.id, f"renew-{now}", "renew", now, data)


def _milestones(incident: Incident, policy: Policy) -> list[Mark]:
    return [
        Mark(clock.name, clock.deadline, clock.answered, clock.verdict == "met")
        for clock in incident.course.clocks
        if is_of_crisis(incident.course, clock, policy) and clock.verdict in ("met", "missed")
    ]


def _statements(incident: Incident) -> list[Mark]:
    over = incident.course.crisis.over_at if incident.course.crisis else None
    marks = []
    for statement in incident.statements:
        first = next((each for each in statement.revisions if each.published_at is not None), None)
        done = first.published_at if first else None
        if done is not None or (over is not None and statement.due <= over):
            in_time = done is not None and done <= statement.due
            marks.append(Mark(f"statement:{statement.rung}", statement.due, done, in_time))
    return marks
